//! G.711 against what seven other programs say: `testdata/g711_vectors.json`.

use audio_converter_reference::g711::{
    alaw_to_mulaw, decode_alaw, decode_mulaw, encode_alaw, encode_mulaw, mulaw_to_alaw,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

fn vectors() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/g711_vectors.json"
    );
    serde_json::from_str(&std::fs::read_to_string(path).expect("the vectors are checked in"))
        .expect("they are JSON")
}

/// One law against the STL's hash of all 65 536 codes and the table of all 256 values.
fn check(law: &str, encode: fn(i16) -> u8, decode: fn(u8) -> i16) {
    let law = &vectors()["laws"][law];
    let codes: Vec<u8> = (i16::MIN..=i16::MAX).map(encode).collect();
    assert_eq!(
        hexadecimal(&Sha256::digest(codes)),
        law["encoders"]["stl"]["sha256"]
    );
    let values: Vec<i16> = (0..=255).map(decode).collect();
    assert_eq!(Value::from(values.clone()), law["decode"]);
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    assert_eq!(
        hexadecimal(&Sha256::digest(bytes)),
        law["decode_sha256_le16"]
    );
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn mulaw() {
    check("mulaw", encode_mulaw, decode_mulaw);
}

#[test]
fn alaw() {
    check("alaw", encode_alaw, decode_alaw);
}

#[test]
fn only_minus_zero_changes_when_coded_again() {
    assert!((0..=255).all(|code| encode_alaw(decode_alaw(code)) == code));
    let changed: Vec<u8> = (0..=255)
        .filter(|&code| encode_mulaw(decode_mulaw(code)) != code)
        .collect();
    assert_eq!(
        (changed, encode_mulaw(decode_mulaw(0x7F))),
        (vec![0x7F], 0xFF)
    );
}

#[test]
fn between_the_laws() {
    let tables = &vectors()["transcode"];
    let table_3: Vec<u8> = (0..=255).map(mulaw_to_alaw).collect();
    let table_4: Vec<u8> = (0..=255).map(alaw_to_mulaw).collect();
    assert_eq!(Value::from(table_3), tables["ccitt_table3_mu_to_a"]);
    assert_eq!(Value::from(table_4), tables["ccitt_table4_a_to_mu"]);
    let differ = |table: fn(u8) -> u8, linear: fn(u8) -> u8| {
        (0..=255).filter(|&c| table(c) != linear(c)).count()
    };
    assert_eq!(differ(mulaw_to_alaw, |c| encode_alaw(decode_mulaw(c))), 44);
    assert_eq!(differ(alaw_to_mulaw, |c| encode_mulaw(decode_alaw(c))), 32);
}
