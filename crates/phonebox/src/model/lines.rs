//! The script with its sounds loaded, shared by all sessions.

use std::sync::{Arc, LazyLock};

use super::behaviour::{Behaviour, BehaviourError};
use super::script::{ScriptTurn, Speech, When};
use crate::voice::{self, AGENT_RATE, Phrase};

/// A turn that can be said: little-endian PCM at 24 kHz, never copied.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) turn: ScriptTurn,
    pub(super) sound: Vec<Arc<[u8]>>,
    pub(super) text: String,
}

/// What happened, for which the model may have a turn.
#[derive(Clone, Debug)]
pub(super) enum Cue {
    Setup,
    Text { text: String, is_first: bool },
    Spoke { text: String },
    ToolResult { name: String },
    Quiet,
}

/// A bundled recording as the model sends it.
struct Clip {
    sound: Arc<[u8]>,
    text: String,
}

impl Line {
    /// All turns of a behaviour.
    pub(super) fn load(behaviour: &Behaviour) -> Result<Vec<Self>, BehaviourError> {
        let turns = behaviour.turns.iter().enumerate();
        turns
            .map(|(index, turn)| Self::new(behaviour, index + 1, turn))
            .collect()
    }

    /// What a model without a script says to a text.
    pub(super) fn greeting() -> Self {
        let clip = clip("agent-1").expect("the recording has sentences");
        Self {
            turn: ScriptTurn {
                when: When::CallBegins,
                say: Vec::new(),
                text: None,
                calls: Vec::new(),
                go_away: None,
                one_message: false,
                again: true,
            },
            sound: vec![Arc::clone(&clip.sound)],
            text: clip.text.clone(),
        }
    }

    fn new(
        behaviour: &Behaviour,
        number: usize,
        turn: &ScriptTurn,
    ) -> Result<Self, BehaviourError> {
        let wrong = |key: &str, expected| BehaviourError::Value {
            key: format!("turn {number}: {key}"),
            expected,
        };
        let (mut sound, mut words) = (Vec::new(), Vec::new());
        for speech in &turn.say {
            let piece: Arc<[u8]> = match speech {
                Speech::Clip(name) => {
                    let expected = "agent, agent-1, agent-2 or agent-3";
                    let clip = clip(name).ok_or_else(|| wrong("clip", expected))?;
                    words.push(clip.text.as_str());
                    Arc::clone(&clip.sound)
                }
                Speech::File(path) => {
                    let samples = voice::load(behaviour.folder.join(path), AGENT_RATE);
                    let samples = samples.map_err(|source| BehaviourError::Sound {
                        turn: number,
                        source,
                    })?;
                    voice::pcm_bytes(&samples).into()
                }
                Speech::Tone { hz, ms } if (20.0..=11_000.0).contains(hz) => voice::pcm_bytes(
                    &tone(*hz, samples(*ms).ok_or_else(|| wrong("tone.ms", LENGTH))?),
                )
                .into(),
                Speech::Tone { .. } => return Err(wrong("tone.hz", "from 20 to 11000")),
                Speech::SilenceMs(ms) => {
                    let count = samples(*ms).ok_or_else(|| wrong("silence_ms", LENGTH))?;
                    vec![0; 2 * count].into()
                }
            };
            sound.push(piece);
        }
        let text = turn.text.clone().unwrap_or_else(|| words.join(" "));
        Ok(Self {
            turn: turn.clone(),
            sound,
            text,
        })
    }

    /// Whether this turn answers to what happened.
    pub(super) fn fits(&self, cue: &Cue) -> bool {
        let contains = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
        match (&self.turn.when, cue) {
            (When::Setup, Cue::Setup)
            | (When::CallBegins, Cue::Text { is_first: true, .. })
            | (When::CallerSpoke, Cue::Spoke { .. })
            | (When::AfterMs(_), Cue::Quiet) => true,
            (When::Text(part), Cue::Text { text, .. } | Cue::Spoke { text }) => {
                contains(text, part)
            }
            (When::ToolResult(wanted), Cue::ToolResult { name }) => wanted == name,
            _ => false,
        }
    }
}

fn clip(name: &str) -> Option<&'static Clip> {
    static CLIPS: LazyLock<Vec<Clip>> = LazyLock::new(|| {
        let phrases = voice::agent_phrases();
        let whole = Clip {
            sound: voice::pcm_bytes(&voice::agent()).into(),
            text: phrases
                .iter()
                .map(|it| it.text)
                .collect::<Vec<_>>()
                .join(" "),
        };
        let sentence = |phrase: Phrase| Clip {
            sound: voice::pcm_bytes(&phrase.samples).into(),
            text: phrase.text.to_owned(),
        };
        std::iter::once(whole)
            .chain(phrases.into_iter().map(sentence))
            .collect()
    });
    let number = match name.strip_prefix("agent")? {
        "" => 0,
        rest => rest.strip_prefix('-')?.parse().ok().filter(|&it| it > 0)?,
    };
    CLIPS.get(number)
}

/// Samples of a length, if it is allowed.
fn samples(ms: u32) -> Option<usize> {
    let allowed = (1..=600_000).contains(&ms);
    allowed.then(|| ms as usize * (AGENT_RATE as usize / 1_000))
}

fn tone(hz: f64, count: usize) -> Vec<i16> {
    let step = std::f64::consts::TAU * hz / f64::from(AGENT_RATE);
    (0..count)
        .map(|at| (3_276.7 * (step * at as f64).sin()).round() as i16)
        .collect()
}

const LENGTH: &str = "from 1 to 600000";

#[cfg(test)]
mod tests {
    use super::*;

    fn load(turn: &str) -> Result<Vec<Line>, BehaviourError> {
        let text = format!("kind = \"script\"\n[[turn]]\nwhen = \"setup\"\n{turn}");
        Line::load(&Behaviour::from_toml("s.toml", &text).expect("TOML"))
    }

    #[test]
    fn sounds_and_their_words() {
        let line = load(
            "say = [{ clip = \"agent-1\" }, { silence_ms = 100 }, { tone = { hz = 1000.0, ms = 10 } }]",
        );
        let line = line.expect("loaded").remove(0);
        assert_eq!(line.text, "Thanks for calling Seaside Fish.");
        let lengths: Vec<_> = line.sound.iter().map(|it| it.len()).collect();
        assert_eq!(lengths[1..], [4_800, 480]);
        let peak = voice::samples_of(&line.sound[2]).into_iter().max();
        assert_eq!(peak, Some(3_277));
    }

    #[test]
    fn sounds_that_are_none() {
        let error = |say: &str| {
            load(&format!("say = [{say}]"))
                .expect_err("none")
                .to_string()
        };
        assert_eq!(
            error("{ clip = \"agent-4\" }"),
            "turn 1: clip must be agent, agent-1, agent-2 or agent-3"
        );
        assert!(error("{ tone = { hz = 1.0, ms = 1 } }").contains("tone.hz"));
        assert!(error("{ silence_ms = 0 }").contains("silence_ms"));
        assert!(error("{ file = \"no-such.wav\" }").contains("no-such.wav"));
    }

    #[test]
    fn cues_and_turns() {
        let mut line = Line::greeting();
        let text = |text: &str| Cue::Text {
            text: text.to_owned(),
            is_first: false,
        };
        assert!(!line.fits(&text("hello")));
        line.turn.when = When::Text("PRESSED 5".to_owned());
        assert!(line.fits(&text("Caller pressed 5")) && !line.fits(&text("Caller pressed 6")));
        assert!(line.fits(&Cue::Spoke {
            text: "I pressed 5!".to_owned()
        }));
        line.turn.when = When::ToolResult("lookup".to_owned());
        assert!(!line.fits(&Cue::ToolResult {
            name: "other".to_owned()
        }));
    }
}
