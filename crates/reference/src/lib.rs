//! The plain twin of `audio-converter`: the same conversions, written to be believed rather than to be fast.
//!
//! Everything here is double precision, whole streams in memory, one loop a formula, no tables and no shared
//! code with the converter that it checks. It is the specification that runs: the tests of `audio-converter`
//! compare with it byte by byte, `cargo xtask tables` writes the converter's filters from [`design`], and
//! `cargo xtask vectors` writes `testdata/vectors.json`, which the tests of every language read, from
//! [`convert()`].
//!
//! ```
//! use audio_converter_reference::{Format, Quality, convert};
//!
//! let phone = Format::named("mulaw/8000").unwrap();
//! let model = Format::named("pcm16/16000").unwrap();
//! // 20 ms of µ-law silence become 20 ms of PCM silence, twice as many samples of two bytes each.
//! assert_eq!(convert(phone, model, Quality::Voice, &[0xFF; 160]), [0; 640]);
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`g711`] | µ-law and A-law by the rule of ITU-T G.191's `g711.c` |
//! | [`design`] | the Remez exchange and the Kaiser window |
//! | [`filter`] | the presets: their lengths, edges and integer coefficients |
//! | [`resample()`] | the sum of products, straight from its definition |
//! | [`convert()`] | whole streams of bytes between two formats |
//! | [`response`] | gain, ripple and stop-band level of a filter |

#![warn(missing_docs)]

pub mod convert;
pub mod design;
pub mod filter;
mod format;
pub mod g711;
pub mod resample;
pub mod response;

pub use convert::convert;
pub use filter::Quality;
pub use format::{Encoding, Format};
pub use resample::resample;
