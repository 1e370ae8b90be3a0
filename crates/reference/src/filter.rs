//! The presets: which filter each quality uses at each ratio, and its integer coefficients.
//!
//! A conversion by the ratio `up / down` (output rate over input rate, reduced) filters at the common multiple of both rates,
//! which is `R = max(up, down)` times the lower one. The filter `h` lives there: its taps are `-last..=last`
//! with `last = half * R - 1`, its gain is 1, and its edges scale with the lower rate.

use std::sync::OnceLock;

use crate::design;

/// The ratios for which the filters are equiripple designs; all others are windowed.
pub const COMMON_RATIOS: [u32; 4] = [2, 3, 4, 6];

/// How sharp and how late the filter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// ±0.1 dB to 3.0 kHz, 60 dB from 4.6 kHz at a lower rate of 8 kHz.
    LowLatency,
    /// ±0.01 dB to 3.4 kHz, 100 dB from 4.6 kHz.
    Voice,
    /// ±0.01 dB to 3.75 kHz, 110 dB from 4.25 kHz.
    Transparent,
}

/// A preset at the common ratios. Frequencies are parts of the lower rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Equiripple {
    /// The filter reaches not quite this many samples of the lower rate to both sides.
    pub half: usize,
    /// Where the pass band ends.
    pub pass: f64,
    /// Where the stop band begins.
    pub stop: f64,
    /// How many times smaller the error is made in the stop band than in the pass band.
    pub stop_weight: f64,
}

/// A preset at the other ratios.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Windowed {
    /// The filter reaches not quite this many samples of the lower rate to both sides.
    pub half: usize,
    /// Where the gain is one half, in thousandths of the lower rate.
    pub cutoff_permille: u64,
    /// The β of the Kaiser window.
    pub beta: f64,
}

impl Quality {
    /// Every quality, from the fastest to the sharpest.
    pub const ALL: [Self; 3] = [Self::LowLatency, Self::Voice, Self::Transparent];

    /// The text form, as in `audio-converter`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LowLatency => "low-latency",
            Self::Voice => "voice",
            Self::Transparent => "transparent",
        }
    }

    /// The quality of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|quality| quality.name() == name)
    }

    /// The design for [`COMMON_RATIOS`].
    #[must_use]
    pub const fn equiripple(self) -> Equiripple {
        match self {
            Self::LowLatency => Equiripple {
                half: 8,
                pass: 0.375,
                stop: 0.575,
                stop_weight: 20.0,
            },
            // 120 would do for exact taps; 138 leaves 100 dB when they are rounded to 22 fraction bits.
            Self::Voice => Equiripple {
                half: 16,
                pass: 0.425,
                stop: 0.575,
                stop_weight: 138.0,
            },
            Self::Transparent => Equiripple {
                half: 43,
                pass: 0.46875,
                stop: 0.53125,
                stop_weight: 300.0,
            },
        }
    }

    /// The design for all other ratios.
    #[must_use]
    pub const fn windowed(self) -> Windowed {
        match self {
            Self::LowLatency => Windowed {
                half: 10,
                cutoff_permille: 475,
                beta: 6.2,
            },
            Self::Voice => Windowed {
                half: 22,
                cutoff_permille: 500,
                beta: 10.3,
            },
            Self::Transparent => Windowed {
                half: 60,
                cutoff_permille: 500,
                beta: 11.7,
            },
        }
    }

    /// Fraction bits of the integer coefficients at the ratio `R`.
    #[must_use]
    pub fn coefficient_bits(self, ratio: u32) -> u32 {
        match self {
            Self::LowLatency if COMMON_RATIOS.contains(&ratio) => 15,
            Self::LowLatency | Self::Voice => 22,
            Self::Transparent => 24,
        }
    }

    /// The filter at `R`, taps 0 to last, of gain 1.
    #[must_use]
    pub fn prototype(self, ratio: u32) -> Vec<f64> {
        match COMMON_RATIOS.iter().position(|&common| common == ratio) {
            Some(index) => {
                // Designing takes a while and always gives the same taps, so each design is kept.
                static DESIGNED: [[OnceLock<Vec<f64>>; 4]; 3] =
                    [const { [const { OnceLock::new() }; 4] }; 3];
                DESIGNED[self as usize][index]
                    .get_or_init(|| self.equiripple().taps(ratio))
                    .clone()
            }
            None => self.windowed().taps(ratio),
        }
    }
}

impl Equiripple {
    /// The filter at `ratio` times the lower rate, taps 0 to last.
    #[must_use]
    pub fn taps(self, ratio: u32) -> Vec<f64> {
        let scale = f64::from(ratio);
        design::equiripple(
            self.half * ratio as usize - 1,
            self.pass / scale,
            self.stop / scale,
            self.stop_weight,
        )
    }
}

impl Windowed {
    /// The filter at `ratio` times the lower rate, taps 0 to last.
    #[must_use]
    pub fn taps(self, ratio: u32) -> Vec<f64> {
        let width = self.half * ratio as usize;
        design::kaiser(
            width - 1,
            (self.cutoff_permille, 1000 * u64::from(ratio)),
            width,
            self.beta,
        )
    }
}

/// The filter of one conversion, in whole numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// Output samples for every `down` input samples.
    pub up: u64,
    /// Input samples for every `up` output samples.
    pub down: u64,
    /// The taps 0 to last, each `floor(up · h[n] · 2^bits + ½)`: whole numbers, held as `f64`.
    pub coefficients: Vec<f64>,
    /// Fraction bits of the coefficients.
    pub bits: u32,
}

impl Filter {
    /// The filter from one rate to another.
    #[must_use]
    pub fn new(from: u32, to: u32, quality: Quality) -> Self {
        let divisor = greatest_common_divisor(from, to);
        let (up, down) = (to / divisor, from / divisor);
        let bits = quality.coefficient_bits(up.max(down));
        let scale = f64::from(up) * 2.0_f64.powi(bits as i32);
        let mut coefficients: Vec<f64> = quality
            .prototype(up.max(down))
            .iter()
            .map(|h| (h * scale + 0.5).floor())
            .collect();
        // Taps at the ends that are rounded to nothing are not part of the filter.
        let last = coefficients.iter().rposition(|&c| c != 0.0).unwrap_or(0);
        coefficients.truncate(last + 1);
        Self {
            up: up.into(),
            down: down.into(),
            coefficients,
            bits,
        }
    }

    /// The number of the last tap: `half * R - 1`, or less where the window's ends are rounded to nothing.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.coefficients.len() as u64 - 1
    }

    /// How long the filter holds sound back, in input samples.
    #[must_use]
    pub fn latency(&self) -> f64 {
        self.last() as f64 / self.up as f64
    }
}

/// By Euclid.
fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}
