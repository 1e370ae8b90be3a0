//! What a source makes of files: endings, contents, channels, and what is odd about them.

use std::fs;
use std::io::Cursor;
use std::path::PathBuf;

use audio_converter_file::{Error, Source, SourceOptions, wav};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

fn wav_file(format: &str, samples: &[u8]) -> Vec<u8> {
    let mut file = wav::header(format.parse().unwrap(), Some(samples.len() as u64)).unwrap();
    file.extend(samples);
    file
}

fn read_all(source: &mut Source) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buffer = [0; 1_000];
    while let count @ 1.. = source.read(&mut buffer).unwrap() {
        all.extend(&buffer[..count]);
    }
    all
}

fn from_pipe(name: &str, bytes: Vec<u8>, options: &SourceOptions) -> Result<Source, Error> {
    Source::from_reader(name, Cursor::new(bytes), options)
}

#[test]
fn the_ending_tells_what_raw_bytes_are() {
    let cases = [
        ("a.ulaw", "mulaw/8000"),
        ("a.UL", "mulaw/8000"),
        ("a.mulaw", "mulaw/8000"),
        ("a.pcmu", "mulaw/8000"),
        ("a.alaw", "alaw/8000"),
        ("a.al", "alaw/8000"),
        ("a.pcma", "alaw/8000"),
    ];
    for (name, format) in cases {
        let source = from_pipe(name, vec![0xFF; 160], &SourceOptions::default()).unwrap();
        assert_eq!(source.format().to_string(), format, "{name}");
    }
    for name in ["a.pcm", "a.raw", "a.s16", "a.s16le", "a.s16be", "a.f32"] {
        let error = from_pipe(name, vec![0; 160], &SourceOptions::default()).unwrap_err();
        assert!(matches!(error, Error::RateUnknown { .. }), "{name}");
    }
}

#[test]
fn the_content_counts_more_than_name_and_options() {
    let folder = Folder::new();
    let path = folder.file("call.ulaw", &wav_file("pcm16/16000", &[1, 2, 3, 4]));
    let mut source =
        Source::open(&path, &SourceOptions::raw("mulaw/8000".parse().unwrap())).unwrap();
    assert_eq!(source.format().to_string(), "pcm16/16000");
    assert_eq!(read_all(&mut source), [1, 2, 3, 4]);
    assert_eq!(
        source.info().warnings,
        ["its container is WAV and it is read as its header says, not as mulaw/8000"]
    );
}

#[test]
fn files_and_pipes_are_read_alike() {
    let bytes = wav_file("alaw/8000", &[9; 4_001]);
    let folder = Folder::new();
    let mut file = Source::open(folder.file("a.wav", &bytes), &SourceOptions::default()).unwrap();
    let mut pipe = from_pipe("a", bytes, &SourceOptions::default()).unwrap();
    assert_eq!(file.info(), pipe.info());
    assert_eq!(file.info().frames, Some(4_001));
    assert_eq!(read_all(&mut file), read_all(&mut pipe));
    assert!(file.info().warnings.is_empty());
}

#[test]
fn a_file_cut_short_is_read_as_far_as_it_goes() {
    let mut bytes = wav_file("pcm16/8000", &[7; 16_000]);
    bytes.truncate(bytes.len() - 4_001);
    let folder = Folder::new();
    let path = folder.file("cut.wav", &bytes);
    let mut source = Source::open(&path, &SourceOptions::default()).unwrap();
    assert_eq!(source.info().frames, Some(5_999));
    assert_eq!(read_all(&mut source).len(), 11_998);
    assert_eq!(
        source.info().warnings,
        [
            "it is cut short: 0.25 s of the 1.00 s that its header promises are missing",
            "its last 1 byte is no whole sample and left out",
        ]
    );
}

#[test]
fn a_header_that_promises_too_little_is_a_warning() {
    let mut bytes = wav_file("mulaw/8000", &[7; 100]);
    bytes.extend([0xFE; 500]);
    let folder = Folder::new();
    let mut source = Source::open(folder.file("a.wav", &bytes), &SourceOptions::default()).unwrap();
    assert_eq!(read_all(&mut source), [7; 100]);
    assert_eq!(
        source.info().warnings,
        ["more bytes follow the sound that its header tells of; they are left out"]
    );
}

#[test]
fn chunks_after_the_sound_are_not_sound() {
    let mut bytes = wav_file("mulaw/8000", &[7; 101]);
    bytes.extend(b"\0LIST\x04\0\0\0INFO");
    let folder = Folder::new();
    let mut source = Source::open(folder.file("a.wav", &bytes), &SourceOptions::default()).unwrap();
    assert_eq!(read_all(&mut source), [7; 101]);
    assert!(source.info().warnings.is_empty());
}

#[test]
fn streams_of_unknown_length_last_to_the_end() {
    for (riff, data) in [(0, 0), (u32::MAX, u32::MAX), (36, 0)] {
        let mut bytes = wav_file("pcm16/8000", &[5; 400]);
        bytes[4..8].copy_from_slice(&u32::to_le_bytes(riff));
        bytes[40..44].copy_from_slice(&u32::to_le_bytes(data));
        let mut source = from_pipe("a", bytes, &SourceOptions::default()).unwrap();
        assert_eq!(source.info().frames, None);
        assert_eq!(read_all(&mut source), [5; 400]);
        assert!(source.info().warnings.is_empty());
    }
}

#[test]
fn a_header_without_sound_is_an_error() {
    let mut source = from_pipe(
        "a.wav",
        wav_file("pcm16/8000", &[]),
        &SourceOptions::default(),
    )
    .unwrap();
    let error = source.read(&mut [0; 100]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.wav holds no sound: WAV, 16-bit PCM, mono, 8000 Hz"
    );
}

#[test]
fn absurd_headers_are_errors() {
    let mut rate = wav_file("pcm16/8000", &[0; 100]);
    rate[24..28].copy_from_slice(&900_000_u32.to_le_bytes());
    let mut channels = wav_file("pcm16/8000", &[0; 100]);
    channels[22..24].copy_from_slice(&[0xFF; 2]);
    for bytes in [rate, channels] {
        let error = from_pipe("a.wav", bytes, &SourceOptions::default()).unwrap_err();
        assert!(matches!(error, Error::Header { .. }), "{error}");
    }
}

#[test]
fn channels_are_taken_or_mixed() {
    // Two channels: the header's count and block are patched.
    let mut bytes = wav_file("pcm16/8000", &[1, 0, 3, 0, 5, 0, 7, 0]);
    (bytes[22], bytes[32]) = (2, 4);
    let read = |channel: &str| {
        let options = SourceOptions::default().with_channel(channel.parse().unwrap());
        from_pipe("a.wav", bytes.clone(), &options)
            .map(|mut source| (source.format().to_string(), read_all(&mut source)))
    };
    assert_eq!(
        read("1").unwrap(),
        ("pcm16/8000".to_owned(), vec![1, 0, 5, 0])
    );
    assert_eq!(
        read("right").unwrap(),
        ("pcm16/8000".to_owned(), vec![3, 0, 7, 0])
    );
    let mix: Vec<u8> = [2.0_f32 / 32_768.0, 6.0 / 32_768.0]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    assert_eq!(read("mix").unwrap(), ("f32/8000".to_owned(), mix));
    assert_eq!(
        read("3").unwrap_err().to_string(),
        "a.wav has no channel 3: it has 2"
    );
}

#[test]
fn text_is_refused_unless_it_is_said_to_be_sound() {
    let text = b"Dear Sir or Madam,\n".to_vec();
    for name in ["letter.txt", "letter.ulaw", "letter"] {
        let error = from_pipe(name, text.clone(), &SourceOptions::default()).unwrap_err();
        assert!(matches!(error, Error::Text { .. }), "{name}: {error}");
    }
    let source = from_pipe(
        "letter",
        text,
        &SourceOptions::raw("mulaw/8000".parse().unwrap()),
    )
    .unwrap();
    assert_eq!(source.info().warnings, ["it looks like text"]);
}

#[test]
fn nothing_is_an_error() {
    let error = from_pipe("a", Vec::new(), &SourceOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "a is empty");
}
