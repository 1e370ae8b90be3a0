//! What is converted into what.

use std::fmt;

use super::program::Chunk;

/// A format of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) is_mulaw: bool,
    pub(super) rate: u32,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{}",
            if self.is_mulaw { "mulaw" } else { "pcm16" },
            self.rate
        )
    }
}

/// A conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) from: Format,
    pub(super) to: Format,
}

impl Job {
    const fn new(from: Format, to: Format) -> Self {
        Self { from, to }
    }

    /// From 16-bit samples to 16-bit samples: what the quality is measured on.
    pub(super) const fn linear(from: u32, to: u32) -> Self {
        Self::new(pcm16(from), pcm16(to))
    }

    /// 20 ms.
    pub(super) const fn chunk(self) -> Chunk {
        Chunk::Samples(self.chunk_samples())
    }

    /// The input samples of 20 ms.
    pub(super) const fn chunk_samples(self) -> usize {
        self.from.rate as usize / 50
    }

    /// The least chunk that stands for a whole number of output samples.
    pub(super) fn smallest_chunk(self) -> usize {
        (self.from.rate / greatest_common_divisor(self.from.rate, self.to.rate)) as usize
    }
}

const fn pcm16(rate: u32) -> Format {
    Format {
        is_mulaw: false,
        rate,
    }
}

const fn mulaw(rate: u32) -> Format {
    Format {
        is_mulaw: true,
        rate,
    }
}

/// The model's voice to the telephone.
pub(super) const TO_PHONE: Job = Job::new(pcm16(24_000), mulaw(8_000));

/// The three conversions of a bridge, whose speed is measured.
pub(super) const SPEED: [Job; 3] = [
    TO_PHONE,
    Job::new(mulaw(8_000), pcm16(24_000)),
    Job::new(mulaw(8_000), pcm16(16_000)),
];

/// The pairs of rates whose quality is measured; the first two are the table's.
pub(super) const QUALITY: [Job; 6] = [
    Job::linear(24_000, 8_000),
    Job::linear(8_000, 24_000),
    Job::linear(8_000, 16_000),
    Job::linear(24_000, 16_000),
    Job::linear(48_000, 8_000),
    Job::linear(44_100, 8_000),
];

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

/// 16-bit samples as bytes, little endian.
pub(super) fn to_bytes(samples: &[i16]) -> Vec<u8> {
    samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect()
}

/// Bytes, little endian, as 16-bit samples.
pub(super) fn from_bytes(bytes: &[u8]) -> Vec<i16> {
    bytes
        .as_chunks()
        .0
        .iter()
        .map(|&pair| i16::from_le_bytes(pair))
        .collect()
}

/// Samples between −1 and 1, rounded to 16 bits.
pub(super) fn quantize(signal: &[f32]) -> Vec<u8> {
    let rounded = |&value: &f32| (value * 32_768.0).round_ties_even() as i16; // `as` saturates
    to_bytes(&signal.iter().map(rounded).collect::<Vec<_>>())
}

/// 16-bit samples between −1 and 1.
pub(super) fn to_signal(bytes: &[u8]) -> Vec<f32> {
    from_bytes(bytes)
        .into_iter()
        .map(|sample| f32::from(sample) / 32_768.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Job, TO_PHONE, quantize, to_signal};

    #[test]
    fn jobs_know_their_chunks() {
        assert_eq!(TO_PHONE.to.to_string(), "mulaw/8000");
        assert_eq!(
            (TO_PHONE.chunk_samples(), TO_PHONE.smallest_chunk()),
            (480, 3)
        );
        assert_eq!(Job::linear(44_100, 8_000).smallest_chunk(), 441);
    }

    #[test]
    fn samples_are_rounded_and_saturate() {
        assert_eq!(
            to_signal(&quantize(&[0.5, -2.0, 2.0])),
            [0.5, -1.0, 32_767.0 / 32_768.0]
        );
    }
}
