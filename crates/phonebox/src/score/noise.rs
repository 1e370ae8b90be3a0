//! Signal to noise of a sound that was made louder and softer on its way.

/// Energies of a signal and of what differs from it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Noise {
    signal: f64,
    noise: f64,
}

impl Noise {
    /// Adds a stretch of a sound, and of a recording in which it begins at about the same sample.
    ///
    /// The recording is moved by the fraction of a sample that fits best. Then its level may change by a straight line in
    /// each 50 ms; what still differs is noise.
    pub(super) fn add(&mut self, sound: &[f32], recording: &[f32]) {
        let length = sound.len().min(recording.len());
        let (sound, recording) = (&sound[..length], &recording[..length]);
        if length < BLOCK + 2 * TAPS {
            return;
        }
        let at = |part: f64| compare(&shifted(sound, part), recording);
        let steps: Vec<_> = (-STEPS..=STEPS)
            .map(|step| at(f64::from(step) * STEP))
            .collect();
        let best =
            (0..steps.len()).min_by(|one, two| steps[*one].noise.total_cmp(&steps[*two].noise));
        let best = best.unwrap_or(0);
        // Near its least, noise is a parabola of the shift.
        let mut chosen = steps[best];
        if best > 0 && best + 1 < steps.len() {
            let [before, here, after] = [best - 1, best, best + 1].map(|step| steps[step].noise);
            let bend = before - 2.0 * here + after;
            if bend > 0.0 {
                let vertex = 0.5 * (before - after) / bend;
                let part = (best as f64 - f64::from(STEPS) + vertex) * STEP;
                let finer = at(part);
                if finer.noise < chosen.noise {
                    chosen = finer;
                }
            }
        }
        self.signal += chosen.signal;
        self.noise += chosen.noise;
    }

    /// Signal to noise in dB; none without a signal, infinite without noise.
    pub(super) fn ratio_db(self) -> Option<f64> {
        (self.signal > 0.0).then(|| 10.0 * (self.signal / self.noise).log10())
    }
}

/// Fits the level block by block; what is not fitted is noise.
fn compare(sound: &[f32], recording: &[f32]) -> Noise {
    let mut sum = Noise::default();
    let inner = TAPS..sound.len() - TAPS;
    let blocks = sound[inner.clone()]
        .chunks_exact(BLOCK)
        .zip(recording[inner].chunks_exact(BLOCK));
    for (sound, recording) in blocks {
        // Least squares of y = (a + b t) x.
        let (mut xx, mut txx, mut ttxx, mut xy, mut txy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let pairs = || {
            sound
                .iter()
                .zip(recording)
                .enumerate()
                .map(|(number, (x, y))| {
                    (
                        number as f64 / BLOCK as f64 - 0.5,
                        f64::from(*x),
                        f64::from(*y),
                    )
                })
        };
        for (t, x, y) in pairs() {
            xx += x * x;
            txx += t * x * x;
            ttxx += t * t * x * x;
            xy += x * y;
            txy += t * x * y;
        }
        let determinant = xx * ttxx - txx * txx;
        if determinant <= 0.0 {
            continue;
        }
        let a = (xy * ttxx - txy * txx) / determinant;
        let b = (txy * xx - xy * txx) / determinant;
        for (t, x, y) in pairs() {
            let fitted = (a + b * t) * x;
            sum.signal += fitted * fitted;
            sum.noise += (y - fitted).powi(2);
        }
    }
    sum
}

/// The sound later by a part of a sample, by a windowed sinc.
fn shifted(sound: &[f32], part: f64) -> Vec<f32> {
    if part.abs() < 1e-6 {
        return sound.to_vec();
    }
    let half = TAPS as isize;
    let taps: Vec<f32> = (-half..=half)
        .map(|tap| {
            let x = tap as f64 - part;
            let sinc = (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x);
            let window = (std::f64::consts::FRAC_PI_2 * x / (half as f64 + 1.0))
                .cos()
                .powi(2);
            (sinc * window) as f32
        })
        .collect();
    (0..sound.len() as isize)
        .map(|at| {
            let tap = |(number, tap): (usize, &f32)| {
                let from = usize::try_from(at - (number as isize - half)).ok();
                from.and_then(|from| sound.get(from))
                    .map_or(0.0, |x| x * tap)
            };
            taps.iter().enumerate().map(tap).sum()
        })
        .collect()
}

/// 50 ms.
const BLOCK: usize = 400;
const TAPS: usize = 24;
/// Up to five eighths of a sample either way.
const STEPS: i32 = 5;
const STEP: f64 = 0.125;

#[cfg(test)]
mod tests {
    use audio_converter_measure::signal;

    use super::*;

    #[test]
    fn noise_is_measured_whatever_the_level_does() {
        // Without the highest tones, which no fraction of a sample moves exactly.
        let voice = signal::voice(8_000.0, 120.0, 16_000, 1);
        let power = voice.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / 16_000.0;
        for wanted in [20.0, 35.0] {
            let rms = (power / 10_f64.powf(wanted / 10.0)).sqrt();
            let recording: Vec<f32> = shifted(&voice, 0.33)
                .iter()
                .zip(signal::white_noise(rms, 16_000, 2))
                .enumerate()
                // 12 dB/s louder.
                .map(|(at, (x, noise))| (x + noise) * 10_f32.powf(at as f32 / 8_000.0 * 0.6))
                .collect();
            let mut found = Noise::default();
            found.add(&voice, &recording);
            let ratio = found.ratio_db().unwrap();
            assert!((ratio - wanted).abs() < 1.0, "{ratio} {wanted}");
        }
    }

    #[test]
    fn nothing_has_no_ratio() {
        let mut found = Noise::default();
        found.add(&[0.0; 8_000], &[0.0; 8_000]);
        found.add(&[1.0; 8], &[1.0; 8]);
        assert_eq!(found.ratio_db(), None);
    }
}
