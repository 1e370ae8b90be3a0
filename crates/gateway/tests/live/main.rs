//! Calls over real sockets, with a model and a carrier that do what the test says.

#[path = "../common/mod.rs"]
mod common;
#[cfg(feature = "object-storage")]
mod s3;
#[cfg(feature = "object-storage")]
mod storage;
mod support;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use common::net::{serve, soon};
use serde_json::{Value, json};
use support::{Carrier, Desk, Model, Talk, caller};
use voice_call::call::End;
use voice_gateway::live::{
    AgentConfig, IDEMPOTENCY_KEY, SIGNATURE, ServiceConfig, SharedConfig, check, start,
};

#[tokio::test]
async fn the_greeting_is_heard_and_the_record_tells_of_the_call() {
    let mut talk = Talk::begin("greeting = '(Say hello.)'\ntranscripts = true", "").await;
    assert_eq!(talk.session.setup["model"], "models/gemini-3.8-live");
    let told = talk.session.next_but_sound().await.to_string();
    assert!(told.contains("(Say hello.)"), "{told}");
    talk.session
        .send(json!({"serverContent": {"outputTranscription": {"text": "Hello!"}}}))
        .await;
    talk.session.speak(200).await;
    let media = talk.carrier.next_of("media").await;
    assert_eq!(media["streamSid"], "MZ1");
    talk.carrier.next_of("mark").await;
    assert_eq!(talk.live.status().state, "talking");
    talk.session.send(json!({"usageMetadata": {"promptTokenCount": 12, "responseTokenCount": 3, "totalTokenCount": 15}})).await;
    talk.session.send(json!({"toolCall": {"functionCalls": [{"id": "f1", "name": "nothing_like_it", "args": {}}]}})).await;
    talk.session.next_but_sound().await; // Its refusal: the tokens before it were counted.
    talk.carrier.stop().await;
    assert_eq!(soon("the end", talk.live.ended()).await, End::CallerHungUp);
    let record = talk.desk.record().await;
    for (field, expected) in [
        ("agent", json!("bakery")),
        ("call_sid", json!("CA1")),
        ("end", json!("caller_hung_up")),
        ("streams", json!(1)),
        ("prompt_tokens", json!(12)),
        ("handovers", json!(0)),
    ] {
        assert_eq!(record[field], expected, "{field}");
    }
    assert!(record["agent_samples_heard"].as_u64() > Some(0), "{record}");
    let transcript = talk.desk.lines("transcripts.jsonl").await;
    assert_eq!(
        (&transcript[0]["speaker"], &transcript[0]["text"]),
        (&json!("agent"), &json!("Hello!"))
    );
    assert!(!record.to_string().contains("5005550006"));
}

#[tokio::test]
async fn a_barge_in_clears_the_carrier() {
    let mut talk = Talk::begin("", "").await;
    talk.session.speak(5_000).await;
    talk.carrier.next_of("media").await;
    talk.session
        .send(json!({"serverContent": {"interrupted": true}}))
        .await;
    talk.carrier.next_of("clear").await;
    talk.live.hang_up(End::Stopped);
    let record = talk.desk.record().await;
    assert_eq!(
        (&record["barge_ins"], &record["end"]),
        (&json!(1), &json!("stopped"))
    );
    assert!(
        record["agent_samples_dropped"].as_u64() > Some(8_000),
        "{record}"
    );
    while !talk.carrier.next().await.is_null() {}
}

#[tokio::test]
async fn a_tool_is_asked_again_with_the_same_key_and_its_answer_reaches_the_model() {
    type Asked = Arc<Mutex<Vec<(HeaderMap, String)>>>;
    let asked = Asked::default();
    let answer = {
        let asked = Arc::clone(&asked);
        move |headers: HeaderMap, body: String| async move {
            let mut asked = asked.lock().unwrap();
            asked.push((headers, body));
            let is_first = asked.len() == 1;
            if is_first {
                (StatusCode::SERVICE_UNAVAILABLE, String::new())
            } else {
                (StatusCode::OK, r#"{"price":1.5}"#.to_owned())
            }
        }
    };
    let router = Router::new().route("/price", post(answer));
    let address = serve(router).await;
    let tool = format!(
        "[tools.price]\ndescription = 'The price.'\nurl = 'http://{address}/price'\nsecret = 'k'\nparameters = {{ type = 'object', properties = {{ bread = {{ type = 'string' }} }} }}"
    );
    let mut talk = Talk::begin(&tool, "").await;
    let declared = talk.session.setup["tools"].to_string();
    assert!(
        declared.contains(r#""name":"price""#) && declared.contains("end_call"),
        "{declared}"
    );
    talk.session.next_but_sound().await; // The greeting.
    talk.session.send(json!({"toolCall": {"functionCalls": [{"id": "f1", "name": "price", "args": {"bread": "rye"}}]}})).await;
    let answer = talk.session.next_but_sound().await.to_string();
    assert!(
        answer.contains(r#""id":"f1""#) && answer.contains(r#""price":1.5"#),
        "{answer}"
    );

    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].0[IDEMPOTENCY_KEY], asked[1].0[IDEMPOTENCY_KEY]);
    assert_eq!(asked[0].1, asked[1].1);
    let body: Value = serde_json::from_str(&asked[1].1).unwrap();
    assert_eq!(body["arguments"], json!({"bread": "rye"}));
    assert_eq!(
        (&body["call"]["from"], &body["call"]["agent"]),
        (&json!("+15005550006"), &json!("bakery"))
    );
    let signature = asked[1].0[SIGNATURE].to_str().unwrap();
    assert!(
        signature.starts_with("t=") && signature.contains(",v1="),
        "{signature}"
    );
}

#[tokio::test]
async fn a_notice_is_followed_by_a_connection_with_the_handle() {
    let mut talk = Talk::begin("", "").await;
    talk.session.next_but_sound().await; // The greeting.
    talk.session.speak(20).await;
    talk.session.give_handle("h-1").await;
    talk.session
        .send(json!({"goAway": {"timeLeft": "5s"}}))
        .await;
    while !talk.session.next().await.is_null() {}
    let second = talk.model.accept().await;
    assert_eq!(second.setup["sessionResumption"]["handle"], "h-1");
    talk.live.hang_up(End::Stopped);
    assert_eq!(soon("the end", talk.live.ended()).await, End::Stopped);
}

#[tokio::test]
async fn a_refused_key_ends_the_call_with_advice() {
    let model = Model::listen().await;
    let desk = Desk::new(&model.url(), "", "");
    let live = desk.call();
    model.refuse("403 Forbidden").await;
    let End::ModelFailed(advice) = soon("the end", live.ended()).await else {
        panic!("another end")
    };
    assert!(advice.contains("enable the API"), "{advice}");
    assert_eq!(desk.record().await["advice"], advice);
}

#[tokio::test]
async fn a_cut_connection_is_made_again() {
    let mut talk = Talk::begin("", "").await;
    talk.session.next_but_sound().await;
    talk.session.give_handle("h-1").await;
    talk.session.speak(20).await;
    talk.carrier.next_of("media").await; // So the handle has arrived.
    talk.session.cut();
    let mut second = talk.model.accept().await;
    assert_eq!(second.setup["sessionResumption"]["handle"], "h-1");
    second.next().await; // Sound of the caller's: it is live.
    talk.carrier.stop().await;
    let record = talk.desk.record().await;
    assert_eq!(record["handovers"], 1);
}

#[tokio::test]
async fn a_lost_carrier_may_come_back() {
    let mut talk = Talk::begin("", "").await;
    talk.session.next_but_sound().await;
    drop(talk.carrier);
    talk.carrier = Carrier::stream(&talk.live).await;
    talk.session.speak(20).await;
    talk.carrier.next_of("media").await;
    talk.carrier.stop().await;
    assert_eq!(talk.desk.record().await["streams"], 2);
}

#[tokio::test]
async fn a_carrier_that_does_not_even_answer_pings_is_given_up() {
    let limits = "sockets = { ping_interval = '20ms', longest_silence = '100ms' }";
    let talk = Talk::begin("carrier_timeout = '100ms'\ngreeting = ''", limits).await;
    assert_eq!(soon("the end", talk.live.ended()).await, End::CarrierLost);
}

#[tokio::test]
async fn a_recording_has_both_sides_in_time() {
    let mut talk = Talk::begin("records = true", "").await;
    talk.session.speak(100).await;
    talk.carrier.next_of("media").await;
    talk.carrier.next_of("mark").await;
    let sound = voice_call_sound();
    talk.carrier.send(json!({"event": "media", "streamSid": "MZ1", "media": {"track": "inbound", "chunk": "1", "timestamp": "0", "payload": sound}})).await;
    talk.carrier.stop().await;
    assert_eq!(soon("the end", talk.live.ended()).await, End::CallerHungUp);
    talk.desk.record().await; // Written after the recording.
    let file = std::fs::read(
        talk.desk
            .recordings()
            .join(format!("{}.wav", talk.live.id())),
    )
    .unwrap();
    let header = audio_converter_file::wav::parse(&file[..], Some(file.len() as u64)).unwrap();
    assert_eq!((header.channels, header.rate), (2, 8_000));
    assert_eq!(header.data_bytes, Some(file.len() as u64 - 58));
    let loud = |channel: usize| {
        file[58 + channel..]
            .iter()
            .step_by(2)
            .filter(|code| !matches!(code, 0x7F | 0xFF))
            .count()
    };
    assert!(loud(0) > 0, "the caller");
    assert!(loud(1) > 0, "the agent");
}

#[tokio::test]
async fn another_process_goes_on_with_the_talk() {
    let mut talk = Talk::begin("", "").await;
    talk.session.give_handle("h-1").await;
    talk.session.speak(20).await;
    talk.carrier.next_of("media").await; // So the handle has arrived.
    talk.live.hang_up(End::Stopped);
    talk.desk.record().await;
    let remembered = talk.desk.shared.recall("AC1", "CA1").await.unwrap();
    assert_eq!(remembered.agent, "bakery");
    talk.live = start(&talk.desk.agent, caller(), Some(remembered));
    let second = talk.model.accept().await;
    assert_eq!(second.setup["sessionResumption"]["handle"], "h-1");
    talk.carrier = Carrier::stream(&talk.live).await;
    talk.carrier.stop().await;
    soon("the end", talk.live.ended()).await;
    soon("the store", async {
        while talk.desk.shared.recall("AC1", "CA1").await.is_some() {
            talk.desk.shared.flush().await;
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_found_at_the_start_and_named() {
    let services = toml::from_str("[a]\nkind = 'developer'\nkey = 'k'\n[b]\nkind = 'vertex'\nproject = 'p'\nlocation = 'us'\nbearer = { token = 't' }").unwrap();
    for (config, expected) in [
        (
            "model = 'gemini-3.8-live'",
            "agents.x.service: it must name one of the services: a, b",
        ),
        (
            "service = 'c'\nmodel = 'gemini-3.8-live'",
            "agents.x.service: it is c, which is none of the services: a, b",
        ),
        (
            "service = 'a'\nmodel = 'gemini-3.8-live'\nthinking = { level = 'LOW' }",
            "agents.x.thinking: it cannot be so: gemini-3.8-live refuses any thinking configuration",
        ),
        (
            "service = 'a'\nmodel = 'gemini-3.8-live'\nrecords = true",
            "agents.x.records: it needs a folder",
        ),
        (
            "service = 'a'\nmodel = 'gemini-3.8-live'\ntools.t = { description = 'd', url = 'ftp://x' }",
            "agents.x.tools.t.url: it is no http:// or https:// address",
        ),
        (
            "service = 'a'\nmodel = 'gemini-3.8-live'\ntools.t = { description = 'd', url = 'http://x', secret = 'env:NOT_THERE_AT_ALL' }",
            "agents.x.tools.t.secret: the environment variable NOT_THERE_AT_ALL is not set",
        ),
    ] {
        let agents = BTreeMap::from([("x".to_owned(), toml::from_str(config).unwrap())]);
        let checked = check(&SharedConfig::default(), &services, &agents);
        let error = checked.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let error = toml::from_str::<AgentConfig>("model = 'm'\nvioce = 'Kore'")
        .unwrap_err()
        .to_string();
    assert!(error.contains("unknown field `vioce`"), "{error}");
    let shown = toml::to_string(
        &toml::from_str::<ServiceConfig>("kind = 'developer'\nkey = 'hunter2'").unwrap(),
    )
    .unwrap();
    assert!(
        shown.contains("\"***\"") && !shown.contains("hunter2"),
        "{shown}"
    );
}

/// 20 ms of a loud sound, as base64: bytes that are no silence.
fn voice_call_sound() -> String {
    "EhIS".repeat(160 / 3 + 1)
}
