//! Laws of reading and writing, over arbitrary bytes, samples and cuts.

use std::io::{self, Cursor, Read};

use audio_converter::{Encoding, Format};
use audio_converter_file::{Channel, Container, Sink, Source, SourceOptions, wav};
use proptest::collection::vec;
use proptest::prelude::*;

/// Gives a few bytes at a time, as a slow pipe does.
struct Slow {
    bytes: Cursor<Vec<u8>>,
    step: usize,
}

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(self.step);
        self.bytes.read(&mut buffer[..wanted])
    }
}

/// All samples, read `out` bytes at a time; also that each read gives whole samples.
fn read_all(source: &mut Source, out: usize) -> audio_converter_file::Result<Vec<u8>> {
    let mut all = Vec::new();
    let mut buffer = vec![0; out];
    loop {
        let count = source.read(&mut buffer)?;
        assert_eq!(count % source.format().bytes_per_sample(), 0);
        if count == 0 {
            return Ok(all);
        }
        all.extend(&buffer[..count]);
    }
}

fn open(
    bytes: Vec<u8>,
    step: usize,
    options: &SourceOptions,
) -> audio_converter_file::Result<Source> {
    Source::from_reader(
        "test",
        Slow {
            bytes: Cursor::new(bytes),
            step,
        },
        options,
    )
}

fn any_encoding() -> impl Strategy<Value = Encoding> {
    prop_oneof![
        Just(Encoding::Pcm16),
        Just(Encoding::MuLaw),
        Just(Encoding::ALaw),
        Just(Encoding::F32)
    ]
}

fn any_channel() -> impl Strategy<Value = Channel> {
    prop_oneof![Just("mix"), Just("1"), Just("2")].prop_map(|text| text.parse().unwrap())
}

/// Bytes that are nearly a WAV file: the signature, then chunks with plausible names and any contents and sizes.
fn nearly_wav() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        Just(*b"fmt "),
        Just(*b"data"),
        Just(*b"LIST"),
        Just(*b"ds64"),
        any::<[u8; 4]>()
    ];
    let tag = prop_oneof![Just(1_u16), Just(3), Just(6), Just(7), Just(0xFFFE)];
    let small_fmt = (tag, 0_u16..4, 0_u32..50_000, 0_u16..9, 0_u16..70).prop_map(
        |(tag, channels, rate, block, bits)| {
            let mut bytes = tag.to_le_bytes().to_vec();
            bytes.extend(channels.to_le_bytes());
            bytes.extend(rate.to_le_bytes());
            bytes.extend([0; 4]);
            bytes.extend(block.to_le_bytes());
            bytes.extend(bits.to_le_bytes());
            bytes
        },
    );
    let body = prop_oneof![small_fmt, vec(any::<u8>(), 0..80)];
    let size = prop_oneof![
        Just(None),
        any::<u32>().prop_map(Some),
        (0_u32..100).prop_map(Some)
    ];
    let chunk = (name, size, body).prop_map(|(name, size, body)| {
        let mut chunk = name.to_vec();
        chunk.extend(size.unwrap_or(body.len() as u32).to_le_bytes());
        chunk.extend(body);
        chunk
    });
    (any::<u32>(), vec(chunk, 0..5)).prop_map(|(size, chunks)| {
        let mut file = b"RIFF".to_vec();
        file.extend(size.to_le_bytes());
        file.extend(b"WAVE");
        file.extend(chunks.concat());
        file
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_header_panics(bytes in vec(any::<u8>(), 0..200), length in any::<Option<u64>>()) {
        let _ = wav::parse(&bytes[..], length);
    }

    #[test]
    fn nothing_that_looks_like_wav_panics(
        bytes in nearly_wav(), step in 1_usize..50, out in 4_usize..40, channel in any_channel(),
    ) {
        let options = SourceOptions::default().with_channel(channel);
        if let Ok(mut source) = open(bytes, step, &options) {
            let _ = read_all(&mut source, out);
        }
    }

    #[test]
    fn raw_bytes_are_given_as_they_are(
        bytes in vec(any::<u8>(), 1..300), step in 1_usize..50, out in 4_usize..40, encoding in any_encoding(),
    ) {
        let format = Format::new(encoding, 8_000).unwrap();
        let mut source = open(bytes.clone(), step, &SourceOptions::raw(format)).unwrap();
        let whole = bytes.len() / format.bytes_per_sample() * format.bytes_per_sample();
        match read_all(&mut source, out) {
            Ok(samples) => prop_assert_eq!(&samples, &bytes[..whole]),
            Err(error) => prop_assert!(whole == 0, "{error}"),
        }
        prop_assert_eq!(source.info().warnings.iter().any(|text| text.contains("no whole sample")), whole < bytes.len());
    }

    #[test]
    fn wav_written_then_read_is_the_same(
        samples in vec(any::<i16>(), 1..300), encoding in any_encoding(), rate in 1_u32..=768_000,
        cut in 1_usize..100, step in 1_usize..50, is_file in any::<bool>(),
    ) {
        let format = Format::new(encoding, rate).unwrap();
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| match encoding {
            Encoding::F32 => (f32::from(*sample) / 32_768.0).to_le_bytes().to_vec(),
            Encoding::Pcm16 => sample.to_le_bytes().to_vec(),
            _ => vec![*sample as u8],
        }).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.wav");
        let shared = Shared::default();
        let mut sink = if is_file {
            Sink::create(&path, Container::Wav, format).unwrap()
        } else {
            Sink::from_writer("test", shared.clone(), Container::Wav, format).unwrap()
        };
        for piece in bytes.chunks(cut * format.bytes_per_sample()) {
            sink.write(piece).unwrap();
        }
        prop_assert_eq!(sink.finish().unwrap(), bytes.len() as u64);

        let written = if is_file { std::fs::read(&path).unwrap() } else { shared.bytes() };
        let mut source = if is_file {
            Source::open(&path, &SourceOptions::default()).unwrap()
        } else {
            open(written.clone(), step, &SourceOptions::default()).unwrap()
        };
        prop_assert_eq!(source.format(), format);
        prop_assert_eq!(read_all(&mut source, 64).unwrap(), bytes);
        if is_file {
            prop_assert_eq!(source.info().frames, Some(samples.len() as u64));
            prop_assert_eq!(&source.info().warnings, &Vec::<String>::new());
            agrees_with_hound(&written, format, &samples);
        }
    }

    #[test]
    fn what_hound_writes_is_read(
        samples in vec(any::<i32>(), 2..300), bits in prop_oneof![Just(8_u16), Just(16), Just(24), Just(32)],
    ) {
        let frames = samples.len() / 2;
        let samples: Vec<i32> = samples[..frames * 2].iter().map(|sample| sample >> (32 - bits)).collect();
        let spec = hound::WavSpec { channels: 2, sample_rate: 8_000, bits_per_sample: bits, sample_format: hound::SampleFormat::Int };
        let mut file = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut file, spec).unwrap();
        for sample in &samples {
            writer.write_sample(*sample).unwrap();
        }
        writer.finalize().unwrap();

        let options = SourceOptions::default().with_channel("2".parse().unwrap());
        let mut source = open(file.into_inner(), 1_000, &options).unwrap();
        let expected: Vec<u8> = samples.chunks(2).map(|frame| frame[1]).flat_map(|sample| match bits {
            8 => ((sample << 8) as i16).to_le_bytes().to_vec(),
            16 => (sample as i16).to_le_bytes().to_vec(),
            _ => ((f64::from(sample) / f64::from(bits - 1).exp2()) as f32).to_le_bytes().to_vec(),
        }).collect();
        prop_assert_eq!(read_all(&mut source, 64).unwrap(), expected);
        prop_assert_eq!(source.info().frames, Some(frames as u64));
    }
}

fn agrees_with_hound(file: &[u8], format: Format, samples: &[i16]) {
    // Hound reads neither of the telephone's codes.
    if matches!(format.encoding(), Encoding::MuLaw | Encoding::ALaw) {
        return;
    }
    let reader = hound::WavReader::new(file).unwrap();
    assert_eq!(
        (reader.spec().channels, reader.spec().sample_rate),
        (1, format.rate())
    );
    let read: Vec<i16> = match format.encoding() {
        Encoding::F32 => reader
            .into_samples::<f32>()
            .map(|sample| (sample.unwrap() * 32_768.0) as i16)
            .collect(),
        _ => reader.into_samples().map(Result::unwrap).collect(),
    };
    assert_eq!(read, samples);
}

/// A pipe's other end.
#[derive(Clone, Default)]
struct Shared(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl Shared {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
