//! Calls that the gateway makes, against a small REST interface of a carrier.

mod common;

use std::sync::{Arc, Mutex};

use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Form, Router};
use common::net::serve;
use common::{BEARER, form, start};

type Asked = Arc<Mutex<Vec<(HeaderMap, Vec<(String, String)>)>>>;

/// A carrier that takes down what it is asked and answers with a status.
async fn carrier(status: StatusCode) -> (String, Asked) {
    let asked = Asked::default();
    let note = Arc::clone(&asked);
    let calls = async move |headers: HeaderMap, Form(fields): Form<Vec<(String, String)>>| {
        note.lock().expect("no panic").push((headers, fields));
        (status, r#"{"sid":"CA77","status":"queued"}"#)
    };
    let router = Router::new().route("/2010-04-01/Accounts/{sid}/Calls.json", post(calls));
    let url = format!("http://{}", serve(router).await);
    (url, asked)
}

#[tokio::test]
async fn a_call_is_made_answered_and_followed() {
    let (url, asked) = carrier(StatusCode::CREATED).await;
    let gateway = start(&[("carrier.base_url", &url)]).await;
    let body = r#"{"to":"+15005550006","from":"+15005550001","agent":"bakery","machine_detection":true,"parameters":{"order":"12"}}"#;
    let answer = gateway.order(BEARER, body).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let answer: serde_json::Value = answer.json().await.expect("JSON");
    assert_eq!(answer["call_sid"], "CA77");
    let webhook = {
        let asked = asked.lock().expect("no panic");
        let (headers, fields) = &asked[0];
        let authorization = headers["authorization"].to_str().expect("a text");
        assert!(authorization.starts_with("Basic "));
        let field = |wanted: &str| {
            fields
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.clone())
        };
        assert_eq!(field("MachineDetection").as_deref(), Some("Enable"));
        field("Url").expect("a webhook")
    };
    let path = webhook
        .strip_prefix(common::ORIGIN)
        .expect("the public origin");
    let mut fields = form("CA77");
    fields.push(("AnsweredBy", "human"));
    let twiml = gateway
        .post(path, &fields)
        .await
        .text()
        .await
        .expect("a text");
    assert!(twiml.contains("<Stream"), "{twiml}");
    gateway
        .shows("voice_gateway_calls_started_total{kind=\"outbound\"}", 1.0)
        .await;
    gateway
        .shows("voice_gateway_sessions{service=\"small\"}", 1.0)
        .await;
    let unknown = gateway.twiml("/outbound/0123", "CA78").await;
    assert!(unknown.contains("<Say>"), "{unknown}");
}

#[tokio::test]
async fn what_cannot_be_called_is_told_in_a_sentence() {
    let (url, _) = carrier(StatusCode::UNAUTHORIZED).await;
    let gateway = start(&[("carrier.base_url", &url)]).await;
    for (body, status, says) in [
        (r#"{"to":"+15005550007"}"#, 400, "give to, from and agent"),
        (
            r#"{"to":"","from":"+15005550001","agent":"desk"}"#,
            422,
            "`to` must be a number",
        ),
        (
            r#"{"to":"+15005550007","from":"+15005550001","agent":"x"}"#,
            422,
            "no such agent",
        ),
        (
            r#"{"to":"+15005550007","from":"+15005550001","agent":"desk"}"#,
            502,
            "first auth token",
        ),
    ] {
        let answer = gateway.order(BEARER, body).await;
        assert_eq!(answer.status().as_u16(), status, "{body}");
        let text = answer.text().await.expect("a text");
        assert!(
            text.contains(says) && !text.contains("+15005550007"),
            "{text}"
        );
    }
}
