//! A conversation, as data.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::millis;

/// Something that the model says or does, and when. Of all turns that fit and were not said yet, the first is taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptTurn {
    /// When.
    pub when: When,
    /// Sounds, one after another.
    #[serde(default)]
    pub say: Vec<Speech>,
    /// The words, for the transcript; those of the bundled clips if it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Functions that are called after the sound.
    #[serde(default)]
    pub calls: Vec<Call>,
    /// Notice is given as this turn begins: the connection ends so much later.
    #[serde(
        default,
        rename = "go_away_ms",
        with = "millis::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub go_away: Option<Duration>,
    /// Sound, transcript, end and usage come in one message.
    #[serde(default)]
    pub one_message: bool,
    /// The turn may be said again.
    #[serde(default)]
    pub again: bool,
}

/// When a turn is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The setup is accepted.
    Setup,
    /// The first text comes: the client asks for a greeting.
    CallBegins,
    /// The caller has spoken.
    CallerSpoke,
    /// A text, or the transcript of what the caller said, has this in it, in any case. Keys that the caller pressed come as texts.
    Text(String),
    /// The function of this name was answered.
    ToolResult(String),
    /// Nobody has spoken for so many milliseconds.
    AfterMs(u64),
}

/// A sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Speech {
    /// A bundled recording: `agent`, or one of its sentences `agent-1` to `agent-3`.
    Clip(String),
    /// A sound file, at any rate.
    File(PathBuf),
    /// A sine at −20 dBFS.
    Tone {
        /// Its frequency, from 20 to 11 000 Hz.
        hz: f64,
        /// Its length, at most 600 000 ms.
        ms: u32,
    },
    /// Digital silence of so many milliseconds, at most 600 000.
    SilenceMs(u32),
}

/// A call of a function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Map<String, Value>,
}
