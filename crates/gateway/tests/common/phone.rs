//! A phone of the phone box that calls a gateway.

use std::net::SocketAddr;
use std::time::Duration;

use phonebox::carrier::{self, CallOptions, CallRecord, Caller, twiml::Link};
use phonebox::model::{Behaviour, EventKind, LiveEvent, Record, Server};
use tokio::sync::broadcast;

use super::net::soon;
use super::{ORIGIN, TOKEN};

/// A model that greets; once it was spoken to it answers and hangs up.
pub const POLITE: &str = r#"
kind = "script"
timing = { latency_ms = 50, burst = 20.0 }

[[turn]]
when = "call_begins"
say = [{ tone = { hz = 440.0, ms = 400 } }]
text = "Hello."

[[turn]]
when = "caller_spoke"
say = [{ tone = { hz = 500.0, ms = 300 } }]
text = "Good-bye."
calls = [{ name = "end_call", args = { reason = "all is said" } }]
"#;

/// A caller who waits for the greeting and answers it.
pub const ANSWERS: &str = r"
[[cue]]
after_agent_ms = 300
say = { voice = { ms = 700, seed = 7 } }
";

/// A behaviour of the model.
pub fn behaviour(text: &str) -> Behaviour {
    Behaviour::from_toml("behaviour", text).expect("a behaviour")
}

/// A call to a gateway at an address, whose streams last 40 s at most.
pub fn phone(address: SocketAddr, caller: &str) -> CallOptions {
    let local = format!("http://{address}");
    let mut options = CallOptions::new(format!("{local}/voice").parse().expect("a URL"));
    options.network.auth_token = TOKEN.into();
    options.network.public_origin = Some(ORIGIN.parse().expect("a URL"));
    options.network.local_origin = Some(local.parse().expect("a URL"));
    options.status_callback = Some(Link {
        url: format!("{ORIGIN}/status"),
        is_get: false,
    });
    options.caller = Caller::read(caller, ".".as_ref()).expect("a script");
    options.line.limit = Duration::from_secs(40);
    options.takes_time = false;
    options
}

/// The names of the verbs that were followed.
pub fn verbs(record: &CallRecord) -> Vec<&str> {
    record.verbs.iter().map(|(_, name)| name.as_str()).collect()
}

/// How much of the bridge's sound was played in all streams, in samples.
pub fn played(record: &CallRecord) -> u64 {
    let recordings = record
        .streams
        .iter()
        .filter_map(|stream| stream.recording.as_ref());
    recordings
        .map(|recording| recording.log.samples_played)
        .sum()
}

/// Makes a call, to its end.
pub async fn call(options: CallOptions) -> CallRecord {
    let called = carrier::run(options);
    soon("the call", called).await.expect("a network")
}

/// Waits until the model has heard the caller speak.
pub async fn until_heard(events: &mut broadcast::Receiver<LiveEvent>) {
    loop {
        let event = events.recv().await.expect("the model runs").event;
        if matches!(event.kind, EventKind::Heard { .. }) {
            return;
        }
    }
}

/// The record of the model's next session that is over.
pub async fn finished(model: &mut Server) -> Record {
    soon("the model", model.finished()).await.expect("a record")
}
