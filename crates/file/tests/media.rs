//! Other media files: what they decode to, and that damaged ones do no harm. The files are 0.2 s of 1 kHz at half of
//! full scale, 16 kHz.

#![cfg(feature = "media")]

use std::io::Cursor;

use audio_converter_file::{Source, SourceOptions};
use proptest::prelude::*;

const FILES: [(&str, &[u8]); 6] = [
    ("tone.mp3", include_bytes!("data/tone.mp3")),
    ("tone.ogg", include_bytes!("data/tone.ogg")),
    ("tone.m4a", include_bytes!("data/tone.m4a")),
    ("tone.flac", include_bytes!("data/tone.flac")),
    ("tone.aiff", include_bytes!("data/tone.aiff")),
    ("tone.caf", include_bytes!("data/tone.caf")),
];

fn read_all(source: &mut Source) -> audio_converter_file::Result<Vec<f32>> {
    let mut all = Vec::new();
    let mut buffer = [0; 1_000];
    while let count @ 1.. = source.read(&mut buffer)? {
        all.extend(
            buffer[..count]
                .chunks(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])),
        );
    }
    Ok(all)
}

fn open_file(bytes: &[u8], name: &str) -> audio_converter_file::Result<Source> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    Source::open(path, &SourceOptions::default())
}

#[test]
fn each_kind_is_decoded() {
    for (name, bytes) in FILES {
        let mut source = open_file(bytes, name).unwrap();
        assert_eq!(source.format().to_string(), "f32/16000", "{name}");
        let samples = read_all(&mut source).unwrap();
        // M4A keeps the encoder's lead-in and padding.
        let expected = if name == "tone.m4a" { 5_120 } else { 3_200 };
        assert_eq!(samples.len(), expected, "{name}: {:?}", source.info());
        let middle = &samples[samples.len() / 2 - 400..][..800];
        let power: f32 = middle.iter().map(|sample| sample * sample).sum::<f32>() / 800.0;
        assert!(
            (power.sqrt() - 0.5 / 2.0_f32.sqrt()).abs() < 0.03,
            "{name}: {}",
            power.sqrt()
        );
        assert_eq!(source.info().warnings, [""; 0], "{name}");
    }
}

#[test]
fn most_kinds_are_read_from_pipes_too() {
    for (name, bytes) in FILES
        .iter()
        .filter(|(name, _)| !matches!(*name, "tone.m4a" | "tone.caf"))
    {
        let mut pipe =
            Source::from_reader("pipe", Cursor::new(*bytes), &SourceOptions::default()).unwrap();
        let mut file = open_file(bytes, name).unwrap();
        assert_eq!(
            read_all(&mut pipe).unwrap(),
            read_all(&mut file).unwrap(),
            "{name}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Through a reader with a signature, so that no ffmpeg comes in.
    #[test]
    fn damage_does_not_panic(
        file in 0..FILES.len(),
        hits in proptest::collection::vec((16_usize..4_000, any::<u8>()), 0..8),
        length in 16_usize..10_000,
    ) {
        let mut bytes = FILES[file].1.to_vec();
        bytes.truncate(length);
        for (at, value) in hits {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        if let Ok(mut source) = Source::from_reader("pipe", Cursor::new(bytes), &SourceOptions::default()) {
            let _ = read_all(&mut source);
        }
    }
}
