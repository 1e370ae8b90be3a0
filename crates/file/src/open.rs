//! Finds out what an input is, and opens it as interleaved samples.

use std::io::{self, Read};

use audio_converter::{Encoding, Format};

use crate::ending::{ending, raw_ending};
use crate::error::{Error, Result};
use crate::info::Info;
use crate::input::{Input, Reader};
use crate::samples::Sample;
use crate::sniff::{self, Kind};
use crate::source::SourceOptions;
use crate::wav::{self, HeaderError};
use crate::{ffmpeg, media};

/// Where interleaved bytes come from.
pub(crate) enum Bytes {
    /// A WAV or raw file: from its first sample, and whether what follows the samples can be looked at.
    Plain {
        reader: Reader,
        has_length: bool,
    },
    Media(media::Decoder),
    Ffmpeg(ffmpeg::Child),
}

/// What has been found out about an input, ready to be read.
pub(crate) struct Opened {
    pub(crate) bytes: Bytes,
    pub(crate) sample: Sample,
    pub(crate) remaining: Option<u64>,
    pub(crate) info: Info,
}

/// Decides what the input is: its content where that is unmistakable, else the options, else its name.
pub(crate) fn open(input: &mut Input, options: &SourceOptions) -> Result<Opened> {
    let kind = sniff::kind(&input.head);
    if input.head.is_empty() {
        return match options.from {
            Some(from) if options.accepts_empty => open_raw(input, from, kind),
            _ => Err(Error::Empty {
                name: input.name.clone(),
            }),
        };
    }
    let mut opened = match kind {
        Kind::Wav => match (open_wav(input, options), options.from) {
            (Err(Error::Header { problem, .. }), Some(from)) if options.accepts_text => {
                let mut opened = open_raw(input, from, kind)?;
                opened.info.warnings.push(format!(
                    "its header is damaged ({problem}), so its bytes are read as {from}"
                ));
                return Ok(opened);
            }
            (opened, _) => opened?,
        },
        Kind::Media | Kind::Foreign => open_media(input, kind, options)?,
        Kind::Text if !options.accepts_text || options.from.is_none() => {
            return Err(Error::Text {
                name: input.name.clone(),
            });
        }
        Kind::Text | Kind::Unknown => {
            match (options.from, input.path.as_deref().and_then(raw_ending)) {
                (Some(format), _) => return open_raw(input, format, kind),
                (None, Some((encoding, Some(rate)))) => {
                    let format = Format::new(encoding, rate);
                    let format = format.map_err(|source| Error::Convert {
                        name: input.name.clone(),
                        source,
                    })?;
                    return open_raw(input, format, kind);
                }
                (None, Some((encoding, None))) => {
                    return Err(Error::RateUnknown {
                        name: input.name.clone(),
                        encoding,
                    });
                }
                (None, None) => open_media(input, kind, options)?,
            }
        }
    };
    if let Some(from) = options.from
        && (Sample::of(from.encoding()) != Some(opened.sample) || from.rate() != opened.info.rate)
    {
        let text = format!(
            "its container is {} and it is read as its header says, not as {from}",
            opened.info.container
        );
        opened.info.warnings.push(text);
    }
    Ok(opened)
}

fn open_raw(input: &mut Input, format: Format, kind: Kind) -> Result<Opened> {
    let sample = Sample::of(format.encoding()).ok_or_else(|| Error::Unknown {
        name: input.name.clone(),
        detail: None,
    })?;
    let mut warnings = Vec::new();
    if kind == Kind::Text {
        warnings.push("it looks like text".to_owned());
    }
    let info = Info {
        container: "raw".to_owned(),
        encoding: sample.describe().to_owned(),
        bits: Some(sample.bytes() as u32 * 8),
        channels: 1,
        rate: format.rate(),
        frames: input.length().map(|length| length / sample.bytes() as u64),
        warnings,
    };
    let reader = input
        .reader()
        .map_err(|error| Error::read(&input.name, error))?;
    Ok(Opened {
        bytes: Bytes::Plain {
            reader,
            has_length: false,
        },
        sample,
        remaining: None,
        info,
    })
}

fn open_wav(input: &mut Input, options: &SourceOptions) -> Result<Opened> {
    let length = input.length();
    let mut reader = input
        .reader()
        .map_err(|error| Error::read(&input.name, error))?;
    let mut kept = Kept {
        reader: &mut reader,
        bytes: Vec::new(),
    };
    let header = wav::parse(&mut kept, length).and_then(|header| {
        Format::new(Encoding::Pcm16, header.rate)
            .map(|_| header)
            .map_err(|error| HeaderError::Damaged(error.to_string()))
    });
    let bytes = kept.bytes;
    let header = match header {
        Ok(header) => header,
        Err(HeaderError::Io(error)) => return Err(Error::read(&input.name, error)),
        Err(HeaderError::Damaged(problem)) => {
            input.give_back(bytes, reader);
            return Err(Error::Header {
                name: input.name.clone(),
                problem,
            });
        }
        Err(HeaderError::Unsupported(problem)) if !input.is_file() => {
            return Err(Error::Undecodable {
                name: input.name.clone(),
                problem,
                hint: "save it to a file first, or decode it with ffmpeg before".to_owned(),
            });
        }
        Err(HeaderError::Unsupported(_)) => return open_media(input, Kind::Media, options),
    };
    let promised = header.data_bytes;
    let present = length.map(|length| length.saturating_sub(header.offset));
    let frame = u64::from(header.channels) * header.sample.bytes() as u64;
    let bytes = match (promised, present) {
        (Some(promised), Some(present)) => Some(promised.min(present)),
        (promised, present) => promised.or(present),
    };
    let info = Info {
        container: header.container.to_owned(),
        encoding: header.sample.describe().to_owned(),
        bits: Some(header.sample.bytes() as u32 * 8),
        channels: header.channels,
        rate: header.rate,
        frames: bytes.map(|bytes| bytes / frame),
        warnings: header.warnings,
    };
    let has_length = length.is_some();
    Ok(Opened {
        bytes: Bytes::Plain { reader, has_length },
        sample: header.sample,
        remaining: promised,
        info,
    })
}

/// Keeps what is read of a stream's header, so that it can be read again as samples: the first bytes of a header that
/// goes on for longer.
struct Kept<'a> {
    reader: &'a mut Reader,
    bytes: Vec<u8>,
}

impl Read for Kept<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        let room = MAX_KEPT_BYTES.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&buffer[..count.min(room)]);
        Ok(count)
    }
}

const MAX_KEPT_BYTES: usize = 1 << 16;

/// By our own decoders, else by ffmpeg.
fn open_media(input: &mut Input, kind: Kind, options: &SourceOptions) -> Result<Opened> {
    // A pipe can be read only once: ours gets it when the signature says that it is one of ours.
    let is_ours = match kind {
        Kind::Foreign => false,
        Kind::Media => true,
        Kind::Wav | Kind::Text | Kind::Unknown => {
            input.is_file() || options.is_without_programs || !ffmpeg::is_installed()
        }
    };
    let mut problem = None;
    if is_ours {
        let reader = input
            .reader()
            .map_err(|error| Error::read(&input.name, error))?;
        let ending = input.path.as_deref().and_then(ending);
        match media::open(reader, ending.as_deref()) {
            Ok((decoder, info)) => {
                return Ok(Opened {
                    bytes: Bytes::Media(decoder),
                    sample: Sample::F32,
                    remaining: None,
                    info,
                });
            }
            Err(error) => problem = Some(error),
        }
        if !input.is_file() && kind == Kind::Media {
            return Err(Error::Undecodable {
                name: input.name.clone(),
                problem: "it is damaged, or of a kind that cannot be read from a pipe".to_owned(),
                hint: "save it to a file first".to_owned(),
            });
        }
    }
    let decoded = if options.is_without_programs {
        Err(ffmpeg::Failure::NotInstalled)
    } else {
        ffmpeg::open(input)
    };
    match decoded {
        Ok((child, header, info)) => Ok(Opened {
            bytes: Bytes::Ffmpeg(child),
            sample: header.sample,
            remaining: None,
            info,
        }),
        Err(failure) => Err(not_decoded(input, kind, problem, failure)),
    }
}

fn not_decoded(input: &Input, kind: Kind, ours: Option<String>, failure: ffmpeg::Failure) -> Error {
    let name = input.name.clone();
    match (kind, failure) {
        (Kind::Unknown, ffmpeg::Failure::Failed(_)) => Error::Unknown { name, detail: None },
        (Kind::Unknown, ffmpeg::Failure::NotInstalled) => Error::Unknown {
            name,
            detail: Some("other kinds of media need ffmpeg, which is not installed".to_owned()),
        },
        (_, ffmpeg::Failure::Failed(problem)) => Error::Undecodable {
            name,
            problem,
            hint: "check that it plays elsewhere; it may be damaged".to_owned(),
        },
        (_, ffmpeg::Failure::NotInstalled) => Error::Undecodable {
            name,
            problem: ours.unwrap_or_else(|| "its encoding is unknown to us".to_owned()),
            hint: "install ffmpeg, which reads most other kinds, or convert it to WAV elsewhere"
                .to_owned(),
        },
    }
}
