//! Why a format or a converter could not be made. Conversion itself never fails.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use core::fmt;

/// Why a [`Format`](crate::Format) or a [`Converter`](crate::Converter) could not be made.
///
/// Only construction can fail; converting cannot. The text names the value and what is accepted instead;
/// [`Error::kind`] is for programs.
///
/// ```
/// use audio_converter::{ErrorKind, Format};
///
/// let error = "mulaw/8k".parse::<Format>().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Rate);
/// assert_eq!(error.to_string(), "\"8k\" is not a sample rate: give a whole number of Hz from 1 to 768000");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Cause);

/// The kind of an [`Error`], for programs that must choose what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A text is not of the form `encoding/rate`, or names an unknown encoding.
    Format,
    /// A text names an unknown quality.
    Quality,
    /// A sample rate is 0, above 768 000 Hz or not a whole number.
    Rate,
    /// The two rates have no small enough common ratio: the filter would pass the stated bound.
    Ratio,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Cause {
    UnknownEncoding(String),
    UnknownQuality(String),
    NotAFormat(String),
    NotARate(String),
    RateOutOfRange(u32),
    Ratio {
        from: u32,
        to: u32,
        taps: u64,
        bound: u64,
    },
}

impl Error {
    /// What kind of mistake this is.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self.0 {
            Cause::UnknownEncoding(_) | Cause::NotAFormat(_) => ErrorKind::Format,
            Cause::UnknownQuality(_) => ErrorKind::Quality,
            Cause::NotARate(_) | Cause::RateOutOfRange(_) => ErrorKind::Rate,
            Cause::Ratio { .. } => ErrorKind::Ratio,
        }
    }

    pub(crate) fn unknown_encoding(text: &str) -> Self {
        Self(Cause::UnknownEncoding(text.to_owned()))
    }

    pub(crate) fn unknown_quality(text: &str) -> Self {
        Self(Cause::UnknownQuality(text.to_owned()))
    }

    pub(crate) fn not_a_format(text: &str) -> Self {
        Self(Cause::NotAFormat(text.to_owned()))
    }

    pub(crate) const fn not_a_rate(text: String) -> Self {
        Self(Cause::NotARate(text))
    }

    pub(crate) const fn rate_out_of_range(rate: u32) -> Self {
        Self(Cause::RateOutOfRange(rate))
    }

    pub(crate) const fn ratio(from: u32, to: u32, taps: u64, bound: u64) -> Self {
        Self(Cause::Ratio {
            from,
            to,
            taps,
            bound,
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cause::UnknownEncoding(text) => {
                write!(
                    f,
                    "{text:?} is not an encoding: give pcm16, pcm16be, mulaw, alaw or f32"
                )
            }
            Cause::UnknownQuality(text) => {
                write!(
                    f,
                    "{text:?} is not a quality: give low-latency, voice or transparent"
                )
            }
            Cause::NotAFormat(text) => {
                write!(
                    f,
                    "{text:?} is not a format: give encoding/rate, as in mulaw/8000 or pcm16/24000"
                )
            }
            Cause::NotARate(text) => {
                write!(
                    f,
                    "{text:?} is not a sample rate: give a whole number of Hz from 1 to 768000"
                )
            }
            Cause::RateOutOfRange(rate) => {
                write!(
                    f,
                    "a sample rate of {rate} Hz is out of range: give 1 to 768000"
                )
            }
            Cause::Ratio {
                from,
                to,
                taps,
                bound,
            } => write!(
                f,
                "no filter from {from} Hz to {to} Hz: it would need {taps} coefficients, more than {bound}; \
                 choose rates with a simpler ratio, or convert in two steps"
            ),
        }
    }
}

impl core::error::Error for Error {}
