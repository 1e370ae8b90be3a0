//! Spans of calls reach a collector, without anything personal.
#![cfg(feature = "otel")]

mod common;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use common::net::{serve, soon};
use common::phone::{ANSWERS, POLITE, behaviour, call, phone};
use common::start_with;
use voice_gateway::config::{LogConfig, LogFormat};
use voice_gateway::logging;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_calls_span_is_sent() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&sent);
    let take = async move |body: Bytes| note.lock().expect("no panic").extend_from_slice(&body);
    let router = Router::new().route("/v1/traces", post(take));
    let address = serve(router).await;
    let settings = LogConfig {
        format: LogFormat::Text,
        level: "trace".to_owned(),
        otlp: Some(format!("http://{address}/v1/traces")),
    };
    logging::install(&settings, std::io::sink).expect("the only one");

    let mut gateway = start_with(behaviour(POLITE), &[]).await;
    call(phone(gateway.address, ANSWERS)).await;
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
