//! How late: the delay between two recordings, and the latency of a system.

use realfft::num_complex::Complex;

use crate::decibel::{finite, usable};
use crate::fft::{Forward, inverse};
use crate::tone::maximum;

/// What [`delay`] finds.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Delay {
    /// How much later the recording is than the reference, in samples (with fraction); negative if earlier.
    pub samples: f64,
    /// The same in seconds.
    pub seconds: f64,
    /// The normalised correlation at that delay, −1 to 1; negative when the recording is inverted.
    pub correlation: f64,
    /// The strongest correlation at any delay more than 2 ms away, relative to this one, 0 to 1. Near 1 for a
    /// steady tone, whose delay is ambiguous by whole periods.
    pub rival: f64,
}

impl Delay {
    /// How far to trust the delay, 0 to 1: the correlation's magnitude times (1 − rival).
    ///
    /// For the same speech it is 0.3 to 0.7, for noise 1.0, for unrelated recordings below 0.05, for
    /// a steady tone near 0.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        (self.correlation.abs() * (1.0 - self.rival)).clamp(0.0, 1.0)
    }
}

/// The delay of `recording` against `reference` by cross-correlation; rate in Hz, both at the same.
///
/// Delays up to `most` seconds either way are searched. The correlation is taken by FFT over the whole of both and its
/// magnitude's peak is placed between samples exactly, by evaluating the band-limited correlation there.
/// `None` when either is silent or empty or the rate is outside 1 Hz to 10 MHz.
///
/// ```
/// use audio_converter_measure::{delay, signal};
///
/// let reference = signal::white_noise(0.1, 8_000, 1);
/// let mut late = signal::silence(37);
/// late.extend(&reference);
/// let found = delay(&reference, &late, 8_000.0, 0.1).unwrap();
/// assert!((found.samples - 37.0).abs() < 0.01 && found.confidence() > 0.9);
/// ```
#[must_use]
pub fn delay(reference: &[f32], recording: &[f32], rate: f64, most: f64) -> Option<Delay> {
    let rate = usable(rate)?;
    let energy = |signal: &[f32]| signal.iter().map(|&x| finite(x).powi(2)).sum::<f64>();
    let scale = (energy(reference) * energy(recording)).sqrt();
    if scale <= 0.0 {
        return None;
    }
    let length = (reference.len() + recording.len())
        .next_power_of_two()
        .max(16);
    let mut transform = Forward::new(length);
    let other = transform
        .run(reference.iter().copied().map(finite))
        .to_vec();
    let mut cross = transform
        .run(recording.iter().copied().map(finite))
        .to_vec();
    for (bin, other) in cross.iter_mut().zip(&other) {
        *bin *= other.conj();
    }
    let correlation = inverse(cross.clone(), length);

    // Index n of the circular correlation is lag n, or n − length in the upper half.
    let reach = (most.abs() * rate).min((length / 2 - 1) as f64) as isize;
    let reach = reach.min(recording.len().max(reference.len()) as isize);
    let at = |lag: isize| correlation[lag.rem_euclid(length as isize) as usize].abs();
    let peak = (-reach..=reach).max_by(|&a, &b| at(a).total_cmp(&at(b)))?;
    let near = ((0.002 * rate) as isize).max(1);
    let second = (-reach..=reach)
        .filter(|lag| (lag - peak).abs() > near)
        .map(at)
        .fold(0.0, f64::max);

    let sign = correlation[peak.rem_euclid(length as isize) as usize].signum();
    let height = |lag: f64| sign * correlation_at(&cross, length, lag);
    let samples = maximum(peak as f64 - 1.0, peak as f64 + 1.0, height);
    let top = height(samples);
    Some(Delay {
        samples,
        seconds: samples / rate,
        correlation: (sign * top / (scale * length as f64)).clamp(-1.0, 1.0),
        rival: (second / top.abs().max(f64::MIN_POSITIVE)).clamp(0.0, 1.0),
    })
}

/// Where the peak of an impulse response lies, in samples from its start, with fraction; `None` for silence.
///
/// The greatest magnitude, refined by a parabola through it and its neighbours: for a symmetric (linear-phase)
/// response this is its delay, exact to a few hundredths of a sample.
///
/// ```
/// use audio_converter_measure::{impulse_position, signal};
///
/// assert_eq!(impulse_position(&signal::impulse(0.5, 12, 40)), Some(12.0));
/// ```
#[must_use]
pub fn impulse_position(response: &[f32]) -> Option<f64> {
    let size = |n: usize| response.get(n).map_or(0.0, |&x| finite(x).abs());
    let peak = (0..response.len()).max_by(|&a, &b| size(a).total_cmp(&size(b)).then(b.cmp(&a)))?;
    let top = size(peak);
    let before = if peak > 0 { size(peak - 1) } else { 0.0 };
    let after = size(peak + 1);
    let bend = before - 2.0 * top + after;
    (top > 0.0).then(|| {
        let shift = if bend < 0.0 {
            0.5 * (before - after) / bend
        } else {
            0.0
        };
        peak as f64 + shift
    })
}

/// Where a step response passes half of its final height, in samples from its start, with fraction.
///
/// The final height is the mean of the last tenth. The crossing lies on a straight line between two samples;
/// a sampled step that jumps at index n passes at n − 0.5. `None` when it never does.
///
/// ```
/// use audio_converter_measure::{signal, step_position};
///
/// assert_eq!(step_position(&signal::step(0.5, 12, 40)), Some(11.5));
/// ```
#[must_use]
pub fn step_position(response: &[f32]) -> Option<f64> {
    let tail = &response[response.len() - response.len().div_ceil(10)..];
    let height = tail.iter().copied().map(finite).sum::<f64>() / tail.len().max(1) as f64;
    if height == 0.0 {
        return None;
    }
    let part = |n: usize| finite(response[n]) / height;
    let after = (1..response.len()).find(|&n| part(n) >= 0.5 && part(n - 1) < 0.5)?;
    let (low, high) = (part(after - 1), part(after));
    Some(after as f64 - 1.0 + (0.5 - low) / (high - low))
}

/// The latency of a system in seconds: how much later an impulse comes out than it went in.
///
/// `system` turns a whole signal at `input_rate` into its output at `output_rate` (Hz). The impulse of
/// height 0.5 is put in the middle of `seconds` of silence, and the output's peak is placed by
/// [`impulse_position`]. Near 0 for a converter that compensates its filter's delay. `None` when nothing
/// comes out or a rate is outside 1 Hz to 10 MHz.
///
/// ```
/// let mut echo = |input: &[f32]| [vec![0.0; 80], input.to_vec()].concat();
/// let found = audio_converter_measure::latency(&mut echo, 8_000.0, 8_000.0, 0.2).unwrap();
/// assert!((found - 0.01).abs() < 1e-6);
/// ```
#[must_use]
pub fn latency(
    system: &mut dyn FnMut(&[f32]) -> Vec<f32>,
    input_rate: f64,
    output_rate: f64,
    seconds: f64,
) -> Option<f64> {
    let (input_rate, output_rate) = (usable(input_rate)?, usable(output_rate)?);
    let samples = crate::decibel::samples_in(input_rate, seconds.clamp(0.0, 60.0));
    let at = samples / 2;
    let output = system(&crate::signal::impulse(0.5, at, samples));
    Some(impulse_position(&output)? / output_rate - at as f64 / input_rate)
}

/// The circular correlation at a fractional lag, straight from the cross spectrum.
fn correlation_at(cross: &[Complex<f64>], length: usize, lag: f64) -> f64 {
    let last = cross.len() - 1;
    let turns = lag / length as f64;
    let mut sum = 0.0;
    for (k, bin) in cross.iter().enumerate() {
        let sides = if k == 0 || k == last { 1.0 } else { 2.0 };
        let (sine, cosine) = (std::f64::consts::TAU * (turns * k as f64).fract()).sin_cos();
        sum += sides * (bin.re * cosine - bin.im * sine);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal;

    /// The signal `samples` later, by a phase ramp.
    fn shifted(signal: &[f32], samples: f64) -> Vec<f32> {
        crate::similarity::shifted(signal, samples, signal.len())
    }

    #[test]
    fn a_known_delay_is_found_to_a_hundredth_of_a_sample() {
        let voice = signal::voice(16_000.0, 120.0, 48_000, 2);
        for late in [0.0, 0.25, 7.5, 123.4, -55.7] {
            let found = delay(&voice, &shifted(&voice, late), 16_000.0, 0.5).unwrap();
            assert!((found.samples - late).abs() < 0.01, "{late} {found:?}");
            assert!(
                found.correlation > 0.98 && found.confidence() > 0.2,
                "{found:?}"
            );
        }
    }

    #[test]
    fn inversion_shows_and_strangers_are_not_trusted() {
        let noise = signal::white_noise(0.1, 40_000, 1);
        let inverted: Vec<f32> = noise.iter().map(|x| -0.5 * x).collect();
        let found = delay(&noise, &inverted, 8_000.0, 0.1).unwrap();
        assert!(
            found.samples.abs() < 0.01 && found.correlation < -0.99,
            "{found:?}"
        );
        let stranger = delay(&noise, &signal::white_noise(0.1, 40_000, 2), 8_000.0, 0.1).unwrap();
        assert!(stranger.confidence() < 0.05, "{stranger:?}");
        let tone = signal::tone(8_000.0, 1_000.0, 0.5, 40_000);
        assert!(delay(&tone, &tone, 8_000.0, 0.1).unwrap().confidence() < 0.05);
    }

    #[test]
    fn nothing_has_no_delay() {
        assert!(delay(&[], &[], 8_000.0, 1.0).is_none());
        assert!(delay(&[1.0], &[0.0], 8_000.0, 1.0).is_none());
        assert!(delay(&[1.0], &[1.0], 0.0, 1.0).is_none());
        assert!(delay(&[1.0], &[1.0], 8_000.0, f64::NAN).is_some());
        assert!(impulse_position(&[]).is_none() && step_position(&[]).is_none());
        assert!(step_position(&[0.0, f32::NAN]).is_none());
    }

    #[test]
    fn the_latency_of_a_rate_changing_system() {
        let mut doubled = |input: &[f32]| {
            let mut output = vec![0.0; 32];
            output.extend(input.iter().flat_map(|&x| [x, 0.0]));
            output
        };
        let found = latency(&mut doubled, 8_000.0, 16_000.0, 0.5).unwrap();
        assert!((found - 0.002).abs() < 1e-9, "{found}");
    }
}
