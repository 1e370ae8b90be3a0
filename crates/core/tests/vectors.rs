//! The vectors that every language reads: `testdata/vectors.json`, on every SIMD level.

use audio_converter::{__levels, Converter, Encoding, Format, Quality};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

#[test]
fn every_case_on_every_level() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/vectors.json");
    let text = std::fs::read_to_string(path).expect("the vectors are checked in");
    let file: Value = serde_json::from_str(&text).expect("they are JSON");
    assert_eq!(file["format"], "audio-converter-vectors/1");
    let cases = file["cases"].as_array().expect("a list of cases");
    assert!(cases.len() > 1_000);
    cases.iter().for_each(|case| check(&file, case));
}

/// One case: whole, and cut into pieces that grow from 1 byte.
fn check(file: &Value, case: &Value) {
    let text = |key: &str| case[key].as_str().expect("a text");
    let number = |key: &str| case[key].as_u64().expect("a number") as usize;
    let format = |key| text(key).parse::<Format>().expect("a format");
    let (from, to) = (format("from"), format("to"));
    let quality = Quality::ALL
        .into_iter()
        .find(|quality| quality.name() == text("quality"));
    let quality = quality.expect("a quality");
    let mut input = samples(
        file,
        from.encoding(),
        text("input"),
        number("seed") as u32,
        number("samples"),
    );
    input.extend(vec![0x55; number("tail")]);

    for level in __levels() {
        let mut converter =
            Converter::__with_level(from, to, quality, level).expect("a usual ratio");
        let mut whole = converter.process(&input);
        converter.finish_append(&mut whole);
        assert_eq!(whole.len(), number("bytes"), "{level:?}: {case}");
        let start = hexadecimal(&whole[..whole.len().min(12)]);
        assert_eq!(start, text("start"), "{level:?}: {case}");
        assert_eq!(
            hexadecimal(&Sha256::digest(&whole)),
            text("sha256"),
            "{level:?}: {case}"
        );

        let (mut cut, mut rest, mut piece) = (Vec::new(), &input[..], 1);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(piece.min(rest.len()));
            converter.process_append(now, &mut cut);
            (rest, piece) = (later, piece + number("seed") % 7 + 1);
        }
        converter.finish_append(&mut cut);
        assert!(cut == whole, "{level:?}, cut: {case}");
    }
}

/// The samples of an input, by the rules under `inputs` in the file.
fn samples(file: &Value, encoding: Encoding, input: &str, seed: u32, samples: usize) -> Vec<u8> {
    let constant = |key: &str| file[key][encoding.name()].as_f64().expect("a number");
    let special = file["special"].as_array().expect("a list");
    let bits = |n: usize| {
        special[n / 3 % special.len()]
            .as_str()
            .expect("bits in hexadecimal")
    };
    let mut x = seed;
    let mut bytes = Vec::new();
    for n in 0..samples {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if input == "special" && n % 3 == 0 {
            let bits = u32::from_str_radix(bits(n), 16).expect("bits in hexadecimal");
            bytes.extend(bits.to_le_bytes());
            continue;
        }
        let value = match (input, encoding) {
            ("square", _) => constant(if n / 11 % 2 == 0 { "high" } else { "low" }),
            ("impulse", _) => constant(if n == samples / 2 { "high" } else { "zero" }),
            (_, Encoding::MuLaw | Encoding::ALaw) => f64::from(x >> 24),
            (_, Encoding::F32) => {
                (f64::from(x >> 8) - 8_388_608.0) / 2.0_f64.powi(22 + (n / 37 % 8) as i32)
            }
            _ => (f64::from(x >> 16) - 32_768.0) / f64::from(1 << (n / 37 % 8)),
        };
        match encoding {
            Encoding::MuLaw | Encoding::ALaw => bytes.push(value as u8),
            Encoding::F32 => bytes.extend((value as f32).to_le_bytes()),
            Encoding::Pcm16Be => bytes.extend((value.floor() as i16).to_be_bytes()),
            _ => bytes.extend((value.floor() as i16).to_le_bytes()),
        }
    }
    bytes
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
