//! The formats by name, independent of the converter's own types.

/// How one mono sample is written as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// 16-bit signed, little endian.
    Pcm16,
    /// 16-bit signed, big endian.
    Pcm16Be,
    /// 8-bit µ-law.
    MuLaw,
    /// 8-bit A-law.
    ALaw,
    /// 32-bit float, little endian, full scale at ±1.
    F32,
}

impl Encoding {
    /// Every encoding.
    pub const ALL: [Self; 5] = [
        Self::Pcm16,
        Self::Pcm16Be,
        Self::MuLaw,
        Self::ALaw,
        Self::F32,
    ];

    /// The text form, as in `audio-converter`.
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

    /// Bytes of one sample.
    #[must_use]
    pub const fn bytes_per_sample(self) -> usize {
        match self {
            Self::MuLaw | Self::ALaw => 1,
            Self::Pcm16 | Self::Pcm16Be => 2,
            Self::F32 => 4,
        }
    }
}

/// An encoding at a sample rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// How a sample is written.
    pub encoding: Encoding,
    /// Samples a second.
    pub rate: u32,
}

impl Format {
    /// The format of the text form `encoding/rate`, as in `mulaw/8000`.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        let (name, rate) = text.split_once('/')?;
        let encoding = Encoding::ALL
            .into_iter()
            .find(|encoding| encoding.name() == name)?;
        Some(Self {
            encoding,
            rate: rate.parse().ok()?,
        })
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.encoding.name(), self.rate)
    }
}
