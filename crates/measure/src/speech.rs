//! Active speech level: how loud somebody speaks while they speak, by ITU-T P.56 method B.
//!
//! ```text
//! q  = |x| smoothed twice with a time constant of 30 ms
//! for each threshold c, a power of two:  a(c) = samples with q ≥ c now or within the last 200 ms
//! A(c) = energy / a(c);   the answer is A where A(c) exceeds c by the margin, 15.9 dB
//! ```
//!
//! Between two thresholds both curves are taken as straight lines in dB and cut exactly (the reference
//! program in ITU-T G.191 stops its search within 0.5 dB).

use crate::decibel::{amplitude_db, finite, power_db, samples_in, usable};

/// What [`speech_level`] and [`SpeechMeter`] find.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct SpeechLevel {
    /// The active speech level in dBov (see [`Level`](crate::Level) for the convention).
    pub active_dbov: f64,
    /// The part of the time that is speech, 0 to 1.
    pub activity: f64,
}

/// The active speech level of a whole signal, by ITU-T P.56 method B; rate in Hz.
///
/// `None` when there is nothing to call speech: an empty or silent signal, one too short to fill the
/// envelope (some 50 ms), or a rate outside 1 Hz to 10 MHz.
///
/// ```
/// use audio_converter_measure::{signal, speech_level};
///
/// let found = speech_level(&signal::tone(8_000.0, 1_000.0, 0.1, 80_000), 8_000.0).unwrap();
/// assert!((found.active_dbov + 23.01).abs() < 0.1 && found.activity > 0.99);
/// ```
#[must_use]
pub fn speech_level(signal: &[f32], rate: f64) -> Option<SpeechLevel> {
    let mut meter = SpeechMeter::new(rate)?;
    meter.push(signal);
    meter.finish()
}

/// Measures the active speech level block by block, in constant memory.
///
/// ```
/// use audio_converter_measure::{SpeechMeter, signal};
///
/// let mut meter = SpeechMeter::new(8_000.0).unwrap();
/// for block in signal::tone(8_000.0, 440.0, 0.1, 16_000).chunks(160) {
///     meter.push(block);
/// }
/// assert!(meter.finish().is_some());
/// ```
#[derive(Clone, Debug)]
pub struct SpeechMeter {
    smoothing: f64,
    hangover: u32,
    envelope: [f64; 2],
    squares: f64,
    samples: u64,
    active: [u64; THRESHOLDS],
    hanging: [u32; THRESHOLDS],
}

impl SpeechMeter {
    /// A meter for `rate` Hz; `None` outside 1 Hz to 10 MHz.
    #[must_use]
    pub fn new(rate: f64) -> Option<Self> {
        let rate = usable(rate)?;
        Some(Self {
            smoothing: (-1.0 / (rate * TIME_CONSTANT)).exp(),
            hangover: samples_in(rate, HANGOVER) as u32,
            envelope: [0.0; 2],
            squares: 0.0,
            samples: 0,
            active: [0; THRESHOLDS],
            hanging: [0; THRESHOLDS],
        })
    }

    /// Takes the next samples.
    pub fn push(&mut self, block: &[f32]) {
        for &sample in block {
            let value = finite(sample);
            self.squares += value * value;
            let mut smooth = value.abs();
            for stage in &mut self.envelope {
                *stage = self.smoothing * *stage + (1.0 - self.smoothing) * smooth;
                smooth = *stage;
            }
            let mut threshold = HIGHEST;
            for (active, hanging) in self.active.iter_mut().zip(&mut self.hanging) {
                *hanging = if smooth >= threshold {
                    self.hangover + 1
                } else {
                    hanging.saturating_sub(1)
                };
                *active += u64::from(*hanging > 0);
                threshold *= 0.5;
            }
        }
        self.samples += block.len() as u64;
    }

    /// The speech level of all that was pushed; `None` when there is none (see [`speech_level`]).
    #[must_use]
    pub fn finish(&self) -> Option<SpeechLevel> {
        // From the lowest threshold upwards the excess of A over c falls; the first crossing counts.
        let mut below: Option<(f64, f64)> = None;
        for index in (0..THRESHOLDS).rev() {
            if self.active[index] == 0 {
                return None;
            }
            let level = power_db(self.squares / self.active[index] as f64);
            let excess = level - amplitude_db(HIGHEST * 0.5_f64.powi(index as i32));
            if excess <= MARGIN {
                let active_dbov = below.map_or(level, |(low_level, low_excess)| {
                    let part = (low_excess - MARGIN) / (low_excess - excess).max(f64::MIN_POSITIVE);
                    low_level + part * (level - low_level)
                });
                let mean = power_db(self.squares / self.samples.max(1) as f64);
                let activity = 10_f64.powf((mean - active_dbov) / 10.0).min(1.0);
                return Some(SpeechLevel {
                    active_dbov,
                    activity,
                });
            }
            below = Some((level, excess));
        }
        None
    }
}

/// P.56 clause 6: the time constant of each smoothing, in seconds.
const TIME_CONSTANT: f64 = 0.03;
/// P.56: how long activity outlasts the envelope, in seconds.
const HANGOVER: f64 = 0.2;
/// P.56: the margin between active level and threshold, in dB.
const MARGIN: f64 = 15.9;
/// The thresholds are this and its halvings; 26 of them reach −156 dB.
const HIGHEST: f64 = 0.5;
const THRESHOLDS: usize = 26;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal;

    #[test]
    fn a_gated_tone_has_its_own_level_and_activity() {
        // 1 s on, 1 s off; the hangover counts 0.2 s of each pause as speech, and smoothing a little more.
        let rate = 8_000.0;
        let mut gated = signal::tone(rate, 1_000.0, 0.1, 160_000);
        for (n, sample) in gated.iter_mut().enumerate() {
            if (n / 8_000) % 2 == 1 {
                *sample = 0.0;
            }
        }
        let found = speech_level(&gated, rate).unwrap();
        assert!((0.60..0.68).contains(&found.activity), "{found:?}");
        let expected = -23.01 + 10.0 * (0.5 / found.activity).log10();
        assert!(
            (found.active_dbov - expected).abs() < 0.05,
            "{found:?} {expected}"
        );
    }

    #[test]
    fn a_steady_tone_is_all_active_at_any_level() {
        for amplitude in [1.0, 0.01, 1e-5] {
            let found =
                speech_level(&signal::tone(16_000.0, 500.0, amplitude, 320_000), 16_000.0).unwrap();
            let expected = amplitude_db(amplitude) - 3.0103;
            assert!(
                (found.active_dbov - expected).abs() < 0.05,
                "{found:?} {expected}"
            );
            assert!(found.activity > 0.99);
        }
    }

    #[test]
    fn pauses_do_not_lower_the_level() {
        let voice = signal::voice(8_000.0, 120.0, 80_000, 3);
        let alone = speech_level(&voice, 8_000.0).unwrap();
        let mut padded = voice;
        padded.extend(signal::silence(240_000));
        let found = speech_level(&padded, 8_000.0).unwrap();
        assert!(
            (found.active_dbov - alone.active_dbov).abs() < 0.3,
            "{found:?} {alone:?}"
        );
    }

    #[test]
    fn no_speech_no_level() {
        assert_eq!(speech_level(&[], 8_000.0), None);
        assert_eq!(speech_level(&signal::silence(8_000), 8_000.0), None);
        assert_eq!(speech_level(&[0.5; 100], 0.0), None);
        assert_eq!(speech_level(&[f32::NAN; 8_000], 8_000.0), None);
    }
}
