//! An hour of call, with six handovers and fifty barge-ins, in a moment.

use std::fmt::Write as _;

use serde_json::json;
use voice_call::call::{Event, Speaker};

use crate::bench::{Bench, ms, plain};

#[test]
fn an_hour_with_six_handovers_and_fifty_barge_ins() {
    let mut settings = plain();
    settings.longest_call = None;
    let mut bench = Bench::talking(settings);
    bench.delay = ms(35);
    bench.buffer.pace = 1.000_1;
    // 120 exchanges of 30 s. In 50 of them the caller interrupts; every ninth minute or so the model gives notice.
    for n in 0..120_u64 {
        bench.remembers(&format!("h{n}"));
        bench.caller_says(2_000 + 37 * (n % 11));
        bench.pass(2_500);
        bench.model(
            &json!({"serverContent": {"inputTranscription": {"text": format!("Question {n}?")}}}),
        );
        bench.pass(400 + 20 * (n % 7));
        bench.says_words(
            &format!("This is the long answer to question number {n}, which goes on and on."),
            12_000,
        );
        if n % 18 == 12 {
            bench.model(&json!({"goAway": {"timeLeft": "50s"}}));
        }
        if n % 12 < 5 {
            bench.pass(3_000 + 100 * (n % 13));
            bench.caller_says(700);
            bench.pass(300);
            bench.interrupts();
        } else {
            bench.turn_ends();
        }
        let end = 30_000 * (n + 1);
        bench.pass_until(voice_call::Time::ZERO + ms(end));
    }
    bench.carrier(br#"{"event":"stop","streamSid":"MZ1","stop":{}}"#);

    let mut story = String::new();
    let mut cut = 0;
    for (at, event) in &bench.log.events {
        match event {
            Event::Said(it) if it.speaker == Speaker::Agent && it.unheard.is_zero() => {}
            Event::Said(it) if it.speaker == Speaker::Agent => {
                cut += 1;
                let _ = writeln!(
                    story,
                    "{at}  cut after {:.2} s: {}",
                    it.heard.as_secs_f64(),
                    it.text.expose()
                );
            }
            Event::ModelLive {
                gap: Some(gap),
                is_fresh,
            } => {
                let _ = writeln!(story, "{at}  handover, {gap:?} away, fresh: {is_fresh}");
            }
            Event::Notice(_) | Event::Ended(_) | Event::Ignored { .. } => {
                let _ = writeln!(story, "{at}  {event:?}");
            }
            _ => {}
        }
    }
    let heard = bench.call.heard(bench.now);
    let said = bench.call.said();
    let _ = writeln!(
        story,
        "{heard:?}\n{said:?}\nplayed: {}",
        bench.buffer.played
    );
    assert_eq!(cut, 50);
    assert_eq!(bench.log.opened.len(), 7);
    assert_eq!(said.forgotten, 0);
    insta::assert_snapshot!(story);
}
