//! One stream of the emulated carrier, in virtual time.

use std::collections::BTreeSet;
use std::time::Duration;

use phonebox::carrier::{
    Act, Caller, Counters, Cue, Discard, Ending, Fault, FaultKind, Line, LineSettings, Opening,
    Output, Silence, What, When, mulaw,
};
use proptest::prelude::*;
use voice_call::Time;
use voice_call::redact::Pii;
use voice_call::twilio::{self, Digit, FromCarrier};

const STREAM: &str = "MZ00000000000000000000000000000001";
/// A loud code.
const LOUD: u8 = 0x9F;

fn ms(ms: u64) -> Time {
    Time::ZERO + Duration::from_millis(ms)
}

fn line(settings: LineSettings, cues: Vec<Cue>) -> Line {
    Line::new(settings, Caller { cues }, Time::ZERO)
}

fn cue(when: When, act: Act) -> Cue {
    Cue { when, act }
}

fn say(samples: usize) -> Act {
    Act::Say(vec![LOUD; samples].into())
}

/// Everything that leaves until `end`, with its time.
fn run(line: &mut Line, end: Time) -> Vec<(Time, Output)> {
    let mut outputs = Vec::new();
    while let Some(at) = line.timeout().filter(|at| *at <= end) {
        while let Some(output) = line.poll(at) {
            outputs.push(output);
        }
    }
    while let Some(output) = line.poll(end) {
        outputs.push(output);
    }
    outputs
}

fn texts(outputs: &[(Time, Output)]) -> Vec<&str> {
    let text = |output: &'_ Output| matches!(output, Output::Text(_));
    outputs
        .iter()
        .filter(|(_, output)| text(output))
        .map(|(_, output)| match output {
            Output::Text(text) => text.as_str(),
            Output::Binary(_) | Output::Close | Output::Cut => "",
        })
        .collect()
}

fn marks(outputs: &[(Time, Output)]) -> Vec<(Time, String)> {
    let mark = |(at, output): &(Time, Output)| match output {
        Output::Text(text) => match FromCarrier::parse(text) {
            Ok(FromCarrier::Mark(mark)) => Some((*at, mark.name.into_owned())),
            _ => None,
        },
        Output::Binary(_) | Output::Close | Output::Cut => None,
    };
    outputs.iter().filter_map(mark).collect()
}

fn media(codes: &[u8]) -> String {
    let mut text = String::new();
    twilio::write_media(&mut text, STREAM, codes);
    text
}

fn mark(name: &str) -> String {
    let mut text = String::new();
    twilio::write_mark(&mut text, STREAM, name);
    text
}

fn clear() -> String {
    let mut text = String::new();
    twilio::write_clear(&mut text, STREAM);
    text
}

#[test]
fn a_call_of_one_second_message_by_message() {
    let mut line = line(
        LineSettings {
            parameters: vec![(Pii::new("token".to_owned()), Pii::new("t42".to_owned()))],
            ..LineSettings::default()
        },
        vec![
            cue(When::At(Duration::from_millis(40)), say(240)),
            cue(
                When::At(Duration::from_millis(100)),
                Act::Press(Pii::new(vec![
                    Digit::new('4').unwrap(),
                    Digit::new('#').unwrap(),
                ])),
            ),
            cue(When::At(Duration::from_secs(1)), Act::HangUp),
        ],
    );
    let outputs = run(&mut line, ms(5_000));
    assert_eq!(outputs.last().unwrap(), &(ms(1_000), Output::Close));

    let messages: Vec<_> = texts(&outputs);
    let messages: Vec<_> = messages
        .iter()
        .map(|text| FromCarrier::parse(text).expect("a message of a carrier"))
        .collect();
    assert_eq!(messages[0], FromCarrier::Connected);
    let FromCarrier::Start(start) = &messages[1] else {
        panic!("the second message is start");
    };
    assert_eq!(start.sequence, Some(1));
    assert_eq!(start.parameters.find("token").unwrap().as_str(), "t42");
    assert!(matches!(messages.last(), Some(FromCarrier::Stop(_))));

    let mut sound = Vec::new();
    let (mut chunks, mut keys) = (Vec::new(), Vec::new());
    for (number, message) in messages[1..].iter().enumerate() {
        let sequence = match message {
            FromCarrier::Media(media) => {
                let timestamp = Duration::from_millis(chunks.len() as u64 * 20);
                assert_eq!(media.timestamp, Some(timestamp));
                chunks.push(media.chunk.unwrap());
                media.payload.decode_append(&mut sound).unwrap();
                media.sequence
            }
            FromCarrier::Dtmf(dtmf) => {
                keys.push((chunks.len(), dtmf.digit.expose().as_char()));
                dtmf.sequence
            }
            FromCarrier::Start(start) => start.sequence,
            FromCarrier::Stop(stop) => stop.sequence,
            other => panic!("unexpected: {other:?}"),
        };
        assert_eq!(sequence, Some(number as u64 + 1));
    }
    assert_eq!(chunks, (1..=50).collect::<Vec<u64>>());
    assert_eq!(keys, [(5, '4'), (15, '#')]);
    let mut expected = vec![0xFF; 8_000];
    expected[320..560].fill(LOUD);
    assert_eq!(sound, expected);
    assert_eq!(line.recording().said, expected);
    assert_eq!(line.recording().heard, vec![0xFF; 8_000]);
    assert!(line.is_closed() && line.timeout().is_none());
}

#[test]
fn marks_return_when_played_and_at_once_when_nothing_waits() {
    let mut line = line(LineSettings::default(), vec![]);
    run(&mut line, ms(100));
    line.handle(ms(100), &mark("now"));
    line.handle(ms(100), &media(&[LOUD; 400]));
    line.handle(ms(100), &mark("after 50"));
    line.handle(ms(120), &media(&[LOUD; 400]));
    line.handle(ms(120), &mark("after 100"));
    let marks = marks(&run(&mut line, ms(1_000)));
    let expected = [(100, "now"), (150, "after 50"), (200, "after 100")];
    assert_eq!(marks, expected.map(|(at, name)| (ms(at), name.to_owned())));
    let mut heard = vec![0xFF; 8_000];
    heard[800..1_600].fill(LOUD);
    assert_eq!(line.recording().heard, heard);
    assert_eq!(line.recording().log.underruns, []);
}

#[test]
fn clear_empties_the_buffer_and_returns_every_mark() {
    let mut line = line(LineSettings::default(), vec![]);
    line.handle(ms(0), &media(&[LOUD; 8_000]));
    line.handle(ms(0), &mark("a"));
    line.handle(ms(0), &media(&[LOUD; 8_000]));
    line.handle(ms(0), &mark("b"));
    line.handle(ms(300), &clear());
    let marks = marks(&run(&mut line, ms(3_000)));
    assert_eq!(
        marks,
        [(ms(300), "a".to_owned()), (ms(300), "b".to_owned())]
    );
    let recording = line.recording();
    assert_eq!(
        recording.heard.iter().filter(|code| **code == LOUD).count(),
        2_400
    );
    let discard = Discard {
        at: 2_400,
        samples: 13_600,
    };
    assert_eq!(recording.log.discards, [discard]);
    assert_eq!(recording.log.samples_played, 2_400);
    assert_eq!(recording.log.underruns, [], "it was meant to stop");
}

#[test]
fn wrong_messages_have_their_warnings() {
    let mut line = line(LineSettings::default(), vec![]);
    for text in [
        "RIFF",
        "{",
        r#"{"event":"mark","mark":{"name":"a"}}"#,
        r#"{"event":"clear","streamSid":"MZ2"}"#,
        r#"{"event":"media","streamSid":"MZ00000000000000000000000000000001","media":{"payload":"?"}}"#,
        r#"{"event":"hello","streamSid":"MZ00000000000000000000000000000001"}"#,
    ] {
        line.handle(ms(1), text);
    }
    line.handle_binary(ms(2));
    let warnings: Vec<_> = line.recording().log.warnings().collect();
    // 31950 is said once.
    assert_eq!(warnings, [31_950, 31_951, 31_951, 31_951, 31_951]);

    let mut deaf = Line::new(
        LineSettings {
            is_unidirectional: true,
            ..LineSettings::default()
        },
        Caller::default(),
        Time::ZERO,
    );
    deaf.handle(ms(1), &media(&[LOUD; 160]));
    assert_eq!(
        deaf.recording().log.warnings().collect::<Vec<_>>(),
        [31_924]
    );
    deaf.poll(ms(100));
    assert_eq!(deaf.recording().heard, vec![0xFF; 800]);
}

#[test]
fn an_underrun_in_speech_is_recorded_and_a_pause_is_not() {
    let mut line = line(LineSettings::default(), vec![]);
    line.handle(ms(0), &media(&[LOUD; 800]));
    line.handle(ms(130), &media(&[LOUD; 800]));
    line.handle(ms(1_500), &media(&[LOUD; 800]));
    line.poll(ms(2_000));
    let log = &line.recording().log;
    let underruns: Vec<_> = log
        .underruns
        .iter()
        .map(|run| (run.at, run.samples))
        .collect();
    assert_eq!(underruns, [(800, 240)]);
    assert_eq!(
        log.arrivals
            .iter()
            .map(|piece| piece.at)
            .collect::<Vec<_>>(),
        [0, 1_040, 12_000]
    );
}

#[test]
fn the_caller_answers_interrupts_and_hangs_up_as_a_person_would() {
    let cues = vec![
        cue(When::BargeIn(Duration::from_millis(400)), say(1_600)),
        cue(When::AfterAgent(Duration::from_millis(700)), say(800)),
        cue(When::AfterAgent(Duration::from_millis(500)), Act::HangUp),
    ];
    let mut line = line(LineSettings::default(), cues);
    run(&mut line, ms(1_000));
    // The agent speaks from 1 s on, for 3 s; after the barge-in it stops, which is no answer; later it speaks twice for half a
    // second.
    line.handle(ms(1_000), &media(&[LOUD; 24_000]));
    run(&mut line, ms(1_600));
    line.handle(ms(1_600), &clear());
    run(&mut line, ms(4_000));
    line.handle(ms(4_000), &media(&[LOUD; 4_000]));
    run(&mut line, ms(6_000));
    line.handle(ms(6_000), &media(&[LOUD; 4_000]));
    let outputs = run(&mut line, ms(10_000));
    let events: Vec<_> = line
        .recording()
        .log
        .events
        .iter()
        .filter(|event| matches!(event.what, What::Cue { .. } | What::HungUp))
        .map(|event| (event.at / 8, event.what))
        .collect();
    let expected = [
        (1_400, What::Cue { number: 0 }),
        (5_200, What::Cue { number: 1 }),
        (7_000, What::HungUp),
    ];
    assert_eq!(events, expected);
    assert!(matches!(outputs.last(), Some((_, Output::Close))));
}

#[test]
fn silence_may_be_nothing_or_noise() {
    let cues = vec![cue(When::At(Duration::from_millis(200)), say(320))];
    let settings = LineSettings {
        silence: Silence::Nothing,
        ..LineSettings::default()
    };
    let mut quiet = line(settings, cues.clone());
    let outputs = run(&mut quiet, ms(1_000));
    let stamps: Vec<_> = texts(&outputs)
        .iter()
        .filter_map(|text| match FromCarrier::parse(text) {
            Ok(FromCarrier::Media(media)) => media.timestamp.zip(media.chunk),
            _ => None,
        })
        .collect();
    assert_eq!(
        stamps,
        [
            (Duration::from_millis(200), 1),
            (Duration::from_millis(220), 2)
        ]
    );

    let noise = Silence::Noise { dbov: -50.0 };
    let mut noisy = line(
        LineSettings {
            silence: noise,
            ..LineSettings::default()
        },
        vec![],
    );
    run(&mut noisy, ms(10_000));
    let sum: f64 = noisy
        .recording()
        .said
        .iter()
        .map(|code| (f64::from(audio_converter::g711::decode_mulaw(*code)) / 32_768.0).powi(2))
        .sum();
    let level = 10.0 * (sum / noisy.recording().said.len() as f64).log10();
    assert!((level + 50.0).abs() < 0.5, "{level}");
}

#[test]
fn an_hour_by_a_clock_that_runs_fast() {
    let settings = LineSettings {
        drift_ppm: 200,
        limit: Duration::from_secs(3_600),
        ..LineSettings::default()
    };
    let mut line = line(settings, vec![]);
    let mut frames = 0;
    while let Some(at) = line.timeout() {
        while let Some((due, output)) = line.poll(at) {
            assert_eq!(due, at);
            frames += usize::from(
                matches!(output, Output::Text(text) if text.contains(r#""event":"media""#)),
            );
        }
        assert!(line.take_recording().heard.len() <= 160);
    }
    // 3600.72 s by its own clock.
    assert_eq!(frames, 180_036);
    assert!(line.is_closed());
}

fn faulty(kind: FaultKind) -> (Line, Vec<(Time, Output)>) {
    let at = Duration::from_millis(50);
    let settings = LineSettings {
        faults: vec![Fault { at, kind }],
        ..LineSettings::default()
    };
    let mut line = line(settings, vec![]);
    let outputs = run(&mut line, ms(100));
    (line, outputs)
}

#[test]
fn faults_happen_on_schedule() {
    let (_, outputs) = faulty(FaultKind::Cut);
    assert_eq!(outputs.last(), Some(&(ms(50), Output::Cut)));
    let (_, outputs) = faulty(FaultKind::Close);
    assert_eq!(outputs.last(), Some(&(ms(50), Output::Close)));
    assert!(!texts(&outputs).iter().any(|text| text.contains("stop")));
    let (_, outputs) = faulty(FaultKind::Binary);
    assert!(
        outputs
            .iter()
            .any(|(at, output)| *at == ms(50) && matches!(output, Output::Binary(_)))
    );
    let (_, outputs) = faulty(FaultKind::Malformed);
    assert_eq!(
        texts(&outputs)
            .iter()
            .filter(|text| FromCarrier::parse(text).is_err())
            .count(),
        1
    );
    let (_, outputs) = faulty(FaultKind::Huge);
    assert_eq!(
        texts(&outputs)
            .iter()
            .filter(|text| text.len() > 1_000_000)
            .count(),
        1
    );
    let (_, outputs) = faulty(FaultKind::SecondStart);
    assert_eq!(
        texts(&outputs)
            .iter()
            .filter(|text| text.contains("customParameters"))
            .count(),
        2
    );
    let (_, outputs) = faulty(FaultKind::UnknownEvent);
    let is_unknown = |text: &&str| matches!(FromCarrier::parse(text), Ok(FromCarrier::Unknown(_)));
    assert_eq!(texts(&outputs).into_iter().filter(is_unknown).count(), 1);
    let (_, outputs) = faulty(FaultKind::Duplicate);
    let all = texts(&outputs);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len() - 1);
    let (line, outputs) = faulty(FaultKind::HalfOpen);
    assert!(outputs.last().unwrap().0 <= ms(50));
    assert_eq!(line.timeout(), Some(ms(3_600_000)));
}

#[test]
fn streams_begin_and_end_in_odd_ways() {
    let opened = |opening| {
        let mut line = line(
            LineSettings {
                opening,
                ..LineSettings::default()
            },
            vec![],
        );
        let outputs = run(&mut line, ms(20));
        let names: Vec<_> = texts(&outputs)
            .iter()
            .map(|text| text[10..15].to_owned())
            .collect();
        names.join(" ")
    };
    assert_eq!(opened(Opening::Usual), "conne start media");
    assert_eq!(opened(Opening::MediaFirst), "conne media start media");
    assert_eq!(opened(Opening::NotConnected), "start media");
    assert_eq!(opened(Opening::NotStarted), "conne media");

    let ended = |ending| {
        let settings = LineSettings {
            ending,
            ..LineSettings::default()
        };
        let mut line = line(settings, vec![cue(When::At(Duration::ZERO), Act::HangUp)]);
        let outputs = run(&mut line, ms(10_000));
        let ends = outputs.into_iter().skip(2).map(|(_, output)| match output {
            Output::Text(text) => text[10..14].to_owned(),
            other => format!("{other:?}"),
        });
        (ends.collect::<Vec<_>>().join(" "), line.is_closed())
    };
    assert_eq!(ended(Ending::Stop), ("stop Close".to_owned(), true));
    assert_eq!(ended(Ending::Close), ("Close".to_owned(), true));
    assert_eq!(ended(Ending::Cut), ("Cut".to_owned(), true));
    assert_eq!(ended(Ending::StopOnly), ("stop".to_owned(), false));
    assert_eq!(ended(Ending::HalfOpen), (String::new(), false));
}

#[test]
fn counters_may_be_strange() {
    let sequences = |counters| {
        let mut line = line(
            LineSettings {
                counters,
                ..LineSettings::default()
            },
            vec![],
        );
        let outputs = run(&mut line, ms(100));
        let all: Vec<_> = texts(&outputs)[2..]
            .iter()
            .filter_map(|text| match FromCarrier::parse(text) {
                Ok(FromCarrier::Media(media)) => media.sequence,
                _ => None,
            })
            .collect();
        (all, outputs)
    };
    assert_eq!(sequences(Counters::Texts).0, [2, 3, 4, 5, 6]);
    assert_eq!(sequences(Counters::Repeated).0, [1, 3, 3, 5, 5]);
    assert_eq!(sequences(Counters::Reordered).0, [3, 2, 5, 4, 7]);
    let (numbers, outputs) = sequences(Counters::Numbers);
    assert_eq!(numbers, [2, 3, 4, 5, 6]);
    assert!(texts(&outputs)[2].contains(r#""chunk":1,"timestamp":0,"#));
}

#[test]
fn the_network_delays_both_ways() {
    let settings = LineSettings {
        to_bridge: Duration::from_millis(30),
        from_bridge: Duration::from_millis(50),
        ..LineSettings::default()
    };
    let mut line = line(settings, vec![]);
    line.handle(ms(100), &media(&[LOUD; 160]));
    line.handle(ms(100), &mark("m"));
    let marks = marks(&run(&mut line, ms(1_000)));
    assert_eq!(marks, [(ms(100 + 50 + 20 + 30), "m".to_owned())]);
    assert_eq!(
        line.recording().heard.iter().position(|code| *code == LOUD),
        Some(1_200)
    );
}

#[test]
fn what_the_bridge_closes_is_closed() {
    let mut line = line(LineSettings::default(), vec![]);
    run(&mut line, ms(100));
    line.closed(ms(105));
    assert!(line.is_closed() && line.timeout().is_none());
    assert!(line.poll(ms(10_000)).is_none());
    assert_eq!(line.recording().heard.len(), 840);
    assert_eq!(line.recording().said.len(), 840);
}

proptest! {
    /// Whatever a bridge sends and when, each sample is played once and in order, each mark returns once, and both sides
    /// of the recording are as long as the call.
    #[test]
    fn nothing_is_lost(
        pieces in prop::collection::vec((0..60_u64, 0..400_usize, any::<bool>()), 1..40),
        frame in 1..1_000_usize,
        jitter in 0..30_u64,
        drift in -300..300_i32,
    ) {
        let settings = LineSettings {
            frame,
            drift_ppm: drift,
            jitter: Duration::from_millis(jitter),
            limit: Duration::from_secs(60),
            ..LineSettings::default()
        };
        let mut line = line(settings, vec![]);
        let (mut now, mut sent, mut set, mut returned) = (Time::ZERO, Vec::new(), Vec::new(), Vec::new());
        let mut value = 0_u8;
        for (wait, length, has_mark) in pieces {
            let until = now + Duration::from_millis(wait);
            returned.extend(marks(&run(&mut line, until)));
            now = until;
            // 0xFF is silence, and 0x7F is too.
            let codes: Vec<u8> = (0..length).map(|_| { value = (value + 1) % 100; value }).collect();
            line.handle(now, &media(&codes));
            sent.extend(codes);
            if has_mark {
                let name = set.len().to_string();
                line.handle(now, &mark(&name));
                set.push(name);
            }
        }
        returned.extend(marks(&run(&mut line, now + Duration::from_secs(10))));
        let names: Vec<_> = returned.into_iter().map(|(_, name)| name).collect();
        prop_assert_eq!(names, set);
        let recording = line.recording();
        let heard: Vec<u8> = recording.heard.iter().copied().filter(|code| *code != 0xFF).collect();
        prop_assert_eq!(heard, sent);
        let length = recording.clock.sample_at(now + Duration::from_secs(10));
        prop_assert_eq!(recording.heard.len() as u64, length);
        prop_assert!(recording.said.len() as u64 - length <= frame as u64);
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}") {
        let mut line = line(LineSettings::default(), vec![]);
        line.handle(ms(1), &text);
        line.poll(ms(50));
        prop_assert!(line.recording().log.warnings().count() <= 1);
    }
}

#[test]
fn the_same_seed_is_the_same_call() {
    let call = |seed| {
        let settings = LineSettings {
            jitter: Duration::from_millis(15),
            silence: Silence::Noise { dbov: -60.0 },
            seed,
            ..LineSettings::default()
        };
        let voice = mulaw(&audio_converter_measure::signal::voice(
            8_000.0, 120.0, 4_000, 1,
        ));
        let cues = vec![cue(When::At(Duration::from_millis(30)), Act::Say(voice))];
        run(&mut line(settings, cues), ms(1_000))
    };
    assert_eq!(call(1), call(1));
    assert_ne!(call(1), call(2));
}
