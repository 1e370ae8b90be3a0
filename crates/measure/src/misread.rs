//! Was it read wrong? Evidence that bytes are not in the encoding, or not at the rate, they are said to be.
//!
//! These are guesses from statistics of speech, with the evidence beside them; on noise, on silence, on very
//! short pieces there is none.

use crate::decibel::{power_db, samples_in, usable};
use crate::predict::predictor;
use crate::spectrum::spectrum;

/// A way to read bytes as samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reading {
    /// 16-bit PCM, little endian.
    Pcm16,
    /// 16-bit PCM, big endian.
    Pcm16Be,
    /// 16-bit PCM, little endian, after one stray byte: shifted by half a sample.
    Pcm16Shifted,
    /// 16-bit PCM, big endian, after one stray byte.
    Pcm16BeShifted,
    /// µ-law by ITU-T G.711.
    MuLaw,
    /// A-law by ITU-T G.711.
    ALaw,
    /// 32-bit float, little endian.
    F32,
}

impl Reading {
    /// Every reading.
    pub const ALL: [Self; 7] = [
        Self::Pcm16,
        Self::Pcm16Be,
        Self::Pcm16Shifted,
        Self::Pcm16BeShifted,
        Self::MuLaw,
        Self::ALaw,
        Self::F32,
    ];

    /// The samples that the bytes are by this reading, full scale ±1.0; a last part of a sample is dropped.
    ///
    /// ```
    /// use audio_converter_measure::Reading;
    ///
    /// assert_eq!(Reading::Pcm16.samples(&[0x00, 0x40]), [0.5]);
    /// assert_eq!(Reading::MuLaw.samples(&[0xFF, 0x80]), [0.0, 32_124.0 / 32_768.0]);
    /// ```
    #[must_use]
    pub fn samples(self, bytes: &[u8]) -> Vec<f32> {
        let pcm = |bytes: &[u8], word: fn([u8; 2]) -> i16| {
            let pairs = bytes.chunks_exact(2).map(|pair| word([pair[0], pair[1]]));
            pairs.map(|sample| f32::from(sample) / 32_768.0).collect()
        };
        match self {
            Self::Pcm16 => pcm(bytes, i16::from_le_bytes),
            Self::Pcm16Be => pcm(bytes, i16::from_be_bytes),
            Self::Pcm16Shifted => pcm(bytes.get(1..).unwrap_or_default(), i16::from_le_bytes),
            Self::Pcm16BeShifted => pcm(bytes.get(1..).unwrap_or_default(), i16::from_be_bytes),
            Self::MuLaw => bytes
                .iter()
                .map(|&byte| f32::from(mulaw(byte)) / 32_768.0)
                .collect(),
            Self::ALaw => bytes
                .iter()
                .map(|&byte| f32::from(alaw(byte)) / 32_768.0)
                .collect(),
            Self::F32 => bytes
                .chunks_exact(4)
                .map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]]))
                .collect(),
        }
    }
}

/// How well a [`Reading`] fits some bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Fit {
    /// The reading.
    pub reading: Reading,
    /// How much of the power the past predicts, in dB: the mean over sounding frames of 256 samples of
    /// the gain of an eighth-order linear prediction. Speech at 8 kHz has 8 to 20, noise and misread bytes 0 to 3.
    pub prediction_db: f64,
    /// The level in dBov. Misread bytes are mostly noise near full scale.
    pub rms_dbov: f64,
    /// Both in one number, for comparing: prediction plus a third of the distance from full scale (to 30 dB).
    pub score: f64,
}

/// All readings of the bytes, the best fit first; those that make no sound at all are left out.
///
/// At most the first 2 MB are read. A score some 3 above the next is good evidence.
///
/// ```
/// use audio_converter_measure::{Reading, readings, signal};
///
/// let voice = signal::voice(8_000.0, 120.0, 16_000, 1);
/// let bytes: Vec<u8> = voice.iter().flat_map(|x| ((x * 32_767.0) as i16).to_be_bytes()).collect();
/// assert_eq!(readings(&bytes)[0].reading, Reading::Pcm16Be);
/// ```
#[must_use]
pub fn readings(bytes: &[u8]) -> Vec<Fit> {
    let bytes = &bytes[..bytes.len().min(MOST_BYTES)];
    let mut fits: Vec<Fit> = Reading::ALL
        .into_iter()
        .filter_map(|reading| fit(reading, bytes))
        .collect();
    fits.sort_by(|a, b| b.score.total_cmp(&a.score));
    fits
}

/// A better reading than the declared one, by [`misread`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Misreading {
    /// The fit of the declared reading; `None` if it makes no sound.
    pub declared: Option<Fit>,
    /// The reading that fits best.
    pub better: Fit,
    /// By how much its score is higher: 4 and more.
    pub margin: f64,
}

/// Whether the bytes are better read in another way than `declared`: a wrong byte order or law, PCM taken for
/// G.711 and the reverse, or a stray byte before 16-bit samples.
///
/// `None` when the declared reading fits best or nearly so, or when there are under 2 000 bytes. (Words of one
/// byte order shifted by a byte are nearly words of the other: that mistake may pass.) Pure noise,
/// silence and full-band music give no evidence either way.
///
/// ```
/// use audio_converter_measure::{Reading, misread, signal};
///
/// let voice = signal::voice(8_000.0, 120.0, 16_000, 1);
/// let bytes: Vec<u8> = voice.iter().flat_map(|x| ((x * 32_767.0) as i16).to_le_bytes()).collect();
/// assert_eq!(misread(&bytes, Reading::Pcm16), None);
/// assert_eq!(misread(&bytes, Reading::MuLaw).unwrap().better.reading, Reading::Pcm16);
/// ```
#[must_use]
pub fn misread(bytes: &[u8], declared: Reading) -> Option<Misreading> {
    if bytes.len() < 2_000 {
        return None;
    }
    let fits = readings(bytes);
    let better = *fits.first()?;
    let declared_fit = fits.iter().copied().find(|fit| fit.reading == declared);
    let margin = better.score - declared_fit.map_or(0.0, |fit| fit.score);
    let is_sound = better.prediction_db > SPEECH_PREDICTION;
    (better.reading != declared && margin >= MARGIN && is_sound).then_some(Misreading {
        declared: declared_fit,
        better,
        margin,
    })
}

/// Which G.711 law a PCM signal was expanded from, if every sample is one of its output values and more than 16 different
/// ones occur; µ-law before A-law when both fit.
///
/// ```
/// use audio_converter_measure::{Reading, g711_origin};
///
/// let bytes: Vec<u8> = (0..=255).collect();
/// assert_eq!(g711_origin(&Reading::ALaw.samples(&bytes)), Some(Reading::ALaw));
/// assert_eq!(g711_origin(&[0.1; 100]), None);
/// ```
#[must_use]
pub fn g711_origin(signal: &[f32]) -> Option<Reading> {
    [Reading::MuLaw, Reading::ALaw].into_iter().find(|&law| {
        g711_bytes(signal, law).is_some_and(|bytes| {
            let mut seen = [false; 256];
            bytes
                .iter()
                .for_each(|&byte| seen[usize::from(byte)] = true);
            seen.iter().filter(|&&seen| seen).count() > 16
        })
    })
}

/// The bytes whose expansion by `law` is exactly this signal; `None` if there are none, or for another reading.
///
/// With [`misread`] it finds a law that was wrong before the recording was stored as PCM.
///
/// ```
/// use audio_converter_measure::{Reading, g711_bytes};
///
/// assert_eq!(g711_bytes(&[0.0], Reading::MuLaw), Some(vec![0xFF]));
/// assert_eq!(g711_bytes(&[0.1], Reading::MuLaw), None);
/// ```
#[must_use]
pub fn g711_bytes(signal: &[f32], law: Reading) -> Option<Vec<u8>> {
    let expand = match law {
        Reading::MuLaw => mulaw,
        Reading::ALaw => alaw,
        Reading::Pcm16
        | Reading::Pcm16Be
        | Reading::Pcm16Shifted
        | Reading::Pcm16BeShifted
        | Reading::F32 => return None,
    };
    let mut table: Vec<(i16, u8)> = (0..=255).rev().map(|byte| (expand(byte), byte)).collect();
    table.sort_by_key(|&(sample, _)| sample);
    let byte = |&sample: &f32| {
        let value = sample * 32_768.0;
        let place = table.partition_point(|&(sample, _)| f32::from(sample) < value);
        table
            .get(place)
            .filter(|(sample, _)| f32::from(*sample) == value)
            .map(|&(_, byte)| byte)
    };
    signal.iter().map(byte).collect()
}

/// Evidence that speech plays at the wrong speed, by [`wrong_rate`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct WrongRate {
    /// The sample rate in Hz at which it would sound like speech. Its direction is surer than its factor: high
    /// voices at twice and low ones at three times their rate look alike.
    pub likely_rate: f64,
    /// The median pitch at the labelled rate, in Hz. Adults speak at 80 to 260 Hz.
    pub pitch: f64,
    /// The frequency below which half of the energy lies, at the labelled rate. Speech: 300 to 800 Hz.
    pub centre: f64,
    /// How much likelier the other rate is, as a natural logarithm of the odds: 3 and more.
    pub evidence: f64,
}

/// Whether speech is labelled with a wrong sample rate, such as 8 kHz speech played at 24 kHz: rate in Hz.
///
/// Compares the median pitch and the spectrum's centre with those of adult speech at the labelled rate and at
/// its 1/6, 1/3, 1/2, 2/3, 3/2, 2, 3 and 6 fold. `None` when the label is likely, the odds are not clear, or there
/// is under a second of voiced sound. It cannot know music, tones or very high and low voices from
/// speech at a wrong speed: take it for a hint.
///
/// ```
/// use audio_converter_measure::{signal, wrong_rate};
///
/// let voice = signal::voice(8_000.0, 120.0, 80_000, 1);
/// assert_eq!(wrong_rate(&voice, 8_000.0), None);
/// assert_eq!(wrong_rate(&voice, 24_000.0).unwrap().likely_rate, 8_000.0);
/// ```
#[must_use]
pub fn wrong_rate(signal: &[f32], rate: f64) -> Option<WrongRate> {
    let rate = usable(rate)?;
    let pitch = median_pitch(signal, rate)?;
    let centre = spectrum(signal, rate)?.quantile(0.5)?;
    let likelihood = |speed: f64| {
        let normal =
            |value: f64, (mean, spread): (f64, f64)| -0.5 * ((value / mean).ln() / spread).powi(2);
        normal(pitch * speed, PITCH) + normal(centre * speed, CENTRE)
    };
    let best = SPEEDS
        .into_iter()
        .max_by(|&a, &b| likelihood(a).total_cmp(&likelihood(b)))?;
    let evidence = likelihood(best) - likelihood(1.0);
    (evidence >= EVIDENCE).then_some(WrongRate {
        likely_rate: rate * best,
        pitch,
        centre,
        evidence,
    })
}

/// The median pitch of the voiced frames in Hz, 40 to 900 Hz; `None` under 25 such frames.
///
/// By autocorrelation of frames of 50 ms (every 25 ms): voiced where its first high peak is above 0.6.
///
/// ```
/// use audio_converter_measure::{median_pitch, signal};
///
/// let pitch = median_pitch(&signal::voice(8_000.0, 120.0, 80_000, 1), 8_000.0).unwrap();
/// assert!((pitch - 120.0).abs() < 15.0);
/// ```
#[must_use]
pub fn median_pitch(signal: &[f32], rate: f64) -> Option<f64> {
    let rate = usable(rate)?;
    let frame = samples_in(rate, 0.05);
    let (shortest, longest) = ((rate / 900.0).floor() as usize, (rate / 40.0) as usize);
    if shortest < 2 {
        return None;
    }
    let energies = signal.chunks_exact(frame.div_ceil(2)).map(energy);
    let loudest = energies.fold(0.0, f64::max);
    let mut transform = crate::fft::Forward::new((2 * frame).next_power_of_two());
    let mut pitches = Vec::new();
    for start in (0..signal.len().saturating_sub(frame)).step_by(frame.div_ceil(2)) {
        if pitches.len() >= MOST_PITCHES {
            break;
        }
        let part = &signal[start..start + frame];
        if energy(part) < loudest * 0.01 {
            continue;
        }
        let bins = transform.run(part.iter().map(|&x| crate::decibel::finite(x)));
        let power = bins.iter().map(|bin| bin.norm_sqr().into()).collect();
        let correlation = crate::fft::inverse(power, (2 * frame).next_power_of_two());
        // Long lags have fewer products: made up for, so that the true period is not worse than its half.
        let height =
            |lag: usize| correlation[lag] / correlation[0] * frame as f64 / (frame - lag) as f64;
        let most = longest.min(frame * 3 / 5);
        if shortest + 1 >= most || correlation[0] <= 0.0 {
            continue;
        }
        let is_peak =
            |lag: &usize| height(*lag) >= height(lag - 1) && height(*lag) >= height(lag + 1);
        let top = (shortest..most)
            .filter(is_peak)
            .map(height)
            .fold(0.0, f64::max);
        // The first peak that is nearly the greatest: later ones are its multiples.
        if top > 0.6
            && let Some(lag) = (shortest..most)
                .filter(is_peak)
                .find(|&lag| height(lag) > 0.85 * top)
        {
            pitches.push(rate / lag as f64);
        }
    }
    pitches.sort_by(f64::total_cmp);
    (pitches.len() >= 25).then(|| pitches[pitches.len() / 2])
}

fn energy(part: &[f32]) -> f64 {
    part.iter()
        .map(|&x| crate::decibel::finite(x).powi(2))
        .sum()
}

fn fit(reading: Reading, bytes: &[u8]) -> Option<Fit> {
    let samples: Vec<f64> = reading.samples(bytes).into_iter().map(f64::from).collect();
    if reading == Reading::F32 {
        // Other bytes taken for floats have wild exponents.
        let plain = |x: &&f64| x.abs() <= 8.0 && (**x == 0.0 || x.abs() > 1e-9);
        if samples.iter().filter(plain).count() * 100 < samples.len() * 99 {
            return None;
        }
    }
    let mean = samples.iter().sum::<f64>() / samples.len().max(1) as f64;
    let power = |part: &[f64]| {
        part.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / part.len().max(1) as f64
    };
    let whole = power(&samples);
    if whole <= 0.0 || !whole.is_finite() {
        return None;
    }
    let sounding = samples
        .chunks_exact(256)
        .filter(|part| power(part) > 0.01 * whole);
    let gains: Vec<f64> = sounding.filter_map(prediction_gain).collect();
    if gains.is_empty() {
        return None;
    }
    let prediction_db = gains.iter().sum::<f64>() / gains.len() as f64;
    let rms_dbov = power_db(whole);
    let score = prediction_db + (-rms_dbov).clamp(0.0, 30.0) / 3.0;
    Some(Fit {
        reading,
        prediction_db,
        rms_dbov,
        score,
    })
}

/// The gain in dB of predicting each sample from the eight before it; `None` for a constant.
fn prediction_gain(part: &[f64]) -> Option<f64> {
    let mean = part.iter().sum::<f64>() / part.len() as f64;
    let moving: Vec<f64> = part.iter().map(|x| x - mean).collect();
    let (_, missed) = predictor::<8>(&moving);
    moving.iter().any(|&x| x != 0.0).then(|| -power_db(missed))
}

/// Expansion of one µ-law byte (ITU-T G.711 table 2) to 16 bits.
fn mulaw(byte: u8) -> i16 {
    let code = !byte;
    let magnitude = ((i16::from(code & 0x0F) * 2 + 33) << (2 + ((code >> 4) & 7))) - 132;
    if code & 0x80 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

/// Expansion of one A-law byte (ITU-T G.711 table 1) to 16 bits.
fn alaw(byte: u8) -> i16 {
    let code = byte ^ 0x55;
    let (segment, step) = ((code >> 4) & 7, i16::from(code & 0x0F));
    let magnitude = if segment == 0 {
        step * 16 + 8
    } else {
        (step * 16 + 264) << (segment - 1)
    };
    if code & 0x80 == 0 {
        -magnitude
    } else {
        magnitude
    }
}

const MOST_BYTES: usize = 2_000_000;
/// The least difference of scores that speaks against the declared reading, and the least prediction of sound.
const MARGIN: f64 = 4.0;
const SPEECH_PREDICTION: f64 = 4.0;
/// Adult speech: the median and the natural logarithm's spread of pitch (Hz), and of the spectrum's middle (Hz).
const PITCH: (f64, f64) = (150.0, 0.3);
const CENTRE: (f64, f64) = (480.0, 0.45);
/// Likely rates over labelled ones.
const SPEEDS: [f64; 8] = [1.0 / 6.0, 1.0 / 3.0, 0.5, 2.0 / 3.0, 1.5, 2.0, 3.0, 6.0];
/// The least log odds of a wrong rate.
const EVIDENCE: f64 = 3.0;
const MOST_PITCHES: usize = 4_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal;

    /// Encodes by searching the nearest expansion.
    fn encode(signal: &[f32], expand: fn(u8) -> i16) -> Vec<u8> {
        let mut table: Vec<(i16, u8)> = (0..=255).map(|byte| (expand(byte), byte)).collect();
        table.sort_unstable();
        let nearest = |x: &f32| {
            let value = x * 32_768.0;
            let above = table
                .partition_point(|&(sample, _)| f32::from(sample) < value)
                .clamp(1, 255);
            let (low, high) = (table[above - 1], table[above]);
            if value - f32::from(low.0) < f32::from(high.0) - value {
                low.1
            } else {
                high.1
            }
        };
        signal.iter().map(nearest).collect()
    }

    /// Half a sample's shift and the other byte order: the high bytes meet again, the low ones are noise.
    fn are_twins(one: Reading, other: Reading) -> bool {
        use Reading::{Pcm16, Pcm16Be, Pcm16BeShifted, Pcm16Shifted};
        [(Pcm16, Pcm16BeShifted), (Pcm16Be, Pcm16Shifted)]
            .iter()
            .any(|&twins| twins == (one, other) || twins == (other, one))
    }

    fn all_encodings(voice: &[f32]) -> Vec<(Reading, Vec<u8>)> {
        let pcm = |shape: fn(i16) -> [u8; 2]| {
            voice
                .iter()
                .flat_map(|x| shape((x * 32_767.0) as i16))
                .collect()
        };
        let le: Vec<u8> = pcm(i16::to_le_bytes);
        let be: Vec<u8> = pcm(i16::to_be_bytes);
        let shifted = |bytes: &[u8]| [&[0x5A], bytes].concat();
        vec![
            (Reading::Pcm16Shifted, shifted(&le)),
            (Reading::Pcm16BeShifted, shifted(&be)),
            (Reading::Pcm16, le),
            (Reading::Pcm16Be, be),
            (Reading::MuLaw, encode(voice, mulaw)),
            (Reading::ALaw, encode(voice, alaw)),
            (
                Reading::F32,
                voice.iter().flat_map(|x| x.to_le_bytes()).collect(),
            ),
        ]
    }

    #[test]
    fn every_reading_of_speech_is_recognised() {
        for (rate, seed) in [(8_000.0, 1), (16_000.0, 2), (24_000.0, 3)] {
            let voice = signal::voice(rate, 130.0, 20_000, seed);
            for (reading, bytes) in all_encodings(&voice) {
                let fits = readings(&bytes);
                assert_eq!(fits[0].reading, reading, "{rate} {fits:#?}");
                assert_eq!(misread(&bytes, reading), None);
                for wrong in Reading::ALL.into_iter().filter(|&wrong| wrong != reading) {
                    match misread(&bytes, wrong) {
                        Some(found) => {
                            assert_eq!(found.better.reading, reading, "{rate} {found:?}")
                        }
                        None => assert!(
                            are_twins(reading, wrong),
                            "{rate}: {reading:?} as {wrong:?}: {fits:#?}"
                        ),
                    }
                }
            }
        }
    }

    #[test]
    fn noise_and_little_give_no_evidence() {
        let noise = signal::white_noise(0.1, 20_000, 1);
        for (reading, bytes) in all_encodings(&noise) {
            if !matches!(reading, Reading::Pcm16Shifted | Reading::Pcm16BeShifted) {
                assert_eq!(misread(&bytes, reading), None, "{reading:?}");
            }
        }
        assert!(readings(&[]).is_empty());
        assert_eq!(misread(&[1, 2, 3], Reading::Pcm16), None);
        assert_eq!(misread(&[0; 5_000], Reading::Pcm16), None);
    }

    #[test]
    fn g711_expansion_is_recognised_in_pcm() {
        let voice = signal::voice(8_000.0, 130.0, 20_000, 1);
        let bytes = encode(&voice, mulaw);
        let signal = Reading::MuLaw.samples(&bytes);
        assert_eq!(g711_origin(&signal), Some(Reading::MuLaw));
        assert_eq!(
            Reading::MuLaw.samples(&g711_bytes(&signal, Reading::MuLaw).unwrap()),
            signal
        );
        assert_eq!(g711_origin(&voice), None);
        assert_eq!(g711_bytes(&[f32::NAN], Reading::ALaw), None);
        // µ-law expanded as A-law and stored: found through both steps.
        let wrong = Reading::ALaw.samples(&bytes);
        let back = g711_bytes(&wrong, Reading::ALaw).unwrap();
        assert_eq!(
            misread(&back, Reading::ALaw).unwrap().better.reading,
            Reading::MuLaw
        );
    }

    #[test]
    fn wrong_rates_show_in_pitch_and_spectrum() {
        for (pitch, seed) in [(110.0, 1), (210.0, 2)] {
            for rate in [8_000.0, 16_000.0] {
                let voice = signal::voice(rate, pitch, (rate * 10.0) as usize, seed);
                assert_eq!(wrong_rate(&voice, rate), None, "{pitch} {rate}");
                let found = wrong_rate(&voice, rate * 3.0).unwrap();
                assert!(
                    (found.likely_rate / rate - 1.0).abs() < 0.51,
                    "{pitch} {rate} {found:?}"
                );
            }
        }
        assert_eq!(wrong_rate(&[], 8_000.0), None);
        assert_eq!(
            wrong_rate(&signal::white_noise(0.1, 80_000, 1), 8_000.0),
            None
        );
        assert_eq!(wrong_rate(&[0.5; 10_000], 1.0), None);
    }
}
