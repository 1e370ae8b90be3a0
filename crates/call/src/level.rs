//! Brings talkers to one loudness: a slow gain that only speech moves, and a limiter.
//!
//! People on phones speak anywhere from −46 to −10 dBov; voice models and ears like about −22. [`Leveller`] finds the
//! talker's active speech level (ITU-T P.56) and moves a gain towards the difference, slowly, and only while somebody
//! speaks. It adds no delay.
//!
//! ```
//! use voice_call::level::Leveller;
//!
//! let mut leveller = Leveller::new(8_000);
//! # let mut frame_of_the_phone = [0_i16; 160];
//! leveller.process(&mut frame_of_the_phone); // in place, chunks of any length
//! assert_eq!(leveller.gain(), 0.0); // nobody has spoken yet
//! ```
//!
//! # How
//!
//! ```text
//! every block of 10 ms:
//!   power      the block's variance, so that a constant offset does not count
//!   floor      the least 50 ms power of the last 1.6 s: what is between words is noise
//!   sounding   power ≥ 9 dB over the floor, and ≥ −56 dBov
//!   steady     a level that keeps still as no speech does (tones, ringing, noise that just began)
//!   talker     mean power of what sounded and was not steady, 0.3 s later, with P.56's hangover
//!   gain       towards target / talker, while sounding:  +12 dB/s at most, −30 dB/s at most
//! every sample:
//!   y = offset + (x − offset) · gain, limited to −1 dBFS
//! ```
//!
//! - **Pauses** freeze the gain: noise between words is as far below the speech as it was, and noise alone is never
//!   lifted.
//! - **Once settled** it rests: it moves again only when the talker is off by more than a margin, 1.9 dB for a talker
//!   known for 8 s and more for one just met.
//! - **The first word** passes at the starting gain, 0 dB or [`Settings::start`]. The gain moves after 0.4 s of
//!   speech have been understood.
//! - **A louder talker** is believed after 0.3 s of speech; a quieter one after as much speech as the louder one had,
//!   8 s at most. So long a murmur behind the caller stays one, and a cough is soon forgotten.
//! - **The limiter** takes back at once what the gain adds beyond a soft knee (−4 to −1 dBFS), holds for 12.5 ms, and
//!   gives it back with 80 dB/s. It never takes more than was added, so what comes in at full scale leaves so.
//! - **An offset** over 0.2 % of full scale passes as it is; only what swings around it is lifted.
//!
//! The output does not depend on how the stream is cut. All arithmetic is IEEE addition, multiplication, division and
//! square root, so it is the same on every machine.

mod activity;
mod decibel;
mod limiter;
mod talker;

use std::fmt;

use activity::Activity;
use decibel::{amplitude, decibels};
use limiter::Limiter;
use talker::Talker;

/// What a [`Leveller`] aims at and how far it goes. All levels are of active speech by ITU-T P.56.
///
/// Values out of range are brought to its nearest end; what is not a number becomes the default.
///
/// ```
/// use voice_call::level::Settings;
///
/// let gentle = Settings { most_lift: 12.0, most_cut: 6.0, ..Settings::default() };
/// assert_eq!(gentle.target, -22.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The level to reach, −40 to −10 dBov.
    ///
    /// The default, −22, is the middle of the −23…−20 in which voice models are at their best; ITU-T P.800 plays
    /// speech at −26.
    pub target: f64,
    /// The most that quiet talkers are lifted, 0 to 30 dB. The default, 26, takes −48 dBov to the target.
    pub most_lift: f64,
    /// The most that loud talkers are lowered, 0 to 30 dB. The default is 12.
    pub most_cut: f64,
    /// The gain for the first word, in dB and within the limits: 0 by default, or what [`Leveller::gain`] was when the
    /// same talker was last heard.
    pub start: f64,
}

impl Settings {
    /// Limits of 0 dB: every sample passes as it is.
    ///
    /// ```
    /// use voice_call::level::{Leveller, Settings};
    ///
    /// let mut untouched = Leveller::with_settings(8_000, Settings::OFF);
    /// let mut samples = [12, -32_768, 32_767];
    /// untouched.process(&mut samples);
    /// assert_eq!(samples, [12, -32_768, 32_767]);
    /// ```
    pub const OFF: Self = Self {
        target: -22.0,
        most_lift: 0.0,
        most_cut: 0.0,
        start: 0.0,
    };

    fn in_range(self) -> Self {
        let bounded = |value: f64, default: f64, least: f64, most: f64| {
            if value.is_nan() { default } else { value }.clamp(least, most)
        };
        let default = Self::default();
        let most_lift = bounded(self.most_lift, default.most_lift, 0.0, 30.0);
        let most_cut = bounded(self.most_cut, default.most_cut, 0.0, 30.0);
        Self {
            target: bounded(self.target, default.target, -40.0, -10.0),
            most_lift,
            most_cut,
            start: bounded(self.start, default.start, -most_cut, most_lift),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            target: -22.0,
            most_lift: 26.0,
            most_cut: 12.0,
            start: 0.0,
        }
    }
}

/// A slow automatic gain with a limiter, for one direction of one call.
///
/// See the [module](self) for what it does. It holds some 800 bytes, none of them on the heap, and adds no delay.
/// `clone` forks the stream.
///
/// ```
/// use audio_converter_measure::{signal, speech_level};
/// use voice_call::level::Leveller;
///
/// // A voice at about −45 dBov.
/// let mut quiet: Vec<i16> = signal::voice(8_000.0, 120.0, 160_000, 1)
///     .iter()
///     .map(|x| (x * 0.1 * 32_768.0) as i16)
///     .collect();
/// let mut leveller = Leveller::new(8_000);
/// for frame in quiet.chunks_mut(160) {
///     leveller.process(frame);
/// }
/// let end: Vec<f32> = quiet[80_000..].iter().map(|&x| f32::from(x) / 32_768.0).collect();
/// assert!((speech_level(&end, 8_000.0).unwrap().active_dbov + 22.0).abs() < 2.0);
/// ```
#[derive(Clone)]
pub struct Leveller {
    rate: u32,
    settings: Settings,
    /// What the settings are as ratios: mean square of the target, least and greatest gain.
    target: f64,
    least: f64,
    most: f64,

    block: usize,
    filled: usize,
    sum: i64,
    squares: i64,

    activity: Activity,
    talker: Talker,
    offset: Offset,
    gain: f64,
    is_moving: bool,
    limiter: Limiter,
    slope: Slope,
}

/// Gain and offset run straight from the end of one block to the end of the next.
#[derive(Clone, Copy, Debug)]
struct Slope {
    gain: [f32; 2],
    offset: [f32; 2],
}

/// Names the settings and the gain; the rest is derived from somebody's speech.
impl fmt::Debug for Leveller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leveller")
            .field("rate", &self.rate)
            .field("settings", &self.settings)
            .field("gain", &self.gain())
            .finish_non_exhaustive()
    }
}

impl Leveller {
    /// A leveller with the default settings for `rate` samples a second, usually 8, 16 or 24 kHz.
    ///
    /// Any rate does; below 100 Hz and above 10 MHz it counts as that.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        Self::with_settings(rate, Settings::default())
    }

    /// A leveller with settings of your own.
    ///
    /// ```
    /// use voice_call::level::{Leveller, Settings};
    ///
    /// let leveller = Leveller::with_settings(24_000, Settings { start: 6.0, ..Settings::default() });
    /// assert!((leveller.gain() - 6.0).abs() < 1e-9);
    /// ```
    #[must_use]
    pub fn with_settings(rate: u32, settings: Settings) -> Self {
        let settings = settings.in_range();
        let usable = rate.clamp(100, 10_000_000);
        let gain = amplitude(settings.start);
        Self {
            rate,
            settings,
            target: (FULL_SCALE * amplitude(settings.target)).powi(2),
            least: amplitude(-settings.most_cut),
            most: amplitude(settings.most_lift),
            block: (usable / BLOCKS_PER_SECOND) as usize,
            filled: 0,
            sum: 0,
            squares: 0,
            activity: Activity::new(),
            talker: Talker::new(),
            offset: Offset::default(),
            gain,
            is_moving: false,
            limiter: Limiter::new(usable),
            slope: Slope {
                gain: [gain as f32; 2],
                offset: [0.0; 2],
            },
        }
    }

    /// Levels the next samples in place. Any number of them; the result is the same however the stream is cut.
    pub fn process(&mut self, samples: &mut [i16]) {
        let mut rest = samples;
        while !rest.is_empty() {
            let length = rest.len().min(self.block - self.filled);
            let (part, later) = rest.split_at_mut(length);
            self.measure(part);
            self.apply(part);
            self.filled += length;
            if self.filled == self.block {
                self.end_block();
            }
            rest = later;
        }
    }

    /// The gain now, in dB, without what the limiter takes back for a moment. A [`Settings::start`] for the next call
    /// of the same talker.
    #[must_use]
    pub fn gain(&self) -> f64 {
        decibels(self.gain)
    }

    /// The settings, within their ranges.
    #[must_use]
    pub const fn settings(&self) -> Settings {
        self.settings
    }

    /// Forgets the talker and goes back to the starting gain.
    pub fn reset(&mut self) {
        *self = Self::with_settings(self.rate, self.settings);
    }

    /// Sums are exact integers, so it does not matter where a block is cut.
    fn measure(&mut self, part: &[i16]) {
        let mut sum = 0;
        let mut squares = 0;
        for &sample in part {
            let sample = i32::from(sample);
            sum += i64::from(sample);
            squares += i64::from(sample * sample);
        }
        self.sum += sum;
        self.squares += squares;
    }

    fn apply(&mut self, part: &mut [i16]) {
        let Slope { gain, offset } = self.slope;
        let block = self.block as f32;
        let ramp = Ramp {
            gain: gain[0],
            gain_step: (gain[1] - gain[0]) / block,
            offset: offset[0],
            offset_step: (offset[1] - offset[0]) / block,
        };
        let most = gain[0].max(gain[1]);
        if gain == [1.0; 2] {
            return;
        }
        if most <= 1.0 || self.limiter.is_idle(part, most, offset) {
            for (n, sample) in part.iter_mut().enumerate() {
                let (gain, offset) = ramp.at(self.filled + n);
                *sample = rounded(offset + (f32::from(*sample) - offset) * gain);
            }
        } else {
            for (n, sample) in part.iter_mut().enumerate() {
                let (gain, offset) = ramp.at(self.filled + n);
                *sample = rounded(self.limiter.run(f32::from(*sample), gain, offset));
            }
        }
    }

    fn end_block(&mut self) {
        let count = self.block as f64;
        let mean = self.sum as f64 / count;
        let power = (self.squares as f64 / count - mean * mean).max(0.0);
        (self.filled, self.sum, self.squares) = (0, 0, 0);

        let heard = self.activity.push(power);
        if let Some(settled) = heard.settled {
            self.talker.push(settled, heard.threshold);
        }
        self.offset.push(mean);
        if heard.is_sounding {
            self.move_gain();
        }
        let next = self.gain as f32;
        if next <= 1.0 && self.slope.gain[1] <= 1.0 {
            self.limiter.release();
        }
        self.slope = Slope {
            gain: [self.slope.gain[1], next],
            offset: [self.slope.offset[1], self.offset.beyond_usual()],
        };
    }

    fn move_gain(&mut self) {
        let Some((level, margin)) = self.talker.level() else {
            return;
        };
        let wanted = (self.target / level).sqrt().clamp(self.least, self.most);
        let excess = if wanted > self.gain {
            wanted / self.gain - 1.0
        } else {
            self.gain / wanted - 1.0
        };
        self.is_moving = excess > if self.is_moving { SETTLED } else { margin };
        if !self.is_moving {
            return;
        }
        if wanted > self.gain {
            self.gain *= 1.0 + (excess * UPWARDS).min(MOST_UP);
        } else {
            self.gain /= 1.0 + (excess * DOWNWARDS).min(MOST_DOWN);
        }
        self.gain = self.gain.clamp(self.least, self.most);
    }
}

#[derive(Clone, Copy)]
struct Ramp {
    gain: f32,
    gain_step: f32,
    offset: f32,
    offset_step: f32,
}

impl Ramp {
    #[inline]
    fn at(self, n: usize) -> (f32, f32) {
        let n = n as i32 as f32;
        (
            self.gain + self.gain_step * n,
            self.offset + self.offset_step * n,
        )
    }
}

/// The nearest 16-bit number of what is within ±2²¹: adding 1.5 · 2²³ leaves the integer in the low bits.
#[inline]
fn rounded(value: f32) -> i16 {
    const SHIFT: f32 = 12_582_912.0;
    ((value + SHIFT).to_bits() as i32 - SHIFT.to_bits() as i32) as i16
}

/// The constant part of the signal, averaged over 2 s.
#[derive(Clone, Copy, Debug, Default)]
struct Offset {
    mean: f64,
    blocks: u32,
}

impl Offset {
    fn push(&mut self, mean: f64) {
        self.blocks = (self.blocks + 1).min(2 * BLOCKS_PER_SECOND);
        self.mean += (mean - self.mean) / f64::from(self.blocks);
    }

    /// What exceeds 64 steps, 0.2 % of full scale: below that it may be speech that does not average out. At most
    /// −18 dBFS, to leave the limiter room.
    fn beyond_usual(self) -> f32 {
        let beyond = self.mean - self.mean.clamp(-64.0, 64.0);
        beyond.clamp(-4_096.0, 4_096.0) as f32
    }
}

const FULL_SCALE: f64 = 32_768.0;
/// Blocks of 10 ms: short enough to follow a DTMF digit, long enough to hold a pitch period.
const BLOCKS_PER_SECOND: u32 = 100;
/// The part of the way that is gone each block: time constants of 0.7 s and 0.3 s.
const UPWARDS: f64 = 1.0 / 70.0;
const DOWNWARDS: f64 = 1.0 / 30.0;
/// The most in one block: 12 dB/s and 30 dB/s, 10^(12 / 2000) − 1 and 10^(30 / 2000) − 1.
const MOST_UP: f64 = 0.013_911;
const MOST_DOWN: f64 = 0.035_142;
/// 0.25 dB: near enough to rest.
const SETTLED: f64 = 0.029;
