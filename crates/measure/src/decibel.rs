//! Decibels, and which zero they count from.

/// An amplitude ratio in decibels, `20·log10(|amplitude|)`.
///
/// Of a peak (full scale ±1.0) this is dBFS. Zero and NaN give negative infinity.
///
/// ```
/// use audio_converter_measure::amplitude_db;
///
/// assert!((amplitude_db(0.5) + 6.0206).abs() < 1e-4);
/// assert_eq!(amplitude_db(0.0), f64::NEG_INFINITY);
/// ```
#[must_use]
pub fn amplitude_db(amplitude: f64) -> f64 {
    power_db(amplitude * amplitude)
}

/// A power ratio in decibels, `10·log10(power)`.
///
/// Of a mean square (full scale ±1.0) this is dBov by ITU-T G.100.1: 0 dBov is the level of a full-scale
/// square wave, and a full-scale sine is at −3.01 dBov. Zero, negative values and NaN give negative
/// infinity.
///
/// ```
/// use audio_converter_measure::power_db;
///
/// assert!((power_db(0.5) + 3.0103).abs() < 1e-4);
/// ```
#[must_use]
pub fn power_db(power: f64) -> f64 {
    if power > 0.0 {
        10.0 * power.log10()
    } else {
        f64::NEG_INFINITY
    }
}

/// The amplitude ratio of so many decibels, `10^(db/20)`: the inverse of [`amplitude_db`].
///
/// ```
/// use audio_converter_measure::amplitude_of_db;
///
/// assert!((amplitude_of_db(-20.0) - 0.1).abs() < 1e-12);
/// ```
#[must_use]
pub fn amplitude_of_db(db: f64) -> f64 {
    10_f64.powf(db / 20.0)
}

/// A sample as the measurements see it: what is not a number, or is infinite, counts as silence.
pub(crate) fn finite(sample: f32) -> f64 {
    if sample.is_finite() {
        f64::from(sample)
    } else {
        0.0
    }
}

/// The rate if it is one: from 1 Hz to 10 MHz, so that frame lengths stay sane.
pub(crate) fn usable(rate: f64) -> Option<f64> {
    (1.0..=1e7).contains(&rate).then_some(rate)
}

/// So many seconds in whole samples, at least one.
pub(crate) fn samples_in(rate: f64, seconds: f64) -> usize {
    ((rate * seconds).round() as usize).max(1)
}
