//! The emulated model on real sockets.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use phonebox::model::{Behaviour, EventKind, Model, Server, ServerError, ServerOptions};
use phonebox::tls::Authority;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use voice_call::gemini::{Close, Endpoint, ServerMessage, SessionConfig, Setup};

const PATH: &str = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";

async fn serve(behaviour: Behaviour, change: impl FnOnce(&mut ServerOptions)) -> Server {
    let mut options = ServerOptions::default();
    change(&mut options);
    Server::bind(Model::new(behaviour).expect("a model"), options)
        .await
        .expect("bound")
}

async fn connect(server: &Server) -> WebSocketStream<TcpStream> {
    let address = server.plain_addr().expect("an address");
    let stream = TcpStream::connect(address).await.expect("connected");
    client_async(format!("ws://{address}/{PATH}"), stream)
        .await
        .expect("accepted")
        .0
}

/// Sets up a session and returns the first answer.
async fn set_up<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocketStream<S>) -> Message {
    let setup = Setup::new(
        &SessionConfig::new("gemini-3.8-live"),
        &Endpoint::developer("K"),
    );
    let mut text = String::new();
    setup.expect("a setup").write(&mut text);
    socket.send(Message::text(text)).await.expect("sent");
    socket.next().await.expect("an answer").expect("a message")
}

fn is_ready(message: &Message) -> bool {
    let text = message.to_text().expect("UTF-8");
    ServerMessage::parse(text)
        .expect("a message")
        .setup_complete
        .is_some()
}

#[tokio::test]
async fn a_session_over_plain_text_and_its_record() {
    let mut server = serve(Behaviour::default(), |_| {}).await;
    let mut events = server.events();
    let mut socket = connect(&server).await;
    let ready = set_up(&mut socket).await;
    assert!(ready.is_binary() && is_ready(&ready));
    socket
        .send(Message::text(r#"{"realtimeInput":{"text":"Hello."}}"#))
        .await
        .expect("sent");
    let mut sound = Vec::new();
    loop {
        let message = socket.next().await.expect("open").expect("a message");
        let message = ServerMessage::parse(message.to_text().expect("UTF-8")).expect("a message");
        let Some(content) = message.server_content else {
            continue;
        };
        for part in content.model_turn.iter().flat_map(|turn| turn.parts.iter()) {
            part.inline_data
                .as_ref()
                .expect("sound")
                .data
                .decode_append(&mut sound)
                .expect("base64");
        }
        if content.generation_complete {
            break;
        }
    }
    socket.close(None).await.expect("closed");
    let record = server.finished().await.expect("a record");
    assert_eq!(record.said_pcm(), sound);
    assert_eq!(
        record.events.last().map(|event| &event.kind),
        Some(&EventKind::Gone)
    );
    let first = events.recv().await.expect("an event");
    assert_eq!(
        (first.connection, first.event.kind),
        (1, EventKind::Ready { is_resumed: false })
    );
    assert_eq!(server.model().open_sessions(), 0);
    assert!(server.shutdown().await.is_empty());
}

#[tokio::test]
async fn a_session_over_tls_with_text_frames() {
    let authority = Arc::new(Authority::generate().expect("made"));
    let mut roots = rustls::RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(authority.pem().as_bytes()).expect("PEM");
    roots.add(certificate).expect("a certificate");
    let server = serve(Behaviour::default(), |options| {
        options.plain = None;
        options.tls = Some(([127, 0, 0, 1], 0).into());
        options.authority = Some(authority);
        options.names = vec!["model.test".to_owned()];
        options.text_frames = true;
    })
    .await;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    for name in ["localhost", "127.0.0.1", "model.test"] {
        let stream = TcpStream::connect(server.tls_addr().expect("an address"))
            .await
            .expect("connected");
        let name = ServerName::try_from(name).expect("a name");
        let stream = connector.connect(name, stream).await.expect("TLS");
        let (mut socket, _) = client_async(format!("wss://x{PATH}"), stream)
            .await
            .expect("accepted");
        let ready = set_up(&mut socket).await;
        assert!(ready.is_text() && is_ready(&ready));
    }
}

#[tokio::test]
async fn a_wrong_key_and_a_wrong_path_are_refused_in_the_handshake() {
    let server = serve(Behaviour::default(), |options| {
        options.key = Some("K".to_owned())
    })
    .await;
    let address = server.plain_addr().expect("an address");
    for (target, status) in [
        (format!("{PATH}?key=K"), None),
        (format!("{PATH}?key=L"), Some(401)),
        (PATH.to_owned(), Some(403)),
        ("/elsewhere?key=K".to_owned(), Some(404)),
    ] {
        let stream = TcpStream::connect(address).await.expect("connected");
        let seen = match client_async(format!("ws://{address}{target}"), stream).await {
            Err(Error::Http(response)) => Some(response.status().as_u16()),
            other => {
                other.expect("accepted");
                None
            }
        };
        assert_eq!(seen, status, "{target}");
    }
}

#[tokio::test]
async fn closes_and_cuts_as_a_client_sees_them() {
    let mut behaviour = Behaviour::default();
    behaviour.faults.cut_at = Some(Duration::ZERO);
    let server = serve(behaviour, |_| {}).await;
    let mut socket = connect(&server).await;
    assert!(
        matches!(socket.next().await, Some(Err(_))),
        "no close frame"
    );

    let server = serve(Behaviour::default(), |_| {}).await;
    let mut socket = connect(&server).await;
    socket.send(Message::text("{}")).await.expect("sent");
    let Some(Ok(Message::Close(Some(frame)))) = socket.next().await else {
        panic!("no close")
    };
    assert_eq!(
        Close::new(frame.code.into(), &frame.reason),
        Close::invalid_argument("")
    );

    // Who is connected at the end is told.
    let mut socket = connect(&server).await;
    assert!(is_ready(&set_up(&mut socket).await));
    let records = tokio::spawn(server.shutdown());
    loop {
        match socket.next().await {
            Some(Ok(Message::Close(Some(frame)))) => {
                break assert_eq!(u16::from(frame.code), 1_001);
            }
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(records.await.expect("ended").len(), 2);
}

#[tokio::test]
async fn pongs_come_late_and_messages_do_not_wait_for_them() {
    let mut behaviour = Behaviour::default();
    behaviour.faults.pong_delay = Some(Duration::from_millis(300));
    let server = serve(behaviour, |_| {}).await;
    let mut socket = connect(&server).await;
    socket
        .send(Message::Ping(Bytes::from_static(b"p")))
        .await
        .expect("sent");
    // The pong would come before the answer to what was sent after the ping.
    assert!(is_ready(&set_up(&mut socket).await));
    loop {
        if let Message::Pong(bytes) = socket.next().await.expect("open").expect("a message") {
            assert_eq!(bytes, b"p".as_slice());
            break;
        }
    }
}

#[tokio::test]
async fn addresses_that_cannot_be() {
    let server = serve(Behaviour::default(), |_| {}).await;
    let model = Arc::clone(server.model());
    let options = |change: fn(&mut ServerOptions)| {
        let mut options = ServerOptions {
            plain: server.plain_addr(),
            ..ServerOptions::default()
        };
        change(&mut options);
        options
    };
    let error = Server::bind(Arc::clone(&model), options(|_| {}))
        .await
        .expect_err("taken");
    assert!(matches!(error, ServerError::Bind { .. }), "{error}");
    let error = Server::bind(Arc::clone(&model), options(|it| it.plain = None)).await;
    assert!(matches!(error, Err(ServerError::Options)));
    let error = Server::bind(model, options(|it| it.tls = it.plain)).await;
    assert!(matches!(error, Err(ServerError::Options)));
}
