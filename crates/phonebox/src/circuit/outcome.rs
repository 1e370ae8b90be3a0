//! What is left of a call.

use std::fmt::Write as _;
use std::time::Duration;

use voice_call::call::{End, Event};
use voice_call::{Heard, Said, Time};

use crate::carrier::Recording;
use crate::model::Record;
use crate::score::{Conversation, Score};

/// Everything that is known of a call when it is over.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The carrier's streams, in their order.
    pub streams: Vec<Recording>,
    /// The model's connections, in their order.
    pub sessions: Vec<Record>,
    /// What the bridge said of the call.
    pub events: Vec<(Time, Event)>,
    /// What the bridge recorded, if it was to: two channels of µ-law.
    pub recording: Vec<u8>,
    /// The bridge's account of the agent's sound.
    pub heard: Heard,
    /// The bridge's account of the caller's sound.
    pub said: Said,
    /// How the call ended; none if it was still going on at the longest time.
    pub end: Option<End>,
    /// When nothing was left to do.
    pub at: Time,
}

impl Outcome {
    /// The call on one axis of time, the bridge's account of interrupted turns included.
    #[must_use]
    pub fn conversation(&self) -> Conversation {
        Conversation::new(&self.streams, &self.sessions, &self.told())
    }

    /// What the bridge said of its interruptions: when, and how much of the turn was heard.
    #[must_use]
    pub fn told(&self) -> Vec<(Time, Duration)> {
        let told = self.events.iter().filter_map(|(at, event)| match event {
            Event::BargedIn { heard, .. } => Some((*at, *heard)),
            _ => None,
        });
        told.collect()
    }

    /// What each side heard.
    #[must_use]
    pub fn score(&self) -> Score {
        Score::measure(&self.conversation())
    }

    /// What was said as the bridge understood it, a line for each utterance.
    #[must_use]
    pub fn transcript(&self) -> String {
        let mut lines = String::new();
        for (_, event) in &self.events {
            if let Event::Said(it) = event {
                let _ = writeln!(lines, "{}: {}", it.speaker.as_str(), it.text.expose());
            }
        }
        lines
    }
}
