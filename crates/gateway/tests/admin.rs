//! What operators see, and how a gateway leaves.

mod common;

use common::start;
use reqwest::StatusCode;

#[tokio::test]
async fn live_ready_and_calls() {
    let gateway = start(&[]).await;
    assert_eq!(
        gateway.admin("/live").await,
        (StatusCode::OK, "live\n".to_owned())
    );
    assert_eq!(
        gateway.admin("/ready").await,
        (StatusCode::OK, "ready\n".to_owned())
    );
    gateway.twiml("/voice", "CA1").await;
    let (_, calls) = gateway.admin("/calls").await;
    assert!(calls.contains("\"agent\":\"desk\""), "{calls}");
    assert!(!calls.contains("+1500555"), "{calls}");
    // None of it is on the carrier's port.
    for path in ["/live", "/ready", "/metrics"] {
        let url = format!("http://{}{path}", gateway.address);
        let answer = gateway.client.get(url).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn not_ready_without_credentials() {
    let key = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(key.path(), "model-key-77aa").expect("it can be written");
    let place = format!("file:{}", key.path().display());
    let gateway = start(&[("services.main.key", &place)]).await;
    assert_eq!(gateway.admin("/ready").await.0, StatusCode::OK);
    // A file is read again, so it can be taken away, and come back.
    std::fs::write(key.path(), "").expect("it can be written");
    let (status, reason) = gateway.admin("/ready").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reason.contains("agent desk: "), "{reason}");
    assert!(reason.contains("it is empty"), "{reason}");
}

#[tokio::test]
async fn calls_may_finish_while_the_gateway_leaves() {
    let mut gateway = start(&[]).await;
    let twiml = gateway.twiml("/voice", "CA1").await;
    let stream = gateway.begin("CA1", &twiml).await;
    let leaving = gateway.leave();
    while gateway.admin("/ready").await.0 == StatusCode::OK {}
    let answer = gateway.twiml("/voice", "CA2").await;
    assert!(
        answer.contains("<Say>All lines are busy.</Say>"),
        "{answer}"
    );
    assert!(!leaving.is_finished());
    stream.stop().await;
    let drained = leaving.await.expect("no panic");
    assert_eq!(drained.cut, 0);
    assert_eq!(drained.ends.get("caller_hung_up"), Some(&1));
}

#[tokio::test]
async fn calls_that_take_too_long_are_ended() {
    let mut gateway = start(&[("drain.grace", "20s")]).await;
    let twiml = gateway.twiml("/voice", "CA1").await;
    let mut stream = gateway.begin("CA1", &twiml).await;
    gateway.twiml("/voice", "CA2").await;
    gateway.claimed("CA1", &twiml).await;
    tokio::time::pause();
    let drained = gateway.leave().await.expect("no panic");
    assert_eq!(drained.cut, 2);
    assert_eq!(drained.ends.get("stopped"), Some(&2));
    stream.closed().await;
}

#[tokio::test]
async fn the_scrape_is_text_of_prometheus() {
    let gateway = start(&[("limits.calls", "7")]).await;
    gateway.shows("voice_gateway_calls_limit ", 7.0).await;
    let (_, text) = gateway.admin("/metrics").await;
    assert!(
        text.contains("# HELP voice_gateway_calls Calls in progress"),
        "{text}"
    );
}

#[cfg(feature = "object-storage")]
#[tokio::test]
async fn it_leaves_when_all_is_uploaded() {
    use std::sync::Arc;

    use common::net::{serve, soon};
    use tokio::sync::Semaphore;

    let (asked, may_answer) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let storage = axum::Router::new().fallback({
        let (asked, may_answer) = (Arc::clone(&asked), Arc::clone(&may_answer));
        async move |_: axum::body::Bytes| {
            asked.add_permits(1);
            may_answer.acquire().await.expect("it is open").forget();
            StatusCode::OK
        }
    });
    let endpoint = format!("http://{}", serve(storage).await);
    let folder = tempfile::tempdir().expect("a folder");
    let files = ["aa", "bb"].map(|id| folder.path().join(format!("00000000000000{id}.json")));
    for file in &files {
        std::fs::write(file, "{}").expect("a file");
    }
    let mut gateway = start(&[
        ("shared.recordings", &folder.path().display().to_string()),
        ("shared.storage.endpoint", &endpoint),
        ("shared.storage.bucket", "calls"),
        ("shared.storage.region", "us-east-1"),
        ("shared.storage.path_style", "true"),
        ("shared.storage.at_once", "1"),
        ("shared.storage.access_key_id", "id"),
        ("shared.storage.secret_access_key", "key"),
    ])
    .await;
    may_answer.add_permits(1);
    drop(soon("two uploads", asked.acquire_many(2)).await);
    for (metric, expected) in [
        ("voice_uploads_waiting", 1.0),
        ("voice_uploads_total", 1.0),
        ("voice_uploaded_bytes_total", 2.0),
        ("voice_upload_failures_total", 0.0),
    ] {
        gateway.shows(metric, expected).await;
    }
    let (client, ready) = (
        gateway.client.clone(),
        format!("http://{}/ready", gateway.admin),
    );
    let left = gateway.leave();
    while client.get(&ready).send().await.expect("an answer").status() == StatusCode::OK {}
    assert!(!left.is_finished(), "it waits for the upload");
    may_answer.add_permits(1);
    soon("the end", left).await.expect("no panic");
    assert!(files.iter().all(|file| !file.exists()));
}
