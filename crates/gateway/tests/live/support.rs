//! A model and a carrier that do what a test says, over real sockets. Nobody sleeps: who waits, waits for a message.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{State, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use voice_gateway::live::{Agent, Caller, LiveCall, Shared, SharedConfig, store};

use crate::common::net::{listen, serve, soon};

pub(crate) struct Model {
    listener: TcpListener,
}

pub(crate) struct ModelSession {
    socket: WebSocketStream<TcpStream>,
    pub(crate) setup: Value,
}

impl Model {
    pub(crate) async fn listen() -> Self {
        let listener = listen().await;
        Self { listener }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.listener.local_addr().unwrap())
    }

    /// Accepts a connection and its setup.
    pub(crate) async fn accept(&self) -> ModelSession {
        soon("the model is called", async {
            let (stream, _) = self.listener.accept().await.unwrap();
            let socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            let mut session = ModelSession {
                socket,
                setup: Value::Null,
            };
            session.setup = session.next().await["setup"].take();
            session.send(json!({"setupComplete": {}})).await;
            session
        })
        .await
    }

    /// Answers a handshake with a status.
    pub(crate) async fn refuse(&self, status: &str) {
        let (mut stream, _) = soon("the model is called", self.listener.accept())
            .await
            .unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(
                soon("a request", tokio::io::AsyncReadExt::read_u8(&mut stream))
                    .await
                    .unwrap(),
            );
        }
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

impl ModelSession {
    pub(crate) async fn send(&mut self, message: Value) {
        self.socket
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    /// So many milliseconds of a loud tone in one message, and the end of the turn.
    pub(crate) async fn speak(&mut self, milliseconds: u32) {
        let samples =
            (0..milliseconds * 24).map(|n| if n / 30 % 2 == 0 { 8_000_i16 } else { -8_000 });
        let sound: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
        let mut text = String::new();
        voice_call::gemini::write_server_audio(&mut text, 24_000, &sound);
        self.socket.send(Message::text(text)).await.unwrap();
        self.send(json!({"serverContent": {"generationComplete": true}}))
            .await;
        self.send(json!({"serverContent": {"turnComplete": true}}))
            .await;
    }

    pub(crate) async fn give_handle(&mut self, handle: &str) {
        self.send(json!({"sessionResumptionUpdate": {"newHandle": handle, "resumable": true}}))
            .await;
    }

    /// The next message; null when the connection is closed.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            match soon("a message to the model", self.socket.next()).await {
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                    return serde_json::from_slice(&message.into_data()).unwrap();
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Value::Null,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next message that is not sound.
    pub(crate) async fn next_but_sound(&mut self) -> Value {
        loop {
            let message = self.next().await;
            if message["realtimeInput"]["audio"].is_null() {
                return message;
            }
        }
    }

    /// Vanishes without a close frame.
    pub(crate) fn cut(self) {
        drop(self.socket);
    }
}

pub(crate) struct Carrier {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Carrier {
    /// Opens a socket to a call, and its stream.
    pub(crate) async fn stream(live: &LiveCall) -> Self {
        let mut carrier = Self::connect(live).await;
        carrier
            .send(json!({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
            .await;
        let format = json!({"encoding": "audio/x-mulaw", "sampleRate": 8_000, "channels": 1});
        let start = json!({"streamSid": "MZ1", "accountSid": "AC1", "callSid": "CA1", "tracks": ["inbound"],
            "mediaFormat": format, "customParameters": {}});
        carrier.send(json!({"event": "start", "sequenceNumber": "1", "streamSid": "MZ1", "start": start})).await;
        carrier
    }

    pub(crate) async fn connect(live: &LiveCall) -> Self {
        let router = Router::new()
            .route("/media", get(attach))
            .with_state(live.clone());
        let url = format!("ws://{}/media", serve(router).await);
        let connecting = tokio_tungstenite::connect_async(url);
        let (socket, _) = soon("the gateway's socket", connecting).await.unwrap();
        Self { socket }
    }

    pub(crate) async fn send(&mut self, message: Value) {
        self.socket
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    pub(crate) async fn stop(&mut self) {
        let stop = json!({"accountSid": "AC1", "callSid": "CA1"});
        self.send(
            json!({"event": "stop", "sequenceNumber": "9", "streamSid": "MZ1", "stop": stop}),
        )
        .await;
    }

    /// The next message; null when the socket is closed. Marks are returned as if played at once.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            match soon("a message to the carrier", self.socket.next()).await {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    if message["event"] == "mark" {
                        self.send(message.clone()).await;
                    }
                    return message;
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Value::Null,
                Some(Ok(_)) => {}
            }
        }
    }

    pub(crate) async fn next_of(&mut self, event: &str) -> Value {
        loop {
            let message = self.next().await;
            assert!(!message.is_null(), "closed before {event}");
            if message["event"] == event {
                return message;
            }
        }
    }
}

async fn attach(upgrade: WebSocketUpgrade, State(live): State<LiveCall>) -> Response {
    upgrade.on_upgrade(move |socket| async move { live.attach(socket, Vec::new()).await })
}

/// An agent at a model, with files in a folder.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
    pub(crate) shared: Arc<Shared>,
    pub(crate) agent: Arc<Agent>,
}

impl Desk {
    /// With more keys of the agent, and of what agents share, as TOML.
    pub(crate) fn new(model: &str, agent: &str, shared: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let shared = format!(
            "recordings = '{}'\ncall_records = '{}'\ntranscripts = '{}'\n{shared}\n",
            path("recordings"),
            path("calls.jsonl"),
            path("transcripts.jsonl"),
        );
        let shared: SharedConfig = toml::from_str(&shared).unwrap();
        let services = toml::from_str(&format!(
            "[test]\nkind = 'developer'\nkey = 'k'\nbase_url = '{model}'\n"
        ));
        let store = store(&shared.store).unwrap();
        let shared = Shared::open(&shared, &services.unwrap(), store).unwrap();
        let agent = toml::from_str(&format!("model = 'gemini-3.8-live'\n{agent}")).unwrap();
        let agent = Arc::new(Agent::new("bakery", &agent, &shared).unwrap());
        Self {
            folder,
            shared,
            agent,
        }
    }

    pub(crate) fn call(&self) -> LiveCall {
        voice_gateway::live::start(&self.agent, caller(), None)
    }

    /// The lines of a file, when all were written.
    pub(crate) async fn lines(&self, name: &str) -> Vec<Value> {
        soon("files", self.shared.flush()).await;
        let text = std::fs::read_to_string(self.folder.path().join(name)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The record of the only call. It is written last of all, after the end was told.
    pub(crate) async fn record(&self) -> Value {
        soon("a call record", async {
            loop {
                if let Some(record) = self.lines("calls.jsonl").await.pop() {
                    return record;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    pub(crate) fn recordings(&self) -> std::path::PathBuf {
        Path::new(self.folder.path()).join("recordings")
    }
}

/// A call that the model has accepted, and whose stream the carrier has opened.
pub(crate) struct Talk {
    pub(crate) model: Model,
    pub(crate) desk: Desk,
    pub(crate) live: LiveCall,
    pub(crate) session: ModelSession,
    pub(crate) carrier: Carrier,
}

impl Talk {
    /// With more keys, as [`Desk::new`] takes them.
    pub(crate) async fn begin(agent: &str, shared: &str) -> Self {
        let model = Model::listen().await;
        let desk = Desk::new(&model.url(), agent, shared);
        let live = desk.call();
        let session = model.accept().await;
        let carrier = Carrier::stream(&live).await;
        Self {
            model,
            desk,
            live,
            session,
            carrier,
        }
    }
}

pub(crate) fn caller() -> Caller {
    Caller {
        call_sid: "CA1".to_owned(),
        account_sid: "AC1".to_owned(),
        from: "+15005550006".to_owned().into(),
        direction: "inbound".to_owned(),
        ..Caller::default()
    }
}
