//! What the gateway is told: a TOML file, then the environment, then flags, all checked before anything binds.

mod check;
mod error;
mod layers;
mod sections;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::live::{AgentConfig, ServiceConfig, SharedConfig};

pub use error::ConfigError;
pub use sections::{
    Account, AdminConfig, Carrier, DrainConfig, Fallback, Limits, LogConfig, LogFormat, Outbound,
    Route, ServerConfig, SharedKey, SharedKeyAlgorithm,
};

/// Everything the gateway is told. `Display` writes it as TOML in which each secret is `"***"`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How the carrier reaches the gateway, as in `https://voice.example.com`: what signatures are checked against and
    /// streams are asked for. Never taken from a request.
    pub public_origin: String,
    /// How the carrier reaches this very process when several share the public origin, as in
    /// `https://voice-0.example.com`: its streams, and what is asked after them. The public origin if none.
    pub node_origin: Option<String>,
    /// Where calls come in.
    pub server: ServerConfig,
    /// Where operators look.
    pub admin: AdminConfig,
    /// What callers and strangers may use.
    pub limits: Limits,
    /// How the gateway leaves.
    pub drain: DrainConfig,
    /// What is logged.
    pub log: LogConfig,
    /// Whose calls are answered.
    pub carrier: Carrier,
    /// Calls that the gateway makes; none without a token.
    pub outbound: Outbound,
    /// What callers hear when no agent can take their call, where a route says nothing else.
    pub fallback: Fallback,
    /// Which agent answers which call.
    pub routes: Vec<Route>,
    /// Where models are, by the names that agents use.
    pub services: BTreeMap<String, ServiceConfig>,
    /// What all agents share: files, the store, limits of sockets.
    pub shared: SharedConfig,
    /// The agents by name.
    pub agents: BTreeMap<String, AgentConfig>,
}

impl Config {
    /// Reads a file, then variables whose names begin with `ASC_`, then flags of dotted keys, and checks the result.
    ///
    /// `ASC_SERVER__LISTEN` is the key `server.listen`. A value is read as TOML, or as a text if it is none.
    /// `ASC_CONFIG`, which names the file, is passed over.
    ///
    /// ```
    /// use voice_gateway::Config;
    ///
    /// let environment = [("ASC_SERVER__LISTN".to_owned(), "0.0.0.0:80".to_owned())];
    /// let error = Config::load(None, environment, &[]).unwrap_err();
    /// assert!(error.to_string().starts_with("ASC_SERVER__LISTN: unknown key `server.listn`: did you mean `listen`?"));
    /// ```
    ///
    /// # Errors
    ///
    /// Names the file and line, the variable or the flag, the key, and what is allowed there.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[(String, String)],
    ) -> Result<Self, ConfigError> {
        let config = layers::read(file, environment, flags)?;
        check::check(&config)?;
        Ok(config)
    }

    /// Where streams of this process go, and what is asked after them.
    #[must_use]
    pub fn own_origin(&self) -> &str {
        self.node_origin.as_deref().unwrap_or(&self.public_origin)
    }

    /// What callers of a route hear when no agent can take their call.
    #[must_use]
    pub fn fallback_of<'a>(&'a self, route: Option<&'a Route>) -> &'a Fallback {
        route
            .and_then(|route| route.fallback.as_ref())
            .unwrap_or(&self.fallback)
    }

    /// The route of a call: by its path if it has one of its own, else by the dialled number, else the default.
    #[must_use]
    pub fn route(&self, tenant: Option<&str>, number: &str, account: &str) -> Option<&Route> {
        let routes = self.routes.iter().filter(|route| {
            let owner = route.account.as_deref();
            owner.is_none_or(|owner| owner == account)
        });
        if let Some(tenant) = tenant {
            return routes
                .into_iter()
                .find(|route| route.tenant() == Some(tenant));
        }
        let mut default = None;
        for route in routes {
            match (&route.path, &route.number) {
                (None, Some(of_route)) if of_route == number => return Some(route),
                (None, None) => default = default.or(Some(route)),
                (None, Some(_)) | (Some(_), _) => {}
            }
        }
        default
    }
}

impl fmt::Display for Config {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = toml::to_string_pretty(self).map_err(|_| fmt::Error)?;
        formatter.write_str(&text)
    }
}
