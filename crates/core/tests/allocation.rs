//! After construction nothing allocates; an instance is small; the filter is shared. Counted by an allocator that
//! counts (`allocation-counter`), for this thread only.

use allocation_counter::{AllocationInfo, measure};
use audio_converter::{__levels, Converter, Encoding, Format, Quality};

/// Conversions of every kind of kernel: simple ratios of 16 bits, other ratios, floats, and equal rates.
const CONVERSIONS: [(&str, &str); 10] = [
    ("pcm16/24000", "mulaw/8000"),
    ("mulaw/8000", "pcm16/24000"),
    ("alaw/8000", "pcm16be/16000"),
    ("pcm16/48000", "pcm16/8000"),
    ("pcm16/44100", "mulaw/8000"),
    ("pcm16/22050", "pcm16/16000"),
    ("f32/48000", "pcm16/16000"),
    ("mulaw/8000", "f32/44100"),
    ("mulaw/8000", "alaw/8000"),
    ("f32/8000", "mulaw/8000"),
];

/// Counts what `work` allocates.
fn check(what: &str, work: impl FnOnce()) {
    let AllocationInfo {
        count_total,
        bytes_total,
        ..
    } = measure(work);
    assert_eq!((count_total, bytes_total), (0, 0), "{what} allocates");
}

fn format(text: &str) -> Format {
    text.parse().expect("a format")
}

#[test]
fn the_counter_counts() {
    assert_eq!(
        measure(|| drop(std::hint::black_box(vec![0_u8; 100]))).bytes_total,
        100
    );
}

#[test]
fn converting_allocates_nothing() {
    let input: Vec<u8> = (0..5_000_u32).map(|n| (n * n * 31) as u8).collect();
    let mut output = vec![0; 100_000];
    for (from, to) in CONVERSIONS {
        for quality in Quality::ALL {
            for level in __levels() {
                let converter = Converter::__with_level(format(from), format(to), quality, level);
                let mut converter = converter.expect("a simple ratio");
                check(&format!("{from} -> {to}, {quality:?}, {level:?}"), || {
                    // The first call counts as well: nothing is put off until then.
                    for piece in [1, 2, 3, 7, 64, 160, 961, 3_000] {
                        let _ = converter.process_into(&input[..piece], &mut output);
                        let _ = converter.process_into(&input[..piece], &mut output[..5]);
                    }
                    let _ = converter.finish_into(&mut output[..3]);
                    let _ = converter.finish_into(&mut output);
                    converter.reset();
                    let _ = (
                        converter.latency(),
                        converter.max_output(960),
                        converter.max_finish(),
                    );
                });
            }
        }
    }
}

/// At most 1.5 KB for one direction of a call: the struct and all that it owns; the filter belongs to nobody.
#[test]
fn an_instance_is_small() {
    let directions = [
        ("pcm16/24000", "mulaw/8000"),
        ("mulaw/8000", "pcm16/24000"),
        ("mulaw/8000", "pcm16/16000"),
        ("pcm16/16000", "mulaw/8000"),
        ("pcm16/48000", "mulaw/8000"),
    ];
    for (from, to) in directions {
        let first = Converter::new(format(from), format(to)).expect("a simple ratio");
        let mut second = None;
        let owned = measure(|| {
            second = Some(Converter::new(format(from), format(to)).expect("a simple ratio"))
        });
        let bytes = size_of::<Converter>() as u64 + owned.bytes_total;
        assert!(bytes <= 1_536, "{from} -> {to}: {bytes} bytes");
        // A clone owns no more than an instance.
        let mut clone = None;
        let cloned = measure(|| clone = Some(first.clone()));
        assert!(
            cloned.bytes_total <= owned.bytes_total,
            "{from} -> {to}: a clone takes {}",
            cloned.bytes_total
        );
    }
}

/// The second converter of a ratio shares the filter of the first: 44.1 to 48 kHz needs 48 KB and more of coefficients.
#[test]
fn filters_are_shared() {
    let format = |rate| Format::new(Encoding::Pcm16, rate).expect("in range");
    let make = || Converter::new(format(44_100), format(48_000)).expect("a simple ratio");
    let first = make();
    let shared = measure(|| drop(make()));
    assert!(shared.bytes_total < 4_096, "{} bytes", shared.bytes_total);
    drop(first);
}
