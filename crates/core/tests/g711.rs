//! G.711 by the STL rule: all 65 536 samples and all 256 codes of both laws, against the plain twin and against what
//! seven other programs give (`testdata/g711_vectors.json`).

use audio_converter::g711::{
    alaw_to_mulaw, decode_alaw, decode_alaw_into, decode_mulaw, decode_mulaw_into, encode_alaw,
    encode_alaw_into, encode_mulaw, encode_mulaw_into, mulaw_to_alaw,
};
use audio_converter::{__levels, Converter, Format, Quality};
use audio_converter_reference::g711 as twin;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// One law as the functions of the crate and of the twin.
struct Law {
    name: &'static str,
    encode: fn(i16) -> u8,
    decode: fn(u8) -> i16,
    encode_into: fn(&[i16], &mut [u8]) -> usize,
    decode_into: fn(&[u8], &mut [i16]) -> usize,
    twin_encode: fn(i16) -> u8,
    twin_decode: fn(u8) -> i16,
}

const MULAW: Law = Law {
    name: "mulaw",
    encode: encode_mulaw,
    decode: decode_mulaw,
    encode_into: encode_mulaw_into,
    decode_into: decode_mulaw_into,
    twin_encode: twin::encode_mulaw,
    twin_decode: twin::decode_mulaw,
};

const ALAW: Law = Law {
    name: "alaw",
    encode: encode_alaw,
    decode: decode_alaw,
    encode_into: encode_alaw_into,
    decode_into: decode_alaw_into,
    twin_encode: twin::encode_alaw,
    twin_decode: twin::decode_alaw,
};

fn vectors() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/g711_vectors.json"
    );
    let text = std::fs::read_to_string(path).expect("the vectors are checked in");
    serde_json::from_str(&text).expect("they are JSON")
}

fn all_samples() -> Vec<i16> {
    (i16::MIN..=i16::MAX).collect()
}

fn all_codes() -> Vec<u8> {
    (0..=255).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn format(text: &str) -> Format {
    text.parse().expect("a format")
}

/// One law against the twin and the vectors: sample by sample, in bulk, and through a converter on every level.
fn check(law: &Law) {
    let vectors = &vectors()["laws"][law.name];
    let (samples, codes) = (all_samples(), all_codes());
    let encoded: Vec<u8> = samples.iter().map(|&sample| (law.encode)(sample)).collect();
    let decoded: Vec<i16> = codes.iter().map(|&code| (law.decode)(code)).collect();

    assert!(
        samples
            .iter()
            .zip(&encoded)
            .all(|(&sample, &code)| (law.twin_encode)(sample) == code)
    );
    assert!(
        codes
            .iter()
            .zip(&decoded)
            .all(|(&code, &sample)| (law.twin_decode)(code) == sample)
    );
    assert_eq!(
        hexadecimal(&Sha256::digest(&encoded)),
        vectors["encoders"]["stl"]["sha256"]
    );
    assert_eq!(Value::from(decoded.clone()), vectors["decode"]);
    let little_endian: Vec<u8> = decoded
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    assert_eq!(
        hexadecimal(&Sha256::digest(&little_endian)),
        vectors["decode_sha256_le16"]
    );

    // In bulk, at every length around a vector's width and every alignment.
    let mut bulk = vec![0; samples.len()];
    assert_eq!((law.encode_into)(&samples, &mut bulk), samples.len());
    assert_eq!(bulk, encoded);
    let mut bulk = vec![0; codes.len()];
    assert_eq!((law.decode_into)(&codes, &mut bulk), codes.len());
    assert_eq!(bulk, decoded);
    for length in 0..=70 {
        for start in 0..=17 {
            let (mut some_codes, mut some_samples) = ([0xEE; 71], [0x0EEE; 71]);
            let at = 32_768 - 35 + start;
            (law.encode_into)(&samples[at..at + length], &mut some_codes[..length]);
            (law.decode_into)(&codes[start..start + length], &mut some_samples[..length]);
            assert_eq!(some_codes[..length], encoded[at..at + length]);
            assert_eq!(some_samples[..length], decoded[start..start + length]);
            assert_eq!(
                (some_codes[70.max(length)], some_samples[70.max(length)]),
                (0xEE, 0x0EEE)
            );
        }
    }
    assert_eq!(
        (law.encode_into)(&samples[..9], &mut [0; 5]),
        5,
        "the shorter slice counts"
    );
    assert_eq!(
        (law.decode_into)(&codes[..5], &mut [0; 9]),
        5,
        "the shorter slice counts"
    );

    for level in __levels() {
        let convert = |from: &str, to: &str, bytes: &[u8]| {
            let converter =
                Converter::__with_level(format(from), format(to), Quality::Voice, level);
            converter.expect("equal rates").process(bytes)
        };
        let name = format!("{}/8000", law.name);
        let bytes: Vec<u8> = samples
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        let swapped: Vec<u8> = samples
            .iter()
            .flat_map(|sample| sample.to_be_bytes())
            .collect();
        assert!(convert("pcm16/8000", &name, &bytes) == encoded, "{level:?}");
        assert!(
            convert("pcm16be/8000", &name, &swapped) == encoded,
            "{level:?}"
        );
        assert_eq!(
            convert(&name, "pcm16/8000", &codes),
            little_endian,
            "{level:?}"
        );
        let floats: Vec<u8> = samples
            .iter()
            .flat_map(|&sample| (f32::from(sample) / 32_768.0).to_le_bytes())
            .collect();
        assert!(convert("f32/8000", &name, &floats) == encoded, "{level:?}");
    }
}

#[test]
fn mulaw() {
    check(&MULAW);
}

#[test]
fn alaw() {
    check(&ALAW);
}

/// Only µ-law's -0 (0x7F) changes when it is decoded and encoded again; passing codes through keeps even that.
#[test]
fn idempotence() {
    assert!(
        all_codes()
            .into_iter()
            .all(|code| encode_alaw(decode_alaw(code)) == code)
    );
    let changed = |&code: &u8| encode_mulaw(decode_mulaw(code)) != code;
    assert_eq!(
        all_codes().into_iter().filter(changed).collect::<Vec<_>>(),
        [0x7F]
    );
    let mut untouched =
        Converter::new(format("mulaw/8000"), format("mulaw/8000")).expect("equal formats");
    assert_eq!(untouched.process(&all_codes()), all_codes());
}

/// µ-law to A-law by table 3 of G.711, which differs from decoding and encoding on 44 codes.
#[test]
fn mulaw_to_alaw_by_the_table() {
    let linear = |code| encode_alaw(decode_mulaw(code));
    check_transcoding(
        &MULAW,
        &ALAW,
        mulaw_to_alaw,
        "ccitt_table3_mu_to_a",
        linear,
        44,
    );
}

/// A-law to µ-law by table 4, which differs on 32.
#[test]
fn alaw_to_mulaw_by_the_table() {
    let linear = |code| encode_mulaw(decode_alaw(code));
    check_transcoding(
        &ALAW,
        &MULAW,
        alaw_to_mulaw,
        "ccitt_table4_a_to_mu",
        linear,
        32,
    );
}

fn check_transcoding(
    from: &Law,
    to: &Law,
    direct: fn(u8) -> u8,
    table: &str,
    linear: fn(u8) -> u8,
    differing: usize,
) {
    let codes: Vec<u8> = all_codes().into_iter().map(direct).collect();
    assert_eq!(Value::from(codes.clone()), vectors()["transcode"][table]);
    let differs = |&code: &u8| direct(code) != linear(code);
    assert_eq!(all_codes().into_iter().filter(differs).count(), differing);
    let (from, to) = (
        format(&format!("{}/8000", from.name)),
        format(&format!("{}/8000", to.name)),
    );
    for level in __levels() {
        let converter = Converter::__with_level(from, to, Quality::Voice, level);
        assert_eq!(
            converter.expect("equal rates").process(&all_codes()),
            codes,
            "{level:?}"
        );
    }
}
