//! Bytes to samples and back, a slice at a time.

use crate::Encoding;
use crate::g711;

/// Steps of the grid on which floats are resampled: 2^24 to full scale.
const GRID: f64 = 16_777_216.0;

/// What samples are while they are computed with.
pub(crate) trait Sample: Copy + Default {
    /// Bytes to samples; both slices hold the same number.
    fn decode(encoding: Encoding, bytes: &[u8], samples: &mut [Self]);

    /// Samples to bytes; both slices hold the same number.
    fn encode(encoding: Encoding, samples: &[Self], bytes: &mut [u8]);
}

/// 16-bit samples. Floats are rounded to nearest and clipped.
impl Sample for i16 {
    #[inline(always)]
    fn decode(encoding: Encoding, bytes: &[u8], samples: &mut [Self]) {
        match encoding {
            Encoding::Pcm16 => each(bytes, samples, Self::from_le_bytes),
            Encoding::Pcm16Be => each(bytes, samples, Self::from_be_bytes),
            Encoding::MuLaw => each(bytes, samples, |[code]| g711::decode_mulaw(code)),
            Encoding::ALaw => each(bytes, samples, |[code]| g711::decode_alaw(code)),
            Encoding::F32 => each(bytes, samples, |bytes| {
                to_pcm16(f64::from(f32::from_le_bytes(bytes)))
            }),
        }
    }

    #[inline(always)]
    fn encode(encoding: Encoding, samples: &[Self], bytes: &mut [u8]) {
        match encoding {
            Encoding::Pcm16 => each_back(samples, bytes, Self::to_le_bytes),
            Encoding::Pcm16Be => each_back(samples, bytes, Self::to_be_bytes),
            Encoding::MuLaw => each_back(samples, bytes, |sample| [g711::encode_mulaw(sample)]),
            Encoding::ALaw => each_back(samples, bytes, |sample| [g711::encode_alaw(sample)]),
            Encoding::F32 => each_back(samples, bytes, |sample| {
                (f32::from(sample) / 32_768.0).to_le_bytes()
            }),
        }
    }
}

/// Wide samples: inputs are whole steps of 2^−24, limited to ±8, and NaN is silence; outputs have full scale ±1.0, and
/// are rounded to nearest and clipped to what the encoding can hold.
impl Sample for f64 {
    #[inline(always)]
    fn decode(encoding: Encoding, bytes: &[u8], samples: &mut [Self]) {
        let widen = |sample: i16| Self::from(sample) * (GRID / 32_768.0);
        match encoding {
            Encoding::Pcm16 => each(bytes, samples, |bytes| widen(i16::from_le_bytes(bytes))),
            Encoding::Pcm16Be => each(bytes, samples, |bytes| widen(i16::from_be_bytes(bytes))),
            Encoding::MuLaw => each(bytes, samples, |[code]| widen(g711::decode_mulaw(code))),
            Encoding::ALaw => each(bytes, samples, |[code]| widen(g711::decode_alaw(code))),
            Encoding::F32 => each(bytes, samples, |bytes| to_grid(f32::from_le_bytes(bytes))),
        }
    }

    #[inline(always)]
    fn encode(encoding: Encoding, samples: &[Self], bytes: &mut [u8]) {
        match encoding {
            Encoding::Pcm16 => each_back(samples, bytes, |sample| to_pcm16(sample).to_le_bytes()),
            Encoding::Pcm16Be => each_back(samples, bytes, |sample| to_pcm16(sample).to_be_bytes()),
            Encoding::MuLaw => each_back(samples, bytes, |sample| {
                [g711::encode_mulaw(to_pcm16(sample))]
            }),
            Encoding::ALaw => each_back(samples, bytes, |sample| {
                [g711::encode_alaw(to_pcm16(sample))]
            }),
            Encoding::F32 => each_back(samples, bytes, |sample| (sample as f32).to_le_bytes()),
        }
    }
}

/// To the nearest 16-bit value, ties upwards, clipped; NaN is 0.
#[inline(always)]
fn to_pcm16(sample: f64) -> i16 {
    floor(sample.clamp(-2.0, 2.0) * 32_768.0 + 0.5).clamp(i32::from(i16::MIN), i32::from(i16::MAX))
        as i16
}

#[inline(always)]
fn to_grid(sample: f32) -> f64 {
    f64::from(floor(f64::from(sample).clamp(-8.0, 8.0) * GRID + 0.5))
}

/// The greatest integer not above `x`, which lies inside the range of `i32`; of NaN, 0.
#[inline(always)]
fn floor(x: f64) -> i32 {
    let truncated = x as i32;
    truncated - i32::from(f64::from(truncated) > x)
}

#[inline(always)]
fn each<const N: usize, T>(bytes: &[u8], samples: &mut [T], decode: impl Fn([u8; N]) -> T) {
    let (chunks, _) = bytes.as_chunks::<N>();
    for (chunk, sample) in chunks.iter().zip(samples) {
        *sample = decode(*chunk);
    }
}

#[inline(always)]
fn each_back<const N: usize, T: Copy>(
    samples: &[T],
    bytes: &mut [u8],
    encode: impl Fn(T) -> [u8; N],
) {
    let (chunks, _) = bytes.as_chunks_mut::<N>();
    for (sample, chunk) in samples.iter().zip(chunks) {
        *chunk = encode(*sample);
    }
}
