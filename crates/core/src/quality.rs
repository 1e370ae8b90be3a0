//! The three filters to choose from, named by what they are for.

/// How sharp and how late the resampling filter is.
///
/// Frequencies are those of a conversion whose lower rate is 8 kHz, and scale with it. Each figure is
/// measured through the converter by `tests/response.rs`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quality {
    /// For echo-critical loops: ±0.1 dB to 3.0 kHz, 60 dB down from 4.6 kHz, at most 1.3 ms late.
    LowLatency,
    /// For calls: ±0.01 dB to 3.4 kHz, 100 dB down from 4.6 kHz, at most 2.0 ms late at the common ratios
    /// and 2.8 ms at the others.
    #[default]
    Voice,
    /// For archives and training data: ±0.01 dB to 3.75 kHz, 110 dB down from 4.25 kHz, at most 10 ms late.
    Transparent,
}

impl Quality {
    /// Every quality, from the fastest to the sharpest.
    pub const ALL: [Self; 3] = [Self::LowLatency, Self::Voice, Self::Transparent];

    /// The text form: `low-latency`, `voice` or `transparent`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LowLatency => "low-latency",
            Self::Voice => "voice",
            Self::Transparent => "transparent",
        }
    }
}

impl core::fmt::Display for Quality {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.name())
    }
}

/// Parses the text forms, in any case.
impl core::str::FromStr for Quality {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, crate::Error> {
        let named = |quality: &Self| text.eq_ignore_ascii_case(quality.name());
        Self::ALL
            .into_iter()
            .find(named)
            .ok_or_else(|| crate::Error::unknown_quality(text))
    }
}
