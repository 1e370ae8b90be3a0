//! What all agents share.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::agent::Agent;
use super::agent_config::AgentConfig;
use super::json_lines::JsonLines;
use super::meters::Meters;
use super::services::Services;
use super::shared_config::{ServiceConfig, SharedConfig, SocketConfig, StoreConfig};
use super::storage::storage;
use super::store::{MemoryStore, Remembered, SessionStore, StoreWriter};
use super::uploads::Uploads;
use crate::config::ConfigError;

/// What all agents share: files, the store, connections for tools.
#[derive(Debug)]
pub struct Shared {
    pub(super) config: SharedConfig,
    pub(super) sockets: SocketConfig,
    pub(super) services: Services,
    pub(super) recordings: Option<PathBuf>,
    pub(super) call_records: Option<JsonLines>,
    pub(super) transcripts: Option<JsonLines>,
    pub(super) uploads: Option<Uploads>,
    pub(super) store_writer: StoreWriter,
    pub(super) meters: Meters,
    store: Arc<dyn SessionStore>,
    /// The calls' tasks, which close recordings and write records after the end of a call.
    pub(super) tasks: TaskTracker,
}

/// Checks what all agents share, and each agent, without an effect: no file is made, nothing is connected.
///
/// # Errors
///
/// The first thing that is wrong, by its key.
pub fn check(
    shared: &SharedConfig,
    services: &BTreeMap<String, ServiceConfig>,
    agents: &BTreeMap<String, AgentConfig>,
) -> Result<(), ConfigError> {
    let services = Services::new(shared, services)?;
    store(&shared.store)?;
    storage(shared, &services.http)?;
    let mut agents = agents.iter();
    agents.try_for_each(|(name, agent)| Agent::check(name, agent, shared, &services))
}

impl Shared {
    /// Opens the files. Within a tokio runtime, and with the recorder that shall count.
    ///
    /// # Errors
    ///
    /// When a file cannot be opened, or a value is of no use; the error names its key.
    pub fn open(
        config: &SharedConfig,
        services: &BTreeMap<String, ServiceConfig>,
        store: Arc<dyn SessionStore>,
    ) -> Result<Arc<Self>, ConfigError> {
        let services = Services::new(config, services)?;
        let meters = Meters::new();
        let lines = |key: &str, path: Option<&PathBuf>| {
            let opened = path.map(|path| {
                JsonLines::open(path, meters.lines_dropped.clone()).map_err(|error| {
                    let path = path.display();
                    ConfigError::new(
                        key,
                        format_args!("it names {path}, which cannot be written: {error}"),
                    )
                })
            });
            opened.transpose()
        };
        if let Some(folder) = &config.recordings {
            std::fs::create_dir_all(folder).map_err(|error| {
                let folder = folder.display();
                let message = format!("it names {folder}, which cannot be made: {error}");
                ConfigError::new("shared.recordings", message)
            })?;
        }
        let uploads = storage(config, &services.http)?
            .map(|storage| Uploads::begin(storage.bucket, storage.terms, &meters));
        Ok(Arc::new(Self {
            sockets: config.sockets,
            services,
            recordings: config.recordings.clone(),
            call_records: lines("shared.call_records", config.call_records.as_ref())?,
            transcripts: lines("shared.transcripts", config.transcripts.as_ref())?,
            tasks: TaskTracker::new(),
            uploads,
            store_writer: StoreWriter::new(Arc::clone(&store), meters.store_failures.clone()),
            meters,
            store,
            config: config.clone(),
        }))
    }

    /// Whether other nodes could go on with calls of this one: they share a store, and it works.
    #[must_use]
    pub fn can_hand_over(&self) -> bool {
        self.store.is_shared() && !self.store_writer.is_failing()
    }

    /// What is remembered of a call that this process does not hold; none also when the store fails, which is logged.
    pub async fn recall(&self, account_sid: &str, call_sid: &str) -> Option<Remembered> {
        let asked = tokio::time::timeout(
            super::store::LONGEST_CHANGE,
            self.store.get(&store_key(account_sid, call_sid)),
        )
        .await;
        match asked {
            Ok(Ok(remembered)) => remembered,
            Ok(Err(error)) => {
                tracing::error!(%error, "a call cannot be gone on with");
                None
            }
            Err(_) => {
                tracing::error!("a call cannot be gone on with: the session store does not answer");
                None
            }
        }
    }

    /// Waits until ended calls have closed their recordings, and records, transcripts and the store have all that was given to them.
    pub async fn flush(&self) {
        self.tasks.close();
        // A peer that takes nothing cannot hold it up for longer.
        if tokio::time::timeout(LONGEST_END, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("a call does not end: its recording may be left unfinished");
        }
        self.tasks.reopen();
        for lines in [&self.call_records, &self.transcripts]
            .into_iter()
            .flatten()
        {
            lines.flush().await;
        }
        if tokio::time::timeout(LONGEST_END, self.store_writer.flush())
            .await
            .is_err()
        {
            tracing::warn!("the session store is too slow: other nodes may not know of all calls");
        }
    }

    /// Waits until all files are uploaded that calls left behind, until the object storage refuses them for good, or
    /// until `deadline`, but 5 s at least. What is left then is uploaded by the next process with the same folder.
    pub async fn finish_uploads(&self, deadline: Instant) {
        if let Some(uploads) = &self.uploads {
            uploads
                .finish(deadline.max(Instant::now() + LONGEST_END))
                .await;
        }
    }
}

/// A call's key in the store. Accounts are tenants: one must not go on with another's call.
pub(super) fn store_key(account_sid: &str, call_sid: &str) -> String {
    format!("{account_sid}:{call_sid}")
}

/// How long an ended call may take to close what it has open; and what uploads get when the grace period is over.
const LONGEST_END: Duration = Duration::from_secs(5);

/// The store of a configuration: Redis, or the memory of this process. It is connected when it is first used.
///
/// # Errors
///
/// When it names a Redis server and this build has none, or the address is none.
pub fn store(config: &StoreConfig) -> Result<Arc<dyn SessionStore>, ConfigError> {
    let time_to_live = config.time_to_live.into();
    let Some(address) = &config.redis else {
        return Ok(Arc::new(MemoryStore::new(time_to_live, config.most.max(1))));
    };
    #[cfg(feature = "redis")]
    {
        let wrong = |error: String| ConfigError::new("shared.store.redis", error);
        let address = address.read().map_err(|error| wrong(error.to_string()))?;
        let store = super::store::RedisStore::new(&address, time_to_live);
        Ok(Arc::new(store.map_err(|error| wrong(error.to_string()))?))
    }
    #[cfg(not(feature = "redis"))]
    {
        let problem = format!(
            "it is {address}, but this build has no Redis: build with the feature redis, or leave it out"
        );
        Err(ConfigError::new("shared.store.redis", problem))
    }
}
