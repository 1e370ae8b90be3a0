//! How a waveform would ring on: linear prediction of the difference at a seam.

use super::pitch::dot;

/// The coefficients that predict a sample from the [`ORDER`] before it, the newest first: autocorrelation method over
/// the stretch, and the recursion of Levinson and Durbin. All zero for silence. Always stable: the autocorrelation
/// gets a floor 40 dB below the signal.
pub(super) fn predictor(stretch: &[f32; LENGTH]) -> [f32; ORDER] {
    // The zeros behind it keep the products of every lag equally many.
    let mut windowed = [0.0_f32; LENGTH + ORDER];
    for (n, (windowed, sample)) in windowed.iter_mut().zip(stretch).enumerate() {
        // A triangle that leans towards the end: the seam is there.
        let rise = (n + 1) as f32 / (LENGTH - TAPER) as f32;
        let fall = (LENGTH - n) as f32 / TAPER as f32;
        *windowed = sample * rise.min(fall).min(1.0);
    }
    let mut alike = [0.0_f32; ORDER + 1];
    for (lag, alike) in alike.iter_mut().enumerate() {
        *alike = dot(&windowed[lag..lag + LENGTH], &windowed[..LENGTH]);
    }
    let mut error = alike[0] * 1.000_1 + 1.0;
    let mut predictor = [0.0_f32; ORDER];
    for order in 0..ORDER {
        let mut missed = alike[order + 1];
        for (tap, alike) in predictor[..order].iter().zip(alike[1..=order].iter().rev()) {
            missed -= tap * alike;
        }
        let reflection = (missed / error).clamp(-0.999, 0.999);
        let before = predictor;
        for (tap, mirrored) in predictor[..order]
            .iter_mut()
            .zip(before[..order].iter().rev())
        {
            *tap -= reflection * mirrored;
        }
        predictor[order] = reflection;
        error *= 1.0 - reflection * reflection;
    }
    predictor
}

/// Enough for the four resonances that a telephone band holds.
pub(super) const ORDER: usize = 8;
pub(super) const LENGTH: usize = 160;
const TAPER: usize = 16;
