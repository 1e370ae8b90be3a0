//! The three filters to choose from, named by what they are for.

/// How sharp and how late the resampling filter is.
///
/// Frequencies are those of a conversion whose lower rate is 8 kHz, and scale with it. The promises below hold up to
/// ratios of 24 to 1 (12 to 1 for `Transparent`); beyond, the rounding of ever more and ever smaller coefficients lifts
/// the stop band, to −85 dB at 480 to 1. These are the figures as measured through the converter at 24→8 kHz and, behind the stroke, 44.1→8 kHz, by the
/// stepped tones of `tests/response.rs`:
///
/// | | ripple | −0.1 dB | −3 dB | worst alias | latency |
/// |---|---|---|---|---|---|
/// | `LowLatency` | 0.054 / 0.005 dB | 3.03 / 3.15 kHz | 3.47 / 3.62 kHz | −68 / −67 dB | 0.96 / 1.25 ms |
/// | `Voice` | 0.0095 / 0.0001 dB | 3.47 / 3.60 kHz | 3.76 / 3.90 kHz | −101 / −105 dB | 1.96 / 2.75 ms |
/// | `Transparent` | 0.0041 / 0.0001 dB | 3.79 / 3.84 kHz | 3.90 / 3.96 kHz | −113 / −118 dB | 5.33 / 7.50 ms |
///
/// The stop band is that of the filter, and of float output. Output of 16 bits adds its own rounding: for a single pure
/// tone that is not noise but lines of its own, which reach −106 dB at 8→16 kHz.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quality {
    /// For echo-critical loops: ±0.1 dB to 3.0 kHz, 60 dB down from 4.6 kHz, at most 1.3 ms late.
    LowLatency,
    /// For calls: ±0.01 dB to 3.4 kHz, 100 dB down from 4.6 kHz, at most 2.0 ms late at the common ratios
    /// and 2.8 ms at the others.
    #[default]
    Voice,
    /// For archives and training data: ±0.01 dB to 3.75 kHz, 110 dB down from 4.25 kHz, at most 5.4 ms late at the
    /// common ratios and 7.5 ms at the others.
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
