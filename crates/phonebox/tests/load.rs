//! Load tests of a plain bridge over real sockets, and of what is wrong with others.

mod load_bridge;

use std::time::Duration;

use load_bridge::{Bridge, Habit, serve};
use phonebox::load::{LoadError, LoadLimits, LoadOptions, LoadReport, Talk, Target, run};
use tokio::net::TcpListener;

/// Some calls with short turns through a bridge; at `/media` without a webhook.
async fn load(habit: Habit, set: impl FnOnce(&mut LoadOptions)) -> LoadReport {
    // The model must be known to the bridge before it is there.
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let model = free.local_addr().expect("an address");
    drop(free);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let path = "ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
    let model_url = format!("ws://{model}/{path}");
    let bridge = tokio::spawn(serve(
        listener,
        Bridge {
            model: model_url,
            habit,
        },
    ));
    let url = format!("http://{address}/voice").parse().expect("a URL");
    let ms = Duration::from_millis;
    let mut options = LoadOptions {
        calls: 4,
        ramp: ms(200),
        steady: ms(2_000),
        sampled: 1,
        target: Target::Process(std::process::id()),
        talk: Talk {
            caller: ms(500)..=ms(700),
            model: ms(500)..=ms(900),
            pause: ms(300),
            burst: 8.0,
            ..Talk::default()
        },
        ..LoadOptions::new(url)
    };
    options.model.plain = Some(model);
    set(&mut options);
    let report = run(options, |_| {}).await.expect("a report");
    bridge.abort();
    report
}

#[tokio::test]
async fn a_plain_bridge_passes_everything_on() {
    let report = load(Habit::Good, |options| {
        options.limits.max_kb = Some(-1e9);
    })
    .await;
    assert_eq!(
        (report.started, report.completed, report.failed()),
        (4, 4, 0),
        "{report}"
    );
    assert_eq!(report.reconnected, 0);
    let ways = [&report.figures.to_model, &report.figures.to_caller];
    for way in ways {
        assert!(way.said >= 4 * 4_000, "{report}");
        assert_eq!((way.missing, way.doubled), (0, 0), "{report}");
        assert_eq!(
            way.said,
            way.heard + way.missing + way.interrupted + way.unheard
        );
        // The converter's filters hold back the last 2 ms of each turn; to the caller, until the next turn.
        assert!(way.unheard <= 4 * 40, "{report}");
        assert!(way.delay.count() > 50, "{report}");
    }
    assert!(report.figures.bridge.is_some() && report.phone_box.is_some());
    assert_eq!(report.sampled.len(), 1);
    let sampled = &report.sampled[0];
    assert!(
        sampled.to_caller.heard > 0 && sampled.to_model.heard > 0,
        "{sampled:?}"
    );
    assert!(
        report.worst_snr_db().is_some_and(|snr| snr > 30.0),
        "{report}"
    );
    assert_eq!(report.violations.len(), 1);
    let json = serde_json::to_value(&report).expect("JSON");
    assert_eq!(json["to_model"]["missing"], 0);
    assert!(json["lateness"]["p99_ms"].is_number());
    assert!(report.to_string().contains("4 completed"));
}

#[tokio::test]
async fn a_bridge_that_loses_messages_is_seen() {
    let report = load(Habit::Loses, |options| {
        options.limits.max_lost_percent = Some(0.5);
    })
    .await;
    assert_eq!(report.completed, 4, "{report}");
    // One of 25 messages, as far as the caller speaks in them.
    assert!(report.figures.to_model.missing >= 160, "{report}");
    assert_eq!(report.figures.to_caller.missing, 0, "{report}");
    assert_eq!(report.violations.len(), 1, "{report}");
}

#[tokio::test]
async fn calls_that_end_too_early_are_told_with_their_reason() {
    let report = load(Habit::Ends(60), |options| {
        options.limits = LoadLimits::default();
    })
    .await;
    assert_eq!((report.completed, report.failed()), (0, 4), "{report}");
    assert_eq!(report.failed.get("the bridge ended the call"), Some(&4));
    assert_eq!(report.violations[0].what, "failed calls");
}

#[tokio::test]
async fn interruptions_are_no_losses() {
    let report = load(Habit::Good, |options| {
        options.talk.barge_ins = 1.0;
        options.talk.notices = Duration::from_millis(60);
        options.talk.model = Duration::from_millis(900)..=Duration::from_millis(900);
    })
    .await;
    let to_caller = &report.figures.to_caller;
    assert_eq!(report.completed, 4, "{report}");
    assert!(to_caller.interrupted + to_caller.flushed > 0, "{report}");
    assert_eq!(to_caller.missing, 0, "{report}");
}

#[tokio::test]
async fn what_cannot_begin_is_an_error() {
    let url: url::Url = "ws://127.0.0.1:9/media".parse().expect("a URL");
    let none = LoadOptions {
        calls: 0,
        ..LoadOptions::new(url.clone())
    };
    assert!(matches!(run(none, |_| {}).await, Err(LoadError::Calls(0))));
    let ended = LoadOptions {
        target: Target::Command {
            command: vec!["false".to_owned()],
            core: None,
            patience: Duration::from_secs(30),
        },
        ..LoadOptions::new(url.clone())
    };
    let error = run(ended, |_| {}).await.expect_err("nothing to load");
    assert!(matches!(error, LoadError::Ended { .. }), "{error}");
    let unknown = LoadOptions {
        target: Target::Process(u32::MAX),
        ..LoadOptions::new(url)
    };
    let error = run(unknown, |_| {}).await.expect_err("nothing to load");
    assert!(matches!(error, LoadError::Process(_)), "{error}");
}
