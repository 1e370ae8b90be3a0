//! A talk with the model, which outlives its connections.

use std::collections::VecDeque;

use voice_call::redact::Pii;

use super::usage::Tally;

/// What the model knows of a talk, and what a handle stands for.
#[derive(Clone, Debug, Default)]
pub(super) struct Conversation {
    /// Names it among all talks of its model.
    pub(super) id: u64,
    /// The model's name, which cannot change.
    pub(super) model: String,
    /// Which turns of the script have been said.
    pub(super) said: Vec<bool>,
    /// Whether a text has come.
    pub(super) was_prompted: bool,
    /// How often the caller has spoken.
    pub(super) caller_turns: usize,
    pub(super) tally: Tally,
    history: VecDeque<(Speaker, Pii<String>)>,
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaker {
    User,
    Model,
}

impl Conversation {
    pub(super) fn new(id: u64, model: &str, turns: usize) -> Self {
        Self {
            id,
            model: model.to_owned(),
            said: vec![false; turns],
            ..Self::default()
        }
    }

    /// Remembers what was said; the oldest is forgotten beyond a limit.
    pub(super) fn remember(&mut self, speaker: Speaker, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.history.len() == LONGEST_HISTORY {
            self.history.pop_front();
        }
        let mut end = text.len().min(LONGEST_TEXT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.history
            .push_back((speaker, Pii::new(text[..end].to_owned())));
    }

    /// What was said, the oldest first.
    pub(super) fn history(&self) -> impl Iterator<Item = (Speaker, &str)> {
        self.history
            .iter()
            .map(|(speaker, text)| (*speaker, text.expose().as_str()))
    }
}

const LONGEST_HISTORY: usize = 256;
const LONGEST_TEXT: usize = 4_096;
