//! How a call is held.

use std::time::Duration;

use crate::gemini::Setup;
use crate::playout::PlayoutSettings;
use crate::session::SessionSettings;
use crate::uplink::UplinkSettings;
use crate::{level, tools::Tools};

/// How a call is held: everything but who calls whom.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallSettings {
    /// What the model is set up with, functions of [`Tools`] included: see [`Tools::declarations`].
    pub setup: Setup,
    /// When connections are left and tried again.
    pub session: SessionSettings,
    /// How the model's voice is paced.
    pub playout: PlayoutSettings,
    /// How the caller's voice is brought to the model.
    pub uplink: UplinkSettings,
    /// The caller's level.
    pub caller_level: level::Settings,
    /// The model's level.
    pub model_level: level::Settings,
    /// What makes the model speak first; none if the caller does.
    pub greeting: Option<String>,
    /// What happens when the caller is silent.
    pub idle: Option<Idle>,
    /// How long the model may owe an answer, or leave a turn unfinished in silence, before it is asked again. 8 s.
    pub reply_timeout: Option<Duration>,
    /// The longest time from the first stream on; 30 s before it the model is asked to say good-bye. One hour.
    pub longest_call: Option<Duration>,
    /// How long the call waits for its first stream, and for another one after a loss. 30 s.
    pub carrier_timeout: Duration,
    /// Whether the model is told how much of an interrupted turn was heard. Yes.
    pub tells_heard: bool,
    /// Whether the model is told which keys the caller presses. Yes.
    pub tells_keys: bool,
    /// Whether the model hears silence while it speaks, against echo from phones on speaker. The caller cannot interrupt then. No.
    pub half_duplex: bool,
    /// Whether both sides are recorded: see [`Output::Recording`](super::Output::Recording). No.
    pub records: bool,
    /// The tools of the call itself.
    pub tools: Tools,
}

/// What happens when the caller is silent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idle {
    /// How long nobody speaks before the model is prompted.
    pub after: Duration,
    /// What the model is told.
    pub prompt: String,
    /// After so many prompts without an answer the call ends.
    pub most: u32,
}

impl Default for Idle {
    /// After 12 s, at most twice.
    fn default() -> Self {
        Self {
            after: Duration::from_secs(12),
            prompt: "(The caller has been silent for a while. Ask briefly whether they are still there.)".to_owned(),
            most: 2,
        }
    }
}

impl CallSettings {
    /// With the defaults that each field names: the model greets, and asks after 12 s of silence.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self {
            setup,
            session: SessionSettings::default(),
            playout: PlayoutSettings::default(),
            uplink: UplinkSettings::default(),
            caller_level: level::Settings::default(),
            model_level: level::Settings::default(),
            greeting: Some(
                "(The caller is on the line. Greet them and ask how you can help.)".to_owned(),
            ),
            idle: Some(Idle::default()),
            reply_timeout: Some(Duration::from_secs(8)),
            longest_call: Some(Duration::from_secs(3_600)),
            carrier_timeout: Duration::from_secs(30),
            tells_heard: true,
            tells_keys: true,
            half_duplex: false,
            records: false,
            tools: Tools::default(),
        }
    }
}
