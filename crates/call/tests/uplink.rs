//! The way to the model: real time, nothing lost that should not be, whatever the carrier and the model do.

use std::time::Duration;

use proptest::prelude::*;
use voice_call::level::{Leveller, Settings};
use voice_call::{Time, Uplink, UplinkSettings};

fn uplink() -> Uplink {
    let leveller = Leveller::with_settings(8_000, Settings::OFF);
    Uplink::new(UplinkSettings::default(), leveller, Time::ZERO)
}

fn milliseconds(count: u64) -> Time {
    Time::ZERO + Duration::from_millis(count)
}

fn drain(uplink: &mut Uplink, now: Time) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(piece) = uplink.poll(now) {
        all.extend(piece);
    }
    all
}

#[test]
fn the_model_hears_what_was_said_while_it_was_away_at_twice_the_speed() {
    let mut uplink = uplink();
    let codes: Vec<u8> = (0..10_000_u32).map(|n| (n * 37 % 256) as u8).collect();
    for (frame, codes) in codes.chunks(160).enumerate() {
        uplink.hear(milliseconds(frame as u64 * 20), codes);
    }
    // 1.25 s later it is there: what waits goes in half of its own time, while more comes.
    let there = milliseconds(1_250);
    uplink.model_is_there(there);
    let mut heard = drain(&mut uplink, there);
    let mut now = there;
    for step in 1..=150 {
        now = there + Duration::from_millis(step * 10);
        heard.extend(drain(&mut uplink, now));
        let said = uplink.said();
        assert!(said.sent <= 320 + 2 * 80 * step, "no backlog at once");
    }
    let said = uplink.said();
    assert_eq!((said.heard, said.forgotten), (10_000, 0));
    assert!(said.waiting <= 320 + 480, "it has caught up: {said:?}");

    let mut expected = audio_converter::Converter::new(
        "mulaw/8000".parse().unwrap(),
        "pcm16/16000".parse().unwrap(),
    )
    .unwrap()
    .process(&codes);
    expected.truncate(heard.len());
    assert_eq!(heard[..expected.len()], expected);
    assert!(expected.len() > 2 * 2 * 9_600, "{now}");
}

#[test]
fn a_silent_carrier_is_silence_for_the_model() {
    let mut uplink = uplink();
    uplink.model_is_there(Time::ZERO);
    let mut heard = Vec::new();
    for step in 0..=1_000 {
        heard.extend(drain(&mut uplink, milliseconds(step * 10)));
    }
    let seconds = heard.len() as f64 / 32_000.0;
    assert!((9.85..=10.0).contains(&seconds), "{seconds} s of 10");
    assert!(heard.iter().all(|byte| *byte == 0));
}

#[test]
fn the_timeout_is_when_there_is_something() {
    let mut uplink = uplink();
    uplink.model_is_there(Time::ZERO);
    let mut pieces = 0;
    let mut now = Time::ZERO;
    for _ in 0..1_000 {
        now = uplink.timeout().expect("there is always silence to come");
        pieces += u32::from(!drain(&mut uplink, now).is_empty());
    }
    assert!(pieces > 400, "{pieces} pieces by {now}");
}

proptest! {
    #[test]
    fn every_sample_has_a_place(
        acts in proptest::collection::vec((0_u8..5, 0_u64..3_000, 0_usize..2_000), 1..80),
    ) {
        let mut uplink = uplink();
        let mut now = Time::ZERO;
        let mut got = 0;
        for (act, wait, count) in acts {
            match act {
                0 => uplink.model_is_there(now),
                1 => uplink.model_is_away(),
                2 => now += Duration::from_millis(wait),
                3 => now += Duration::from_secs(wait),
                _ => uplink.hear(now, &vec![0x55; count]),
            }
            got += drain(&mut uplink, now).len() as u64;
            let said = uplink.said();
            prop_assert_eq!(said.heard + said.made, said.sent + said.forgotten + said.waiting);
            prop_assert!(said.waiting <= 30 * 8_000 + 2_000);
        }
        // Two samples of two bytes for each of theirs, but for what the filter holds.
        let sent = 4 * uplink.said().sent;
        prop_assert!(got <= sent && sent - got <= 4 * 16);
    }
}
