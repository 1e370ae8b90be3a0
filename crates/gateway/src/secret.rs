//! Secrets in a configuration.

use std::fmt;
use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

/// Where a secret stands: its value, `env:NAME`, or `file:PATH`. The value never shows.
///
/// ```
/// use secrecy::ExposeSecret as _;
/// use voice_gateway::Secret;
///
/// let secret = Secret::from("hunter2".to_owned());
/// assert_eq!(secret.read()?.expose_secret(), "hunter2");
/// assert_eq!(format!("{secret:?}"), "***");
/// assert_eq!(Secret::from("env:GEMINI_API_KEY".to_owned()).to_string(), "env:GEMINI_API_KEY");
/// # Ok::<(), voice_gateway::SecretError>(())
/// ```
#[derive(Clone)]
pub struct Secret(Place);

#[derive(Clone)]
enum Place {
    Here(SecretString),
    Environment(String),
    File(PathBuf),
}

/// Why a secret cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// A variable is not set.
    #[error("the environment variable {0} is not set: set it, or name another")]
    Environment(String),
    /// A file cannot be read.
    #[error("the secret's file {} cannot be read ({}): check its path and its permissions", path.display(), source.kind())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Nothing is in it.
    #[error("{0} holds no secret: it is empty; leave the key out, or give a value")]
    Empty(String),
}

impl Secret {
    /// The secret as it is now, without white space around it: a file is read again each time.
    ///
    /// # Errors
    ///
    /// When the variable or the file is not there, or the secret is empty.
    pub fn read(&self) -> Result<SecretString, SecretError> {
        let text = match &self.0 {
            Place::Here(secret) => secret.expose_secret().to_owned(),
            Place::Environment(name) => {
                std::env::var(name).map_err(|_| SecretError::Environment(name.clone()))?
            }
            Place::File(path) => {
                std::fs::read_to_string(path).map_err(|source| SecretError::File {
                    path: path.clone(),
                    source,
                })?
            }
        };
        match text.trim() {
            "" => Err(SecretError::Empty(self.to_string())),
            secret => Ok(secret.into()),
        }
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(if let Some(name) = text.strip_prefix("env:") {
            Place::Environment(name.to_owned())
        } else if let Some(path) = text.strip_prefix("file:") {
            Place::File(path.into())
        } else {
            Place::Here(text.into())
        })
    }
}

/// Where it stands, or `***`.
impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Here(_) => f.write_str("***"),
            Place::Environment(name) => write!(f, "env:{name}"),
            Place::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}
