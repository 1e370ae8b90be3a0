//! TLS at the gateway's own port.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use crate::config::ConfigError;

/// What ends TLS with a certificate and its key, both files of PEM.
pub(crate) fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, ConfigError> {
    let bad_chain = |error| {
        let message = format!(
            "{} holds no certificates in PEM: {error}",
            certificate.display()
        );
        ConfigError::new("server.certificate", message)
    };
    let chain = CertificateDer::pem_file_iter(certificate).map_err(bad_chain)?;
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(bad_chain)?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| {
        let message = format!("{} holds no private key in PEM: {error}", key.display());
        ConfigError::new("server.key", message)
    })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(chain, private)
        })
        .map_err(|error| {
            let message = format!("certificate and key do not work together: {error}");
            ConfigError::new("server.certificate", message)
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// What trusts the web's roots.
pub(crate) fn client() -> Result<ClientConfig, rustls::Error> {
    let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
