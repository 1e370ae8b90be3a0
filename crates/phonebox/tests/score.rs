//! Known answers of the score: calls made sample by sample, with a fault of known size.

use std::time::Duration;

use audio_converter::g711::{decode_mulaw, encode_mulaw};
use audio_converter_measure::signal;
use phonebox::carrier::Clock;
use phonebox::score::{Conversation, Heard, Limits, Said, Score, Timeline, Turn};
use proptest::prelude::*;
use voice_call::Time;

fn ms(ms: u64) -> Time {
    Time::ZERO + Duration::from_millis(ms)
}

fn clock() -> Clock {
    Clock::new(Time::ZERO, 0)
}

/// A voice without pauses.
fn voice(rate: f64, samples: usize, seed: u64) -> Vec<f32> {
    let breath = signal::white_noise(0.03, samples, seed + 1_000);
    let voice = signal::voice(rate, 120.0, samples, seed);
    voice
        .iter()
        .zip(breath)
        .map(|(x, noise)| 0.5 * (x + noise))
        .collect()
}

/// What the model says: at 24 kHz, in pieces of 40 ms sent all at once.
fn turn(at: Time, length_ms: usize, seed: u64) -> Turn {
    let pcm: Vec<i16> = voice(24_000.0, length_ms * 24, seed)
        .iter()
        .map(|x| (x * 32_000.0) as i16)
        .collect();
    let pieces = pcm.chunks(960).map(|pcm| Said {
        at,
        pcm: pcm.to_vec(),
    });
    Turn {
        pieces: pieces.collect(),
        interrupted: None,
    }
}

/// A turn on a phone line, as the converter makes it.
fn on_a_phone(turn: &Turn) -> Vec<f32> {
    let (pcm, phone) = (
        "pcm16/24000".parse().unwrap(),
        "mulaw/8000".parse().unwrap(),
    );
    let mut converter = audio_converter::Converter::new(pcm, phone).unwrap();
    let bytes: Vec<u8> = turn
        .pieces
        .iter()
        .flat_map(|piece| &piece.pcm)
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let mut codes = converter.process(&bytes);
    codes.extend(converter.finish());
    codes
        .iter()
        .map(|code| f32::from(decode_mulaw(*code)) / 32_768.0)
        .collect()
}

fn quantised(samples: &[f32]) -> Vec<f32> {
    let phone = |x: &f32| f32::from(decode_mulaw(encode_mulaw((x * 32_768.0) as i16))) / 32_768.0;
    samples.iter().map(phone).collect()
}

fn silence(ms: usize) -> Vec<f32> {
    vec![0.0; ms * 8]
}

/// A call in which the caller says nothing.
fn heard(turns: Vec<Turn>, heard: Vec<f32>) -> Conversation {
    Conversation {
        caller_said: Timeline::new(clock(), 0, vec![0.0; heard.len()]),
        caller_heard: Timeline::new(clock(), 0, heard),
        turns,
        model_heard: Vec::new(),
        handovers: Vec::new(),
        ledger: Vec::new(),
    }
}

/// A call in which the model says nothing, and hears what `way` makes of it, in messages of 20 ms which come `late`.
fn said(said: &[f32], heard: &[f32], late: Duration) -> Conversation {
    // The same sound at 16 kHz.
    let (from, to) = ("f32/8000".parse().unwrap(), "pcm16/16000".parse().unwrap());
    let mut converter = audio_converter::Converter::new(from, to).unwrap();
    let mut bytes = converter.process(
        &heard
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect::<Vec<_>>(),
    );
    bytes.extend(converter.finish());
    let pcm: Vec<i16> = bytes
        .chunks_exact(2)
        .map(|x| i16::from_le_bytes([x[0], x[1]]))
        .collect();
    let pieces = pcm.chunks(320).enumerate().map(|(number, pcm)| Heard {
        at: ms(20 * (number as u64 + 1)) + late,
        pcm: pcm.to_vec(),
    });
    Conversation {
        caller_said: Timeline::new(clock(), 0, said.to_vec()),
        caller_heard: Timeline::new(clock(), 0, vec![0.0; said.len()]),
        turns: Vec::new(),
        model_heard: pieces.collect(),
        handovers: Vec::new(),
        ledger: Vec::new(),
    }
}

#[test]
fn a_clean_call_is_clean() {
    let turn = turn(ms(500), 2_000, 1);
    let call = [silence(537), on_a_phone(&turn), silence(500)].concat();
    let score = Score::measure(&heard(vec![turn], call));
    let way = &score.to_caller;
    assert_eq!(
        (way.said, way.heard, way.gaps, way.clicks),
        (1, 1, 0, 0),
        "{score}"
    );
    assert_eq!(way.lost_ms, 0.0, "{score}");
    assert!((way.first_delay_ms.mean - 37.0).abs() < 0.2, "{score}");
    assert!((way.delay_ms.max - 37.0).abs() < 0.2, "{score}");
    // It is what the converter does alone.
    assert!(
        (way.snr_db.unwrap() - way.best_snr_db.unwrap()).abs() < 0.1,
        "{score}"
    );
    assert!(way.snr_db.unwrap() > 34.0, "{score}");
    assert!(score.barge_ins.is_empty());
    let limits = Limits {
        min_snr_db: Some(30.0),
        max_p99_delay_ms: Some(40.0),
        max_gaps: Some(0.0),
        ..Limits::default()
    };
    assert_eq!(limits.check(&score), []);
    let limits = Limits {
        max_p99_delay_ms: Some(30.0),
        ..limits
    };
    assert_eq!(limits.check(&score)[0].what, "p99 delay_ms");
}

#[test]
fn a_gap_is_one_gap_of_its_length_and_delays_the_rest() {
    let turn = turn(ms(100), 2_000, 2);
    let sound = on_a_phone(&turn);
    let call = [
        &silence(120)[..],
        &sound[..8_000],
        &silence(60),
        &sound[8_000..],
        &silence(300),
    ]
    .concat();
    let way = Score::measure(&heard(vec![turn], call)).to_caller;
    assert_eq!((way.gaps, way.lost_ms), (1, 0.0), "{way:?}");
    assert!((way.longest_gap_ms - 60.0).abs() < 0.5, "{way:?}");
    assert!(
        (way.first_delay_ms.max - 20.0).abs() < 0.2 && (way.delay_ms.max - 80.0).abs() < 0.5,
        "{way:?}"
    );
}

#[test]
fn cut_words_are_lost() {
    let turn = turn(ms(0), 2_000, 3);
    let sound = on_a_phone(&turn);
    // 120 ms are left out in the middle, the last 200 ms are never played.
    let call = [
        &silence(10)[..],
        &sound[..6_400],
        &sound[7_360..14_400],
        &silence(500),
    ]
    .concat();
    let way = Score::measure(&heard(vec![turn], call)).to_caller;
    assert!((way.lost_ms - 320.0).abs() < 25.0, "{way:?}");
    assert_eq!(way.gaps, 0);
}

#[test]
fn a_click_is_heard() {
    let turn = turn(ms(0), 2_000, 4);
    let mut call = [silence(10), on_a_phone(&turn), silence(100)].concat();
    call[9_000] += 0.5;
    let way = Score::measure(&heard(vec![turn], call)).to_caller;
    assert_eq!(way.clicks, 1, "{way:?}");
}

#[test]
fn noise_is_measured_under_a_level_that_changes() {
    let turn = turn(ms(0), 3_000, 5);
    let sound = on_a_phone(&turn);
    let power = sound.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / sound.len() as f64;
    let noise = signal::white_noise((power / 100.0).sqrt(), sound.len(), 6);
    let call: Vec<f32> = silence(15)
        .into_iter()
        .chain(
            sound
                .iter()
                .zip(noise)
                .enumerate()
                .map(|(at, (x, noise))| (x + noise) * (0.5 + at as f32 / 48_000.0)),
        )
        .collect();
    let way = Score::measure(&heard(vec![turn], [call, silence(100)].concat())).to_caller;
    assert!((way.snr_db.unwrap() - 20.0).abs() < 1.5, "{way:?}");
    assert!(way.best_snr_db.unwrap() > 34.0, "{way:?}");
}

#[test]
fn a_turn_that_is_not_heard_is_lost() {
    let turn = turn(ms(0), 1_000, 7);
    let score = Score::measure(&heard(vec![turn], silence(3_000)));
    let way = &score.to_caller;
    assert_eq!((way.said, way.heard), (1, 0));
    assert_eq!(way.lost_ms, way.speech_ms);
    assert_eq!(way.snr_db, None);
    assert!(score.to_string().contains("heard of said"));
}

#[test]
fn a_barge_in_is_timed_from_the_first_sound_to_the_last() {
    let mut turn = turn(ms(0), 3_000, 8);
    turn.interrupted = Some(ms(1_300));
    let sound = on_a_phone(&turn);
    // The agent is heard until 1.4 s.
    let call = [&sound[..11_200], &silence(2_000)[..]].concat();
    let mut conversation = heard(vec![turn], call);
    // The caller speaks from 1 s on.
    let voice = quantised(&voice(8_000.0, 4_000, 9));
    conversation.caller_said = Timeline::new(
        clock(),
        0,
        [&silence(1_000)[..], &voice, &silence(500)].concat(),
    );
    conversation.ledger = vec![Some(Duration::from_millis(1_450))];
    let score = Score::measure(&conversation);
    let barge_in = score.barge_ins[0];
    assert!((barge_in.reaction_ms - 400.0).abs() <= 20.0, "{score}");
    assert!(
        (barge_in.after_interrupted_ms - 100.0).abs() <= 20.0,
        "{score}"
    );
    assert!(
        (score.ledger_error_ms.unwrap() - 50.0).abs() <= 20.0,
        "{score}"
    );
    assert_eq!(
        score.to_caller.lost_ms, 0.0,
        "what a barge-in drops is not lost"
    );
}

#[test]
fn the_way_to_the_model_is_measured_by_its_messages() {
    let voice = quantised(&voice(8_000.0, 16_000, 10));
    let sound = [silence(200), voice.clone(), silence(400)].concat();
    let score = Score::measure(&said(&sound, &sound, Duration::from_millis(7)));
    let way = &score.to_model;
    assert_eq!(
        (way.said >= 1, way.heard, way.lost_ms, way.gaps),
        (true, way.said, 0.0, 0),
        "{score}"
    );
    assert!(
        (way.delay_ms.mean - 7.0).abs() < 0.5 && (way.delay_ms.max - 7.0).abs() < 0.5,
        "{score}"
    );
    // The voice's breath reaches up to 4 kHz, where any filter takes some of it.
    assert!(
        (way.snr_db.unwrap() - way.best_snr_db.unwrap()).abs() < 0.5,
        "{score}"
    );

    // 100 ms are left out.
    let cut = [&sound[..8_000], &sound[8_800..]].concat();
    let way = Score::measure(&said(&sound, &cut, Duration::ZERO)).to_model;
    assert!((way.lost_ms - 100.0).abs() <= 20.0, "{way:?}");
}

#[test]
fn stereo_files_have_the_caller_left() {
    use phonebox::carrier::{Act, Caller, Cue, Line, LineSettings, When};
    let say = Cue {
        when: When::At(Duration::ZERO),
        act: Act::Say(vec![0x9F; 160].into()),
    };
    let mut line = Line::new(
        LineSettings::default(),
        Caller { cues: vec![say] },
        Time::ZERO,
    );
    line.poll(ms(100));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    phonebox::score::write_stereo(&path, line.recording()).unwrap();
    let mut file = hound::WavReader::open(path).unwrap();
    assert_eq!((file.spec().channels, file.spec().sample_rate), (2, 8_000));
    let samples: Vec<i16> = file.samples().map(Result::unwrap).collect();
    assert_eq!(samples.len(), 2 * 800);
    assert_eq!((samples[0], samples[1]), (decode_mulaw(0x9F), 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_delay_gain_and_gap_is_found(
        delay in 0..3_000_usize,
        gain in 0.2..1.5_f32,
        gap_at in 3_000..12_000_usize,
        gap in 80..2_000_usize,
        seed in 0..100_u64,
    ) {
        let turn = turn(ms(1_000), 2_000, seed);
        let sound: Vec<f32> = on_a_phone(&turn).iter().map(|x| x * gain).collect();
        let call = [&silence(1_000)[..], &vec![0.0; delay], &sound[..gap_at], &vec![0.0; gap], &sound[gap_at..], &silence(300)].concat();
        let way = Score::measure(&heard(vec![turn], call)).to_caller;
        let delay = delay as f64 / 8.0;
        prop_assert!((way.first_delay_ms.mean - delay).abs() < 0.3, "{:?} {}", way, delay);
        prop_assert!((way.delay_ms.max - delay - gap as f64 / 8.0).abs() < 0.5, "{:?}", way);
        // A gap in a pause of the voice is a delay, and no gap.
        prop_assert!(way.gaps <= 1 && way.lost_ms <= 40.0, "{:?}", way);
        prop_assert!(way.gaps == 0 || (way.longest_gap_ms - gap as f64 / 8.0).abs() < 0.5, "{:?}", way);
    }
}
