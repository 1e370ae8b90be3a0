//! Sessions on real sockets.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, broadcast, mpsc};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use voice_call::Time;
use voice_call::gemini::{Close, LONGEST_MESSAGE, Surface};

use super::http;
use super::pong::LatePongs;
use super::record::{Event, Record};
use super::session::{Input, Output, Session};
use super::shared::Model;
use crate::tls::{Authority, TlsError};

/// Where and how a model is served.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Where it is served without TLS, if it is; port 0 takes a free one.
    pub plain: Option<SocketAddr>,
    /// Where it is served with TLS, if it is.
    pub tls: Option<SocketAddr>,
    /// Who signs the certificate; needed for TLS.
    pub authority: Option<Arc<Authority>>,
    /// Names and addresses of the server besides `localhost`, `127.0.0.1` and `::1`.
    pub names: Vec<String>,
    /// The only key, or token, that is let in; anybody is if none.
    pub key: Option<String>,
    /// Whether messages go in text frames; in binary frames as a rule.
    pub text_frames: bool,
    /// How many connections may be open at once; more wait to be accepted. 2000.
    pub connections: usize,
}

impl Default for ServerOptions {
    /// On a free port of this machine, without TLS.
    fn default() -> Self {
        Self {
            plain: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
            tls: None,
            authority: None,
            names: Vec::new(),
            key: None,
            text_frames: false,
            connections: 2_000,
        }
    }
}

/// Why a model cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// An address cannot be listened at.
    #[error("{address}: {source}; choose another address or port")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// There is no address, or no authority for TLS.
    #[error("a model needs an address to be served at, and an authority to be served with TLS")]
    Options,
    /// The certificate cannot be made.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Something that happened in a session that is going on.
#[derive(Clone, Debug)]
pub struct LiveEvent {
    /// The number of its connection.
    pub connection: u64,
    /// What.
    pub event: Event,
}

/// A model on real sockets. Dropping it ends all sessions; [`Server::shutdown`] waits for them.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    plain: Option<SocketAddr>,
    tls: Option<SocketAddr>,
    finished: mpsc::Receiver<Record>,
}

#[derive(Debug)]
struct Shared {
    model: Arc<Model>,
    key: Option<String>,
    text_frames: bool,
    /// The beginning of the sessions' time.
    epoch: Instant,
    places: Arc<Semaphore>,
    finished: mpsc::Sender<Record>,
    events: broadcast::Sender<LiveEvent>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Server {
    /// Serves a model.
    ///
    /// # Errors
    ///
    /// When an address is taken, or the certificate cannot be made.
    pub async fn bind(model: Arc<Model>, options: ServerOptions) -> Result<Self, ServerError> {
        let acceptor = match (&options.tls, &options.authority) {
            (Some(_), Some(authority)) => {
                Some(TlsAcceptor::from(authority.server_config(&options.names)?))
            }
            (Some(_), None) => return Err(ServerError::Options),
            (None, _) if options.plain.is_none() => return Err(ServerError::Options),
            (None, _) => None,
        };
        let plain = listen(options.plain).await?;
        let tls = listen(options.tls).await?;
        let (finished, records) = mpsc::channel(MOST_RECORDS);
        let shared = Arc::new(Shared {
            model,
            key: options.key,
            text_frames: options.text_frames,
            epoch: Instant::now(),
            places: Arc::new(Semaphore::new(options.connections)),
            finished,
            events: broadcast::channel(MOST_EVENTS).0,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        let address = |listener: &Option<TcpListener>| listener.as_ref()?.local_addr().ok();
        let server = Self {
            plain: address(&plain),
            tls: address(&tls),
            finished: records,
            shared: Arc::clone(&shared),
        };
        if let Some(listener) = plain {
            shared
                .tasks
                .spawn(accept(Arc::clone(&shared), listener, None));
        }
        if let Some(listener) = tls {
            shared
                .tasks
                .spawn(accept(Arc::clone(&shared), listener, acceptor));
        }
        Ok(server)
    }

    /// Where it is served without TLS.
    #[must_use]
    pub const fn plain_addr(&self) -> Option<SocketAddr> {
        self.plain
    }

    /// Where it is served with TLS.
    #[must_use]
    pub const fn tls_addr(&self) -> Option<SocketAddr> {
        self.tls
    }

    /// The model that is served.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        &self.shared.model
    }

    /// The instant from which the sessions' times count.
    #[must_use]
    pub fn epoch(&self) -> Instant {
        self.shared.epoch
    }

    /// The record of the next session that has finished. Records that nobody takes are dropped beyond 1024.
    pub async fn finished(&mut self) -> Option<Record> {
        self.finished.recv().await
    }

    /// What happens in all sessions from now on. A reader who is 1024 events behind misses the oldest.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<LiveEvent> {
        self.shared.events.subscribe()
    }

    /// Ends all sessions, and returns the records that nobody has taken.
    pub async fn shutdown(mut self) -> Vec<Record> {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
        self.finished.close();
        let mut records = Vec::new();
        while let Ok(record) = self.finished.try_recv() {
            records.push(record);
        }
        records
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.cancel();
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

async fn accept(shared: Arc<Shared>, listener: TcpListener, tls: Option<TlsAcceptor>) {
    let stop = shared.stop.clone();
    let accepted = async {
        loop {
            let Ok(place) = Arc::clone(&shared.places).acquire_owned().await else {
                return;
            };
            let Ok((stream, _)) = listener.accept().await else {
                // Out of file descriptors, or the like: others may be closed meanwhile.
                sleep(ACCEPT_AGAIN).await;
                continue;
            };
            let (shared, tls) = (Arc::clone(&shared), tls.clone());
            let tasks = shared.tasks.clone();
            tasks.spawn(async move {
                connect(shared, stream, tls).await;
                drop(place);
            });
        }
    };
    tokio::select! {
        () = accepted => {}
        () = stop.cancelled() => {}
    }
}

/// From a socket to the end of its session.
async fn connect(shared: Arc<Shared>, stream: TcpStream, tls: Option<TlsAcceptor>) {
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        return talk(shared, stream).await;
    };
    match timeout(HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok(stream)) => talk(shared, stream).await,
        Ok(Err(error)) => tracing::debug!(%error, "no TLS"),
        Err(_) => tracing::debug!("no TLS in time"),
    }
}

async fn talk<S>(shared: Arc<Shared>, mut stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let answered = timeout(HANDSHAKE, http::answer(&mut stream, shared.key.as_deref()));
    let surface: Surface = match answered.await {
        Ok(Ok(Ok(surface))) => surface,
        Ok(Ok(Err(status))) => return tracing::debug!(status, "refused"),
        Ok(Err(error)) => return tracing::debug!(%error, "no request"),
        Err(_) => return tracing::debug!("no request in time"),
    };
    let session = Session::new(&shared.model, surface, shared.now());
    let config = WebSocketConfig::default()
        .read_buffer_size(8 * 1_024)
        .write_buffer_size(0)
        .max_write_buffer_size(64 * LONGEST_MESSAGE)
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE));
    let record = match session.faults().pong_delay {
        None => {
            let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
            run(&shared, socket, session).await
        }
        Some(delay) => {
            let stream = LatePongs::new(stream, delay);
            let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
            run(&shared, socket, session).await
        }
    };
    if shared.finished.try_send(record).is_err() {
        tracing::debug!("a record that nobody takes");
    }
}

/// Runs a session to its end.
async fn run<S>(shared: &Shared, mut socket: WebSocketStream<S>, mut session: Session) -> Record
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let timer = sleep_until(shared.epoch);
    tokio::pin!(timer);
    loop {
        match timeout(STUCK, send_all(shared, &mut socket, &mut session)).await {
            Ok(Ok(Sent::All)) => {}
            Ok(Ok(Sent::Closed)) => {
                // The client answers the close, or it is late.
                let answer = timeout(HANDSHAKE, async {
                    while let Some(Ok(_)) = socket.next().await {}
                });
                tokio::select! {
                    _ = answer => {}
                    () = shared.stop.cancelled() => {}
                }
                break;
            }
            Ok(Ok(Sent::Cut)) => break,
            Ok(Err(_)) | Err(_) => {
                session.handle(shared.now(), Input::Closed);
                break;
            }
        }
        let due = session.timeout();
        if let Some(due) = due {
            timer.as_mut().reset(shared.epoch + due.since_beginning());
        }
        tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    session.handle(shared.now(), Input::Frame(text.as_bytes()));
                }
                Some(Ok(Message::Binary(bytes))) => {
                    session.handle(shared.now(), Input::Frame(&bytes));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_))) | Some(Err(_)) | None => {
                    session.handle(shared.now(), Input::Closed);
                    // The answer to a close is on its way.
                    let _ = timeout(HANDSHAKE, socket.flush()).await;
                    break;
                }
            },
            () = &mut timer, if due.is_some() => {}
            () = shared.stop.cancelled() => {
                session.handle(shared.now(), Input::Closed);
                let close = close_frame(&Close::new(1_001, "The server is going away."));
                let _ = timeout(HANDSHAKE, socket.close(Some(close))).await;
                break;
            }
        }
    }
    // The last events.
    while let Some(output) = session.poll(shared.now()) {
        shared.tell(&session, output);
    }
    session.into_record()
}

/// How far a session is.
enum Sent {
    All,
    Closed,
    Cut,
}

/// Sends all that is due.
async fn send_all<S>(
    shared: &Shared,
    socket: &mut WebSocketStream<S>,
    session: &mut Session,
) -> Result<Sent, tokio_tungstenite::tungstenite::Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(output) = session.poll(shared.now()) {
        match output {
            Output::Message(text) if shared.text_frames => socket.feed(Message::text(text)).await?,
            Output::Message(text) => socket.feed(Message::binary(text.into_bytes())).await?,
            Output::Close(close) => {
                socket.close(Some(close_frame(&close))).await?;
                return Ok(Sent::Closed);
            }
            Output::Cut => return Ok(Sent::Cut),
            event @ Output::Event(_) => shared.tell(session, event),
        }
    }
    socket.flush().await?;
    Ok(Sent::All)
}

impl Shared {
    fn now(&self) -> Time {
        Time::from(self.epoch.elapsed())
    }

    fn tell(&self, session: &Session, output: Output) {
        if let Output::Event(event) = output {
            tracing::debug!(connection = session.record().number, kind = ?event.kind, "model");
            // Nobody may be listening.
            let _ = self.events.send(LiveEvent {
                connection: session.record().number,
                event,
            });
        }
    }
}

fn close_frame(close: &Close) -> CloseFrame {
    CloseFrame {
        code: close.code.into(),
        reason: close.reason.as_str().into(),
    }
}

/// How long a handshake may take, TLS and HTTP each, and the end of a connection.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// A client that reads nothing for so long is gone.
const STUCK: Duration = Duration::from_secs(30);

const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
const MOST_RECORDS: usize = 1_024;
const MOST_EVENTS: usize = 1_024;
