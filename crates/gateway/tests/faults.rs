//! Everything that the phone box can do wrong: the call goes on or ends cleanly, a counter says why, and the gateway
//! takes the next call.

mod common;

use std::time::Duration;

use common::net::soon;
use common::phone::{ANSWERS, POLITE, behaviour, call, phone, verbs};
use common::{Running, start_with};
use phonebox::carrier::{Counters, Ending, Fault, FaultKind, LineSettings, Opening, Silence};
use tokio::task::JoinHandle;

/// How a call ends.
#[derive(Clone, Copy, Debug)]
enum Outcome {
    /// The agent says good-bye and hangs up.
    Finished,
    /// The caller hears the fallback, after this end.
    Fallback(&'static str),
    /// The caller hung up; the gateway saw this end.
    Left(&'static str),
}

/// Makes a call, and checks how it ended, that it was counted, and that there is room for the next.
async fn try_call(
    name: &str,
    gateway: Running,
    line: LineSettings,
    caller: &str,
    outcome: Outcome,
    counted: &str,
) {
    let mut options = phone(gateway.address, caller);
    options.line = LineSettings {
        limit: line.limit.min(options.line.limit),
        ..line
    };
    let record = call(options).await;
    let followed = verbs(&record);
    let end = match outcome {
        Outcome::Finished => {
            assert_eq!(followed.last(), Some(&"Hangup"), "{name}: {followed:?}");
            assert!(!followed.contains(&"Say"), "{name}: {followed:?}");
            "agent_hung_up"
        }
        Outcome::Fallback(end) => {
            assert!(
                followed.ends_with(&["Say", "Hangup"]),
                "{name}: {followed:?}"
            );
            end
        }
        Outcome::Left(end) => end,
    };
    // The call's room is given back once it is over.
    let is_over = async { while gateway.metric("voice_gateway_calls ").await != 0.0 {} };
    soon(name, is_over).await;
    let ended = format!("voice_gateway_calls_ended_total{{end=\"{end}\"}}");
    let (_, metrics) = gateway.admin("/metrics").await;
    assert_eq!(
        gateway.metric(&ended).await,
        1.0,
        "{name}: {ended}\n{metrics}"
    );
    assert!(gateway.metric(counted).await >= 1.0, "{name}: {counted}");
    let next = gateway.twiml("/voice", "CA1").await;
    assert!(next.contains("<Stream"), "{name}: {next}");
}

/// Waits for all calls, so that each that fails tells why.
async fn none_failed(calls: impl IntoIterator<Item = JoinHandle<()>>) {
    let mut failed = 0;
    for call in calls {
        failed += usize::from(call.await.is_err());
    }
    assert_eq!(failed, 0, "calls failed: their panics are above");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_model_can_do_wrong() {
    use Outcome::{Fallback, Finished};
    const ENDED: &str = "voice_gateway_calls_ended_total{end=\"agent_hung_up\"}";
    let lost = |code: u16| format!("voice_model_lost_total{{code=\"{code}\"}}");
    let close = |code: u16, reason: &str| {
        format!(
            "connections = [1]\nclose = {{ code = {code}, reason = \"{reason}\", at_ms = 1200 }}"
        )
    };
    let at_setup = |code: u16, reason: &str, which: &str| {
        format!("{which}\nclose_at_setup = {{ code = {code}, reason = \"{reason}\" }}")
    };
    let table = [
        (
            "cut",
            "connections = [1]\ncut_at_ms = 1200".to_owned(),
            Finished,
            lost(1_006),
        ),
        (
            "cut in a turn",
            "connections = [1]\ncut_in_turn = 1".to_owned(),
            Finished,
            lost(1_006),
        ),
        ("close 1000", close(1_000, ""), Finished, lost(1_000)),
        (
            "close 1011",
            close(1_011, "Internal error."),
            Finished,
            lost(1_011),
        ),
        (
            "close 1007",
            close(1_007, "Request contains an invalid argument."),
            Fallback("model_failed"),
            lost(1_007),
        ),
        (
            "close 1008",
            close(1_008, "The operation was aborted."),
            Finished,
            lost(1_008),
        ),
        (
            "refused once",
            at_setup(1_011, "Quota.", "connections = [1]"),
            Finished,
            lost(1_011),
        ),
        (
            "refused for good",
            at_setup(1_007, "Invalid.", ""),
            Fallback("model_failed"),
            lost(1_007),
        ),
        (
            "no such model",
            at_setup(1_008, "x is not found", ""),
            Fallback("model_failed"),
            lost(1_008),
        ),
        (
            "never ready",
            "connections = [1]\nnever_ready = true".to_owned(),
            Finished,
            lost(4_408),
        ),
        (
            "hangs",
            "connections = [1]\nhang_at_ms = 1000".to_owned(),
            Finished,
            lost(4_408),
        ),
        (
            "hangs for good",
            "hang_at_ms = 1000".to_owned(),
            Fallback("model_failed"),
            lost(4_408),
        ),
        (
            "refuses handles",
            "connections = [1, 2]\ncut_at_ms = 1200\nrefuse_handles = true".to_owned(),
            Finished,
            lost(1_006),
        ),
        ("slow", "speed = 0.8".to_owned(), Finished, ENDED.to_owned()),
        (
            "pauses",
            "pause_ms = 300\npause_every_ms = 200".to_owned(),
            Finished,
            ENDED.to_owned(),
        ),
        (
            "lumps",
            "lump_ms = 200".to_owned(),
            Finished,
            ENDED.to_owned(),
        ),
        (
            "late pongs",
            "pong_delay_ms = 30000".to_owned(),
            Finished,
            ENDED.to_owned(),
        ),
        (
            "odd bytes",
            "odd_bytes = true".to_owned(),
            Finished,
            ENDED.to_owned(),
        ),
        (
            "one message",
            "one_message = true".to_owned(),
            Finished,
            ENDED.to_owned(),
        ),
        (
            "phantom interruption",
            "phantom_interruption = 1".to_owned(),
            Finished,
            "voice_barge_ins_total".to_owned(),
        ),
        (
            "empty turn",
            "empty_turn = 1".to_owned(),
            Finished,
            "voice_empty_turns_total".to_owned(),
        ),
    ];
    let calls = table.map(|(name, faults, outcome, counted)| {
        tokio::spawn(async move {
            let script = format!("{POLITE}\n[faults]\n{faults}\n");
            let flags = [
                ("agents.desk.reply_timeout", "3s"),
                ("agents.desk.idle", "{ after = \"3s\" }"),
            ];
            let gateway = start_with(behaviour(&script), &flags).await;
            // Late enough for the fault to have come, and the model to be back, and said again if it was not heard.
            let caller = [4_000, 14_500, 20_000, 24_000]
                .map(|at| {
                    format!("[[cue]]\nat_ms = {at}\nsay = {{ voice = {{ ms = 700, seed = 7 }} }}\n")
                })
                .concat();
            try_call(
                name,
                gateway,
                LineSettings::default(),
                &caller,
                outcome,
                &counted,
            )
            .await;
        })
    });
    none_failed(calls).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_carrier_can_do_wrong() {
    use Outcome::{Fallback, Finished, Left};
    const ENDED: &str = "voice_gateway_calls_ended_total{end=\"agent_hung_up\"}";
    const LEFT: &str = "voice_gateway_calls_ended_total{end=\"caller_hung_up\"}";
    const LOST: &str = "voice_carriers_lost_total";
    const LEAVES: &str = "[[cue]]\nat_ms = 900\nhang_up = true\n";
    let ignored =
        |fault: &str| format!("voice_ignored_messages_total{{peer=\"carrier\",fault=\"{fault}\"}}");
    let line = LineSettings::default;
    let fault = |at, kind| LineSettings {
        faults: vec![Fault {
            at: Duration::from_millis(at),
            kind,
        }],
        ..line()
    };
    let ending = |ending| LineSettings { ending, ..line() };
    let opening = |opening| LineSettings { opening, ..line() };
    let counters = |counters| LineSettings { counters, ..line() };
    // Faults that end a stream come again in the next one, until the carrier gives the call up.
    let table = [
        (
            "unknown event",
            fault(300, FaultKind::UnknownEvent),
            ANSWERS,
            Finished,
            ignored("unknown"),
        ),
        (
            "second start",
            fault(300, FaultKind::SecondStart),
            ANSWERS,
            Finished,
            ignored("second_start"),
        ),
        (
            "malformed",
            fault(300, FaultKind::Malformed),
            ANSWERS,
            Finished,
            ignored("malformed"),
        ),
        (
            "binary",
            fault(300, FaultKind::Binary),
            ANSWERS,
            Finished,
            ignored("malformed"),
        ),
        (
            "duplicate",
            fault(300, FaultKind::Duplicate),
            ANSWERS,
            Finished,
            ENDED.to_owned(),
        ),
        (
            "huge",
            fault(100, FaultKind::Huge),
            "",
            Left("caller_hung_up"),
            LOST.to_owned(),
        ),
        (
            "close",
            fault(100, FaultKind::Close),
            "",
            Left("caller_hung_up"),
            LOST.to_owned(),
        ),
        (
            "cut",
            fault(100, FaultKind::Cut),
            "",
            Left("caller_hung_up"),
            LOST.to_owned(),
        ),
        (
            "half-open",
            LineSettings {
                limit: Duration::from_secs(5),
                ..fault(300, FaultKind::HalfOpen)
            },
            "",
            Left("caller_hung_up"),
            LEFT.to_owned(),
        ),
        (
            "media first",
            opening(Opening::MediaFirst),
            ANSWERS,
            Finished,
            ignored("too_early"),
        ),
        (
            "not connected",
            opening(Opening::NotConnected),
            ANSWERS,
            Finished,
            ENDED.to_owned(),
        ),
        (
            "not started",
            opening(Opening::NotStarted),
            "",
            Fallback("carrier_lost"),
            "voice_gateway_streams_refused_total{reason=\"no_start\"}".to_owned(),
        ),
        (
            "hangs up",
            ending(Ending::Stop),
            LEAVES,
            Left("caller_hung_up"),
            LEFT.to_owned(),
        ),
        (
            "closes",
            ending(Ending::Close),
            LEAVES,
            Left("caller_hung_up"),
            LOST.to_owned(),
        ),
        (
            "vanishes",
            ending(Ending::Cut),
            LEAVES,
            Left("caller_hung_up"),
            LOST.to_owned(),
        ),
        (
            "stops only",
            ending(Ending::StopOnly),
            LEAVES,
            Left("caller_hung_up"),
            LEFT.to_owned(),
        ),
        (
            "numbers",
            counters(Counters::Numbers),
            ANSWERS,
            Finished,
            ENDED.to_owned(),
        ),
        (
            "repeated",
            counters(Counters::Repeated),
            ANSWERS,
            Finished,
            ENDED.to_owned(),
        ),
        (
            "reordered",
            counters(Counters::Reordered),
            ANSWERS,
            Finished,
            ENDED.to_owned(),
        ),
        (
            "no silence",
            LineSettings {
                silence: Silence::Nothing,
                ..line()
            },
            ANSWERS,
            Finished,
            ENDED.to_owned(),
        ),
        (
            "noise",
            LineSettings {
                silence: Silence::Noise { dbov: -60.0 },
                ..line()
            },
            ANSWERS,
            Finished,
            ENDED.to_owned(),
        ),
        (
            "a fast clock",
            LineSettings {
                drift_ppm: 200,
                ..line()
            },
            ANSWERS,
            Finished,
            ENDED.to_owned(),
        ),
        (
            "long frames",
            LineSettings {
                frame: 800,
                ..line()
            },
            ANSWERS,
            Finished,
            ENDED.to_owned(),
        ),
        (
            "a jittery network",
            LineSettings {
                jitter: Duration::from_millis(80),
                ..line()
            },
            ANSWERS,
            Finished,
            ENDED.to_owned(),
        ),
    ];
    let calls = table.map(|(name, line, caller, outcome, counted)| {
        let caller = caller.to_owned();
        tokio::spawn(async move {
            let flags = [
                ("limits.start_timeout", "300ms"),
                ("shared.sockets.ping_interval", "200ms"),
                ("shared.sockets.longest_silence", "1s"),
                ("agents.desk.carrier_timeout", "1500ms"),
            ];
            let gateway = start_with(behaviour(POLITE), &flags).await;
            try_call(name, gateway, line, &caller, outcome, &counted).await;
        })
    });
    none_failed(calls).await;
}
