//! Reading: any file as a stream of mono samples.

use std::io::{self, Read};
use std::path::Path;

use audio_converter::Format;

use crate::channel::Channel;
use crate::error::{Error, Result};
use crate::info::Info;
use crate::input::{Input, Reader};
use crate::open::{Bytes, Opened, open};
use crate::samples::Mono;
use crate::wav;

/// How to read an input.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SourceOptions {
    /// What the bytes are when they are samples without a header. A file that has one is read by its header all
    /// the same, with a warning where the two differ; one whose header is damaged, only with `accepts_text`.
    pub from: Option<Format>,
    /// Whether `from` holds even for bytes that are plainly text, or follow a damaged WAV header.
    pub accepts_text: bool,
    /// Whether raw samples of `from` may be none at all: a recording all the same, and not a mistake.
    pub accepts_empty: bool,
    /// What becomes of several channels.
    pub channel: Channel,
    pub(crate) is_without_programs: bool,
}

impl SourceOptions {
    /// Samples of `from` where there is no header, be they text or not.
    #[must_use]
    pub fn raw(from: Format) -> Self {
        Self {
            from: Some(from),
            accepts_text: true,
            ..Self::default()
        }
    }

    /// The same without other programs (ffmpeg): for callers that shall not start other programs.
    #[must_use]
    pub const fn without_programs(mut self) -> Self {
        self.is_without_programs = true;
        self
    }

    /// The same with another choice of channel.
    #[must_use]
    pub const fn with_channel(mut self, channel: Channel) -> Self {
        self.channel = channel;
        self
    }
}

/// An open recording: a stream of mono samples in a [`Format`], in constant memory.
///
/// What the file is, its content decides where that is unmistakable (WAV, FLAC, MP4 …); else
/// [`SourceOptions`], else the name's ending.
///
/// ```
/// use audio_converter_file::{Source, SourceOptions, wav};
///
/// let mut file = wav::header("mulaw/8000".parse()?, Some(3)).unwrap();
/// file.extend([0xFF, 0x7F, 0x00]);
///
/// let mut source = Source::from_reader("example", std::io::Cursor::new(file), &SourceOptions::default())?;
/// assert_eq!(source.format(), "mulaw/8000".parse()?);
/// assert_eq!(source.info().describe(), "WAV, µ-law, mono, 8000 Hz");
/// let mut samples = [0; 160];
/// assert_eq!(source.read(&mut samples)?, 3);
/// assert_eq!(source.read(&mut samples)?, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Source {
    name: String,
    format: Format,
    info: Info,
    mono: Mono,
    bytes: Bytes,
    /// Interleaved bytes read and not yet converted: `buffer[start..end]`.
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Bytes of samples still to come, where the header tells.
    remaining: Option<u64>,
    is_at_end: bool,
    accepts_empty: bool,
    seen: u64,
}

impl Source {
    /// Opens a file, or standard input for `-` (a file of that name is `./-`).
    ///
    /// # Errors
    ///
    /// When it cannot be read, is empty, a folder or text, has a damaged header, an encoding that neither we nor an
    /// installed ffmpeg can decode, or no header and nothing that tells what its samples are.
    pub fn open(path: impl AsRef<Path>, options: &SourceOptions) -> Result<Self> {
        Self::new(Input::open(path.as_ref())?, options)
    }

    /// Reads from a stream, which is read no further than each [`Source::read`] needs. `name` stands in messages, and
    /// its ending tells as that of a file.
    ///
    /// # Errors
    ///
    /// As [`Source::open`].
    pub fn from_reader(
        name: &str,
        reader: impl Read + Send + 'static,
        options: &SourceOptions,
    ) -> Result<Self> {
        let mut input = Input::stream(name.to_owned(), Box::new(reader))?;
        input.path = Some(name.into());
        Self::new(input, options)
    }

    fn new(mut input: Input, options: &SourceOptions) -> Result<Self> {
        let opened = open(&mut input, options)?;
        let Opened {
            bytes,
            sample,
            remaining,
            info,
        } = opened;
        let mono =
            Mono::new(sample, info.channels, options.channel).ok_or_else(|| Error::NoChannel {
                name: input.name.clone(),
                channel: match options.channel {
                    Channel::One(number) => number.get(),
                    Channel::Mix => 1,
                },
                channels: info.channels,
            })?;
        let format = Format::new(mono.encoding(), info.rate).map_err(|error| Error::Header {
            name: input.name.clone(),
            problem: error.to_string(),
        })?;
        let is_raw = info.container == "raw";
        let buffer = vec![0; BUFFER_BYTES].into_boxed_slice();
        Ok(Self {
            name: input.name,
            format,
            info,
            mono,
            bytes,
            buffer,
            start: 0,
            end: 0,
            remaining,
            is_at_end: false,
            // A header promises sound.
            accepts_empty: options.accepts_empty && is_raw,
            seen: 0,
        })
    }

    /// What [`Source::read`] gives.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// What the file says about itself. Warnings can be added up to its end.
    #[must_use]
    pub const fn info(&self) -> &Info {
        &self.info
    }

    /// The name that stands in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads whole mono samples of [`Source::format`] into `out` and returns the bytes written: 0 at the end.
    ///
    /// Gives what there is as soon as it is there. `out` must have room for a sample (4 bytes are always enough).
    ///
    /// # Errors
    ///
    /// When the input cannot be read any further, or the file ends without one sample in it. A file cut short is
    /// no error: what is there is given, with a warning in [`Source::info`].
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let (frame, width) = (self.mono.frame_bytes(), self.format.bytes_per_sample());
        loop {
            let count = self.mono.convert(&self.buffer[self.start..self.end], out);
            if count > 0 {
                self.start += count * frame;
                self.seen += count as u64;
                return Ok(count * width);
            }
            if self.is_at_end || out.len() < width {
                return if self.seen == 0 && self.is_at_end && !self.accepts_empty {
                    Err(Error::NoSound {
                        name: self.name.clone(),
                        info: Box::new(self.info.clone()),
                    })
                } else {
                    Ok(0)
                };
            }
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            self.fill()?;
        }
    }

    /// Reads once. At the end of the samples notes what is odd about it.
    fn fill(&mut self) -> Result<()> {
        let room = self.buffer.len() - self.end;
        let wanted = self
            .remaining
            .map_or(room, |left| room.min(usize::try_from(left).unwrap_or(room)));
        let got = loop {
            let space = &mut self.buffer[self.end..self.end + wanted];
            let result = match &mut self.bytes {
                _ if wanted == 0 => Ok(0),
                Bytes::Plain { reader, .. } => reader.read(space),
                Bytes::Media(decoder) => decoder.read(space),
                Bytes::Ffmpeg(child) => child.read(space),
            };
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other.map_err(|error| Error::read(&self.name, error))?,
            }
        };
        self.end += got;
        if let Some(remaining) = &mut self.remaining {
            *remaining -= got as u64;
        }
        if got == 0 {
            self.note_end()?;
            self.is_at_end = true;
        }
        Ok(())
    }

    fn note_end(&mut self) -> Result<()> {
        let said = match &mut self.bytes {
            Bytes::Plain { .. } => None,
            Bytes::Media(decoder) => decoder.complaint(),
            Bytes::Ffmpeg(child) => child.end().map_err(|problem| Error::Undecodable {
                name: self.name.clone(),
                problem,
                hint: "check that it plays elsewhere; it may be damaged".to_owned(),
            })?,
        };
        let left = self.end - self.start;
        let warnings = &mut self.info.warnings;
        match self.remaining {
            Some(missing) if missing > 0 => {
                let frames = missing.div_ceil(self.mono.frame_bytes() as u64);
                warnings.push(format!(
                    "it is cut short: {:.2} s of the {:.2} s that its header promises are missing",
                    frames as f64 / f64::from(self.info.rate),
                    (frames + self.seen) as f64 / f64::from(self.info.rate),
                ));
            }
            Some(_) if left == 0 => {
                if let Bytes::Plain {
                    reader,
                    has_length: true,
                } = &mut self.bytes
                    && has_more_sound(reader)
                {
                    warnings.push(
                        "more bytes follow the sound that its header tells of; they are left out"
                            .to_owned(),
                    );
                }
            }
            _ => {}
        }
        if left > 0 {
            let bytes = if left == 1 { "byte is" } else { "bytes are" };
            warnings.push(format!(
                "its last {left} {bytes} no whole sample and left out"
            ));
        }
        warnings.extend(said);
        Ok(())
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .field("format", &self.format)
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

/// Whether what follows the samples is neither another chunk nor padding.
fn has_more_sound(reader: &mut Reader) -> bool {
    let mut next = [0; 9];
    let mut filled = 0;
    while let Ok(count @ 1..) = reader.read(&mut next[filled..]) {
        filled += count;
    }
    let is_chunk = |bytes: &[u8]| {
        bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b" _-\0".contains(byte))
    };
    filled >= 8 && !is_chunk(&next[..4]) && !is_chunk(&next[1..5])
}

/// Room for at least eight frames of the widest kind.
const BUFFER_BYTES: usize = 1 << 16;

const _: () = assert!(BUFFER_BYTES >= 8 * 8 * wav::MAX_CHANNELS as usize);
