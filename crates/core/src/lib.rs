//! Streaming conversion between telephone audio and the PCM of voice models.
//!
//! Phones carry 8 kHz µ-law or A-law, voice models hear and speak 16-bit PCM at 16 or 24 kHz. This crate converts
//! between any two [`Format`]s, a chunk at a time: exact G.711, a resampling filter whose response is measured and
//! stated, and no faults at the seams between chunks.
//!
//! # A chunk
//!
//! ```
//! use audio_converter::Converter;
//!
//! let mut to_phone = Converter::new("pcm16/24000".parse()?, "mulaw/8000".parse()?)?;
//! # let model_speech = vec![0_u8; 960];
//! let codes: Vec<u8> = to_phone.process(&model_speech); // 20 ms, or any other number of bytes
//! # Ok::<(), audio_converter::Error>(())
//! ```
//!
//! # From the phone to the model
//!
//! ```
//! use audio_converter::{Converter, Encoding, Format};
//!
//! let phone = Format::new(Encoding::MuLaw, 8_000)?;
//! let model = Format::new(Encoding::Pcm16, 16_000)?;
//! let mut to_model = Converter::new(phone, model)?;
//! assert_eq!(to_model.latency().as_micros(), 1_937);
//! # Ok::<(), audio_converter::Error>(())
//! ```
//!
//! # A whole stream
//!
//! ```
//! use audio_converter::Converter;
//!
//! let converter = Converter::new("mulaw/8000".parse()?, "pcm16/24000".parse()?)?;
//! let call = vec![0xFF_u8; 8_000];
//! let pcm: Vec<u8> = converter.chunks(call.chunks(160)).flatten().collect();
//! assert_eq!(pcm.len(), 24_000 * 2); // not one sample lost
//! # Ok::<(), audio_converter::Error>(())
//! ```
//!
//! # Without allocation
//!
//! ```
//! use audio_converter::{Converter, Quality};
//!
//! let mut converter =
//!     Converter::with_quality("alaw/8000".parse()?, "pcm16/48000".parse()?, Quality::LowLatency)?;
//! let mut room = [0; 1_920];
//! assert!(converter.max_output(160) <= room.len());
//! let progress = converter.process_into(&[0xD5; 160], &mut room);
//! assert!(progress.is_done);
//! # Ok::<(), audio_converter::Error>(())
//! ```
//!
//! # What holds
//!
//! Each is a property test against a plain second implementation, on every SIMD level of the CPU (`tests/laws.rs`):
//!
//! 1. **Cut**: the input may be cut anywhere, also inside a sample; the output has the same bytes.
//! 2. **Length**: after `finish`, `N` whole input samples have given exactly ⌈N · out / in⌉.
//! 3. **Time**: output sample `k` belongs to instant `k / out`; the filter's delay is taken out.
//! 4. **Promptness**: an output sample leaves with the call that supplied the last input sample that the filter's
//!    window around it reaches.
//! 5. **Saturation**: what is louder than full scale clips and never wraps; rounding is to nearest.
//! 6. **Same bytes** in Rust, Python and Node, on every CPU: all sums are exact, so their order does not matter.
//! 7. **Passthrough**: equal formats pass untouched.
//!
//! # What this crate does not do
//!
//! It reads no files (see `audio-converter-file`), mixes no channels, changes no levels, conceals no gaps, and
//! follows no clock that drifts: the ratio of the rates is fixed. Samples are computed as 16-bit integers unless
//! one side is [`Encoding::F32`].
//!
//! # Features
//!
//! - `std` (default): finds the CPU's SIMD level at run time, shares filters between all converters, and adds
//!   [`Converter::reader`]. Without it the crate needs `alloc` only, uses the level that it was compiled for, and
//!   only clones share their filter.
//! - `futures`: adds `Converter::stream` for asynchronous streams of chunks.
//! - `scalar`: adds the level without SIMD to those that tests compare.
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

/// The README's Rust is compiled with the documentation's examples.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

mod adapters;
mod codec;
mod converter;
mod error;
mod filter;
mod format;
pub mod g711;
mod kernel;
mod level;
mod quality;
mod recode;
mod resampler;

#[cfg(feature = "futures")]
pub use adapters::ChunkStream;
pub use adapters::Chunks;
#[cfg(feature = "std")]
pub use adapters::Reader;
pub use converter::{Converter, Progress};
pub use error::{Error, ErrorKind};
pub use format::{Encoding, Format};
pub use quality::Quality;

#[doc(hidden)]
pub use fearless_simd::Level as __Level;
#[cfg(feature = "std")]
#[doc(hidden)]
pub use level::available as __levels;
