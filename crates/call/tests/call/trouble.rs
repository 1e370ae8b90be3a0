//! What users of other bridges trip over, by the numbers of the list in `DESIGN.md`. Those that are not a call's own are tested in the gateway
//! and in the converter, or belong to other carriers.

use serde_json::json;
use voice_call::call::{Call, Event, Input, Peer};
use voice_call::gemini::write_server_audio;
use voice_call::{Time, level};

use crate::bench::{Bench, ms, plain, setup, voice};

#[test]
fn trouble_01_a_burst_of_minutes_loses_nothing() {
    let mut bench = Bench::talking(plain());
    for _ in 0..60 {
        bench.says(2_000);
    }
    bench.turn_ends();
    bench.pass(125_000);
    let heard = bench.call.heard(bench.now);
    assert_eq!((heard.refused, heard.dropped, heard.unheard), (0, 0, 0));
    assert_eq!(heard.heard, bench.buffer.played);
}

#[test]
fn trouble_01_a_turn_beyond_all_measure_is_refused_and_said_so() {
    let mut bench = Bench::talking(plain());
    for _ in 0..40 {
        bench.says(10_000);
    }
    let refused: u64 = bench
        .events(|it| match it {
            Event::Overflowed(samples) => Some(*samples),
            _ => None,
        })
        .iter()
        .sum();
    assert_eq!(refused, bench.call.heard(bench.now).refused);
    assert!(refused > 8_000 * 95, "{refused}");
}

#[test]
fn trouble_02_frames_keep_absolute_deadlines() {
    let mut bench = Bench::talking(plain());
    bench.says(60_000);
    // A driver that is late by up to 15 ms each time.
    let mut played = 0;
    for step in 0..3_000_u64 {
        bench.pass(20 + step % 2 * 15 - step % 2 * 15);
        played = bench.buffer.played;
    }
    let expected = (bench.now - Time::ZERO).as_millis() as u64 * 8;
    assert!(
        played + 8 >= expected.min(480_000),
        "{played} of {expected}"
    );
}

#[test]
fn trouble_03_tiny_chunks_become_whole_frames() {
    let mut bench = Bench::talking(plain());
    for piece in voice(24_000, 1_000).chunks(10) {
        let mut text = String::new();
        write_server_audio(&mut text, 24_000, piece);
        bench.input(Input::FromModel(text.as_bytes()));
    }
    bench.turn_ends();
    bench.pass(1_500);
    assert!(bench.call.heard(bench.now).heard >= 8_000);
    let mut whole = Bench::talking(plain());
    whole.says(1_000);
    whole.turn_ends();
    whole.pass(1_500);
    assert!(bench.buffer.sound == whole.buffer.sound, "the same sound");
}

#[test]
fn trouble_04_an_interruption_empties_queue_and_carrier_even_after_the_generation() {
    let mut bench = Bench::talking(plain());
    bench.says(5_000);
    bench.turn_ends();
    bench.pass(1_000);
    bench.model(&json!({"serverContent": {"interrupted": true}}));
    assert_eq!(bench.log.clears.len(), 1);
    assert!(bench.buffer.is_empty());
    let played = bench.buffer.played;
    bench.pass(2_000);
    assert_eq!(bench.buffer.played, played);
}

#[test]
fn trouble_05_marks_that_a_clear_returns_are_not_heard() {
    let mut bench = Bench::talking(plain());
    bench.delay = ms(120);
    bench.says(5_000);
    bench.pass(2_000);
    bench.interrupts();
    let heard = bench.call.heard(bench.now).heard;
    bench.pass(1_000);
    assert_eq!(
        bench.call.heard(bench.now).heard,
        heard,
        "the flood of marks says nothing"
    );
}

#[test]
fn trouble_06_the_model_learns_what_was_heard() {
    let mut bench = Bench::talking(plain());
    bench.says_words("One two three four five six seven eight nine ten", 10_000);
    bench.pass(5_050);
    bench.interrupts();
    assert!(
        bench.told()[0].ends_with("One two three four five\u{201d})"),
        "{:?}",
        bench.told()
    );
}

#[test]
fn trouble_07_a_cough_clears_nothing() {
    let mut bench = Bench::talking(plain());
    bench.says(3_000);
    bench.turn_ends();
    bench.pass(500);
    bench.caller_says(200);
    bench.pass(3_000);
    assert!(bench.log.clears.is_empty());
    // Nor does an interruption when nothing is left.
    bench.model(&json!({"serverContent": {"interrupted": true}}));
    assert!(bench.log.clears.is_empty());
}

#[test]
fn trouble_10_the_model_leaves_after_nine_minutes_and_a_half_and_the_call_goes_on() {
    let mut bench = Bench::talking(plain());
    bench.remembers("h");
    bench.pass(3_000_000);
    assert_eq!(bench.log.opened.len(), 6, "50 minutes");
    assert_eq!(bench.call.end(), None);
    assert_eq!(bench.call.said().forgotten, 0);
}

#[test]
fn trouble_11_a_handle_that_is_not_resumable_is_not_used() {
    let mut bench = Bench::talking(plain());
    bench.remembers("good");
    bench.model(&json!({"sessionResumptionUpdate": {"newHandle": "bad", "resumable": false}}));
    bench.model(&json!({"sessionResumptionUpdate": {"newHandle": "", "resumable": true}}));
    bench.model_closes(1006, "");
    let (_, setup) = bench.log.to_model.last().expect("a setup");
    assert_eq!(setup["setup"]["sessionResumption"]["handle"], "good");
}

#[test]
fn trouble_12_sound_goes_as_audio_and_never_as_media_chunks_or_a_stream_end() {
    let mut bench = Bench::talking(plain());
    let mut all = String::new();
    bench.caller_says(500);
    for _ in 0..100 {
        bench.now += ms(20);
        bench.call.handle(
            bench.now,
            Input::FromCarrier(
                br#"{"event":"media","streamSid":"MZ1","media":{"payload":"/////w=="}}"#,
            ),
        );
        while let Some(output) = bench.call.poll(bench.now) {
            if let voice_call::call::Output::ToModel(text) = output {
                all.push_str(text);
            }
        }
    }
    assert!(
        all.contains(r#""audio":{"mimeType":"audio/pcm;rate=16000""#),
        "{all}"
    );
    assert!(!all.contains("mediaChunks") && !all.contains("audioStreamEnd"));
}

#[test]
fn trouble_13_a_carrier_that_sends_nothing_is_silence_for_the_model() {
    let mut bench = Bench::talking(plain());
    bench.caller_says(1_000);
    bench.pass(1_000);
    bench.caller = None;
    bench.pass(5_000);
    let said = bench.call.said();
    assert!(said.made >= 39_000 && said.sent >= 47_000, "{said:?}");
}

#[test]
fn trouble_13_a_model_that_does_not_answer_is_asked_again() {
    let mut settings = plain();
    settings.reply_timeout = Some(std::time::Duration::from_secs(8));
    let mut bench = Bench::talking(settings);
    bench.model(&json!({"serverContent": {"inputTranscription": {"text": "Hello?"}}}));
    bench.pass(8_100);
    assert_eq!(
        bench.told(),
        ["(The caller waits for an answer. Answer now.)"]
    );
}

#[test]
fn trouble_14_and_15_messages_cut_anywhere_are_the_same_sound() {
    let speak = |sizes: &[usize]| {
        let mut bench = Bench::talking(plain());
        let sound = voice(24_000, 2_000);
        let (mut rest, mut n) = (&sound[..], 0);
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(sizes[n % sizes.len()].min(rest.len()));
            (rest, n) = (more, n + 1);
            let mut text = String::new();
            write_server_audio(&mut text, 24_000, piece);
            bench.input(Input::FromModel(text.as_bytes()));
        }
        bench.turn_ends();
        bench.pass(3_000);
        bench.buffer.sound
    };
    let whole = speak(&[96_000]);
    assert!(speak(&[1]) == whole);
    assert!(speak(&[961, 1_919, 3]) == whole);
    let sound: Vec<f32> = whole
        .iter()
        .map(|&it| f32::from(audio_converter::g711::decode_mulaw(it)) / 32_768.0)
        .collect();
    assert!(
        audio_converter_measure::clicks(&sound, 8_000.0)
            .expect("measured")
            .found
            .is_empty()
    );
}

#[test]
fn trouble_20_empty_turns_and_phantom_interruptions_are_counted_and_harmless() {
    let mut bench = Bench::talking(plain());
    bench.model(&json!({"serverContent": {"interrupted": true}}));
    bench.model(&json!({"serverContent": {"turnComplete": true}}));
    let counted = bench
        .events(|it| matches!(it, Event::PhantomInterruption | Event::EmptyTurn).then_some(()));
    assert_eq!(counted.len(), 2);
    bench.says(500);
    bench.turn_ends();
    bench.pass(1_000);
    assert!(bench.buffer.played >= 4_000);
    assert_eq!(bench.transcript().lines().count(), 1);
}

#[test]
fn trouble_20_a_turn_that_never_ends_is_ended() {
    let mut settings = plain();
    settings.reply_timeout = Some(std::time::Duration::from_secs(8));
    let mut bench = Bench::talking(settings);
    bench.says_words("And then", 1_000);
    bench.pass(10_000);
    assert_eq!(
        bench
            .events(|it| matches!(it, Event::TurnTimedOut).then_some(()))
            .len(),
        1
    );
    assert_eq!(bench.transcript(), "agent: And then\n");
}

#[test]
fn trouble_21_every_field_of_a_message_counts() {
    let mut bench = Bench::talking(plain());
    bench.says_words("Old words that are interrupted.", 3_000);
    bench.pass(1_000);
    let mut sound = String::new();
    write_server_audio(&mut sound, 24_000, &voice(24_000, 400));
    let mut message: serde_json::Value = serde_json::from_str(&sound).expect("JSON");
    message["serverContent"]["interrupted"] = json!(true);
    message["serverContent"]["turnComplete"] = json!(true);
    message["serverContent"]["outputTranscription"] = json!({"text": "Yes?"});
    message["serverContent"]["inputTranscription"] = json!({"text": "Wait."});
    message["usageMetadata"] = json!({"totalTokenCount": 7});
    message["goAway"] = json!({"timeLeft": "50s"});
    message["sessionResumptionUpdate"] = json!({"newHandle": "h", "resumable": true});
    message["toolCall"] = json!({"functionCalls": [{"id": "1", "name": "lookup"}]});
    bench.model(&message);
    bench.pass(1_000);
    assert_eq!(
        bench.transcript(),
        "agent: Old words\ncaller: Wait.\nagent: Yes?\n"
    );
    assert_eq!((bench.log.clears.len(), bench.log.tools.len()), (1, 1));
    let counted = bench.events(|it| {
        matches!(it, Event::Used(_) | Event::Notice(_) | Event::Remembered).then_some(())
    });
    assert_eq!(counted.len(), 3);
}

#[test]
fn trouble_24_an_overloaded_model_is_met_with_patience_and_then_given_up() {
    let mut bench = Bench::talking(plain());
    bench.model_accepts = false;
    bench.pass(15_000);
    bench.model_closes(1011, "The service is currently unavailable.");
    for _ in 0..40 {
        bench.pass(1_000);
        bench.model_closes(1011, "The service is currently unavailable.");
    }
    assert!(
        (4..16).contains(&bench.log.opened.len()),
        "no storm: {}",
        bench.log.opened.len()
    );
    assert_eq!(
        bench.call.end().map(|end| end.as_str()),
        Some("model_failed")
    );
}

#[test]
fn trouble_26_a_model_that_is_late_in_mid_speech_is_concealed_and_a_turn_end_is_not() {
    let mut bench = Bench::talking(plain());
    bench.says(1_000);
    bench.pass(1_020);
    bench.says(1_000);
    bench.turn_ends();
    bench.pass(2_000);
    let heard = bench.call.heard(bench.now);
    assert!(
        heard.concealed > 0 && heard.concealed <= 8 * 80,
        "{heard:?}"
    );
    let concealed = heard.concealed;
    // Turns that end where the voice is silent need nothing.
    bench.says(1_000);
    bench.model(&json!({"serverContent": {"modelTurn": {"parts": [{"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "A".repeat(12_800)}}]}}}));
    bench.turn_ends();
    bench.pass(2_000);
    let more = bench.call.heard(bench.now).concealed - concealed;
    assert!(more <= 40, "{more} samples, more than the filter's end");
}

#[test]
fn bad_input_is_counted_and_the_call_goes_on() {
    let mut bench = Bench::new(plain());
    bench.carrier(br#"{"event":"media","streamSid":"MZ1","media":{"payload":"AAAA"}}"#);
    bench.answer();
    let huge = format!(
        r#"{{"event":"media","streamSid":"MZ1","media":{{"payload":"{}"}}}}"#,
        "A".repeat(1 << 20)
    );
    for bad in [
        "{",
        "[]",
        "null",
        "{\"event\":7}",
        r#"{"event":"media","streamSid":"MZ1","media":{"payload":"!!"}}"#,
        r#"{"event":"media","streamSid":"MZ9","media":{"payload":"AAAA"}}"#,
        r#"{"event":"later","streamSid":"MZ1"}"#,
        &huge,
    ] {
        bench.carrier(bad.as_bytes());
    }
    bench.carrier(crate::bench::START);
    bench.input(Input::FromModel(b"\xFF\xFE"));
    bench.input(Input::FromModel(br#"{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"mimeType":"audio/pcm;rate=24000","data":"?"}}]}}}"#));
    bench.input(Input::FromModel(br#"{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}}}"#));
    let faults: Vec<_> = bench.events(|it| match it {
        Event::Ignored { from, fault } => Some((*from, fault.as_str())),
        _ => None,
    });
    let expected = [
        "too_early",
        "malformed",
        "malformed",
        "malformed",
        "malformed",
        "not_base64",
        "other_stream",
        "unknown",
        "malformed",
        "second_start",
    ];
    assert_eq!(
        faults
            .iter()
            .filter(|it| it.0 == Peer::Carrier)
            .map(|it| it.1)
            .collect::<Vec<_>>(),
        expected
    );
    assert_eq!(
        faults
            .iter()
            .filter(|it| it.0 == Peer::Model)
            .map(|it| it.1)
            .collect::<Vec<_>>(),
        ["malformed", "not_base64", "other_format"]
    );
    bench.says(500);
    bench.turn_ends();
    bench.pass(1_000);
    assert!(bench.buffer.played >= 4_000);
}

#[test]
fn per_model_rules_are_kept() {
    for model in [
        "gemini-3.8-live",
        "gemini-3.1-flash-live-preview",
        "gemini-2.5-flash-native-audio-preview-12-2025",
    ] {
        let mut settings = plain();
        settings.setup = setup(|it| it.model = model.to_owned());
        settings.model_level = level::Settings::default();
        settings.greeting = Some("(Greet.)".to_owned());
        let mut bench = Bench::with(Call::new(settings.clone(), Time::ZERO));
        bench.answer();
        bench.says_words("One two three", 3_000);
        bench.pass(1_000);
        bench.interrupts();
        for (_, message) in &bench.log.to_model {
            let text = message.to_string();
            let parsed = voice_call::gemini::ClientMessage::parse(&text).expect("a message");
            let surface = voice_call::gemini::Endpoint::developer("key").surface();
            let setup = message.get("setup").is_none().then_some(&settings.setup);
            assert_eq!(parsed.check(surface, setup), Ok(()), "{model}: {text}");
        }
    }
}

#[test]
fn trouble_13_a_model_that_never_answers_is_asked_once() {
    let mut settings = plain();
    settings.reply_timeout = Some(std::time::Duration::from_secs(8));
    let mut bench = Bench::talking(settings);
    bench.model(&json!({"serverContent": {"inputTranscription": {"text": "Hello?"}}}));
    bench.pass(9_000);
    bench.model(&json!({"usageMetadata": {"totalTokenCount": 7}}));
    bench.pass(60_000);
    assert_eq!(bench.told().len(), 1);
}

#[test]
fn trouble_26_the_first_messages_of_a_burst_are_not_concealed() {
    // 40 ms of speech every 10 ms, and each a little late: what waits leaves before anything is made up.
    for late in [0, 2, 5, 9] {
        let mut bench = Bench::talking(plain());
        for piece in voice(24_000, 800).chunks(1_920) {
            let mut text = String::new();
            write_server_audio(&mut text, 24_000, piece);
            bench.input(Input::FromModel(text.as_bytes()));
            bench.pass(10 + late);
        }
        bench.turn_ends();
        bench.pass(1_000);
        // But for 5 ms in which a turn that ends in a sound rings out.
        let concealed = bench.call.heard(bench.now).concealed;
        assert!(concealed <= 40, "{late} ms late: {concealed}");
        assert!(bench.buffer.played >= 6_400);
    }
}
