//! How the model behaves, as data from a program or from a TOML file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::faults::Faults;
use super::millis;
use super::record::Recording;
use super::script::ScriptTurn;
use crate::voice::LoadError;

/// How the model behaves.
///
/// ```
/// use phonebox::model::{Behaviour, Kind};
///
/// let behaviour = Behaviour::from_toml("bakery.toml", r#"
///     kind = "script"
///     transcripts = ["Is my cake ready?"]
///
///     [timing]
///     latency_ms = 250
///
///     [[turn]]
///     when = "call_begins"
///     say = [{ clip = "agent-1" }]
///
///     [[turn]]
///     when = "caller_spoke"
///     say = [{ tone = { hz = 440.0, ms = 500 } }]
///     text = "One moment."
///     calls = [{ name = "lookup", args = { order = 4729 } }]
///
///     [[turn]]
///     when = { tool_result = "lookup" }
///     say = [{ clip = "agent-2" }]
///     calls = [{ name = "end_call" }]
/// "#)?;
/// assert_eq!(behaviour.kind, Kind::Script);
/// assert_eq!(behaviour.turns.len(), 3);
///
/// let error = Behaviour::from_toml("bakery.toml", "[timing]\nlatancy_ms = 250").unwrap_err();
/// assert!(error.to_string().starts_with("bakery.toml, line 2: unknown field `latancy_ms`"));
/// # Ok::<(), phonebox::model::BehaviourError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Behaviour {
    /// What the model does.
    pub kind: Kind,
    /// What everything that is random depends on: handles, and sizes of odd pieces.
    pub seed: u64,
    /// The names of the models that exist, without `models/`. Any that was not shut down if empty.
    pub models: Vec<String>,
    /// What the caller says, turn by turn, for the transcript of the input. Beyond the last: `(caller speech, 1.2 s)`.
    pub transcripts: Vec<String>,
    /// The pace.
    pub timing: Timing,
    /// What the service allows.
    pub limits: Limits,
    /// What goes wrong.
    pub faults: Faults,
    /// What is kept for scoring.
    pub recording: Recording,
    /// The conversation, for [`Kind::Script`].
    #[serde(rename = "turn")]
    pub turns: Vec<ScriptTurn>,
    /// The folder that files of the script are in; that of the TOML file when it was loaded from one.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// What the model does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Waits until the caller has spoken, then says the same. Answers texts with a greeting.
    #[default]
    Parrot,
    /// Says what it hears while the caller is still speaking.
    Echo,
    /// Follows [`Behaviour::turns`].
    Script,
}

/// The pace of the model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timing {
    /// From the end of the caller's turn to the first sound. 300 ms.
    #[serde(rename = "latency_ms", with = "millis")]
    pub latency: Duration,
    /// At how many times the speed of speech a turn is sent. 4.
    pub burst: f64,
    /// Bytes of sound in a message, odd numbers too. 1920, which are 40 ms.
    pub chunk_bytes: usize,
}

/// What the service allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// How long a connection lasts. 10 min.
    #[serde(rename = "connection_ms", with = "millis")]
    pub connection: Duration,
    /// How long before the end `goAway` comes. 60 s.
    #[serde(rename = "notice_ms", with = "millis")]
    pub notice: Duration,
    /// How long a handle is good for after its session's connection has ended. 2 h.
    #[serde(rename = "handle_life_ms", with = "millis")]
    pub handle_life: Duration,
    /// How often a new handle comes while nobody speaks; one comes after each turn too. 60 s.
    #[serde(rename = "handle_every_ms", with = "millis")]
    pub handle_every: Duration,
    /// How many sessions may be open at once. 1000.
    pub sessions: usize,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(300),
            burst: 4.0,
            chunk_bytes: 1_920,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connection: Duration::from_secs(600),
            notice: Duration::from_secs(60),
            handle_life: Duration::from_secs(7_200),
            handle_every: Duration::from_secs(60),
            sessions: 1_000,
        }
    }
}

/// Why a behaviour cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BehaviourError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is no behaviour.
    #[error("{name}, line {line}: {problem}")]
    Toml {
        /// The file.
        name: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong, with the key.
        problem: String,
    },
    /// A value makes no sense.
    #[error("{key} must be {expected}")]
    Value {
        /// The key.
        key: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A sound file of the script cannot be loaded.
    #[error("turn {turn}: {source}")]
    Sound {
        /// The number of the turn, from 1.
        turn: usize,
        /// What is wrong with the file, with its name.
        source: LoadError,
    },
}

impl Behaviour {
    /// Reads a TOML file. Sound files are looked for beside it.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or as [`Behaviour::from_toml`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, BehaviourError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| BehaviourError::File {
            path: path.to_owned(),
            source,
        })?;
        let mut behaviour = Self::from_toml(&path.to_string_lossy(), &text)?;
        behaviour.folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(behaviour)
    }

    /// Reads TOML; `name` stands in messages.
    ///
    /// # Errors
    ///
    /// When it is not TOML, a key is unknown, or a value of the wrong type or out of its range.
    pub fn from_toml(name: &str, text: &str) -> Result<Self, BehaviourError> {
        let behaviour: Self = toml::from_str(text).map_err(|error| BehaviourError::Toml {
            name: name.to_owned(),
            line: 1 + text[..error.span().map_or(0, |span| span.start)]
                .matches('\n')
                .count(),
            problem: error.message().to_owned(),
        })?;
        behaviour.check()?;
        Ok(behaviour)
    }

    /// Whether all values make sense.
    pub(super) fn check(&self) -> Result<(), BehaviourError> {
        let value = |key: &str, expected| {
            Err(BehaviourError::Value {
                key: key.to_owned(),
                expected,
            })
        };
        let is_speed = |speed: f64| (0.01..=1_000.0).contains(&speed);
        if !is_speed(self.timing.burst) {
            return value("timing.burst", "from 0.01 to 1000");
        }
        if !self.faults.speed.is_none_or(is_speed) {
            return value("faults.speed", "from 0.01 to 1000");
        }
        if !(1..=MOST_BYTES).contains(&self.timing.chunk_bytes) {
            return value(
                "timing.chunk_bytes",
                "from 1 to 700000, so that a message stays under 1 MiB",
            );
        }
        if self.kind != Kind::Script && !self.turns.is_empty() {
            return value("kind", "\"script\" where there are turns");
        }
        Ok(())
    }
}

/// Bytes of sound that fit into one message that the official Python SDK still reads: 1 MiB, base64, and some room.
pub(super) const MOST_BYTES: usize = 700_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Behaviour::from_toml("b.toml", text)
            .expect_err("wrong")
            .to_string()
    }

    #[test]
    fn wrong_files_are_told_by_name_and_key() {
        assert!(
            error("\n\nkind = \"parot\"").starts_with("b.toml, line 3: unknown variant `parot`")
        );
        assert!(
            error("[[turn]]\nwhen = \"setup\"\nsays = 1").contains("line 3: unknown field `says`")
        );
        assert!(error("[faults]\ncut_at = 5").contains("unknown field `cut_at`"));
        assert_eq!(
            error("[timing]\nburst = 0.0"),
            "timing.burst must be from 0.01 to 1000"
        );
        assert_eq!(
            error("[faults]\nspeed = -1.0"),
            "faults.speed must be from 0.01 to 1000"
        );
        assert!(error("[timing]\nchunk_bytes = 0").contains("timing.chunk_bytes"));
        assert!(error("[[turn]]\nwhen = \"setup\"").contains("kind must be \"script\""));
        let missing = Behaviour::load("no/such.toml").expect_err("missing");
        assert!(missing.to_string().starts_with("no/such.toml: "));
    }

    #[test]
    fn what_is_written_is_read() {
        let behaviour = Behaviour::from_toml("b.toml", "kind = \"echo\"\n[faults]\ncut_at_ms = 50")
            .expect("read");
        assert_eq!(behaviour.faults.cut_at, Some(Duration::from_millis(50)));
        let text = toml::to_string(&behaviour).expect("written");
        assert_eq!(
            Behaviour::from_toml("b.toml", &text).expect("read"),
            behaviour
        );
    }
}
