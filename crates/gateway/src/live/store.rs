//! What is kept of a call so that another process can go on with it.

mod memory;
#[cfg(feature = "redis")]
mod redis;
mod wire;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use metrics::Counter;
use tokio::sync::{mpsc, oneshot};
use voice_call::call::Memory;

pub use self::memory::MemoryStore;
#[cfg(feature = "redis")]
pub use self::redis::RedisStore;

/// What is kept of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Remembered {
    /// Which agent holds it.
    pub agent: String,
    /// What the model and the caller said.
    pub memory: Memory,
    /// How many processes have held it before. A process that was left behind writes no more.
    pub generation: u32,
}

/// A store did not do.
#[derive(Debug, thiserror::Error)]
#[error("the session store failed: {0}")]
pub struct StoreError(pub String);

/// What a store promises.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps what is remembered of calls, by the carrier's id of the call, for a time.
pub trait SessionStore: Send + Sync + std::fmt::Debug {
    /// What is remembered.
    fn get<'a>(&'a self, call_sid: &'a str) -> StoreFuture<'a, Option<Remembered>>;
    /// Remembers, unless a later generation did.
    fn put<'a>(&'a self, call_sid: &'a str, remembered: &'a Remembered) -> StoreFuture<'a, ()>;
    /// Forgets what this generation or an earlier one remembered.
    fn remove<'a>(&'a self, call_sid: &'a str, generation: u32) -> StoreFuture<'a, ()>;
    /// Whether other processes see the same, so that calls can be handed over to them.
    fn is_shared(&self) -> bool;
}

/// Brings changes to a store in their order, by a task of its own, so that no call waits for it or fails by it.
#[derive(Clone, Debug)]
pub(super) struct StoreWriter {
    orders: mpsc::Sender<Order>,
    failures: Counter,
    is_failing: Arc<AtomicBool>,
}

#[derive(Debug)]
enum Order {
    Put(Arc<str>, Remembered),
    Remove(Arc<str>, u32),
    Flush(oneshot::Sender<()>),
}

impl StoreWriter {
    pub(super) fn new(store: Arc<dyn SessionStore>, failures: Counter) -> Self {
        let (orders, received) = mpsc::channel(MOST_WAITING);
        let is_failing = Arc::new(AtomicBool::new(false));
        tokio::spawn(write(
            store,
            received,
            failures.clone(),
            Arc::clone(&is_failing),
        ));
        Self {
            orders,
            failures,
            is_failing,
        }
    }

    /// Whether the last change failed.
    pub(super) fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Relaxed)
    }

    pub(super) fn put(&self, call_sid: &Arc<str>, remembered: Remembered) {
        self.order(Order::Put(Arc::clone(call_sid), remembered));
    }

    pub(super) fn remove(&self, call_sid: &Arc<str>, generation: u32) {
        self.order(Order::Remove(Arc::clone(call_sid), generation));
    }

    fn order(&self, order: Order) {
        if self.orders.try_send(order).is_err() {
            self.failures.increment(1);
        }
    }

    pub(super) async fn flush(&self) {
        let (done, is_done) = oneshot::channel();
        if self.orders.send(Order::Flush(done)).await.is_ok() {
            let _: Result<(), _> = is_done.await;
        }
    }
}

async fn write(
    store: Arc<dyn SessionStore>,
    mut orders: mpsc::Receiver<Order>,
    failures: Counter,
    is_failing: Arc<AtomicBool>,
) {
    while let Some(order) = orders.recv().await {
        let change = match &order {
            Order::Put(call_sid, remembered) => store.put(call_sid, remembered),
            Order::Remove(call_sid, generation) => store.remove(call_sid, *generation),
            Order::Flush(_) => Box::pin(async { Ok(()) }),
        };
        let done = tokio::time::timeout(LONGEST_CHANGE, change).await;
        let done = done.unwrap_or_else(|_| Err(StoreError("no answer in time".to_owned())));
        if let Order::Flush(done) = order {
            let _: Result<(), ()> = done.send(());
            continue;
        }
        let was_failing = is_failing.swap(done.is_err(), Ordering::Relaxed);
        // One line when it begins to fail, not one for each call.
        if let Err(error) = &done {
            failures.increment(1);
            if !was_failing {
                tracing::error!(%error, "calls cannot be gone on with on another node until the store is back");
            }
        } else if was_failing {
            tracing::info!("the session store is back");
        }
    }
}

const MOST_WAITING: usize = 4_096;
pub(super) const LONGEST_CHANGE: Duration = Duration::from_secs(1);
