//! Whole streams of bytes from one format to another.

use crate::filter::{Filter, Quality};
use crate::format::{Encoding, Format};
use crate::{g711, resample};

/// Floats are limited to this before they are filtered, 18 dB above full scale.
const FLOAT_LIMIT: f64 = 8.0;

/// 2^24: floats are filtered as whole multiples of its inverse.
const FLOAT_SCALE: f64 = 16_777_216.0;

/// 2^15: the 16-bit sample of the float 1.0, if there were one.
const FULL_SCALE: f64 = 32_768.0;

/// The whole stream `bytes` of format `from` in format `to`. A part of a sample at its end is dropped.
///
/// - Equal formats: the same bytes.
/// - Equal rates: each sample for itself; µ-law and A-law change into each other by the tables of G.711.
/// - Otherwise samples become whole numbers, are filtered exactly, and are rounded once.
#[must_use]
pub fn convert(from: Format, to: Format, quality: Quality, bytes: &[u8]) -> Vec<u8> {
    let samples = bytes.chunks_exact(from.encoding.bytes_per_sample());
    match (from.encoding, to.encoding) {
        _ if from.rate != to.rate => resampled(from, to, quality, samples),
        (a, b) if a == b => samples.flatten().copied().collect(),
        (Encoding::MuLaw, Encoding::ALaw) => samples.map(|s| g711::mulaw_to_alaw(s[0])).collect(),
        (Encoding::ALaw, Encoding::MuLaw) => samples.map(|s| g711::alaw_to_mulaw(s[0])).collect(),
        (Encoding::F32, encoding) => samples
            .flat_map(|s| encode(encoding, to_16_bits(float(s))))
            .collect(),
        (encoding, Encoding::F32) => samples
            .flat_map(|s| (f32::from(decode(encoding, s)) / FULL_SCALE as f32).to_le_bytes())
            .collect(),
        (a, b) => samples.flat_map(|s| encode(b, decode(a, s))).collect(),
    }
}

/// The same at unequal rates.
fn resampled<'a>(
    from: Format,
    to: Format,
    quality: Quality,
    samples: impl Iterator<Item = &'a [u8]>,
) -> Vec<u8> {
    let filter = Filter::new(from.rate, to.rate, quality);
    // The whole numbers that are filtered, and what they are at full scale.
    let (whole, full): (Vec<f64>, f64) = match from.encoding {
        Encoding::F32 => (
            samples.map(|s| whole_float(float(s))).collect(),
            FLOAT_SCALE,
        ),
        encoding => (
            samples.map(|s| f64::from(decode(encoding, s))).collect(),
            FULL_SCALE,
        ),
    };
    // Scaling by a power of two is exact, so each value below is the exact one.
    let unit = full * 2.0_f64.powi(filter.bits as i32);
    let values = resample(&whole, &filter).into_iter().map(|sum| sum / unit);
    match to.encoding {
        Encoding::F32 => values
            .flat_map(|value| (value as f32).to_le_bytes())
            .collect(),
        encoding => values
            .flat_map(|value| encode(encoding, to_16_bits(value)))
            .collect(),
    }
}

/// A sample of full scale 1 in 16 bits: to nearest, halves upwards, limited; NaN is silence.
fn to_16_bits(value: f64) -> i16 {
    let rounded = (value * FULL_SCALE + 0.5).floor();
    if rounded.is_nan() {
        0
    } else {
        rounded.clamp(-32_768.0, 32_767.0) as i16
    }
}

/// A float as the whole number that is filtered.
fn whole_float(value: f64) -> f64 {
    if value.is_nan() {
        0.0
    } else {
        (value.clamp(-FLOAT_LIMIT, FLOAT_LIMIT) * FLOAT_SCALE + 0.5).floor()
    }
}

fn float(sample: &[u8]) -> f64 {
    f32::from_le_bytes(sample.try_into().expect("four bytes")).into()
}

/// A sample of any encoding but f32.
fn decode(encoding: Encoding, sample: &[u8]) -> i16 {
    match encoding {
        Encoding::Pcm16 => i16::from_le_bytes([sample[0], sample[1]]),
        Encoding::Pcm16Be => i16::from_be_bytes([sample[0], sample[1]]),
        Encoding::MuLaw => g711::decode_mulaw(sample[0]),
        Encoding::ALaw => g711::decode_alaw(sample[0]),
        Encoding::F32 => unreachable!("floats are not 16 bits wide"),
    }
}

/// A sample in any encoding but f32.
fn encode(encoding: Encoding, sample: i16) -> Vec<u8> {
    match encoding {
        Encoding::Pcm16 => sample.to_le_bytes().into(),
        Encoding::Pcm16Be => sample.to_be_bytes().into(),
        Encoding::MuLaw => vec![g711::encode_mulaw(sample)],
        Encoding::ALaw => vec![g711::encode_alaw(sample)],
        Encoding::F32 => unreachable!("floats are not 16 bits wide"),
    }
}
