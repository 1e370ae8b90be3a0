//! Whether a request comes from the carrier, for one of the configured accounts.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Uri, header};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use voice_call::twilio::signature::{self, Algorithm, Body, Key, Settings};

use crate::config::{Config, ConfigError, SharedKeyAlgorithm};
use crate::secret::Secret;

/// The keys of all accounts, and the token of those who may make calls.
pub(crate) struct Keys {
    /// `https://host`, as the carrier was told: of all processes, and of this one.
    origins: Vec<String>,
    is_checked: bool,
    accounts: BTreeMap<String, Account>,
    bearer: Option<SecretString>,
}

#[derive(Default)]
struct Account {
    /// The first auth token.
    rest: Option<SecretString>,
    tokens: Vec<Key>,
    shared: BTreeMap<String, Key>,
}

impl Keys {
    /// Reads all secrets of the carrier's side.
    ///
    /// # Errors
    ///
    /// When one of them cannot be had, by its key.
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let mut accounts = BTreeMap::new();
        for (number, account) in config.carrier.accounts.iter().enumerate() {
            let place = |key: &str| format!("carrier.accounts[{number}].{key}");
            let mut keys = Account::default();
            for token in &account.auth_tokens {
                let token = read(token, || place("auth_tokens"))?;
                keys.tokens
                    .push(Key::new(token.clone(), Algorithm::HmacSha1));
                keys.rest.get_or_insert(token);
            }
            for shared in &account.shared_keys {
                let algorithm = match shared.algorithm {
                    SharedKeyAlgorithm::HmacSha1 => Algorithm::HmacSha1,
                    SharedKeyAlgorithm::HmacSha256 => Algorithm::HmacSha256,
                };
                let secret = read(&shared.secret, || place("shared_keys"))?;
                keys.shared
                    .insert(shared.id.clone(), Key::new(secret, algorithm));
            }
            accounts.insert(account.sid.clone(), keys);
        }
        let bearer = config.outbound.token.as_ref();
        let bearer = bearer.map(|token| read(token, || "outbound.token".to_owned()));
        Ok(Self {
            origins: [&config.public_origin]
                .into_iter()
                .chain(&config.node_origin)
                .cloned()
                .collect(),
            is_checked: config.carrier.verify_signatures,
            accounts,
            bearer: bearer.transpose()?,
        })
    }

    /// Whether a request holds the bearer token of those who may make calls.
    pub(super) fn verify_bearer(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION);
        let given = given.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        self.bearer
            .as_ref()
            .zip(given)
            .is_some_and(|(right, given)| {
                right
                    .expose_secret()
                    .as_bytes()
                    .ct_eq(given.as_bytes())
                    .into()
            })
    }

    /// What proves to the carrier's REST interface that a request comes from an account.
    pub(super) fn rest(&self, account: &str) -> Option<&SecretString> {
        self.accounts.get(account)?.rest.as_ref()
    }

    /// Whether a form comes from an account.
    pub(super) fn verify_form(
        &self,
        account: &str,
        uri: &Uri,
        headers: &HeaderMap,
        pairs: &[(&str, &str)],
    ) -> bool {
        if !self.is_checked {
            return true;
        }
        let Some(account) = self.accounts.get(account) else {
            return false;
        };
        let mut urls = self
            .origins
            .iter()
            .map(|origin| format!("{origin}{}", path(uri)));
        urls.any(|url| account.verify(&url, headers, Body::Form(pairs)))
    }

    /// Whether the upgrade to a stream comes from any account: it does not say from which.
    pub(super) fn verify_upgrade(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        if !self.is_checked {
            return true;
        }
        let host = |origin: &String| origin.trim_start_matches("https").to_owned();
        let urls = self
            .origins
            .iter()
            .map(|origin| format!("wss{}{}", host(origin), path(uri)));
        urls.into_iter().any(|url| {
            let mut accounts = self.accounts.values();
            accounts.any(|account| account.verify(&url, headers, Body::None))
        })
    }
}

impl Account {
    fn verify(&self, url: &str, headers: &HeaderMap, body: Body<'_>) -> bool {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(given) = header(signature::HEADER) else {
            return false;
        };
        match headers.get(signature::SETTINGS_HEADER) {
            None => self.tokens.iter().any(|key| key.verify(url, body, given)),
            Some(settings) => settings
                .to_str()
                .ok()
                .and_then(Settings::parse)
                .and_then(|settings| {
                    let key = self.shared.get(&settings.key)?;
                    (key.algorithm() == settings.algorithm).then_some(key)
                })
                .is_some_and(|key| key.verify(url, body, given)),
        }
    }
}

fn read(secret: &Secret, place: impl FnOnce() -> String) -> Result<SecretString, ConfigError> {
    secret
        .read()
        .map_err(|error| ConfigError::new(place(), error))
}

fn path(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |path| path.as_str())
}
