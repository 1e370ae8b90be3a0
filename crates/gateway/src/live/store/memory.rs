//! The memory of this process, for a gateway that is one node.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::{Remembered, SessionStore, StoreFuture};

/// Keeps a number of calls for a time, in this process.
#[derive(Debug)]
pub struct MemoryStore {
    time_to_live: Duration,
    most: usize,
    calls: Mutex<HashMap<String, (Instant, Remembered)>>,
}

impl MemoryStore {
    /// Keeps so many calls at most, each for so long after its last change.
    #[must_use]
    pub fn new(time_to_live: Duration, most: usize) -> Self {
        Self {
            time_to_live,
            most,
            calls: Mutex::default(),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashMap<String, (Instant, Remembered)>) -> T) -> T {
        let mut calls = self
            .calls
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        act(&mut calls)
    }
}

impl SessionStore for MemoryStore {
    fn get<'a>(&'a self, call_sid: &'a str) -> StoreFuture<'a, Option<Remembered>> {
        let now = Instant::now();
        let found = self.with(|calls| {
            calls
                .get(call_sid)
                .filter(|(until, _)| *until > now)
                .map(|it| it.1.clone())
        });
        Box::pin(async { Ok(found) })
    }

    fn put<'a>(&'a self, call_sid: &'a str, remembered: &'a Remembered) -> StoreFuture<'a, ()> {
        let now = Instant::now();
        self.with(|calls| {
            let is_late = calls
                .get(call_sid)
                .is_some_and(|it| it.1.generation > remembered.generation);
            if is_late {
                return;
            }
            if calls.len() >= self.most && !calls.contains_key(call_sid) {
                calls.retain(|_, (until, _)| *until > now);
                // Still full: the one that was changed the longest ago goes.
                if calls.len() >= self.most {
                    let oldest = calls.iter().min_by_key(|it| it.1.0).map(|it| it.0.clone());
                    oldest.and_then(|call_sid| calls.remove(&call_sid));
                }
            }
            calls.insert(
                call_sid.to_owned(),
                (now + self.time_to_live, remembered.clone()),
            );
        });
        Box::pin(async { Ok(()) })
    }

    fn remove<'a>(&'a self, call_sid: &'a str, generation: u32) -> StoreFuture<'a, ()> {
        self.with(|calls| {
            if calls
                .get(call_sid)
                .is_some_and(|it| it.1.generation <= generation)
            {
                calls.remove(call_sid);
            }
        });
        Box::pin(async { Ok(()) })
    }

    fn is_shared(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use voice_call::call::Memory;

    use super::*;

    fn remembered(generation: u32) -> Remembered {
        Remembered {
            agent: "bakery".to_owned(),
            memory: Memory::default(),
            generation,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_are_forgotten_in_time_and_a_process_left_behind_writes_no_more() {
        let store = MemoryStore::new(Duration::from_secs(60), 2);
        store.put("CA1", &remembered(1)).await.unwrap();
        store.put("CA1", &remembered(0)).await.unwrap();
        assert_eq!(store.get("CA1").await.unwrap(), Some(remembered(1)));
        tokio::time::advance(Duration::from_secs(30)).await;
        for call in ["CA2", "CA3"] {
            store.put(call, &remembered(0)).await.unwrap();
        }
        assert_eq!(store.get("CA1").await.unwrap(), None, "the oldest went");
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(store.get("CA3").await.unwrap(), None, "its time is over");
    }
}
