//! The parts of a configuration, with their defaults.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::secret::Secret;
use crate::time_span::TimeSpan;

/// Where calls come in.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// The address and port for the carrier's requests. `0.0.0.0:8080`.
    pub listen: SocketAddr,
    /// A file with the certificate chain in PEM, to end TLS here. None behind a proxy that does.
    pub certificate: Option<PathBuf>,
    /// A file with the certificate's private key in PEM.
    pub key: Option<PathBuf>,
    /// The most connections at once that are not streams yet. 1024.
    pub connections: usize,
    /// How long a TLS handshake may take. 10 s.
    pub handshake_timeout: TimeSpan,
    /// How long a request's headers may take, and a connection may be idle. 10 s.
    pub header_timeout: TimeSpan,
    /// How long a request's body may take. 10 s.
    pub body_timeout: TimeSpan,
    /// How long a connection that is no stream may live. 10 min.
    pub connection_timeout: TimeSpan,
    /// Proxies whose `X-Forwarded-For` is believed, for the limits per address only.
    pub trusted_proxies: Vec<IpAddr>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 8080)),
            certificate: None,
            key: None,
            connections: 1024,
            handshake_timeout: TimeSpan::from_secs(10),
            header_timeout: TimeSpan::from_secs(10),
            body_timeout: TimeSpan::from_secs(10),
            connection_timeout: TimeSpan::from_secs(600),
            trusted_proxies: Vec::new(),
        }
    }
}

/// Where operators look: `/live`, `/ready`, `/metrics`, `/calls`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdminConfig {
    /// The address and port. `127.0.0.1:9090`: whoever reaches it sees which calls are on.
    pub listen: SocketAddr,
}

impl Default for AdminConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 9090)),
        }
    }
}

/// What callers and strangers may use.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The most calls at once; others hear the fallback. 300.
    pub calls: usize,
    /// The longest body of a request, in bytes. 64 KiB.
    pub body: usize,
    /// The longest headers of a request, in bytes, at least 8 KiB. 16 KiB.
    pub headers: usize,
    /// How many requests an address may send each second. 50.
    pub requests_per_second: u32,
    /// How many requests an address may send at once. 200.
    pub burst: u32,
    /// How long a stream's one-time token is good for. 60 s.
    pub token_lifetime: TimeSpan,
    /// How long a stream may take to say `start`. 10 s.
    pub start_timeout: TimeSpan,
    /// The most streams at once that have not said `start` yet. 256.
    pub unclaimed_streams: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls: 300,
            body: 64 << 10,
            headers: 16 << 10,
            requests_per_second: 50,
            burst: 200,
            token_lifetime: TimeSpan::from_secs(60),
            start_timeout: TimeSpan::from_secs(10),
            unclaimed_streams: 256,
        }
    }
}

/// How the gateway leaves when it is told to.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct DrainConfig {
    /// How long calls may go on before they are handed over to other nodes, if these share a store, or ended; and
    /// uploads after them. 10 min.
    pub grace: TimeSpan,
    /// How long the carrier may still ask what ended callers shall hear. 3 s.
    pub linger: TimeSpan,
}

impl Default for DrainConfig {
    fn default() -> Self {
        Self {
            grace: TimeSpan::from_secs(600),
            linger: TimeSpan::from_secs(3),
        }
    }
}

/// What is logged, to standard error.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Lines of JSON or of text. `json`.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug` or `trace`. `info`.
    pub level: String,
    /// Where a collector of OpenTelemetry takes spans by HTTP, as in `http://localhost:4318/v1/traces`. Needs the feature
    /// `otel`.
    pub otlp: Option<String>,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            format: LogFormat::Json,
            level: "info".to_owned(),
            otlp: None,
        }
    }
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One object a line, for machines.
    Json,
    /// For people.
    Text,
}

/// Whose calls are answered.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Carrier {
    /// Whether requests without a good signature are refused. Yes; without it, everybody can use the agents.
    pub verify_signatures: bool,
    /// Where the carrier's REST interface is. `https://api.twilio.com`.
    pub base_url: String,
    /// The accounts whose calls are answered.
    pub accounts: Vec<Account>,
}

impl Default for Carrier {
    fn default() -> Self {
        Self {
            verify_signatures: true,
            base_url: "https://api.twilio.com".to_owned(),
            accounts: Vec::new(),
        }
    }
}

/// An account at the carrier.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The account's id, as in `AC0123…`.
    pub sid: String,
    /// The auth tokens that sign its requests: one, or two while they are rotated. The first one is used for REST.
    #[serde(default)]
    pub auth_tokens: Vec<Secret>,
    /// Shared keys that sign its requests.
    #[serde(default)]
    pub shared_keys: Vec<SharedKey>,
}

/// A key of its own for signatures.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SharedKey {
    /// The id that a signed request names.
    pub id: String,
    /// The key.
    pub secret: Secret,
    /// How it signs. `HMAC_SHA256`.
    #[serde(default)]
    pub algorithm: SharedKeyAlgorithm,
}

/// How a shared key signs.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub enum SharedKeyAlgorithm {
    /// HMAC with SHA-1.
    #[serde(rename = "HMAC_SHA1")]
    HmacSha1,
    /// HMAC with SHA-256.
    #[default]
    #[serde(rename = "HMAC_SHA256")]
    HmacSha256,
}

/// Calls that the gateway makes.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Outbound {
    /// The bearer token of `POST /calls`; without one there is no such route.
    pub token: Option<Secret>,
    /// How long the other end may take to answer before the call is forgotten. 2 min.
    pub answer_timeout: TimeSpan,
    /// How long the carrier's REST interface may take. 10 s.
    pub rest_timeout: TimeSpan,
}

impl Default for Outbound {
    fn default() -> Self {
        Self {
            token: None,
            answer_timeout: TimeSpan::from_secs(120),
            rest_timeout: TimeSpan::from_secs(10),
        }
    }
}

/// What a caller hears when no agent can take the call: a sentence, then another number or other TwiML, or the end.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Fallback {
    /// The sentence. "All lines are busy. Please call again later."; none if empty.
    pub say: String,
    /// The carrier's voice for the sentence; its default if none.
    pub voice: Option<String>,
    /// The sentence's language, as in `en-US`; the carrier's default if none.
    pub language: Option<String>,
    /// A number in E.164 to put the caller through to.
    pub dial: Option<String>,
    /// A URL with TwiML to go on with.
    pub redirect: Option<String>,
}

impl Default for Fallback {
    fn default() -> Self {
        Self {
            say: "All lines are busy. Please call again later.".to_owned(),
            voice: None,
            language: None,
            dial: None,
            redirect: None,
        }
    }
}

/// Which agent answers which call.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The dialled number in E.164. A route with neither number nor path takes all other calls.
    pub number: Option<String>,
    /// A webhook's path of its own, as in `/voice/bakery`.
    pub path: Option<String>,
    /// The only account that may use the route; any if none.
    pub account: Option<String>,
    /// The agent's name.
    pub agent: String,
    /// What callers hear when the agent cannot take the call; else the gateway's fallback.
    pub fallback: Option<Fallback>,
}

impl Route {
    /// The last part of its path.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.path.as_deref()?.strip_prefix("/voice/")
    }
}
