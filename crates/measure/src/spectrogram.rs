//! Spectrograms: the spectrum as it goes along, for plots.

use crate::decibel::{finite, power_db, usable};
use crate::fft::{Forward, hann};

/// A short-time spectrum, made by [`spectrogram`] and [`SpectrogramMeter`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Spectrogram {
    /// The mean squares, column after column, [`bins`](Self::bins) a column, from 0 Hz to half the rate.
    pub power: Vec<f32>,
    /// Frequencies in a column.
    pub bins: usize,
    /// The distance between frequencies in Hz: bin k is k times this.
    pub bin_width: f64,
    /// The distance between columns in seconds: column n covers from n times this on.
    pub column_seconds: f64,
    /// The length of the whole in seconds.
    pub seconds: f64,
}

impl Spectrogram {
    /// How many columns there are.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.power.len() / self.bins.max(1)
    }

    /// The level in dBov at a column and a bin: of a full-scale sine −3 dB less what its window spreads to
    /// the neighbours (−4.8 dB in its middle bin). Negative infinity outside.
    ///
    /// ```
    /// use audio_converter_measure::{signal, spectrogram};
    ///
    /// let picture = spectrogram(&signal::tone(8_000.0, 1_000.0, 1.0, 8_000), 8_000.0, 256, 100).unwrap();
    /// let bin = (1_000.0 / picture.bin_width) as usize;
    /// assert!((picture.level_dbov(5, bin) + 4.77).abs() < 0.1);
    /// ```
    #[must_use]
    pub fn level_dbov(&self, column: usize, bin: usize) -> f64 {
        let power = (bin < self.bins)
            .then(|| self.power.get(column * self.bins + bin))
            .flatten();
        power.map_or(f64::NEG_INFINITY, |&power| power_db(f64::from(power)))
    }
}

/// The spectrogram of a whole signal: rate in Hz, frames of `length` samples (raised to 16 at least), at most
/// `columns` columns. `None` for a rate outside 1 Hz to 10 MHz.
///
/// Frames have a Hann window and overlap by three quarters; columns are means of neighbouring frames.
/// [`Spectrogram::level_dbov`] has an example.
#[must_use]
pub fn spectrogram(
    signal: &[f32],
    rate: f64,
    length: usize,
    columns: usize,
) -> Option<Spectrogram> {
    let mut meter = SpectrogramMeter::new(rate, length, columns)?;
    meter.push(signal);
    Some(meter.finish())
}

/// Makes a spectrogram block by block in constant memory: when the columns are full, neighbours are
/// merged and from then on a column takes twice as many frames.
///
/// ```
/// use audio_converter_measure::SpectrogramMeter;
///
/// let mut meter = SpectrogramMeter::new(8_000.0, 256, 50).unwrap();
/// meter.push(&[0.0; 80_000]);
/// let picture = meter.finish();
/// assert!(picture.columns() > 25 && picture.columns() <= 50);
/// assert_eq!(picture.seconds, 10.0);
/// ```
#[derive(Debug)]
pub struct SpectrogramMeter {
    rate: f64,
    most: usize,
    hop: usize,
    window: Vec<f64>,
    transform: Forward,
    pending: Vec<f32>,
    samples: u64,
    column: Vec<f64>,
    frames: u64,
    frames_per_column: u64,
    power: Vec<f32>,
}

impl SpectrogramMeter {
    /// A meter for `rate` Hz, frames of `length` samples (16 to 65 536) and at most `columns` columns (2 at
    /// least); `None` for a rate outside 1 Hz to 10 MHz.
    #[must_use]
    pub fn new(rate: f64, length: usize, columns: usize) -> Option<Self> {
        let length = length.clamp(16, 65_536).next_multiple_of(4);
        let most = columns.max(2).next_multiple_of(2);
        usable(rate).map(|rate| Self {
            rate,
            most: if most > columns.max(2) {
                most - 2
            } else {
                most
            }
            .max(2),
            hop: length / 4,
            window: hann(length),
            transform: Forward::new(length),
            // Half a frame of silence first, so that column 0 is centred near the start.
            pending: vec![0.0; length / 2],
            samples: 0,
            column: vec![0.0; length / 2 + 1],
            frames: 0,
            frames_per_column: 1,
            power: Vec::new(),
        })
    }

    /// Takes the next samples.
    pub fn push(&mut self, block: &[f32]) {
        self.samples += block.len() as u64;
        self.take(block);
    }

    /// The spectrogram of all that was pushed.
    #[must_use]
    pub fn finish(mut self) -> Spectrogram {
        let seconds = self.samples as f64 / self.rate;
        if self.samples > 0 {
            // Enough silence that the last sample has been in the middle of a frame.
            let tail = vec![0.0; self.window.len() / 2];
            self.take(&tail);
            self.end_column();
        }
        Spectrogram {
            power: self.power,
            bins: self.window.len() / 2 + 1,
            bin_width: self.rate / self.window.len() as f64,
            column_seconds: (self.hop as u64 * self.frames_per_column) as f64 / self.rate,
            seconds,
        }
    }

    fn take(&mut self, block: &[f32]) {
        for &sample in block {
            self.pending.push(sample);
            if self.pending.len() == self.window.len() {
                self.end_frame();
                self.pending.drain(..self.hop);
            }
        }
    }

    fn end_frame(&mut self) {
        if self.frames == self.frames_per_column {
            self.end_column();
        }
        let samples = self
            .pending
            .iter()
            .zip(&self.window)
            .map(|(&sample, weight)| finite(sample) * weight);
        let bins = self.transform.run(samples);
        let weight: f64 = self.window.iter().map(|w| w * w).sum();
        let scale = 2.0 / (weight * self.window.len() as f64);
        for (power, bin) in self.column.iter_mut().zip(bins) {
            *power += scale * bin.norm_sqr();
        }
        self.frames += 1;
    }

    fn end_column(&mut self) {
        if self.frames == 0 {
            return;
        }
        let bins = self.column.len();
        if self.power.len() == self.most * bins {
            // Full: merge neighbours, and let the present column grow to the new size first.
            self.power = self
                .power
                .chunks_exact(2 * bins)
                .flat_map(|pair| (0..bins).map(|k| 0.5 * (pair[k] + pair[k + bins])))
                .collect();
            self.frames_per_column *= 2;
            if self.frames < self.frames_per_column && self.pending.len() == self.window.len() {
                return;
            }
        }
        let frames = self.frames as f64;
        self.power.extend(
            self.column
                .iter_mut()
                .map(|power| (std::mem::take(power) / frames) as f32),
        );
        self.frames = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal;

    #[test]
    fn a_tone_burst_shows_where_and_when_it_is() {
        let rate = 16_000.0;
        let mut burst = signal::silence(64_000);
        burst[32_000..40_000].copy_from_slice(&signal::tone(rate, 3_000.0, 0.5, 8_000));
        for columns in [10, 40, 1_000] {
            let picture = spectrogram(&burst, rate, 512, columns).unwrap();
            assert!(picture.columns() <= columns && picture.bins == 257);
            let bin = (3_000.0 / picture.bin_width).round() as usize;
            let at =
                |seconds: f64| picture.level_dbov((seconds / picture.column_seconds) as usize, bin);
            assert!(at(2.25) > -16.0, "{columns} {}", at(2.25));
            assert!(at(1.0) < -200.0 && at(3.5) < -200.0, "{columns}");
            assert!(picture.level_dbov((2.25 / picture.column_seconds) as usize, bin / 2) < -60.0);
            assert!(
                picture.columns() as f64 * picture.column_seconds >= picture.seconds - 1e-9,
                "{columns}"
            );
        }
    }

    #[test]
    fn blocks_do_not_matter() {
        let noise = signal::white_noise(0.1, 30_000, 1);
        let whole = spectrogram(&noise, 8_000.0, 256, 64).unwrap();
        let mut meter = SpectrogramMeter::new(8_000.0, 256, 64).unwrap();
        noise.chunks(77).for_each(|block| meter.push(block));
        assert_eq!(meter.finish(), whole);
        let mean = whole.power.iter().map(|&p| f64::from(p)).sum::<f64>() / whole.columns() as f64;
        assert!((mean - 0.01).abs() < 0.001, "{mean}");
    }

    #[test]
    fn nothing_has_no_columns() {
        assert_eq!(spectrogram(&[], 8_000.0, 256, 64).unwrap().columns(), 0);
        assert!(spectrogram(&[0.1; 10], 8_000.0, 0, 0).unwrap().columns() > 0);
        assert!(spectrogram(&[], 0.0, 256, 64).is_none());
    }
}
