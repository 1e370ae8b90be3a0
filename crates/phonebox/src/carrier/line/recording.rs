//! What was said and heard on a line, sample by sample, and what happened.

use std::fmt;

use serde::Serialize;
use voice_call::Time;

use crate::carrier::Clock;

/// Both sides of a line on one axis of time, which is the carrier's clock. `Debug` does not show the sound.
#[derive(Clone)]
pub struct Recording {
    /// Turns positions into instants.
    pub clock: Clock,
    /// The position of the first sample of [`said`](Self::said) and [`heard`](Self::heard): not 0 when what was before has
    /// been [taken](super::Line::take_recording).
    pub first: u64,
    /// What the caller said: µ-law.
    pub said: Vec<u8>,
    /// What the caller's ear heard: µ-law, silence where nothing was to be played.
    pub heard: Vec<u8>,
    /// What happened.
    pub log: Log,
}

/// What happened on a line. Each list holds at most [`Log::MOST`] entries; what is beyond is counted only.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Log {
    /// Sound that came from the bridge.
    pub arrivals: Vec<Arrival>,
    /// Where sound was thrown away by a `clear`.
    pub discards: Vec<Discard>,
    /// Where speech stopped because no more was there, and went on soon after.
    pub underruns: Vec<Underrun>,
    /// Everything else.
    pub events: Vec<Event>,
    /// Entries that had no room.
    pub omitted: u64,
    /// Samples that came from the bridge.
    pub samples_received: u64,
    /// Samples of them that were played.
    pub samples_played: u64,
    /// Samples of the caller that were sent.
    pub samples_sent: u64,
}

/// A piece of sound came from the bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Arrival {
    /// The carrier's position when it came.
    pub at: u64,
    /// How long it is, in samples.
    pub samples: u64,
}

/// A `clear` threw sound away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Discard {
    /// Where playback stopped.
    pub at: u64,
    /// How much was not played, in samples.
    pub samples: u64,
}

/// Speech stopped for want of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Underrun {
    /// Where the first missing sample is.
    pub at: u64,
    /// How many samples of silence were heard in its place.
    pub samples: u64,
}

/// Something happened at a position of the carrier's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// The position, in samples.
    pub at: u64,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// The caller began what a cue says.
    Cue {
        /// Its number, from 0.
        number: usize,
    },
    /// A key was pressed.
    Key,
    /// The bridge set a mark.
    MarkSet,
    /// A mark was returned.
    MarkReturned {
        /// Whether a `clear` returned it.
        is_cleared: bool,
    },
    /// The bridge sent a `clear`.
    Clear,
    /// The carrier complains about a message.
    Warning {
        /// Twilio's number.
        code: u16,
    },
    /// More sound came than the carrier keeps.
    Overflow {
        /// How much was not kept, in samples.
        samples: u64,
    },
    /// A fault was made.
    Fault,
    /// The caller hung up, or was made to.
    HungUp,
    /// The bridge closed the socket.
    BridgeClosed,
}

impl Recording {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            first: 0,
            said: Vec::new(),
            heard: Vec::new(),
            log: Log::default(),
        }
    }

    /// Several streams of one call on the axis of the first, with silence in between and without their logs; none without a stream.
    #[must_use]
    pub fn joined(streams: &[Self]) -> Option<Self> {
        let (first, others) = streams.split_first()?;
        let mut joined = Self {
            log: Log::default(),
            ..first.clone()
        };
        for stream in others {
            let position = joined.clock.sample_at(stream.time_of(stream.first));
            let start =
                usize::try_from(position.saturating_sub(joined.first)).unwrap_or(usize::MAX);
            for (all, more) in [
                (&mut joined.said, &stream.said),
                (&mut joined.heard, &stream.heard),
            ] {
                // A stream begins where the one before it has ended, at the earliest.
                all.resize(start.max(all.len()), 0xFF);
                all.extend(more);
            }
        }
        Some(joined)
    }

    /// When a position of the carrier's clock is.
    #[must_use]
    pub fn time_of(&self, position: u64) -> Time {
        self.clock.time_of(position)
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("clock", &self.clock)
            .field("first", &self.first)
            .field("samples", &self.heard.len())
            .field("log", &self.log)
            .finish_non_exhaustive()
    }
}

impl Log {
    /// The most entries in each list.
    pub const MOST: usize = 500_000;

    /// The codes of all warnings, in order.
    pub fn warnings(&self) -> impl Iterator<Item = u16> {
        self.events.iter().filter_map(|event| match event.what {
            What::Warning { code } => Some(code),
            _ => None,
        })
    }

    pub(super) fn event(&mut self, at: u64, what: What) {
        keep(&mut self.events, &mut self.omitted, Event { at, what });
    }

    pub(super) fn arrival(&mut self, at: u64, samples: u64) {
        self.samples_received += samples;
        keep(
            &mut self.arrivals,
            &mut self.omitted,
            Arrival { at, samples },
        );
    }

    pub(super) fn discard(&mut self, at: u64, samples: u64) {
        keep(
            &mut self.discards,
            &mut self.omitted,
            Discard { at, samples },
        );
    }

    pub(super) fn underrun(&mut self, at: u64, samples: u64) {
        keep(
            &mut self.underruns,
            &mut self.omitted,
            Underrun { at, samples },
        );
    }
}

fn keep<T>(list: &mut Vec<T>, omitted: &mut u64, entry: T) {
    if list.len() < Log::MOST {
        list.push(entry);
    } else {
        *omitted += 1;
    }
}
