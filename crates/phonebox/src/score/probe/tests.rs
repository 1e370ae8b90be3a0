//! Known delay, loss and repetition, through the real converter and level control.

use std::time::Duration;

use audio_converter::{Converter, g711};
use audio_converter_measure::signal::Random;
use proptest::prelude::*;
use voice_call::level::Leveller;
use voice_call::{Downlink, PlayoutSettings, Said, Send, Time, Uplink, UplinkSettings, level};

use super::*;
use crate::load::rhythm::{Rhythm, Talk};

fn milliseconds(count: u64) -> Time {
    Time::ZERO + Duration::from_millis(count)
}

fn to_model() -> Converter {
    let format = |text: &str| text.parse().unwrap();
    Converter::new(format("pcm16/8000"), format("pcm16/16000")).unwrap()
}

fn scaled(samples: impl Iterator<Item = i16>, decibels: f64) -> Vec<i16> {
    let gain = 10_f64.powf(decibels / 20.0);
    samples.map(|x| (f64::from(x) * gain) as i16).collect()
}

fn bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// The way to the model: a line of another level, the level control, the converter.
struct Bridge {
    loudness: f64,
    leveller: Leveller,
    converter: Converter,
}

impl Bridge {
    fn new(loudness: f64) -> Self {
        Self {
            loudness,
            leveller: Leveller::new(8_000),
            converter: to_model(),
        }
    }

    fn pass(&mut self, codes: &[u8]) -> Vec<u8> {
        let mut samples = scaled(codes.iter().map(|c| g711::decode_mulaw(*c)), self.loudness);
        for sample in &mut samples {
            *sample = g711::decode_mulaw(g711::encode_mulaw(*sample));
        }
        self.leveller.process(&mut samples);
        self.converter.process(&bytes(&samples))
    }
}

/// `seconds` of a caller, of whom a bridge makes of each frame (number, codes) what `fault` says.
fn call(start: u64, seconds: u64, loudness: f64, fault: impl Fn(u64, &[u8]) -> Vec<u8>) -> Passage {
    let mut probe = Probe::to_model(start);
    let mut bridge = Bridge::new(loudness);
    for n in 0..seconds * 50 {
        let mut frame = [0; 160];
        probe.say_mulaw(milliseconds(20 * n), &mut frame);
        probe.hear_pcm(milliseconds(20 * n + 3), &bridge.pass(&fault(n, &frame)));
    }
    balanced(probe.finish())
}

fn balanced(passage: Passage) -> Passage {
    let Passage {
        said,
        heard,
        missing,
        interrupted,
        unheard,
        ..
    } = passage;
    assert_eq!(said, heard + missing + interrupted + unheard, "{passage:?}");
    let Passage {
        received,
        doubled,
        silence,
        foreign,
        ..
    } = passage;
    assert_eq!(received, heard + doubled + silence + foreign, "{passage:?}");
    passage
}

fn near(value: u64, wanted: u64, within: u64) -> bool {
    value.abs_diff(wanted) <= within
}

#[test]
fn a_clean_call_is_clean_at_every_level() {
    for (start, loudness) in [(0, -20.0), (50_000, -6.0), (163_000, 0.0), (99_999, 12.0)] {
        let passage = call(start, 30, loudness, |_, frame| frame.to_vec());
        assert_eq!(
            (passage.missing, passage.doubled),
            (0, 0),
            "{loudness} dB: {passage:?}"
        );
        assert_eq!(
            (passage.foreign, passage.silence),
            (0, 0),
            "{loudness} dB: {passage:?}"
        );
        // What the filter holds back, 1.9 ms, never came.
        assert!(passage.unheard <= 16);
        // 3 ms, and 15.5 of 160 samples wait 20 ms for the next frame.
        let delay = passage.delay.summary().unwrap();
        assert_eq!(delay.count, 1_500);
        assert!(
            (delay.mean_ms - 4.94).abs() < 0.1 && delay.max_ms < 5.1,
            "{delay}"
        );
    }
}

#[test]
fn a_level_control_takes_the_sound_for_speech() {
    let mut probe = Probe::to_model(0);
    let mut leveller = Leveller::new(8_000);
    let mut codes = vec![0; 160_000];
    probe.say_mulaw(Time::ZERO, &mut codes);
    let mut quiet = scaled(codes.iter().map(|c| g711::decode_mulaw(*c)), -20.0);
    leveller.process(&mut quiet);
    assert!(
        (19.0..25.0).contains(&leveller.gain()),
        "{}",
        leveller.gain()
    );
}

#[test]
fn lost_frames_are_counted() {
    // 75 of 1500 frames, alone or three at once.
    let is_lost = |n: u64| n % 60 == 17 || (n % 60 > 30 && n % 60 < 33);
    let passage = call(1_234, 30, 0.0, |n, frame| {
        if is_lost(n) {
            Vec::new()
        } else {
            frame.to_vec()
        }
    });
    let lost = 160 * (0..1_500).filter(|n| is_lost(*n)).count() as u64;
    assert!(near(passage.missing, lost, 60), "{lost}: {passage:?}");
    assert!(
        passage.doubled <= 60 && passage.foreign <= 60,
        "{passage:?}"
    );
}

#[test]
fn frames_that_became_silence_are_counted() {
    let is_lost = |n: u64| n % 50 == 20;
    let passage = call(77, 30, 0.0, |n, frame| {
        if is_lost(n) {
            vec![0xFF; 160]
        } else {
            frame.to_vec()
        }
    });
    // What falls into pauses of the sound is the same as the sound.
    let lost = 160 * 30;
    assert!(
        (lost * 6 / 10..lost * 11 / 10).contains(&passage.missing),
        "{passage:?}"
    );
    assert!(
        near(passage.silence + passage.foreign, passage.missing, 20),
        "{passage:?}"
    );
    assert_eq!(passage.doubled, 0);
}

#[test]
fn doubled_frames_are_counted() {
    let passage = call(40_000, 30, 6.0, |n, frame| {
        if n % 40 == 9 {
            [frame, frame].concat()
        } else {
            frame.to_vec()
        }
    });
    let added = passage.doubled + passage.silence + passage.foreign;
    assert!(near(added, 160 * 38, 2), "{passage:?}");
    // What is doubled in a pause of the sound is silence.
    assert!(
        passage.doubled > 160 * 24 && passage.missing <= 2,
        "{passage:?}"
    );
}

#[test]
fn cut_anywhere_and_late_by_chance_is_measured_exactly() {
    let (mut probe, mut bridge) = (Probe::to_model(5), Bridge::new(0.0));
    let mut random = Random::new(3);
    let mut stream = Vec::new();
    let mut wanted = Duration::ZERO;
    let (mut now, mut behind) = (0, 0);
    for n in 0..1_500 {
        let mut frame = [0; 160];
        now = now.max(20 * n);
        probe.say_mulaw(milliseconds(20 * n), &mut frame);
        stream.extend(bridge.pass(&frame));
        now += (random.uniform() * 15.0) as u64;
        let cut = stream.len() - (random.uniform() * 33.0) as usize;
        let rest = stream.split_off(cut.min(stream.len()));
        for piece in stream.chunks(97) {
            probe.hear_pcm(milliseconds(now), piece);
        }
        // How long each sample took, counted one by one.
        let heard = probe.heard;
        for sample in behind..heard {
            wanted += milliseconds(now) - milliseconds(sample / 160 * 20);
        }
        (behind, stream) = (heard, rest);
    }
    let passage = balanced(probe.finish());
    assert_eq!(
        (passage.missing, passage.doubled, passage.foreign),
        (0, 0, 0),
        "{passage:?}"
    );
    let wanted = wanted.as_secs_f64() * 1e3 / passage.heard as f64;
    let delay = passage.delay.summary().unwrap();
    assert!((delay.mean_ms - wanted).abs() < 0.05, "{wanted}: {delay}");
}

/// Turns of `turn` seconds every ten, said in bursts, through the way of a real bridge, whose every step is `late`.
fn conversation(turns: u64, turn: f64, late: u64) -> Probe {
    let mut probe = Probe::to_caller(9_000);
    let mut bridge = Downlink::new(PlayoutSettings::default(), level::Settings::default());
    for now in 0..turns * 10_000 {
        if now % 10_000 == 0 {
            let mut pcm = Vec::new();
            probe.say_pcm(milliseconds(now), (24_000.0 * turn) as usize, &mut pcm);
            for piece in pcm.chunks(1_001) {
                bridge.say(24_000, piece).unwrap();
            }
            bridge.end_turn();
        }
        while let Some(send) = bridge.poll(milliseconds(now)) {
            if let Send::Sound(codes) = send {
                probe.hear_mulaw(milliseconds(now + late), codes);
            }
        }
    }
    probe
}

#[test]
fn turns_in_bursts_are_heard_whole_and_as_late_as_they_are() {
    for late in [0, 12, 170] {
        let passage = balanced(conversation(4, 6.37, late).finish());
        assert_eq!((passage.missing, passage.unheard), (0, 0), "{passage:?}");
        // The bridge's own end of a turn that is cut off in a sound: 5 ms, too little to be sure what it is.
        assert!(passage.received - passage.heard <= 4 * 40, "{passage:?}");
        let delay = passage.delay.summary().unwrap();
        let late = late as f64;
        assert!((delay.mean_ms - late).abs() < 0.1, "{delay}");
        assert!((delay.max_ms - late).abs() < 5.1, "{delay}");
        assert_eq!(passage.underruns, 0);
    }
}

#[test]
fn an_empty_buffer_is_told_and_makes_late_what_follows() {
    let mut probe = Probe::to_caller(0);
    let mut pcm = Vec::new();
    probe.say_pcm(Time::ZERO, 96_000, &mut pcm);
    let mut bridge = Converter::new(
        "pcm16/24000".parse().unwrap(),
        "mulaw/8000".parse().unwrap(),
    )
    .unwrap();
    let mut codes = bridge.process(&pcm);
    bridge.finish_append(&mut codes);
    for (n, frame) in codes.chunks(160).enumerate() {
        // At 2 s the bridge sleeps for 90 ms.
        let sleep = if n >= 100 { 90 } else { 0 };
        probe.hear_mulaw(milliseconds(20 * n as u64 + sleep), frame);
    }
    let passage = balanced(probe.finish());
    assert_eq!(
        (passage.underruns, passage.dry),
        (1, Duration::from_millis(90))
    );
    assert_eq!(passage.delay.quantile(0.49), Some(Duration::ZERO));
    assert_eq!(passage.delay.quantile(1.0), Some(Duration::from_millis(90)));
    assert_eq!(passage.unheard + passage.missing, 0);
}

#[test]
fn what_an_interruption_drops_is_not_missing() {
    let mut probe = Probe::to_caller(0);
    let mut bridge = Downlink::new(PlayoutSettings::default(), level::Settings::OFF);
    for now in 0..8_000 {
        if now == 0 || now == 3_000 {
            let mut pcm = Vec::new();
            probe.say_pcm(milliseconds(now), 24_000 * 4, &mut pcm);
            bridge.say(24_000, &pcm).unwrap();
            bridge.end_turn();
        }
        if now == 2_000 {
            probe.interrupt();
            bridge.barge_in(milliseconds(now));
        }
        while let Some(send) = bridge.poll(milliseconds(now)) {
            match send {
                Send::Sound(codes) => probe.hear_mulaw(milliseconds(now), codes),
                Send::Clear => probe.clear(milliseconds(now)),
                Send::Mark { .. } => {}
            }
        }
    }
    let passage = balanced(probe.finish());
    assert_eq!(
        (passage.missing, passage.doubled, passage.unheard),
        (0, 0, 0),
        "{passage:?}"
    );
    // 2 s less the bridge's lead.
    assert!(
        near(passage.interrupted + passage.flushed, 16_000, 320),
        "{passage:?}"
    );
    assert!(near(passage.flushed, 8 * 160, 160), "{passage:?}");
    assert!(
        passage.delay.quantile(1.0).unwrap() < Duration::from_millis(20),
        "{passage:?}"
    );
}

#[test]
fn another_voice_is_foreign_and_the_sound_is_found_again() {
    let other = audio_converter_measure::signal::voice(8_000.0, 120.0, 16_000, 1);
    let other: Vec<u8> = other
        .iter()
        .map(|x| g711::encode_mulaw((x * 20_000.0) as i16))
        .collect();
    let passage = call(0, 20, 0.0, |n, frame| {
        if n == 200 {
            [&other[..], frame].concat()
        } else {
            frame.to_vec()
        }
    });
    assert!(
        near(passage.foreign + passage.silence, 16_000, 40),
        "{passage:?}"
    );
    assert!(
        passage.missing <= 40 && passage.doubled <= 40,
        "{passage:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_comes_the_sums_are_right(
        acts in proptest::collection::vec((0_u8..8, 0_usize..700), 1..200),
        start in 0_u64..400_000,
    ) {
        let mut probes = [Probe::to_model(start), Probe::to_caller(start)];
        let mut random = Random::new(start);
        let mut line = Vec::new();
        for (n, (act, count)) in acts.into_iter().enumerate() {
            let now = milliseconds(n as u64 * 20);
            match act {
                0..=3 => {
                    line = vec![0; count];
                    probes[0].say_mulaw(now, &mut line);
                    let mut pcm = Vec::new();
                    probes[1].say_pcm(now, count, &mut pcm);
                }
                4 => line = (0..count).map(|_| random.bits() as u8).collect(),
                5 => line = vec![0xFF; count],
                6 => probes[1].interrupt(),
                _ => probes[1].clear(now),
            }
            let pcm: Vec<u8> = line.iter().flat_map(|c| {
                let [low, high] = g711::decode_mulaw(*c).to_le_bytes();
                [low, high, low, high]
            }).collect();
            let cut = count.min(pcm.len());
            probes[0].hear_pcm(now, &pcm[..cut]);
            probes[0].hear_pcm(now, &pcm[cut..]);
            probes[1].hear_mulaw(now, &line);
        }
        for probe in probes {
            balanced(probe.finish());
        }
    }
}

#[test]
fn a_turn_is_found_again_behind_turns_that_were_dropped() {
    // Turns of 5 s every 10 s, of which a bridge drops some whole, and one up to its last second.
    let format = |text: &str| text.parse().unwrap();
    for dropped in [&[1][..], &[1, 2], &[0, 1, 2]] {
        let mut probe = Probe::to_caller(3_000);
        for turn in 0..6 {
            let mut pcm = Vec::new();
            let begins = milliseconds(10_000 * turn);
            probe.say_pcm(begins, 5 * 24_000, &mut pcm);
            let mut bridge = Converter::new(format("pcm16/24000"), format("mulaw/8000")).unwrap();
            let mut codes = bridge.process(&pcm);
            bridge.finish_append(&mut codes);
            for (n, frame) in codes.chunks(160).enumerate() {
                let is_dropped = dropped.contains(&turn) || (turn == 4 && n < 200);
                if !is_dropped {
                    probe.hear_mulaw(begins + Duration::from_millis(20 * n as u64 + 9), frame);
                }
            }
        }
        let passage = balanced(probe.finish());
        let lost = dropped.len() as u64 * 40_000 + 32_000;
        // What leads to the place where it is found again counts as something else.
        assert!(near(passage.missing, lost, 4_000), "{lost}: {passage:?}");
        assert!(
            passage.foreign + passage.silence <= 4_000 && passage.unheard < 100,
            "{passage:?}"
        );
        let median = passage.delay.quantile(0.5).unwrap();
        assert!(median < Duration::from_micros(9_150), "{passage:?}");
    }
}

/// The caller's turns of a call under load, with silence between them, through the way to the model of the gateway, which stalls by chance in a part
/// of all frames and makes silence in their place.
fn turns_of_a_caller(number: u64, seconds: u64, stalls: f64) -> (Passage, Said) {
    let begins = milliseconds(140);
    let mut rhythm = Rhythm::new(&Talk::default(), begins, number * 4_093, number);
    let mut exchange = rhythm.exchange();
    let mut probe = Probe::to_model(exchange.caller.position);
    let mut uplink = Uplink::new(UplinkSettings::default(), Leveller::new(8_000), Time::ZERO);
    uplink.model_is_there(Time::ZERO);
    let mut random = Random::new(number);
    let mut said = 0;
    let mut stalled_until = Time::ZERO;
    let mut pending: Vec<u8> = Vec::new();
    for n in 0..seconds * 50 {
        let now = milliseconds(20 * n);
        let mut frame = [0xFF; 160];
        if now >= exchange.next {
            (exchange, said) = (rhythm.exchange(), 0);
        }
        if now >= exchange.caller.begins && said < exchange.caller.samples {
            let count = (exchange.caller.samples - said).min(160);
            probe.say_mulaw(now, &mut frame[..count as usize]);
            said += count;
        }
        pending.extend(frame);
        if random.uniform() < stalls {
            stalled_until = now + Duration::from_millis((random.uniform() * 400.0) as u64);
        }
        for step in 0..4 {
            let at = now + Duration::from_millis(5 * step);
            if at >= stalled_until && !pending.is_empty() {
                uplink.hear(at, &pending);
                pending.clear();
            }
            while let Some(piece) = uplink.poll(at) {
                probe.hear_pcm(at, piece);
            }
        }
    }
    (balanced(probe.finish()), uplink.said())
}

#[test]
fn where_a_bridge_stalls_and_makes_silence_nothing_is_lost() {
    // With 0.01, one call of the first 400 has 84 samples that are taken for something else: the last of a word between two silences.
    for stalls in [0.0, 0.002, 0.01] {
        for number in 0..100 {
            let (passage, said) = turns_of_a_caller(number, 30, stalls);
            let strays = (passage.missing, passage.doubled, passage.foreign);
            assert_eq!(strays, (0, 0, 0), "call {number}, {stalls}: {passage:?}");
            assert_eq!(said.forgotten, 0);
            // All but what a stall or a filter holds back at the end.
            let most = if stalls == 0.0 { 16 } else { 4_000 };
            assert!(
                passage.said > 30_000 && passage.unheard < most,
                "{passage:?}"
            );
            // A stall is at most 400 ms, and what waited is heard at twice the speed of speech.
            let longest = passage.delay.quantile(1.0).expect("it was heard");
            assert!(
                longest < Duration::from_secs(1),
                "call {number}: {longest:?}"
            );
        }
    }
}
