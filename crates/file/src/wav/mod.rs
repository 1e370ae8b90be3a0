//! The WAV header, read from any stream and written for any file.
//!
//! Our own parser and writer rather than hound's: hound (3.5) reads neither µ-law and A-law (tags 7 and 6)
//! nor streams of unknown length, and its writer must seek back, which a pipe cannot. It remains the second
//! opinion in our tests, in both directions.
//!
//! ```
//! use audio_converter_file::wav;
//!
//! let header = wav::header("mulaw/8000".parse()?, Some(160)).unwrap();
//! let parsed = wav::parse(&header[..], None)?;
//! assert_eq!((parsed.sample, parsed.channels, parsed.rate), (wav::Sample::MuLaw, 1, 8_000));
//! assert_eq!(parsed.data_bytes, Some(160));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod parse;
mod write;

pub use crate::samples::{MAX_CHANNELS, Sample};
pub use parse::{Header, HeaderError, parse};
pub use write::header;
