//! What a stream of audio bytes means: an encoding and a sample rate.

use core::fmt;
use core::str::FromStr;

use alloc::borrow::ToOwned as _;

use crate::error::Error;

/// How one mono sample is written as bytes.
///
/// ```
/// use audio_converter::Encoding;
///
/// assert_eq!(Encoding::Pcm16.bytes_per_sample(), 2);
/// assert_eq!("ulaw".parse::<Encoding>()?, Encoding::MuLaw);
/// # Ok::<(), audio_converter::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// 16-bit signed linear PCM, little endian: what voice models speak. Text form `pcm16`.
    Pcm16,
    /// 16-bit signed linear PCM, big endian ("network order", RTP L16). Text form `pcm16be`.
    Pcm16Be,
    /// 8-bit µ-law by ITU-T G.711: North American and Japanese telephony, Twilio. Text form `mulaw`.
    MuLaw,
    /// 8-bit A-law by ITU-T G.711: telephony elsewhere. Text form `alaw`.
    ALaw,
    /// 32-bit IEEE 754 float, little endian, full scale at ±1.0. Text form `f32`.
    ///
    /// Where it is resampled, values beyond ±8 (18 dB above full scale) are limited to it and NaN counts as silence.
    F32,
}

impl Encoding {
    /// Every encoding, in declaration order.
    pub const ALL: [Self; 5] = [
        Self::Pcm16,
        Self::Pcm16Be,
        Self::MuLaw,
        Self::ALaw,
        Self::F32,
    ];

    /// Bytes that one sample takes: 1, 2 or 4.
    #[must_use]
    pub const fn bytes_per_sample(self) -> usize {
        match self {
            Self::MuLaw | Self::ALaw => 1,
            Self::Pcm16 | Self::Pcm16Be => 2,
            Self::F32 => 4,
        }
    }

    /// The canonical text form, as in `mulaw/8000`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcm16 => "pcm16",
            Self::Pcm16Be => "pcm16be",
            Self::MuLaw => "mulaw",
            Self::ALaw => "alaw",
            Self::F32 => "f32",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Parses the canonical names and the common aliases (`ulaw`, `pcmu`, `pcma`, `s16le`, `s16be`, `l16`,
/// `f32le`), in any case.
impl FromStr for Encoding {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let is = |names: &[&str]| names.iter().any(|name| text.eq_ignore_ascii_case(name));
        if is(&["pcm16", "pcm", "s16le", "pcm16le"]) {
            Ok(Self::Pcm16)
        } else if is(&["pcm16be", "s16be", "l16"]) {
            Ok(Self::Pcm16Be)
        } else if is(&["mulaw", "ulaw", "pcmu", "mu-law", "u-law"]) {
            Ok(Self::MuLaw)
        } else if is(&["alaw", "pcma", "a-law"]) {
            Ok(Self::ALaw)
        } else if is(&["f32", "f32le", "float", "float32"]) {
            Ok(Self::F32)
        } else {
            Err(Error::unknown_encoding(text))
        }
    }
}

/// An encoding at a sample rate, mono. Its text form is `encoding/rate`, as in `mulaw/8000`.
///
/// ```
/// use audio_converter::{Encoding, Format};
///
/// let phone: Format = "mulaw/8000".parse()?;
/// assert_eq!(phone, Format::new(Encoding::MuLaw, 8_000)?);
/// assert_eq!(phone.to_string(), "mulaw/8000");
/// assert!("mulaw/0".parse::<Format>().is_err());
/// # Ok::<(), audio_converter::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Format {
    encoding: Encoding,
    rate: u32,
}

impl Format {
    /// The greatest sample rate that is accepted, in Hz.
    pub const MAX_RATE: u32 = 768_000;

    /// A format of `encoding` at `rate` samples a second.
    ///
    /// # Errors
    ///
    /// When `rate` is 0 or above [`Format::MAX_RATE`].
    pub const fn new(encoding: Encoding, rate: u32) -> Result<Self, Error> {
        if rate == 0 || rate > Self::MAX_RATE {
            return Err(Error::rate_out_of_range(rate));
        }
        Ok(Self { encoding, rate })
    }

    /// How a sample is written.
    #[must_use]
    pub const fn encoding(self) -> Encoding {
        self.encoding
    }

    /// Samples a second, 1 to [`Format::MAX_RATE`].
    #[must_use]
    pub const fn rate(self) -> u32 {
        self.rate
    }

    /// Bytes that one sample takes: 1, 2 or 4.
    #[must_use]
    pub const fn bytes_per_sample(self) -> usize {
        self.encoding.bytes_per_sample()
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&alloc::format!("{}/{}", self.encoding, self.rate))
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (encoding, rate) = text
            .split_once('/')
            .ok_or_else(|| Error::not_a_format(text))?;
        let digits = rate.bytes().all(|byte| byte.is_ascii_digit());
        let number = if digits { rate.parse().ok() } else { None };
        let rate: u32 = number.ok_or_else(|| Error::not_a_rate(rate.to_owned()))?;
        Self::new(encoding.parse()?, rate)
    }
}
