//! The calls in progress, and for a while how those that are over ended.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use voice_call::call::End;

use crate::config::Fallback;
use crate::live::{Agent, LiveCall, Status};

/// Which call it is: ids are the carrier's, and an account can name only its own calls.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CallKey {
    pub(crate) account: String,
    pub(crate) call: String,
}

impl CallKey {
    pub(crate) fn new(account: &str, call: &str) -> Self {
        Self {
            account: account.to_owned(),
            call: call.to_owned(),
        }
    }
}

/// What is known of a call.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) live: LiveCall,
    pub(crate) agent: Arc<Agent>,
    pub(crate) fallback: Fallback,
    /// The latest token for a stream, and the TwiML that holds it.
    pub(crate) token: String,
    pub(crate) twiml: String,
}

/// How a call that is over goes on.
#[derive(Clone)]
pub(crate) struct Over {
    pub(crate) end: End,
    pub(crate) agent: Arc<Agent>,
    pub(crate) fallback: Fallback,
}

/// A call, if anything is known of it.
pub(crate) enum Known {
    Live(Entry),
    Over(Over),
    Nothing,
}

/// The table of calls. Calls that are over stay for five minutes, and at most 10 000 of them.
pub(crate) struct Calls {
    table: Mutex<Table>,
    count: watch::Sender<usize>,
}

#[derive(Default)]
struct Table {
    live: HashMap<CallKey, Entry>,
    over: HashMap<CallKey, Over>,
    order: VecDeque<(Instant, CallKey)>,
    ends: BTreeMap<&'static str, u64>,
}

const KEPT: Duration = Duration::from_secs(300);
const MOST_KEPT: usize = 10_000;

impl Calls {
    pub(crate) fn new() -> Self {
        Self {
            table: Mutex::default(),
            count: watch::Sender::new(0),
        }
    }

    /// What is known of a call.
    pub(crate) fn find(&self, key: &CallKey) -> Known {
        let table = self.table();
        if let Some(entry) = table.live.get(key) {
            return Known::Live(entry.clone());
        }
        table
            .over
            .get(key)
            .cloned()
            .map_or(Known::Nothing, Known::Over)
    }

    /// A call that is known, or a new one: asked twice at once, only one is made.
    pub(crate) fn find_or_begin<E>(
        &self,
        key: &CallKey,
        make: impl FnOnce() -> Result<Entry, E>,
    ) -> Result<Known, E> {
        let mut table = self.table();
        if let Some(entry) = table.live.get(key) {
            return Ok(Known::Live(entry.clone()));
        }
        if let Some(over) = table.over.get(key) {
            return Ok(Known::Over(over.clone()));
        }
        let entry = make()?;
        table.live.insert(key.clone(), entry.clone());
        self.count.send_replace(table.live.len());
        Ok(Known::Live(entry))
    }

    /// Gives a call a new token.
    pub(crate) fn renew(&self, key: &CallKey, token: &str, twiml: &str) {
        if let Some(entry) = self.table().live.get_mut(key) {
            token.clone_into(&mut entry.token);
            twiml.clone_into(&mut entry.twiml);
        }
    }

    /// The call is over.
    pub(crate) fn finish(&self, key: &CallKey, end: End, now: Instant) {
        let mut table = self.table();
        let Some(entry) = table.live.remove(key) else {
            return;
        };
        *table.ends.entry(end.as_str()).or_default() += 1;
        while table.order.front().is_some_and(|(at, _)| {
            table.order.len() >= MOST_KEPT || now.saturating_duration_since(*at) >= KEPT
        }) {
            if let Some((_, old)) = table.order.pop_front() {
                table.over.remove(&old);
            }
        }
        table.order.push_back((now, key.clone()));
        let over = Over {
            end,
            agent: entry.agent,
            fallback: entry.fallback,
        };
        table.over.insert(key.clone(), over);
        self.count.send_replace(table.live.len());
    }

    /// Ends all calls.
    pub(crate) fn end_all(&self, end: &End) {
        for entry in self.table().live.values() {
            entry.live.hang_up(end.clone());
        }
    }

    /// Waits until no call is in progress.
    pub(crate) async fn none_left(&self) {
        let mut count = self.count.subscribe();
        let waited = count.wait_for(|count| *count == 0).await;
        waited.expect("the sender is here");
    }

    /// How many calls are in progress.
    pub(crate) fn count(&self) -> usize {
        *self.count.borrow()
    }

    /// What operators may see of each call.
    pub(crate) fn statuses(&self) -> Vec<Status> {
        let table = self.table();
        table
            .live
            .values()
            .map(|entry| entry.live.status())
            .collect()
    }

    /// How many calls ended in which way.
    pub(crate) fn ends(&self) -> BTreeMap<&'static str, u64> {
        self.table().ends.clone()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
