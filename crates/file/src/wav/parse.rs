//! Reads a WAV header from a stream that cannot seek.
//!
//! A WAV file is `RIFF size WAVE` and then chunks, each `name size bytes` padded to an even number of bytes.
//! We walk over chunks until `data`, remember `fmt ` and `ds64`, and stop before the first sample. Sizes lie:
//! programs that write into a pipe leave 0, 0xFFFFFFFF or about 2 GiB, programs that died leave what they had,
//! and a file above 4 GiB leaves the remainder. What a size says is therefore a hint, and the end of the
//! stream decides.

use std::io::{self, Read};

use super::{MAX_CHANNELS, Sample};

/// What the header of a WAV file says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// `WAV`, or `RF64` and `BW64` for the 64-bit kinds.
    pub container: &'static str,
    /// How a sample is written.
    pub sample: Sample,
    /// Channels, 1 to [`MAX_CHANNELS`].
    pub channels: u16,
    /// Samples a second and channel, as written: it can be any number but 0.
    pub rate: u32,
    /// Bytes of samples, or `None` when the header leaves it open: then they last to the end of the stream.
    pub data_bytes: Option<u64>,
    /// Bytes before the first sample.
    pub offset: u64,
    /// What is odd about the header.
    pub warnings: Vec<String>,
}

/// Why a header could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// The stream could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The header is cut short or says what cannot be.
    #[error("{0}")]
    Damaged(String),
    /// The samples are in an encoding that this parser does not know, such as ADPCM.
    #[error("{0}")]
    Unsupported(String),
}

/// Reads from the start of a WAV stream up to its first sample; the next byte of `reader` is that sample's.
///
/// `length` is that of the whole file where it is known; it settles what sizes leave open.
///
/// # Errors
///
/// When the stream fails, is no WAV file, ends within the header, or holds another encoding. Never panics, and
/// holds no more than a few hundred bytes, whatever the stream says.
pub fn parse(reader: impl Read, length: Option<u64>) -> Result<Header, HeaderError> {
    let mut walk = Walk { reader, offset: 0 };
    let mut head = [0; 12];
    if walk.fill(&mut head)? < head.len() {
        return Err(damaged("it ends within its first 12 bytes"));
    }
    let container = match (&head[..4], &head[8..]) {
        (b"RIFF", b"WAVE") => "WAV",
        (b"RF64", b"WAVE") => "RF64",
        (b"BW64", b"WAVE") => "BW64",
        _ => return Err(damaged("it does not begin with RIFF and WAVE")),
    };
    let riff_bytes = u32_at(&head, 4);
    let mut format = None;
    let mut long_data = None;
    loop {
        let mut name_and_size = [0; 8];
        if walk.fill(&mut name_and_size)? < name_and_size.len() {
            return Err(damaged(match format {
                Some(_) => "there is no data chunk in it",
                None => "there is neither a fmt nor a data chunk in it",
            }));
        }
        let size = u32_at(&name_and_size, 4);
        match &name_and_size[..4] {
            b"fmt " => format = Some(Fmt::read(&mut walk, size)?),
            b"ds64" => {
                let mut sizes = [0; 16];
                let got = walk.chunk(size, &mut sizes)?;
                if got == sizes.len() {
                    long_data = Some(u64_at(&sizes, 8));
                }
            }
            b"data" => {
                let format =
                    format.ok_or_else(|| damaged("its data chunk comes before its fmt chunk"))?;
                let long_data = long_data.filter(|_| container != "WAV");
                let sizes = Sizes {
                    riff: riff_bytes,
                    data: size,
                    long_data,
                    length,
                    offset: walk.offset,
                };
                return format.header(container, &sizes);
            }
            _ => {
                walk.chunk(size, &mut [])?;
            }
        }
    }
}

/// The stream and how many bytes of it have been read.
struct Walk<R> {
    reader: R,
    offset: u64,
}

impl<R: Read> Walk<R> {
    /// Reads until `buffer` is full or the stream ends. Returns the bytes read.
    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.offset += filled as u64;
        Ok(filled)
    }

    /// Reads the first bytes of a chunk into `buffer` and skips the rest with its padding.
    fn chunk(&mut self, size: u32, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(size as usize);
        let got = self.fill(&mut buffer[..wanted])?;
        let mut rest = u64::from(size) - got as u64 + u64::from(size % 2);
        let mut skipped = [0; 512];
        while rest > 0 {
            let wanted = rest.min(skipped.len() as u64) as usize;
            let got = self.fill(&mut skipped[..wanted])?;
            if got == 0 {
                break;
            }
            rest -= got as u64;
        }
        Ok(got)
    }
}

/// The fields of the `fmt ` chunk that matter.
struct Fmt {
    tag: u16,
    channels: u16,
    rate: u32,
    block: u16,
    bits: u16,
}

impl Fmt {
    fn read<R: Read>(walk: &mut Walk<R>, size: u32) -> Result<Self, HeaderError> {
        let mut bytes = [0; 40];
        let got = walk.chunk(size, &mut bytes)?;
        if got < 16 {
            return Err(damaged(&format!(
                "its fmt chunk has {got} bytes instead of 16 or more"
            )));
        }
        let mut tag = u16_at(&bytes, 0);
        if tag == EXTENSIBLE {
            if got < 40 {
                return Err(damaged(&format!(
                    "its extensible fmt chunk has {got} bytes instead of 40"
                )));
            }
            if bytes[26..40] != GUID_TAIL {
                return Err(HeaderError::Unsupported(
                    "a WAV file of an encoding unknown to us".to_owned(),
                ));
            }
            tag = u16_at(&bytes, 24);
        }
        Ok(Self {
            tag,
            channels: u16_at(&bytes, 2),
            rate: u32_at(&bytes, 4),
            block: u16_at(&bytes, 12),
            bits: u16_at(&bytes, 14),
        })
    }

    fn header(&self, container: &'static str, sizes: &Sizes) -> Result<Header, HeaderError> {
        if self.channels == 0 || self.channels > MAX_CHANNELS {
            return Err(damaged(&format!(
                "it says it has {} channels",
                self.channels
            )));
        }
        if self.rate == 0 {
            return Err(damaged("it says its sample rate is 0 Hz"));
        }
        let mut warnings = Vec::new();
        let bytes = self.sample_bytes();
        let sample = match (self.tag, bytes) {
            (PCM, 1) => Sample::U8,
            (PCM, 2) => Sample::S16,
            (PCM, 3) => Sample::S24,
            (PCM, 4) => Sample::S32,
            (FLOAT, 4) => Sample::F32,
            (FLOAT, 8) => Sample::F64,
            (ALAW, _) => Sample::ALaw,
            (MULAW, _) => Sample::MuLaw,
            (PCM | FLOAT, _) => {
                return Err(damaged(&format!(
                    "it says its samples have {} bits",
                    self.bits
                )));
            }
            (tag, _) => {
                return Err(HeaderError::Unsupported(format!(
                    "a WAV file of {}",
                    encoding_words(tag)
                )));
            }
        };
        if usize::from(self.block) != usize::from(self.channels) * sample.bytes() {
            warnings.push(format!(
                "its header says that {} channels of {} take {} bytes, which cannot be; it is read with {}",
                self.channels,
                sample.describe(),
                self.block,
                usize::from(self.channels) * sample.bytes(),
            ));
        }
        Ok(Header {
            container,
            sample,
            channels: self.channels,
            rate: self.rate,
            data_bytes: sizes.data_bytes(),
            offset: sizes.offset,
            warnings,
        })
    }

    /// Bytes of one sample: by the block where it is a whole multiple (20 bits may stand in 3 or 4 bytes), else
    /// by the bits.
    fn sample_bytes(&self) -> u16 {
        let by_bits = self.bits.div_ceil(8);
        let by_block = self.block / self.channels;
        if self.block.is_multiple_of(self.channels) && by_block >= by_bits && by_block <= 8 {
            by_block
        } else {
            by_bits
        }
    }
}

/// The sizes that a header states and the file's own.
struct Sizes {
    riff: u32,
    data: u32,
    long_data: Option<u64>,
    length: Option<u64>,
    offset: u64,
}

impl Sizes {
    /// What to believe of them.
    fn data_bytes(&self) -> Option<u64> {
        if let (Some(long), u32::MAX) = (self.long_data, self.data) {
            return (long != 0 && long < u64::MAX / 2).then_some(long);
        }
        let is_open = match self.data {
            // Nothing was put in after the end: neither here nor in the outer size, which else counts what follows.
            0 => self.riff == 0 || self.riff == u32::MAX || u64::from(self.riff) + 8 <= self.offset,
            // What sox, ffmpeg and others put in for "until the end".
            0x7FFF_F000..=0x7FFF_FFFF | 0xFFFF_F000..=u32::MAX => true,
            // Above 4 GiB only the remainder fits, so the size says nothing.
            _ => self
                .length
                .is_some_and(|length| length > u64::from(u32::MAX)),
        };
        (!is_open).then_some(u64::from(self.data))
    }
}

fn damaged(problem: &str) -> HeaderError {
    HeaderError::Damaged(problem.to_owned())
}

fn encoding_words(tag: u16) -> String {
    match tag {
        0x0002 => "Microsoft ADPCM".to_owned(),
        0x0011 => "IMA ADPCM".to_owned(),
        0x0031 => "GSM 06.10".to_owned(),
        0x0040 | 0x0045 | 0x0064 | 0x0065 => "ADPCM of G.721 or G.726".to_owned(),
        0x0050 | 0x0055 => "MPEG audio".to_owned(),
        0x0083 => "G.729".to_owned(),
        tag => format!("an encoding unknown to us (format tag {tag:#06x})"),
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

pub(super) const PCM: u16 = 1;
pub(super) const FLOAT: u16 = 3;
pub(super) const ALAW: u16 = 6;
pub(super) const MULAW: u16 = 7;
const EXTENSIBLE: u16 = 0xFFFE;
/// The GUIDs of WAVE_FORMAT_EXTENSIBLE are the plain tag followed by these bytes.
const GUID_TAIL: [u8; 14] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];
