//! What all agents share, as configured.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::secret::Secret;
use crate::time_span::TimeSpan;

/// What all agents share: files, the store, limits of sockets.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SharedConfig {
    /// A PEM file with certificates that are trusted besides the usual ones.
    pub extra_roots: Option<PathBuf>,
    /// Where recordings go; none: nothing can be recorded. With `storage`, files wait here until they are uploaded.
    pub recordings: Option<PathBuf>,
    /// The file of call records, a JSON object a line; none: none are written.
    pub call_records: Option<PathBuf>,
    /// The file of transcripts, a JSON object a line. Personal.
    pub transcripts: Option<PathBuf>,
    /// Where recordings, records and transcripts go after the call; none: nowhere. Needs the feature `object-storage`.
    pub storage: Option<StorageConfig>,
    /// What other nodes need to go on with a call.
    pub store: StoreConfig,
    /// Limits of sockets.
    pub sockets: SocketConfig,
}

/// A service of models.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceConfig {
    /// Which, and so what proves who we are.
    pub kind: ServiceKind,
    /// The key of `developer` and `express`, or the token of `ephemeral`.
    pub key: Option<Secret>,
    /// For `vertex`: the project.
    pub project: Option<String>,
    /// For `vertex`: the region, `us`, `eu` or `global`.
    pub location: Option<String>,
    /// For `vertex`: where the OAuth token comes from, each time a connection is made.
    pub bearer: Option<BearerConfig>,
    /// `v1`, `v1beta` or `v1alpha`.
    pub version: Option<VersionConfig>,
    /// Another host, for a proxy or an emulated model.
    pub base_url: Option<String>,
    /// The project that is charged (`x-goog-user-project`).
    pub user_project: Option<String>,
    /// How many sessions the project may have at once; callers beyond that get the fallback. None: as many as calls.
    pub sessions: Option<usize>,
}

/// The kinds of services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// The Gemini Developer API with a key.
    Developer,
    /// The Gemini Developer API with an ephemeral token.
    Ephemeral,
    /// Vertex AI with a project and an OAuth token.
    Vertex,
    /// Vertex AI in express mode with a key.
    Express,
}

/// The versions of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionConfig {
    /// `v1`.
    V1,
    /// `v1beta`.
    V1beta,
    /// `v1alpha`.
    V1alpha,
}

/// Where an OAuth token comes from: exactly one of these.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BearerConfig {
    /// A token, or where it stands; a file is read again for each connection.
    Token(Secret),
    /// What a command prints, as in `["gcloud", "auth", "print-access-token"]`.
    Command(Vec<String>),
    /// The metadata server of a machine or a pod of Google's cloud, at this origin: `http://metadata.google.internal`.
    Metadata(String),
}

/// What other nodes need to go on with a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// A Redis server (`redis://host`); none: the memory of this process. Needs the feature `redis`.
    pub redis: Option<Secret>,
    /// How long a call is remembered after its last change. 10 min.
    pub time_to_live: TimeSpan,
    /// How many calls this process remembers at most. 10 000.
    pub most: usize,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            redis: None,
            time_to_live: Duration::from_secs(600).into(),
            most: 10_000,
        }
    }
}

/// Where the files of calls go after the call: a bucket at S3, or at what speaks its protocol.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageConfig {
    /// The bucket.
    pub bucket: String,
    /// The region that requests are signed for, as in `eu-central-1`.
    pub region: String,
    /// Another server than the region's of AWS, as in `https://minio.example.com:9000`.
    pub endpoint: Option<String>,
    /// Whether the bucket stands in the path (`https://host/bucket/key`) and not in the host. No.
    #[serde(default)]
    pub path_style: bool,
    /// What all keys begin with, without `/` at its ends. Nothing.
    #[serde(default)]
    pub prefix: String,
    /// The id of the access key. With a file it is read again, as the two others, each time that files are uploaded.
    pub access_key_id: Secret,
    /// The access key.
    pub secret_access_key: Secret,
    /// The token of a temporary access key.
    pub session_token: Option<Secret>,
    /// Whether files that were uploaded are kept, in the folder `uploaded` within `shared.recordings`. No.
    #[serde(default)]
    pub keep_local: bool,
    /// How many files are uploaded at once, 1 to 64. 4.
    #[serde(default = "at_once")]
    pub at_once: usize,
    /// How long one file may take. 5 min.
    #[serde(default = "five_minutes")]
    pub timeout: TimeSpan,
    /// How long to wait after a failure; twice as long after each further one. 1 s.
    #[serde(default = "a_second")]
    pub first_wait: TimeSpan,
    /// The longest wait after a failure. 5 min.
    #[serde(default = "five_minutes")]
    pub longest_wait: TimeSpan,
}

const fn at_once() -> usize {
    4
}

fn a_second() -> TimeSpan {
    Duration::from_secs(1).into()
}

fn five_minutes() -> TimeSpan {
    Duration::from_secs(300).into()
}

/// Limits of sockets.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SocketConfig {
    /// How long TCP, TLS and the handshake with a model may take together; and TCP and TLS with all others. 8 s.
    pub connect_timeout: TimeSpan,
    /// How long a peer may take no bytes before it counts as lost. 5 s.
    pub write_timeout: TimeSpan,
    /// How often the carrier is pinged. 20 s.
    pub ping_interval: TimeSpan,
    /// How long the carrier may say nothing, not even a pong, before it counts as lost. 60 s.
    pub longest_silence: TimeSpan,
}

impl Default for SocketConfig {
    fn default() -> Self {
        let seconds = |seconds| Duration::from_secs(seconds).into();
        Self {
            connect_timeout: seconds(8),
            write_timeout: seconds(5),
            ping_interval: seconds(20),
            longest_silence: seconds(60),
        }
    }
}
