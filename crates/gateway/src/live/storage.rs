//! Object storage: where files go after the call.

#[cfg(feature = "object-storage")]
mod s3;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::shared_config::{SharedConfig, StorageConfig};
use crate::config::ConfigError;

/// Takes files.
pub(super) trait Bucket: Send + Sync + std::fmt::Debug {
    /// Puts a file under a key, in place of what is there. It is stored when the promise says so.
    fn put<'a>(&'a self, key: &'a str, content: Content) -> PutFuture<'a>;
}

/// What a bucket promises.
pub(super) type PutFuture<'a> = Pin<Box<dyn Future<Output = Result<(), PutError>> + Send + 'a>>;

/// What is put into a bucket.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "object-storage"),
    allow(dead_code, reason = "this build has no bucket")
)]
pub(super) struct Content {
    pub(super) file: tokio::fs::File,
    pub(super) bytes: u64,
    pub(super) media_type: &'static str,
}

/// Why a file is not stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(
    not(feature = "object-storage"),
    allow(dead_code, reason = "this build has no bucket")
)]
pub(super) enum PutError {
    /// The key, its rights, or the clock.
    #[error("{0}")]
    AccessKey(String),
    #[error("{0}")]
    NoBucket(String),
    #[error("{0}")]
    Unreachable(String),
    #[error("{code} (status {status})")]
    Refused { status: u16, code: String },
}

impl PutError {
    /// Whether it will be so for all files, until somebody changes something.
    pub(super) const fn is_lasting(&self) -> bool {
        matches!(self, Self::AccessKey(_) | Self::NoBucket(_))
    }

    /// Whether it may be about the file and not about the storage.
    pub(super) const fn is_of_file(&self) -> bool {
        matches!(self, Self::Refused { status, .. } if *status < 500 && *status != 408 && *status != 429)
    }
}

/// How files are uploaded.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    /// Where they wait.
    pub(super) folder: PathBuf,
    pub(super) prefix: String,
    pub(super) keep_local: bool,
    pub(super) at_once: usize,
    pub(super) timeout: Duration,
    pub(super) first_wait: Duration,
    pub(super) longest_wait: Duration,
}

/// Where files go, and how.
#[derive(Debug)]
pub(super) struct Storage {
    pub(super) bucket: Arc<dyn Bucket>,
    pub(super) terms: Terms,
}

/// The storage of a configuration, if there is one, without connecting to it.
///
/// # Errors
///
/// When a value is of no use, a secret cannot be had, or this build has no object storage.
pub(super) fn storage(
    shared: &SharedConfig,
    http: &reqwest::Client,
) -> Result<Option<Storage>, ConfigError> {
    let Some(config) = &shared.storage else {
        return Ok(None);
    };
    let wrong = |field: &str, problem: &str| {
        Err(ConfigError::new(format!("shared.storage.{field}"), problem))
    };
    let Some(folder) = shared.recordings.clone() else {
        return wrong(
            "bucket",
            "it needs a folder where files wait: set shared.recordings",
        );
    };
    if !(1..=MOST_AT_ONCE).contains(&config.at_once) {
        return wrong("at_once", "it must be 1 to 64");
    }
    let prefix = &config.prefix;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    if prefix.starts_with('/') || prefix.ends_with('/') || !prefix.bytes().all(is_plain) {
        return wrong(
            "prefix",
            "it must be letters, digits and any of - _ . /, without / at its ends, as in \"calls/berlin\"",
        );
    }
    let terms = Terms {
        folder,
        prefix: prefix.clone(),
        keep_local: config.keep_local,
        at_once: config.at_once,
        timeout: config.timeout.into(),
        first_wait: config.first_wait.duration().max(LEAST_WAIT),
        longest_wait: config.longest_wait.duration().max(LEAST_WAIT),
    };
    Ok(Some(Storage {
        bucket: connect(config, http)?,
        terms,
    }))
}

#[cfg(feature = "object-storage")]
fn connect(config: &StorageConfig, http: &reqwest::Client) -> Result<Arc<dyn Bucket>, ConfigError> {
    Ok(Arc::new(s3::S3::new(config, http)?))
}

#[cfg(not(feature = "object-storage"))]
fn connect(_: &StorageConfig, _: &reqwest::Client) -> Result<Arc<dyn Bucket>, ConfigError> {
    let problem = "this build has no object storage: build with the feature object-storage, or leave the section out";
    Err(ConfigError::new("shared.storage", problem))
}

const MOST_AT_ONCE: usize = 64;
/// So that an outage does not keep a core busy.
const LEAST_WAIT: Duration = Duration::from_millis(10);
