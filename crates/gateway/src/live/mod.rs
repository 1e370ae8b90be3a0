//! A call that goes on: the task that drives a [`Call`](voice_call::call::Call) between two sockets, and what it needs.
//!
//! [`start`] spawns one task per call. It owns the carrier's socket, the model's connection and the `Call`; nothing else
//! touches them, so there are no locks. What is slow has tasks of its own behind bounded queues: records, transcripts,
//! recordings, the session store. Files are uploaded after the call. When these are too slow, what they should have written is dropped and counted.

mod agent;
mod agent_config;
mod call_file;
mod call_log;
mod caller;
mod connect;
mod credential;
mod handle;
mod json_lines;
mod link;
mod meters;
mod recording;
mod services;
mod shared;
mod shared_config;
mod status;
mod storage;
mod store;
mod task;
mod uploads;
mod webhook;

pub use agent::Agent;
pub use agent_config::{
    AgentConfig, IdleConfig, LevelConfig, Sensitivity, ThinkingConfig, TransferConfig,
    VoiceDetectionConfig, WebhookConfig,
};
pub use call_log::CallRecord;
pub use caller::Caller;
pub use handle::{LiveCall, start};
pub use meters::{Meters, TABLE};
pub use shared::{Shared, check, store};
pub use shared_config::{
    BearerConfig, ServiceConfig, ServiceKind, SharedConfig, SocketConfig, StorageConfig,
    StoreConfig, VersionConfig,
};
pub use status::Status;
#[cfg(feature = "redis")]
pub use store::RedisStore;
pub use store::{MemoryStore, Remembered, SessionStore, StoreError, StoreFuture};
pub use webhook::{IDEMPOTENCY_KEY, SIGNATURE};
