//! What happens when the caller speaks while the agent does.

use serde::Serialize;

use super::direction::{Span, last_sound, utterances};
use super::{Conversation, milliseconds};

/// A barge-in: the caller began to speak while the agent was heard, and the model took its turn back. In milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BargeIn {
    /// The turn that was interrupted, from 0.
    pub turn: usize,
    /// From the caller's first sound to the agent's last.
    pub reaction_ms: f64,
    /// From the model's `interrupted` to the agent's last sound.
    pub after_interrupted_ms: f64,
}

pub(super) fn barge_ins(conversation: &Conversation, spans: &[Option<Span>]) -> Vec<BargeIn> {
    let (said, heard) = (&conversation.caller_said, &conversation.caller_heard);
    let starts: Vec<_> = utterances(said.samples())
        .iter()
        .map(|(start, _)| said.time_of(*start))
        .collect();
    let turns = conversation.turns.iter().zip(spans).enumerate();
    turns
        .filter_map(|(turn, (said, span))| {
            let (interrupted, span) = (said.interrupted?, span.as_ref()?);
            let silent = last_sound(heard, span.to.min(heard.samples().len()));
            let began = starts.iter().rev().find(|start| **start <= interrupted)?;
            (*began >= heard.time_of(span.from)).then(|| BargeIn {
                turn,
                reaction_ms: milliseconds(silent, *began),
                after_interrupted_ms: milliseconds(silent, interrupted),
            })
        })
        .collect()
}
