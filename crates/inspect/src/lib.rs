//! What a recording is and what is wrong with it: in words, as data and as a picture.
//!
//! [`inspect`] reads a recording once, in memory that does not grow with it, and makes a [`Report`]: what the file
//! says about itself, how loud it is and how noisy, which frequencies it holds, where it clicks, clips or has holes,
//! and the [`Finding`]s: what of that is wrong, how bad it is and what to do. A report is text ([`Display`]) and data
//! ([`serde::Serialize`]). [`inspect_reader`] does the same for a pipe or for bytes in memory.
//!
//! ```
//! use audio_converter_file::{SourceOptions, wav};
//! use audio_converter_inspect::{Severity, inspect};
//! use audio_converter_measure::signal;
//!
//! // A voice at a thirtieth of its usual level.
//! let voice = signal::voice(16_000.0, 120.0, 160_000, 1);
//! let mut file = wav::header("pcm16/16000".parse()?, Some(320_000)).unwrap();
//! file.extend(voice.iter().flat_map(|x| ((x * 1_000.0) as i16).to_le_bytes()));
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("quiet.wav");
//! # std::fs::write(&path, file)?;
//!
//! let report = inspect(&path, &SourceOptions::default())?.report;
//! assert_eq!((report.rate, report.seconds), (16_000, 10.0));
//! let quiet = report.findings.iter().find(|finding| finding.kind == "quiet").unwrap();
//! assert!(quiet.severity <= Severity::Warning);
//! assert!(quiet.message.starts_with("it is quiet: speech at −"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Crate features: `plot` (off) adds the picture to the [`Inspection`]: waveform and spectrogram with the places where
//! something is wrong, as SVG or PNG. `audio-converter-file` is taken without its `media`; a program that turns that on
//! has mp3, flac and the like inspected too.
//!
//! [`Display`]: std::fmt::Display

mod error;
mod findings;
mod inspection;
mod meters;
#[cfg(feature = "plot")]
mod plot;
mod report;
mod text;

pub use error::{Error, Result};
pub use inspection::{Inspection, inspect, inspect_reader};
#[cfg(feature = "plot")]
pub use plot::{Picture, draw};
pub use report::{Band, Click, Clicked, Clipped, Finding, Gap, Gapped, Levels, Report, Severity};

#[cfg(test)]
mod tests;
