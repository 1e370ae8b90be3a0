//! A single tone and what is not it: gain, phase, SINAD, THD+N, SNR.

use std::f64::consts::TAU;

use realfft::num_complex::Complex;

use crate::decibel::{amplitude_db, finite, power_db, usable};
use crate::fft::{Forward, KAISER_LOBE, kaiser};

/// A sine fitted to a signal, made by [`fit_tone`] and [`fit_any_tone`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct ToneFit {
    /// The sine's frequency in Hz.
    pub frequency: f64,
    /// Its peak amplitude; 1.0 is full scale.
    pub amplitude: f64,
    /// Its phase in radians, −π to π, at the first sample: 0 for a sine that starts at zero and rises.
    pub phase: f64,
    /// The constant beside it.
    pub dc: f64,
    /// The RMS value of all the rest.
    pub residual_rms: f64,
    /// The RMS value of the rest without the harmonics 2 to 10 (those below half the rate).
    pub noise_rms: f64,
}

impl ToneFit {
    /// The sine's peak level in dBFS.
    #[must_use]
    pub fn level_dbfs(&self) -> f64 {
        amplitude_db(self.amplitude)
    }

    /// Signal to noise and distortion (IEEE 1057: the sine's RMS value over the residual's), in dB.
    ///
    /// ```
    /// use audio_converter_measure::{fit_tone, signal};
    ///
    /// let mut noisy = signal::tone(8_000.0, 1_000.0, 0.5, 80_000);
    /// noisy.iter_mut().zip(signal::white_noise(0.001, 80_000, 1)).for_each(|(x, noise)| *x += noise);
    /// let fit = fit_tone(&noisy, 8_000.0, 1_000.0).unwrap();
    /// assert!((fit.sinad_db() - 50.97).abs() < 0.1);
    /// ```
    #[must_use]
    pub fn sinad_db(&self) -> f64 {
        self.over(self.residual_rms)
    }

    /// Total harmonic distortion and noise relative to the sine, in dB (negative when clean): the other
    /// sign of SINAD.
    #[must_use]
    pub fn thd_n_db(&self) -> f64 {
        -self.sinad_db()
    }

    /// Signal to noise in dB: as SINAD, but the harmonics 2 to 10 are not counted as noise.
    #[must_use]
    pub fn snr_db(&self) -> f64 {
        self.over(self.noise_rms)
    }

    fn over(&self, rest: f64) -> f64 {
        if rest > 0.0 {
            amplitude_db(self.amplitude / rest) - power_db(2.0)
        } else {
            f64::INFINITY
        }
    }
}

/// Fits sine, cosine and a constant at a known `frequency` by least squares (the three-parameter fit of
/// IEEE 1057); rate and frequency in Hz.
///
/// `None` unless 0 < frequency < rate / 2 and the signal holds at least four samples and half a cycle.
///
/// ```
/// use audio_converter_measure::{fit_tone, signal};
///
/// let fit = fit_tone(&signal::tone(24_000.0, 997.0, 0.25, 24_000), 24_000.0, 997.0).unwrap();
/// assert!((fit.amplitude - 0.25).abs() < 1e-6 && fit.phase.abs() < 1e-6);
/// assert!(fit.sinad_db() > 140.0);
/// ```
#[must_use]
pub fn fit_tone(signal: &[f32], rate: f64, frequency: f64) -> Option<ToneFit> {
    let mut rest: Vec<f64> = signal.iter().copied().map(finite).collect();
    let (sine, dc) = subtract(&mut rest, rate, frequency)?;
    let rms =
        |signal: &[f64]| (signal.iter().map(|x| x * x).sum::<f64>() / signal.len() as f64).sqrt();
    let residual_rms = rms(&rest);
    for harmonic in 2..=10 {
        // Out of band, or too close to its edge for a fit: there is nothing to take away.
        let _ = subtract(&mut rest, rate, frequency * f64::from(harmonic));
    }
    Some(ToneFit {
        frequency,
        amplitude: sine.norm(),
        phase: sine.arg(),
        dc,
        residual_rms,
        noise_rms: rms(&rest),
    })
}

/// Finds the strongest tone and fits it with its frequency free (the four-parameter fit of IEEE 1057).
///
/// The start is the greatest bin of a windowed FFT; the frequency is then refined to about a millionth
/// of a bin for a clean tone. `None` where [`fit_tone`] gives `None`, and for silence.
///
/// ```
/// use audio_converter_measure::{fit_any_tone, signal};
///
/// let fit = fit_any_tone(&signal::tone(8_000.0, 1_234.5, 0.5, 8_000), 8_000.0).unwrap();
/// assert!((fit.frequency - 1_234.5).abs() < 0.001);
/// ```
#[must_use]
pub fn fit_any_tone(signal: &[f32], rate: f64) -> Option<ToneFit> {
    let rate = usable(rate)?;
    let samples: Vec<f64> = signal.iter().copied().map(finite).collect();
    let peak = strongest(&samples, rate, |_| true)?;
    // The windowed component's magnitude has one maximum within the lobe: narrow it down.
    let step = rate / samples.len() as f64;
    let window = kaiser(samples.len());
    let height = |frequency: f64| project(&samples, &window, frequency / rate).norm_sqr();
    let frequency = maximum(peak - 2.0 * step, peak + 2.0 * step, height);
    // The window spreads the tone over its lobe; the rectangular fit is finer by the lobe's width.
    let residual = |frequency: f64| {
        let mut rest = samples.clone();
        subtract(&mut rest, rate, frequency)
            .map_or(f64::MIN, |_| -rest.iter().map(|x| x * x).sum::<f64>())
    };
    let frequency = maximum(frequency - 0.1 * step, frequency + 0.1 * step, residual);
    fit_tone(signal, rate, frequency)
}

/// The level in dBFS of whatever the signal holds at one frequency: 0 dB is a full-scale sine.
///
/// The signal is weighted by a Kaiser window (β = 20), so other components do not leak in if they are at
/// least 7 / duration Hz away: in one second, 7 Hz. Noise counts only with what falls into that band; a
/// longer signal digs deeper. Negative infinity for silence, too short a signal (under 16 samples), a bad
/// rate, or a frequency outside 0 to rate / 2.
///
/// ```
/// use audio_converter_measure::{component_level, signal};
///
/// let loud = signal::tone(8_000.0, 1_000.0, 0.5, 8_000);
/// assert!((component_level(&loud, 8_000.0, 1_000.0) + 6.02).abs() < 0.01);
/// assert!(component_level(&loud, 8_000.0, 1_100.0) < -150.0);
/// ```
#[must_use]
pub fn component_level(signal: &[f32], rate: f64, frequency: f64) -> f64 {
    component(signal, rate, frequency)
        .map_or(f64::NEG_INFINITY, |found| amplitude_db(found.amplitude))
}

/// Amplitude and phase of a [`component`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Component {
    /// The peak amplitude; 1.0 is full scale.
    pub amplitude: f64,
    /// The phase in radians, −π to π, at the first sample: 0 for a sine that starts at zero and rises.
    pub phase: f64,
}

/// What the signal holds at one frequency, as [`component_level`] measures it; `None` where it cannot.
///
/// ```
/// use audio_converter_measure::{component, signal};
///
/// let found = component(&signal::tone(8_000.0, 1_000.0, 0.5, 8_000), 8_000.0, 1_000.0).unwrap();
/// assert!((found.amplitude - 0.5).abs() < 1e-6 && found.phase.abs() < 1e-6);
/// ```
#[must_use]
pub fn component(signal: &[f32], rate: f64, frequency: f64) -> Option<Component> {
    let rate = usable(rate)?;
    if signal.len() < 16 || !(0.0..=rate / 2.0).contains(&frequency) {
        return None;
    }
    let samples: Vec<f64> = signal.iter().copied().map(finite).collect();
    let mut sine = project(&samples, &kaiser(samples.len()), frequency / rate);
    if frequency == 0.0 || frequency == rate / 2.0 {
        // At the ends the two halves of the spectrum coincide.
        sine *= 0.5;
    }
    Some(Component {
        amplitude: sine.norm(),
        phase: sine.arg(),
    })
}

/// The strongest component among the frequencies (Hz) that `allowed` accepts, to a bin's accuracy.
pub(crate) fn strongest(samples: &[f64], rate: f64, allowed: impl Fn(f64) -> bool) -> Option<f64> {
    if samples.len() < 16 {
        return None;
    }
    let window = kaiser(samples.len());
    let mut transform = Forward::new(samples.len());
    let bins = transform.run(
        samples
            .iter()
            .zip(&window)
            .map(|(sample, weight)| sample * weight),
    );
    let width = rate / samples.len() as f64;
    let lobe = KAISER_LOBE.ceil() as usize;
    let candidates = bins
        .iter()
        .enumerate()
        .skip(lobe)
        .filter(|(k, _)| allowed(*k as f64 * width));
    let best = candidates.max_by(|a, b| a.1.norm_sqr().total_cmp(&b.1.norm_sqr()))?;
    (best.1.norm_sqr() > 0.0).then_some(best.0 as f64 * width)
}

/// The weighted projection on one frequency (in cycles a sample): a sine's complex amplitude, whose argument
/// is the phase at the first sample.
fn project(samples: &[f64], window: &[f64], frequency: f64) -> Complex<f64> {
    let mut sum = Complex::<f64>::default();
    // A turning pointer instead of a sine for every sample; set right again before its rounding can add up.
    let turn = Complex::from_polar(1.0, -TAU * frequency);
    for (chunk, (samples, window)) in samples.chunks(RESET).zip(window.chunks(RESET)).enumerate() {
        let start = (frequency * (chunk * RESET) as f64).fract();
        let mut pointer = Complex::from_polar(1.0, -TAU * start);
        for (sample, weight) in samples.iter().zip(window) {
            sum += pointer * (sample * weight);
            pointer *= turn;
        }
    }
    let weight = window.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    // a·sin(ωn + φ) projects to a/2·e^{i(φ − π/2)}.
    sum * Complex::new(0.0, 2.0) / weight
}

/// Takes the best-fitting sine and constant away; gives the sine's complex amplitude and the constant.
fn subtract(samples: &mut [f64], rate: f64, frequency: f64) -> Option<(Complex<f64>, f64)> {
    let rate = usable(rate)?;
    let cycles = frequency / rate * samples.len() as f64;
    if samples.len() < 4 || !(frequency > 0.0 && frequency < rate / 2.0) || cycles < 0.5 {
        return None;
    }
    let basis = |n: usize| {
        let (sine, cosine) = (TAU * (frequency / rate * n as f64).fract()).sin_cos();
        [sine, cosine, 1.0]
    };
    let mut matrix = [[0.0; 4]; 3];
    for (n, &sample) in samples.iter().enumerate() {
        let [sine, cosine, one] = basis(n);
        for (row, left) in matrix.iter_mut().zip([sine, cosine, one]) {
            for (cell, right) in row.iter_mut().zip([sine, cosine, one, sample]) {
                *cell += left * right;
            }
        }
    }
    let [a, b, dc] = solve(matrix)?;
    for (n, sample) in samples.iter_mut().enumerate() {
        let [sine, cosine, one] = basis(n);
        *sample -= a * sine + b * cosine + dc * one;
    }
    Some((Complex::new(a, b), dc))
}

/// Solves three equations by elimination with pivots; `None` when they do not determine the answer.
fn solve(mut m: [[f64; 4]; 3]) -> Option<[f64; 3]> {
    for column in 0..3 {
        let pivot =
            (column..3).max_by(|&a, &b| m[a][column].abs().total_cmp(&m[b][column].abs()))?;
        m.swap(column, pivot);
        if m[column][column].abs() < 1e-9 {
            return None;
        }
        let pivot_row = m[column];
        for (index, row) in m.iter_mut().enumerate() {
            if index != column {
                let factor = row[column] / pivot_row[column];
                row.iter_mut()
                    .zip(pivot_row)
                    .for_each(|(cell, pivot)| *cell -= factor * pivot);
            }
        }
    }
    Some([m[0][3] / m[0][0], m[1][3] / m[1][1], m[2][3] / m[2][2]])
}

/// The place of the one maximum between `low` and `high`, by golden sections.
pub(crate) fn maximum(mut low: f64, mut high: f64, height: impl Fn(f64) -> f64) -> f64 {
    let section = (5.0_f64.sqrt() - 1.0) / 2.0;
    let mut left = high - section * (high - low);
    let mut right = low + section * (high - low);
    let (mut at_left, mut at_right) = (height(left), height(right));
    for _ in 0..36 {
        if at_left > at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - section * (high - low);
            at_left = height(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + section * (high - low);
            at_right = height(right);
        }
    }
    (low + high) / 2.0
}

/// Samples between two exact settings of a turning pointer.
const RESET: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal;

    fn with(mut signal: Vec<f32>, other: &[f32]) -> Vec<f32> {
        signal.iter_mut().zip(other).for_each(|(x, y)| *x += y);
        signal
    }

    #[test]
    fn noise_and_harmonics_are_told_apart() {
        let rate = 48_000.0;
        let tone = signal::tone(rate, 997.0, 0.5, 96_000);
        let third = signal::tone(rate, 2_991.0, 0.005, 96_000);
        let noise = signal::white_noise(0.5 / 2.0_f64.sqrt() * 1e-3, 96_000, 1);
        let fit = fit_tone(&with(with(tone, &third), &noise), rate, 997.0).unwrap();
        assert!(
            (fit.snr_db() - 60.0).abs() < 0.1,
            "{fit:?} {}",
            fit.snr_db()
        );
        // −40 dB of third harmonic and −60 dB of noise.
        assert!(
            (fit.thd_n_db() + 39.957).abs() < 0.05,
            "{fit:?} {}",
            fit.thd_n_db()
        );
    }

    #[test]
    fn components_are_measured_140_db_down() {
        let rate = 8_000.0;
        // Both of them at half scale and under: f32 steps near 0.5 are −150 dBFS and spread as noise.
        let signal = with(
            signal::tone(rate, 1_000.0, 0.5, 32_000),
            &signal::tone(rate, 1_700.0, 1e-7, 32_000),
        );
        let found = component_level(&signal, rate, 1_700.0);
        assert!((found + 140.0).abs() < 1.0, "{found}");
    }

    #[test]
    fn sixteen_bits_measure_98_db() {
        let mut tone = signal::tone(44_100.0, 997.0, 1.0 - 1.0 / 32_768.0, 441_000);
        tone.iter_mut()
            .for_each(|x| *x = (*x * 32_768.0).round() / 32_768.0);
        let fit = fit_any_tone(&tone, 44_100.0).unwrap();
        assert!((fit.sinad_db() - 98.09).abs() < 0.2, "{}", fit.sinad_db());
        assert!((fit.frequency - 997.0).abs() < 1e-5, "{fit:?}");
    }

    #[test]
    fn phase_and_dc_are_found() {
        let shifted: Vec<f32> = signal::tone(8_000.0, 440.0, 0.3, 8_010)[10..]
            .iter()
            .map(|x| x + 0.1)
            .collect();
        let fit = fit_tone(&shifted, 8_000.0, 440.0).unwrap();
        let expected = TAU * (440.0 * 10.0 / 8_000.0) - TAU;
        assert!((fit.phase - expected).abs() < 1e-6, "{fit:?} {expected}");
        assert!((fit.dc - 0.1).abs() < 1e-7, "{fit:?}");
    }

    #[test]
    fn what_cannot_be_fitted_is_none() {
        assert!(fit_tone(&[], 8_000.0, 100.0).is_none());
        assert!(fit_tone(&[0.1; 100], 8_000.0, 4_000.0).is_none());
        assert!(fit_tone(&[0.1; 100], 0.0, 100.0).is_none());
        assert!(fit_tone(&[0.1; 100], 8_000.0, f64::NAN).is_none());
        assert!(fit_any_tone(&[0.0; 100], 8_000.0).is_none());
        assert!(fit_any_tone(&[f32::NAN; 100], 8_000.0).is_none());
        assert_eq!(component_level(&[0.5; 3], 8_000.0, 10.0), f64::NEG_INFINITY);
    }
}
