//! Equal rates: each sample by itself, no filter and no delay.

use fearless_simd::dispatch;

use crate::Encoding;
use crate::codec::Sample;
use crate::g711;
use crate::level::Level;
use crate::resampler::Inputs;

/// Samples that are decoded before they are encoded.
const BLOCK: usize = 256;

/// Converts whole samples; `output` has room for exactly as many.
pub(crate) fn recode(level: Level, inputs: Inputs<'_>, to: Encoding, output: &mut [u8]) {
    let Inputs::Bytes {
        encoding,
        first,
        rest,
    } = inputs
    else {
        return;
    };
    let (head, tail) = output.split_at_mut(first.map_or(0, |_| to.bytes_per_sample()));
    for (input, output) in [(first.unwrap_or_default(), head), (rest, tail)] {
        dispatch!(level, _simd => match (encoding, to) {
            _ if encoding == to => output.copy_from_slice(input),
            (Encoding::MuLaw, Encoding::ALaw) => codes(input, output, g711::mulaw_to_alaw),
            (Encoding::ALaw, Encoding::MuLaw) => codes(input, output, g711::alaw_to_mulaw),
            (_, _) => by_block(encoding, input, to, output),
        });
    }
}

#[inline(always)]
fn by_block(from: Encoding, input: &[u8], to: Encoding, output: &mut [u8]) {
    let mut block = [0_i16; BLOCK];
    let inputs = input.chunks(BLOCK * from.bytes_per_sample());
    let outputs = output.chunks_mut(BLOCK * to.bytes_per_sample());
    for (input, output) in inputs.zip(outputs) {
        let samples = &mut block[..input.len() / from.bytes_per_sample()];
        i16::decode(from, input, samples);
        i16::encode(to, samples, output);
    }
}

#[inline(always)]
fn codes(input: &[u8], output: &mut [u8], convert: fn(u8) -> u8) {
    for (from, to) in input.iter().zip(output) {
        *to = convert(*from);
    }
}
