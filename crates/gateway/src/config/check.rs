//! What a configuration must hold as a whole.

use std::collections::BTreeSet;

use url::Url;

use super::{Config, ConfigError, Fallback};

/// Checks everything that a type alone does not say.
pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    check_origin("public_origin", &config.public_origin)?;
    if let Some(origin) = &config.node_origin {
        check_origin("node_origin", origin)?;
    }
    check_server(config)?;
    check_limits(config)?;
    check_carrier(config)?;
    check_fallback("fallback", &config.fallback)?;
    check_routes(config)?;
    let level = &config.log.level;
    if level.parse::<tracing::Level>().is_err() {
        let message = format!("`{level}` is no level: use error, warn, info, debug or trace");
        return Err(ConfigError::new("log.level", message));
    }
    if let Some(otlp) = &config.log.otlp {
        let error = |message: &str| Err(ConfigError::new("log.otlp", message));
        if cfg!(not(feature = "otel")) {
            return error(
                "this build sends no spans: build with the feature otel, or leave it out",
            );
        }
        if !is_http(otlp) {
            return error(
                "it must be an http or https URL, as in \"http://localhost:4318/v1/traces\"",
            );
        }
    }
    Ok(())
}

fn check_origin(key: &str, origin: &str) -> Result<(), ConfigError> {
    let error = |message: &str| Err(ConfigError::new(key, message));
    if origin.is_empty() {
        return error(
            "it is missing: give the public address, as in \"https://voice.example.com\"",
        );
    }
    let Ok(url) = Url::parse(origin) else {
        return error("it is no URL: write it as in \"https://voice.example.com\"");
    };
    if url.scheme() != "https" || url.host_str().is_none() {
        return error("it must begin with https://, since the carrier opens streams by TLS only");
    }
    if url.origin().ascii_serialization() != origin {
        return error("it must be scheme, host and port only, in lower case, without / at its end");
    }
    Ok(())
}

fn check_server(config: &Config) -> Result<(), ConfigError> {
    let server = &config.server;
    if server.certificate.is_some() != server.key.is_some() {
        let message = "certificate and key go together: give both, or none behind a proxy";
        return Err(ConfigError::new("server", message));
    }
    if server.connections == 0 {
        return Err(ConfigError::new(
            "server.connections",
            "it must be at least 1",
        ));
    }
    Ok(())
}

fn check_limits(config: &Config) -> Result<(), ConfigError> {
    let limits = &config.limits;
    let at_least: [(&str, usize, usize); 6] = [
        ("limits.calls", limits.calls, 1),
        ("limits.body", limits.body, 1024),
        ("limits.headers", limits.headers, 8 << 10),
        (
            "limits.requests_per_second",
            limits.requests_per_second as usize,
            1,
        ),
        ("limits.burst", limits.burst as usize, 1),
        ("limits.unclaimed_streams", limits.unclaimed_streams, 1),
    ];
    for (key, value, least) in at_least {
        if value < least {
            return Err(ConfigError::new(
                key,
                format_args!("it must be at least {least}"),
            ));
        }
    }
    Ok(())
}

fn check_carrier(config: &Config) -> Result<(), ConfigError> {
    let carrier = &config.carrier;
    if !is_http(&carrier.base_url) {
        let message = "it must be an http or https URL, as in \"https://api.twilio.com\"";
        return Err(ConfigError::new("carrier.base_url", message));
    }
    if carrier.verify_signatures && carrier.accounts.is_empty() {
        let message = "there is none: give the account's sid and auth_tokens, so that signatures can be checked";
        return Err(ConfigError::new("carrier.accounts", message));
    }
    let mut seen = BTreeSet::new();
    for (number, account) in carrier.accounts.iter().enumerate() {
        let place = format!("carrier.accounts[{number}]");
        let is_plain = account.sid.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if account.sid.is_empty() || !is_plain {
            return Err(ConfigError::new(
                place,
                "sid must be letters and digits, as in AC0123",
            ));
        }
        if account.auth_tokens.is_empty() && account.shared_keys.is_empty() {
            return Err(ConfigError::new(
                place,
                "it needs auth_tokens or shared_keys",
            ));
        }
        if !seen.insert(&account.sid) {
            let message = "this sid is there twice: put all its auth_tokens into one account";
            return Err(ConfigError::new(place, message));
        }
    }
    Ok(())
}

fn is_http(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn check_routes(config: &Config) -> Result<(), ConfigError> {
    if config.routes.is_empty() {
        let message = "there is none: add [[routes]] with agent = \"NAME\"";
        return Err(ConfigError::new("routes", message));
    }
    let mut seen = BTreeSet::new();
    for (number, route) in config.routes.iter().enumerate() {
        let place = format!("routes[{number}]");
        let error = |message: String| Err(ConfigError::new(&place, message));
        if !config.agents.contains_key(&route.agent) {
            let names: Vec<_> = config.agents.keys().map(String::as_str).collect();
            let names = names.join(", ");
            return error(format!(
                "there is no agent `{}`: the agents are: {names}",
                route.agent
            ));
        }
        if let Some(path) = &route.path {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            let tenant = route.tenant().unwrap_or_default();
            if tenant.is_empty() || !tenant.bytes().all(is_plain) {
                return error(format!("path {path:?} must be /voice/ and one word"));
            }
            if route.number.is_some() {
                return error("it has a number and a path: make two routes of it".to_owned());
            }
        }
        if !seen.insert((&route.path, &route.number, &route.account)) {
            return error("another route has the same number and path".to_owned());
        }
        if let Some(account) = &route.account
            && !config.carrier.accounts.iter().any(|it| it.sid == *account)
        {
            return error("its account is not among carrier.accounts".to_owned());
        }
        if let Some(fallback) = &route.fallback {
            check_fallback(&format!("{place}.fallback"), fallback)?;
        }
    }
    Ok(())
}

fn check_fallback(place: &str, fallback: &Fallback) -> Result<(), ConfigError> {
    if fallback.dial.is_some() && fallback.redirect.is_some() {
        return Err(ConfigError::new(
            place,
            "dial and redirect exclude each other: keep one",
        ));
    }
    if fallback.say.is_empty() && fallback.dial.is_none() && fallback.redirect.is_none() {
        let message =
            "it is empty: give say, dial or redirect, so that no caller hears a dead line";
        return Err(ConfigError::new(place, message));
    }
    Ok(())
}
