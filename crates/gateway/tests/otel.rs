//! Spans of calls reach a collector, without anything personal.
#![cfg(feature = "otel")]

mod common;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use common::phone::{ANSWERS, POLITE, behaviour, phone, soon};
use common::start_with;
use phonebox::carrier;
use voice_gateway::config::{LogConfig, LogFormat};
use voice_gateway::logging;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_calls_span_is_sent() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&sent);
    let take = async move |body: Bytes| note.lock().expect("no panic").extend_from_slice(&body);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/v1/traces", post(take));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let settings = LogConfig {
        format: LogFormat::Text,
        level: "trace".to_owned(),
        otlp: Some(format!("http://{address}/v1/traces")),
    };
    logging::install(&settings, std::io::sink).expect("the only one");

    let gateway = start_with(behaviour(POLITE), &[]).await;
    let called = carrier::run(phone(gateway.address, ANSWERS));
    soon("the call", called).await.expect("a network");
    soon("leaving", gateway.leave()).await.expect("no panic");
    let sent = sent.lock().expect("no panic").clone();
    let text = String::from_utf8_lossy(&sent);
    for word in ["voice-gateway", "call", "agent", "desk"] {
        assert!(text.contains(word), "{word} is not in {text}");
    }
    for secret in ["5005550006", "all is said", "model-key-77aa", common::TOKEN] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}
