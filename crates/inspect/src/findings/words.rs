//! Counts, places and encodings in words.

use audio_converter_measure::Reading;

/// "3 places", "one place".
pub(super) fn places(count: u64) -> String {
    if count == 1 {
        "one place".to_owned()
    } else {
        format!("{count} places")
    }
}

/// "1.234 s", "1.234, 2.500 and 7.125 s", "1.234, 2.500, 7.125 s and later".
pub(super) fn times(at: &[f64]) -> String {
    let shown: Vec<String> = at
        .iter()
        .take(MOST_TIMES)
        .map(|at| format!("{at:.3}"))
        .collect();
    match (shown.split_last(), at.len() > MOST_TIMES) {
        (Some((last, [])), _) => format!("{last} s"),
        (Some(_), true) => format!("{} s and later", shown.join(", ")),
        (Some((last, rest)), false) => format!("{} and {last} s", rest.join(", ")),
        (None, _) => String::new(),
    }
}

/// A number with a proper minus sign, as in the rest of the text.
pub(super) fn signed(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}").replace('-', "−")
}

/// Hz as kHz without needless zeros.
pub(super) fn kilo(hertz: f64) -> String {
    let text = format!("{:.3}", hertz / 1_000.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub(super) const fn encoding(reading: Reading) -> &'static str {
    match reading {
        Reading::Pcm16 => "16-bit PCM, little endian",
        Reading::Pcm16Be => "16-bit PCM, big endian",
        Reading::Pcm16Shifted => "16-bit PCM, little endian, after a stray byte",
        Reading::Pcm16BeShifted => "16-bit PCM, big endian, after a stray byte",
        Reading::MuLaw => "µ-law",
        Reading::ALaw => "A-law",
        Reading::F32 => "32-bit float",
        _ => "something else",
    }
}

/// The same as `--from` takes it.
pub(super) const fn text_form(reading: Reading) -> &'static str {
    match reading {
        Reading::Pcm16Be => "pcm16be",
        Reading::MuLaw => "mulaw",
        Reading::ALaw => "alaw",
        Reading::F32 => "f32",
        _ => "pcm16",
    }
}

const MOST_TIMES: usize = 3;
