//! Objective measurement of audio: one definition of "level", "click", "gap" and "signal-to-noise".
//!
//! Pure functions over mono signals: no I/O, no clock, no randomness but from given seeds, and no panic on any input. A signal is `&[f32]`
//! with full scale at ±1.0; rates and frequencies are `f64` in Hz; arithmetic is f64, and spectral measurements reach below −140 dBFS. What
//! is NaN or infinite in a signal counts as silence. A rate outside 1 Hz to 10 MHz yields `None`.
//!
//! ```
//! use audio_converter_measure::{clicks, level, signal, speech_level};
//!
//! let rate = 8_000.0;
//! let mut voice = signal::voice(rate, 120.0, 40_000, 1);
//! voice[20_000] += 0.5;
//! assert!(level(&voice).peak_dbfs < 0.0);
//! assert!(speech_level(&voice, rate).unwrap().active_dbov < -15.0);
//! assert_eq!(clicks(&voice, rate).unwrap().found[0].position, 20_000);
//! ```
//!
//! # Which function
//!
//! | question | whole signal | block by block |
//! |---|---|---|
//! | how loud: peak, RMS, DC | [`level`] | [`LevelMeter`] |
//! | how loud is the speech (ITU-T P.56) | [`speech_level`] | [`SpeechMeter`] |
//! | is it clipped | [`clipping`] | [`ClippingMeter`] |
//! | how loud is the noise between words | [`frame_levels`] | [`FrameLevelMeter`] |
//! | which frequencies does it hold, where does it end | [`spectrum`] | [`SpectrumMeter`] |
//! | does it click | [`clicks`] | [`ClickMeter`] |
//! | is something missing | [`gaps`] | [`GapMeter`] |
//! | what does it look like | [`envelope`](fn@envelope), [`spectrogram`] | [`EnvelopeMeter`], [`SpectrogramMeter`] |
//! | how clean is this tone (SINAD, THD+N, SNR) | [`fit_tone`], [`fit_any_tone`] | |
//! | what is at this frequency, down to −140 dB | [`component_level`], [`component`] | |
//! | what does a resampler do (gain, edge, alias, image) | [`ResponseTest`], [`ripple`] | |
//! | how late | [`delay`], [`latency`], [`impulse_position`], [`step_position`] | |
//! | how like the reference | [`similarity`] | |
//! | were these bytes read wrong | [`misread`], [`readings`], [`g711_origin`], [`wrong_rate`] | |
//!
//! The block-by-block meters take constant memory, and give the same result however the signal is cut. The
//! whole-signal functions are made from them. [`signal`] makes test signals.
//!
//! # Decibels
//!
//! Peaks are in dBFS: a sine that reaches full scale peaks at 0 dBFS. Mean levels are in dBov (ITU-T G.100.1):
//! 0 dBov is a full-scale square wave, so the same sine is at −3.01 dBov. Silence is negative infinity.

mod clicks;
mod clipping;
mod decibel;
mod delay;
mod envelope;
mod fft;
mod gaps;
mod level;
mod misread;
mod noise;
mod predict;
mod response;
pub mod signal;
mod similarity;
mod spectrogram;
mod spectrum;
mod speech;
mod tone;

pub use clicks::{Click, ClickMeter, Clicks, clicks};
pub use clipping::{Clipping, ClippingMeter, FULL_SCALE, G711_FULL_SCALE, clipping};
pub use decibel::{amplitude_db, amplitude_of_db, power_db};
pub use delay::{Delay, delay, impulse_position, latency, step_position};
pub use envelope::{Envelope, EnvelopeColumn, EnvelopeMeter, envelope};
pub use gaps::{Gap, GapKind, GapMeter, Gaps, gaps};
pub use level::{Level, LevelMeter, level};
pub use misread::{
    Fit, Misreading, Reading, WrongRate, g711_bytes, g711_origin, median_pitch, misread, readings,
    wrong_rate,
};
pub use noise::{FrameLevelMeter, FrameLevels, frame_levels};
pub use response::{ResponsePoint, ResponseTest, Ripple, Spur, System, ripple};
pub use similarity::{Similarity, similarity};
pub use spectrogram::{Spectrogram, SpectrogramMeter, spectrogram};
pub use spectrum::{Bandwidth, Cliff, Spectrum, SpectrumMeter, spectrum};
pub use speech::{SpeechLevel, SpeechMeter, speech_level};
pub use tone::{Component, ToneFit, component, component_level, fit_any_tone, fit_tone};

/// A stretch of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The index of its first sample.
    pub start: u64,
    /// Its length in samples.
    pub length: u64,
}
