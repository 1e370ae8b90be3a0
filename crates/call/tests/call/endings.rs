//! How calls end, and how they do not.

use std::time::Duration;

use voice_call::Time;
use voice_call::call::{End, Event, Input};

use crate::bench::{Bench, START, plain};

fn end(bench: &Bench) -> Option<&'static str> {
    bench.call.end().map(End::as_str)
}

#[test]
fn the_caller_hangs_up() {
    let mut bench = Bench::talking(plain());
    bench.says(2_000);
    bench.pass(500);
    bench.carrier(br#"{"event":"stop","streamSid":"MZ1","stop":{"callSid":"CA1"}}"#);
    assert_eq!(end(&bench), Some("caller_hung_up"));
    assert_eq!(bench.log.order, "oc");
    let heard = bench.call.heard(bench.now);
    assert_eq!(heard.queued, heard.heard + heard.dropped + heard.unheard);
    // Nothing more happens.
    bench.input(Input::CarrierLost);
    bench.says(1_000);
    bench.pass(10_000);
    assert_eq!(
        bench
            .events(|it| matches!(it, Event::Ended(_)).then_some(()))
            .len(),
        1
    );
    assert_eq!(bench.call.timeout(), None);
}

#[test]
fn a_stream_that_never_comes_ends_the_call() {
    let mut bench = Bench::new(plain());
    bench.pass(29_900);
    assert_eq!(end(&bench), None);
    bench.pass(200);
    assert_eq!(end(&bench), Some("carrier_lost"));
    assert_eq!(bench.log.order, "oc", "the warm session is closed");
}

#[test]
fn a_lost_stream_is_taken_up_by_the_next() {
    let mut bench = Bench::talking(plain());
    bench.says_words("One two three four five six.", 6_000);
    bench.pass(2_000);
    bench.input(Input::CarrierLost);
    assert_eq!(end(&bench), None);
    // The model goes on speaking into the gap.
    bench.says(1_000);
    bench.turn_ends();
    let played = bench.buffer.played;
    bench.pass(3_000);
    assert!(
        bench.buffer.played - played <= 1_280 + 160,
        "only the lead, which the carrier already had"
    );
    bench.answer();
    bench.pass(3_000);
    assert_eq!(bench.call.heard(bench.now).unheard, 0);
    assert_eq!(bench.log.order, "o", "the model's session went on");
    assert_eq!(
        bench
            .events(|it| matches!(it, Event::Answered { is_again: true }).then_some(()))
            .len(),
        1
    );
    assert!(
        bench.told()[0].contains("heard only: \u{201c}One two"),
        "{:?}",
        bench.told()
    );
    bench.input(Input::CarrierLost);
    bench.pass(30_100);
    assert_eq!(end(&bench), Some("carrier_lost"));
}

#[test]
fn a_long_call_is_announced_to_end_and_ends() {
    let mut settings = plain();
    settings.longest_call = Some(Duration::from_secs(120));
    let mut bench = Bench::talking(settings);
    bench.pass_until(Time::ZERO + Duration::from_secs(91));
    assert!(bench.told()[0].contains("half a minute"));
    bench.pass_until(Time::ZERO + Duration::from_secs(119));
    bench.says_words("Good-bye.", 3_000);
    bench.turn_ends();
    bench.pass_until(Time::ZERO + Duration::from_secs(121));
    assert_eq!(end(&bench), None, "it may finish its sentence");
    bench.pass(2_500);
    assert_eq!(end(&bench), Some("too_long"));
    assert_eq!(bench.transcript(), "agent: Good-bye.\n");
}

#[test]
fn an_endless_farewell_ends_too() {
    let mut settings = plain();
    settings.longest_call = Some(Duration::from_secs(60));
    let mut bench = Bench::talking(settings);
    bench.pass_until(Time::ZERO + Duration::from_secs(59));
    for _ in 0..30 {
        bench.says(1_000);
        bench.pass(1_000);
    }
    assert_eq!(end(&bench), Some("too_long"));
}

#[test]
fn sound_that_is_not_mulaw_ends_the_call_cleanly() {
    let mut bench = Bench::new(plain());
    bench.input(Input::CarrierConnected);
    let other = String::from_utf8_lossy(START).replace("audio/x-mulaw", "audio/x-l16");
    bench.carrier(other.as_bytes());
    assert_eq!(end(&bench), Some("stopped"));
}

#[test]
fn the_driver_may_end_it() {
    let mut bench = Bench::talking(plain());
    bench.says(1_000);
    bench.input(Input::HangUp(End::Stopped));
    assert_eq!(end(&bench), Some("stopped"));
    assert!(bench.log.is_carrier_closed);
}

#[test]
fn a_model_that_hangs_is_left_and_a_second_time_the_call_fails() {
    let mut settings = plain();
    settings.greeting = Some("(Greet them.)".to_owned());
    settings.reply_timeout = Some(Duration::from_secs(8));
    let mut bench = Bench::talking(settings);
    // The greeting is owed: asked for once more after 8 s, and nothing comes at all.
    bench.pass(15_900);
    assert_eq!(bench.log.order, "o");
    bench.pass(700);
    assert_eq!(bench.log.order, "oco");
    assert_eq!(end(&bench), None);
    bench.pass(16_100);
    assert_eq!(end(&bench), Some("model_failed"));
}

#[test]
fn a_model_that_chooses_to_be_silent_does_not_hang() {
    let mut settings = plain();
    settings.greeting = Some("(Greet them.)".to_owned());
    settings.reply_timeout = Some(Duration::from_secs(8));
    let mut bench = Bench::talking(settings);
    for _ in 0..10 {
        bench.pass(7_000);
        bench.remembers("h-1");
    }
    assert_eq!((bench.log.order.as_str(), end(&bench)), ("o", None));
}

#[test]
fn after_a_lost_stream_the_model_goes_on() {
    let mut bench = Bench::talking(plain());
    bench.says_words("One two three four five six.", 6_000);
    bench.turn_ends();
    bench.pass(2_000);
    bench.input(Input::CarrierLost);
    bench.pass(1_000);
    bench.answer();
    let last = *bench.told().last().expect("a prompt");
    assert!(
        last.starts_with("(The line was cut while you spoke."),
        "{last}"
    );
    // Nothing was cut off the second time.
    bench.input(Input::CarrierLost);
    bench.answer();
    let asked = bench
        .told()
        .iter()
        .filter(|it| it.starts_with("(The line was cut while you spoke."))
        .count();
    assert_eq!(asked, 1);
}
