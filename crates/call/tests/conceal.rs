//! What the concealer promises, heard by the measurements.

use audio_converter_measure::{clicks, gaps, signal, similarity};
use proptest::prelude::*;
use voice_call::conceal::Concealer;

const RATE: f64 = 8_000.0;

fn integers(signal: &[f32]) -> Vec<i16> {
    signal
        .iter()
        .map(|x| (x * 32_768.0).round() as i16)
        .collect()
}

fn floats(samples: &[i16]) -> Vec<f32> {
    samples.iter().map(|&x| f32::from(x) / 32_768.0).collect()
}

/// A steady vowel: twelve harmonics with two formants, of any pitch.
fn vowel(pitch: f64, samples: usize) -> Vec<i16> {
    (0..samples)
        .map(|n| {
            let time = n as f64 / RATE;
            let sum: f64 = (1..=12)
                .map(|harmonic| f64::from(harmonic) * pitch)
                .filter(|frequency| *frequency < 3_400.0)
                .map(|frequency| {
                    let near =
                        |centre: f64, width: f64| (-((frequency - centre) / width).powi(2)).exp();
                    let height = 0.1 + near(500.0, 200.0) + 0.4 * near(1_500.0, 300.0);
                    height * (std::f64::consts::TAU * frequency * time + frequency).sin()
                })
                .sum();
            (sum * 4_000.0) as i16
        })
        .collect()
}

/// Plays in 20 ms frames; those that `is_missing` names are concealed.
fn play(samples: &[i16], is_missing: impl Fn(usize) -> bool) -> Vec<i16> {
    let mut concealer = Concealer::new();
    let mut out = samples.to_vec();
    for (n, frame) in out.chunks_mut(160).enumerate() {
        if is_missing(n) {
            frame.fill(i16::MAX);
            concealer.fill(frame);
        } else {
            concealer.heard(frame);
        }
    }
    out
}

/// Three frames of a hundred, never the first ten, the same each time.
fn is_lost(seed: u64, frame: usize) -> bool {
    let mut random = signal::Random::new(seed.wrapping_mul(1 << 32) + frame as u64);
    frame >= 10 && random.uniform() < 0.03
}

fn caller() -> Vec<i16> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../examples/data/caller_8khz.wav"
    );
    let bytes = std::fs::read(path).expect("an example");
    let samples = bytes[44..].chunks_exact(2);
    samples
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect()
}

fn energy(samples: &[i16]) -> f64 {
    samples.iter().map(|&x| f64::from(x).powi(2)).sum()
}

fn correlation(a: &[i16], b: &[i16]) -> f64 {
    let product: f64 = a
        .iter()
        .zip(b)
        .map(|(&x, &y)| f64::from(x) * f64::from(y))
        .sum();
    product / (energy(a) * energy(b)).sqrt()
}

#[test]
fn a_voiced_sound_goes_on() {
    for tenth in (800..=3_000).step_by(37) {
        let pitch = f64::from(tenth) / 10.0;
        let sound = vowel(pitch, 4_800);
        for start in [1_600, 1_733, 2_011] {
            let mut concealer = Concealer::new();
            concealer.heard(&mut sound[..start].to_vec());
            let mut gap = [0; 160];
            concealer.fill(&mut gap);
            let found = correlation(&gap, &sound[start..start + 160]);
            assert!(found > 0.9, "{pitch} {start} {found}");
        }
    }
}

#[test]
fn neither_border_clicks() {
    for tenth in (800..=3_000).step_by(53) {
        let sound = vowel(f64::from(tenth) / 10.0, 8_000);
        for frames in 1..=4 {
            let out = play(&sound, |n| (20..20 + frames).contains(&n));
            let found = clicks(&floats(&out), RATE).unwrap();
            assert_eq!(found.count, 0, "{tenth} {frames} {found:?}");
        }
    }
}

#[test]
fn speech_that_comes_late_does_not_click_either() {
    let speech = caller();
    for late in 1..=5 {
        let mut concealer = Concealer::new();
        let mut out = Vec::new();
        for (n, frame) in speech.chunks(160).enumerate() {
            if n % 37 == 36 {
                let mut gap = vec![0; 160 * late];
                gap.chunks_mut(160).for_each(|frame| concealer.fill(frame));
                out.extend(gap);
            }
            let mut frame = frame.to_vec();
            concealer.heard(&mut frame);
            out.extend(frame);
        }
        let before = clicks(&floats(&speech), RATE).unwrap();
        let found = clicks(&floats(&out), RATE).unwrap();
        assert!(found.count <= before.count, "{late} {found:?}");
    }
}

#[test]
fn the_fade_keeps_its_law() {
    // A period of 80 samples repeats exactly, so what comes out is the law itself.
    let sound = vowel(100.0, 2_400);
    let mut concealer = Concealer::new();
    concealer.heard(&mut sound[..1_600].to_vec());
    let mut gap = [0; 640];
    for frame in gap.chunks_mut(160) {
        concealer.fill(frame);
    }
    for (n, (filled, real)) in gap.iter().zip(&sound[1_600..]).enumerate() {
        let level = (1.0 - (n as f64 - 80.0).max(0.0) / 400.0).max(0.0);
        let expected = f64::from(*real) * level;
        assert!(
            (f64::from(*filled) - expected).abs() < 30.0,
            "{n} {filled} {expected}"
        );
    }
    assert!(concealer.is_silent() && gap[480..] == [0; 160]);
}

#[test]
fn lost_speech_is_nearer_to_the_original_than_holes() {
    let (mut better, mut cuts) = (Vec::new(), [0; 2]);
    for seed in 0..8 {
        for speech in [
            caller(),
            integers(&signal::voice(RATE, 120.0, 120_000, seed)),
        ] {
            let concealed = play(&speech, |n| is_lost(seed, n));
            let mut holes = speech.clone();
            for (n, frame) in holes.chunks_mut(160).enumerate() {
                if is_lost(seed, n) {
                    frame.fill(0);
                }
            }
            let snr = |of: &[i16]| {
                similarity(&floats(&speech), &floats(of), RATE, 0.0)
                    .unwrap()
                    .segmental_snr_db
            };
            better.push(snr(&concealed) - snr(&holes));
            let cut = |of: &[i16]| gaps(&floats(of), RATE, 0.005).unwrap().abrupt;
            cuts[0] += cut(&concealed) - cut(&speech);
            cuts[1] += cut(&holes) - cut(&speech);
        }
    }
    let mean = better.iter().sum::<f64>() / better.len() as f64;
    // Three frames lost in a row are silent at their end.
    assert!(cuts[0] * 50 <= cuts[1], "{cuts:?}");
    assert!(mean > 0.05, "{better:?}");
}

#[test]
fn what_returns_is_in_its_place() {
    let sound = vowel(140.0, 3_200);
    let out = play(&sound, |n| n == 10);
    // Only the first 3 ms are mixed, and end in the real samples.
    assert_eq!(out[1_784..], sound[1_784..]);
    assert!(out[1_783].abs_diff(sound[1_783]) < 600);
    assert_eq!(out[..1_600], sound[..1_600]);
}

#[test]
fn a_turn_that_ends_hard_rings_out() {
    let sound = vowel(120.0, 1_600);
    let mut concealer = Concealer::new();
    concealer.heard(&mut sound.clone());
    let mut end = [1; 160];
    concealer.end(&mut end);
    assert!(concealer.is_silent() && end[40..] == [0; 120] && end[..40].iter().any(|x| *x != 0));
    let whole = [sound.clone(), end.to_vec(), vec![0; 800]].concat();
    assert_eq!(clicks(&floats(&whole), RATE).unwrap().count, 0);
    // The next turn is new: nothing is mixed into it.
    let mut next = sound.clone();
    concealer.heard(&mut next);
    assert_eq!(next, sound);
    // So it is after an interruption.
    concealer.fill(&mut end);
    concealer.reset();
    concealer.heard(&mut next);
    assert_eq!(next, sound);
    // A gap may turn out to be the end.
    concealer.fill(&mut end[..80]);
    assert!(!concealer.is_silent());
    concealer.end(&mut end);
    assert!(concealer.is_silent() && end[40..] == [0; 120]);
}

#[test]
fn nothing_is_allocated() {
    let mut sound = vowel(120.0, 800);
    let counted = allocation_counter::measure(|| {
        let mut concealer = Concealer::new();
        concealer.heard(&mut sound);
        concealer.fill(&mut sound);
        concealer.heard(&mut sound);
    });
    assert_eq!(counted.count_total, 0);
    assert!(size_of::<Concealer>() < 4_096, "{}", size_of::<Concealer>());
}

#[derive(Clone, Debug)]
enum Step {
    Heard(Vec<i16>),
    Fill(usize),
    End(usize),
    Reset,
}

fn step() -> impl Strategy<Value = Step> {
    let extremes = prop_oneof![any::<i16>(), Just(i16::MAX), Just(i16::MIN), Just(0)];
    prop_oneof![
        4 => prop::collection::vec(extremes, 0..600).prop_map(Step::Heard),
        2 => (0_usize..600, prop_oneof![Just(i16::MAX), Just(i16::MIN)])
            .prop_map(|(length, value)| Step::Heard(vec![value; length])),
        4 => (0_usize..700).prop_map(Step::Fill),
        1 => (0_usize..700).prop_map(Step::End),
        1 => Just(Step::Reset),
    ]
}

proptest! {
    /// Any order of calls: no panic, and silence whenever it is promised.
    #[test]
    fn any_order(steps in prop::collection::vec(step(), 0..40)) {
        let mut concealer = Concealer::new();
        for step in steps {
            let was_silent = concealer.is_silent();
            match step {
                Step::Heard(mut samples) => {
                    let before = samples.clone();
                    concealer.heard(&mut samples);
                    let mixed = samples.iter().zip(&before).rposition(|(x, y)| x != y);
                    prop_assert!(mixed.is_none_or(|last| last < 24));
                    prop_assert!(samples.is_empty() || !concealer.is_silent());
                }
                Step::Fill(length) => {
                    let mut out = vec![99; length];
                    concealer.fill(&mut out);
                    prop_assert!(!was_silent || out.iter().all(|x| *x == 0));
                    prop_assert!(length < 480 || concealer.is_silent());
                }
                Step::End(length) => {
                    let mut out = vec![99; length];
                    concealer.end(&mut out);
                    prop_assert!(out.iter().skip(40).all(|x| *x == 0));
                    prop_assert!(concealer.is_silent());
                }
                Step::Reset => concealer.reset(),
            }
        }
    }

    /// A gap is the same however it is asked for, and so is what comes back.
    #[test]
    fn cuts_do_not_matter(
        start in 0_usize..2_000,
        gap in 1_usize..700,
        cuts in prop::collection::vec(0_usize..200, 0..20),
    ) {
        let sound = integers(&signal::voice(RATE, 120.0, 4_000, 3));
        let mut whole = sound.clone();
        let mut concealer = Concealer::new();
        concealer.heard(&mut whole[..start]);
        concealer.fill(&mut whole[start..start + gap]);
        concealer.heard(&mut whole[start + gap..]);

        let mut pieces = sound;
        let mut concealer = Concealer::new();
        let mut cuts = cuts.into_iter();
        for (range, is_real) in [(0..start, true), (start..start + gap, false), (start + gap..4_000, true)] {
            let mut rest = &mut pieces[range];
            while !rest.is_empty() {
                let cut = cuts.next().unwrap_or(usize::MAX).min(rest.len());
                let (part, later) = rest.split_at_mut(cut);
                if is_real { concealer.heard(part) } else { concealer.fill(part) }
                rest = later;
            }
        }
        prop_assert!(whole == pieces);
    }
}
