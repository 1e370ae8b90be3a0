//! Converts noise in 20 ms chunks: `chunks FROM TO COUNT`, as in `chunks pcm16/24000 mulaw/8000 1000`.
//!
//! Does nothing else, so that a profiler sees the conversion alone.

use std::error::Error;
use std::hint::black_box;

use audio_converter::{Converter, Format};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let word = |i: usize, default: &str| {
        arguments
            .get(i)
            .cloned()
            .unwrap_or_else(|| default.to_owned())
    };
    let from: Format = word(0, "pcm16/24000").parse()?;
    let to: Format = word(1, "mulaw/8000").parse()?;
    let count: usize = word(2, "1000").parse()?;

    let mut converter = Converter::new(from, to)?;
    let bytes = from.rate() as usize / 50 * from.bytes_per_sample();
    let noise: Vec<u8> = (0..bytes as u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let mut output = vec![0; converter.max_output(bytes)];
    for _ in 0..count {
        let progress = converter.process_into(black_box(&noise), black_box(&mut output));
        assert!(progress.is_done, "there was room");
    }
    Ok(())
}
