//! A certificate authority for tests: clients that are told to trust it can be served over TLS.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate authority of our own.
///
/// Its certificate is what clients must trust: `SSL_CERT_FILE` for Python, `NODE_EXTRA_CA_CERTS` for Node.
///
/// ```
/// use phonebox::tls::Authority;
///
/// let folder = tempfile::tempdir()?;
/// let authority = Authority::load_or_create(folder.path())?;
/// let again = Authority::load_or_create(folder.path())?;
/// assert_eq!(authority.pem(), again.pem());
/// let config = authority.server_config(&["model.test".to_owned()])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Authority {
    key: KeyPair,
    pem: String,
    file: Option<PathBuf>,
}

/// Why an authority cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("{}: {source}; choose another folder for the certificates", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A key, a name or a certificate makes no sense.
    #[error(
        "the certificate cannot be made: {0}; check the names, or delete ca.pem and ca-key.pem"
    )]
    Certificate(#[from] rcgen::Error),
    /// The key and the certificate do not make a server.
    #[error("TLS cannot be served: {0}")]
    Rustls(#[from] rustls::Error),
}

impl Authority {
    /// A new one that is kept in memory only.
    ///
    /// # Errors
    ///
    /// When the system has no random numbers.
    pub fn generate() -> Result<Self, TlsError> {
        let key = KeyPair::generate()?;
        let pem = parameters()?.self_signed(&key)?.pem();
        Ok(Self {
            key,
            pem,
            file: None,
        })
    }

    /// The one whose `ca.pem` and `ca-key.pem` are in a folder, or a new one that is written there.
    ///
    /// # Errors
    ///
    /// When the files cannot be read or written, or hold something else.
    pub fn load_or_create(folder: impl AsRef<Path>) -> Result<Self, TlsError> {
        let (certificate, key) = (
            folder.as_ref().join("ca.pem"),
            folder.as_ref().join("ca-key.pem"),
        );
        if certificate.exists() && key.exists() {
            let pem = fs::read_to_string(&certificate).map_err(at(&certificate))?;
            let key = KeyPair::from_pem(&fs::read_to_string(&key).map_err(at(&key))?)?;
            let file = Some(certificate);
            return Ok(Self { key, pem, file });
        }
        let mut authority = Self::generate()?;
        fs::create_dir_all(folder.as_ref()).map_err(at(folder.as_ref()))?;
        write_private(&key, &authority.key.serialize_pem()).map_err(at(&key))?;
        fs::write(&certificate, &authority.pem).map_err(at(&certificate))?;
        authority.file = Some(certificate);
        Ok(authority)
    }

    /// The certificate to trust, in PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The file of the certificate, if it has one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// What a server needs to be known by `localhost`, `127.0.0.1`, `::1` and these names or addresses.
    ///
    /// # Errors
    ///
    /// When a name is none.
    pub fn server_config(&self, names: &[String]) -> Result<Arc<ServerConfig>, TlsError> {
        let mut all = ["localhost", "127.0.0.1", "::1"]
            .map(str::to_owned)
            .to_vec();
        all.extend(
            names
                .iter()
                .filter(|name| !all.contains(name))
                .cloned()
                .collect::<Vec<_>>(),
        );
        let mut leaf = CertificateParams::new(all)?;
        leaf.distinguished_name
            .push(DnType::CommonName, "phone box");
        leaf.extended_key_usages
            .push(ExtendedKeyUsagePurpose::ServerAuth);
        leaf.use_authority_key_identifier_extension = true;
        let own = parameters()?;
        let (key, issuer) = (KeyPair::generate()?, Issuer::from_params(&own, &self.key));
        let certificate = leaf.signed_by(&key, &issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        Ok(Arc::new(config))
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Authority")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// The same each time, so that the stored key alone can sign.
fn parameters() -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters
        .distinguished_name
        .push(DnType::CommonName, "phone box test authority");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(parameters)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> TlsError {
    let path = path.to_owned();
    move |source| TlsError::File { path, source }
}

/// Only the owner may read it.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_none_and_folders_that_cannot_be() {
        let authority = Authority::generate().expect("made");
        assert!(authority.server_config(&["nä me".to_owned()]).is_err());
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("written");
        let error = Authority::load_or_create(file.join("below")).expect_err("no folder");
        assert!(error.to_string().contains("below"), "{error}");
        fs::write(folder.path().join("ca.pem"), "x").expect("written");
        fs::write(folder.path().join("ca-key.pem"), "x").expect("written");
        let error = Authority::load_or_create(folder.path()).expect_err("no key");
        assert!(error.to_string().contains("delete ca.pem"), "{error}");
    }
}
