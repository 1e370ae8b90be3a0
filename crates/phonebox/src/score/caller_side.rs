//! What can be said of a call from the caller's side alone, when the model is not ours.

use std::fmt;

use audio_converter_measure::clicks;
use serde::Serialize;

use super::Spread;
use super::direction::{last_sound, utterances};
use super::timeline::Timeline;
use crate::carrier::{Log, Recording};

/// How a call was for the caller. Lengths of time are in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CallerSide {
    /// From the beginning of the stream to the agent's first sound; none if it said nothing.
    pub first_sound_ms: Option<f64>,
    /// From the end of each utterance of the caller to the agent's first sound after it.
    pub replies_ms: Spread,
    /// Utterances of the caller that the agent did not answer.
    pub unanswered: usize,
    /// From the caller's first sound to the agent's last, where the caller began while the agent spoke.
    pub barge_ins_ms: Spread,
    /// How much the agent spoke.
    pub agent_speech_ms: f64,
    /// Where the agent's speech stopped since no sound was there, and went on soon after.
    pub gaps: usize,
    /// All of them.
    pub gaps_ms: f64,
    /// Clicks in what was heard. Some may be in the agent's voice itself.
    pub clicks: usize,
    /// Messages of the bridge that the carrier did not take.
    pub warnings: usize,
}

impl CallerSide {
    /// Of one stream.
    #[must_use]
    pub fn of(recording: &Recording) -> Self {
        let (said, heard) = (Timeline::said(recording), Timeline::heard(recording));
        let agent = utterances(heard.samples());
        let ms = |samples: usize| samples as f64 / 8.0;
        let mut side = Self::of_log(&recording.log);
        side.first_sound_ms = agent.first().map(|(start, _)| ms(*start));
        side.agent_speech_ms = agent.iter().map(|(start, end)| ms(end - start)).sum();
        side.clicks = clicks(heard.samples(), 8_000.0).map_or(0, |clicks| clicks.found.len());
        let callers = utterances(said.samples());
        let (mut replies, mut barge_ins) = (Vec::new(), Vec::new());
        for (number, (start, end)) in callers.iter().enumerate() {
            if agent.iter().any(|(from, to)| from < start && start < to) {
                let silent = heard.index_at(last_sound(&heard, *start));
                barge_ins.push(ms(silent.saturating_sub(*start)));
            }
            let next = callers.get(number + 1).map_or(usize::MAX, |next| next.0);
            // An agent may begin a little before the caller's last sound has died away.
            let early = end.saturating_sub(EARLY).max(*start);
            let reply = agent.iter().find(|(from, _)| (early..next).contains(from));
            match reply {
                Some((from, _)) => replies.push(ms(from.saturating_sub(*end))),
                None => side.unanswered += 1,
            }
        }
        side.replies_ms = Spread::of(replies.into_iter());
        side.barge_ins_ms = Spread::of(barge_ins.into_iter());
        side
    }

    fn of_log(log: &Log) -> Self {
        let gaps = log.underruns.iter().map(|gap| gap.samples).sum::<u64>();
        Self {
            gaps: log.underruns.len(),
            gaps_ms: gaps as f64 / 8.0,
            warnings: log.warnings().count(),
            ..Self::default()
        }
    }
}

impl fmt::Display for CallerSide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self
            .first_sound_ms
            .map_or_else(|| "–".to_owned(), |ms| format!("{ms:.0}"));
        let names = ["mean", "p50", "p95", "p99", "max"];
        write!(f, "{:<22}", "as the caller heard it")?;
        for name in names {
            write!(f, " {name:>8}")?;
        }
        writeln!(f)?;
        writeln!(f, "{:<22} {}", "  reply after, ms", self.replies_ms)?;
        writeln!(f, "{:<22} {}", "  barge-in, ms", self.barge_ins_ms)?;
        writeln!(f, "{:<22} {first:>8}", "  first sound, ms")?;
        let seconds = self.agent_speech_ms / 1_000.0;
        writeln!(f, "{:<22} {seconds:>8.1}", "  agent's speech, s")?;
        writeln!(f, "{:<22} {:>8}", "  not answered", self.unanswered)?;
        writeln!(
            f,
            "{:<22} {:>8} ({:.0} ms)",
            "  gaps", self.gaps, self.gaps_ms
        )?;
        writeln!(f, "{:<22} {:>8}", "  clicks", self.clicks)?;
        writeln!(f, "{:<22} {:>8}", "  wrong messages", self.warnings)
    }
}

/// 200 ms.
const EARLY: usize = 1_600;
