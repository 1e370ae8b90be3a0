//! A gateway on ports of its own, and a carrier to talk to it.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(unreachable_pub, reason = "it is a module of several test files")]

pub mod net;
pub mod phone;

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use phonebox::model::{self, Behaviour, Model};
use reqwest::{Response, StatusCode};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use voice_call::twilio::signature::{self, Body, Key};
use voice_gateway::{Config, Drained, Gateway};

pub const ORIGIN: &str = "https://voice.test";
pub const ACCOUNT: &str = "AC00000000000000000000000000000001";
pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";
pub const BEARER: &str = "bearer-4f1c9a";

/// Enough to take calls.
pub const BASE: &str = r#"
public_origin = "https://voice.test"

[server]
listen = "127.0.0.1:0"

[admin]
listen = "127.0.0.1:0"

[limits]
requests_per_second = 1000000
burst = 1000000

[outbound]
token = "bearer-4f1c9a"

[[carrier.accounts]]
sid = "AC00000000000000000000000000000001"
auth_tokens = ["ffffffffffffffffffffffffffffffff", "0123456789abcdef0123456789abcdef"]
shared_keys = [{ id = "k7", secret = "shared-secret" }]

[fallback]
say = "All lines are busy."

[[routes]]
agent = "desk"

[[routes]]
path = "/voice/bakery"
agent = "bakery"
fallback = { say = "", dial = "+15005550009" }

[services.main]
kind = "developer"
key = "model-key-77aa"

[services.small]
kind = "developer"
key = "model-key-77aa"
sessions = 1

[agents.desk]
service = "main"
model = "gemini-3.8-live"
transfers = { office = { description = "The office.", number = "+15005550009" } }

[agents.bakery]
service = "small"
model = "gemini-3.8-live"
"#;

/// A gateway that runs until it is stopped.
pub struct Running {
    pub address: SocketAddr,
    pub admin: SocketAddr,
    pub client: reqwest::Client,
    /// What the agents speak with.
    pub model: model::Server,
    /// What stops it, and its task, until it is told to leave.
    running: Option<(oneshot::Sender<()>, JoinHandle<Drained>)>,
}

/// Reads a configuration from a file's text, variables and flags. An error names the file without its folder.
pub fn load(
    text: &str,
    variables: &[(&str, &str)],
    flags: &[(&str, &str)],
) -> Result<Config, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("gateway.toml");
    std::fs::write(&path, text).expect("it can be written");
    let own = |pairs: &[(&str, &str)]| -> Vec<_> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    Config::load(Some(&path), own(variables), &own(flags)).map_err(|error| {
        let (error, prefix) = (error.to_string(), format!("{}/", folder.path().display()));
        error.strip_prefix(&prefix).unwrap_or(&error).to_owned()
    })
}

/// Reads a configuration from the base and flags, with the agents' model at a URL.
pub fn config(model: &str, flags: &[(&str, &str)]) -> Config {
    let mut all = vec![
        ("services.main.base_url", model),
        ("services.small.base_url", model),
    ];
    all.extend(flags);
    load(BASE, &[], &all).expect("it is right")
}

/// Starts a gateway, and a model that says what it hears.
pub async fn start(flags: &[(&str, &str)]) -> Running {
    start_with(Behaviour::default(), flags).await
}

/// Starts a gateway, and a model that does as it is told.
pub async fn start_with(behaviour: Behaviour, flags: &[(&str, &str)]) -> Running {
    start_at(serve_model(behaviour).await, flags).await
}

/// Starts a gateway at a model.
pub async fn start_at(model: model::Server, flags: &[(&str, &str)]) -> Running {
    let config = config(&url_of(&model), flags);
    run(model, Gateway::bind(config).await.expect("ports"))
}

/// A model on a port of its own.
pub async fn serve_model(behaviour: Behaviour) -> model::Server {
    let options = model::ServerOptions {
        key: Some("model-key-77aa".to_owned()),
        ..model::ServerOptions::default()
    };
    let model = Model::new(behaviour).expect("it is right");
    model::Server::bind(model, options).await.expect("a port")
}

/// Where a model is.
pub fn url_of(model: &model::Server) -> String {
    match model.plain_addr() {
        Some(address) => format!("http://{address}"),
        None => format!(
            "https://localhost:{}",
            model.tls_addr().expect("TLS").port()
        ),
    }
}

/// Lets a gateway run.
pub fn run(model: model::Server, gateway: Gateway) -> Running {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let address = gateway.address().expect("an address");
    let admin = gateway.admin_address().expect("an address");
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(gateway.run(async { drop(stopped.await) }));
    let client = reqwest::Client::new();
    Running {
        address,
        admin,
        client,
        model,
        running: Some((stop, task)),
    }
}

/// Names and values of a webhook for a call.
pub fn form(call: &str) -> Vec<(&str, &str)> {
    vec![
        ("CallSid", call),
        ("AccountSid", ACCOUNT),
        ("From", "+15005550006"),
        ("To", "+15005550001"),
        ("CallStatus", "ringing"),
        ("Direction", "inbound"),
    ]
}

impl Running {
    /// Posts a signed form.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let signature = Key::sha1(TOKEN).sign(&format!("{ORIGIN}{path}"), Body::Form(form));
        self.post_with(path, form, &[(signature::HEADER, &signature)])
            .await
    }

    /// Posts a form with headers of the test's choice.
    pub async fn post_with(
        &self,
        path: &str,
        form: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Response {
        let mut request = self
            .client
            .post(format!("http://{}{path}", self.address))
            .form(form);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("an answer")
    }

    /// Posts a signed form for a call and reads the TwiML.
    pub async fn twiml(&self, path: &str, call: &str) -> String {
        let response = self.post(path, &form(call)).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            response.headers()["content-type"],
            "text/xml; charset=utf-8"
        );
        response.text().await.expect("a text")
    }

    /// Asks for a call to be made, with a bearer token.
    pub async fn order(&self, bearer: &str, body: &str) -> Response {
        let request = self.client.post(format!("http://{}/calls", self.address));
        let request = request.bearer_auth(bearer).body(body.to_owned());
        request.send().await.expect("an answer")
    }

    /// Opens a socket.
    pub async fn connect(&self) -> TcpStream {
        let connected = TcpStream::connect(self.address).await;
        connected.expect("it listens")
    }

    /// Opens the stream of a call that a TwiML asks for, and begins it.
    pub async fn begin(&self, call: &str, twiml: &str) -> Stream {
        let mut stream = self.stream().await.expect("it is signed");
        stream.begin(call, token_of(twiml)).await;
        stream
    }

    /// Opens a signed stream.
    pub async fn stream(&self) -> Result<Stream, tungstenite::Error> {
        let signature = Key::sha1(TOKEN).sign("wss://voice.test/media", Body::None);
        self.stream_with(&signature).await
    }

    /// Opens a stream with a signature.
    pub async fn stream_with(&self, signature: &str) -> Result<Stream, tungstenite::Error> {
        let mut request = format!("ws://{}/media", self.address).into_client_request()?;
        let signature = signature.parse().expect("a value");
        request.headers_mut().insert(signature::HEADER, signature);
        let socket = TcpStream::connect(self.address).await?;
        let (socket, _) = tokio_tungstenite::client_async(request, socket).await?;
        Ok(Stream(socket))
    }

    /// Waits until a stream has used the token of a TwiML: then asking again gives another one.
    pub async fn claimed(&self, call: &str, twiml: &str) -> String {
        loop {
            let again = self.twiml("/resume", call).await;
            if again != twiml {
                return again;
            }
        }
    }

    /// Asks the admin port.
    pub async fn admin(&self, path: &str) -> (StatusCode, String) {
        let response = self
            .client
            .get(format!("http://{}{path}", self.admin))
            .send()
            .await;
        let response = response.expect("an answer");
        (response.status(), response.text().await.expect("a text"))
    }

    /// A line of a scrape: the value of a metric.
    pub async fn metric(&self, line: &str) -> f64 {
        let (_, text) = self.admin("/metrics").await;
        let mut values = text
            .lines()
            .filter_map(|it| it.strip_prefix(line)?.trim().parse().ok());
        values
            .next()
            .unwrap_or_else(|| panic!("{line} is not in {text}"))
    }

    /// Checks the value of a metric.
    pub async fn shows(&self, line: &str, expected: f64) {
        assert_eq!(self.metric(line).await, expected, "{line}");
    }

    /// Lets the gateway begin to leave.
    pub fn leave(&mut self) -> JoinHandle<Drained> {
        let (stop, task) = self.running.take().expect("it leaves once");
        stop.send(()).expect("it runs");
        task
    }
}

/// The carrier's end of a stream.
pub struct Stream(pub WebSocketStream<TcpStream>);

impl Stream {
    pub async fn say(&mut self, text: String) {
        self.0.send(Message::text(text)).await.expect("it is open");
    }

    /// The beginning of a stream for a call, with a token.
    pub async fn begin(&mut self, call: &str, token: &str) {
        self.say(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#.to_owned())
            .await;
        self.say(start_message(call, token)).await;
    }

    /// Says that the caller has hung up, and waits until the other end closes.
    pub async fn stop(mut self) {
        self.say(r#"{"event":"stop","streamSid":"MZ1","stop":{}}"#.to_owned())
            .await;
        self.closed().await;
    }

    /// Reads until the other end closes; the close frame's reason if there is one.
    pub async fn closed(&mut self) -> Option<String> {
        while let Some(Ok(message)) = self.0.next().await {
            if let Message::Close(frame) = message {
                return frame.map(|frame| frame.reason.to_string());
            }
        }
        None
    }
}

pub fn start_message(call: &str, token: &str) -> String {
    format!(
        r#"{{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{{"streamSid":"MZ1","accountSid":"{ACCOUNT}","callSid":"{call}","tracks":["inbound"],"customParameters":{{"token":"{token}"}},"mediaFormat":{{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}}}}"#
    )
}

/// The token in a TwiML.
pub fn token_of(twiml: &str) -> &str {
    let from = twiml.split(r#"name="token" value=""#).nth(1);
    let token = from.and_then(|rest| rest.split('"').next());
    token.unwrap_or_else(|| panic!("no token in {twiml}"))
}
