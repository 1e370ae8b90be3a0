//! The way of the model's voice to the caller: exact, whole, without holes.

use std::time::Duration;

use audio_converter::{Converter, g711};
use audio_converter_measure::signal;
use proptest::prelude::*;
use voice_call::{Downlink, PlayoutSettings, Send, Time, level};

fn downlink() -> Downlink {
    Downlink::new(PlayoutSettings::default(), level::Settings::OFF)
}

fn voice(seconds: usize) -> Vec<u8> {
    let samples = signal::voice(24_000.0, 120.0, 24_000 * seconds, 7);
    samples
        .iter()
        .flat_map(|x| ((x * 20_000.0) as i16).to_le_bytes())
        .collect()
}

/// Ten harmonics of 120 Hz.
fn vowel(seconds: usize) -> Vec<u8> {
    let sample = |n: usize| {
        let angle = std::f64::consts::TAU * 120.0 * n as f64 / 24_000.0;
        let sum: f64 = (1..=10)
            .map(|k| (angle * f64::from(k)).sin() / f64::from(k))
            .sum();
        (sum * 6_000.0) as i16
    };
    (0..24_000 * seconds)
        .flat_map(|n| sample(n).to_le_bytes())
        .collect()
}

fn milliseconds(count: u64) -> Time {
    Time::ZERO + Duration::from_millis(count)
}

/// All sound sent until `until`, looking each millisecond.
fn sent(downlink: &mut Downlink, from: u64, until: u64) -> Vec<u8> {
    let mut all = Vec::new();
    for now in from..until {
        while let Some(send) = downlink.poll(milliseconds(now)) {
            if let Send::Sound(codes) = send {
                all.extend(codes);
            }
        }
    }
    all
}

fn expected(pcm: &[u8]) -> Vec<u8> {
    let format = |text: &str| text.parse().unwrap();
    let mut converter = Converter::new(format("pcm16/24000"), format("pcm16/8000")).unwrap();
    let mut slow = converter.process(pcm);
    converter.finish_append(&mut slow);
    let samples = slow.as_chunks().0.iter().copied().map(i16::from_le_bytes);
    samples.map(g711::encode_mulaw).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    /// However the model cuts its turn, and be it inside a sample, the caller hears the same, to the last sample.
    #[test]
    fn a_turn_is_heard_whole(cuts in proptest::collection::vec(0_usize..96_000, 0..30)) {
        let (pcm, mut downlink) = (voice(2), downlink());
        let mut cuts = cuts;
        cuts.sort_unstable();
        let mut at = 0;
        for cut in cuts.into_iter().chain([pcm.len()]) {
            prop_assert_eq!(downlink.say(24_000, &pcm[at..cut.max(at)]), Ok(0));
            at = cut.max(at);
        }
        downlink.end_turn();
        let sent = sent(&mut downlink, 0, 3_000);
        let expected = expected(&pcm);
        prop_assert_eq!(&sent[..expected.len()], &expected[..]);
        // What is more is the end of a turn that was cut off in a sound.
        prop_assert!(sent.len() - expected.len() <= 40);
        let heard = downlink.heard(milliseconds(4_000));
        prop_assert_eq!(heard.heard, sent.len() as u64);
    }
}

#[test]
fn a_gap_in_a_turn_is_concealed_and_fades() {
    let (pcm, mut downlink) = (vowel(2), downlink());
    downlink.say(24_000, &pcm[..48_000]).unwrap();
    // The second ends, and nothing comes for 200 ms.
    let before = sent(&mut downlink, 0, 1_200);
    let level = |codes: &[u8]| {
        let sum: f64 = codes
            .iter()
            .map(|code| f64::from(g711::decode_mulaw(*code)).powi(2))
            .sum();
        (sum / codes.len() as f64).sqrt()
    };
    let filled = downlink.heard(milliseconds(1_200)).concealed;
    let real = before.len() - usize::try_from(filled).unwrap();
    assert!(
        (7_980..8_000).contains(&real),
        "but for what the filter holds back"
    );
    assert!(
        before.len() >= real + 480,
        "60 ms are filled: {}",
        before.len() - real
    );
    let (speech, gap) = (level(&before[real - 400..real]), &before[real..]);
    assert!(level(&gap[..80]) > speech / 2.0, "it goes on");
    assert!(level(&gap[440..]) < speech / 10.0, "and fades");
    assert!(filled <= 800, "and ends: nothing is made up for ever");

    // It goes on, with nothing lost.
    downlink.say(24_000, &pcm[48_000..]).unwrap();
    downlink.end_turn();
    let after = sent(&mut downlink, 1_200, 3_000);
    assert_eq!(after[100..8_000], expected(&pcm)[real + 100..real + 8_000]);
}

#[test]
fn the_end_of_a_turn_is_no_gap() {
    let (pcm, mut downlink) = (voice(1), downlink());
    downlink.say(24_000, &pcm).unwrap();
    downlink.end_turn();
    let sent = sent(&mut downlink, 0, 3_000);
    assert!(sent.len() <= 8_000 + 40, "{}", sent.len());
    assert_eq!(downlink.timeout(), None);
}

#[test]
fn after_a_barge_in_nothing_of_the_old_turn_is_heard() {
    let (pcm, mut downlink) = (voice(1), downlink());
    // In the middle of a sample.
    downlink.say(24_000, &pcm[..20_001]).unwrap();
    sent(&mut downlink, 0, 100);
    let heard = downlink.barge_in(milliseconds(100));
    assert_eq!((heard.heard, heard.unheard), (800, 0));
    assert_eq!(downlink.poll(milliseconds(100)), Some(Send::Clear));
    downlink.say(24_000, &pcm).unwrap();
    downlink.end_turn();
    let after = sent(&mut downlink, 100, 2_000);
    let expected = expected(&pcm);
    assert_eq!(after[..expected.len()], expected);
}

#[test]
fn a_rate_that_changes_loses_nothing_and_an_impossible_one_is_told() {
    let mut downlink = downlink();
    downlink.say(24_000, &voice(1)).unwrap();
    downlink.say(16_000, &[0; 32_000]).unwrap();
    let error = downlink.say(0, &[0; 100]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the model speaks at 0 Hz, which cannot be converted"
    );
    downlink.end_turn();
    assert!((16_000..=16_040).contains(&sent(&mut downlink, 0, 4_000).len()));
}
