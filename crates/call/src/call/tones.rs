//! Keys of a telephone as sound: ITU-T Q.23 tones, for a menu at the other end.

use std::f64::consts::TAU;

use audio_converter::g711;

use crate::line::RATE;

/// The most keys at once, as the carrier's own `SendDigits` allows.
pub(super) const MOST_KEYS: usize = 32;

/// The sound of keys, µ-law at 8 kHz: each 100 ms of two tones at −9 and −7 dBm0-like levels and 100 ms of silence (Q.24 asks for
/// 40 ms of each at least); `w` is half a second of silence, `W` a second. None if something is no key, or there are too many.
pub(super) fn tones(keys: &str) -> Option<Vec<u8>> {
    let mut codes = Vec::new();
    if keys.is_empty() || keys.chars().count() > MOST_KEYS {
        return None;
    }
    for key in keys.chars() {
        match key {
            'w' => codes.resize(codes.len() + 4_000, SILENCE),
            'W' => codes.resize(codes.len() + 8_000, SILENCE),
            ' ' | '-' => {}
            _ => {
                let place = KEYS.find(key.to_ascii_uppercase())?;
                let (low, high) = (LOW[place / 4], HIGH[place % 4]);
                codes.extend((0..LENGTH).map(|n| {
                    let seconds = f64::from(n) / f64::from(RATE);
                    // 5 ms in and out, so that it does not click.
                    let edge = (f64::from(n.min(LENGTH - 1 - n)) / 40.0).min(1.0);
                    let wave = LOW_LEVEL * (TAU * low * seconds).sin()
                        + HIGH_LEVEL * (TAU * high * seconds).sin();
                    #[expect(
                        clippy::cast_possible_truncation,
                        reason = "both levels add to less than 16 bits"
                    )]
                    g711::encode_mulaw((edge * wave) as i16)
                }));
                codes.resize(codes.len() + LENGTH as usize, SILENCE);
            }
        }
    }
    Some(codes)
}

/// As they stand on the phone, row by row.
const KEYS: &str = "123A456B789C*0#D";
/// The tones of rows and columns in Hz (Q.23, table 1).
const LOW: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
const HIGH: [f64; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
/// Peaks: −12 and −10 dB below full scale, the high one 2 dB stronger as lines weaken it more.
const LOW_LEVEL: f64 = 8_231.0;
const HIGH_LEVEL: f64 = 10_362.0;
/// 100 ms.
const LENGTH: u32 = 800;
const SILENCE: u8 = 0xFF;

#[cfg(test)]
mod tests {
    use audio_converter_measure::component_level;

    use super::*;

    #[test]
    fn each_key_has_its_two_tones_and_no_other() {
        for (place, key) in KEYS.chars().enumerate() {
            let sound: Vec<f32> = tones(&key.to_string()).unwrap()[40..760]
                .iter()
                .map(|&code| f32::from(g711::decode_mulaw(code)) / 32_768.0)
                .collect();
            for (n, tone) in LOW.iter().chain(&HIGH).enumerate() {
                let level = component_level(&sound, 8_000.0, *tone);
                let is_there = n == place / 4 || n == 4 + place % 4;
                assert_eq!(level > -16.0, is_there, "{key}: {tone} Hz at {level} dB");
            }
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for keys in ["", "12x", "é", &"1".repeat(33)] {
            assert_eq!(tones(keys), None, "{keys}");
        }
        assert_eq!(tones("1w2").unwrap().len(), 1_600 + 4_000 + 1_600);
    }
}
