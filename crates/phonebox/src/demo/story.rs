//! What a call was, for people and for machines.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use audio_converter::g711::decode_mulaw;
use serde::Serialize;
use voice_call::Time;

use super::happening::{Happening, Who};
use super::script::limits;
use crate::carrier::Recording;
use crate::model::{EventKind, Record};
use crate::score::picture::{CallPicture, Caption, Event};
use crate::score::{Conversation, Score, Violation, write_stereo};

/// A call that is over, as both emulated sides recorded it.
#[derive(Clone, Debug)]
pub struct Story {
    line: Option<Recording>,
    sessions: Vec<Record>,
    happenings: Vec<Happening>,
    score: Score,
}

/// Where a story was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// Both voices: caller left, agent right.
    pub call: PathBuf,
    /// Who said what.
    pub transcript: PathBuf,
    /// Score and events, as JSON.
    pub report: PathBuf,
    /// Both voices, drawn.
    pub picture: PathBuf,
}

/// Why a story cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A file cannot be written.
    #[error("{} cannot be written: {source}; choose another folder", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The sound cannot be written.
    #[error("{} cannot be written: {source}; choose another folder", path.display())]
    Sound {
        /// Which.
        path: PathBuf,
        /// Why.
        source: hound::Error,
    },
    /// The picture cannot be drawn.
    #[error(transparent)]
    Picture(#[from] audio_converter_inspect::Error),
}

/// The report, as JSON.
#[derive(Serialize)]
struct Report<'a> {
    seconds: f64,
    score: &'a Score,
    violations: Vec<Violation>,
    transcript: Vec<Line<'a>>,
    events: Vec<Told<'a>>,
}

/// Something that was said.
#[derive(Clone, Debug, Serialize)]
pub struct Line<'a> {
    /// Seconds since the line was open.
    pub at_s: f64,
    /// `caller` or `agent`.
    pub who: &'static str,
    /// The words.
    pub text: &'a str,
    /// Whether the caller interrupted it.
    pub is_interrupted: bool,
}

/// Something that happened besides what was said.
#[derive(Clone, Debug, Serialize)]
pub struct Told<'a> {
    /// Seconds since the line was open.
    pub at_s: f64,
    /// `caller`, `bridge` or `model`.
    pub who: &'static str,
    /// In a few words.
    pub what: &'a str,
}

impl Story {
    /// From the carrier's streams and the model's connections of one call, by one clock. `told` is what the bridge said of its
    /// interruptions, where it says so: when, and how much of the turn was heard.
    #[must_use]
    pub fn new(streams: &[Recording], sessions: Vec<Record>, told: &[(Time, Duration)]) -> Self {
        let conversation = Conversation::new(streams, &sessions, told);
        Self {
            happenings: Happening::all(streams, &sessions),
            line: Recording::joined(streams),
            score: Score::measure(&conversation),
            sessions,
        }
    }

    /// What each side heard.
    #[must_use]
    pub const fn score(&self) -> &Score {
        &self.score
    }

    /// What a good bridge would have done better.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        limits().check(&self.score)
    }

    /// Everything that is worth a word.
    #[must_use]
    pub fn happenings(&self) -> &[Happening] {
        &self.happenings
    }

    /// How long the line was open.
    #[must_use]
    pub fn length(&self) -> Duration {
        let samples = self.line.as_ref().map_or(0, |line| line.heard.len());
        Duration::from_micros(samples as u64 * 125)
    }

    /// Since the line was open.
    #[must_use]
    pub fn since_start(&self, at: Time) -> Duration {
        let line = self.line.as_ref();
        at - line.map_or(Time::ZERO, |line| line.time_of(line.first))
    }

    /// Who said what, a line for each turn.
    #[must_use]
    pub fn transcript(&self) -> String {
        let mut text = String::new();
        for line in self.lines() {
            let broken = if line.is_interrupted { " —" } else { "" };
            let _ = writeln!(
                text,
                "{:5.1} s  {}: {}{broken}",
                line.at_s, line.who, line.text
            );
        }
        text
    }

    /// The report as JSON.
    #[must_use]
    pub fn report(&self) -> String {
        let report = Report {
            seconds: self.length().as_secs_f64(),
            score: &self.score,
            violations: self.violations(),
            transcript: self.lines(),
            events: self.events(),
        };
        serde_json::to_string_pretty(&report).expect("numbers and texts are JSON")
    }

    /// Both voices with what happened, as PNG.
    ///
    /// # Errors
    ///
    /// When it cannot be drawn.
    pub fn picture(&self, title: &str) -> Result<Vec<u8>, audio_converter_inspect::Error> {
        let samples = |side: fn(&Recording) -> &Vec<u8>| {
            let codes = self.line.as_ref().map(side);
            codes.map_or_else(Vec::new, |codes| {
                codes.iter().copied().map(decode_mulaw).collect::<Vec<_>>()
            })
        };
        let event = |it: &Happening| Event {
            at: self.since_start(it.at),
            label: format!("{} {}", it.who.as_str(), it.what),
            kind: it.kind,
        };
        let captions = self.happenings.iter().filter(|it| it.is_speech());
        let captions: Vec<_> = captions
            .map(|it| Caption {
                at: self.since_start(it.at),
                is_caller: it.who == Who::Caller,
                text: &it.what,
            })
            .collect();
        let events = self.happenings.iter().filter(|it| !it.is_speech());
        CallPicture {
            title,
            subtitle: &self.summary(),
            caller: &samples(|line| &line.said),
            agent: &samples(|line| &line.heard),
            events: &events.map(event).collect::<Vec<_>>(),
            captions: &captions,
        }
        .png()
    }

    /// The score in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let down = &self.score.to_caller;
        let mut text = format!(
            "{:.1} s · added delay to the ear {:.1} ms mean, {:.1} ms p99 · {} gaps · {} clicks",
            self.length().as_secs_f64(),
            down.delay_ms.mean,
            down.delay_ms.p99,
            down.gaps + self.score.to_model.gaps,
            down.clicks + self.score.to_model.clicks,
        );
        if let (Some(snr), Some(best)) = (down.snr_db, down.best_snr_db) {
            let _ = write!(text, " · SNR {snr:.1} dB of {best:.1} dB possible");
        }
        for barge_in in &self.score.barge_ins {
            let _ = write!(
                text,
                " · silent {:.0} ms after an interruption began",
                barge_in.reaction_ms
            );
        }
        text
    }

    /// Writes `call.wav`, `transcript.txt`, `report.json` and `call.png` into a folder.
    ///
    /// # Errors
    ///
    /// When a file cannot be written. The error names it.
    pub fn write(&self, folder: &Path) -> Result<Files, WriteError> {
        let files = Files {
            call: folder.join("call.wav"),
            transcript: folder.join("transcript.txt"),
            report: folder.join("report.json"),
            picture: folder.join("call.png"),
        };
        let fault = |path: &Path| {
            let path = path.to_owned();
            |source| WriteError::File { path, source }
        };
        fs::create_dir_all(folder).map_err(fault(folder))?;
        if let Some(line) = &self.line {
            write_stereo(&files.call, line).map_err(|source| WriteError::Sound {
                path: files.call.clone(),
                source,
            })?;
        }
        let picture = self.picture("One call through the bridge")?;
        fs::write(&files.transcript, self.transcript()).map_err(fault(&files.transcript))?;
        fs::write(&files.report, self.report()).map_err(fault(&files.report))?;
        fs::write(&files.picture, picture).map_err(fault(&files.picture))?;
        Ok(files)
    }

    /// What was said, in its order.
    #[must_use]
    pub fn lines(&self) -> Vec<Line<'_>> {
        let said = self.happenings.iter().filter(|it| it.is_speech());
        said.map(|it| Line {
            at_s: self.since_start(it.at).as_secs_f64(),
            who: it.who.as_str(),
            text: &it.what,
            is_interrupted: self.was_interrupted(it),
        })
        .collect()
    }

    /// What happened besides, in its order.
    #[must_use]
    pub fn events(&self) -> Vec<Told<'_>> {
        let events = self.happenings.iter().filter(|it| !it.is_speech());
        events
            .map(|it| Told {
                at_s: self.since_start(it.at).as_secs_f64(),
                who: it.who.as_str(),
                what: &it.what,
            })
            .collect()
    }

    fn was_interrupted(&self, turn: &Happening) -> bool {
        let events = self.sessions.iter().flat_map(|record| &record.events);
        let mut after = events
            .filter(|event| turn.who == Who::Agent && event.at >= turn.at)
            .filter_map(|event| match event.kind {
                EventKind::Interrupted { .. } => Some(true),
                EventKind::Finished { .. } => Some(false),
                _ => None,
            });
        after.next().unwrap_or(false)
    }
}
