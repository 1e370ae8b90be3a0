//! Where models are, and what proves to them who we are.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use voice_call::gemini::{Endpoint, Version};

use super::connect::Place;
use super::credential::CredentialSource;
use super::shared_config::{BearerConfig, ServiceConfig, ServiceKind, SharedConfig, VersionConfig};
use crate::config::ConfigError;

/// The configured services, with what connects to them and to tools. Made without touching a file or a network but for
/// certificates and secrets that are read.
#[derive(Debug)]
pub(super) struct Services {
    services: BTreeMap<String, ServiceConfig>,
    pub(super) http: reqwest::Client,
    tls: Arc<rustls::ClientConfig>,
    connect_timeout: Duration,
}

impl Services {
    pub(super) fn new(
        config: &SharedConfig,
        services: &BTreeMap<String, ServiceConfig>,
    ) -> Result<Self, ConfigError> {
        let tls = Arc::new(tls(config.extra_roots.as_deref())?);
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured((*tls).clone())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(config.sockets.connect_timeout.into())
            .build()
            .map_err(|error| ConfigError::new(EXTRA_ROOTS, error))?;
        Ok(Self {
            services: services.clone(),
            http,
            tls,
            connect_timeout: config.sockets.connect_timeout.into(),
        })
    }

    /// The service of an agent, by its name or as the only one.
    pub(super) fn service(
        &self,
        name: Option<&str>,
        key: &str,
    ) -> Result<(String, Place), ConfigError> {
        let services = &self.services;
        let error = |problem: String| ConfigError::new(format!("{key}.service"), problem);
        let names = || {
            services
                .keys()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (name, config) = match name {
            Some(name) => services.get_key_value(name).ok_or_else(|| {
                error(format!(
                    "it is {name}, which is none of the services: {}",
                    names()
                ))
            })?,
            None if services.len() == 1 => {
                services.iter().next().ok_or_else(|| error(String::new()))?
            }
            None => {
                return Err(error(format!(
                    "it must name one of the services: {}",
                    names()
                )));
            }
        };
        Ok((name.clone(), self.place(name, config)?))
    }

    fn place(&self, name: &str, config: &ServiceConfig) -> Result<Place, ConfigError> {
        let key = |field: &str| format!("services.{name}.{field}");
        let missing = |field: &str| ConfigError::new(key(field), "it is missing");
        let secret = || {
            let secret = config.key.clone().ok_or_else(|| missing("key"))?;
            secret
                .read()
                .map_err(|error| ConfigError::new(key("key"), error.to_string()))?;
            Ok::<_, ConfigError>(CredentialSource::Secret(secret))
        };
        // The credential is set when connecting.
        let (endpoint, credential) = match config.kind {
            ServiceKind::Developer => (Endpoint::developer(""), secret()?),
            ServiceKind::Ephemeral => (Endpoint::ephemeral(""), secret()?),
            ServiceKind::Express => (Endpoint::vertex_express(""), secret()?),
            ServiceKind::Vertex => {
                let project = config
                    .project
                    .as_deref()
                    .ok_or_else(|| missing("project"))?;
                let location = config
                    .location
                    .as_deref()
                    .ok_or_else(|| missing("location"))?;
                let endpoint = Endpoint::vertex(project, location, "")
                    .map_err(|error| ConfigError::new(key("project"), error.to_string()))?;
                (
                    endpoint,
                    self.bearer(
                        config.bearer.as_ref().ok_or_else(|| missing("bearer"))?,
                        &key("bearer"),
                    )?,
                )
            }
        };
        let mut endpoint = endpoint;
        if let Some(version) = config.version {
            let version = match version {
                VersionConfig::V1 => Version::V1,
                VersionConfig::V1beta => Version::V1Beta,
                VersionConfig::V1alpha => Version::V1Alpha,
            };
            let versioned = endpoint.with_version(version);
            endpoint =
                versioned.map_err(|error| ConfigError::new(key("version"), error.to_string()))?;
        }
        if let Some(url) = &config.base_url {
            let based = endpoint.with_base_url(url);
            endpoint =
                based.map_err(|error| ConfigError::new(key("base_url"), error.to_string()))?;
        }
        if let Some(project) = &config.user_project {
            endpoint = endpoint.with_user_project(project);
        }
        Ok(Place {
            endpoint,
            credential,
            tls: Arc::clone(&self.tls),
            timeout: self.connect_timeout,
        })
    }

    fn bearer(&self, config: &BearerConfig, key: &str) -> Result<CredentialSource, ConfigError> {
        Ok(match config {
            BearerConfig::Token(secret) => {
                secret
                    .read()
                    .map_err(|error| ConfigError::new(key, error.to_string()))?;
                CredentialSource::Secret(secret.clone())
            }
            BearerConfig::Command(words) if words.is_empty() => {
                return Err(ConfigError::new(key, "it has a command without a word"));
            }
            BearerConfig::Command(words) => CredentialSource::Command(words.clone()),
            BearerConfig::Metadata(origin) => CredentialSource::Metadata {
                origin: origin.clone(),
                http: self.http.clone(),
            },
        })
    }
}

fn tls(extra: Option<&Path>) -> Result<rustls::ClientConfig, ConfigError> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(path) = extra {
        let wrong = |error: String| {
            ConfigError::new(EXTRA_ROOTS, format!("it names {}: {error}", path.display()))
        };
        let certificates =
            CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?;
        let before = roots.len();
        for certificate in certificates {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| wrong(error.to_string()))?;
        }
        if roots.len() == before {
            return Err(wrong("no certificate is in it".to_owned()));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ConfigError::new(EXTRA_ROOTS, error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

const EXTRA_ROOTS: &str = "shared.extra_roots";
