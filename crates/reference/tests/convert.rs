//! The twin's sum of products against zero-stuffing and plain convolution, and conversions whose answer is known.

use audio_converter_reference::filter::Filter;
use audio_converter_reference::resample::last_input;
use audio_converter_reference::{Format, Quality, convert, resample};

/// Converts and compares, both in hexadecimal.
fn check(from: &str, to: &str, input: &str, output: &str) {
    let bytes: Vec<u8> = input.split_whitespace().flat_map(bytes_of).collect();
    let converted = convert(format(from), format(to), Quality::Voice, &bytes);
    let wanted: Vec<u8> = output.split_whitespace().flat_map(bytes_of).collect();
    assert_eq!(converted, wanted, "{from} to {to} of {input}");
}

fn bytes_of(hexadecimal: &str) -> Vec<u8> {
    let byte = |i: usize| u8::from_str_radix(&hexadecimal[i..i + 2], 16).expect("hexadecimal");
    (0..hexadecimal.len()).step_by(2).map(byte).collect()
}

fn format(name: &str) -> Format {
    Format::named(name).expect("a format")
}

#[test]
fn equal_rates() {
    check("pcm16/8000", "pcm16/8000", "0102 0304 05", "0102 0304");
    check("pcm16/8000", "pcm16be/8000", "0102 0304 05", "0201 0403");
    check("mulaw/8000", "mulaw/8000", "7f ff", "7f ff");
    check("mulaw/8000", "alaw/8000", "20 ff", "0a d5");
    check("alaw/8000", "mulaw/8000", "d5", "fe");
    check("pcm16/8000", "mulaw/8000", "e803 0080 ff7f", "ce 00 80");
    check("mulaw/8000", "pcm16be/8000", "80 00 7f", "7d7c 8284 0000");
}

#[test]
fn floats() {
    // 1.0, -1.0, 0.5, NaN, infinity, -infinity, 1.5 / 32768, -1.5 / 32768
    let floats = "0000803f 000080bf 0000003f 0000c07f 0000807f 000080ff 00004038 000040b8 00";
    check(
        "f32/8000",
        "pcm16/8000",
        floats,
        "ff7f 0080 0040 0000 ff7f 0080 0200 ffff",
    );
    check("f32/8000", "f32/8000", floats, &floats[..floats.len() - 3]);
    check("f32/8000", "mulaw/8000", "0000803f 00000000", "80 ff");
    check(
        "pcm16/8000",
        "f32/8000",
        "0080 0040 0100",
        "000080bf 0000003f 00000038",
    );
    check("alaw/8000", "f32/8000", "d5", "00008039");
}

#[test]
fn lengths() {
    for (from, to) in [
        (8_000_u64, 24_000),
        (24_000, 8_000),
        (44_100, 8_000),
        (11_025, 48_000),
        (16_000, 24_000),
    ] {
        for samples in 0..40_u64 {
            let format = |rate| format(&format!("pcm16/{rate}"));
            let input = vec![7; 2 * samples as usize + 1];
            let output = convert(format(from), format(to), Quality::LowLatency, &input);
            assert_eq!(output.len() as u64, 2 * (samples * to).div_ceil(from));
        }
    }
}

/// The textbook's way: zeros between the samples, convolution with all taps, and every `down`-th result.
fn by_zero_stuffing(samples: &[f64], filter: &Filter) -> Vec<f64> {
    let (up, down, last) = (
        filter.up as usize,
        filter.down as usize,
        filter.last() as usize,
    );
    let stuffed: Vec<f64> = samples
        .iter()
        .flat_map(|&x| std::iter::once(x).chain(vec![0.0; up - 1]))
        .collect();
    let taps: Vec<f64> = filter
        .coefficients
        .iter()
        .rev()
        .chain(&filter.coefficients[1..])
        .copied()
        .collect();
    let mut convolved = vec![0.0; stuffed.len() + taps.len()];
    for (i, x) in stuffed.iter().enumerate() {
        for (j, c) in taps.iter().enumerate() {
            convolved[i + j] += x * c;
        }
    }
    convolved[last..last + stuffed.len()]
        .iter()
        .step_by(down)
        .copied()
        .collect()
}

#[test]
fn resampling_is_convolution() {
    let samples: Vec<f64> = (0..100)
        .map(|i| f64::from((i * i * 7919 + i * 104_729) % 65_536 - 32_768))
        .collect();
    for quality in Quality::ALL {
        for (from, to) in [(1, 2), (3, 1), (2, 3), (4, 3), (1, 6), (5, 4), (7, 5)] {
            let filter = Filter::new(from, to, quality);
            assert_eq!(
                resample(&samples, &filter),
                by_zero_stuffing(&samples, &filter),
                "{quality:?} {from} -> {to}"
            );
        }
    }
}

/// The last input that an output waits for is the last that can change it.
#[test]
fn an_output_waits_for_its_last_input() {
    for (from, to) in [(3, 1), (1, 3), (3, 2), (2, 3), (5, 4)] {
        let filter = Filter::new(from, to, Quality::Voice);
        let silence = vec![0.0; 200];
        for i in 60..120 {
            let mut impulse = silence.clone();
            impulse[i] = 1.0;
            for (k, y) in resample(&impulse, &filter).into_iter().enumerate() {
                assert!(
                    y == 0.0 || last_input(k as u64, &filter) >= i as u64,
                    "{from} -> {to}: {k} hears {i}"
                );
            }
        }
    }
}

#[test]
fn loud_square_waves_clip() {
    let square: Vec<u8> = (0..600)
        .flat_map(|i| (if i / 20 % 2 == 0 { i16::MAX } else { i16::MIN }).to_le_bytes())
        .collect();
    for quality in Quality::ALL {
        for (from, to) in [(24_000, 8_000), (8_000, 24_000), (44_100, 8_000)] {
            let output = convert(
                format(&format!("pcm16/{from}")),
                format(&format!("pcm16/{to}")),
                quality,
                &square,
            );
            let samples: Vec<i16> = output
                .chunks(2)
                .map(|s| i16::from_le_bytes([s[0], s[1]]))
                .collect();
            assert!(
                samples.contains(&i16::MAX) && samples.contains(&i16::MIN),
                "{quality:?} {from} -> {to}"
            );
            for (k, &y) in samples.iter().enumerate() {
                let at = k * from / to;
                if (5..15).contains(&(at % 20)) {
                    assert_eq!(
                        y > 0,
                        at / 20 % 2 == 0,
                        "{quality:?} {from} -> {to}: sample {k} is {y}"
                    );
                }
            }
        }
    }
}
