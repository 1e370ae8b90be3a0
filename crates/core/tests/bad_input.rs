//! No bytes, no cuts and no rates in range make the converter panic, and what cannot be done is told clearly.

use audio_converter::{__levels, Converter, Encoding, ErrorKind, Format, Quality};
use proptest::prelude::*;
use proptest::test_runner::Config;

fn config(cases: u32) -> Config {
    Config {
        failure_persistence: None,
        ..Config::with_cases(cases)
    }
}

fn encodings() -> impl Strategy<Value = Encoding> {
    proptest::sample::select(&Encoding::ALL)
}

/// Streams some bytes through, in two pieces and with too little room, and sees that the length is right.
fn check(
    from: Format,
    to: Format,
    quality: Quality,
    bytes: &[u8],
    cut: usize,
) -> Result<(), TestCaseError> {
    let mut converter = match Converter::with_quality(from, to, quality) {
        Ok(converter) => converter,
        Err(error) => {
            prop_assert_eq!(error.kind(), ErrorKind::Ratio);
            return Ok(());
        }
    };
    let (head, tail) = bytes.split_at(cut.min(bytes.len()));
    let mut few = [0; 7];
    let progress = converter.process_into(head, &mut few);
    prop_assert!(progress.consumed <= head.len() && progress.written <= few.len());
    let mut written = progress.written;
    written += converter.process(&head[progress.consumed..]).len();
    written += converter.process(&[]).len();
    written += converter.process(tail).len();
    written += converter.finish().len();
    let samples = (bytes.len() / from.bytes_per_sample()) as u64;
    let outputs = (samples * u64::from(to.rate())).div_ceil(u64::from(from.rate()));
    prop_assert_eq!(written as u64, outputs * to.bytes_per_sample() as u64);
    prop_assert!(
        converter.latency().as_secs() < 61,
        "60 samples of 1 Hz at most"
    );
    Ok(())
}

proptest! {
    #![proptest_config(config(256))]

    /// Any bytes, at ratios that people meet and others.
    #[test]
    fn any_bytes(
        (from, to) in (encodings(), encodings()),
        (up, down) in (1..40_u32, 1..40_u32),
        quality in proptest::sample::select(&Quality::ALL),
        bytes in prop::collection::vec(any::<u8>(), 0..700),
        cut in 0..700_usize,
    ) {
        let (from, to) = (Format::new(from, 200 * down).expect("in range"), Format::new(to, 200 * up).expect("in range"));
        check(from, to, quality, &bytes, cut)?;
    }

    /// Any text is a format or a clear error.
    #[test]
    fn any_text(text in "[a-z0-9/ -]{0,20}|(mulaw|pcm16|f32|x)/[0-9]{0,12}|.*") {
        match text.parse::<Format>() {
            Ok(format) => prop_assert!((1..=Format::MAX_RATE).contains(&format.rate())),
            Err(error) => prop_assert!(error.to_string().contains("give ") && error.kind() != ErrorKind::Ratio, "{}", error),
        }
    }
}

proptest! {
    #![proptest_config(config(48))]

    /// Any two rates: a converter, or an error of the ratio.
    #[test]
    fn any_rates(
        (from, to) in (encodings(), encodings()),
        (a, b) in (1..=Format::MAX_RATE, 1..=Format::MAX_RATE),
        quality in proptest::sample::select(&Quality::ALL),
    ) {
        check(Format::new(from, a).expect("in range"), Format::new(to, b).expect("in range"), quality, &[0x35; 64], 33)?;
    }

    /// Large ratios that are still possible or just not any more.
    #[test]
    fn large_ratios(
        (from, to) in (encodings(), encodings()),
        (a, b) in (1..=6_u32, 3_000..=24_000_u32),
        upwards in any::<bool>(),
        quality in proptest::sample::select(&Quality::ALL),
    ) {
        let (a, b) = if upwards { (a, b) } else { (b, a) };
        let (a, b) = (a * 32, b * 32);
        check(Format::new(from, a).expect("in range"), Format::new(to, b).expect("in range"), quality, &[0xC5; 64], 33)?;
    }
}

#[test]
fn an_impossible_ratio_is_a_clear_error() {
    for (from, to) in [
        (44_101, 44_100),
        (1, 768_000),
        (768_000, 1),
        (767_999, 768_000),
        (47_999, 8_000),
    ] {
        let format = |rate| Format::new(Encoding::Pcm16, rate).expect("in range");
        let error = Converter::new(format(from), format(to)).expect_err("no simple ratio");
        assert_eq!(error.kind(), ErrorKind::Ratio);
        let text = error.to_string();
        assert!(
            text.contains(&format!("{from} Hz")) && text.contains(&format!("{to} Hz")),
            "{text}"
        );
        assert!(text.contains("convert in two steps"), "{text}");
    }
}

#[test]
fn a_bad_rate_is_a_clear_error() {
    for rate in [0, 768_001, u32::MAX] {
        let error = Format::new(Encoding::Pcm16, rate).expect_err("out of range");
        assert_eq!(error.kind(), ErrorKind::Rate);
        assert!(error.to_string().contains(&rate.to_string()), "{error}");
    }
    for text in [
        "mulaw/",
        "mulaw/-8000",
        "mulaw/8000.5",
        "mulaw/99999999999",
        "mulaw/0",
    ] {
        assert_eq!(
            text.parse::<Format>().expect_err(text).kind(),
            ErrorKind::Rate,
            "{text}"
        );
    }
    for text in ["", "mulaw", "mp3/8000", "/8000"] {
        assert_eq!(
            text.parse::<Format>().expect_err(text).kind(),
            ErrorKind::Format,
            "{text}"
        );
    }
}

/// The rates at the ends of the range, with the ratios that are possible there.
#[test]
fn rates_at_the_ends_of_the_range() {
    for (from, to) in [
        (1, 2),
        (2, 1),
        (1, 1_000),
        (1_000, 1),
        (384_000, 768_000),
        (768_000, 384_000),
        (768_000, 8_000),
    ] {
        for level in __levels() {
            for quality in Quality::ALL {
                let format = |rate| Format::new(Encoding::Pcm16, rate).expect("in range");
                let mut converter =
                    Converter::__with_level(format(from), format(to), quality, level)
                        .expect("simple");
                let output = [converter.process(&[1; 4_002]), converter.finish()].concat();
                assert_eq!(
                    output.len() as u64,
                    2 * (2_001 * u64::from(to)).div_ceil(u64::from(from))
                );
            }
        }
    }
}

/// Asking about inputs that no memory holds answers, without overflow.
#[test]
fn room_for_an_endless_input() {
    for (from, to) in [
        ("mulaw/8000", "f32/48000"),
        ("pcm16/24000", "mulaw/8000"),
        ("alaw/8000", "alaw/8000"),
    ] {
        let converter = Converter::new(
            from.parse().expect("a format"),
            to.parse().expect("a format"),
        );
        let converter = converter.expect("a simple ratio");
        let most = [0, 1, usize::MAX / 2, usize::MAX - 1, usize::MAX]
            .map(|bytes| converter.max_output(bytes));
        assert!(most.is_sorted(), "{most:?}");
    }
}
