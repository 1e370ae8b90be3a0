//! Sessions on real sockets.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{broadcast, mpsc};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use voice_call::Time;
use voice_call::gemini::{Close, Surface};

use super::accept::{HANDSHAKE, Host, Listeners, Running, close_frame, web_socket};
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
    text_frames: bool,
    /// The beginning of the sessions' time.
    epoch: Instant,
    finished: mpsc::Sender<Record>,
    events: broadcast::Sender<LiveEvent>,
    running: Running,
}

impl Server {
    /// Serves a model.
    ///
    /// # Errors
    ///
    /// When an address is taken, or the certificate cannot be made.
    pub async fn bind(model: Arc<Model>, options: ServerOptions) -> Result<Self, ServerError> {
        let listeners = Listeners::bind(&options).await?;
        let (finished, records) = mpsc::channel(MOST_RECORDS);
        let shared = Arc::new(Shared {
            model,
            text_frames: options.text_frames,
            epoch: Instant::now(),
            finished,
            events: broadcast::channel(MOST_EVENTS).0,
            running: Running::default(),
        });
        let server = Self {
            plain: listeners.plain_addr(),
            tls: listeners.tls_addr(),
            finished: records,
            shared: Arc::clone(&shared),
        };
        listeners.serve(&shared);
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
        self.shared.running.stop.cancel();
        self.shared.running.tasks.close();
        self.shared.running.tasks.wait().await;
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
        self.shared.running.stop.cancel();
    }
}

impl Host for Shared {
    fn running(&self) -> &Running {
        &self.running
    }

    async fn talk<S>(&self, stream: S, surface: Surface)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let session = Session::new(&self.model, surface, self.now());
        let record = match session.faults().pong_delay {
            None => run(self, stream, session).await,
            Some(delay) => run(self, LatePongs::new(stream, delay), session).await,
        };
        if self.finished.try_send(record).is_err() {
            tracing::debug!("a record that nobody takes");
        }
    }
}

/// Runs a session to its end.
async fn run<S>(shared: &Shared, stream: S, mut session: Session) -> Record
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut socket = web_socket(stream, READ_BUFFER, WAITING).await;
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
                    () = shared.running.stop.cancelled() => {}
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
            () = shared.running.stop.cancelled() => {
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

/// In bytes.
const READ_BUFFER: usize = 8 << 10;
/// How many of the longest messages may wait to be sent.
const WAITING: usize = 64;

/// A client that reads nothing for so long is gone.
const STUCK: Duration = Duration::from_secs(30);

const MOST_RECORDS: usize = 1_024;
const MOST_EVENTS: usize = 1_024;
