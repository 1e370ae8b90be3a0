//! What all sessions of a model share: its behaviour, its sounds, and the talks that can be resumed.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use voice_call::Time;
use voice_call::gemini::Close;

use super::behaviour::{Behaviour, BehaviourError};
use super::conversation::Conversation;
use super::lines::Line;

/// A model that sessions talk to.
#[derive(Debug)]
pub struct Model {
    pub(super) behaviour: Behaviour,
    pub(super) lines: Vec<Line>,
    pub(super) greeting: Line,
    talks: Mutex<Talks>,
}

/// The talks that are going on or can be resumed.
#[derive(Debug)]
struct Talks {
    connections: u64,
    conversations: u64,
    open: usize,
    kept: HashMap<u64, Kept>,
    /// Which talk a handle belongs to.
    by_handle: HashMap<String, u64>,
    random: StdRng,
}

/// A talk with its handles.
#[derive(Debug)]
struct Kept {
    /// When its connection ended; none while it is open.
    ended: Option<Time>,
    /// The newest last.
    handles: VecDeque<(String, Arc<Conversation>)>,
}

impl Model {
    /// Loads the sounds of a behaviour.
    ///
    /// # Errors
    ///
    /// When a value makes no sense, or a sound cannot be loaded.
    pub fn new(behaviour: Behaviour) -> Result<Arc<Self>, BehaviourError> {
        behaviour.check()?;
        let talks = Talks {
            connections: 0,
            conversations: 0,
            open: 0,
            kept: HashMap::new(),
            by_handle: HashMap::new(),
            random: StdRng::seed_from_u64(behaviour.seed),
        };
        Ok(Arc::new(Self {
            lines: Line::load(&behaviour)?,
            greeting: Line::greeting(),
            talks: Mutex::new(talks),
            behaviour,
        }))
    }

    /// How it behaves.
    #[must_use]
    pub const fn behaviour(&self) -> &Behaviour {
        &self.behaviour
    }

    /// How many sessions are open: set up, and not closed.
    #[must_use]
    pub fn open_sessions(&self) -> usize {
        self.talks().open
    }

    /// The number of a new connection, from 1.
    pub(super) fn connect(&self) -> u64 {
        let mut talks = self.talks();
        talks.connections += 1;
        talks.connections
    }

    /// Begins a talk, or goes on with one.
    pub(super) fn enter(
        &self,
        now: Time,
        model: &str,
        handle: Option<&str>,
    ) -> Result<Conversation, Close> {
        let limits = &self.behaviour.limits;
        let mut talks = self.talks();
        talks.forget(now, limits.handle_life);
        let conversation = match handle {
            Some(handle) => talks.resume(model, handle)?,
            None => {
                talks.conversations += 1;
                Conversation::new(talks.conversations, model, self.lines.len())
            }
        };
        if talks.open >= limits.sessions {
            return Err(Close::new(1_011, QUOTA));
        }
        talks.open += 1;
        let new = || Kept {
            ended: None,
            handles: VecDeque::new(),
        };
        talks.kept.entry(conversation.id).or_insert_with(new).ended = None;
        Ok(conversation)
    }

    /// A new handle for a talk as it is now.
    pub(super) fn issue(&self, conversation: &Conversation) -> String {
        let mut talks = self.talks();
        let handle = format!(
            "h-{}-{:016x}",
            conversation.id,
            talks.random.random::<u64>()
        );
        let Talks {
            kept, by_handle, ..
        } = &mut *talks;
        if let Some(kept) = kept.get_mut(&conversation.id) {
            if kept.handles.len() == MOST_HANDLES
                && let Some((oldest, _)) = kept.handles.pop_front()
            {
                by_handle.remove(&oldest);
            }
            kept.handles
                .push_back((handle.clone(), Arc::new(conversation.clone())));
            by_handle.insert(handle.clone(), conversation.id);
        }
        handle
    }

    /// The connection of a talk has ended.
    pub(super) fn leave(&self, now: Time, conversation: u64) {
        let mut talks = self.talks();
        talks.open = talks.open.saturating_sub(1);
        if let Some(kept) = talks.kept.get_mut(&conversation) {
            kept.ended = Some(now);
        }
        talks.forget(now, self.behaviour.limits.handle_life);
    }

    fn talks(&self) -> MutexGuard<'_, Talks> {
        self.talks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Talks {
    fn resume(&self, model: &str, handle: &str) -> Result<Conversation, Close> {
        let kept = self.by_handle.get(handle).and_then(|id| self.kept.get(id));
        let (kept, conversation) = kept
            .and_then(|kept| {
                let found = kept.handles.iter().find(|(it, _)| it == handle);
                found.map(|(_, conversation)| (kept, conversation))
            })
            .ok_or_else(expired_handle)?;
        if kept.ended.is_none() {
            return Err(Close::new(
                1_011,
                "The session is still open in another connection.",
            ));
        }
        if conversation.model != model {
            return Err(Close::invalid_argument(
                "sessionResumption.handle: of another model",
            ));
        }
        Ok(Conversation::clone(conversation))
    }

    /// Forgets the talks that cannot be resumed any more.
    fn forget(&mut self, now: Time, life: Duration) {
        let Self {
            kept, by_handle, ..
        } = self;
        kept.retain(|_, kept| {
            let is_over = kept
                .ended
                .is_some_and(|ended| now - ended > life || kept.handles.is_empty());
            if is_over {
                for (handle, _) in &kept.handles {
                    by_handle.remove(handle);
                }
            }
            !is_over
        });
    }
}

/// How a server closes on a handle that it does not know any more.
pub(super) fn expired_handle() -> Close {
    Close::invalid_argument("sessionResumption.handle")
}

/// The newest of a talk.
const MOST_HANDLES: usize = 32;

const QUOTA: &str = "You exceeded your current quota: too many concurrent sessions.";
