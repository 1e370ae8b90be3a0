//! The noise floor: the level of a recording's quiet moments.

use crate::decibel::{finite, power_db, samples_in, usable};

/// The distribution of short-frame levels, made by [`frame_levels`] and [`FrameLevelMeter`].
///
/// A frame is 20 ms, without overlap; its level is the variance of its samples (so DC does not count), in
/// dBov. Frames that do not vary at all are digital silence: they are counted apart and belong to no percentile.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameLevels {
    histogram: Vec<u64>,
    frames: u64,
    silent: u64,
}

impl FrameLevels {
    /// The level in dBov that `percent` (0 to 100) of the frames stay below, to 0.1 dB; `None` when every frame
    /// is digital silence.
    ///
    /// ```
    /// use audio_converter_measure::{frame_levels, signal};
    ///
    /// let levels = frame_levels(&signal::white_noise(0.01, 80_000, 1), 8_000.0).unwrap();
    /// assert!((levels.percentile(50.0).unwrap() + 40.0).abs() < 0.2);
    /// ```
    #[must_use]
    pub fn percentile(&self, percent: f64) -> Option<f64> {
        let sounding = self.frames - self.silent;
        let wanted = (percent.clamp(0.0, 100.0) / 100.0 * sounding as f64)
            .ceil()
            .max(1.0) as u64;
        let mut seen = 0;
        for (bin, &count) in self.histogram.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return Some(LOWEST + (bin as f64 + 0.5) * STEP);
            }
        }
        None
    }

    /// The noise floor in dBov: the 10th percentile of the frame levels. `None` when all is digital silence.
    ///
    /// In speech the quietest tenth of the frames are pauses. Of steady noise it reads 0.6 dB low at 8 kHz
    /// (the spread of 160-sample frames) and less at higher rates. A recording without any pause reads too
    /// high: it is an upper bound.
    ///
    /// ```
    /// use audio_converter_measure::{frame_levels, signal};
    ///
    /// let levels = frame_levels(&signal::white_noise(0.001, 80_000, 1), 8_000.0).unwrap();
    /// assert!((levels.noise_floor_dbov().unwrap() + 60.0).abs() < 1.0);
    /// ```
    #[must_use]
    pub fn noise_floor_dbov(&self) -> Option<f64> {
        self.percentile(10.0)
    }

    /// The part of the frames that is digital silence, 0 to 1.
    #[must_use]
    pub fn silent_part(&self) -> f64 {
        self.silent as f64 / self.frames.max(1) as f64
    }
}

/// The frame levels of a whole signal, rate in Hz; `None` outside 1 Hz to 10 MHz.
///
/// See [`FrameLevels`] for definition and example.
#[must_use]
pub fn frame_levels(signal: &[f32], rate: f64) -> Option<FrameLevels> {
    let mut meter = FrameLevelMeter::new(rate)?;
    meter.push(signal);
    Some(meter.finish())
}

/// Collects frame levels block by block, in constant memory.
///
/// ```
/// use audio_converter_measure::FrameLevelMeter;
///
/// let mut meter = FrameLevelMeter::new(8_000.0).unwrap();
/// meter.push(&[0.0; 800]);
/// assert_eq!(meter.finish().silent_part(), 1.0);
/// ```
#[derive(Clone, Debug)]
pub struct FrameLevelMeter {
    frame: usize,
    filled: usize,
    sum: f64,
    squares: f64,
    first: f64,
    varies: bool,
    levels: FrameLevels,
}

impl FrameLevelMeter {
    /// A meter for `rate` Hz; `None` outside 1 Hz to 10 MHz.
    #[must_use]
    pub fn new(rate: f64) -> Option<Self> {
        Some(Self {
            frame: samples_in(usable(rate)?, FRAME).max(2),
            filled: 0,
            sum: 0.0,
            squares: 0.0,
            first: 0.0,
            varies: false,
            levels: FrameLevels {
                histogram: vec![0; BINS],
                frames: 0,
                silent: 0,
            },
        })
    }

    /// Takes the next samples. A frame that is never filled does not count.
    pub fn push(&mut self, block: &[f32]) {
        for &sample in block {
            let value = finite(sample);
            if self.filled == 0 {
                (self.first, self.sum, self.squares, self.varies) = (value, 0.0, 0.0, false);
            }
            // Counting from the first sample keeps the variance exact under a large DC.
            let value = value - self.first;
            self.varies |= value != 0.0;
            self.sum += value;
            self.squares += value * value;
            self.filled += 1;
            if self.filled == self.frame {
                self.filled = 0;
                self.end_frame();
            }
        }
    }

    /// The distribution of all that was pushed.
    #[must_use]
    pub fn finish(self) -> FrameLevels {
        self.levels
    }

    fn end_frame(&mut self) {
        self.levels.frames += 1;
        if !self.varies {
            self.levels.silent += 1;
            return;
        }
        let count = self.frame as f64;
        let level = power_db((self.squares - self.sum * self.sum / count) / count);
        let bin = ((level - LOWEST) / STEP).clamp(0.0, (BINS - 1) as f64);
        self.levels.histogram[bin as usize] += 1;
    }
}

const FRAME: f64 = 0.02;
const LOWEST: f64 = -160.0;
const STEP: f64 = 0.1;
const BINS: usize = 2_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal;

    #[test]
    fn the_floor_of_speech_is_its_noise() {
        let voice = signal::voice(16_000.0, 120.0, 320_000, 5);
        let floor = frame_levels(&voice, 16_000.0)
            .unwrap()
            .noise_floor_dbov()
            .unwrap();
        assert!((floor + 75.0).abs() < 1.5, "{floor}");
    }

    #[test]
    fn dc_and_silence_are_not_noise() {
        let levels = frame_levels(&[0.7; 1_600], 8_000.0).unwrap();
        assert_eq!(
            (levels.silent_part(), levels.noise_floor_dbov()),
            (1.0, None)
        );
        let mut noise = signal::white_noise(1e-4, 80_000, 2);
        noise.iter_mut().for_each(|x| *x += 0.5);
        let floor = frame_levels(&noise, 8_000.0)
            .unwrap()
            .percentile(50.0)
            .unwrap();
        assert!((floor + 80.0).abs() < 0.3, "{floor}");
    }

    #[test]
    fn empty_or_without_a_rate() {
        assert_eq!(frame_levels(&[], 8_000.0).unwrap().percentile(10.0), None);
        assert!(frame_levels(&[], f64::NAN).is_none());
    }
}
