//! What goes wrong, and when.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use voice_call::gemini::Close;

use super::millis;

/// What goes wrong. Nothing by default. Times count from the opening of a connection, turns of the model from 1 in each
/// connection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// In which connections, by their number from 1; in all if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<u64>,
    /// The socket is cut, without a close frame, at this time.
    #[serde(
        rename = "cut_at_ms",
        with = "millis::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub cut_at: Option<Duration>,
    /// The socket is cut in the middle of the sound of this turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_in_turn: Option<u64>,
    /// At how many times the speed of speech sound comes, in place of the burst: under 1 the caller hears gaps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<f64>,
    /// The model pauses for this long after each [`Faults::pause_every`] of sound.
    #[serde(
        rename = "pause_ms",
        with = "millis::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub pause: Option<Duration>,
    /// How much sound comes between two pauses. 1 s if there are pauses and this says nothing.
    #[serde(
        rename = "pause_every_ms",
        with = "millis::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub pause_every: Option<Duration>,
    /// Sound comes in lumps, one each so long.
    #[serde(
        rename = "lump_ms",
        with = "millis::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub lump: Option<Duration>,
    /// Pongs come so much late; on real sockets only.
    #[serde(
        rename = "pong_delay_ms",
        with = "millis::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub pong_delay: Option<Duration>,
    /// Handles are refused as if they had expired.
    pub refuse_handles: bool,
    /// The setup is answered with this close.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close_at_setup: Option<CloseFault>,
    /// The connection is closed in this way at its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close: Option<CloseFault>,
    /// The setup is never answered.
    pub never_ready: bool,
    /// From this time on nothing is answered any more.
    #[serde(
        rename = "hang_at_ms",
        with = "millis::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub hang_at: Option<Duration>,
    /// Pieces of sound have odd numbers of bytes, so that samples are cut.
    pub odd_bytes: bool,
    /// A turn's sound, transcript, end and usage come in one message.
    pub one_message: bool,
    /// The model believes to be interrupted in the middle of this turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phantom_interruption: Option<u64>,
    /// This turn is complete without a sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty_turn: Option<u64>,
}

/// A close that ought not to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloseFault {
    /// The WebSocket's code, as in 1011.
    pub code: u16,
    /// What is said about it.
    #[serde(default)]
    pub reason: String,
    /// When; of no meaning for a close at the setup.
    #[serde(rename = "at_ms", with = "millis", default)]
    pub at: Duration,
}

impl Faults {
    /// What goes wrong in a connection.
    #[must_use]
    pub fn of_connection(&self, number: u64) -> Self {
        if self.connections.is_empty() || self.connections.contains(&number) {
            self.clone()
        } else {
            Self::default()
        }
    }
}

impl CloseFault {
    /// As it is sent.
    #[must_use]
    pub fn close(&self) -> Close {
        Close::new(self.code, &self.reason)
    }
}
