//! What an operator sees of a call that goes on.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

/// A call as an operator sees it: nothing personal.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// Our id of the call.
    pub id: String,
    /// Which agent holds it.
    pub agent: String,
    /// `waiting` for a stream, `talking`, `model_away`, or `ended`.
    pub state: &'static str,
    /// How old it is.
    pub seconds: u64,
    /// How old its connection to the model is; none without one.
    pub model_seconds: Option<u64>,
    /// How much of the agent's sound waits to be sent, in milliseconds.
    pub queue_ms: u64,
}

/// What the task of a call writes down as it goes, without locks.
#[derive(Debug)]
pub(super) struct Board {
    began: Instant,
    has_stream: AtomicBool,
    /// Milliseconds since the beginning, plus one; 0 without a model.
    model_since: AtomicU64,
    queue_ms: AtomicU64,
}

impl Board {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            has_stream: AtomicBool::new(false),
            model_since: AtomicU64::new(0),
            queue_ms: AtomicU64::new(0),
        }
    }

    pub(super) fn stream(&self, is_there: bool) {
        self.has_stream.store(is_there, Ordering::Relaxed);
    }

    pub(super) fn model_is_live(&self) {
        self.model_since
            .store(millis(self.began.elapsed()) + 1, Ordering::Relaxed);
    }

    pub(super) fn model_is_away(&self) {
        self.model_since.store(0, Ordering::Relaxed);
    }

    pub(super) fn queue(&self, waiting: Duration) {
        self.queue_ms.store(millis(waiting), Ordering::Relaxed);
    }

    pub(super) fn status(&self, id: &str, agent: &str, is_over: bool) -> Status {
        let age = self.began.elapsed();
        let model_since = self.model_since.load(Ordering::Relaxed).checked_sub(1);
        let has_stream = self.has_stream.load(Ordering::Relaxed);
        Status {
            id: id.to_owned(),
            agent: agent.to_owned(),
            state: match (is_over, has_stream, model_since) {
                (true, ..) => "ended",
                (_, false, _) => "waiting",
                (_, _, None) => "model_away",
                _ => "talking",
            },
            seconds: age.as_secs(),
            model_seconds: model_since.map(|since| millis(age).saturating_sub(since) / 1_000),
            queue_ms: self.queue_ms.load(Ordering::Relaxed),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
