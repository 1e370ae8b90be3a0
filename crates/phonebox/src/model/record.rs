//! What a session heard, said and did, for scoring.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use voice_call::Time;
use voice_call::gemini::Close;
use voice_call::redact::Pii;

use super::millis;

/// What is kept of each session. Beyond the limits nothing more is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recording {
    /// Whether what the model says is kept: each piece with its time, and the sound itself, which clips share. True.
    pub said: bool,
    /// How much of what the model hears is kept, from the start. Nothing.
    #[serde(rename = "heard_ms", with = "millis")]
    pub heard: Duration,
}

impl Default for Recording {
    fn default() -> Self {
        Self {
            said: true,
            heard: Duration::ZERO,
        }
    }
}

/// What a session heard, said and did.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The number of the connection at its model, from 1.
    pub number: u64,
    /// When the connection was opened.
    pub opened: Time,
    /// What happened, in order; the first 10 000.
    pub events: Vec<Event>,
    /// The model's turns with their sound.
    pub turns: Vec<SaidTurn>,
    /// The pieces of sound that were sent; the first 200 000.
    pub said: Vec<Said>,
    /// What the model heard, at 16 kHz, from the first sound on.
    pub heard: Vec<i16>,
    /// When each piece of what was heard and kept came, and how many samples there were with it.
    pub heard_at: Vec<(Time, usize)>,
    /// How many samples the model heard at 16 kHz, kept or not.
    pub heard_samples: u64,
}

/// One turn of the model.
#[derive(Clone, Debug, Default)]
pub struct SaidTurn {
    /// What it was to say: 16-bit little-endian PCM at 24 kHz, in pieces.
    pub sound: Vec<Arc<[u8]>>,
    /// Its words.
    pub text: Pii<String>,
}

/// One piece of sound that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// When.
    pub at: Time,
    /// Of which turn, an index of [`Record::turns`].
    pub turn: usize,
    /// Its first byte in the turn's sound.
    pub offset: usize,
    /// How many bytes.
    pub bytes: usize,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Time,
    /// What.
    pub kind: EventKind,
}

/// What happened. Turns are indices of [`Record::turns`], whether or not those are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// The setup was accepted.
    Ready {
        /// Whether it goes on with an earlier session.
        is_resumed: bool,
    },
    /// A text came.
    Read(Pii<String>),
    /// The caller begins to speak.
    CallerStarted,
    /// The caller has spoken.
    Heard {
        /// For so long, with the pauses around.
        length: Duration,
        /// What the transcript says.
        text: Pii<String>,
    },
    /// The first of a turn was sent.
    Started {
        /// Which.
        turn: usize,
        /// All its words.
        text: Pii<String>,
    },
    /// A turn was said to its end.
    Finished {
        /// Which.
        turn: usize,
    },
    /// The caller, or a fault, interrupted a turn.
    Interrupted {
        /// Which.
        turn: usize,
    },
    /// A function was called.
    Called {
        /// Names the call.
        id: String,
        /// The function.
        name: String,
    },
    /// A call was answered.
    Answered {
        /// The function.
        name: String,
    },
    /// An answer came to a call that there is not, or not any more.
    AnsweredUnknown,
    /// Calls were cancelled.
    Cancelled {
        /// Which.
        ids: Vec<String>,
    },
    /// Notice was given.
    Notice {
        /// How long the connection still lasts.
        left: Duration,
    },
    /// The model closed the connection.
    Closed(Close),
    /// The model cut the connection.
    Cut,
    /// The client is gone.
    Gone,
}

impl Record {
    /// All sound that was sent, one piece after another: 16-bit little-endian PCM at 24 kHz.
    #[must_use]
    pub fn said_pcm(&self) -> Vec<u8> {
        let mut pcm = Vec::new();
        for said in &self.said {
            let turn = self.turns[said.turn]
                .sound
                .iter()
                .flat_map(|piece| piece.iter());
            pcm.extend(turn.skip(said.offset).take(said.bytes));
        }
        pcm
    }

    pub(super) fn log(&mut self, event: &Event) {
        if self.events.len() < MOST_EVENTS {
            self.events.push(event.clone());
        }
    }

    pub(super) fn say(&mut self, said: Said) {
        if said.turn < self.turns.len() && self.said.len() < MOST_PIECES {
            self.said.push(said);
        }
    }

    pub(super) fn hear(&mut self, at: Time, samples: &[i16], limit: Duration) {
        self.heard_samples += samples.len() as u64;
        let room = (limit.as_millis() as usize * 16).saturating_sub(self.heard.len());
        if room > 0 && !samples.is_empty() {
            self.heard.extend(&samples[..samples.len().min(room)]);
            self.heard_at.push((at, self.heard.len()));
        }
    }
}

const MOST_EVENTS: usize = 10_000;
const MOST_PIECES: usize = 200_000;
