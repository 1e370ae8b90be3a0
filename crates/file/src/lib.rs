//! Audio files, raw streams and other media as streams of mono samples, and back.
//!
//! This crate stands between files and the [`audio_converter`] core, which knows only bytes in a
//! [`Format`](audio_converter::Format):
//!
//! - [`Source`] reads WAV (8 to 32-bit, float, µ-law, A-law, any number of channels, from pipes and with headers that
//!   lie), raw samples, and other media (mp3, flac, ogg, m4a, aac, caf, aiff …; what it cannot decode itself by an
//!   installed `ffmpeg`) as one stream of mono samples.
//! - [`Sink`] writes WAV or raw samples: a file that appears whole or not at all, or a pipe as the samples come.
//! - [`convert_file`] does both with a converter between.
//!
//! Memory is constant whatever the size of a WAV or raw file (other media keep their metadata and indices). No input
//! makes it panic. Errors are one line that names the file, with a
//! [hint](Error::hint).
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use audio_converter_file::{Conversion, convert_file};
//!
//! # let folder = tempfile::tempdir()?;
//! # let (speech, call) = (folder.path().join("speech.wav"), folder.path().join("call.ulaw"));
//! # let mut file = audio_converter_file::wav::header("pcm16/24000".parse()?, Some(480)).unwrap();
//! # file.extend([0; 480]);
//! # std::fs::write(&speech, file)?;
//! // speech.wav becomes call.ulaw: µ-law at 8 kHz, as the name tells.
//! let report = convert_file(&speech, &call, &Conversion::default(), &mut |_| ControlFlow::Continue(()))?;
//! assert_eq!(report.to, "mulaw/8000".parse()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Crate features: `media` (default) decodes other media by itself, through symphonia (MPL-2.0). Without it they need
//! an installed `ffmpeg`. Symphonia panics on some damaged files; that is caught (so do not build with
//! `panic = "abort"`), though the panic hook prints it unless the program sets another.

mod channel;
mod convert;
mod ending;
mod error;
mod ffmpeg;
mod info;
mod input;
mod media;
mod name;
mod open;
mod samples;
mod sink;
mod sniff;
mod source;
pub mod wav;
mod whole;

pub use channel::{Channel, ChannelError};
pub use convert::{Conversion, Position, Report, convert_file};
pub use ending::{Container, output_format, raw_ending};
pub use error::{Error, Result};
pub use info::Info;
pub use sink::{Sink, write_file};
pub use source::{Source, SourceOptions};
pub use whole::remove_unfinished;
