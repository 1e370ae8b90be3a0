//! Nothing secret or personal is logged at any level, measured, or shown to operators.

mod common;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use common::net::{serve, soon};
use common::phone::{behaviour, call, phone, until_heard};
use common::{BEARER, config, form, run, serve_model, token_of, url_of};
use voice_gateway::config::{LogConfig, LogFormat};
use voice_gateway::live::{MemoryStore, SessionStore as _};
use voice_gateway::{Gateway, logging};

const SCRIPT: &str = r#"
kind = "script"
transcripts = ["My name is Swordfish."]
timing = { latency_ms = 50, burst = 20.0 }

[[turn]]
when = "call_begins"
say = [{ tone = { hz = 440.0, ms = 300 } }]
text = "Say marmalade."

[[turn]]
when = "caller_spoke"
calls = [{ name = "lookup", args = { card = "card-4111-1111" } }, { name = "nothing_like_it", args = { card = "card-4111-1111" } }]

[[turn]]
when = { tool_result = "lookup" }
say = [{ tone = { hz = 500.0, ms = 200 } }]
text = "Thank you, Swordfish."
calls = [{ name = "end_call", args = { reason = "pineapple" } }]
"#;

const CALLER: &str = r##"
[[cue]]
after_agent_ms = 200
press = "7#"

[[cue]]
at_ms = 1500
say = { voice = { ms = 700, seed = 7 } }
"##;

#[tokio::test]
async fn a_busy_gateway_shows_no_secret() {
    let log = tempfile::NamedTempFile::new().expect("a file");
    let writer = Arc::new(log.reopen().expect("a file"));
    let settings = LogConfig {
        format: LogFormat::Json,
        level: "trace".to_owned(),
        otlp: None,
    };
    logging::install(&settings, writer).expect("the only one");

    // A tool that fails, with words that are nobody's business.
    let lookup = async || (reqwest::StatusCode::BAD_REQUEST, "no-such-person");
    let router = Router::new().route("/lookup-path", post(lookup));
    let address = serve(router).await;
    let tool = format!(
        "{{ description = \"d\", url = \"http://{address}/lookup-path?key=url-key-5\", secret = \"tool-key-88\" }}"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let model = serve_model(behaviour(SCRIPT)).await;
    let mut events = model.events();
    let (transcripts, records, recordings) =
        (path("transcripts"), path("calls"), path("recordings"));
    let flags = [
        ("limits.calls", "2"),
        ("carrier.base_url", "http://127.0.0.1:9"),
        ("agents.desk.tools.lookup", &tool),
        ("agents.desk.system_prompt", "Never tell about tangerines."),
        ("agents.desk.transcripts", "true"),
        ("agents.desk.records", "true"),
        ("shared.transcripts", &transcripts),
        ("shared.call_records", &records),
        ("shared.recordings", &recordings),
    ];
    let config = config(&url_of(&model), &flags);
    let store = Arc::new(MemoryStore::new(Duration::from_secs(60), 100));
    let gateway = Gateway::bind_with_store(config, Arc::clone(&store) as _);
    let mut gateway = run(model, gateway.await.expect("ports"));

    // A whole call, looked at while it goes on.
    let options = phone(gateway.address, CALLER);
    let call_sid = options.call_sid.expose().clone();
    let key = format!("{}:{call_sid}", options.account_sid.expose());
    let look = async {
        until_heard(&mut events).await;
        let remembered = store.get(&key).await.expect("a store");
        let handle = remembered.expect("it is remembered").memory.handle;
        let handle = handle.expect("a handle").into_exposed();
        (handle, gateway.admin("/calls").await.1)
    };
    let (_, (handle, calls)) = tokio::join!(call(options), soon("the caller", look));
    assert!(calls.contains("\"state\":\"talking\""), "{calls}");

    // What goes wrong around calls.
    let twiml = gateway.twiml("/voice", "CA1").await;
    let mut stream = gateway.begin("CA1", &twiml).await;
    let odd = r#"{"event":"odd","streamSid":"MZ1","words":"secret-words"}"#;
    stream.say(odd.to_owned()).await;
    stream.say("{secret-words".to_owned()).await;
    let second = gateway.claimed("CA1", &twiml).await;
    let mut replayed = gateway.begin("CA1", &twiml).await;
    replayed.closed().await;
    gateway.twiml("/voice", "CA2").await;
    gateway.twiml("/voice", "CA3").await;
    let wrong = [("X-Twilio-Signature", "d3Jvbmc=")];
    gateway.post_with("/voice", &form("CA1"), &wrong).await;
    let mut failed = form("CA2");
    failed.extend([
        ("StreamEvent", "stream-error"),
        ("StreamError", "no answer from +15005550006"),
    ]);
    gateway.post("/status", &failed).await;
    let body = r#"{"to":"+15005550006","from":"+15005550001","agent":"desk","parameters":{"note":"secret-words"}}"#;
    for bearer in [BEARER, "wrong-bearer-99"] {
        gateway.order(bearer, body).await;
    }
    stream.stop().await;
    let (_, metrics) = gateway.admin("/metrics").await;
    let (_, ready) = gateway.admin("/ready").await;
    let drained = gateway.leave();

    // All of it was there to be shown.
    let transcript = soon("the transcript", async {
        loop {
            let text = std::fs::read_to_string(&transcripts).expect("a file");
            if text.contains("Thank you") {
                return text;
            }
            tokio::task::yield_now().await;
        }
    });
    let transcript = transcript.await;
    for words in ["Swordfish", "marmalade"] {
        assert!(transcript.contains(words), "{words} is not in {transcript}");
    }
    drained.abort();

    let log = std::fs::read_to_string(log.path()).expect("a text");
    for line in [
        "a call begins",
        "the call ended",
        "a tool is done",
        "a message was ignored",
        "a webhook's signature is wrong",
        "the carrier could not open",
    ] {
        assert!(log.contains(line), "{line} is not in {log}");
    }
    let shown = [log, metrics, ready, calls].join("\n");
    for secret in [
        common::TOKEN,
        "ffffffffffffffffffffffffffffffff",
        BEARER,
        "wrong-bearer-99",
        "model-key-77aa",
        "shared-secret",
        "tool-key-88",
        "url-key-5",
        "no-such-person",
        "5005550006",
        "5005550001",
        "5005550009",
        "secret-words",
        "d3Jvbmc=",
        "Swordfish",
        "swordfish",
        "marmalade",
        "tangerines",
        "pineapple",
        "card-4111",
        "pressed",
        &handle,
        token_of(&twiml),
        token_of(&second),
    ] {
        assert!(!shown.contains(secret), "{secret} is in {shown}");
    }
}
