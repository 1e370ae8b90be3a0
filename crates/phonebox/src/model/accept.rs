//! Connections to a model: accepted with and without TLS up to a limit, and let in by their handshake.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use voice_call::gemini::{Close, LONGEST_MESSAGE, Surface};

use super::http;
use super::server::{ServerError, ServerOptions};

/// Where a model is served; nobody is accepted yet.
pub(crate) struct Listeners {
    plain: Option<TcpListener>,
    tls: Option<TcpListener>,
    acceptor: Option<TlsAcceptor>,
    places: Arc<Semaphore>,
    key: Option<String>,
}

/// What runs at a server, and how it is ended.
#[derive(Debug, Default)]
pub(crate) struct Running {
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

/// Talks to the clients that are let in.
pub(crate) trait Host: Send + Sync + 'static {
    fn running(&self) -> &Running;

    /// Talks WebSocket to a client, to the end.
    fn talk<S>(&self, stream: S, surface: Surface) -> impl Future<Output = ()> + Send
    where
        S: AsyncRead + AsyncWrite + Unpin + Send;
}

impl Listeners {
    /// Listens where the options say.
    pub(crate) async fn bind(options: &ServerOptions) -> Result<Self, ServerError> {
        let acceptor = match (&options.tls, &options.authority) {
            (Some(_), Some(authority)) => {
                Some(TlsAcceptor::from(authority.server_config(&options.names)?))
            }
            (Some(_), None) => return Err(ServerError::Options),
            (None, _) if options.plain.is_none() => return Err(ServerError::Options),
            (None, _) => None,
        };
        Ok(Self {
            plain: listen(options.plain).await?,
            tls: listen(options.tls).await?,
            acceptor,
            places: Arc::new(Semaphore::new(options.connections)),
            key: options.key.clone(),
        })
    }

    /// Where it listens without TLS.
    pub(crate) fn plain_addr(&self) -> Option<SocketAddr> {
        self.plain.as_ref()?.local_addr().ok()
    }

    /// Where it listens with TLS.
    pub(crate) fn tls_addr(&self) -> Option<SocketAddr> {
        self.tls.as_ref()?.local_addr().ok()
    }

    /// Accepts clients until the host is told to stop.
    pub(crate) fn serve(self, host: &Arc<impl Host>) {
        let key: Arc<Option<String>> = Arc::new(self.key);
        for (listener, tls) in [(self.plain, None), (self.tls, self.acceptor)] {
            let Some(listener) = listener else { continue };
            let entrance = Entrance {
                tls,
                key: Arc::clone(&key),
                places: Arc::clone(&self.places),
            };
            let stop = host.running().stop.clone();
            let accepted = accept(entrance, listener, Arc::clone(host));
            let tasks = &host.running().tasks;
            tasks.spawn(async move { stop.run_until_cancelled(accepted).await });
        }
    }
}

async fn listen(address: Option<SocketAddr>) -> Result<Option<TcpListener>, ServerError> {
    let Some(address) = address else {
        return Ok(None);
    };
    let listener = TcpListener::bind(address).await;
    listener
        .map(Some)
        .map_err(|source| ServerError::Bind { address, source })
}

/// Who comes in at a listener.
#[derive(Clone)]
struct Entrance {
    tls: Option<TlsAcceptor>,
    key: Arc<Option<String>>,
    places: Arc<Semaphore>,
}

async fn accept(entrance: Entrance, listener: TcpListener, host: Arc<impl Host>) {
    while let Ok(place) = Arc::clone(&entrance.places).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, or the like: others may be closed meanwhile.
            sleep(ACCEPT_AGAIN).await;
            continue;
        };
        let (entrance, own) = (entrance.clone(), Arc::clone(&host));
        host.running().tasks.spawn(async move {
            entrance.connect(&*own, stream).await;
            drop(place);
        });
    }
}

impl Entrance {
    /// From a socket to the end of its session.
    async fn connect(&self, host: &impl Host, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else {
            return self.admit(host, stream).await;
        };
        match timeout(HANDSHAKE, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.admit(host, stream).await,
            Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
            Err(_) => tracing::debug!("no TLS in time"),
        }
    }

    async fn admit<S>(&self, host: &impl Host, mut stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let answered = timeout(HANDSHAKE, http::answer(&mut stream, self.key.as_deref()));
        match answered.await {
            Ok(Ok(Ok(surface))) => host.talk(stream, surface).await,
            Ok(Ok(Err(status))) => tracing::debug!(status, "refused"),
            Ok(Err(error)) => tracing::debug!(%error, "no request"),
            Err(_) => tracing::debug!("no request in time"),
        }
    }
}

/// The server's side of a WebSocket after the handshake. So many of the longest messages may wait to be sent.
pub(crate) async fn web_socket<S>(
    stream: S,
    read_buffer: usize,
    waiting: usize,
) -> WebSocketStream<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let config = WebSocketConfig::default()
        .read_buffer_size(read_buffer)
        .write_buffer_size(0)
        .max_write_buffer_size(waiting * LONGEST_MESSAGE)
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE));
    WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await
}

pub(crate) fn close_frame(close: &Close) -> CloseFrame {
    CloseFrame {
        code: close.code.into(),
        reason: close.reason.as_str().into(),
    }
}

/// How long a handshake may take, TLS and HTTP each, and the end of a connection.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(10);

const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
