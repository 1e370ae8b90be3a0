//! Test signals whose measurements are known beforehand.
//!
//! All are deterministic: the same arguments give the same samples on every machine of one target.

use std::f64::consts::TAU;

use crate::decibel::usable;

/// A sine of `frequency` Hz and peak `amplitude`, starting at phase 0 and rising. Rate in Hz.
///
/// At `rate` 0 it is silence.
///
/// ```
/// let tone = audio_converter_measure::signal::tone(8_000.0, 1_000.0, 0.5, 8);
/// assert!((tone[2] - 0.5).abs() < 1e-7);
/// ```
#[must_use]
pub fn tone(rate: f64, frequency: f64, amplitude: f64, samples: usize) -> Vec<f32> {
    let step = usable(rate).map_or(0.0, |rate| frequency / rate);
    (0..samples)
        .map(|n| (amplitude * (TAU * (step * n as f64).fract()).sin()) as f32)
        .collect()
}

/// A sine whose frequency glides evenly in pitch (exponentially) from `from` to `to` Hz.
///
/// Silence unless both frequencies and the rate are positive.
///
/// ```
/// let sweep = audio_converter_measure::signal::sweep(8_000.0, 100.0, 3_000.0, 0.5, 8_000);
/// assert_eq!(sweep.len(), 8_000);
/// ```
#[must_use]
pub fn sweep(rate: f64, from: f64, to: f64, amplitude: f64, samples: usize) -> Vec<f32> {
    let Some(rate) = usable(rate).filter(|_| from > 0.0 && to > 0.0) else {
        return silence(samples);
    };
    let growth = (to / from).ln() / samples.max(1) as f64;
    let mut turns = 0.0_f64;
    (0..samples)
        .map(|n| {
            let sample = amplitude * (TAU * turns).sin();
            turns = (turns + from * (growth * n as f64).exp() / rate).fract();
            sample as f32
        })
        .collect()
}

/// Gaussian white noise of RMS value `rms`.
///
/// ```
/// use audio_converter_measure::{level, signal};
///
/// let noise = signal::white_noise(0.1, 100_000, 1);
/// assert!((level(&noise).rms_dbov + 20.0).abs() < 0.1);
/// ```
#[must_use]
pub fn white_noise(rms: f64, samples: usize, seed: u64) -> Vec<f32> {
    let mut random = Random::new(seed);
    (0..samples)
        .map(|_| (rms * random.gaussian()) as f32)
        .collect()
}

/// Digital silence: zeros.
///
/// ```
/// assert_eq!(audio_converter_measure::signal::silence(2), [0.0, 0.0]);
/// ```
#[must_use]
pub fn silence(samples: usize) -> Vec<f32> {
    vec![0.0; samples]
}

/// Silence but for one sample of `height` at index `at`. None is set when `at` lies outside.
///
/// ```
/// assert_eq!(audio_converter_measure::signal::impulse(1.0, 1, 3), [0.0, 1.0, 0.0]);
/// ```
#[must_use]
pub fn impulse(height: f32, at: usize, samples: usize) -> Vec<f32> {
    let mut signal = silence(samples);
    if let Some(sample) = signal.get_mut(at) {
        *sample = height;
    }
    signal
}

/// Silence up to index `at`, and `height` from there on.
///
/// ```
/// assert_eq!(audio_converter_measure::signal::step(0.5, 1, 3), [0.0, 0.5, 0.5]);
/// ```
#[must_use]
pub fn step(height: f32, at: usize, samples: usize) -> Vec<f32> {
    (0..samples)
        .map(|n| if n < at { 0.0 } else { height })
        .collect()
}

/// Something like speech: voiced syllables (a gliding pulse train of about `pitch` Hz through three
/// resonances), hisses and pauses, over a noise floor near −75 dBov; about −25 dBov while it speaks.
///
/// It has the statistics that detectors trip over (pulses, onsets, bursts, pauses), and no words. Silence at
/// rate 0.
///
/// ```
/// let voice = audio_converter_measure::signal::voice(8_000.0, 120.0, 16_000, 1);
/// assert!(audio_converter_measure::level(&voice).peak_dbfs < 0.0);
/// ```
#[must_use]
pub fn voice(rate: f64, pitch: f64, samples: usize, seed: u64) -> Vec<f32> {
    let Some(rate) = usable(rate) else {
        return silence(samples);
    };
    let mut random = Random::new(seed);
    let mut signal = vec![0.0_f64; samples];
    let mut start = (0.15 * rate) as usize;
    while start < samples {
        let length = ((0.12 + 0.18 * random.uniform()) * rate) as usize + 1;
        let kind = random.uniform();
        let vowel = VOWELS[(random.uniform() * VOWELS.len() as f64) as usize % VOWELS.len()];
        let mut filters = vowel.map(|(frequency, width)| Resonance::new(rate, frequency, width));
        let mut hiss = Resonance::new(rate, (0.4 * rate).min(4_500.0), 1_500.0);
        // The same noise power a Hz at every rate.
        let hissing = (rate / 8_000.0).sqrt().recip();
        let loud = 0.5 + 0.5 * random.uniform();
        let mut phase = 0.0;
        for (n, sample) in signal[start..].iter_mut().take(length).enumerate() {
            let place = n as f64 / length as f64;
            // Rises in 15 % and falls in 30 % of the syllable, without corners.
            let gate = smooth(place / 0.15) * smooth((1.0 - place) / 0.3) * loud;
            if kind < 0.8 {
                phase += pitch * (1.15 - 0.3 * place) * (1.0 + 0.01 * random.gaussian()) / rate;
                let mut pulse = 0.0;
                if phase >= 1.0 {
                    phase -= 1.0;
                    pulse = 1.0;
                }
                let source = pulse + 0.01 * hissing * random.gaussian();
                *sample += VOICE_GAIN
                    * gate
                    * filters
                        .iter_mut()
                        .zip(TILT)
                        .map(|(filter, part)| part * filter.run(source))
                        .sum::<f64>();
            } else {
                *sample += 0.01 * gate * hiss.run(hissing * random.gaussian());
            }
        }
        let pause = if random.uniform() < 0.2 { 0.4 } else { 0.03 };
        start += length + (pause * rate) as usize;
    }
    signal
        .iter()
        .map(|&sample| (sample + 1.8e-4 * random.gaussian()).clamp(-1.0, 1.0) as f32)
        .collect()
}

/// A small deterministic generator of random numbers (SplitMix64).
///
/// ```
/// use audio_converter_measure::signal::Random;
///
/// let mut random = Random::new(7);
/// assert!((0.0..1.0).contains(&random.uniform()));
/// ```
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator; the same seed gives the same numbers.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Evenly distributed from 0 to below 1.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normally distributed with mean 0 and variance 1 (Box and Muller).
    pub fn gaussian(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }
}

/// A two-pole resonance of `width` Hz that rings with a height of about 1 after an impulse of 1.
struct Resonance {
    feedback: [f64; 2],
    gain: f64,
    past: [f64; 2],
}

impl Resonance {
    fn new(rate: f64, frequency: f64, width: f64) -> Self {
        let radius = (-std::f64::consts::PI * width / rate).exp();
        let frequency = frequency.min(0.45 * rate);
        let feedback = [
            2.0 * radius * (TAU * frequency / rate).cos(),
            -radius * radius,
        ];
        Self {
            feedback,
            gain: (TAU * frequency / rate).sin(),
            past: [0.0; 2],
        }
    }

    fn run(&mut self, input: f64) -> f64 {
        let output =
            self.gain * input + self.feedback[0] * self.past[0] + self.feedback[1] * self.past[1];
        self.past = [output, self.past[0]];
        output
    }
}

fn smooth(x: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

/// Brings [`voice`] to about −25 dBov.
const VOICE_GAIN: f64 = 0.22;
/// The heights of the formants.
const TILT: [f64; 3] = [1.0, 0.4, 0.15];
/// Three formants of a few vowels: centre and width in Hz.
const VOWELS: [[(f64, f64); 3]; 4] = [
    [(730.0, 90.0), (1_090.0, 110.0), (2_440.0, 170.0)],
    [(270.0, 60.0), (2_290.0, 120.0), (3_010.0, 200.0)],
    [(300.0, 60.0), (870.0, 100.0), (2_240.0, 170.0)],
    [(530.0, 80.0), (1_840.0, 110.0), (2_480.0, 170.0)],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_has_its_level_at_every_rate() {
        for rate in [8_000.0, 16_000.0, 48_000.0] {
            for pitch in [90.0, 120.0, 210.0] {
                let voice = voice(rate, pitch, (10.0 * rate) as usize, 3);
                let found = crate::speech_level(&voice, rate).unwrap();
                assert!(
                    (found.active_dbov + 25.0).abs() < 4.0,
                    "{rate} {pitch} {found:?}"
                );
                assert!(crate::level(&voice).peak_dbfs < -1.0);
            }
        }
    }

    #[test]
    fn a_rate_of_zero_is_silence() {
        assert_eq!(tone(0.0, 100.0, 1.0, 3), [0.0; 3]);
        assert_eq!(sweep(8_000.0, 0.0, 1.0, 1.0, 3), [0.0; 3]);
        assert_eq!(voice(f64::NAN, 100.0, 3, 1), [0.0; 3]);
        assert_eq!(impulse(1.0, 9, 3), [0.0; 3]);
    }
}
