//! What the leveller promises, heard by the measurements.

use std::f64::consts::TAU;

use audio_converter_measure::{
    FULL_SCALE, amplitude_of_db, clicks, clipping, fit_tone, frame_levels, level, signal,
    speech_level,
};
use proptest::prelude::*;
use voice_call::level::{Leveller, Settings};

#[path = "level/twin.rs"]
mod twin;

const RATES: [u32; 3] = [8_000, 16_000, 24_000];

fn integers(signal: &[f32]) -> Vec<i16> {
    signal
        .iter()
        .map(|x| (x * 32_768.0).round() as i16)
        .collect()
}

fn floats(samples: &[i16]) -> Vec<f32> {
    samples.iter().map(|&x| f32::from(x) / 32_768.0).collect()
}

fn active(samples: &[i16], rate: u32) -> f64 {
    speech_level(&floats(samples), f64::from(rate))
        .expect("speech")
        .active_dbov
}

/// A signal brought to an active speech level.
fn at(signal: &[f32], rate: u32, dbov: f64) -> Vec<i16> {
    let found = speech_level(signal, f64::from(rate)).expect("speech");
    let gain = amplitude_of_db(dbov - found.active_dbov) as f32;
    integers(&signal.iter().map(|x| x * gain).collect::<Vec<_>>())
}

fn voice(rate: u32, seconds: f64, dbov: f64) -> Vec<i16> {
    let rate_hz = f64::from(rate);
    at(
        &signal::voice(rate_hz, 120.0, (rate_hz * seconds) as usize, 5),
        rate,
        dbov,
    )
}

/// The project's own recordings, three times in a row, with their rate.
fn recordings() -> [(Vec<f32>, u32); 2] {
    ["caller_8khz.wav", "sample_pcm16_24khz.wav"].map(|name| {
        let path = format!("{}/../../examples/data/{name}", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(path).expect("an example");
        let rate = u32::from_le_bytes([bytes[24], bytes[25], bytes[26], bytes[27]]);
        let once: Vec<f32> = bytes[44..]
            .chunks_exact(2)
            .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0)
            .collect();
        (once.repeat(3), rate)
    })
}

/// Levels in frames of 10 ms; gives the gain after each.
fn run(leveller: &mut Leveller, samples: &mut [i16], rate: u32) -> Vec<f64> {
    samples
        .chunks_mut(rate as usize / 100)
        .map(|frame| {
            leveller.process(frame);
            leveller.gain()
        })
        .collect()
}

fn levelled(samples: &[i16], rate: u32) -> (Vec<i16>, Vec<f64>) {
    let mut out = samples.to_vec();
    let gains = run(&mut Leveller::new(rate), &mut out, rate);
    (out, gains)
}

fn span(gains: &[f64]) -> f64 {
    let most = gains.iter().copied().fold(f64::MIN, f64::max);
    most - gains.iter().copied().fold(f64::MAX, f64::min)
}

/// Every voice of the tests at this level.
fn talkers(dbov: f64) -> Vec<(Vec<i16>, u32)> {
    let mut all: Vec<_> = recordings()
        .iter()
        .map(|(speech, rate)| (at(speech, *rate, dbov), *rate))
        .collect();
    for rate in RATES {
        all.push((voice(rate, 24.0, dbov), rate));
    }
    all
}

#[test]
fn quiet_and_loud_talkers_reach_the_target_and_stay() {
    for dbov in [-46.0, -40.0, -34.0, -28.0, -16.0, -12.0] {
        for (speech, rate) in talkers(dbov) {
            let (out, gains) = levelled(&speech, rate);
            let half = out.len() / 2;
            let found = active(&out[half..], rate);
            let wanted = -22.0 + active(&speech[half..], rate) - active(&speech, rate);
            assert!((found - wanted).abs() < 2.0, "{dbov} {rate} {found}");
            let settled = span(&gains[gains.len() / 3 * 2..]);
            // The margin of a known talker: one who came in loud may be corrected once more.
            let most = if dbov < -22.0 { 1.0 } else { 2.0 };
            assert!(settled < most, "{dbov} {rate} {settled}");
            assert_eq!(clicks(&floats(&out), f64::from(rate)).unwrap().count, 0);
        }
    }
}

#[test]
fn a_talker_at_the_target_is_not_touched() {
    for (speech, rate) in talkers(-22.0) {
        assert_eq!(levelled(&speech, rate).0, speech, "{rate}");
    }
}

#[test]
fn the_gain_is_slow_and_rests_in_pauses() {
    for dbov in [-46.0, -12.0] {
        for (speech, rate) in talkers(dbov) {
            let (_, gains) = levelled(&speech, rate);
            for pair in gains.windows(2) {
                let step = pair[1] - pair[0];
                assert!((-0.3001..=0.1201).contains(&step), "{dbov} {rate} {step}");
            }
        }
    }
    let speech = voice(8_000, 3.0, -40.0);
    let mut pause = integers(&signal::white_noise(1e-3, 80_000, 1));
    let mut leveller = Leveller::new(8_000);
    run(&mut leveller, &mut speech.clone(), 8_000);
    let gain = leveller.gain();
    assert!(gain > 6.0);
    assert_eq!(span(&run(&mut leveller, &mut pause, 8_000)), 0.0);
    assert_eq!(leveller.gain(), gain);
}

#[test]
fn what_is_no_speech_moves_nothing() {
    let tones = |frequencies: &[f64], seconds: f64, dbov: f64| -> Vec<f32> {
        let height = amplitude_of_db(dbov) * (2.0 / frequencies.len() as f64).sqrt();
        (0..(8_000.0 * seconds) as usize)
            .map(|n| {
                let turns = frequencies.iter().map(|f| TAU * f * n as f64 / 8_000.0);
                (height * turns.map(f64::sin).sum::<f64>()) as f32
            })
            .collect()
    };
    let cadence = |on: Vec<f32>, off: f64, times: usize| {
        [on, signal::silence((8_000.0 * off) as usize)]
            .concat()
            .repeat(times)
    };
    let mut sounds: Vec<(String, Vec<f32>)> = Vec::new();
    for dbov in [-70.0, -60.0, -50.0, -40.0, -20.0] {
        let noise = signal::white_noise(amplitude_of_db(dbov), 160_000, 1);
        sounds.push((format!("noise {dbov}"), noise.clone()));
        sounds.push((
            format!("silence, noise {dbov}"),
            [signal::silence(40_000), noise].concat(),
        ));
        for hum in [50.0, 60.0, 425.0] {
            sounds.push((format!("{hum} Hz {dbov}"), tones(&[hum], 20.0, dbov)));
        }
    }
    // The North American and European call progress tones, and digits at their usual −7 dBov.
    let ringing = cadence(tones(&[440.0, 480.0], 2.0, -19.0), 4.0, 4);
    sounds.push(("ringing".into(), ringing));
    let ringing = cadence(tones(&[425.0], 1.0, -13.0), 4.0, 4);
    sounds.push(("European ringing".into(), ringing));
    let busy = cadence(tones(&[480.0, 620.0], 0.5, -13.0), 0.5, 10);
    sounds.push(("busy".into(), busy));
    for seconds in [0.06, 0.1, 0.2] {
        for digit in [[697.0, 1_209.0], [852.0, 1_336.0], [941.0, 1_477.0]] {
            let digits = cadence(tones(&digit, seconds, -7.0), seconds, 20);
            sounds.push((format!("{digit:?} {seconds}"), digits));
        }
    }
    sounds.push(("offset".into(), signal::step(0.3, 40_000, 80_000)));
    for (name, sound) in sounds {
        let samples = integers(&sound);
        assert_eq!(levelled(&samples, 8_000).0, samples, "{name}");
        // Nor is what the talker had lost.
        let mut leveller = Leveller::new(8_000);
        run(&mut leveller, &mut voice(8_000, 12.0, -36.0), 8_000);
        let before = leveller.gain();
        run(&mut leveller, &mut samples.clone(), 8_000);
        run(&mut leveller, &mut voice(8_000, 6.0, -36.0), 8_000);
        assert!(
            (leveller.gain() - before).abs() < 1.0,
            "{name} {before} {}",
            leveller.gain()
        );
    }
}

#[test]
fn noise_between_words_is_lifted_with_them_and_no_more() {
    let rate = 8_000;
    for (speech, noise) in [(-40.0, -60.0), (-46.0, -65.0)] {
        let mut noisy = voice(rate, 30.0, speech);
        let line = integers(&signal::white_noise(amplitude_of_db(noise), noisy.len(), 3));
        noisy.iter_mut().zip(&line).for_each(|(x, n)| *x += n);
        let (out, _) = levelled(&noisy, rate);
        let half = out.len() / 2;
        let ratio = |part: &[i16]| {
            let levels = frame_levels(&floats(part), 8_000.0).unwrap();
            active(part, rate) - levels.noise_floor_dbov().unwrap()
        };
        let (before, after) = (ratio(&noisy[half..]), ratio(&out[half..]));
        assert!(
            (before - after).abs() < 0.5,
            "{speech} {noise} {before} {after}"
        );
    }
}

#[test]
fn a_suddenly_loud_talker_is_lowered_soon_and_never_clips() {
    let mut leveller = Leveller::new(8_000);
    run(&mut leveller, &mut voice(8_000, 12.0, -42.0), 8_000);
    assert!(leveller.gain() > 17.0);
    let mut loud = voice(8_000, 6.0, -16.0);
    let gains = run(&mut leveller, &mut loud, 8_000);
    let found = clipping(&floats(&loud), FULL_SCALE);
    assert_eq!(found.runs, 0, "{found:?}");
    assert!(
        gains[200] < 5.0 && gains[599] < -3.0,
        "{} {}",
        gains[200],
        gains[599]
    );
}

#[test]
fn the_limiter_scales_whole_waves() {
    for rate in RATES {
        for (frequency, start) in [(100.0, 12.0), (440.0, 12.0), (997.0, 6.0), (997.0, 20.0)] {
            let settings = Settings {
                start,
                ..Settings::default()
            };
            let mut leveller = Leveller::with_settings(rate, settings);
            let rate_hz = f64::from(rate);
            let mut tone = integers(&signal::tone(rate_hz, frequency, 0.5, rate as usize * 2));
            run(&mut leveller, &mut tone, rate);
            let fit = fit_tone(&floats(&tone[rate as usize..]), rate_hz, frequency).unwrap();
            assert!(
                fit.thd_n_db() < -60.0,
                "{rate} {frequency} {start} {}",
                fit.thd_n_db()
            );
            assert!(level(&floats(&tone)).peak_dbfs < -0.99);
        }
    }
}

#[test]
fn an_offset_is_not_lifted() {
    let mut speech = voice(8_000, 24.0, -40.0);
    speech.iter_mut().for_each(|x| *x += 2_000);
    let (out, gains) = levelled(&speech, 8_000);
    assert!(gains.last().unwrap() > &16.0);
    let dc = level(&floats(&out[96_000..])).dc * 32_768.0;
    assert!((1_500.0..3_000.0).contains(&dc), "{dc}");
}

#[test]
fn the_twin_agrees() {
    let jump = [voice(8_000, 10.0, -44.0), voice(8_000, 10.0, -12.0)].concat();
    let back = [jump.clone(), voice(8_000, 12.0, -34.0)].concat();
    let mut offset = voice(8_000, 10.0, -38.0);
    offset.iter_mut().for_each(|x| *x -= 900);
    let mut cases: Vec<_> = [back, offset].map(|x| (x, 8_000)).into();
    cases.extend(talkers(-40.0));
    for (samples, rate) in cases {
        for start in [0.0, 20.0] {
            let settings = Settings {
                start,
                ..Settings::default()
            };
            let mut out = samples.clone();
            let gains = run(&mut Leveller::with_settings(rate, settings), &mut out, rate);
            let (expected, ratios) =
                twin::level(&samples, rate as usize, 10_f64.powf(start / 20.0));
            for (found, expected) in gains.iter().zip(&ratios[1..]) {
                // Four digits of a constant are in both, so is the limit at the range's end.
                assert!((found - 20.0 * expected.log10()).abs() < 1e-6);
            }
            for (x, y) in out.iter().zip(&expected) {
                // Half a step of rounding; f32 in the limiter's slow rise.
                let off = (f64::from(*x) - y).abs();
                assert!(off < 0.6 + 1e-4 * y.abs(), "{rate} {start} {x} {y}");
            }
        }
    }
}

#[test]
fn nothing_is_allocated() {
    let mut samples = voice(8_000, 2.0, -40.0);
    let counted = allocation_counter::measure(|| Leveller::new(8_000).process(&mut samples));
    assert_eq!(counted.count_total, 0);
    assert!(size_of::<Leveller>() < 1_024, "{}", size_of::<Leveller>());
}

proptest! {
    #[test]
    fn cuts_do_not_matter(
        rate in 0_u32..50_000,
        cuts in prop::collection::vec(0_usize..700, 1..60),
        start in -12.0..26.0,
        dbov in -50.0..-5.0,
    ) {
        let settings = Settings { start, ..Settings::default() };
        let whole = voice(8_000, 2.0, dbov);
        let mut once = whole.clone();
        Leveller::with_settings(rate, settings).process(&mut once);
        let mut pieces = whole;
        let mut leveller = Leveller::with_settings(rate, settings);
        let mut rest = &mut pieces[..];
        for cut in cuts {
            let (part, later) = rest.split_at_mut(cut.min(rest.len()));
            leveller.process(part);
            rest = later;
        }
        leveller.process(rest);
        prop_assert!(once == pieces);
    }

    #[test]
    fn any_input_stays_bounded(
        rate in any::<u32>(),
        settings in [any::<f64>(), any::<f64>(), any::<f64>(), any::<f64>()],
        start in -40.0..40.0,
        samples in prop::collection::vec(
            prop_oneof![any::<i16>(), Just(i16::MAX), Just(i16::MIN), -200_i16..200], 0..5_000),
        run in 1_usize..40,
    ) {
        let [target, most_lift, most_cut, _] = settings;
        for settings in [
            Settings { target, most_lift, most_cut, start },
            Settings { start, ..Settings::default() },
        ] {
            let mut leveller = Leveller::with_settings(rate, settings);
            // Repeated, so that squares are among them.
            let input: Vec<i16> = samples.iter().flat_map(|&x| vec![x; run]).collect();
            let mut output = input.clone();
            leveller.process(&mut output);
            for (x, y) in input.iter().zip(&output) {
                let (x, y) = (i32::from(*x), i32::from(*y));
                // What came in beyond −1 dBFS is not raised, nothing else is raised beyond it.
                prop_assert!(y.abs() <= x.abs().max(29_205), "{x} {y}");
            }
            let within = leveller.settings();
            prop_assert!(leveller.gain() <= within.most_lift + 1e-6);
            prop_assert!(leveller.gain() >= -within.most_cut - 1e-6);
        }
    }
}
