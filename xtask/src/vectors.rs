//! `cargo xtask vectors`: what every language's tests compare with, written by the plain twin.
//!
//! The file says itself how its inputs are made and what a case means; `testdata/README.md` says it to people.

use std::fmt::Write as _;
use std::path::Path;

use audio_converter_reference::{Encoding, Format, Quality, convert};
use sha2::{Digest as _, Sha256};

/// Where the vectors are, from the root of the workspace.
const PATH: &str = "testdata/vectors.json";

/// Rates that people meet, all pairs of which are covered.
const RATES: [u32; 9] = [
    8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000,
];

/// Conversions of the common ratios, each R of 2, 3, 4 and 6 and each direction among them.
const COMMON: [(u32, u32); 11] = [
    (24_000, 8_000),
    (8_000, 24_000),
    (8_000, 16_000),
    (16_000, 8_000),
    (48_000, 8_000),
    (8_000, 48_000),
    (24_000, 16_000),
    (16_000, 24_000),
    (8_000, 32_000),
    (32_000, 24_000),
    (24_000, 32_000),
];

/// Lengths in samples at which something may go wrong: none, shorter than a filter, the widths of vectors and their
/// unrolled loops ± 1, 10 ms and 20 ms at 8 kHz ± 1, 20 ms at 24 kHz (and three chunks of 8 kHz) ± 1.
const LENGTHS: [usize; 25] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 79, 80, 81, 159, 160, 161, 479, 480, 481,
];

/// Three chunks of 20 ms at 24 kHz ± 1.
const THREE_CHUNKS: [usize; 3] = [1_439, 1_440, 1_441];

/// The bit patterns of floats that need care: not a number in three forms, the infinities, -0, the smallest, the limit of ±8 and
/// its neighbours, far beyond it, full scale and its neighbour.
const SPECIAL: [u32; 16] = [
    0x7FC0_0000,
    0x7F80_0000,
    0xFF80_0000,
    0x8000_0000,
    0x0000_0001,
    0x4100_0000,
    0x40FF_FFFF,
    0xC100_0000,
    0x4120_0000,
    0x7149_F2CA,
    0x42FE_0000,
    0xC301_0000,
    0x3F7F_FFFF,
    0xFFC0_0001,
    0x3F80_0000,
    0x7F80_0001,
];

/// Bytes of an output that a case shows, for people who look for a difference.
const SHOWN: usize = 12;

const ABOUT: &str = r#"  "format": "audio-converter-vectors/1",
  "generated_by": "cargo xtask vectors, from the f64 twin in crates/reference; do not edit",
  "about": [
    "Each case: the input converted as one stream (then finished) from `from` to `to` at `quality` gives `bytes` bytes",
    "whose SHA-256 is `sha256` and whose first 12 (or all, if fewer) are `start`. Cut the input anywhere: the bytes stay the same.",
    "The input has `samples` samples, made by the rule `input` from `seed`, followed by `tail` bytes 0x55, a part of a sample."
  ],
  "inputs": {
    "all": "x = seed; for each sample n = 0, 1, 2, ...: x = (1664525 * x + 1013904223) mod 2^32, then one of the rules; / is whole division",
    "noise": "pcm16, pcm16be: ((x >> 16) - 32768) >> (n / 37 mod 8), the sign kept; mulaw, alaw: the byte x >> 24; f32: ((x >> 8) - 8388608) / 2^(22 + n / 37 mod 8), exact",
    "square": "high when n / 11 is even, otherwise low",
    "impulse": "high when n = samples / 2, otherwise zero",
    "special": "f32 only: the bits special[n / 3 mod 16] when n mod 3 = 0, otherwise noise"
  },
  "high": {"pcm16": 32767, "pcm16be": 32767, "mulaw": 128, "alaw": 170, "f32": 1.0},
  "low": {"pcm16": -32768, "pcm16be": -32768, "mulaw": 0, "alaw": 42, "f32": -1.0},
  "zero": {"pcm16": 0, "pcm16be": 0, "mulaw": 255, "alaw": 213, "f32": 0.0},
"#;

/// Writes the vectors, or with `check` compares the file with what would be written.
pub(crate) fn run(check: bool) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PATH);
    let fresh = json();
    if !check {
        return std::fs::write(&path, fresh).map_err(|error| format!("{PATH}: {error}"));
    }
    let old = std::fs::read_to_string(&path).map_err(|error| format!("{PATH}: {error}"))?;
    if old == fresh {
        Ok(())
    } else {
        Err(format!("{PATH} is stale: run `cargo xtask vectors`"))
    }
}

#[derive(Clone, Copy, Debug)]
enum Input {
    Noise,
    Square,
    Impulse,
    Special,
}

struct Case {
    from: Format,
    to: Format,
    quality: Quality,
    input: Input,
    samples: usize,
}

/// A selection that covers: every length at the common ratios, every pair of rates, every pair of encodings, every
/// quality, loud and strange input.
fn cases() -> Vec<Case> {
    use Encoding::{ALaw, F32, MuLaw, Pcm16, Pcm16Be};
    let mut cases = Vec::new();
    let mut add = |(from, from_rate), (to, to_rate), quality, input, samples| {
        let (from, to) = (
            Format {
                encoding: from,
                rate: from_rate,
            },
            Format {
                encoding: to,
                rate: to_rate,
            },
        );
        cases.push(Case {
            from,
            to,
            quality,
            input,
            samples,
        });
    };
    let pairs: Vec<(Encoding, Encoding)> = Encoding::ALL
        .into_iter()
        .flat_map(|from| Encoding::ALL.map(|to| (from, to)))
        .collect();

    // Every encoding pair at equal rates, where no filter runs.
    for &(from, to) in &pairs {
        add(
            (from, 8_000),
            (to, 8_000),
            Quality::Voice,
            Input::Noise,
            321,
        );
    }
    for to in Encoding::ALL {
        add(
            (F32, 16_000),
            (to, 16_000),
            Quality::Voice,
            Input::Special,
            96,
        );
    }
    for quality in Quality::ALL {
        // Every length at the common ratios, from and to 16 bits; the three chunks at the two main ratios only.
        for (from, to) in COMMON {
            let chunks = if from.max(to) == 24_000 && from.min(to) == 8_000 {
                &THREE_CHUNKS[..]
            } else {
                &[]
            };
            for &samples in LENGTHS.iter().chain(chunks) {
                add((Pcm16, from), (Pcm16, to), quality, Input::Noise, samples);
            }
        }
        // Every encoding pair at a common ratio upwards, one downwards, and one that is not common.
        for (from_rate, to_rate) in [(24_000, 8_000), (8_000, 16_000), (44_100, 16_000)] {
            for &(from, to) in &pairs {
                add((from, from_rate), (to, to_rate), quality, Input::Noise, 201);
            }
        }
        // Every pair of rates: as noise, the encodings in turn, and as an impulse in floats, which shows the taps.
        let mut turn = pairs.iter().cycle();
        for from_rate in RATES {
            for to_rate in RATES.into_iter().filter(|&to_rate| to_rate != from_rate) {
                let &(from, to) = turn.next().expect("a cycle never ends");
                add((from, from_rate), (to, to_rate), quality, Input::Noise, 161);
                add(
                    (F32, from_rate),
                    (F32, to_rate),
                    quality,
                    Input::Impulse,
                    (from_rate / 50) as usize,
                );
            }
        }
        // Full scale, where sums are greatest and results clip.
        for (from_rate, to_rate) in
            COMMON
                .into_iter()
                .chain([(44_100, 8_000), (11_025, 8_000), (16_000, 22_050)])
        {
            for (from, to) in [
                (Pcm16, Pcm16Be),
                (Pcm16, MuLaw),
                (MuLaw, Pcm16),
                (ALaw, ALaw),
                (F32, Pcm16),
                (Pcm16Be, F32),
            ] {
                add(
                    (from, from_rate),
                    (to, to_rate),
                    quality,
                    Input::Square,
                    161,
                );
            }
        }
        for (from_rate, to_rate) in [(24_000, 8_000), (8_000, 16_000), (44_100, 8_000)] {
            for to in Encoding::ALL {
                add(
                    (F32, from_rate),
                    (to, to_rate),
                    quality,
                    Input::Special,
                    192,
                );
            }
        }
    }
    cases
}

fn json() -> String {
    let mut text = String::from("{\n");
    text += ABOUT;
    let special: Vec<String> = SPECIAL
        .iter()
        .map(|bits| format!("\"{bits:08x}\""))
        .collect();
    writeln!(
        text,
        "  \"special\": [{}],\n  \"cases\": [",
        special.join(", ")
    )
    .expect("a string takes all");
    let cases = cases();
    for (index, case) in cases.iter().enumerate() {
        let Case {
            from,
            to,
            quality,
            input,
            samples,
        } = case;
        let seed = index as u32 + 1;
        let tail = index % from.encoding.bytes_per_sample();
        let mut bytes = samples_of(*input, from.encoding, seed, *samples);
        bytes.extend(std::iter::repeat_n(0x55, tail));
        let output = convert(*from, *to, *quality, &bytes);
        writeln!(
            text,
            "    {{\"from\": \"{from}\", \"to\": \"{to}\", \"quality\": \"{}\", \"input\": \"{}\", \"seed\": {seed}, \
             \"samples\": {samples}, \"tail\": {tail}, \"bytes\": {}, \"sha256\": \"{}\", \"start\": \"{}\"}}{}",
            quality.name(),
            format!("{input:?}").to_lowercase(),
            output.len(),
            hexadecimal(&Sha256::digest(&output)),
            hexadecimal(&output[..output.len().min(SHOWN)]),
            if index + 1 == cases.len() { "" } else { "," },
        )
        .expect("a string takes all");
    }
    text + "  ]\n}\n"
}

/// The samples of a stream, by the rules that the file states.
fn samples_of(input: Input, encoding: Encoding, seed: u32, samples: usize) -> Vec<u8> {
    let mut x = seed;
    let mut bytes = Vec::new();
    for n in 0..samples {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let shift = n / 37 % 8;
        let noise = || match encoding {
            Encoding::Pcm16 | Encoding::Pcm16Be => f64::from(((x >> 16) as i32 - 32_768) >> shift),
            Encoding::MuLaw | Encoding::ALaw => f64::from(x >> 24),
            Encoding::F32 => f64::from((x >> 8) as i32 - 8_388_608) / f64::from(1 << (22 + shift)),
        };
        let [high, low, zero] = match encoding {
            Encoding::Pcm16 | Encoding::Pcm16Be => [32_767.0, -32_768.0, 0.0],
            Encoding::MuLaw => [128.0, 0.0, 255.0],
            Encoding::ALaw => [170.0, 42.0, 213.0],
            Encoding::F32 => [1.0, -1.0, 0.0],
        };
        if matches!(input, Input::Special) && n % 3 == 0 {
            bytes.extend(SPECIAL[n / 3 % SPECIAL.len()].to_le_bytes());
            continue;
        }
        let value = match input {
            Input::Noise | Input::Special => noise(),
            Input::Square if n / 11 % 2 == 0 => high,
            Input::Square => low,
            Input::Impulse if n == samples / 2 => high,
            Input::Impulse => zero,
        };
        match encoding {
            Encoding::Pcm16 => bytes.extend((value as i16).to_le_bytes()),
            Encoding::Pcm16Be => bytes.extend((value as i16).to_be_bytes()),
            Encoding::MuLaw | Encoding::ALaw => bytes.push(value as u8),
            Encoding::F32 => bytes.extend((value as f32).to_le_bytes()),
        }
    }
    bytes
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn checked_in_vectors_are_fresh() {
        super::run(true).expect("the twin gives the bytes that are checked in");
    }
}
