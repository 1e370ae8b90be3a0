//! Clipping: runs of samples that stuck at the ceiling.

use crate::Span;
use crate::decibel::finite;

/// What [`clipping`] and [`ClippingMeter`] find.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Clipping {
    /// Runs of clipped samples.
    pub runs: u64,
    /// Samples in these runs.
    pub samples: u64,
    /// The length of the longest run, in samples.
    pub longest: u64,
    /// Where the first runs are: at most [`ClippingMeter::KEPT`].
    pub positions: Vec<Span>,
}

/// Finds runs of at least [`ClippingMeter::SHORTEST`] samples in a row at or beyond `ceiling`, on one side.
///
/// `ceiling` is a magnitude; give [`FULL_SCALE`] for PCM and float. G.711 never reaches it: its largest
/// magnitudes are 0.9803 (µ-law) and 0.9844 (A-law); give [`G711_FULL_SCALE`]. A sine that just touches full scale is
/// not clipped unless it stays there for three samples: below a 200th of the sample rate a full-scale
/// 16-bit sine does, and is counted.
///
/// ```
/// use audio_converter_measure::{FULL_SCALE, clipping};
///
/// let found = clipping(&[0.1, 1.0, 1.0, 1.0, 0.2], FULL_SCALE);
/// assert_eq!((found.runs, found.longest, found.positions[0].start), (1, 3, 1));
/// ```
#[must_use]
pub fn clipping(signal: &[f32], ceiling: f64) -> Clipping {
    let mut meter = ClippingMeter::new(ceiling);
    meter.push(signal);
    meter.finish()
}

/// The magnitude from which a PCM or float sample counts as full scale: 32 766 of 32 768.
pub const FULL_SCALE: f64 = 32_766.0 / 32_768.0;
/// The magnitude from which a decoded G.711 sample counts as full scale: 32 124 (µ-law's largest) of 32 768.
pub const G711_FULL_SCALE: f64 = 32_124.0 / 32_768.0;

/// Finds clipping block by block, in constant memory.
///
/// ```
/// use audio_converter_measure::{ClippingMeter, FULL_SCALE};
///
/// let mut meter = ClippingMeter::new(FULL_SCALE);
/// meter.push(&[1.0, 1.0]);
/// meter.push(&[1.0, 0.0]);
/// assert_eq!(meter.finish().longest, 3);
/// ```
#[derive(Clone, Debug)]
pub struct ClippingMeter {
    ceiling: f64,
    position: u64,
    run: u64,
    side: f64,
    found: Clipping,
}

impl ClippingMeter {
    /// A shorter stay at the ceiling is no clipping.
    pub const SHORTEST: u64 = 3;
    /// How many positions are kept; all are counted.
    pub const KEPT: usize = 1_000;

    /// A meter for magnitudes from `ceiling` on.
    #[must_use]
    pub fn new(ceiling: f64) -> Self {
        Self {
            ceiling,
            position: 0,
            run: 0,
            side: 0.0,
            found: Clipping::default(),
        }
    }

    /// Takes the next samples.
    pub fn push(&mut self, block: &[f32]) {
        for &sample in block {
            // An overdriven float may be infinite: that is beyond the ceiling as well.
            let value = if sample.is_infinite() {
                f64::from(sample)
            } else {
                finite(sample)
            };
            let side = if value.abs() >= self.ceiling {
                value.signum()
            } else {
                0.0
            };
            if side != self.side {
                self.end_run();
                self.side = side;
            }
            self.run += u64::from(side != 0.0);
            self.position += 1;
        }
    }

    /// What was found in all that was pushed.
    #[must_use]
    pub fn finish(mut self) -> Clipping {
        self.end_run();
        self.found
    }

    fn end_run(&mut self) {
        let length = std::mem::take(&mut self.run);
        if length < Self::SHORTEST {
            return;
        }
        self.found.runs += 1;
        self.found.samples += length;
        self.found.longest = self.found.longest.max(length);
        if self.found.positions.len() < Self::KEPT {
            self.found.positions.push(Span {
                start: self.position - length,
                length,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal;

    #[test]
    fn an_overdriven_sine_clips_twice_a_cycle() {
        let rate = 8_000.0;
        let mut loud = signal::tone(rate, 100.0, 2.0, 8_000);
        loud.iter_mut().for_each(|x| *x = x.clamp(-1.0, 1.0));
        let found = clipping(&loud, FULL_SCALE);
        assert_eq!(found.runs, 200);
        // |2 sin| ≥ 1 over two thirds of the cycle.
        assert!((found.samples as f64 / 8_000.0 - 2.0 / 3.0).abs() < 0.02);
        assert!((26..=27).contains(&found.longest));
    }

    #[test]
    fn touching_is_not_clipping() {
        assert_eq!(
            clipping(&signal::tone(8_000.0, 1_000.0, 1.0, 8_000), FULL_SCALE).runs,
            0
        );
        assert_eq!(clipping(&[1.0, 1.0, -1.0, -1.0], FULL_SCALE).runs, 0);
        assert_eq!(clipping(&[], FULL_SCALE).runs, 0);
    }

    #[test]
    fn infinite_samples_clip_and_nan_does_not() {
        assert_eq!(clipping(&[f32::INFINITY; 4], FULL_SCALE).longest, 4);
        assert_eq!(clipping(&[f32::NAN; 4], FULL_SCALE).runs, 0);
    }
}
