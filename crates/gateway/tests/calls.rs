//! Webhooks and streams, from the first ring to the last word.

mod common;

use common::{ACCOUNT, ORIGIN, form, start, token_of};
use reqwest::StatusCode;
use voice_call::twilio::signature::{self, Body, Key};

#[tokio::test]
async fn a_call_rings_streams_and_ends() {
    let mut gateway = start(&[]).await;
    let twiml = gateway.twiml("/voice", "CA1").await;
    assert!(
        twiml.contains(r#"<Stream url="wss://voice.test/media""#),
        "{twiml}"
    );
    assert!(
        twiml.contains("<Redirect method=\"POST\">https://voice.test/resume</Redirect>"),
        "{twiml}"
    );
    let stream = gateway.begin("CA1", &twiml).await;
    stream.stop().await;
    assert!(gateway.twiml("/resume", "CA1").await.contains("<Hangup/>"));
    let drained = gateway.leave().await.expect("no panic");
    assert_eq!(drained.ends.get("caller_hung_up"), Some(&1));
    assert_eq!(drained.cut, 0);
}

#[tokio::test]
async fn a_wrong_signature_is_refused() {
    let gateway = start(&[]).await;
    let wrong = Key::sha1("ffff").sign(&format!("{ORIGIN}/voice"), Body::Form(&form("CA1")));
    let answer = gateway
        .post_with("/voice", &form("CA1"), &[(signature::HEADER, &wrong)])
        .await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let answer = gateway.post_with("/voice", &form("CA1"), &[]).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(gateway.stream_with("").await.is_err());
    // The same signature with https instead of wss is another one.
    let https = Key::sha1(common::TOKEN).sign("https://voice.test/media", Body::None);
    assert!(gateway.stream_with(&https).await.is_err());
    gateway
        .shows(
            "voice_gateway_requests_refused_total{reason=\"signature\"}",
            4.0,
        )
        .await;
    gateway.shows("voice_gateway_calls ", 0.0).await;
}

#[tokio::test]
async fn the_origin_is_never_taken_from_headers() {
    let gateway = start(&[]).await;
    let evil = Key::sha1(common::TOKEN).sign("https://evil.test/voice", Body::Form(&form("CA1")));
    let headers = [
        (signature::HEADER, evil.as_str()),
        ("X-Forwarded-Host", "evil.test"),
        ("X-Forwarded-Proto", "https"),
    ];
    let answer = gateway.post_with("/voice", &form("CA1"), &headers).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn rotated_tokens_and_shared_keys_are_good() {
    let gateway = start(&[]).await;
    let url = format!("{ORIGIN}/voice");
    let old = Key::sha1("ffffffffffffffffffffffffffffffff").sign(&url, Body::Form(&form("CA1")));
    let answer = gateway
        .post_with("/voice", &form("CA1"), &[(signature::HEADER, &old)])
        .await;
    assert_eq!(answer.status(), StatusCode::OK);
    let shared = Key::sha256("shared-secret").sign(&url, Body::Form(&form("CA2")));
    for (settings, status) in [
        ("key=k7,algorithm=HMAC_SHA256", StatusCode::OK),
        ("key=k7,algorithm=HMAC_SHA1", StatusCode::FORBIDDEN),
        ("key=k8,algorithm=HMAC_SHA256", StatusCode::FORBIDDEN),
        ("nonsense", StatusCode::FORBIDDEN),
    ] {
        let headers = [
            (signature::HEADER, shared.as_str()),
            (signature::SETTINGS_HEADER, settings),
        ];
        let answer = gateway.post_with("/voice", &form("CA2"), &headers).await;
        assert_eq!(answer.status(), status, "{settings}");
    }
}

#[tokio::test]
async fn a_webhook_sent_twice_gets_the_same_answer() {
    let gateway = start(&[]).await;
    let first = form("CA1");
    let (one, two) = tokio::join!(
        gateway.post("/voice", &first),
        gateway.post("/voice", &first)
    );
    let one = one.text().await.expect("a text");
    assert_eq!(one, two.text().await.expect("a text"));
    gateway.shows("voice_gateway_calls ", 1.0).await;
    // Coming back before the stream has used the token: the same again.
    assert_eq!(gateway.twiml("/resume", "CA1").await, one);
    let stream = gateway.begin("CA1", &one).await;
    drop(stream);
    assert_eq!(gateway.twiml("/voice", "CA1").await, one);
}

#[tokio::test]
async fn a_lost_stream_comes_back_with_another_token() {
    let gateway = start(&[]).await;
    let first = gateway.twiml("/voice", "CA1").await;
    let stream = gateway.begin("CA1", &first).await;
    let second = gateway.claimed("CA1", &first).await;
    let mut replayed = gateway.begin("CA1", &first).await;
    assert_eq!(replayed.closed().await.as_deref(), Some("token"));
    drop(stream);
    assert_eq!(gateway.twiml("/resume", "CA1").await, second);
    assert_ne!(token_of(&first), token_of(&second));
    let stream = gateway.begin("CA1", &second).await;
    stream.stop().await;
    gateway
        .shows("voice_gateway_calls_started_total{kind=\"inbound\"}", 1.0)
        .await;
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let gateway = start(&[("limits.token_lifetime", "0s")]).await;
    let twiml = gateway.twiml("/voice", "CA1").await;
    let mut stream = gateway.begin("CA1", &twiml).await;
    assert_eq!(stream.closed().await.as_deref(), Some("token"));
    gateway
        .shows("voice_gateway_streams_refused_total{reason=\"token\"}", 1.0)
        .await;
}

#[tokio::test]
async fn a_token_is_good_for_its_own_call_only() {
    let gateway = start(&[]).await;
    let twiml = gateway.twiml("/voice", "CA1").await;
    gateway.twiml("/voice", "CA2").await;
    let mut stream = gateway.begin("CA2", &twiml).await;
    assert_eq!(stream.closed().await.as_deref(), Some("other_call"));
}

#[tokio::test]
async fn a_full_gateway_says_the_fallback() {
    let gateway = start(&[("limits.calls", "1")]).await;
    gateway.twiml("/voice", "CA1").await;
    assert_eq!(
        gateway.admin("/ready").await.0,
        StatusCode::SERVICE_UNAVAILABLE
    );
    let twiml = gateway.twiml("/voice", "CA2").await;
    assert!(
        twiml.contains("<Say>All lines are busy.</Say><Hangup/>"),
        "{twiml}"
    );
    let dialled = gateway.twiml("/voice/bakery", "CA3").await;
    assert!(dialled.contains("<Dial>+15005550009</Dial>"), "{dialled}");
    // The first one is over: there is room again.
    let mut over = form("CA1");
    over.retain(|(name, _)| *name != "CallStatus");
    over.push(("CallStatus", "completed"));
    assert_eq!(
        gateway.post("/status", &over).await.status(),
        StatusCode::NO_CONTENT
    );
    while gateway.admin("/ready").await.0 != StatusCode::OK {}
    assert!(gateway.twiml("/voice", "CA4").await.contains("<Stream"));
}

#[tokio::test]
async fn a_quota_is_the_projects_own() {
    let gateway = start(&[]).await;
    assert!(
        gateway
            .twiml("/voice/bakery", "CA1")
            .await
            .contains("<Stream")
    );
    assert!(
        gateway
            .twiml("/voice/bakery", "CA2")
            .await
            .contains("<Dial>")
    );
    assert!(gateway.twiml("/voice", "CA3").await.contains("<Stream"));
    gateway
        .shows("voice_gateway_sessions{service=\"small\"}", 1.0)
        .await;
    gateway
        .shows("voice_gateway_calls_refused_total{reason=\"quota\"}", 1.0)
        .await;
}

#[tokio::test]
async fn unknown_calls_and_numbers_get_the_fallback() {
    let gateway = start(&[]).await;
    assert!(gateway.twiml("/resume", "CA9").await.contains("<Say>"));
    assert!(
        gateway
            .twiml("/voice/nobody", "CA9")
            .await
            .contains("<Say>")
    );
}

#[tokio::test]
async fn malformed_forms_are_refused() {
    let gateway = start(&[]).await;
    let no_call = [("AccountSid", ACCOUNT)];
    assert_eq!(
        gateway.post("/voice", &no_call).await.status(),
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        gateway.post("/voice", &[]).await.status(),
        StatusCode::BAD_REQUEST
    );
    let odd = [("AccountSid", ACCOUNT), ("CallSid", "../CA1")];
    assert_eq!(
        gateway.post("/voice", &odd).await.status(),
        StatusCode::BAD_REQUEST
    );
    let many: Vec<_> = form("CA1")
        .into_iter()
        .chain((0..300).map(|_| ("a", "b")))
        .collect();
    assert_eq!(
        gateway.post("/voice", &many).await.status(),
        StatusCode::BAD_REQUEST
    );
    let url = format!("http://{}/voice", gateway.address);
    let json = gateway
        .client
        .post(&url)
        .header("content-type", "application/json")
        .body("{}");
    assert_eq!(
        json.send().await.expect("an answer").status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    let bytes = gateway
        .client
        .post(&url)
        .header("content-type", "application/x-www-form-urlencoded");
    let bytes = bytes.body(vec![0xFF; 10]).send().await.expect("an answer");
    assert_eq!(bytes.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn one_of_several_nodes_asks_for_its_own_streams() {
    let gateway = start(&[("node_origin", "https://voice-0.test")]).await;
    let twiml = gateway.twiml("/voice", "CA1").await;
    assert!(twiml.contains("wss://voice-0.test/media"), "{twiml}");
    assert!(twiml.contains("https://voice-0.test/resume"), "{twiml}");
    let own = Key::sha1(common::TOKEN).sign("wss://voice-0.test/media", Body::None);
    assert!(gateway.stream_with(&own).await.is_ok());
    let url = "https://voice-0.test/resume";
    let own = Key::sha1(common::TOKEN).sign(url, Body::Form(&form("CA1")));
    let answer = gateway
        .post_with("/resume", &form("CA1"), &[(signature::HEADER, &own)])
        .await;
    assert_eq!(answer.text().await.expect("a text"), twiml);
}
