//! The model under load: many sessions, each as cheap as can be.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};
use tokio_util::sync::CancellationToken;
use voice_call::Time;
use voice_call::gemini::{
    Blob, ClientMessage, Close, INPUT_RATE, ServerMessage, Setup, SetupComplete, Surface,
};

use super::board::Board;
use super::speaker::Speaker;
use crate::model::accept::{HANDSHAKE, Host, Listeners, Running, close_frame, web_socket};
use crate::model::{ServerError, ServerOptions};
use crate::score::probe::recognise::Recogniser;

/// The model on real sockets. Dropping it ends all sessions.
pub(super) struct Server {
    pub(super) plain: Option<SocketAddr>,
    pub(super) tls: Option<SocketAddr>,
    stop: CancellationToken,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What the sessions share.
struct Shared {
    board: Arc<Board>,
    epoch: Instant,
    text_frames: bool,
    running: Running,
}

impl Server {
    /// Serves the model of all calls on a board.
    pub(super) async fn start(
        options: &ServerOptions,
        board: &Arc<Board>,
        epoch: Instant,
    ) -> Result<Self, ServerError> {
        let listeners = Listeners::bind(options).await?;
        let shared = Arc::new(Shared {
            board: Arc::clone(board),
            epoch,
            text_frames: options.text_frames,
            running: Running::default(),
        });
        let server = Self {
            plain: listeners.plain_addr(),
            tls: listeners.tls_addr(),
            stop: shared.running.stop.clone(),
        };
        listeners.serve(&shared);
        Ok(server)
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
        let socket = web_socket(stream, READ_BUFFER, WAITING).await;
        let mut session = Session {
            shared: self,
            surface,
            setup: None,
            who: Who::Nobody,
            pcm: Vec::new(),
        };
        if let Err(error) = session.run(socket).await {
            tracing::debug!(%error, "a session at the model ended");
        }
        match session.who {
            Who::Nobody => {}
            Who::Stranger(_) => self.board.stranger_left(),
            Who::Known(speaker) => speaker.call().part(),
        }
    }
}

/// One session.
struct Session<'a> {
    shared: &'a Shared,
    surface: Surface,
    setup: Option<Box<Setup>>,
    who: Who,
    pcm: Vec<u8>,
}

/// Whose session it is.
enum Who {
    /// It is not set up.
    Nobody,
    /// It is not known yet.
    Stranger(Recogniser),
    Known(Box<Speaker>),
}

impl Session<'_> {
    async fn run<S>(&mut self, mut socket: WebSocketStream<S>) -> Result<(), Error>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let timer = sleep_until(self.shared.epoch);
        tokio::pin!(timer);
        let mut set_for = None;
        loop {
            let mut due = None;
            if let Who::Known(speaker) = &mut self.who {
                let mut out = String::new();
                while speaker.act(self.shared.now(), &mut out) {
                    if !out.is_empty() {
                        let sent = socket.send(self.shared.message(std::mem::take(&mut out)));
                        timeout(STUCK, sent)
                            .await
                            .map_err(|_| Error::ConnectionClosed)??;
                    }
                }
                due = speaker.due();
            }
            if let Some(due) = due.filter(|_| due != set_for) {
                timer
                    .as_mut()
                    .reset(self.shared.epoch + due.since_beginning());
            }
            set_for = due;
            let taken = tokio::select! {
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => self.take(text.as_bytes()),
                    Some(Ok(Message::Binary(bytes))) => self.take(&bytes),
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(None),
                    Some(Ok(Message::Close(_))) | None => {
                        return timeout(HANDSHAKE, socket.flush()).await.unwrap_or(Ok(()));
                    }
                    Some(Err(error)) => return Err(error),
                },
                () = &mut timer, if due.is_some() => Ok(None),
                () = self.shared.running.stop.cancelled() => Err(Close::new(1_001, "The test is over.")),
            };
            match taken {
                Ok(None) => {}
                Ok(Some(answer)) => socket.send(answer).await?,
                Err(close) => {
                    let frame = Some(close_frame(&close));
                    let closed = timeout(HANDSHAKE, socket.close(frame)).await;
                    return closed.unwrap_or(Ok(()));
                }
            }
        }
    }

    /// Takes a message of the bridge: what it is answered.
    fn take(&mut self, bytes: &[u8]) -> Result<Option<Message>, Close> {
        let message = ClientMessage::parse_bytes(bytes).map_err(|error| Close::from(&error))?;
        message.check(self.surface, self.setup.as_deref())?;
        match message {
            ClientMessage::Setup(setup) => {
                self.setup = Some(setup);
                self.who = Who::Stranger(Recogniser::default());
                self.shared.board.stranger_came();
                let ready = ServerMessage {
                    setup_complete: Some(SetupComplete::default()),
                    ..ServerMessage::default()
                };
                let mut text = String::new();
                ready.write(&mut text);
                return Ok(Some(self.shared.message(text)));
            }
            ClientMessage::RealtimeInput(input) => {
                for blob in input.audio.iter().chain(&input.media_chunks) {
                    self.hear(blob)?;
                }
            }
            ClientMessage::ClientContent(_)
            | ClientMessage::ToolResponse(_)
            | ClientMessage::ContextUpdate(_) => {}
        }
        Ok(None)
    }

    fn hear(&mut self, blob: &Blob<'_>) -> Result<(), Close> {
        let rate = blob.rate().unwrap_or(INPUT_RATE);
        if !blob.is_pcm() || rate == 0 || !rate.is_multiple_of(8_000) {
            return Err(Close::invalid_argument(
                "realtimeInput.audio: a load test hears PCM at a multiple of 8000 Hz",
            ));
        }
        self.pcm.clear();
        let decoded = blob.data.decode_append(&mut self.pcm);
        decoded.map_err(|_| Close::invalid_argument("realtimeInput.audio.data"))?;
        let (now, times) = (self.shared.now(), (rate / 8_000) as usize);
        match &mut self.who {
            Who::Nobody => {}
            Who::Known(speaker) => speaker.call().model_hears(now, times, &self.pcm),
            Who::Stranger(recogniser) => {
                let samples = self.pcm.as_chunks().0.iter().copied();
                recogniser.hear(times, samples.map(i16::from_le_bytes));
                let call = self.shared.board.recognise(now, recogniser);
                let phase = recogniser.phase();
                if let Some(speaker) = call.and_then(|call| call.meet(now, phase)) {
                    self.who = Who::Known(Box::new(speaker));
                    self.shared.board.stranger_left();
                }
            }
        }
        Ok(())
    }
}

impl Shared {
    fn now(&self) -> Time {
        Time::from(self.epoch.elapsed())
    }

    /// As the service sends it: JSON in a binary frame, as a rule.
    fn message(&self, text: String) -> Message {
        if self.text_frames {
            Message::text(text)
        } else {
            Message::Binary(Bytes::from(text))
        }
    }
}

/// Larger than a message of 20 ms at 16 kHz, and hundreds of sessions have one.
const READ_BUFFER: usize = 4 << 10;
/// How many of the longest messages may wait to be sent.
const WAITING: usize = 4;
/// A bridge that reads nothing for so long is gone.
const STUCK: Duration = Duration::from_secs(10);
