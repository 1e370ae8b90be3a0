//! What each side heard, measured from the sound alone.
//!
//! The sounds that were sent are looked for in those that were heard, whatever the bridge did to their level. A [`Score`] says when they
//! came, what was missing, and what differed.

mod barge_in;
mod caller_side;
mod conversation;
mod direction;
mod follow;
mod limits;
pub mod load;
mod noise;
pub mod picture;
pub mod probe;
mod report;
mod spread;
mod timeline;

use std::time::Duration;

use serde::Serialize;
use voice_call::Time;

pub use barge_in::BargeIn;
pub use caller_side::CallerSide;
pub use direction::Direction;
pub use limits::{Limits, Violation};
pub use spread::Spread;
pub use timeline::{Heard, Said, Timeline, Turn, write_stereo};

/// A whole call, as both emulated sides know it, on one axis of time.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// What the caller said.
    pub caller_said: Timeline,
    /// What the caller heard.
    pub caller_heard: Timeline,
    /// What the model said, in order.
    pub turns: Vec<Turn>,
    /// What the model heard, in order.
    pub model_heard: Vec<Heard>,
    /// When the model could not hear: from the close of one connection to the setup of the next.
    pub handovers: Vec<(Time, Time)>,
    /// How much of each turn the bridge says that the caller has heard, where it says so.
    pub ledger: Vec<Option<Duration>>,
}

/// What was measured. Lengths of time are in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Score {
    /// From the model to the caller's ear.
    pub to_caller: Direction,
    /// From the caller's mouth to the model.
    pub to_model: Direction,
    /// What happened when the caller interrupted.
    pub barge_ins: Vec<BargeIn>,
    /// The longest time without a model.
    pub longest_handover_ms: Option<f64>,
    /// How far the bridge's account of what was heard is from the truth, at most.
    pub ledger_error_ms: Option<f64>,
}

impl Score {
    /// Measures a call. Costs some milliseconds for each second of speech.
    #[must_use]
    pub fn measure(conversation: &Conversation) -> Self {
        let (to_caller, spans) = direction::to_caller(conversation);
        let handovers = conversation.handovers.iter();
        let handovers = handovers.map(|(from, to)| milliseconds(*to, *from));
        let errors = conversation
            .ledger
            .iter()
            .zip(&spans)
            .filter_map(|(told, span)| {
                let heard = span.as_ref().map_or(0.0, |span| span.heard_ms);
                Some((told.as_ref()?.as_secs_f64() * 1_000.0 - heard).abs())
            });
        Self {
            to_model: direction::to_model(conversation),
            barge_ins: barge_in::barge_ins(conversation, &spans),
            longest_handover_ms: handovers.reduce(f64::max),
            ledger_error_ms: errors.reduce(f64::max),
            to_caller,
        }
    }
}

/// How much later one time is than another; negative if earlier.
fn milliseconds(later: Time, earlier: Time) -> f64 {
    ((later - earlier).as_secs_f64() - (earlier - later).as_secs_f64()) * 1_000.0
}
