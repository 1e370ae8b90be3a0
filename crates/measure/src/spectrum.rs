//! The long-term spectrum, and where it ends.

use crate::decibel::{finite, power_db, usable};
use crate::fft::{Forward, hann};

/// A long-term power spectrum, made by [`spectrum`] and [`SpectrumMeter`].
///
/// Bin k lies at `k · bin_width()` Hz and holds the mean square of what is around it, so the sum over all
/// bins is the mean square of the signal: a full-scale sine adds up to 0.5, −3.01 dBov.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    rate: f64,
    power: Vec<f64>,
}

impl Spectrum {
    /// The mean square in each bin, from 0 Hz to half the rate.
    #[must_use]
    pub fn power(&self) -> &[f64] {
        &self.power
    }

    /// The distance between bins, in Hz.
    #[must_use]
    pub fn bin_width(&self) -> f64 {
        self.rate / 2.0 / (self.power.len().max(2) - 1) as f64
    }

    /// The level of the band from `low` to `high` Hz, in dBov.
    ///
    /// ```
    /// use audio_converter_measure::{signal, spectrum};
    ///
    /// let spectrum = spectrum(&signal::tone(8_000.0, 1_000.0, 1.0, 80_000), 8_000.0).unwrap();
    /// assert!((spectrum.band_dbov(900.0, 1_100.0) + 3.01).abs() < 0.01);
    /// assert!(spectrum.band_dbov(2_000.0, 3_000.0) < -90.0);
    /// ```
    #[must_use]
    pub fn band_dbov(&self, low: f64, high: f64) -> f64 {
        let width = self.bin_width();
        let inside = self
            .power
            .iter()
            .enumerate()
            .filter(|(k, _)| (low..=high).contains(&(*k as f64 * width)));
        power_db(inside.map(|(_, power)| power).sum())
    }

    /// The frequency in Hz below which `part` (0 to 1) of the energy lies, DC left out; `None` for silence.
    ///
    /// ```
    /// use audio_converter_measure::{signal, spectrum};
    ///
    /// let spectrum = spectrum(&signal::tone(8_000.0, 1_000.0, 1.0, 80_000), 8_000.0).unwrap();
    /// assert!((spectrum.quantile(0.5).unwrap() - 1_000.0).abs() < 20.0);
    /// ```
    #[must_use]
    pub fn quantile(&self, part: f64) -> Option<f64> {
        let total: f64 = self.power.iter().skip(2).sum();
        let mut seen = 0.0;
        let found = self.power.iter().enumerate().skip(2).find(|(_, power)| {
            seen += **power;
            seen >= part * total && total > 0.0
        });
        found.map(|(k, _)| k as f64 * self.bin_width())
    }

    /// Where the sound ends: see [`Bandwidth`]. `None` for silence.
    ///
    /// ```
    /// use audio_converter_measure::{signal, spectrum};
    ///
    /// let spectrum = spectrum(&signal::white_noise(0.1, 80_000, 1), 8_000.0).unwrap();
    /// let bandwidth = spectrum.bandwidth().unwrap();
    /// assert!(bandwidth.high > 3_900.0 && bandwidth.cliff.is_none());
    /// ```
    #[must_use]
    pub fn bandwidth(&self) -> Option<Bandwidth> {
        let width = self.bin_width();
        let reach = ((SMOOTHING / 2.0 / width).round() as usize).max(1);
        let smooth = smoothed(&self.power, reach);
        // DC and what its window smears do not count as sound.
        let first = 3.min(smooth.len());
        let loudest = smooth.iter().skip(first).copied().fold(0.0, f64::max);
        if loudest <= 0.0 {
            return None;
        }
        let sounding = |power: &f64| *power > loudest * FAR_BELOW;
        let low = first + smooth.iter().skip(first).position(sounding)?;
        let high = smooth.iter().rposition(sounding)?;
        Some(Bandwidth {
            low: low as f64 * width,
            high: high as f64 * width,
            cliff: self.cliff(&smooth, loudest),
        })
    }

    /// The frequency with the greatest fall from the 300 Hz below it to the loudest thing anywhere above it.
    fn cliff(&self, smooth: &[f64], loudest: f64) -> Option<Cliff> {
        let width = self.bin_width();
        let bins = |hertz: f64| ((hertz / width).round() as usize).max(1);
        let (below, guard, enough) = (bins(300.0), bins(CLIFF_WIDTH / 2.0), bins(CLIFF_MARGIN));
        let mut above = 0.0_f64;
        let mut best: Option<(usize, f64, f64)> = None;
        for k in (0..smooth.len()).rev() {
            // `above` is the loudest of what lies beyond the guard band over k.
            if let Some(power) = smooth.get(k + guard) {
                above = above.max(*power);
            }
            if k + guard + enough > smooth.len() || k < guard + below {
                continue;
            }
            let under = &smooth[k - guard - below..k - guard];
            let mean = under.iter().sum::<f64>() / under.len() as f64;
            let fall = mean / above.max(loudest * 1e-14);
            if mean > loudest * 1e-7 && best.is_none_or(|(_, most, _)| fall > most) {
                best = Some((k, fall, mean));
            }
        }
        let (k, fall, mean) = best.filter(|(_, fall, _)| *fall >= CLIFF_FALL)?;
        // Many places see the same fall: take the one where the first 6 dB are gone.
        let edge = (k - guard - below..k + guard)
            .rev()
            .find(|&k| smooth[k] > mean / 4.0)
            .unwrap_or(k);
        Some(Cliff {
            frequency: edge as f64 * width,
            fall_db: power_db(fall),
        })
    }
}

/// The band that holds sound, by [`Spectrum::bandwidth`].
///
/// The spectrum is smoothed over 100 Hz. `low` and `high` are the lowest and the highest frequency at which
/// it lies within 60 dB of its loudest place. In a recording with audible noise that is the noise's band.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Bandwidth {
    /// The lower end, in Hz.
    pub low: f64,
    /// The upper end, in Hz.
    pub high: f64,
    /// The place where a filter or an earlier sample rate has cut the sound off, if one shows.
    pub cliff: Option<Cliff>,
}

impl Bandwidth {
    /// The frequency in Hz above which the sound is gone: the cliff where one shows, or else `high`.
    #[must_use]
    pub fn effective(&self) -> f64 {
        self.cliff
            .map_or(self.high, |cliff| cliff.frequency.min(self.high))
    }
}

/// A sudden end of the spectrum: from the mean of 300 Hz below to the loudest place anywhere above, it falls
/// by at least 20 dB within 400 Hz, at least 300 Hz before half the sample rate.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Cliff {
    /// Where the first 6 dB of the fall are done, in Hz.
    pub frequency: f64,
    /// How far it falls, in dB.
    pub fall_db: f64,
}

/// The long-term spectrum of a whole signal; rate in Hz. `None` for a rate outside 1 Hz to 10 MHz.
///
/// The mean over frames of [`SpectrumMeter::length`] samples with a Hann window and half overlap (Welch's
/// method). A signal shorter than a frame is one frame, padded with zeros.
///
/// ```
/// use audio_converter_measure::{signal, spectrum};
///
/// let spectrum = spectrum(&signal::white_noise(0.1, 80_000, 1), 8_000.0).unwrap();
/// assert!((spectrum.band_dbov(0.0, 4_000.0) + 20.0).abs() < 0.1);
/// ```
#[must_use]
pub fn spectrum(signal: &[f32], rate: f64) -> Option<Spectrum> {
    let mut meter = SpectrumMeter::new(rate)?;
    meter.push(signal);
    Some(meter.finish())
}

/// Averages the spectrum block by block, in constant memory.
///
/// ```
/// use audio_converter_measure::SpectrumMeter;
///
/// let mut meter = SpectrumMeter::new(8_000.0).unwrap();
/// meter.push(&[0.0; 2_000]);
/// assert!(meter.finish().bandwidth().is_none());
/// ```
#[derive(Debug)]
pub struct SpectrumMeter {
    rate: f64,
    window: Vec<f64>,
    transform: Forward,
    pending: Vec<f32>,
    power: Vec<f64>,
    frames: u64,
}

impl SpectrumMeter {
    /// A meter for `rate` Hz; `None` outside 1 Hz to 10 MHz.
    #[must_use]
    pub fn new(rate: f64) -> Option<Self> {
        let length = Self::length(usable(rate)?);
        Some(Self {
            rate,
            window: hann(length),
            transform: Forward::new(length),
            pending: Vec::with_capacity(length),
            power: vec![0.0; length / 2 + 1],
            frames: 0,
        })
    }

    /// The frame length at `rate` Hz: the power of two whose bins are 10 to 20 Hz apart, at least 16.
    ///
    /// ```
    /// assert_eq!(audio_converter_measure::SpectrumMeter::length(8_000.0), 512);
    /// ```
    #[must_use]
    pub fn length(rate: f64) -> usize {
        let wanted = usable(rate).unwrap_or(1.0) / 20.0;
        (wanted.ceil() as usize).next_power_of_two().max(16)
    }

    /// Takes the next samples.
    pub fn push(&mut self, block: &[f32]) {
        let length = self.window.len();
        for &sample in block {
            self.pending.push(sample);
            if self.pending.len() == length {
                self.end_frame();
                self.pending.drain(..length / 2);
            }
        }
    }

    /// The mean spectrum of all that was pushed.
    #[must_use]
    pub fn finish(mut self) -> Spectrum {
        if self.frames == 0 && !self.pending.is_empty() {
            self.window = hann(self.pending.len());
            self.end_frame();
        }
        let frames = self.frames.max(1) as f64;
        self.power.iter_mut().for_each(|power| *power /= frames);
        Spectrum {
            rate: self.rate,
            power: self.power,
        }
    }

    fn end_frame(&mut self) {
        let samples = self
            .pending
            .iter()
            .zip(&self.window)
            .map(|(&sample, weight)| finite(sample) * weight);
        let bins = self.transform.run(samples);
        let weight: f64 = self.window.iter().map(|w| w * w).sum();
        // Parseval: both halves of the spectrum, over the transform's length, over the window's energy.
        let scale = 1.0 / (weight.max(f64::MIN_POSITIVE) * 2.0 * (bins.len() - 1) as f64);
        let last = bins.len() - 1;
        for (k, (power, bin)) in self.power.iter_mut().zip(bins).enumerate() {
            let sides = if k == 0 || k == last { 1.0 } else { 2.0 };
            *power += sides * scale * bin.norm_sqr();
        }
        self.frames += 1;
    }
}

/// A running mean over `reach` bins to each side.
fn smoothed(power: &[f64], reach: usize) -> Vec<f64> {
    (0..power.len())
        .map(|k| {
            let around = &power[k.saturating_sub(reach)..power.len().min(k + reach + 1)];
            around.iter().sum::<f64>() / around.len() as f64
        })
        .collect()
}

/// Hz over which the bandwidth's spectrum is smoothed.
const SMOOTHING: f64 = 100.0;
/// The power ratio, −60 dB, below which there is no sound.
const FAR_BELOW: f64 = 1e-6;
/// The power ratio, 20 dB, that makes a cliff; its width and its least distance from half the rate in Hz.
const CLIFF_FALL: f64 = 100.0;
const CLIFF_WIDTH: f64 = 400.0;
const CLIFF_MARGIN: f64 = 100.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal;

    /// White noise whose spectrum ends at `edge` Hz, by brute force in the frequency domain.
    fn noise_up_to(edge: f64, rate: f64, samples: usize) -> Vec<f32> {
        let noise = signal::white_noise(0.1, samples, 9);
        let mut forward = Forward::new(samples);
        let mut bins = forward.run(noise.iter().map(|&x| f64::from(x))).to_vec();
        let last = (edge / rate * samples as f64) as usize;
        bins.iter_mut().skip(last + 1).for_each(|bin| *bin *= 0.0);
        crate::fft::inverse(bins, samples)
            .iter()
            .map(|x| (x / samples as f64) as f32)
            .collect()
    }

    #[test]
    fn noise_that_ends_at_3400_hz_is_found_at_any_rate() {
        for rate in [8_000.0, 16_000.0, 24_000.0, 48_000.0] {
            let noise = noise_up_to(3_400.0, rate, 1 << 17);
            let found = spectrum(&noise, rate).unwrap().bandwidth().unwrap();
            assert!((found.high - 3_400.0).abs() < 150.0, "{rate} {found:?}");
            let cliff = found.cliff.unwrap();
            assert!((cliff.frequency - 3_400.0).abs() < 60.0, "{rate} {found:?}");
            assert!(cliff.fall_db > 60.0, "{rate} {found:?}");
        }
    }

    #[test]
    fn a_cliff_shows_through_a_noise_floor() {
        let mut noise = noise_up_to(4_000.0, 24_000.0, 1 << 17);
        for (x, floor) in noise.iter_mut().zip(signal::white_noise(0.002, 1 << 17, 4)) {
            *x += floor;
        }
        let found = spectrum(&noise, 24_000.0).unwrap().bandwidth().unwrap();
        assert!(found.high > 11_000.0, "{found:?}");
        assert!((found.effective() - 4_000.0).abs() < 60.0, "{found:?}");
    }

    #[test]
    fn energy_is_kept_whatever_the_length() {
        for samples in [7, 100, 511, 512, 100_000] {
            let noise = signal::white_noise(0.1, samples, 3);
            let total = spectrum(&noise, 8_000.0)
                .unwrap()
                .power()
                .iter()
                .sum::<f64>();
            assert!(total > 0.0015 && total < 0.04, "{samples} {total}");
        }
        assert!(spectrum(&[], 8_000.0).unwrap().bandwidth().is_none());
        assert!(spectrum(&[0.1; 100], -1.0).is_none());
    }
}
