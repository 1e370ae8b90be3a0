//! G.711 µ-law as one plain table each way, for libraries that have none.

use crate::{Encoding, Format};

/// Both tables.
pub struct Tables {
    encode: Vec<u8>,
    decode: [i16; 256],
}

impl Tables {
    /// Calculates both.
    #[must_use]
    pub fn new() -> Self {
        Self {
            encode: (0..=u16::MAX)
                .map(|bits| code(bits.cast_signed()))
                .collect(),
            decode: std::array::from_fn(|code| value(code as u8)),
        }
    }

    /// Bytes to samples, replacing what `samples` held.
    pub fn decode(&self, format: Format, bytes: &[u8], samples: &mut Vec<i16>) {
        samples.clear();
        match format.encoding {
            Encoding::MuLaw => {
                samples.extend(bytes.iter().map(|&code| self.decode[usize::from(code)]))
            }
            Encoding::Pcm16 => samples.extend(
                bytes
                    .as_chunks()
                    .0
                    .iter()
                    .map(|&pair| i16::from_le_bytes(pair)),
            ),
        }
    }

    /// Samples to bytes, appended.
    pub fn encode(&self, format: Format, samples: &[i16], bytes: &mut Vec<u8>) {
        match format.encoding {
            Encoding::MuLaw => {
                bytes.extend(
                    samples
                        .iter()
                        .map(|sample| self.encode[usize::from(sample.cast_unsigned())]),
                );
            }
            Encoding::Pcm16 => bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes())),
        }
    }
}

impl Default for Tables {
    fn default() -> Self {
        Self::new()
    }
}

/// Eight chords of sixteen steps; the magnitude is biased by 33 steps of the 14-bit scale.
fn code(sample: i16) -> u8 {
    let (magnitude, sign) = if sample < 0 {
        (!sample, 0x80)
    } else {
        (sample, 0)
    };
    let biased = (magnitude.cast_unsigned() / 4 + 33).min(0x1fff);
    let chord = 10 - biased.leading_zeros();
    let step = (biased >> (chord + 1)) & 15;
    !(sign | (chord as u8) << 4 | step as u8)
}

fn value(code: u8) -> i16 {
    let inverted = !code;
    let (chord, step) = (inverted >> 4 & 7, i16::from(inverted & 15));
    let magnitude = (((2 * step + 33) << chord) - 33) * 4;
    if inverted & 0x80 == 0 {
        magnitude
    } else {
        -magnitude
    }
}
