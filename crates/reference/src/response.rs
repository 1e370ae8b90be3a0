//! What a filter does to each frequency, calculated from its taps.

use std::f64::consts::TAU;

use crate::filter::{Filter, Quality};

/// The gain of the symmetric filter of taps `-last..=last`, given from the middle outwards, at `frequency` cycles
/// per tap.
#[must_use]
pub fn gain(taps: &[f64], frequency: f64) -> f64 {
    let sides = taps
        .iter()
        .enumerate()
        .skip(1)
        .map(|(n, h)| h * (TAU * frequency * n as f64).cos());
    taps[0] + 2.0 * sides.sum::<f64>()
}

/// A ratio of amplitudes in decibels.
#[must_use]
pub fn decibels(amplitude: f64) -> f64 {
    20.0 * amplitude.abs().log10()
}

/// What a preset promises, frequencies as parts of the lower rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Promise {
    /// The gain stays within ± this many dB …
    pub ripple: f64,
    /// … from 0 to here.
    pub pass: f64,
    /// The gain stays this many dB below that of the pass band …
    pub rejection: f64,
    /// … from here on.
    pub stop: f64,
    /// The most that the filter may hold back, in samples of the lower rate.
    pub latency: f64,
}

/// The promise of a preset, as the documentation of `Quality` in core gives it for a lower rate of 8 kHz.
#[must_use]
pub fn promise(quality: Quality, common: bool) -> Promise {
    let at_8_khz = |ripple, pass, rejection, stop, milliseconds: f64| Promise {
        ripple,
        pass: pass / 8.0,
        rejection,
        stop: stop / 8.0,
        latency: milliseconds * 8.0,
    };
    match quality {
        Quality::LowLatency => at_8_khz(0.1, 3.0, 60.0, 4.6, 1.3),
        Quality::Voice => at_8_khz(0.01, 3.4, 100.0, 4.6, if common { 2.0 } else { 2.8 }),
        Quality::Transparent => at_8_khz(0.01, 3.75, 110.0, 4.25, if common { 5.4 } else { 7.5 }),
    }
}

/// What a filter in whole numbers does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The greatest distance of the gain from 0 dB in the pass band, in dB.
    pub ripple: f64,
    /// The least distance of the stop band below 0 dB, in dB.
    pub rejection: f64,
}

/// Measures the integer coefficients of a filter between 0 and `pass` and between `stop` and half its rate, both
/// given as parts of the lower rate, on a grid of 16 points for each tap.
#[must_use]
pub fn measure(filter: &Filter, pass: f64, stop: f64) -> Measured {
    let ratio = filter.up.max(filter.down) as f64;
    let scale = filter.up as f64 * 2.0_f64.powi(filter.bits as i32);
    let taps: Vec<f64> = filter.coefficients.iter().map(|c| c / scale).collect();
    let steps = 16 * taps.len();
    let levels = |low: f64, high: f64| -> Vec<f64> {
        let at = |i: usize| low + (high - low) * i as f64 / steps as f64;
        (0..=steps)
            .map(|i| decibels(gain(&taps, at(i) / ratio)))
            .collect()
    };
    let ripple = levels(0.0, pass)
        .into_iter()
        .map(f64::abs)
        .fold(0.0, f64::max);
    let loudest = levels(stop, ratio / 2.0)
        .into_iter()
        .fold(f64::NEG_INFINITY, f64::max);
    Measured {
        ripple,
        rejection: -loudest,
    }
}
