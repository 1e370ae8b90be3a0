//! What the fuzzer runs, and what the stable twins in `crates/file/tests/fuzz_twins.rs` run on random bytes.

use std::io::Cursor;

use audio_converter::{Converter, Encoding, Format, Quality};
use audio_converter_file::{Source, SourceOptions, wav};

const RATES: [u32; 10] = [
    8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 7_919,
];

/// Formats, quality, room and cuts from the first bytes; the rest is audio. However it is cut and however little
/// room there is, the output is the same, and as long as it must be.
pub(crate) fn converter(bytes: &[u8]) {
    let Some((head, audio)) = bytes.split_at_checked(8) else {
        return;
    };
    let pick = |i: usize, of: usize| usize::from(head[i]) % of;
    let format = |encoding: u8, rate: u8| {
        let encoding = Encoding::ALL[usize::from(encoding) % Encoding::ALL.len()];
        Format::new(encoding, RATES[usize::from(rate) % RATES.len()])
            .expect("rates of the table are in range")
    };
    let (from, to) = (format(head[0], head[1]), format(head[2], head[3]));
    let quality = Quality::ALL[pick(4, Quality::ALL.len())];
    let Ok(mut whole) = Converter::with_quality(from, to, quality) else {
        return;
    };
    let mut cut = whole.clone();

    let mut expected = whole.process(audio);
    whole.finish_append(&mut expected);

    let mut output = Vec::new();
    let mut room = vec![0; to.bytes_per_sample() * (1 + pick(5, 200))];
    let mut rest = audio;
    let mut step = pick(6, 97) + 1;
    while !rest.is_empty() {
        let (mut chunk, later) = rest.split_at(step.min(rest.len()));
        rest = later;
        step = step * (pick(7, 5) + 1) % 1_009 + 1;
        loop {
            let progress = cut.process_into(chunk, &mut room);
            output.extend_from_slice(&room[..progress.written]);
            chunk = &chunk[progress.consumed..];
            if progress.is_done {
                break;
            }
        }
    }
    loop {
        let progress = cut.finish_into(&mut room);
        output.extend_from_slice(&room[..progress.written]);
        if progress.is_done {
            break;
        }
    }
    assert!(output == expected, "cut, the stream has other bytes");

    let samples = (audio.len() / from.bytes_per_sample()) as u64;
    let length = (samples * u64::from(to.rate())).div_ceil(u64::from(from.rate()));
    assert_eq!(
        output.len() as u64,
        length * to.bytes_per_sample() as u64,
        "length"
    );
}

/// Any bytes as a file of any name: an error or samples, never a panic, and whole samples each time.
pub(crate) fn source(bytes: &[u8]) {
    let Some((name, content)) = bytes.split_first() else {
        return;
    };
    let name = ["a.wav", "a.ulaw", "a.pcm", "a.mp3", "a.flac", "a", "-"][usize::from(*name) % 7];
    let raw = Format::new(Encoding::Pcm16, 24_000).expect("in range");
    for options in [SourceOptions::default(), SourceOptions::raw(raw)] {
        let options = options.without_programs();
        let Ok(mut source) = Source::from_reader(name, Cursor::new(content.to_vec()), &options)
        else {
            continue;
        };
        let size = source.format().bytes_per_sample();
        let mut room = [0; 4_096];
        // A lossless file of silence may be long; what matters is that reading it comes to an end or goes on.
        for _ in 0..1_000 {
            match source.read(&mut room) {
                Ok(0) | Err(_) => break,
                Ok(length) => assert!(length <= room.len() && length % size == 0, "whole samples"),
            }
        }
    }
}

/// Any bytes as a WAV header, of a stream and of a file of known length.
pub(crate) fn wav(bytes: &[u8]) {
    for length in [None, Some(bytes.len() as u64)] {
        if let Ok(header) = wav::parse(bytes, length) {
            assert!(
                header.offset <= bytes.len() as u64,
                "the samples begin inside the file"
            );
        }
    }
}

/// Any text as a format: what parses is written as it was meant.
pub(crate) fn format(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    if let Ok(format) = text.parse::<Format>() {
        assert_eq!(format.to_string().parse(), Ok(format), "{text}");
    }
}
