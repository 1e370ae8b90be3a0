//! What is remembered, as JSON.
#![cfg_attr(
    not(feature = "redis"),
    expect(dead_code, reason = "only stores outside of this process need it")
)]

use std::time::Duration;

use serde::{Deserialize, Serialize};
use voice_call::Time;
use voice_call::call::{Memory, Speaker, Utterance};
use voice_call::redact::Pii;

use super::Remembered;

#[derive(Serialize, Deserialize)]
struct Wire {
    agent: String,
    generation: u32,
    handle: Option<Pii<String>>,
    transcript: Vec<Said>,
    #[serde(default)]
    is_cut: bool,
}

#[derive(Serialize, Deserialize)]
struct Said {
    by_agent: bool,
    text: Pii<String>,
    heard_ms: u64,
    unheard_ms: u64,
}

/// The end of a long transcript is enough for a model to go on.
const MOST_UTTERANCES: usize = 60;

pub(super) fn write(remembered: &Remembered) -> String {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let transcript = &remembered.memory.transcript;
    let tail = &transcript[transcript.len().saturating_sub(MOST_UTTERANCES)..];
    let wire = Wire {
        agent: remembered.agent.clone(),
        generation: remembered.generation,
        handle: remembered.memory.handle.clone(),
        transcript: tail
            .iter()
            .map(|said| Said {
                by_agent: said.speaker == Speaker::Agent,
                text: said.text.clone(),
                heard_ms: millis(said.heard),
                unheard_ms: millis(said.unheard),
            })
            .collect(),
        is_cut: remembered.memory.is_cut,
    };
    serde_json::to_string(&wire).unwrap_or_default()
}

pub(super) fn read(text: &str) -> Option<Remembered> {
    let wire: Wire = serde_json::from_str(text).ok()?;
    let transcript = wire.transcript.into_iter().map(|said| Utterance {
        speaker: if said.by_agent {
            Speaker::Agent
        } else {
            Speaker::Caller
        },
        // The other process's time means nothing here.
        at: Time::ZERO,
        text: said.text,
        heard: Duration::from_millis(said.heard_ms),
        unheard: Duration::from_millis(said.unheard_ms),
    });
    Some(Remembered {
        agent: wire.agent,
        memory: Memory::new(wire.handle, transcript.collect(), wire.is_cut),
        generation: wire.generation,
    })
}
