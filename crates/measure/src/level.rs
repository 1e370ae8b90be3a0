//! Peak, RMS and DC: how loud a recording is in numbers.

use crate::decibel::{amplitude_db, finite, power_db};

/// What [`level`] and [`LevelMeter`] find.
///
/// Conventions: full scale is ±1.0. Peaks are in dBFS, where a sine that reaches full scale peaks at 0 dBFS.
/// Mean levels are in dBov (ITU-T G.100.1), where the same sine is at −3.01 dBov. Silence is negative infinity.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Level {
    /// Samples seen.
    pub samples: u64,
    /// The greatest magnitude, in dBFS.
    pub peak_dbfs: f64,
    /// The root mean square of all samples, DC included, in dBov.
    pub rms_dbov: f64,
    /// The mean, −1.0 to 1.0: the direct-current offset.
    pub dc: f64,
    /// Samples that were NaN or infinite; they count as 0 elsewhere.
    pub not_finite: u64,
}

/// The level of a whole signal. An empty one is silence.
///
/// ```
/// use audio_converter_measure::{level, signal};
///
/// let found = level(&signal::tone(8_000.0, 1_000.0, 1.0, 8_000));
/// assert!(found.peak_dbfs.abs() < 0.001);
/// assert!((found.rms_dbov + 3.0103).abs() < 0.001);
/// ```
#[must_use]
pub fn level(signal: &[f32]) -> Level {
    let mut meter = LevelMeter::default();
    meter.push(signal);
    meter.finish()
}

/// Measures level block by block, in constant memory.
///
/// ```
/// use audio_converter_measure::LevelMeter;
///
/// let mut meter = LevelMeter::default();
/// meter.push(&[0.5, -0.5]);
/// meter.push(&[0.5, -0.5]);
/// assert!((meter.finish().rms_dbov + 6.0206).abs() < 1e-4);
/// ```
#[derive(Clone, Debug, Default)]
pub struct LevelMeter {
    samples: u64,
    not_finite: u64,
    peak: f64,
    sum: f64,
    squares: f64,
}

impl LevelMeter {
    /// Takes the next samples.
    pub fn push(&mut self, block: &[f32]) {
        let (mut sum, mut squares) = (0.0, 0.0);
        for &sample in block {
            let value = finite(sample);
            self.not_finite += u64::from(!sample.is_finite());
            self.peak = self.peak.max(value.abs());
            sum += value;
            squares += value * value;
        }
        self.samples += block.len() as u64;
        self.sum += sum;
        self.squares += squares;
    }

    /// The level of all that was pushed.
    #[must_use]
    pub fn finish(&self) -> Level {
        let count = self.samples.max(1) as f64;
        Level {
            samples: self.samples,
            peak_dbfs: amplitude_db(self.peak),
            rms_dbov: power_db(self.squares / count),
            dc: self.sum / count,
            not_finite: self.not_finite,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal;

    #[test]
    fn a_sine_at_minus_10_dbfs_is_at_minus_13_dbov() {
        let found = level(&signal::tone(16_000.0, 1_000.0, 10_f64.powf(-0.5), 16_000));
        assert!((found.rms_dbov + 13.0103).abs() < 1e-3, "{found:?}");
        assert!((found.peak_dbfs + 10.0).abs() < 1e-3, "{found:?}");
        assert!(found.dc.abs() < 1e-6);
    }

    #[test]
    fn the_least_levels_are_measured() {
        let found = level(&signal::tone(8_000.0, 997.0, 1e-7, 8_000));
        assert!((found.rms_dbov + 143.0103).abs() < 0.01, "{found:?}");
    }

    #[test]
    fn nothing_and_nonsense_are_silence() {
        assert_eq!(level(&[]).rms_dbov, f64::NEG_INFINITY);
        let found = level(&[f32::NAN, f32::INFINITY, 0.0]);
        assert_eq!((found.not_finite, found.peak_dbfs), (2, f64::NEG_INFINITY));
    }

    #[test]
    fn dc_is_the_mean() {
        assert!((level(&[0.35, 0.15]).dc - 0.25).abs() < 1e-7);
    }
}
