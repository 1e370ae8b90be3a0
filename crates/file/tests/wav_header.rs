//! WAV headers made by hand: every format tag, every lie, every order of chunks.

use audio_converter_file::wav::{Header, HeaderError, MAX_CHANNELS, Sample, header, parse};

fn chunk(name: &[u8; 4], bytes: &[u8]) -> Vec<u8> {
    let mut chunk = name.to_vec();
    chunk.extend((bytes.len() as u32).to_le_bytes());
    chunk.extend(bytes);
    chunk.resize(chunk.len() + bytes.len() % 2, 0);
    chunk
}

fn fmt(tag: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
    let block = channels.wrapping_mul(bits.div_ceil(8));
    let mut bytes = Vec::new();
    bytes.extend(tag.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend(rate.wrapping_mul(u32::from(block)).to_le_bytes());
    bytes.extend(block.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes
}

fn extensible(tag: u16, bits: u16, valid_bits: u16) -> Vec<u8> {
    let mut bytes = fmt(0xFFFE, 2, 48_000, bits);
    bytes.extend(22_u16.to_le_bytes());
    bytes.extend(valid_bits.to_le_bytes());
    bytes.extend(3_u32.to_le_bytes());
    bytes.extend(tag.to_le_bytes());
    bytes.extend([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]);
    bytes
}

/// A file up to its first sample, with the sizes that it states.
fn file(kind: &[u8; 4], riff: u32, chunks: &[Vec<u8>], data: u32) -> Vec<u8> {
    let mut file = kind.to_vec();
    file.extend(riff.to_le_bytes());
    file.extend(b"WAVE");
    file.extend(chunks.concat());
    file.extend(b"data");
    file.extend(data.to_le_bytes());
    file
}

fn simple(fmt: &[u8]) -> Vec<u8> {
    file(b"RIFF", 136, &[chunk(b"fmt ", fmt)], 100)
}

fn read(bytes: &[u8]) -> Header {
    parse(bytes, None).unwrap()
}

fn problem(bytes: &[u8]) -> String {
    parse(bytes, None).unwrap_err().to_string()
}

#[test]
fn every_format_is_read() {
    let cases = [
        (fmt(1, 1, 8_000, 8), Sample::U8, 1),
        (fmt(1, 2, 44_100, 16), Sample::S16, 2),
        (fmt(1, 1, 48_000, 20), Sample::S24, 1),
        (fmt(1, 6, 48_000, 24), Sample::S24, 6),
        (fmt(1, 1, 48_000, 32), Sample::S32, 1),
        (fmt(3, 1, 24_000, 32), Sample::F32, 1),
        (fmt(3, 1, 24_000, 64), Sample::F64, 1),
        (fmt(6, 1, 8_000, 8), Sample::ALaw, 1),
        (fmt(7, 2, 8_000, 8), Sample::MuLaw, 2),
        (extensible(1, 16, 16), Sample::S16, 2),
        (extensible(1, 32, 24), Sample::S32, 2),
        (extensible(3, 32, 32), Sample::F32, 2),
        (extensible(7, 8, 8), Sample::MuLaw, 2),
    ];
    for (fmt, sample, channels) in cases {
        let header = read(&simple(&fmt));
        assert_eq!(
            (header.sample, header.channels, header.data_bytes),
            (sample, channels, Some(100))
        );
        assert_eq!(header.warnings, [""; 0]);
    }
}

#[test]
fn bits_stand_in_as_many_bytes_as_the_block_says() {
    let mut twenty_in_four = fmt(1, 1, 48_000, 20);
    twenty_in_four[12] = 4;
    assert_eq!(read(&simple(&twenty_in_four)).sample, Sample::S32);
}

#[test]
fn a_block_that_cannot_be_is_a_warning() {
    let mut zero = fmt(1, 2, 48_000, 16);
    zero[12] = 0;
    let header = read(&simple(&zero));
    assert_eq!(header.sample, Sample::S16);
    assert_eq!(
        header.warnings,
        [
            "its header says that 2 channels of 16-bit PCM take 0 bytes, which cannot be; it is read with 4"
        ]
    );
}

#[test]
fn chunks_come_in_any_order_and_are_padded() {
    let chunks = [
        chunk(b"LIST", b"INFOodd"),
        chunk(b"bext", &[0; 602]),
        chunk(b"fmt ", &fmt(1, 1, 16_000, 16)),
        chunk(b"fact", &[1, 0, 0, 0]),
        chunk(b"JUNK", &[0; 4097]),
    ];
    let bytes = file(b"RIFF", 9_999, &chunks, 100);
    let header = read(&bytes);
    assert_eq!((header.rate, header.offset), (16_000, bytes.len() as u64));
}

#[test]
fn open_and_lying_sizes() {
    let fmt = chunk(b"fmt ", &fmt(1, 1, 16_000, 16));
    let data_bytes = |kind, riff, data, length| {
        parse(
            &file(kind, riff, std::slice::from_ref(&fmt), data)[..],
            length,
        )
        .unwrap()
        .data_bytes
    };
    // Written into a pipe: nothing, all ones, nearly all ones, about 2 GiB.
    assert_eq!(data_bytes(b"RIFF", 0, 0, None), None);
    assert_eq!(data_bytes(b"RIFF", 36, 0, None), None);
    assert_eq!(data_bytes(b"RIFF", u32::MAX, u32::MAX, None), None);
    assert_eq!(data_bytes(b"RIFF", u32::MAX, u32::MAX - 36, None), None);
    assert_eq!(data_bytes(b"RIFF", 0x7FFF_F024, 0x7FFF_F000, None), None);
    // Truly nothing: the outer size counts what follows.
    assert_eq!(data_bytes(b"RIFF", 136, 0, None), Some(0));
    // Only the remainder of more than 4 GiB fitted.
    assert_eq!(data_bytes(b"RIFF", 136, 100, Some(1 << 33)), None);
    // More than there is: that is for the reader to find out.
    assert_eq!(
        data_bytes(b"RIFF", 136, 1_000_000, Some(200)),
        Some(1_000_000)
    );
}

#[test]
fn long_files_say_their_size_in_another_chunk() {
    let mut sizes = Vec::new();
    for size in [1_u64 << 34, 1 << 33, 1 << 32] {
        sizes.extend(size.to_le_bytes());
    }
    sizes.extend([0; 4]);
    let chunks = [
        chunk(b"ds64", &sizes),
        chunk(b"fmt ", &fmt(1, 1, 48_000, 16)),
    ];
    for (kind, name) in [(b"RF64", "RF64"), (b"BW64", "BW64")] {
        let header = read(&file(kind, u32::MAX, &chunks, u32::MAX));
        assert_eq!((header.container, header.data_bytes), (name, Some(1 << 33)));
    }
}

#[test]
fn damage_is_named() {
    let good = fmt(1, 1, 16_000, 16);
    let cases: [(Vec<u8>, &str); 12] = [
        (b"RIFF".to_vec(), "it ends within its first 12 bytes"),
        (
            b"RIFX\0\0\0\0WAVE".to_vec(),
            "it does not begin with RIFF and WAVE",
        ),
        (
            b"RIFF\0\0\0\0AVI ".to_vec(),
            "it does not begin with RIFF and WAVE",
        ),
        (
            b"RIFF\0\0\0\0WAVE".to_vec(),
            "there is neither a fmt nor a data chunk in it",
        ),
        (
            [b"RIFF\0\0\0\0WAVE".to_vec(), chunk(b"fmt ", &good)].concat(),
            "there is no data chunk in it",
        ),
        (
            file(b"RIFF", 0, &[], 100),
            "its data chunk comes before its fmt chunk",
        ),
        (
            simple(&good[..14]),
            "its fmt chunk has 14 bytes instead of 16 or more",
        ),
        (
            simple(&extensible(1, 16, 16)[..24]),
            "its extensible fmt chunk has 24 bytes instead of 40",
        ),
        (simple(&fmt(1, 0, 16_000, 16)), "it says it has 0 channels"),
        (
            simple(&fmt(1, MAX_CHANNELS + 1, 16_000, 16)),
            "it says it has 1025 channels",
        ),
        (simple(&fmt(1, 1, 0, 16)), "it says its sample rate is 0 Hz"),
        (
            simple(&fmt(1, 1, 8_000, 72)),
            "it says its samples have 72 bits",
        ),
    ];
    for (bytes, expected) in cases {
        assert_eq!(problem(&bytes), expected);
    }
}

#[test]
fn other_encodings_are_named() {
    let cases = [
        (0x11, "a WAV file of IMA ADPCM"),
        (0x55, "a WAV file of MPEG audio"),
    ];
    for (tag, expected) in cases {
        let error = parse(&simple(&fmt(tag, 1, 8_000, 4))[..], None).unwrap_err();
        assert!(matches!(error, HeaderError::Unsupported(_)));
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn written_headers_are_exact() {
    let pcm = header("pcm16/24000".parse().unwrap(), Some(960)).unwrap();
    assert_eq!(
        pcm,
        file(
            b"RIFF",
            36 + 960,
            &[chunk(b"fmt ", &fmt(1, 1, 24_000, 16))],
            960
        )
    );

    let mut mulaw_fmt = fmt(7, 1, 8_000, 8);
    mulaw_fmt.extend([0, 0]);
    let chunks = [
        chunk(b"fmt ", &mulaw_fmt),
        chunk(b"fact", &161_u32.to_le_bytes()),
    ];
    let mulaw = header("mulaw/8000".parse().unwrap(), Some(161)).unwrap();
    assert_eq!(mulaw, file(b"RIFF", 50 + 162, &chunks, 161));

    assert!(header("pcm16be/8000".parse().unwrap(), None).is_none());
    for bytes in [None, Some(1 << 32)] {
        let open = header("f32/48000".parse().unwrap(), bytes).unwrap();
        assert_eq!(&open[4..8], [0xFF; 4]);
        assert_eq!(read(&open).data_bytes, None);
    }
}
