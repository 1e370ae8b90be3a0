//! The frequency response of a system, by stepped tones, with its aliases and images.
//!
//! The system is a closure that turns a whole signal at the input rate into its output at the output rate,
//! starting afresh at every call. For each frequency it is given one steady sine; start and end of what comes
//! out are left away, and the rest is measured by [`component`](crate::component) at exactly the frequencies
//! in question. That narrow band lets a long test see far below the steps of a 16-bit output.

use crate::decibel::{amplitude_db, finite, samples_in, usable};
use crate::signal;
use crate::tone::{component_level, maximum, strongest};

/// A system under test: a whole input signal to its whole output.
pub type System<'a> = &'a mut dyn FnMut(&[f32]) -> Vec<f32>;

/// How to measure a response: rates in Hz, times in seconds.
///
/// ```
/// use audio_converter_measure::ResponseTest;
///
/// let test = ResponseTest::new(8_000.0, 8_000.0);
/// let mut half = |input: &[f32]| input.iter().map(|x| x * 0.5).collect();
/// let points = test.response(&mut half, &[100.0, 1_000.0]);
/// assert!((points[1].gain_db + 6.0206).abs() < 1e-4);
/// assert!(test.worst_alias(&mut half, 4_000.0, 10).is_none()); // equal rates have none
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResponseTest {
    /// The rate that the system is fed at.
    pub input_rate: f64,
    /// The rate of what it gives.
    pub output_rate: f64,
    /// The peak amplitude of the test tones, 0.5 by default.
    pub amplitude: f64,
    /// The RMS value of white noise added to the tones, 0 by default. A system that rounds to 16 bits turns a
    /// component below half a step into exact silence; noise of one step (1 / 32 768) keeps it measurable.
    pub dither: f64,
    /// What is left away at either end of the output, in seconds: 0.05 by default. Give at least the length
    /// of the system's impulse response and its latency.
    pub margin: f64,
    /// What is measured between the margins, in seconds: 0.5 by default. Two components are told apart if
    /// they are 7 / duration Hz apart, and white noise counts with a share of some 2 / (duration · rate).
    pub duration: f64,
}

/// The gain at one frequency.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct ResponsePoint {
    /// The frequency in Hz.
    pub frequency: f64,
    /// The output's level there relative to the input's, in dB; negative infinity for silence.
    pub gain_db: f64,
}

/// The spread of gains over a band, by [`ripple`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Ripple {
    /// The least gain in dB.
    pub lowest_db: f64,
    /// The greatest gain in dB.
    pub highest_db: f64,
}

impl Ripple {
    /// The greatest departure from a gain of 0 dB, in dB: the x in "±x dB".
    #[must_use]
    pub fn deviation_db(&self) -> f64 {
        self.lowest_db.abs().max(self.highest_db.abs())
    }
}

/// A component of the output that is not in the input.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Spur {
    /// The frequency of the input tone, in Hz.
    pub input_frequency: f64,
    /// Where it came out, in Hz.
    pub output_frequency: f64,
    /// Its level relative to the input tone, in dB.
    pub level_db: f64,
}

impl ResponseTest {
    /// A test between two rates (Hz) with the defaults given at the fields.
    #[must_use]
    pub const fn new(input_rate: f64, output_rate: f64) -> Self {
        Self {
            input_rate,
            output_rate,
            amplitude: 0.5,
            dither: 0.0,
            margin: 0.05,
            duration: 0.5,
        }
    }

    /// The gain in dB at one frequency. `None` when it lies outside 0 to half of either rate, a rate is
    /// not from 1 Hz to 10 MHz, or less comes out than the margins.
    ///
    /// ```
    /// use audio_converter_measure::ResponseTest;
    ///
    /// let gain = ResponseTest::new(8_000.0, 8_000.0).gain(&mut |input| input.to_vec(), 440.0);
    /// assert!(gain.unwrap().abs() < 1e-6);
    /// ```
    #[must_use]
    pub fn gain(&self, system: System<'_>, frequency: f64) -> Option<f64> {
        let inside = frequency > 0.0 && frequency < self.input_rate.min(self.output_rate) / 2.0;
        let (output, input) = self.run(system, frequency).filter(|_| inside)?;
        Some(component_level(&output, self.output_rate, frequency) - input)
    }

    /// The gain at each of the frequencies (Hz) that [`gain`](Self::gain) can measure.
    ///
    /// The type's example shows it.
    #[must_use]
    pub fn response(&self, system: System<'_>, frequencies: &[f64]) -> Vec<ResponsePoint> {
        let point = |&frequency: &f64| {
            self.gain(system, frequency)
                .map(|gain_db| ResponsePoint { frequency, gain_db })
        };
        frequencies.iter().filter_map(point).collect()
    }

    /// The frequency in Hz at which the gain falls through `gain_db` between `pass` and `stop` Hz, to a
    /// thousandth of their distance: give −0.1, −1 or −3 for the usual marks.
    ///
    /// By bisection, so the gain must fall steadily in between. `None` when it is not above `gain_db` at
    /// `pass` and below at `stop`. A `stop` beyond half of the lower rate is taken as that.
    ///
    /// ```
    /// use audio_converter_measure::ResponseTest;
    ///
    /// // The mean of two neighbours: cos(π·f / rate), −3.01 dB at a quarter of the rate.
    /// let mut mean = |input: &[f32]| input.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0).collect();
    /// let edge = ResponseTest::new(8_000.0, 8_000.0).edge(&mut mean, -3.0103, 100.0, 3_900.0);
    /// assert!((edge.unwrap() - 2_000.0).abs() < 4.0);
    /// ```
    #[must_use]
    pub fn edge(&self, system: System<'_>, gain_db: f64, pass: f64, stop: f64) -> Option<f64> {
        // The measurement itself needs some room below half the rate.
        let room = 8.0 / self.duration.max(1e-3);
        let highest = self.input_rate.min(self.output_rate) / 2.0 - room;
        let (mut low, mut high) = (pass, stop.min(highest));
        if !(self.gain(system, low)? > gain_db && self.gain(system, high)? < gain_db) {
            return None;
        }
        for _ in 0..10 {
            let middle = (low + high) / 2.0;
            if self.gain(system, middle)? > gain_db {
                low = middle
            } else {
                high = middle
            }
        }
        Some((low + high) / 2.0)
    }

    /// The worst alias: for `steps` tones from `stop` Hz to just below half the input rate, the strongest
    /// thing that a linear resampler can make of each, relative to the tone.
    ///
    /// A tone f may come out at every |f ± k·input rate| folded into the output's band; each of these places is
    /// measured by itself, so broadband rounding noise does not count (use [`strongest_spur`](Self::strongest_spur) for anything
    /// anywhere). `stop` is where the filter's stop band begins, at least half the output rate less its
    /// transition; a tone that comes out at its own frequency counts as well when it lies above `stop`.
    /// `None` when `stop` is not below half the input rate, when the rates are equal, or a rate is bad.
    ///
    /// ```
    /// use audio_converter_measure::ResponseTest;
    ///
    /// // Every third sample and no filter: aliases at full level.
    /// let mut naive = |input: &[f32]| input.iter().copied().step_by(3).collect();
    /// let alias = ResponseTest::new(24_000.0, 8_000.0).worst_alias(&mut naive, 4_600.0, 20).unwrap();
    /// assert!(alias.level_db.abs() < 0.01);
    /// ```
    #[must_use]
    pub fn worst_alias(&self, system: System<'_>, stop: f64, steps: usize) -> Option<Spur> {
        let highest = self.input_rate / 2.0 - self.guard();
        self.worst(stop, highest, steps, |frequency| {
            self.spur(system, frequency, 0.0, stop)
        })
    }

    /// The worst image: for `steps` tones from `low` to `high` Hz in the pass band of an up-sampling system,
    /// the strongest of its images at or above `stop` Hz, relative to the tone.
    ///
    /// The images are at |f ± k·input rate|; each is measured by itself. `None` when the rates are equal or
    /// bad, the band is empty, or no image can fall above `stop`.
    ///
    /// ```
    /// use audio_converter_measure::ResponseTest;
    ///
    /// // Each sample twice and no filter: the image of 3 kHz is at 5 kHz, tan(π·3/16) below it.
    /// let mut naive = |input: &[f32]| input.iter().flat_map(|&x| [x, x]).collect();
    /// let test = ResponseTest::new(8_000.0, 16_000.0);
    /// let image = test.worst_image(&mut naive, 300.0, 3_000.0, 4_600.0, 10).unwrap();
    /// assert!((image.output_frequency - 5_000.0).abs() < 1.0);
    /// assert!((image.level_db + 5.1).abs() < 0.1);
    /// ```
    #[must_use]
    pub fn worst_image(
        &self,
        system: System<'_>,
        low: f64,
        high: f64,
        stop: f64,
        steps: usize,
    ) -> Option<Spur> {
        self.worst(low, high, steps, |frequency| {
            self.spur(system, frequency, stop, f64::INFINITY)
        })
    }

    /// The strongest component of the output other than the tone itself, for an input tone of
    /// `frequency` Hz: any place from `low` Hz to half the output rate that is 14 / duration Hz away from the tone.
    ///
    /// Found by a windowed FFT, so noise and rounding count with what falls into one bin. `None` when there
    /// is nothing, or where [`gain`](Self::gain) gives `None` for the rates.
    ///
    /// ```
    /// use audio_converter_measure::ResponseTest;
    ///
    /// let mut bent = |input: &[f32]| input.iter().map(|x| x + 0.01 * x * x).collect();
    /// let spur = ResponseTest::new(8_000.0, 8_000.0).strongest_spur(&mut bent, 1_000.0, 100.0).unwrap();
    /// assert!((spur.output_frequency - 2_000.0).abs() < 2.0);
    /// assert!((spur.level_db + 52.04).abs() < 0.1); // 0.01 · 0.5² / 2 against 0.5
    /// ```
    #[must_use]
    pub fn strongest_spur(&self, system: System<'_>, frequency: f64, low: f64) -> Option<Spur> {
        let (output, input) = self.run(system, frequency)?;
        let samples: Vec<f64> = output.iter().copied().map(finite).collect();
        let away = |place: f64| place >= low && (place - frequency).abs() > self.guard();
        let near = strongest(&samples, self.output_rate, away)?;
        let width = self.output_rate / output.len() as f64;
        let level = |place: f64| component_level(&output, self.output_rate, place);
        let place = maximum(
            near - width,
            (near + width).min(self.output_rate / 2.0),
            level,
        );
        Some(Spur {
            input_frequency: frequency,
            output_frequency: place,
            level_db: level(place) - input,
        })
    }

    /// The strongest alias or image of one tone from `low` Hz on; the tone's own place counts only from `stop` on.
    fn spur(&self, system: System<'_>, frequency: f64, low: f64, stop: f64) -> Option<Spur> {
        let places: Vec<f64> = self
            .products(frequency)
            .into_iter()
            .filter(|&place| place >= low)
            .filter(|&place| frequency >= stop || (place - frequency).abs() > self.guard())
            .collect();
        if places.is_empty() {
            return None;
        }
        let (output, input) = self.run(system, frequency)?;
        let samples: Vec<f64> = output.iter().copied().map(finite).collect();
        // One FFT ranks the places; the best is then measured exactly. Nearest bins err by under 1 dB.
        let width = self.output_rate / output.len() as f64;
        let close = |bin: f64| places.iter().any(|place| (place - bin).abs() <= width);
        let spur = |place: f64| Spur {
            input_frequency: frequency,
            output_frequency: place,
            level_db: component_level(&output, self.output_rate, place) - input,
        };
        match strongest(&samples, self.output_rate, close) {
            Some(bin) => {
                let near = places
                    .iter()
                    .filter(|place| (*place - bin).abs() <= width)
                    .map(|&place| spur(place));
                near.max_by(|a, b| a.level_db.total_cmp(&b.level_db))
            }
            None => places.first().map(|&place| spur(place)),
        }
    }

    /// Every place in the output's band where a linear resampler may put a tone: the images of the input
    /// rate, folded at the output rate.
    fn products(&self, frequency: f64) -> Vec<f64> {
        let fold = |place: f64| {
            let place = place.rem_euclid(self.output_rate);
            place.min(self.output_rate - place)
        };
        let mut places = Vec::new();
        for k in 0..MOST_IMAGES {
            let shift = f64::from(k) * self.input_rate;
            // The pattern repeats when a multiple of the input rate is one of the output rate.
            if k > 0 && fold(shift) < 1e-6 * self.input_rate {
                break;
            }
            places.extend([fold(shift + frequency), fold(shift - frequency)]);
        }
        let room = self.guard();
        places.retain(|place| (room..self.output_rate / 2.0 - room).contains(place));
        places.sort_by(f64::total_cmp);
        places.dedup_by(|a, b| (*a - *b).abs() < 1e-6);
        places
    }

    fn worst(
        &self,
        low: f64,
        high: f64,
        steps: usize,
        mut spur: impl FnMut(f64) -> Option<Spur>,
    ) -> Option<Spur> {
        let (input, output) = (usable(self.input_rate)?, usable(self.output_rate)?);
        if input == output || low > high || !(low.is_finite() && high.is_finite()) {
            return None;
        }
        let step = (high - low) / (steps.max(2) - 1) as f64;
        let found = (0..steps.max(2)).filter_map(|n| spur(low + step * n as f64));
        found.max_by(|a, b| a.level_db.total_cmp(&b.level_db))
    }

    /// Runs one tone through: the settled part of the output, and the tone's level in dBFS.
    fn run(&self, system: System<'_>, frequency: f64) -> Option<(Vec<f32>, f64)> {
        let (input_rate, output_rate) = (usable(self.input_rate)?, usable(self.output_rate)?);
        if !(frequency > 0.0 && frequency < input_rate / 2.0) {
            return None;
        }
        let seconds = (self.duration + 2.0 * self.margin).clamp(0.0, 600.0);
        let mut input = signal::tone(
            input_rate,
            frequency,
            self.amplitude,
            samples_in(input_rate, seconds),
        );
        if self.dither > 0.0 {
            let noise = signal::white_noise(self.dither, input.len(), DITHER_SEED);
            input
                .iter_mut()
                .zip(noise)
                .for_each(|(x, noise)| *x += noise);
        }
        let output = system(&input);
        let margin = samples_in(output_rate, self.margin.clamp(0.0, 600.0));
        let settled = output.get(margin..output.len().checked_sub(margin)?)?;
        (settled.len() >= 64).then(|| (settled.to_vec(), amplitude_db(self.amplitude)))
    }

    /// How far a component must be from another, or from 0 Hz and half the rate, to be measured alone.
    fn guard(&self) -> f64 {
        14.0 / self.duration.max(1e-3)
    }
}

/// The spread of the gains from `low` to `high` Hz; `None` when no point lies there.
///
/// ```
/// use audio_converter_measure::{ResponseTest, ripple};
///
/// let test = ResponseTest::new(8_000.0, 8_000.0);
/// let points = test.response(&mut |input| input.to_vec(), &[300.0, 1_000.0, 3_400.0]);
/// assert!(ripple(&points, 300.0, 3_400.0).unwrap().deviation_db() < 0.001);
/// ```
#[must_use]
pub fn ripple(points: &[ResponsePoint], low: f64, high: f64) -> Option<Ripple> {
    let inside = points
        .iter()
        .filter(|point| (low..=high).contains(&point.frequency))
        .map(|point| point.gain_db);
    inside.fold(None, |spread: Option<Ripple>, gain| {
        let spread = spread.unwrap_or(Ripple {
            lowest_db: gain,
            highest_db: gain,
        });
        Some(Ripple {
            lowest_db: spread.lowest_db.min(gain),
            highest_db: spread.highest_db.max(gain),
        })
    })
}

/// Ratios between real rates repeat far earlier (44 100 and 48 000 Hz after 160).
const MOST_IMAGES: u32 = 1_000;
const DITHER_SEED: u64 = 0x0005_EED0_F0D1_7434;

#[cfg(test)]
mod tests {
    use super::*;

    /// A plain windowed-sinc resampler by whole factors: up by `up`, down by `down`, edge at half the lower rate.
    fn sinc(input: &[f32], up: usize, down: usize, reach: usize) -> Vec<f32> {
        let longest = up.max(down) as f64;
        let reach = (reach * up.max(down)) as isize;
        let taps: Vec<f64> = (-reach..=reach)
            .map(|n| {
                let x = n as f64 / longest;
                let sinc = if n == 0 {
                    1.0
                } else {
                    (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x)
                };
                let place = std::f64::consts::PI * n as f64 / (reach + 1) as f64;
                let window = 0.358_75
                    + 0.488_29 * place.cos()
                    + 0.141_28 * (2.0 * place).cos()
                    + 0.011_68 * (3.0 * place).cos();
                sinc * window / longest * up as f64
            })
            .collect();
        (0..(input.len() * up).div_ceil(down))
            .map(|k| {
                let centre = (k * down) as isize;
                let mut sum = 0.0;
                for (tap, n) in taps.iter().zip(centre - reach..) {
                    if n >= 0 && n % up as isize == 0 && ((n / up as isize) as usize) < input.len()
                    {
                        sum += tap * f64::from(input[(n / up as isize) as usize]);
                    }
                }
                sum as f32
            })
            .collect()
    }

    #[test]
    fn a_good_down_sampler_shows_its_stop_band_beyond_16_bits() {
        let mut test = ResponseTest::new(24_000.0, 8_000.0);
        test.duration = 1.0;
        let mut exact = |input: &[f32]| sinc(input, 1, 3, 30);
        let true_alias = test.worst_alias(&mut exact, 4_600.0, 8).unwrap();
        assert!(true_alias.level_db < -95.0, "{true_alias:?}");
        test.dither = 1.0 / 32_768.0;
        let mut rounded = |input: &[f32]| {
            sinc(input, 1, 3, 30)
                .iter()
                .map(|x| (x * 32_768.0).round() / 32_768.0)
                .collect::<Vec<f32>>()
        };
        let alias = test.worst_alias(&mut rounded, 4_600.0, 8).unwrap();
        assert!(
            (alias.level_db - true_alias.level_db).abs() < 20.0 && alias.level_db < -95.0,
            "{alias:?} {true_alias:?}"
        );
        let points = test.response(&mut rounded, &[300.0, 1_000.0, 2_000.0, 3_000.0]);
        assert!(
            ripple(&points, 300.0, 3_000.0).unwrap().deviation_db() < 0.01,
            "{points:?}"
        );
        let edge = test.edge(&mut rounded, -1.0, 3_000.0, 4_000.0).unwrap();
        let gain = test.gain(&mut exact, edge).unwrap();
        assert!((gain + 1.0).abs() < 0.02, "{edge} {gain}");
    }

    #[test]
    fn an_alias_of_known_level_is_found_where_it_is() {
        // No filter, a hundredth: 5 kHz comes out at 3 kHz, 40 dB down.
        let mut leaky = |input: &[f32]| input.iter().step_by(3).map(|x| x * 0.01).collect();
        let test = ResponseTest::new(24_000.0, 8_000.0);
        let alias = test.worst_alias(&mut leaky, 5_000.0, 2).unwrap();
        assert!((alias.level_db + 40.0).abs() < 0.001, "{alias:?}");
        assert!(alias.output_frequency < 4_000.0);
    }

    #[test]
    fn images_of_a_fractional_ratio() {
        // 8 kHz to 12 kHz by the nearest earlier sample.
        let mut nearest =
            |input: &[f32]| (0..input.len() * 3 / 2).map(|k| input[k * 2 / 3]).collect();
        let test = ResponseTest::new(8_000.0, 12_000.0);
        let image = test
            .worst_image(&mut nearest, 1_000.0, 3_000.0, 4_600.0, 3)
            .unwrap();
        let any = test
            .strongest_spur(&mut nearest, image.input_frequency, 4_600.0)
            .unwrap();
        assert!(
            (image.level_db - any.level_db).abs() < 0.1,
            "{image:?} {any:?}"
        );
    }

    #[test]
    fn a_silent_or_shrinking_system_has_no_answer_or_none_to_hear() {
        let test = ResponseTest::new(8_000.0, 8_000.0);
        assert_eq!(test.gain(&mut |_| Vec::new(), 1_000.0), None);
        assert_eq!(
            test.gain(&mut |input| vec![0.0; input.len()], 1_000.0),
            Some(f64::NEG_INFINITY)
        );
        assert_eq!(test.gain(&mut |input| input.to_vec(), f64::NAN), None);
        assert!(
            ResponseTest::new(0.0, 8_000.0)
                .worst_alias(&mut |input| input.to_vec(), 1.0, 2)
                .is_none()
        );
        assert!(ripple(&[], 0.0, 1.0).is_none());
    }
}
