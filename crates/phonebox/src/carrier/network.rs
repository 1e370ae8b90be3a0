//! The carrier's way to a bridge: signed requests and upgrades, over TLS or plain text.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use url::{Host, Url};
use voice_call::twilio::signature::{Algorithm, Body, HEADER, Key};

use super::twiml;

/// How the carrier reaches a bridge and proves who it is.
#[derive(Clone, Debug)]
pub struct NetworkOptions {
    /// With which requests are signed.
    pub auth_token: SecretString,
    /// The origin under which the bridge is known to the carrier, as in `https://bridge.example.com`. What goes there is
    /// signed for it, and sent to [`local_origin`](Self::local_origin) instead.
    pub public_origin: Option<Url>,
    /// Where the bridge really is, as in `http://127.0.0.1:8080`.
    pub local_origin: Option<Url>,
    /// Files of certificates that are trusted besides the public ones, in PEM.
    pub roots: Vec<PathBuf>,
    /// Whether `http` and `ws` are allowed elsewhere than on this machine.
    pub allows_plain: bool,
    /// How long a request or an upgrade may take. 15 s, as Twilio's webhooks.
    pub patience: Duration,
}

/// Why the network cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// A file of certificates cannot be read.
    #[error("{} holds no certificates that can be read: {source}", path.display())]
    Roots {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls::pki_types::pem::Error,
    },
    /// A certificate is not one.
    #[error("a trusted certificate is not valid: {0}")]
    Tls(#[from] rustls::Error),
    /// The client cannot be made.
    #[error("the HTTP client cannot be made: {0}")]
    Http(#[from] reqwest::Error),
}

/// A fault with Twilio's number for it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Warning {
    /// Twilio's number.
    pub code: u16,
    /// What happened.
    pub text: String,
}

/// A socket of either kind.
pub(crate) type Socket = WebSocketStream<Box<dyn Wire>>;

/// Bytes both ways.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Requests and upgrades by one account.
#[derive(Clone)]
pub(crate) struct Network {
    http: reqwest::Client,
    tls: TlsConnector,
    key: Key,
    options: Arc<NetworkOptions>,
}

impl Network {
    pub(crate) fn new(options: NetworkOptions) -> Result<Self, NetworkError> {
        let tls = client_config(&options.roots)?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .redirect(reqwest::redirect::Policy::none())
            .timeout(options.patience)
            .user_agent("TwilioProxy/1.1")
            .no_proxy()
            .build()?;
        let key = Key::new(options.auth_token.clone(), Algorithm::HmacSha1);
        Ok(Self {
            http,
            tls: TlsConnector::from(Arc::new(tls)),
            key,
            options: Arc::new(options),
        })
    }

    /// Asks a URL with a form, or by GET with the same in the query: the status and the text that came back.
    pub(crate) async fn ask(
        &self,
        url: &Url,
        is_get: bool,
        form: &[(String, String)],
    ) -> Result<(u16, String), Warning> {
        let mut url = url.clone();
        let (request, signature) = if is_get {
            url.query_pairs_mut().extend_pairs(form);
            let signature = self.key.sign(url.as_str(), Body::None);
            (self.http.get(self.reach(&url)), signature)
        } else {
            let pairs: Vec<_> = form
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let signature = self.key.sign(url.as_str(), Body::Form(&pairs));
            (self.http.post(self.reach(&url)).form(form), signature)
        };
        if url.scheme() != "https" && !self.may_be_plain(&url) {
            return Err(Warning::new(
                NO_RESPONSE,
                "the URL is not https; allow plain text to ask it",
            ));
        }
        // A URL may hold a phone number.
        let fault = |error: reqwest::Error| Warning::new(NO_RESPONSE, causes(&error.without_url()));
        let mut response = request
            .header(HEADER, signature)
            .send()
            .await
            .map_err(fault)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(fault)? {
            body.extend(&chunk);
            if body.len() > twiml::LONGEST {
                return Err(Warning::new(
                    TOO_LONG,
                    "the response is longer than a carrier reads",
                ));
            }
        }
        let text = String::from_utf8(body)
            .map_err(|_| Warning::new(NOT_TWIML, "the response is not UTF-8"))?;
        Ok((response.status().as_u16(), text))
    }

    /// Opens a stream's socket.
    pub(crate) async fn open(&self, url: &Url) -> Result<Socket, Warning> {
        timeout(self.options.patience, self.connect(url))
            .await
            .unwrap_or_else(|_| Err(Warning::new(31_901, format!("{url} does not answer"))))
    }

    /// The URL of a `<Stream>`, given where its document came from. Twilio strips a query.
    pub(crate) fn stream_url(&self, text: &str, base: Option<&Url>) -> Result<Url, Warning> {
        let malformed = |_| Warning::new(31_923, "the stream's URL is malformed");
        let mut url = match base {
            Some(base) => base.join(text).map_err(malformed)?,
            None => Url::parse(text).map_err(malformed)?,
        };
        let is_relative = Url::parse(text).is_err();
        if is_relative {
            let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
            url.set_scheme(scheme)
                .map_err(|()| Warning::new(31_923, "the stream's URL is malformed"))?;
        }
        url.set_query(None);
        let is_allowed = url.scheme() == "wss" || (url.scheme() == "ws" && self.may_be_plain(&url));
        if !is_allowed {
            return Err(Warning::new(
                31_922,
                format!("the stream's scheme is {}, not wss", url.scheme()),
            ));
        }
        Ok(url)
    }

    /// Where a URL is really sent to.
    fn reach(&self, url: &Url) -> Url {
        let (Some(public), Some(local)) = (&self.options.public_origin, &self.options.local_origin)
        else {
            return url.clone();
        };
        let is_there = url.host() == public.host()
            && url.port_or_known_default() == public.port_or_known_default();
        if !is_there {
            return url.clone();
        }
        let is_socket = matches!(url.scheme(), "ws" | "wss");
        let scheme = match (is_socket, matches!(local.scheme(), "https" | "wss")) {
            (true, true) => "wss",
            (true, false) => "ws",
            (false, true) => "https",
            (false, false) => "http",
        };
        let rest = &url[url::Position::BeforePath..];
        let host = &local[url::Position::BeforeHost..url::Position::AfterPort];
        Url::parse(&format!("{scheme}://{host}{rest}")).unwrap_or_else(|_| url.clone())
    }

    fn may_be_plain(&self, url: &Url) -> bool {
        self.options.allows_plain || is_loopback(url)
    }

    async fn connect(&self, url: &Url) -> Result<Socket, Warning> {
        let address = self.reach(url);
        let host = address
            .host_str()
            .unwrap_or_default()
            .trim_matches(['[', ']'])
            .to_owned();
        let port = address.port_or_known_default().unwrap_or(443);
        let stream = TcpStream::connect((host.as_str(), port)).await;
        let stream = stream.map_err(|error| Warning::new(31_902, format!("{address}: {error}")))?;
        let no_delay = stream.set_nodelay(true);
        no_delay.map_err(|error| Warning::new(31_902, error.to_string()))?;
        let wire: Box<dyn Wire> = if address.scheme() == "wss" {
            let fault = |text: String| Warning::new(31_910, text);
            let name = ServerName::try_from(host).map_err(|error| fault(error.to_string()))?;
            let stream = self.tls.connect(name, stream).await;
            Box::new(stream.map_err(|error: io::Error| fault(error.to_string()))?)
        } else {
            Box::new(stream)
        };
        let malformed = |text: String| Warning::new(31_923, text);
        let request = address.as_str().into_client_request();
        let mut request = request.map_err(|error| malformed(error.to_string()))?;
        let signature = self.key.sign(url.as_str(), Body::None);
        let signature = signature.parse().expect("base64 stands in a header");
        request.headers_mut().insert(HEADER, signature);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .max_message_size(Some(LONGEST_FRAME))
            .max_frame_size(Some(LONGEST_FRAME));
        let answer = tokio_tungstenite::client_async_with_config(request, wire, Some(config)).await;
        answer.map(|(socket, _)| socket).map_err(|error| {
            Warning::new(
                31_920,
                match error {
                    tungstenite::Error::Http(response) => {
                        format!("the upgrade was answered with {}", response.status())
                    }
                    error => error.to_string(),
                },
            )
        })
    }
}

impl Default for NetworkOptions {
    fn default() -> Self {
        Self {
            auth_token: SecretString::from("0123456789abcdef0123456789abcdef"),
            public_origin: None,
            local_origin: None,
            roots: Vec::new(),
            allows_plain: false,
            patience: Duration::from_secs(15),
        }
    }
}

impl Warning {
    pub(crate) fn new(code: u16, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }
}

fn client_config(roots: &[PathBuf]) -> Result<ClientConfig, NetworkError> {
    let mut store = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    for path in roots {
        let fault = |source| NetworkError::Roots {
            path: path.clone(),
            source,
        };
        for certificate in CertificateDer::pem_file_iter(path).map_err(fault)? {
            store.add(certificate.map_err(fault)?)?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(store).with_no_client_auth())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// An error with all that caused it, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// HTTP retrieval failure; document parse failure; response body too large.
const NO_RESPONSE: u16 = 11_200;
pub(crate) const NOT_TWIML: u16 = 12_100;
const TOO_LONG: u16 = 11_750;
/// Longer than what a line reads, so that the line says what is wrong.
const LONGEST_FRAME: usize = 4 << 20;
/// A message of 20 ms has 300 bytes, and hundreds of streams may be open.
const READ_BUFFER: usize = 4 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn network(public: &str, local: &str) -> Network {
        Network::new(NetworkOptions {
            public_origin: Some(public.parse().unwrap()),
            local_origin: Some(local.parse().unwrap()),
            ..NetworkOptions::default()
        })
        .unwrap()
    }

    #[test]
    fn the_public_origin_is_reached_where_the_bridge_is() {
        let network = network("https://bridge.example.com", "http://127.0.0.1:8080");
        let reach = |url: &str| network.reach(&url.parse().unwrap()).to_string();
        assert_eq!(
            reach("https://bridge.example.com/voice?a=1"),
            "http://127.0.0.1:8080/voice?a=1"
        );
        assert_eq!(
            reach("wss://bridge.example.com/media"),
            "ws://127.0.0.1:8080/media"
        );
        assert_eq!(
            reach("https://other.example.com/voice"),
            "https://other.example.com/voice"
        );
    }

    #[test]
    fn streams_have_wss_and_no_query() {
        let network = network("https://bridge.example.com", "http://127.0.0.1:8080");
        let base: Url = "https://bridge.example.com/voice".parse().unwrap();
        let url = |text| network.stream_url(text, Some(&base)).map(String::from);
        assert_eq!(url("/media?a=1").unwrap(), "wss://bridge.example.com/media");
        assert_eq!(
            url("wss://b.example.com/m").unwrap(),
            "wss://b.example.com/m"
        );
        assert_eq!(url("ws://127.0.0.1:9/m").unwrap(), "ws://127.0.0.1:9/m");
        assert_eq!(url("ws://b.example.com/m").unwrap_err().code, 31_922);
        assert_eq!(url("https://b.example.com/m").unwrap_err().code, 31_922);
        assert_eq!(url("wss://").unwrap_err().code, 31_923);
    }
}
