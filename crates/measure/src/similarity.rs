//! How alike two recordings are: signal-to-noise ratios after alignment in time and level.

use std::f64::consts::TAU;

use realfft::num_complex::Complex;

use crate::decibel::{amplitude_db, finite, power_db, samples_in, usable};
use crate::delay::{Delay, delay};
use crate::fft::{Forward, inverse};

/// What [`similarity`] finds.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Similarity {
    /// The delay that was compensated.
    pub delay: Delay,
    /// The gain that was compensated: the recording's level relative to the reference, in dB.
    pub gain_db: f64,
    /// Signal to noise over everything, in dB; infinite when nothing differs.
    pub snr_db: f64,
    /// The mean over frames of signal to noise, each limited to −10…35 dB.
    pub segmental_snr_db: f64,
    /// The frames it is the mean of: those in which the reference is heard.
    pub frames: usize,
}

/// Compares a recording with its reference; rate in Hz, both at the same.
///
/// The recording is first moved by its [`delay`] (up to `most_delay` seconds, to a fraction of a sample) and scaled by the
/// gain that fits best (least squares). What then differs is noise. For the segmental SNR frames are
/// 20 ms, without overlap, and count where the reference lies less than 40 dB below its loudest
/// frame. Parts that only one of both has are not compared.
///
/// `None` when either is silent, they overlap by less than a frame, or the rate is outside 1 Hz to 10 MHz.
///
/// ```
/// use audio_converter_measure::{signal, similarity};
///
/// let reference = signal::voice(8_000.0, 120.0, 32_000, 1);
/// let half: Vec<f32> = reference.iter().map(|x| x * 0.5).collect();
/// let found = similarity(&reference, &half, 8_000.0, 0.1).unwrap();
/// assert!((found.gain_db + 6.02).abs() < 0.01 && found.segmental_snr_db > 34.0);
/// ```
#[must_use]
pub fn similarity(
    reference: &[f32],
    recording: &[f32],
    rate: f64,
    most_delay: f64,
) -> Option<Similarity> {
    let rate = usable(rate)?;
    let delay = delay(reference, recording, rate, most_delay)?;
    let aligned = shifted(recording, -delay.samples, reference.len());

    // The stretch both have, less the few samples over which the shift's interpolation has no neighbours.
    let edge = if delay.samples.fract().abs() < 1e-6 {
        0
    } else {
        16
    };
    let start = (-delay.samples).ceil().max(0.0) as usize;
    let end =
        ((recording.len() as f64 - delay.samples).floor().max(0.0) as usize).min(reference.len());
    let range = (start + edge)..end.saturating_sub(edge).max(start + edge);
    let pairs: Vec<(f64, f64)> = reference
        .get(range.clone())?
        .iter()
        .zip(aligned.get(range)?)
        .map(|(&x, &y)| (finite(x), f64::from(y)))
        .collect();

    let sum =
        |value: fn(&(f64, f64)) -> f64, part: &[(f64, f64)]| part.iter().map(value).sum::<f64>();
    let signal = sum(|(x, _)| x * x, &pairs);
    let gain = sum(|(x, y)| x * y, &pairs) / signal;
    if !gain.is_finite() || gain == 0.0 {
        return None;
    }
    let scaled: Vec<(f64, f64)> = pairs.iter().map(|(x, y)| (*x, y / gain - x)).collect();
    let ratio = |part: &[(f64, f64)]| {
        let noise = sum(|(_, e)| e * e, part);
        if noise > 0.0 {
            power_db(sum(|(x, _)| x * x, part) / noise)
        } else {
            f64::INFINITY
        }
    };

    let frame = samples_in(rate, FRAME);
    let loudest = scaled
        .chunks_exact(frame)
        .map(|part| sum(|(x, _)| x * x, part))
        .fold(0.0, f64::max);
    let heard = scaled
        .chunks_exact(frame)
        .filter(|part| sum(|(x, _)| x * x, part) > loudest * HEARD);
    let ratios: Vec<f64> = heard.map(|part| ratio(part).clamp(WORST, BEST)).collect();
    if ratios.is_empty() {
        return None;
    }
    Some(Similarity {
        delay,
        gain_db: amplitude_db(gain),
        snr_db: ratio(&scaled),
        segmental_snr_db: ratios.iter().sum::<f64>() / ratios.len() as f64,
        frames: ratios.len(),
    })
}

/// The signal moved `samples` later (earlier if negative), cut or padded to `length`.
///
/// Whole samples are copied; a fraction is a phase ramp on the spectrum.
pub(crate) fn shifted(signal: &[f32], samples: f64, length: usize) -> Vec<f32> {
    let whole = samples.round();
    let part = samples - whole;
    let offset = whole as isize;
    let source: Vec<f64> = if part.abs() < 1e-6 {
        signal.iter().copied().map(finite).collect()
    } else {
        let size = (signal.len() + PADDING).next_power_of_two();
        let mut transform = Forward::new(size);
        let bins = transform.run(signal.iter().copied().map(finite));
        let turned = bins
            .iter()
            .enumerate()
            .map(|(k, bin)| bin * Complex::from_polar(1.0, -TAU * part * k as f64 / size as f64))
            .collect();
        inverse(turned, size)
            .iter()
            .take(signal.len())
            .map(|x| x / size as f64)
            .collect()
    };
    (0..length as isize)
        .map(|n| {
            let from = usize::try_from(n - offset).ok();
            from.and_then(|from| source.get(from))
                .map_or(0.0, |&x| x as f32)
        })
        .collect()
}

/// Seconds a frame; the part of the loudest frame's energy (−40 dB) from which one is heard; the limits in dB.
const FRAME: f64 = 0.02;
const HEARD: f64 = 1e-4;
const WORST: f64 = -10.0;
const BEST: f64 = 35.0;
/// Zeros between the end of a signal and its start when it is shifted in a circle.
const PADDING: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal;

    #[test]
    fn added_noise_delay_and_gain_are_found_together() {
        let rate = 8_000.0;
        let noise = signal::white_noise(0.1, 40_000, 1);
        let mut recording = shifted(&noise, 12.3, 40_100);
        for (x, other) in recording
            .iter_mut()
            .zip(signal::white_noise(0.01, 40_100, 2))
        {
            *x = 0.25 * (*x + other);
        }
        let found = similarity(&noise, &recording, rate, 0.1).unwrap();
        assert!((found.delay.samples - 12.3).abs() < 0.02, "{found:?}");
        assert!((found.gain_db + 12.04).abs() < 0.05, "{found:?}");
        assert!((found.snr_db - 20.0).abs() < 0.2, "{found:?}");
        assert!((found.segmental_snr_db - 20.0).abs() < 0.3, "{found:?}");
    }

    #[test]
    fn the_same_is_without_noise() {
        let voice = signal::voice(8_000.0, 120.0, 16_000, 1);
        let found = similarity(&voice, &voice, 8_000.0, 0.1).unwrap();
        assert!(
            found.snr_db > 90.0 && found.segmental_snr_db > 34.99,
            "{found:?}"
        );
    }

    #[test]
    fn lost_samples_spoil_it() {
        let voice = signal::voice(8_000.0, 120.0, 40_000, 1);
        let mut lossy = voice.clone();
        lossy.drain(20_000..20_080);
        let found = similarity(&voice, &lossy, 8_000.0, 0.1).unwrap();
        assert!(found.segmental_snr_db < 25.0, "{found:?}");
    }

    #[test]
    fn nothing_is_not_similar() {
        assert!(similarity(&[], &[], 8_000.0, 0.1).is_none());
        assert!(similarity(&[1.0; 10], &[1.0; 10], 8_000.0, 0.1).is_none());
        assert!(similarity(&[0.1; 4_000], &[f32::NAN; 4_000], 8_000.0, 0.1).is_none());
    }
}
