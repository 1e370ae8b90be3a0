//! A talk: greeting, pace, interruptions, words, keys, silence.

use std::time::Duration;

use serde_json::json;
use voice_call::call::{Event, Idle, Prompt};
use voice_call::{Time, level};

use crate::bench::{Bench, ms, plain, setup, voice};

#[test]
fn the_model_is_ready_before_the_caller_and_greets_when_they_are_there() {
    let mut settings = plain();
    settings.greeting = Some("(Greet.)".to_owned());
    let mut bench = Bench::new(settings);
    assert_eq!(bench.log.opened, [Time::ZERO], "warm before the stream");
    bench.pass(800);
    assert!(bench.told().is_empty(), "nobody would hear it");
    bench.answer();
    assert_eq!(bench.told(), ["(Greet.)"]);
    bench.pass(1_000);
    assert_eq!(bench.told().len(), 1, "once");
}

#[test]
fn older_models_are_prompted_by_content() {
    let mut settings = plain();
    settings.setup =
        setup(|it| it.model = "gemini-2.5-flash-native-audio-preview-12-2025".to_owned());
    settings.greeting = Some("(Greet.)".to_owned());
    let bench = Bench::talking(settings);
    let message = &bench.log.to_model.last().expect("a prompt").1;
    assert_eq!(message["clientContent"]["turnComplete"], true);
}

#[test]
fn a_burst_is_played_in_real_time_to_the_last_sample() {
    let mut bench = Bench::talking(plain());
    bench.says(3_000);
    bench.turn_ends();
    bench.pass(1_500);
    assert!(
        (11_900..=12_100).contains(&bench.buffer.played),
        "{}",
        bench.buffer.played
    );
    bench.pass(2_000);
    let heard = bench.call.heard(bench.now);
    assert_eq!(heard.unheard, 0);
    assert_eq!(heard.heard, bench.buffer.played);
    // 3 s, and what rings out of the filter.
    assert!((24_000..24_100).contains(&heard.heard), "{heard:?}");
}

#[test]
fn the_caller_is_heard_from_the_first_frame_on() {
    let mut bench = Bench::talking(plain());
    bench.caller_says(1_000);
    bench.pass(1_000);
    let said = bench.call.said();
    assert_eq!((said.heard, said.sent, said.waiting), (8_000, 8_000, 0));
    assert!(
        bench.log.heard_by_model >= 15_900,
        "{}",
        bench.log.heard_by_model
    );
}

#[test]
fn a_barge_in_cuts_sound_and_transcript_and_the_model_is_told() {
    let mut bench = Bench::talking(plain());
    bench.model(&json!({"serverContent": {"inputTranscription": {"text": "When do you open?"}}}));
    bench.says_words("We open at eight in the morning and close at six.", 4_000);
    bench.pass(1_800);
    bench.caller_says(600);
    bench.pass(200);
    bench.interrupts();
    assert_eq!(bench.log.clears, [bench.now]);
    let cut = bench.events(|it| match it {
        Event::BargedIn {
            heard,
            dropped,
            reaction,
        } => Some((*heard, *dropped, *reaction)),
        _ => None,
    });
    let [(heard, dropped, reaction)] = cut[..] else {
        panic!("{cut:?}")
    };
    assert!(heard.abs_diff(ms(2_000)) < ms(30), "{heard:?}");
    assert!((heard + dropped).abs_diff(ms(4_000)) < ms(10));
    assert!(reaction.expect("the caller was loud") <= ms(200));
    assert_eq!(
        bench.transcript(),
        "caller: When do you open?\nagent: We open at eight in the\n"
    );
    let told = bench.told();
    assert!(
        told[0].contains("heard only: \u{201c}We open at eight in the\u{201d}"),
        "{told:?}"
    );
    // Content that is not complete is history, and interrupts nothing.
    let message = &bench.log.to_model.last().expect("told").1;
    assert_eq!(message["clientContent"].get("turnComplete"), None);
    let before = bench.buffer.played;
    bench.pass(1_000);
    assert_eq!(bench.buffer.played, before, "silence");
}

#[test]
fn the_model_need_not_be_told_what_was_heard() {
    let mut settings = plain();
    settings.tells_heard = false;
    let mut bench = Bench::talking(settings);
    bench.says_words("A long sentence that nobody hears.", 2_000);
    bench.pass(500);
    bench.interrupts();
    assert!(bench.told().is_empty());
}

#[test]
fn replies_are_timed_from_the_callers_last_sound() {
    let mut bench = Bench::talking(plain());
    bench.caller_says(500);
    bench.pass(1_200);
    bench.says(400);
    bench.turn_ends();
    let replies = bench.events(|it| match it {
        Event::Replied { after } => Some(*after),
        _ => None,
    });
    assert_eq!(replies.len(), 1);
    assert!(replies[0].abs_diff(ms(700)) < ms(60), "{replies:?}");
}

#[test]
fn keys_are_told_when_no_more_come() {
    let mut bench = Bench::talking(plain());
    for (digit, pause) in [("4", 500), ("2", 1_600), ("7", 10), ("#", 10)] {
        let pressed = json!({"event": "dtmf", "streamSid": "MZ1", "dtmf": {"track": "inbound_track", "digit": digit}});
        bench.carrier(pressed.to_string().as_bytes());
        bench.pass(pause);
    }
    assert_eq!(
        bench.told(),
        [
            "(The caller pressed the keys 42)",
            "(The caller pressed the keys 7#)"
        ]
    );
}

#[test]
fn a_silent_caller_is_asked_and_given_up() {
    let mut settings = plain();
    settings.idle = Some(Idle {
        after: Duration::from_secs(10),
        prompt: "(Still there?)".to_owned(),
        most: 2,
    });
    let mut bench = Bench::talking(settings);
    bench.pass(9_900);
    assert!(bench.told().is_empty());
    bench.pass(200);
    assert_eq!(bench.told(), ["(Still there?)"]);
    // The agent asks; silence counts from the end of that.
    bench.says(2_000);
    bench.turn_ends();
    bench.pass(11_000);
    assert_eq!(bench.told().len(), 1);
    bench.model(&json!({"serverContent": {"inputTranscription": {"text": "Yes."}}}));
    bench.pass(25_000);
    assert_eq!(bench.told().len(), 3, "asked twice again");
    assert_eq!(bench.call.end(), None);
    bench.pass(10_000);
    assert_eq!(
        bench.call.end().map(|end| end.as_str()),
        Some("caller_silent")
    );
    assert!(bench.log.is_carrier_closed);
}

#[test]
fn half_duplex_keeps_the_agents_echo_from_the_model() {
    let mut settings = plain();
    settings.half_duplex = true;
    settings.records = true;
    let mut bench = Bench::talking(settings);
    bench.says(1_000);
    bench.turn_ends();
    bench.caller_says(3_000);
    bench.pass(2_000);
    let said = bench.call.said();
    assert_eq!(said.heard, said.sent, "as much silence as there was echo");
    // The recording has what was said all the same.
    let caller: Vec<_> = bench.log.recording.iter().step_by(2).collect();
    assert!(caller[..8_000].iter().any(|&&code| code != 0xFF));
}

#[test]
fn both_sides_are_recorded_in_time_and_as_heard() {
    let mut settings = plain();
    settings.records = true;
    let mut bench = Bench::talking(settings);
    bench.pass(1_000);
    bench.says(3_000);
    bench.pass(1_000);
    bench.interrupts();
    bench.pass(3_000);
    bench.carrier(br#"{"event":"stop","streamSid":"MZ1","stop":{}}"#);
    let agent: Vec<u8> = bench
        .log
        .recording
        .iter()
        .skip(1)
        .step_by(2)
        .copied()
        .collect();
    assert_eq!(agent.len(), 40_000);
    let is_silent = |range: std::ops::Range<usize>| agent[range].iter().all(|&code| code == 0xFF);
    assert!(is_silent(0..8_000) && is_silent(16_010..40_000));
    assert_eq!(agent[8_000..16_000], bench.buffer.sound[..8_000]);
}

#[test]
fn both_voices_are_levelled_and_may_be_left_as_they_are() {
    let speak = |settings| {
        let mut bench = Bench::talking(settings);
        let quiet: Vec<u8> = voice(24_000, 20_000)
            .as_chunks()
            .0
            .iter()
            .flat_map(|&it| (i16::from_le_bytes(it) / 8).to_le_bytes())
            .collect();
        let mut text = String::new();
        voice_call::gemini::write_server_audio(&mut text, 24_000, &quiet);
        bench.input(voice_call::call::Input::FromModel(text.as_bytes()));
        bench.turn_ends();
        bench.pass(21_000);
        let end: Vec<f32> = bench.buffer.sound[80_000..]
            .iter()
            .map(|&code| f32::from(audio_converter::g711::decode_mulaw(code)) / 32_768.0)
            .collect();
        audio_converter_measure::speech_level(&end, 8_000.0)
            .expect("speech")
            .active_dbov
    };
    let as_it_is = speak(plain());
    let mut settings = plain();
    settings.model_level = level::Settings::default();
    let levelled = speak(settings);
    assert!(as_it_is < -32.0, "{as_it_is}");
    assert!((-24.0..=-20.0).contains(&levelled), "{levelled}");
}

#[test]
fn prompts_are_events() {
    let mut settings = plain();
    settings.greeting = Some("(Greet.)".to_owned());
    let bench = Bench::talking(settings);
    let prompts = bench.events(|it| match it {
        Event::Prompted(prompt) => Some(*prompt),
        _ => None,
    });
    assert_eq!(prompts, [Prompt::Greeting]);
}
