//! µ-law and A-law of ITU-T G.711, by the rule of the ITU-T G.191 software tool library (STL).
//!
//! Encoding follows the STL bit for bit on all 65 536 inputs, for both laws; other libraries differ from it on
//! 127 to 1 020 inputs. Decoding is the same everywhere. Both are arithmetic, not tables: the position of the
//! highest set bit and the four bits below it, which are segment and step, are just the exponent and the
//! leading mantissa bits of the magnitude written as a float, so that a compiler turns the loop over a slice
//! into a few vector instructions.
//!
//! Sample values are on the 16-bit scale: ±32 124 for µ-law and ±32 256 for A-law.
//!
//! ```
//! use audio_converter::g711;
//!
//! assert_eq!(g711::encode_mulaw(1_000), 0xCE);
//! assert_eq!(g711::decode_mulaw(0xCE), 988);
//! assert_eq!(g711::encode_alaw(0), 0xD5);
//! // From one law to the other by the tables of G.711, which are not "decode, then encode".
//! assert_eq!(g711::mulaw_to_alaw(0x20), 0x0A);
//! ```

mod transcode;

use fearless_simd::{Level, dispatch};

use crate::level::detected;

/// The µ-law code of a 16-bit sample.
///
/// ```
/// # use audio_converter::g711::encode_mulaw;
/// assert_eq!((encode_mulaw(0), encode_mulaw(-1), encode_mulaw(i16::MAX), encode_mulaw(i16::MIN)), (0xFF, 0x7F, 0x80, 0x00));
/// ```
#[must_use]
#[inline(always)]
pub const fn encode_mulaw(sample: i16) -> u8 {
    let sign = sample >> 15;
    // STL: one's complement of negatives, 14 bits, a bias of 33, at most 13 bits.
    let biased = ((sample ^ sign) >> 2) as i32 + 33;
    let magnitude = if biased > 8_191 { 8_191 } else { biased };
    // The exponent of 33..=63 is 5, which is segment 0.
    let code = ((magnitude as f32).to_bits() >> 19) as i32 - ((127 + 5) << 4);
    !((sign as i32 & 0x80) | code) as u8
}

/// The 16-bit sample that a µ-law code stands for, −32 124 to 32 124.
///
/// ```
/// # use audio_converter::g711::decode_mulaw;
/// assert_eq!((decode_mulaw(0xFF), decode_mulaw(0x7F), decode_mulaw(0x80), decode_mulaw(0x00)), (0, 0, 32_124, -32_124));
/// ```
#[must_use]
#[inline(always)]
pub const fn decode_mulaw(code: u8) -> i16 {
    let code = !code as i32;
    let magnitude = ((((code & 15) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84;
    let sign = -(code >> 7);
    ((magnitude ^ sign) - sign) as i16
}

/// The A-law code of a 16-bit sample.
///
/// ```
/// # use audio_converter::g711::encode_alaw;
/// assert_eq!((encode_alaw(0), encode_alaw(-1), encode_alaw(i16::MAX), encode_alaw(i16::MIN)), (0xD5, 0x55, 0xAA, 0x2A));
/// ```
#[must_use]
#[inline(always)]
pub const fn encode_alaw(sample: i16) -> u8 {
    let sign = sample >> 15;
    let magnitude = ((sample ^ sign) >> 4) as i32;
    // The exponent of 16..=31 is 4, which is segment 1; below it the code is the magnitude itself.
    let segmented = ((magnitude as f32).to_bits() >> 19) as i32 - ((127 + 3) << 4);
    let code = if magnitude < 16 { magnitude } else { segmented };
    ((code | (!sign as i32 & 0x80)) ^ 0x55) as u8
}

/// The 16-bit sample that an A-law code stands for, −32 256 to 32 256; no code stands for 0.
///
/// ```
/// # use audio_converter::g711::decode_alaw;
/// assert_eq!((decode_alaw(0xD5), decode_alaw(0x55), decode_alaw(0xAA), decode_alaw(0x2A)), (8, -8, 32_256, -32_256));
/// ```
#[must_use]
#[inline(always)]
pub const fn decode_alaw(code: u8) -> i16 {
    let code = (code ^ 0x55) as i32;
    let (segment, step) = ((code >> 4) & 7, (code & 15) << 4);
    let first = if segment == 0 { 1 } else { segment };
    let bias = if segment == 0 { 8 } else { 0x108 };
    let magnitude = (step + bias) << (first - 1);
    let negative = (code >> 7) - 1;
    ((magnitude ^ negative) - negative) as i16
}

/// The A-law code for a µ-law code, by table 3 of G.711.
///
/// It differs from decoding and encoding again on 44 of the 256 codes, and is what a gateway by the book does.
#[must_use]
#[inline(always)]
pub const fn mulaw_to_alaw(code: u8) -> u8 {
    transcode::MULAW_TO_ALAW[code as usize]
}

/// The µ-law code for an A-law code, by table 4 of G.711.
///
/// It differs from decoding and encoding again on 32 of the 256 codes.
#[must_use]
#[inline(always)]
pub const fn alaw_to_mulaw(code: u8) -> u8 {
    transcode::ALAW_TO_MULAW[code as usize]
}

macro_rules! bulk {
    ($(#[$doc:meta])* $name:ident, $from:ty, $to:ty, $one:ident) => {
        $(#[$doc])*
        ///
        /// Converts as many samples as the shorter slice holds and says how many.
        pub fn $name(from: &[$from], to: &mut [$to]) -> usize {
            let level: Level = detected();
            dispatch!(level, _simd => each(from, to, $one))
        }
    };
}

bulk! {
    /// Encodes a slice of 16-bit samples to µ-law.
    ///
    /// ```
    /// let mut codes = [0; 3];
    /// audio_converter::g711::encode_mulaw_into(&[0, 1_000, -1_000], &mut codes);
    /// assert_eq!(codes, [0xFF, 0xCE, 0x4E]);
    /// ```
    encode_mulaw_into, i16, u8, encode_mulaw
}
bulk! {
    /// Decodes a slice of µ-law codes.
    decode_mulaw_into, u8, i16, decode_mulaw
}
bulk! {
    /// Encodes a slice of 16-bit samples to A-law.
    encode_alaw_into, i16, u8, encode_alaw
}
bulk! {
    /// Decodes a slice of A-law codes.
    decode_alaw_into, u8, i16, decode_alaw
}

#[inline(always)]
fn each<A: Copy, B>(from: &[A], to: &mut [B], one: impl Fn(A) -> B) -> usize {
    for (from, to) in from.iter().zip(to.iter_mut()) {
        *to = one(*from);
    }
    from.len().min(to.len())
}
