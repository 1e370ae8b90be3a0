//! The JSON of Twilio Media Streams in both directions, request signatures, and TwiML.
//!
//! The gateway reads [`FromCarrier`] and writes with [`write_media`], [`write_mark`] and [`write_clear`]. An emulated
//! carrier does the opposite: it writes [`FromCarrier::write`] and [`write_caller_media`], and reads [`ToCarrier`].
//!
//! ```
//! use voice_call::twilio::{self, FromCarrier};
//!
//! let text = r#"{"event":"media","sequenceNumber":"4","streamSid":"MZ1",
//!                "media":{"track":"inbound","chunk":"2","timestamp":"20","payload":"//79/A=="}}"#;
//! let FromCarrier::Media(media) = FromCarrier::parse(text)? else {
//!     panic!("it is a media message");
//! };
//! let mut codes = Vec::new();
//! media.payload.decode_append(&mut codes)?;
//! assert_eq!(codes, [0xFF, 0xFE, 0xFD, 0xFC]);
//!
//! let mut out = String::new(); // kept for the whole call
//! twilio::write_media(&mut out, "MZ1", &codes);
//! assert_eq!(out, r#"{"event":"media","streamSid":"MZ1","media":{"payload":"//79/A=="}}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Facts are from Twilio's pages on media streams; limits that Twilio does not document are this project's, and say so.

mod digit;
mod from_carrier;
pub mod signature;
mod start;
mod to_carrier;
pub mod twiml;
mod wire;
mod write;

pub use digit::Digit;
pub use from_carrier::{Dtmf, FromCarrier, Mark, Media, Stop, Track, write_caller_media};
pub use start::{MediaFormat, Parameters, Start, Tracks};
pub use to_carrier::{ToCarrier, warning_code, write_clear, write_mark, write_media};

/// The longest message read from a carrier, in bytes.
///
/// Twilio documents no limit. A media message of 20 ms has some 350 bytes, a start message with all its parameters a
/// few thousand; this much is 6 s of sound in one message.
pub const LONGEST_FROM_CARRIER: usize = 64 << 10;

/// The longest message that an emulated carrier reads, in bytes.
///
/// Twilio takes any size; this much is 98 s of sound in one message.
pub const LONGEST_TO_CARRIER: usize = 1 << 20;

/// How many custom parameters a start message may have. Twilio documents no limit; this one is the project's.
pub const MOST_PARAMETERS: usize = 64;

/// A custom parameter's name and value together must have fewer characters than this, as Twilio documents.
pub const PARAMETER_LIMIT: usize = 500;
