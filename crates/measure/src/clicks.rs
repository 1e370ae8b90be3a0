//! Clicks: single places where the waveform jumps.
//!
//! ```text
//! every 16 ms:  predict each sample from the 16 before it (linear prediction, autocorrelation method over the
//!               32 ms around);  e = what the prediction misses
//! candidate:    |e| ≥ SIZE, and the greatest within 1.5 ms
//! background:   on each side, over 36 ms, the second greatest |e| that is 1.5 ms from others; the louder side counts
//! click:        |e| ≥ RATIO · background, unless the sound itself starts or ends there, or a burst begins there
//! ```
//!
//! Why the second greatest: the pulses of a voice return every 3 to 15 ms and are its background, whereas
//! clicks at chunk edges return every 20 ms or more: one neighbour on each side may be a click as well. Why the
//! louder side: at an onset the residual rises and stays. A start or end of sound is a place where the
//! level of the neighbouring 10 ms differs by more than 20 dB and |e| does not exceed the louder side's peak. A
//! burst, such as the release of a "t", rises from a closure and rings on: e is louder in the 10 ms after
//! the jump than in those before, and its greatest there is more than |e| / RATIO. A click stands
//! alone, or far above (SURE).

use std::collections::VecDeque;

use crate::decibel::{finite, samples_in, usable};
use crate::predict::predictor;

/// A place where the waveform jumps, by [`clicks`] and [`ClickMeter`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Click {
    /// The index of the first sample that does not follow from those before.
    pub position: u64,
    /// How far it is from where it was expected; 1.0 is full scale. The height of an added impulse or step.
    pub size: f64,
    /// The size over that of the background around, 6 or more: how surely it is a click.
    pub prominence: f64,
}

/// What [`clicks`] and [`ClickMeter`] find.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Clicks {
    /// How many there are.
    pub count: u64,
    /// The first of them, at most [`ClickMeter::KEPT`], in order.
    pub found: Vec<Click>,
}

/// Finds clicks in a whole signal: rate in Hz. `None` for a rate outside 1 Hz to 10 MHz.
///
/// A jump counts from a size of 0.001 (−60 dBFS) if it is at least 15.6 dB above what linear prediction misses
/// around it; the head of this module's source tells the method. It does not hear clicks closer together
/// than some 18 ms (they are taken for a voice's pulses), within 18 ms of either end, at the edges of a gap (see [`gaps`](crate::gaps)), or
/// right before a burst of more than a sixth of their size.
///
/// ```
/// use audio_converter_measure::{clicks, signal};
///
/// let mut tone = signal::tone(8_000.0, 440.0, 0.5, 8_000);
/// assert_eq!(clicks(&tone, 8_000.0).unwrap().count, 0);
/// tone[4_000..].iter_mut().for_each(|x| *x -= 0.1);
/// let found = clicks(&tone, 8_000.0).unwrap();
/// assert_eq!((found.count, found.found[0].position), (1, 4_000));
/// ```
#[must_use]
pub fn clicks(signal: &[f32], rate: f64) -> Option<Clicks> {
    let mut meter = ClickMeter::new(rate)?;
    meter.push(signal);
    Some(meter.finish())
}

/// Finds clicks block by block, in constant memory.
///
/// ```
/// use audio_converter_measure::{ClickMeter, signal};
///
/// let mut meter = ClickMeter::new(8_000.0).unwrap();
/// for block in signal::impulse(0.5, 1_000, 2_000).chunks(160) {
///     meter.push(block);
/// }
/// assert_eq!(meter.finish().found[0].position, 1_000);
/// ```
#[derive(Clone, Debug)]
pub struct ClickMeter {
    hop: usize,
    apart: usize,
    sides: usize,
    level: usize,
    window: Vec<f64>,
    /// The latest samples and residuals, from index `start` of the signal on. Both begin together; the
    /// residual is known for fewer.
    samples: VecDeque<f64>,
    residual: VecDeque<f64>,
    start: u64,
    /// Index of the first sample not yet judged.
    judged: u64,
    found: Clicks,
}

impl ClickMeter {
    /// How many clicks are kept with their places; all are counted.
    pub const KEPT: usize = 10_000;

    /// A meter for `rate` Hz; `None` outside 1 Hz to 10 MHz.
    #[must_use]
    pub fn new(rate: f64) -> Option<Self> {
        let rate = usable(rate)?;
        let hop = samples_in(rate, HOP).max(ORDER);
        Some(Self {
            hop,
            apart: samples_in(rate, APART),
            sides: samples_in(rate, SIDES),
            level: samples_in(rate, LEVEL),
            window: crate::fft::hann(2 * hop),
            samples: VecDeque::new(),
            residual: VecDeque::new(),
            start: 0,
            judged: 0,
            found: Clicks::default(),
        })
    }

    /// Takes the next samples.
    pub fn push(&mut self, block: &[f32]) {
        for part in block.chunks(self.hop) {
            self.samples.extend(part.iter().copied().map(finite));
            self.advance();
        }
    }

    /// The clicks in all that was pushed.
    #[must_use]
    pub fn finish(mut self) -> Clicks {
        while self.residual.len() < self.samples.len() {
            self.predict();
        }
        self.judge(0);
        self.found
    }

    /// Extends the residual as far as whole windows go, judges what has enough of it on both sides, and
    /// forgets what is no longer needed.
    fn advance(&mut self) {
        while self.residual.len().saturating_sub(self.hop / 2) + 2 * self.hop <= self.samples.len()
        {
            self.predict();
        }
        self.judge(self.sides);
        let keep = self.sides + self.level + self.hop + ORDER;
        let spare = ((self.judged - self.start) as usize).saturating_sub(keep);
        self.samples.drain(..spare);
        self.residual.drain(..spare);
        self.start += spare as u64;
    }

    /// The residual of one more hop, by a predictor for the window around it; at the signal's ends, for the
    /// window next to it.
    fn predict(&mut self) {
        let from = self.residual.len();
        let to = (from + self.hop).min(self.samples.len());
        let first = from
            .saturating_sub(self.hop / 2)
            .min(self.samples.len().saturating_sub(2 * self.hop));
        let last = (first + 2 * self.hop).min(self.samples.len());
        let shorter = crate::fft::hann(last - first);
        let window = if last - first == self.window.len() {
            &self.window
        } else {
            &shorter
        };
        let around: Vec<f64> = self
            .samples
            .range(first..last)
            .zip(window)
            .map(|(x, w)| x * w)
            .collect();
        let (predictor, _) = predictor::<ORDER>(&around);
        for n in from..to {
            // The first samples of all have no past to follow from.
            let past = n
                .checked_sub(ORDER)
                .map(|first| self.samples.range(first..n).rev());
            let error = past.map_or(0.0, |past| {
                self.samples[n] - past.zip(&predictor).map(|(x, a)| x * a).sum::<f64>()
            });
            self.residual.push_back(error);
        }
    }

    fn judge(&mut self, ahead: usize) {
        // Without half a side on either hand there is nothing to judge by.
        let first = ((self.judged - self.start) as usize).max(if self.start == 0 {
            self.sides / 2
        } else {
            0
        });
        let ahead = ahead.max(self.sides / 2);
        let last = self.residual.len().saturating_sub(ahead).max(first);
        let residual = self.residual.make_contiguous();
        let samples = self.samples.make_contiguous();
        for n in first..last {
            let size = residual[n].abs();
            if size < SIZE || !is_peak(residual, n, self.apart) {
                continue;
            }
            let left = background(
                &residual[n.saturating_sub(self.sides)..n.saturating_sub(self.apart)],
                self.apart,
            );
            let right_start = (n + self.apart + 1).min(residual.len());
            let right = background(
                &residual[right_start..(n + self.sides + 1).min(residual.len())],
                self.apart,
            );
            let prominence = size / left.max(right).max(SIZE / 100.0);
            if prominence < RATIO
                || is_edge_of_sound(samples, n, self.level, ORDER, size)
                || (prominence < SURE && is_burst(residual, n, self.level, ORDER))
            {
                continue;
            }
            self.found.count += 1;
            if self.found.found.len() < Self::KEPT {
                let position = self.start + n as u64;
                self.found.found.push(Click {
                    position,
                    size,
                    prominence,
                });
            }
        }
        self.judged = self.start + last as u64;
    }
}

/// Whether no other |e| within `apart` is greater (or equal and earlier).
fn is_peak(residual: &[f64], n: usize, apart: usize) -> bool {
    let size = residual[n].abs();
    let before = &residual[n.saturating_sub(apart)..n];
    let after = &residual[n + 1..(n + apart + 1).min(residual.len())];
    before.iter().all(|e| e.abs() < size) && after.iter().all(|e| e.abs() <= size)
}

/// The second greatest |e|, at least `apart` from the greatest.
fn background(side: &[f64], apart: usize) -> f64 {
    let Some(top) = (0..side.len()).max_by(|&a, &b| side[a].abs().total_cmp(&side[b].abs())) else {
        return 0.0;
    };
    let rest = side[..top.saturating_sub(apart)]
        .iter()
        .chain(side.iter().skip(top + apart + 1));
    rest.fold(0.0, |most: f64, e| most.max(e.abs()))
}

/// Whether the sound starts or ends around index `n`, in which case a jump is its edge and no click.
fn is_edge_of_sound(samples: &[f64], n: usize, level: usize, guard: usize, size: f64) -> bool {
    let before = &samples[n.saturating_sub(guard + level)..n.saturating_sub(guard)];
    let after = &samples[(n + guard).min(samples.len())..(n + guard + level).min(samples.len())];
    // The spread, so that a step in DC is no change of level.
    let power = |side: &[f64]| {
        let count = side.len().max(1) as f64;
        let mean = side.iter().sum::<f64>() / count;
        side.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count
    };
    let (quiet, loud) = (
        power(before).min(power(after)),
        power(before).max(power(after)),
    );
    let peak = before
        .iter()
        .chain(after)
        .fold(0.0, |most: f64, x| most.max(x.abs()));
    loud > quiet * EDGE && loud > SIZE * SIZE && size < 1.5 * peak
}

/// Whether a burst begins at index `n`: what cannot be predicted is louder after it than before, and not much
/// smaller than the jump itself.
fn is_burst(residual: &[f64], n: usize, level: usize, guard: usize) -> bool {
    // The `guard` samples next to it hold the predictor's answer to the jump.
    let before = &residual[n.saturating_sub(guard + level)..n.saturating_sub(guard)];
    let after = &residual[(n + 1 + guard).min(residual.len())..];
    let after = &after[..level.min(after.len())];
    let power = |side: &[f64]| side.iter().map(|e| e * e).sum::<f64>() / side.len().max(1) as f64;
    let peak = after.iter().fold(0.0, |most: f64, e| most.max(e.abs()));
    power(after) > power(before) * RISE && residual[n].abs() < RATIO * peak
}

/// Prediction order.
const ORDER: usize = 16;
/// Seconds: between predictors; between peaks that are told apart; of background to each side; of level.
const HOP: f64 = 0.016;
const APART: f64 = 0.0015;
const SIDES: f64 = 0.036;
const LEVEL: f64 = 0.01;
/// The least size of a click, and its least ratio to the background (15.6 dB).
const SIZE: f64 = 0.001;
const RATIO: f64 = 6.0;
/// The ratio (25 dB) above which it is a click also where a burst begins.
const SURE: f64 = 3.0 * RATIO;
/// The power ratio (20 dB) that makes a start or an end of sound.
const EDGE: f64 = 100.0;
/// The power ratio (3 dB) of residuals that makes the start of a burst.
const RISE: f64 = 2.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal;

    fn positions(signal: &[f32], rate: f64) -> Vec<u64> {
        clicks(signal, rate)
            .unwrap()
            .found
            .iter()
            .map(|click| click.position)
            .collect()
    }

    #[test]
    fn a_step_of_known_place_and_size_in_a_tone() {
        for rate in [8_000.0, 16_000.0, 48_000.0] {
            for (frequency, size) in [(200.0, 0.05), (997.0, 0.02), (3_000.0, 0.1)] {
                let mut tone = signal::tone(rate, frequency, 0.4, 48_000);
                tone[20_011..].iter_mut().for_each(|x| *x += size);
                let found = clicks(&tone, rate).unwrap();
                assert_eq!(found.count, 1, "{rate} {frequency} {found:?}");
                assert_eq!(found.found[0].position, 20_011, "{rate} {frequency}");
                assert!(
                    (found.found[0].size / f64::from(size) - 1.0).abs() < 0.3,
                    "{rate} {frequency} {found:?}"
                );
            }
        }
    }

    #[test]
    fn clean_sounds_have_none() {
        for rate in [8_000.0, 16_000.0, 24_000.0, 48_000.0] {
            for frequency in [50.0, 440.0, 1_000.0, 3_400.0] {
                assert_eq!(
                    positions(&signal::tone(rate, frequency, 0.9, 48_000), rate),
                    [],
                    "{rate} {frequency}"
                );
            }
            assert_eq!(
                positions(&signal::white_noise(0.1, 100_000, 1), rate),
                [],
                "{rate}"
            );
            assert_eq!(
                positions(&signal::sweep(rate, 50.0, rate * 0.45, 0.5, 96_000), rate),
                [],
                "{rate}"
            );
            for pitch in [80.0, 120.0, 210.0, 300.0] {
                let voice = signal::voice(rate, pitch, (rate * 5.0) as usize, pitch as u64);
                assert_eq!(positions(&voice, rate), [], "{rate} {pitch}");
            }
        }
    }

    #[test]
    fn onsets_are_not_clicks() {
        for rate in [8_000.0, 24_000.0] {
            let mut gated = signal::tone(rate, 700.0, 0.5, 48_000);
            gated[..20_003].fill(0.0);
            gated[40_001..].fill(0.0);
            assert_eq!(positions(&gated, rate), [], "{rate}");
            let mut burst = signal::white_noise(0.1, 48_000, 2);
            burst[..20_000].fill(0.0);
            assert_eq!(positions(&burst, rate), [], "{rate}");
        }
    }

    #[test]
    fn a_click_in_noise_and_in_a_voice() {
        let mut noise = signal::white_noise(0.02, 48_000, 5);
        noise[30_000] += 0.4;
        assert_eq!(positions(&noise, 8_000.0), [30_000]);
        let mut voice = signal::voice(8_000.0, 120.0, 80_000, 7);
        voice[40_321..].iter_mut().for_each(|x| *x += 0.3);
        assert_eq!(positions(&voice, 8_000.0), [40_321]);
    }

    #[test]
    fn clicks_at_every_chunk_are_all_found() {
        // 20 ms chunks of a tone that loses 7 samples at each edge.
        let tone = signal::tone(8_000.0, 430.0, 0.5, 100 * 167);
        let cut: Vec<f32> = tone
            .chunks(167)
            .flat_map(|chunk| &chunk[..160])
            .copied()
            .collect();
        let found = positions(&cut, 8_000.0);
        assert!(found.len() >= 90, "{} {found:?}", found.len());
        assert!(
            found.iter().all(|position| position % 160 <= 1),
            "{found:?}"
        );
    }

    #[test]
    fn blocks_do_not_matter_and_nonsense_is_silent() {
        let mut voice = signal::voice(16_000.0, 120.0, 48_000, 7);
        voice[24_321] += 0.5;
        let whole = clicks(&voice, 16_000.0).unwrap();
        for size in [1, 7, 160, 5_000] {
            let mut meter = ClickMeter::new(16_000.0).unwrap();
            voice.chunks(size).for_each(|block| meter.push(block));
            assert_eq!(meter.finish(), whole);
        }
        assert_eq!(clicks(&[], 8_000.0).unwrap().count, 0);
        assert_eq!(clicks(&[f32::NAN; 3_000], 8_000.0).unwrap().count, 0);
        assert!(clicks(&[0.5], 0.0).is_none());
        for rate in [1.0, 100.0] {
            let _ = clicks(&voice, rate);
        }
    }
}
