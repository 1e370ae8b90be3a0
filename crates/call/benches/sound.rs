//! Time of the sound's care, per 20 ms: `cargo bench -p voice-call --bench sound`.

use divan::{Bencher, black_box};
use voice_call::conceal::Concealer;
use voice_call::level::{Leveller, Settings};

fn main() {
    divan::main();
}

/// A voice of 120 Hz that comes and goes four times a second; 2 s.
fn voice(rate: u32, amplitude: f32) -> Vec<i16> {
    (0..2 * rate)
        .map(|n| {
            let time = n as f32 / rate as f32;
            let pulse = (time * 120.0).fract();
            let wave = (pulse * 31.4).sin() * (-6.0 * pulse).exp();
            let gate = (time * 12.6).sin().max(0.0);
            (amplitude * gate * wave + 20.0 * (time * 9_999.0).sin()) as i16
        })
        .collect()
}

/// 20 ms of a quiet talker who is lifted by 20 dB and never reaches the limiter.
#[divan::bench(args = [8_000, 16_000, 24_000])]
fn lift(bencher: Bencher<'_, '_>, rate: u32) {
    leveller(bencher, rate, 600.0);
}

/// The worst case: every frame is limited.
#[divan::bench(args = [8_000, 16_000, 24_000])]
fn limit(bencher: Bencher<'_, '_>, rate: u32) {
    leveller(bencher, rate, 20_000.0);
}

fn leveller(bencher: Bencher<'_, '_>, rate: u32, amplitude: f32) {
    let settings = Settings {
        start: 20.0,
        most_cut: 0.0,
        most_lift: 20.0,
        target: -10.0,
    };
    let mut leveller = Leveller::with_settings(rate, settings);
    let voice = voice(rate, amplitude);
    let mut frames = voice.chunks(rate as usize / 50).cycle();
    let mut frame = vec![0; rate as usize / 50];
    bencher.bench_local(|| {
        frame.copy_from_slice(frames.next().expect("frames without end"));
        leveller.process(black_box(&mut frame));
    });
}

/// A talker at the target: nothing is changed.
#[divan::bench(args = [8_000, 24_000])]
fn untouched(bencher: Bencher<'_, '_>, rate: u32) {
    let mut leveller = Leveller::new(rate);
    let voice = voice(rate, 6_000.0);
    let mut frames = voice.chunks(rate as usize / 50).cycle();
    let mut frame = vec![0; rate as usize / 50];
    bencher.bench_local(|| {
        frame.copy_from_slice(frames.next().expect("frames without end"));
        leveller.process(black_box(&mut frame));
    });
}

/// A frame without a gap.
#[divan::bench]
fn heard(bencher: Bencher<'_, '_>) {
    let mut concealer = Concealer::new();
    let mut frame = voice(8_000, 8_000.0)[..160].to_vec();
    bencher.bench_local(|| concealer.heard(black_box(&mut frame)));
}

/// The first frame of a gap: pitch, prediction and repetition.
#[divan::bench]
fn fill(bencher: Bencher<'_, '_>) {
    let mut before = Concealer::new();
    before.heard(&mut voice(8_000, 8_000.0)[1_000..1_800].to_vec());
    let mut out = [0; 160];
    bencher
        .with_inputs(|| before.clone())
        .bench_local_refs(|concealer| concealer.fill(black_box(&mut out)));
}
