//! The connection to a model.

use std::sync::Arc;
use std::time::Duration;

use futures_util::SinkExt as _;
use rustls::pki_types::ServerName;
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use url::Url;
use voice_call::gemini::{Close, Endpoint, LONGEST_MESSAGE};

use super::credential::CredentialSource;

/// Where a model is, and how to get there.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) endpoint: Endpoint,
    pub(super) credential: CredentialSource,
    pub(super) tls: Arc<rustls::ClientConfig>,
    pub(super) timeout: Duration,
}

/// A plain socket, or one under TLS.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

pub(super) type ModelSocket = WebSocketStream<Box<dyn Io>>;

impl Place {
    /// Connects with a fresh credential. What goes wrong is told as the close that a session understands.
    pub(super) async fn connect(self) -> Result<ModelSocket, Close> {
        let limited = tokio::time::timeout(self.timeout, self.open()).await;
        limited.unwrap_or_else(|_| Err(Close::new(NO_CONNECTION, "no connection in time")))
    }

    async fn open(&self) -> Result<ModelSocket, Close> {
        let credential = self.credential.obtain().await;
        let credential = credential.map_err(|error| Close::new(TRY_LATER, &error.to_string()))?;
        let endpoint = self.endpoint.clone().with_token(credential);
        let url = endpoint.url();
        let refused = |error: Error| Close::new(PROTOCOL, &error.to_string());
        let mut request = url.as_str().into_client_request().map_err(refused)?;
        for header in endpoint.headers() {
            let mut value = HeaderValue::from_str(header.value.expose_secret()).map_err(|_| {
                Close::new(POLICY, "the credential has letters that no header takes")
            })?;
            value.set_sensitive(true);
            request.headers_mut().insert(header.name, value);
        }
        let stream = self.reach(&url).await?;
        match tokio_tungstenite::client_async_with_config(request, stream, Some(buffers())).await {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(answer)) => Err(Close::from_http(answer.status().as_u16())),
            Err(error) => Err(Close::new(NO_CONNECTION, &error.to_string())),
        }
    }

    async fn reach(&self, url: &str) -> Result<Box<dyn Io>, Close> {
        let url = Url::parse(url).map_err(|error| Close::new(PROTOCOL, &error.to_string()))?;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let is_plain = url.scheme() == "ws";
        let port = url.port().unwrap_or(if is_plain { 80 } else { 443 });
        let failed = |error: std::io::Error| Close::new(NO_CONNECTION, &error.to_string());
        let stream = dial(host, port).await.map_err(failed)?;
        if is_plain {
            return Ok(Box::new(stream));
        }
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| Close::new(PROTOCOL, &error.to_string()))?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        let stream = connector.connect(name, stream).await;
        let stream = stream.map_err(|error| Close::new(TLS, &error.to_string()))?;
        Ok(Box::new(stream))
    }
}

/// The first address that answers.
async fn dial(host: &str, port: u16) -> std::io::Result<TcpStream> {
    let mut last = std::io::Error::other("the host has no address");
    for address in tokio::net::lookup_host((host, port)).await? {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        }?;
        // So that a peer which reads no more is found out in seconds: what waits in the kernel is not seen from here.
        socket.set_send_buffer_size(SEND_BUFFER)?;
        match socket.connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Says good-bye, without waiting for an answer: what comes next on another connection comes later anyway.
pub(super) async fn leave(mut socket: ModelSocket) {
    let closed = async {
        // An error says that the peer closed first; its socket is shut all the same.
        let _: Result<(), Error> = socket.send(Message::Close(None)).await;
        socket.get_mut().shutdown().await
    };
    let _: Result<_, _> = tokio::time::timeout(GOOD_BYE, closed).await;
}

/// Small: a call has two sockets, and there are hundreds of calls. What is read at once is less than a message of sound has: the buffer doubles
/// when more than a message waits behind the one that was taken, and never shrinks.
fn buffers() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(2 << 10)
        .write_buffer_size(4 << 10)
        .max_write_buffer_size(LONGEST_MESSAGE)
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE))
}

const SEND_BUFFER: u32 = 64 << 10;
const GOOD_BYE: Duration = Duration::from_millis(250);
/// RFC 6455, 7.4.1, and the registry that it founds.
const PROTOCOL: u16 = 1_002;
const NO_CONNECTION: u16 = 1_006;
const POLICY: u16 = 1_008;
const TRY_LATER: u16 = 1_013;
const TLS: u16 = 1_015;
