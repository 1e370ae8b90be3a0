//! The fuzz targets on random bytes, for compilers without the fuzzer.

#[path = "../../../fuzz/targets.rs"]
mod targets;

use proptest::collection::vec;
use proptest::prelude::*;

/// The start of a plain WAV file, so that random bytes get past the first check.
const WAV: &[u8] = b"\0RIFF\x24\x10\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0\x40\x1f\0\0\0\x7d\0\0\x04\0\x10\0data\0\x10\0\0";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn converter(bytes in vec(any::<u8>(), 0..6_000)) {
        targets::converter(&bytes);
    }

    #[test]
    fn source(bytes in vec(any::<u8>(), 0..3_000)) {
        targets::source(&bytes);
    }

    #[test]
    fn damaged_wav(mut tail in vec(any::<u8>(), 0..600), at in 0..WAV.len(), flip in any::<u8>()) {
        let mut bytes = WAV.to_vec();
        bytes[at] ^= flip;
        bytes.append(&mut tail);
        targets::source(&bytes);
    }

    #[test]
    fn wav(bytes in vec(any::<u8>(), 0..200), at in 1..WAV.len()) {
        targets::wav(&bytes);
        targets::wav(&[&WAV[1..at], &bytes].concat());
    }

    #[test]
    fn format(text in "(\\PC{0,9}|pcm16|mulaw|ALAW|f32)/[+0-9]{0,7}\\PC?") {
        targets::format(text.as_bytes());
    }
}
