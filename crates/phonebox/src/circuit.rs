//! A whole call in virtual time: carrier, bridge and model without sockets and clocks.
//!
//! ```text
//!   Line ──to_bridge──► Call ──model_delay──► Session
//!        ◄─from_bridge─      ◄─model_delay───    (one after another, of one Model)
//!                        ▲ tools
//! ```
//!
//! An hour takes a moment, and the same circuit always gives the same call.
//!
//! ```
//! use phonebox::carrier::{Act, Caller, Cue, When, mulaw};
//! use phonebox::circuit::{Circuit, no_tools};
//! use phonebox::model::{Behaviour, Model};
//! use phonebox::voice;
//! use std::time::Duration;
//! use voice_call::call::CallSettings;
//! use voice_call::gemini::{Endpoint, SessionConfig, Setup};
//!
//! let setup = Setup::new(&SessionConfig::new("gemini-3.8-live"), &Endpoint::developer("key"))?;
//! let speech = voice::caller_phrases().remove(1).samples;
//! let speech: Vec<f32> = speech.iter().map(|it| f32::from(*it) / 32_768.0).collect();
//! let cue = |when, act| Cue { when, act };
//! let caller = Caller {
//!     cues: vec![
//!         cue(When::AfterAgent(Duration::from_millis(700)), Act::Say(mulaw(&speech))),
//!         cue(When::AfterAgent(Duration::from_millis(900)), Act::HangUp),
//!     ],
//! };
//! let model = Model::new(Behaviour::default())?;
//! let outcome = Circuit::new(CallSettings::new(setup), model, caller).run(no_tools, |_| {});
//! assert_eq!(outcome.end.unwrap().as_str(), "caller_hung_up");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod link;
mod outcome;
mod run;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use voice_call::Time;
use voice_call::call::{Call, CallSettings, ToolRequest};
use voice_call::gemini::{Service, Surface, Version};

use crate::carrier::{Caller, Line, LineSettings};
use crate::model::Model;

pub use outcome::Outcome;

/// A call that is to be held in virtual time.
#[derive(Clone, Debug)]
pub struct Circuit {
    /// How the bridge holds it.
    pub call: CallSettings,
    /// The carrier's streams: the first, and one for each that is lost without an end.
    pub streams: Vec<Stream>,
    /// Who speaks. It must keep what it hears, by [`Recording`](crate::model::Recording), for both directions to be scored.
    pub model: Arc<Model>,
    /// How the model is reached.
    pub surface: Surface,
    /// The way of a message to the model, and back. A connection takes both.
    pub model_delay: Duration,
    /// When everybody goes home, whatever is going on. Two hours.
    pub longest: Duration,
}

/// One of the carrier's streams.
#[derive(Clone, Debug)]
pub struct Stream {
    /// How late it comes: after the call was announced, or after the stream before it was lost.
    pub after: Duration,
    /// How the line behaves.
    pub line: LineSettings,
    /// What the caller does.
    pub caller: Caller,
}

/// What a tool answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// After how long.
    pub after: Duration,
    /// Any JSON, or a reason for the model why not.
    pub outcome: Result<Value, String>,
}

/// A moment of the call, after everything that was due has been done.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// When it is.
    pub now: Time,
    /// The bridge.
    pub call: &'a Call,
    /// The carrier's stream, if there is one.
    pub line: Option<&'a Line>,
}

impl Circuit {
    /// A call by one stream 200 ms after it was announced, without delays on any way.
    #[must_use]
    pub fn new(call: CallSettings, model: Arc<Model>, caller: Caller) -> Self {
        Self {
            call,
            streams: vec![Stream {
                after: Duration::from_millis(200),
                line: LineSettings::default(),
                caller,
            }],
            model,
            surface: Surface {
                service: Service::Developer,
                version: Version::V1Beta,
            },
            model_delay: Duration::ZERO,
            longest: Duration::from_secs(7_200),
        }
    }

    /// Holds the call, asking `tools` for answers and showing each moment to `watch`.
    #[must_use]
    pub fn run(
        self,
        tools: impl FnMut(&ToolRequest) -> Answer,
        watch: impl FnMut(Moment<'_>),
    ) -> Outcome {
        run::Run::new(self, tools, watch).finish()
    }
}

/// Tools of which there are none.
#[must_use]
pub fn no_tools(request: &ToolRequest) -> Answer {
    Answer {
        after: Duration::ZERO,
        outcome: Err(format!("there is no {}", request.name)),
    }
}
