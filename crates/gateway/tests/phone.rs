//! Whole calls: the phone box's carrier rings, its model speaks, and the gateway is between them.

mod common;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use common::net::{listen, serve, soon};
use common::phone::{
    ANSWERS, POLITE, behaviour, call, finished, phone, played, until_heard, verbs,
};
use common::{BEARER, config, run, serve_model, start_at, start_with, url_of};
use phonebox::carrier::{self, Callee, DialOutcome, End, Fault, FaultKind};
use phonebox::model::{self, EventKind, Model, Record};
use phonebox::tls::Authority;
use reqwest::StatusCode;
use serde_json::Value;
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use voice_gateway::Gateway;
use voice_gateway::live::{MemoryStore, Remembered, SessionStore, StoreFuture};

/// What a session of the model was told as text.
fn read(record: &Record) -> Vec<&str> {
    let texts = record.events.iter().filter_map(|event| match &event.kind {
        EventKind::Read(text) => Some(text.expose().as_str()),
        _ => None,
    });
    texts.collect()
}

/// How many times the caller was heard to have spoken.
fn heard(record: &Record) -> usize {
    let heard = |kind: &EventKind| matches!(kind, EventKind::Heard { .. });
    record.events.iter().filter(|it| heard(&it.kind)).count()
}

/// A model that hangs up only when it was spoken to twice.
fn patient() -> String {
    let answer = "[[turn]]\nwhen = \"caller_spoke\"\n";
    let first = format!("{answer}say = [{{ tone = {{ hz = 300.0, ms = 100 }} }}]\n\n{answer}");
    POLITE.replace(answer, &first)
}

#[tokio::test]
async fn a_call_is_greeted_heard_helped_by_a_tool_and_hung_up() {
    let asked = Arc::new(Mutex::new(Vec::<String>::new()));
    let note = Arc::clone(&asked);
    let answer = async move |body: String| {
        note.lock().expect("no panic").push(body);
        r#"{"price":1.5}"#
    };
    let router = Router::new().route("/price", post(answer));
    let tool = format!("http://{}/price", serve(router).await);

    // The model has a certificate that only the configured root knows.
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Arc::new(Authority::load_or_create(folder.path()).expect("an authority"));
    let roots = authority.file().expect("a file").display().to_string();
    let script = r#"
        kind = "script"
        timing = { latency_ms = 50, burst = 20.0 }
        [[turn]]
        when = "call_begins"
        say = [{ tone = { hz = 440.0, ms = 400 } }]
        [[turn]]
        when = "caller_spoke"
        calls = [{ name = "price", args = { bread = "rye" } }]
        [[turn]]
        when = { tool_result = "price" }
        say = [{ tone = { hz = 500.0, ms = 300 } }]
        calls = [{ name = "end_call", args = { reason = "all is said" } }]
    "#;
    let model = Model::new(behaviour(script)).expect("it is right");
    let options = model::ServerOptions {
        plain: None,
        tls: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
        authority: Some(authority),
        key: Some("model-key-77aa".to_owned()),
        ..model::ServerOptions::default()
    };
    let model = model::Server::bind(model, options).await.expect("a port");
    let price = format!("{{ description = \"The price.\", url = \"{tool}\" }}");
    let flags = [
        ("shared.extra_roots", roots.as_str()),
        ("agents.desk.tools.price", &price),
    ];
    let mut gateway = start_at(model, &flags).await;

    let record = call(phone(gateway.address, ANSWERS)).await;
    assert_eq!(verbs(&record), ["Connect", "Redirect", "Hangup"]);
    assert_eq!(record.end, End::HungUpByTwiml);
    assert!(record.warnings.is_empty(), "{:?}", record.warnings);
    // 700 ms of tones, all of them.
    assert!(played(&record) >= 5_600, "{}", played(&record));
    let session = finished(&mut gateway.model).await;
    assert_eq!(heard(&session), 1);
    let asked = asked.lock().expect("no panic").clone();
    let body: Value = serde_json::from_str(&asked[0]).expect("JSON");
    assert_eq!(body["arguments"]["bread"], "rye");
    assert_eq!(body["call"]["call_sid"], record.call_sid.expose().as_str());
    for (line, least) in [
        (
            "voice_tool_calls_total{agent=\"desk\",outcome=\"answered\"}",
            1.0,
        ),
        (
            "voice_gateway_calls_ended_total{end=\"agent_hung_up\"}",
            1.0,
        ),
        ("voice_uplink_delay_seconds_count", 10.0),
        ("voice_downlink_delay_seconds_count", 10.0),
        ("voice_model_connect_seconds_count", 1.0),
        ("voice_warm_start_saved_seconds_count", 1.0),
        ("voice_reply_seconds_count", 1.0),
    ] {
        assert!(gateway.metric(line).await >= least, "{line}");
    }
}

#[tokio::test]
async fn a_transfer_is_dialled() {
    let script = POLITE
        .replace("end_call", "transfer_call")
        .replace("reason = \"all is said\"", "to = \"office\"");
    let gateway = start_with(behaviour(&script), &[]).await;
    let mut options = phone(gateway.address, ANSWERS);
    options.dial = DialOutcome::Answered(Duration::from_secs(1));
    let record = call(options).await;
    assert_eq!(verbs(&record), ["Connect", "Redirect", "Dial", "Hangup"]);
    gateway
        .shows("voice_gateway_calls_ended_total{end=\"transferred\"}", 1.0)
        .await;
}

#[tokio::test]
async fn a_refused_key_gets_the_fallback() {
    let flags = [("services.main.key", "another-key")];
    let gateway = start_with(behaviour(POLITE), &flags).await;
    let record = call(phone(gateway.address, ANSWERS)).await;
    assert_eq!(verbs(&record).last(), Some(&"Hangup"));
    assert!(verbs(&record).contains(&"Say"), "{:?}", record.verbs);
    gateway
        .shows("voice_gateway_calls_ended_total{end=\"model_failed\"}", 1.0)
        .await;
    gateway
        .shows("voice_model_lost_total{code=\"1008\"}", 1.0)
        .await;
}

#[tokio::test]
async fn a_models_cut_connection_is_made_again_within_the_call() {
    let faults = "faults = { connections = [1], cut_at_ms = 1200 }";
    let script = format!("{faults}\n{POLITE}");
    let mut gateway = start_with(behaviour(&script), &[]).await;
    // Long after the cut.
    let caller = ANSWERS.replace("after_agent_ms = 300", "at_ms = 2500");
    let record = call(phone(gateway.address, &caller)).await;
    assert_eq!(verbs(&record), ["Connect", "Redirect", "Hangup"]);
    assert_eq!(record.streams.len(), 1);
    let sessions = [
        finished(&mut gateway.model).await,
        finished(&mut gateway.model).await,
    ];
    assert_eq!((heard(&sessions[0]), heard(&sessions[1])), (0, 1));
    let resumed = EventKind::Ready { is_resumed: true };
    assert!(sessions[1].events.iter().any(|event| event.kind == resumed));
    gateway.shows("voice_handover_gap_seconds_count", 1.0).await;
}

#[tokio::test]
async fn a_carriers_cut_stream_is_opened_again_and_the_talk_goes_on() {
    let mut gateway = start_with(behaviour(&patient()), &[]).await;
    let mut options = phone(
        gateway.address,
        &ANSWERS.replace("after_agent_ms = 300", "at_ms = 1300"),
    );
    options.line.faults = vec![Fault {
        at: Duration::from_millis(6_000),
        kind: FaultKind::Cut,
    }];
    let record = call(options).await;
    assert_eq!(
        verbs(&record),
        ["Connect", "Redirect", "Connect", "Redirect", "Hangup"]
    );
    assert_eq!(record.end, End::HungUpByTwiml);
    let session = finished(&mut gateway.model).await;
    assert_eq!(heard(&session), 2, "one session heard both streams");
    gateway.shows("voice_carriers_lost_total", 1.0).await;
    gateway
        .shows("voice_gateway_calls_started_total{kind=\"inbound\"}", 1.0)
        .await;
}

/// A load balancer: passes connections on, to one node and then to another.
async fn balancer(first: SocketAddr) -> (SocketAddr, watch::Sender<SocketAddr>) {
    let listener = listen().await;
    let address = listener.local_addr().expect("an address");
    let (node, nodes) = watch::channel(first);
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            let node = *nodes.borrow();
            tokio::spawn(async move {
                let mut to = TcpStream::connect(node).await.expect("the node");
                // An error is an end as well.
                let _ = copy_bidirectional(&mut from, &mut to).await;
            });
        }
    });
    (address, node)
}

/// A store that two gateways have in common, as two processes would have a server's.
#[derive(Debug)]
struct Common(MemoryStore);

impl SessionStore for Common {
    fn get<'a>(&'a self, call_sid: &'a str) -> StoreFuture<'a, Option<Remembered>> {
        self.0.get(call_sid)
    }

    fn put<'a>(&'a self, call_sid: &'a str, remembered: &'a Remembered) -> StoreFuture<'a, ()> {
        self.0.put(call_sid, remembered)
    }

    fn remove<'a>(&'a self, call_sid: &'a str, generation: u32) -> StoreFuture<'a, ()> {
        self.0.remove(call_sid, generation)
    }

    fn is_shared(&self) -> bool {
        true
    }
}

/// How a node goes.
#[derive(Clone, Copy, PartialEq)]
enum Gone {
    /// Its process dies.
    Lost,
    /// It is told to leave, and has no time to let calls finish.
    Leaves,
}

#[tokio::test]
async fn another_node_goes_on_with_the_talk() {
    tokio::join!(changes_nodes(Gone::Lost), changes_nodes(Gone::Leaves));
}

async fn changes_nodes(gone: Gone) {
    let mut model = serve_model(behaviour(&patient())).await;
    let flags = [("drain.grace", "\"0s\""), ("drain.linger", "\"1s\"")];
    let config = || config(&url_of(&model), &flags);
    let store = Arc::new(Common(MemoryStore::new(Duration::from_secs(60), 100)));
    let first = Gateway::bind_with_store(config(), Arc::clone(&store) as _);
    // A process of its own, as far as its end is concerned.
    let process = tokio::runtime::Runtime::new().expect("a runtime");
    let first = process
        .spawn(first)
        .await
        .expect("no panic")
        .expect("ports");
    let (address, node) = balancer(first.address().expect("an address")).await;
    let leave = Arc::new(Notify::new());
    let left = Arc::clone(&leave);
    let running = process.spawn(first.run(async move { left.notified().await }));
    let second = Gateway::bind_with_store(config(), store);
    let second = second.await.expect("ports");
    let second_address = second.address().expect("an address");
    let second = run(serve_model(behaviour(POLITE)).await, second);

    // Once the caller has answered the greeting, the first node goes.
    let mut events = model.events();
    let switch = async {
        until_heard(&mut events).await;
        node.send_replace(second_address);
        if gone == Gone::Leaves {
            leave.notify_one();
            let drained = running.await.expect("no panic");
            assert_eq!(drained.ends.get("handed_over"), Some(&1));
            assert_eq!(drained.cut, 0);
        }
        process.shutdown_background();
    };
    let caller = ANSWERS.replace("after_agent_ms = 300", "at_ms = 2000");
    let caller = format!("{caller}{}", caller.replace("2000", "4500"));
    let switch = soon("the change", switch);
    let (record, ()) = tokio::join!(call(phone(address, &caller)), switch);
    let asks_again = match gone {
        Gone::Lost => &["Redirect"][..],
        Gone::Leaves => &["Redirect", "Pause", "Redirect"],
    };
    let expected = [&["Connect"], asks_again, &["Connect", "Redirect", "Hangup"]];
    assert_eq!(verbs(&record), expected.concat());
    assert_eq!(record.end, End::HungUpByTwiml);
    second
        .shows("voice_gateway_calls_started_total{kind=\"resumed\"}", 1.0)
        .await;
    let mut is_resumed = false;
    while !is_resumed {
        let session = finished(&mut model).await;
        let resumed = EventKind::Ready { is_resumed: true };
        is_resumed = session.events.iter().any(|event| event.kind == resumed);
        if is_resumed {
            assert!(heard(&session) >= 1);
        }
    }
}

#[tokio::test]
async fn a_call_is_made_and_the_agent_knows_what_answered() {
    for (callee, expected, says) in [
        (Callee::Answers(Duration::ZERO), "human", false),
        (Callee::Machine(Duration::ZERO), "machine_start", true),
    ] {
        let model = serve_model(behaviour(POLITE)).await;
        // The carrier must know the gateway's address and the gateway the carrier's.
        let (address, node) = balancer(SocketAddr::from(([127, 0, 0, 1], 9))).await;
        let mut call = phone(address, ANSWERS);
        call.status_callback = None;
        let options = carrier::ServerOptions {
            account_sid: common::ACCOUNT.to_owned(),
            auth_token: "ffffffffffffffffffffffffffffffff".into(),
            call,
            callee,
            most_calls: 10,
        };
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let rest = carrier::Server::start(anywhere, options).await;
        let mut rest = rest.expect("a port");
        let base_url = format!("http://{}", rest.address());
        let mut gateway = start_at(model, &[("carrier.base_url", &base_url)]).await;
        node.send_replace(gateway.address);
        let body = r#"{"to":"+15005550006","from":"+15005550001","agent":"desk","machine_detection":true,"parameters":{"order":"12"}}"#;
        let answer = gateway.order(BEARER, body).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        let answer: Value = answer.json().await.expect("JSON");
        let record = soon("the call", rest.record()).await.expect("a record");
        assert_eq!(answer["call_sid"], record.call_sid.expose().as_str());
        assert_eq!(
            verbs(&record),
            ["Connect", "Redirect", "Hangup"],
            "{expected}"
        );
        let session = finished(&mut gateway.model).await;
        let told = read(&session)[0].contains("(A machine answered");
        assert_eq!(told, says, "{expected}");
        gateway
            .shows("voice_gateway_calls_started_total{kind=\"outbound\"}", 1.0)
            .await;
    }
}

#[tokio::test]
async fn a_webhook_that_comes_three_times_is_one_call() {
    let gateway = start_with(behaviour(POLITE), &[]).await;
    let mut options = phone(gateway.address, ANSWERS);
    options.webhook_copies = 3;
    let record = call(options).await;
    assert_eq!(record.end, End::HungUpByTwiml);
    gateway
        .shows("voice_gateway_calls_started_total{kind=\"inbound\"}", 1.0)
        .await;
}
