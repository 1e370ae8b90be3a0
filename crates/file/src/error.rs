//! What can go wrong with a file, said in one line that names it, with a hint of what to do.

use std::io;

use crate::info::Info;

/// Why a file could not be read, converted or written.
///
/// The text is one line that names the file; [`Error::hint`] says what to do about it.
///
/// ```
/// use audio_converter_file::{Error, Source, SourceOptions};
///
/// let error = Source::open("no-such.wav", &SourceOptions::default()).unwrap_err();
/// assert!(matches!(error, Error::Read { .. }));
/// assert_eq!(error.to_string(), "cannot read no-such.wav: no such file or directory");
/// assert!(error.hint().is_some());
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused to open or read the input.
    #[error("cannot read {name}: {}", plain(.source))]
    Read {
        /// The input.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// The system refused to create or write the output. No part of it is left behind.
    #[error("cannot write {name}: {}", plain(.source))]
    Write {
        /// The output.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// A folder was given where a file is wanted.
    #[error("{name} is a folder, not a file")]
    Folder {
        /// The folder.
        name: String,
    },
    /// The input has no bytes at all.
    #[error("{name} is empty")]
    Empty {
        /// The input.
        name: String,
    },
    /// The input has a sound header but not one whole sample.
    #[error("{name} holds no sound: {}", .info.describe())]
    NoSound {
        /// The input.
        name: String,
        /// What its header says.
        info: Box<Info>,
    },
    /// The input is text.
    #[error("{name} is text, not sound")]
    Text {
        /// The input.
        name: String,
    },
    /// Neither name nor content tell what the bytes mean.
    #[error("cannot tell what {name} holds")]
    Unknown {
        /// The input.
        name: String,
        /// What the attempt to decode it as a media file said.
        detail: Option<String>,
    },
    /// The header contradicts itself or is cut short.
    #[error("{name} has a damaged header: {problem}")]
    Header {
        /// The input.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The file is sound, in an encoding that nothing here can decode.
    #[error("cannot decode {name}: {problem}")]
    Undecodable {
        /// The input.
        name: String,
        /// Which encoding, or what the decoder said.
        problem: String,
        /// What would help.
        hint: String,
    },
    /// Raw samples whose rate nothing tells.
    #[error("{name} has no header, so its sample rate is unknown")]
    RateUnknown {
        /// The input.
        name: String,
        /// The encoding that its ending tells.
        encoding: audio_converter::Encoding,
    },
    /// There is no such channel.
    #[error("{name} has no channel {channel}: it has {channels}")]
    NoChannel {
        /// The input.
        name: String,
        /// The channel asked for, the first being 1.
        channel: u16,
        /// How many there are.
        channels: u16,
    },
    /// Input and output are one file.
    #[error("{name} is both input and output")]
    SameFile {
        /// The output.
        name: String,
    },
    /// The output exists and was not to be replaced.
    #[error("{name} exists already")]
    Exists {
        /// The output.
        name: String,
    },
    /// Nothing tells which format the output shall have.
    #[error("cannot tell which format {name} shall have")]
    OutputUnknown {
        /// The output.
        name: String,
    },
    /// The output's ending names a kind of file that cannot be written.
    #[error("cannot write {name}: .{ending} files can be read, but not written")]
    OutputUnsupported {
        /// The output.
        name: String,
        /// Its ending.
        ending: String,
    },
    /// A WAV file cannot hold the encoding.
    #[error("cannot write {name}: a WAV file cannot hold {encoding}")]
    NotInWav {
        /// The output.
        name: String,
        /// The encoding.
        encoding: audio_converter::Encoding,
    },
    /// The caller broke off. No part of the output is left behind.
    #[error("{name} was not written: the conversion was broken off")]
    Cancelled {
        /// The output.
        name: String,
    },
    /// No converter between the two formats.
    #[error("cannot convert {name}: {source}")]
    Convert {
        /// The input.
        name: String,
        /// Why not.
        source: audio_converter::Error,
    },
}

/// What every function of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// What to do about it, in one line without a full stop.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Read { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => "check the name and the folder".to_owned(),
                io::ErrorKind::PermissionDenied => {
                    "make it readable, as in `chmod u+r FILE`".to_owned()
                }
                _ => return None,
            },
            Self::Write { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => "create the folder first".to_owned(),
                io::ErrorKind::PermissionDenied => {
                    "choose a file and folder that you may write".to_owned()
                }
                io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::FileTooLarge => {
                    "make room or choose another folder; no part of the output was left behind"
                        .to_owned()
                }
                io::ErrorKind::ReadOnlyFilesystem => "choose another folder".to_owned(),
                _ => return None,
            },
            Self::Folder { .. } => "name a file in it".to_owned(),
            Self::Empty { .. } => "check what was to write it".to_owned(),
            Self::NoSound { .. } => {
                "the recording was probably cut off before its first sample".to_owned()
            }
            Self::Text { .. } => {
                "if these bytes are samples all the same, say which, as in `--from mulaw/8000`"
                    .to_owned()
            }
            Self::Unknown { detail, .. } => {
                let hint = "if these bytes are samples without a header, say which, as in `--from pcm16/24000`";
                detail
                    .as_ref()
                    .map_or_else(|| hint.to_owned(), |detail| format!("{hint} ({detail})"))
            }
            Self::Header { .. } => {
                "make the file again, or give its bytes as raw samples with `--from`".to_owned()
            }
            Self::Undecodable { hint, .. } => hint.clone(),
            Self::RateUnknown { encoding, .. } => {
                format!("give it, as in `--from {encoding}/24000`")
            }
            Self::NoChannel { channels: 1, .. } => "leave `--channel` away".to_owned(),
            Self::NoChannel { channels, .. } => {
                format!("give `--channel` a number from 1 to {channels}, or `mix`")
            }
            Self::SameFile { .. } => "give the output another name".to_owned(),
            Self::Exists { .. } => "remove it, or leave `--no-clobber` away".to_owned(),
            Self::OutputUnknown { .. } => {
                "give `--to`, as in `--to mulaw/8000`, or an ending such as .wav or .ulaw"
                    .to_owned()
            }
            Self::OutputUnsupported { .. } => {
                "write a .wav file and convert that one with ffmpeg or sox".to_owned()
            }
            Self::NotInWav { .. } => {
                "give `--to pcm16/RATE`, or a name that does not end in .wav".to_owned()
            }
            Self::Convert { .. } | Self::Cancelled { .. } => return None,
        })
    }

    /// Whether the reader of our output went away, as in `… - | head`: for a filter that is success.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Write { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }

    pub(crate) fn read(name: &str, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::IsADirectory {
            return Self::Folder {
                name: name.to_owned(),
            };
        }
        Self::Read {
            name: name.to_owned(),
            source,
        }
    }

    pub(crate) fn write(name: &str, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::IsADirectory {
            return Self::Folder {
                name: name.to_owned(),
            };
        }
        Self::Write {
            name: name.to_owned(),
            source,
        }
    }
}

/// The system's words without its "(os error 2)", in lower case: they stand within a sentence.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}
