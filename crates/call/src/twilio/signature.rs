//! The signature by which a webhook or a stream's upgrade proves that it comes from Twilio.
//!
//! The text that is signed is the full URL as Twilio was told it, followed by a form's parameters: names in byte order,
//! each with its value, nothing between, repeated values once. The key is the account's auth token, or with a shared
//! key (see [`Settings`]) that key's secret. A body that is no form is bound by its SHA-256 in the URL.
//!
//! A signature stops strangers, not replay: put a one-time secret into a stream's parameters as well.
//!
//! ```
//! use voice_call::twilio::signature::{Body, Key};
//!
//! let key = Key::sha1("0123456789abcdef0123456789abcdef");
//! let url = "wss://bridge.example.com/media"; // from the configuration, not from the request
//! assert!(key.verify(url, Body::None, "Qpzl6q5jZ70q4PJ9t9TfCYrZVgI="));
//! assert!(!key.verify(url, Body::None, "ZxA5Ah6jgRARDMdoHlkV6QZT8oM="));
//! ```

use std::borrow::Cow;
use std::collections::BTreeSet;

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret as _, SecretString};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::base64::{decode_append, encode_append};

/// The request's header that holds the signature. Names of headers have no case.
pub const HEADER: &str = "X-Twilio-Signature";

/// The request's header that says which shared key signed it. Without it, the account's auth token did.
pub const SETTINGS_HEADER: &str = "X-Twilio-Webhooks-Signature-Settings";

/// A secret that signs, and how. `Debug` does not show the secret.
#[derive(Clone, Debug)]
pub struct Key {
    secret: SecretString,
    algorithm: Algorithm,
}

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// HMAC with SHA-1: the account's auth token, and shared keys that ask for it.
    HmacSha1,
    /// HMAC with SHA-256: shared keys.
    HmacSha256,
}

/// What a request carries besides its URL.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// Nothing: a GET, or the upgrade to a WebSocket.
    None,
    /// A form's decoded names and values, in any order.
    Form(&'a [(&'a str, &'a str)]),
    /// Bytes of any other type, whose SHA-256 stands in the URL's query as `bodySHA256`.
    Other(&'a [u8]),
}

/// What the header [`SETTINGS_HEADER`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Which shared key signed.
    pub key: String,
    /// How it signed.
    pub algorithm: Algorithm,
}

impl Key {
    /// The account's auth token, or a shared key of HMAC-SHA1.
    pub fn sha1(secret: impl Into<String>) -> Self {
        Self::new(SecretString::from(secret.into()), Algorithm::HmacSha1)
    }

    /// A shared key of HMAC-SHA256.
    pub fn sha256(secret: impl Into<String>) -> Self {
        Self::new(SecretString::from(secret.into()), Algorithm::HmacSha256)
    }

    /// A key of either kind.
    #[must_use]
    pub const fn new(secret: SecretString, algorithm: Algorithm) -> Self {
        Self { secret, algorithm }
    }

    /// How it signs.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Signs a request, as an emulated carrier does. The URL is signed as it stands; for [`Body::Other`] it must hold
    /// the hash already ([`with_body_hash`]).
    #[must_use]
    pub fn sign(&self, url: &str, body: Body<'_>) -> String {
        let mut text = String::new();
        match self.algorithm {
            Algorithm::HmacSha1 => {
                encode_append(&self.sha1_mac(url, body).finalize().into_bytes(), &mut text);
            }
            Algorithm::HmacSha256 => {
                encode_append(
                    &self.sha256_mac(url, body).finalize().into_bytes(),
                    &mut text,
                );
            }
        }
        text
    }

    /// Whether a signature is this key's for a request. Takes the same time for every wrong signature.
    ///
    /// Tries the URL as given, without a port, and with the scheme's own port, since Twilio is not consistent about
    /// it; for `wss` also with 80, which the SDKs take for its port.
    #[must_use]
    pub fn verify(&self, url: &str, body: Body<'_>, signature: &str) -> bool {
        if let Body::Other(bytes) = body
            && !body_hash_matches(url, bytes)
        {
            return false;
        }
        let mut given = Vec::new();
        if decode_append(signature, &mut given).is_err() {
            return false;
        }
        let mut matches = false;
        for url in variants(url) {
            matches |= match self.algorithm {
                Algorithm::HmacSha1 => self.sha1_mac(&url, body).verify_slice(&given).is_ok(),
                Algorithm::HmacSha256 => self.sha256_mac(&url, body).verify_slice(&given).is_ok(),
            };
        }
        matches
    }

    fn sha1_mac(&self, url: &str, body: Body<'_>) -> Hmac<Sha1> {
        let key = self.secret.expose_secret().as_bytes();
        let mac = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
        feed(mac, url, body)
    }

    fn sha256_mac(&self, url: &str, body: Body<'_>) -> Hmac<Sha256> {
        let key = self.secret.expose_secret().as_bytes();
        let mac = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
        feed(mac, url, body)
    }
}

impl Settings {
    /// Reads the header's value, `key=<id>,algorithm=HMAC_SHA256`; none for an unknown algorithm or without a key.
    ///
    /// ```
    /// use voice_call::twilio::signature::{Algorithm, Settings};
    ///
    /// let settings = Settings::parse("key=k7,algorithm=HMAC_SHA256").expect("a shared key");
    /// assert_eq!(settings.key, "k7");
    /// assert_eq!(settings.algorithm, Algorithm::HmacSha256);
    /// ```
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let field = |wanted: &str| {
            let mut fields = header
                .split(',')
                .filter_map(|field| field.trim().split_once('='));
            fields.find_map(|(name, value)| (name == wanted).then_some(value))
        };
        let algorithm = match field("algorithm")? {
            "HMAC_SHA1" => Algorithm::HmacSha1,
            "HMAC_SHA256" => Algorithm::HmacSha256,
            _ => return None,
        };
        let key = field("key").filter(|key| !key.is_empty())?;
        Some(Self {
            key: key.to_owned(),
            algorithm,
        })
    }
}

/// A URL with the hash of a body that is no form, ready to be signed and requested.
///
/// ```
/// use voice_call::twilio::signature::with_body_hash;
///
/// assert!(with_body_hash("https://a.example/b?c=1", b"{}").starts_with("https://a.example/b?c=1&bodySHA256=44136f"));
/// ```
#[must_use]
pub fn with_body_hash(url: &str, body: &[u8]) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}bodySHA256={:x}", Sha256::digest(body))
}

/// The URL, then each distinct pair of a form in byte order of names and values.
fn feed<M: Mac>(mut mac: M, url: &str, body: Body<'_>) -> M {
    mac.update(url.as_bytes());
    if let Body::Form(pairs) = body {
        let pairs: BTreeSet<_> = pairs.iter().collect();
        for (name, value) in pairs {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
    }
    mac
}

/// Whether the query's `bodySHA256` is the body's. The hash is public, so that its comparison may take any time.
fn body_hash_matches(url: &str, body: &[u8]) -> bool {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let hash = pairs.find_map(|(name, value)| (name == "bodySHA256").then_some(value));
    hash.is_some_and(|hash| hash.eq_ignore_ascii_case(&format!("{:x}", Sha256::digest(body))))
}

/// The URL as given, without a port, and with the port of its scheme.
fn variants(url: &str) -> Vec<Cow<'_, str>> {
    let mut variants = vec![Cow::Borrowed(url)];
    let Some((scheme, rest)) = url.split_once("://") else {
        return variants;
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    // A colon before the last bracket is part of an IPv6 address, one before an @ of a password.
    let host_start = authority.rfind([']', '@']).map_or(0, |at| at + 1);
    let port = authority[host_start..].rfind(':').map(|at| host_start + at);
    let host = &authority[..port.unwrap_or(authority.len())];
    variants.push(Cow::Owned(format!("{scheme}://{host}{path}")));
    let ports: &[u16] = match scheme {
        "https" => &[443],
        "wss" => &[443, 80],
        _ => &[80],
    };
    for port in ports {
        variants.push(Cow::Owned(format!("{scheme}://{host}:{port}{path}")));
    }
    variants
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
