//! Whole calls of the emulated carrier against a small bridge, over real sockets.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use phonebox::carrier::{
    self, Act, CallOptions, CallRecord, Callee, Caller, Cue, DialOutcome, End, Purpose, Server,
    ServerOptions, What, When,
};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use voice_call::twilio::signature::{Body, HEADER, Key};
use voice_call::twilio::{self, FromCarrier};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const LOUD: u8 = 0x9F;

/// What a bridge was asked.
#[derive(Clone, Debug)]
struct Asked {
    path: String,
    form: HashMap<String, String>,
    is_signed: bool,
}

/// What a bridge does with a stream.
#[derive(Clone, Copy, Debug)]
enum Talk {
    /// Sends back what it hears.
    Echo,
    /// Closes after so many pieces of sound.
    Close(usize),
    /// Says something, though it may not.
    Chatter,
}

#[derive(Clone)]
struct Bridge {
    /// Under which the carrier knows it.
    origin: String,
    documents: Arc<Vec<(&'static str, String)>>,
    talk: Talk,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// Parameters of each stream's start.
    started: mpsc::UnboundedSender<Vec<(String, String)>>,
}

struct Running {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    started: mpsc::UnboundedReceiver<Vec<(String, String)>>,
}

impl Running {
    fn url(&self, path: &str) -> url::Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn bridge(
    origin: Option<&str>,
    talk: Talk,
    documents: Vec<(&'static str, String)>,
) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (started, starts) = mpsc::unbounded_channel();
    let bridge = Bridge {
        origin: origin.map_or_else(|| format!("http://{address}"), str::to_owned),
        documents: Arc::new(documents),
        talk,
        asked: Arc::default(),
        started,
    };
    let asked = Arc::clone(&bridge.asked);
    let router = Router::new()
        .route("/media", any(media))
        .fallback(webhook)
        .with_state(bridge);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Running {
        address,
        asked,
        started: starts,
    }
}

async fn webhook(
    State(bridge): State<Bridge>,
    uri: Uri,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let pairs: Vec<_> = form
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let signature = headers[HEADER].to_str().unwrap();
    let url = format!("{}{uri}", bridge.origin);
    let body = if method == Method::GET {
        Body::None
    } else {
        Body::Form(&pairs)
    };
    let is_signed = Key::sha1(TOKEN).verify(&url, body, signature);
    let path = uri.path().to_owned();
    let asked = Asked {
        path: path.clone(),
        form: form.into_iter().collect(),
        is_signed,
    };
    bridge.asked.lock().unwrap().push(asked);
    match bridge.documents.iter().find(|(other, _)| *other == path) {
        Some((_, document)) => document.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn media(
    State(bridge): State<Bridge>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let url = format!("{}/media", bridge.origin.replacen("http", "ws", 1));
    let signature = headers[HEADER].to_str().unwrap();
    if !Key::sha1(TOKEN).verify(&url, Body::None, signature) {
        return StatusCode::FORBIDDEN.into_response();
    }
    upgrade.on_upgrade(move |socket| talk(socket, bridge))
}

async fn talk(mut socket: WebSocket, bridge: Bridge) {
    let (mut stream_sid, mut pieces) = (String::new(), 0);
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else {
            continue;
        };
        let mut answer = String::new();
        match FromCarrier::parse(&text).unwrap() {
            FromCarrier::Start(start) => {
                stream_sid = start.stream_sid.as_str().to_owned();
                let pairs = start.parameters.iter();
                let pairs = pairs
                    .map(|(name, value)| (name.as_str().to_owned(), value.as_str().to_owned()));
                let _ = bridge.started.send(pairs.collect());
            }
            FromCarrier::Media(media) => {
                pieces += 1;
                let mut sound = Vec::new();
                media.payload.decode_append(&mut sound).unwrap();
                match bridge.talk {
                    Talk::Close(after) if pieces >= after => return,
                    Talk::Close(_) => {}
                    Talk::Echo | Talk::Chatter => {
                        twilio::write_media(&mut answer, &stream_sid, &sound)
                    }
                }
            }
            _ => {}
        }
        if !answer.is_empty() && socket.send(Message::Text(answer.into())).await.is_err() {
            return;
        }
    }
}

fn response(inner: &str) -> String {
    format!("<Response>{inner}</Response>")
}

fn cues(cues: Vec<(u64, Act)>) -> Caller {
    let cue = |(at, act)| Cue {
        when: When::At(Duration::from_millis(at)),
        act,
    };
    Caller {
        cues: cues.into_iter().map(cue).collect(),
    }
}

fn short() -> Caller {
    cues(vec![
        (60, Act::Say(vec![LOUD; 800].into())),
        (600, Act::HangUp),
    ])
}

fn codes(record: &CallRecord) -> Vec<u16> {
    record.warnings.iter().map(|warning| warning.code).collect()
}

fn verbs(record: &CallRecord) -> Vec<&str> {
    record.verbs.iter().map(|(_, name)| name.as_str()).collect()
}

#[tokio::test]
async fn a_call_is_signed_for_the_public_origin_and_echoed() {
    let document = response(
        r#"<Connect><Stream url="/media" statusCallback="/stream" name="leg"><Parameter name="token" value="t42"/></Stream></Connect>"#,
    );
    let documents = vec![
        ("/voice", document),
        ("/stream", String::new()),
        ("/over", String::new()),
    ];
    let mut bridge = bridge(Some("https://bridge.example.com"), Talk::Echo, documents).await;
    let mut options = CallOptions::new(bridge.url("/voice?tenant=7"));
    options.network.public_origin = Some("https://bridge.example.com".parse().unwrap());
    options.status_callback = Some(carrier::twiml::Link::post("/over"));
    options.caller = short();
    let record = carrier::run(options).await.unwrap();

    assert_eq!(record.end, End::CallerHungUp);
    assert_eq!(record.warnings, []);
    assert_eq!(
        bridge.started.recv().await.unwrap(),
        [("token".to_owned(), "t42".to_owned())]
    );
    let asked = bridge.asked();
    assert!(asked.iter().all(|asked| asked.is_signed), "{asked:?}");
    let paths: Vec<_> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(paths, ["/voice", "/stream", "/stream", "/over"]);
    assert_eq!(asked[0].form["CallStatus"], "ringing");
    assert_eq!(asked[0].form["Direction"], "inbound");
    assert_eq!(asked[1].form["StreamEvent"], "stream-started");
    assert_eq!(asked[2].form["StreamEvent"], "stream-stopped");
    assert_eq!(asked[3].form["CallStatus"], "completed");
    assert_eq!(record.requests[0].purpose, Purpose::Webhook);
    assert_eq!(record.requests[0].status, Some(200));

    let stream = &record.streams[0];
    let recording = stream.recording.as_ref().unwrap();
    assert_eq!(
        recording.said.iter().filter(|code| **code == LOUD).count(),
        800
    );
    assert_eq!(
        recording.heard.iter().filter(|code| **code == LOUD).count(),
        800
    );
    assert_eq!(recording.heard.len(), 4_800);
    assert_eq!(
        stream.lateness.count(),
        33,
        "connected, start, 30 frames, stop, but not the close"
    );
}

#[tokio::test]
async fn when_the_bridge_closes_the_action_or_the_next_verb_follows() {
    let bridge = bridge(
        None,
        Talk::Close(10),
        vec![
            ("/a", response(r#"<Connect action="/after"><Stream url="/media"/></Connect><Say>never</Say>"#)),
            ("/after", response("<Hangup/>")),
            ("/b", response(r#"<Connect><Stream url="/media"/></Connect><Redirect>/fallback?x=1</Redirect>"#)),
            ("/fallback", response(r#"<Say>sorry</Say><Dial action="/dialled">+15005550001</Dial>"#)),
            ("/dialled", response("<Gather/>")),
        ],
    )
    .await;
    let mut options = CallOptions::new(bridge.url("/a"));
    options.takes_time = false;
    let record = carrier::run(options.clone()).await.unwrap();
    assert_eq!(
        (record.end, verbs(&record)),
        (End::HungUpByTwiml, vec!["Connect", "Hangup"])
    );
    assert_eq!(
        record.streams[0]
            .recording
            .as_ref()
            .unwrap()
            .log
            .events
            .last()
            .unwrap()
            .what,
        What::BridgeClosed
    );
    assert_eq!(record.warnings, []);

    options.url = bridge.url("/b");
    options.dial = DialOutcome::Busy;
    let record = carrier::run(options).await.unwrap();
    assert_eq!(record.end, End::TwimlOver);
    assert_eq!(
        verbs(&record),
        ["Connect", "Redirect", "Say", "Dial", "Gather"]
    );
    assert_eq!(codes(&record), [12_200]);
    let asked = bridge.asked();
    assert!(asked.iter().all(|asked| asked.is_signed), "{asked:?}");
    assert_eq!(asked.last().unwrap().form["DialCallStatus"], "busy");
    assert_eq!(asked.last().unwrap().form["CallStatus"], "in-progress");
}

#[tokio::test]
async fn what_goes_wrong_has_the_carriers_numbers() {
    let dead = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let stream = |url: &str| response(&format!(r#"<Connect><Stream url="{url}"/></Connect>"#));
    let bridge = bridge(
        None,
        Talk::Echo,
        vec![
            ("/lost", stream("/nowhere")),
            ("/refused", stream(&format!("ws://{dead}/media"))),
            ("/scheme", stream("ws://bridge.example.com/media")),
            ("/malformed", stream("wss://")),
            ("/xml", "<Response>".to_owned()),
            ("/circle", response("<Redirect>/circle</Redirect>")),
        ],
    )
    .await;
    let call = async |path: &str| {
        carrier::run(CallOptions::new(bridge.url(path)))
            .await
            .unwrap()
    };
    for (path, code, end) in [
        ("/lost", 31_920, End::TwimlOver),
        ("/refused", 31_902, End::TwimlOver),
        ("/scheme", 31_922, End::TwimlOver),
        ("/malformed", 31_923, End::TwimlOver),
        ("/xml", 12_100, End::NoTwiml),
        ("/missing", 11_200, End::NoTwiml),
    ] {
        let record = call(path).await;
        assert_eq!((codes(&record), record.end), (vec![code], end), "{path}");
    }
    assert_eq!(call("/circle").await.end, End::TooManyDocuments);

    let mut options = CallOptions::new(bridge.url("/missing"));
    options.fallback = Some(carrier::twiml::Link {
        url: "/xml".to_owned(),
        is_get: true,
    });
    options.webhook_copies = 2;
    let record = carrier::run(options).await.unwrap();
    assert_eq!(
        record
            .requests
            .iter()
            .map(|request| request.status)
            .collect::<Vec<_>>(),
        [Some(404), Some(404), Some(200)]
    );
    let asked = bridge.asked();
    // The upgrade that went astray is signed for its own scheme.
    let mut asked = asked.iter().filter(|asked| asked.path != "/nowhere");
    assert!(asked.all(|asked| asked.is_signed));
}

#[tokio::test]
async fn a_stream_to_the_bridge_alone_does_not_hold_up_the_call() {
    let document = response(
        r#"<Start><Stream url="/media" name="tap"/></Start><Pause length="1"/><Stop><Stream name="tap"/></Stop>"#,
    );
    let bridge = bridge(None, Talk::Chatter, vec![("/voice", document)]).await;
    let record = carrier::run(CallOptions::new(bridge.url("/voice")))
        .await
        .unwrap();
    assert_eq!(
        (record.end, verbs(&record)),
        (End::TwimlOver, vec!["Start", "Pause", "Stop"])
    );
    let log = &record.streams[0].recording.as_ref().unwrap().log;
    assert!(record.streams[0].is_unidirectional);
    assert!(log.warnings().count() > 0 && log.warnings().all(|code| code == 31_924));
}

#[tokio::test]
async fn fifty_calls_at_once() {
    let bridge = bridge(
        None,
        Talk::Echo,
        vec![(
            "/voice",
            response(r#"<Connect><Stream url="/media"/></Connect>"#),
        )],
    )
    .await;
    let mut options = CallOptions::new(bridge.url("/voice"));
    options.caller = short();
    let calls = (0..50).map(|_| tokio::spawn(carrier::run(options.clone())));
    for call in calls.collect::<Vec<_>>() {
        let record = call.await.unwrap().unwrap();
        assert_eq!(record.end, End::CallerHungUp);
        let recording = record.streams[0].recording.as_ref().unwrap();
        assert_eq!(recording.log.samples_sent, 4_800);
    }
}

/// A bridge over TLS with a certificate of its own, which accepts one stream and closes it.
async fn secure_bridge() -> (SocketAddr, tempfile::NamedTempFile) {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), certified.cert.pem()).unwrap();
    let key =
        rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            socket.close(None).await.unwrap();
        }
    });
    (address, file)
}

#[tokio::test]
async fn streams_over_tls_need_a_trusted_certificate() {
    let (address, root) = secure_bridge().await;
    let url: url::Url = format!("wss://localhost:{}/media", address.port())
        .parse()
        .unwrap();
    let mut options = CallOptions::new(url);
    let record = carrier::run(options.clone()).await.unwrap();
    assert_eq!(
        (record.end, codes(&record)),
        (End::StreamFailed, vec![31_910])
    );
    options.network.roots = vec![root.path().to_owned()];
    let record = carrier::run(options).await.unwrap();
    assert_eq!(
        (record.end, codes(&record)),
        (End::StreamClosed, vec![31_921])
    );
}

struct Account {
    server: Server,
    http: reqwest::Client,
}

impl Account {
    async fn new(callee: Callee, caller: Caller) -> Self {
        let mut call = CallOptions::new("http://127.0.0.1/".parse().unwrap());
        call.caller = caller;
        let options = ServerOptions {
            account_sid: "AC1".to_owned(),
            auth_token: TOKEN.into(),
            call,
            callee,
            most_calls: 2,
        };
        let server = Server::start("127.0.0.1:0".parse().unwrap(), options)
            .await
            .unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_backend_preconfigured(tls)
            .build()
            .unwrap();
        Self { server, http }
    }

    async fn post(
        &self,
        path: &str,
        password: &str,
        form: &[(&str, &str)],
    ) -> (u16, serde_json::Value) {
        let url = format!(
            "http://{}/2010-04-01/Accounts/AC1/{path}",
            self.server.address()
        );
        let request = self
            .http
            .post(url)
            .basic_auth("AC1", Some(password))
            .form(form);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }
}

#[tokio::test]
async fn rest_makes_calls_and_ends_them() {
    let mut bridge = bridge(
        None,
        Talk::Echo,
        vec![
            (
                "/voice",
                response(r#"<Connect><Stream url="/media"/></Connect>"#),
            ),
            ("/status", String::new()),
            ("/bye", response("<Hangup/>")),
        ],
    )
    .await;
    let mut account = Account::new(Callee::Answers(Duration::ZERO), Caller::default()).await;
    let (url, status) = (
        bridge.url("/voice").to_string(),
        bridge.url("/status").to_string(),
    );
    let form = [
        ("To", "+15005550001"),
        ("From", "+15005550006"),
        ("Url", &url),
        ("StatusCallback", &status),
        ("StatusCallbackEvent", "initiated"),
        ("StatusCallbackEvent", "ringing"),
        ("StatusCallbackEvent", "answered"),
        ("StatusCallbackEvent", "completed"),
        ("MachineDetection", "Enable"),
    ];
    assert_eq!(account.post("Calls.json", "wrong", &form).await.0, 401);
    assert_eq!(account.post("Calls.json", TOKEN, &form[..1]).await.0, 400);
    let (code, call) = account.post("Calls.json", TOKEN, &form).await;
    assert_eq!((code, call["status"].as_str()), (201, Some("queued")));
    bridge.started.recv().await.unwrap();

    let path = format!("Calls/{}.json", call["sid"].as_str().unwrap());
    assert_eq!(
        account.post(&path, TOKEN, &[("Status", "wrong")]).await.0,
        400
    );
    assert_eq!(
        account
            .post(&path, TOKEN, &[("Status", "completed")])
            .await
            .0,
        200
    );
    let record = account.server.record().await.unwrap();
    assert_eq!(record.end, End::HungUpByRest);
    let asked = bridge.asked();
    assert!(asked.iter().all(|asked| asked.is_signed), "{asked:?}");
    let states: Vec<_> = asked
        .iter()
        .map(|asked| (asked.path.as_str(), asked.form["CallStatus"].as_str()))
        .collect();
    assert_eq!(
        states,
        [
            ("/status", "initiated"),
            ("/status", "ringing"),
            ("/status", "in-progress"),
            ("/voice", "in-progress"),
            ("/status", "completed"),
        ]
    );
    assert_eq!(asked[3].form["AnsweredBy"], "human");

    // New TwiML ends the stream.
    let (_, call) = account.post("Calls.json", TOKEN, &form[..3]).await;
    bridge.started.recv().await.unwrap();
    let path = format!("Calls/{}.json", call["sid"].as_str().unwrap());
    let bye = bridge.url("/bye").to_string();
    assert_eq!(account.post(&path, TOKEN, &[("Url", &bye)]).await.0, 200);
    let record = account.server.record().await.unwrap();
    assert_eq!(
        (record.end, verbs(&record)),
        (End::HungUpByTwiml, vec!["Connect", "Hangup"])
    );
    let (code, error) = account
        .post("Calls/CA0.json", TOKEN, &[("Status", "completed")])
        .await;
    assert_eq!((code, error["code"].as_u64()), (404, Some(20_404)));
}

#[tokio::test]
async fn a_callee_who_does_not_answer() {
    let mut account = Account::new(Callee::Busy, Caller::default()).await;
    let form = [("To", "+1"), ("From", "+2"), ("Twiml", "<Response/>")];
    assert_eq!(account.post("Calls.json", TOKEN, &form).await.0, 201);
    assert_eq!(
        account.server.record().await.unwrap().end,
        End::NotAnswered("busy")
    );
    let long = "x".repeat(4_001);
    let form = [("To", "+1"), ("From", "+2"), ("Twiml", long.as_str())];
    assert_eq!(account.post("Calls.json", TOKEN, &form).await.0, 400);
}
