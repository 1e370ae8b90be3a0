//! Peers that send too much, too slowly, or nonsense.

mod common;

use std::sync::Arc;

use common::{BEARER, form, start, start_message, token_of};
use futures_util::SinkExt as _;
use reqwest::StatusCode;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

async fn write(socket: &mut (impl AsyncWrite + Unpin), text: &str) {
    let written = socket.write_all(text.as_bytes()).await;
    written.expect("it is open");
}

/// The beginning of an answer.
async fn status(socket: &mut (impl AsyncRead + Unpin)) -> String {
    let mut status = [0; 12];
    socket.read_exact(&mut status).await.expect("an answer");
    String::from_utf8_lossy(&status).into_owned()
}

/// Checks that a connection is cut, and not answered.
async fn is_cut(socket: &mut TcpStream) {
    let read = socket.read(&mut [0; 12]).await;
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
}

#[tokio::test]
async fn an_oversized_body_is_refused() {
    let gateway = start(&[]).await;
    let large = "x".repeat(100_000);
    let mut fields = form("CA1");
    fields.push(("Large", &large));
    assert_eq!(
        gateway.post("/voice", &fields).await.status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
    // Without a length, it is counted as it comes.
    let mut socket = gateway.connect().await;
    let head = "POST /voice HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\ntransfer-encoding: chunked\r\n\r\n";
    write(&mut socket, head).await;
    let chunk = format!("11170\r\n{}\r\n", "x".repeat(0x11170));
    write(&mut socket, &chunk).await;
    assert_eq!(status(&mut socket).await, "HTTP/1.1 413");
    gateway
        .shows(
            "voice_gateway_requests_refused_total{reason=\"too_large\"}",
            2.0,
        )
        .await;
}

#[tokio::test]
async fn oversized_headers_are_refused() {
    let gateway = start(&[]).await;
    let large = "x".repeat(40_000);
    let request = gateway
        .client
        .get(format!("http://{}/media", gateway.address))
        .header("x", large);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[tokio::test]
async fn a_megabyte_of_parameters_ends_that_stream_only() {
    let gateway = start(&[]).await;
    let twiml = gateway.twiml("/voice", "CA1").await;
    let mut stream = gateway.stream().await.expect("it is signed");
    let huge = start_message("CA1", &"x".repeat(1 << 20));
    // The other end may close before all of it is sent.
    let _ = stream.0.send(Message::text(huge)).await;
    stream.closed().await;
    let stream = gateway.begin("CA1", &twiml).await;
    stream.stop().await;
    gateway
        .shows(
            "voice_gateway_streams_refused_total{reason=\"no_start\"}",
            1.0,
        )
        .await;
    gateway
        .shows("voice_gateway_calls_started_total{kind=\"inbound\"}", 1.0)
        .await;
}

#[tokio::test]
async fn nonsense_before_start_is_bounded() {
    let gateway = start(&[]).await;
    let mut stream = gateway.stream().await.expect("it is signed");
    for text in [
        "{",
        "[]",
        "null",
        "{\"event\":\"media\"}",
        "",
        "x",
        "y",
        "z",
    ] {
        stream.say(text.to_owned()).await;
    }
    assert_eq!(stream.closed().await.as_deref(), Some("no_start"));
}

#[tokio::test]
async fn a_start_without_a_token_is_turned_away() {
    let gateway = start(&[]).await;
    let mut stream = gateway.stream().await.expect("it is signed");
    stream
        .say(start_message("CA1", "").replace("\"token\":\"\"", ""))
        .await;
    assert_eq!(stream.closed().await.as_deref(), Some("no_token"));
}

#[tokio::test]
async fn a_second_start_takes_no_second_call() {
    let gateway = start(&[]).await;
    let (one, two) = (
        gateway.twiml("/voice", "CA1").await,
        gateway.twiml("/voice", "CA2").await,
    );
    let mut stream = gateway.begin("CA1", &one).await;
    stream.begin("CA2", token_of(&two)).await;
    stream.stop().await;
    // The second token is still good: only the gate uses tokens up.
    assert!(
        gateway
            .twiml("/resume", "CA2")
            .await
            .contains(token_of(&two))
    );
}

#[tokio::test]
async fn a_stream_that_never_starts_is_closed() {
    let gateway = start(&[]).await;
    let mut stream = gateway.stream().await.expect("it is signed");
    tokio::time::pause();
    assert_eq!(stream.closed().await.as_deref(), Some("no_start"));
}

#[tokio::test]
async fn slow_headers_are_cut() {
    let gateway = start(&[]).await;
    let mut socket = gateway.connect().await;
    write(&mut socket, "POST /voice HTTP/1.1\r\nhost:").await;
    tokio::time::pause();
    let mut rest = Vec::new();
    // Some systems report the cut as a reset.
    let _ = socket.read_to_end(&mut rest).await;
    assert!(!rest.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn a_slow_body_is_answered_with_408() {
    let gateway = start(&[]).await;
    let mut socket = gateway.connect().await;
    let head = "POST /voice HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 10\r\n\r\nabc";
    write(&mut socket, head).await;
    tokio::time::pause();
    assert_eq!(status(&mut socket).await, "HTTP/1.1 408");
}

#[tokio::test]
async fn connections_are_bounded() {
    let gateway = start(&[("server.connections", "1")]).await;
    let mut first = gateway.connect().await;
    write(&mut first, "GET /nothing HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(status(&mut first).await, "HTTP/1.1 404");
    let mut second = gateway.connect().await;
    is_cut(&mut second).await;
    gateway
        .shows(
            "voice_gateway_connections_refused_total{reason=\"full\"}",
            1.0,
        )
        .await;
}

#[tokio::test]
async fn an_address_that_asks_too_often_is_slowed() {
    let gateway = start(&[("limits.burst", "3"), ("limits.requests_per_second", "1")]).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(gateway.post("/voice", &form("CA1")).await.status());
    }
    assert_eq!(statuses[..3], [StatusCode::OK; 3]);
    assert!(statuses[3..].contains(&StatusCode::TOO_MANY_REQUESTS));
}

#[tokio::test]
async fn a_wrong_bearer_is_refused() {
    let gateway = start(&[]).await;
    let url = format!("http://{}/calls", gateway.address);
    let body = r#"{"to":"+15005550006","from":"+15005550001","agent":"desk"}"#;
    for bearer in ["", "wrong", &BEARER[1..], &format!("{BEARER}x")] {
        let answer = gateway.order(bearer, body).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
    let without = gateway
        .client
        .post(&url)
        .body(body)
        .send()
        .await
        .expect("an answer");
    assert_eq!(without.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn tls_is_ended_here_and_a_silent_client_is_cut() {
    let made =
        rcgen::generate_simple_self_signed(["voice.test".to_owned()]).expect("a certificate");
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    std::fs::write(&certificate, made.cert.pem()).expect("it can be written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("it can be written");
    let (certificate, key) = (certificate.display().to_string(), key.display().to_string());
    let gateway = start(&[("server.certificate", &certificate), ("server.key", &key)]).await;

    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("a root");
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let socket = gateway.connect().await;
    let name = "voice.test".try_into().expect("a name");
    let tls = tokio_rustls::TlsConnector::from(Arc::new(config))
        .connect(name, socket)
        .await;
    let mut tls = tls.expect("a handshake");
    write(&mut tls, "GET /media HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(status(&mut tls).await, "HTTP/1.1 403");

    let mut silent = gateway.connect().await;
    tokio::time::pause();
    is_cut(&mut silent).await;
    gateway
        .shows(
            "voice_gateway_connections_refused_total{reason=\"handshake\"}",
            1.0,
        )
        .await;
}
