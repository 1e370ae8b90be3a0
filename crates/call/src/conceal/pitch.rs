//! The pitch of the last 20 ms: the lag at which a stretch resembles the one before it most.

use super::repeat::HISTORY;

/// The period in samples, and how alike its repetitions are, 0 to 1.
///
/// Several periods at once are welcome: where a period is no whole number, two or three of them may nearly be one.
pub(super) fn period(past: &[f32; HISTORY]) -> (usize, f32) {
    let now = &past[HISTORY - WINDOW..];
    let mut likeness = [0.0_f32; LONGEST - SHORTEST + 1];
    for (lag, likeness) in (SHORTEST..).zip(&mut likeness) {
        let before = &past[HISTORY - WINDOW - lag..HISTORY - lag];
        // Only what is alike counts, not what is upside down.
        let product = dot(now, before).max(0.0);
        // One step of noise, so that silence has no period.
        *likeness = product / (dot(before, before) + WINDOW as f32).sqrt();
    }
    let mut top = 0;
    for (lag, found) in likeness.iter().enumerate() {
        if *found > likeness[top] {
            top = lag;
        }
    }
    let alike = likeness[top] / (dot(now, now) + WINDOW as f32).sqrt();
    (SHORTEST + top, alike.min(1.0))
}

/// The lag near `about` at which the past's last samples repeat best, three of the longest periods at most.
pub(super) fn multiple(past: &[f32; HISTORY], about: usize) -> usize {
    let compared = HISTORY - 3 * LONGEST;
    let now = &past[HISTORY - compared..];
    let error = |lag: usize| {
        let before = &past[HISTORY - compared - lag..HISTORY - lag];
        let missed = now.iter().zip(before).map(|(x, y)| (x - y) * (x - y));
        missed.sum::<f32>()
    };
    let most = (about + REACH).min(3 * LONGEST);
    (about - REACH..=most)
        .min_by(|&a, &b| error(a).total_cmp(&error(b)))
        .unwrap_or(most)
}

/// The sum of products, in eight strands so that it vectorises; their order is fixed.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut strands = [0.0_f32; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for ((strand, a), b) in strands.iter_mut().zip(a).zip(b) {
            *strand += a * b;
        }
    }
    strands.iter().sum()
}

/// G.711 Appendix I: lags of 40 to 120 samples, 20 ms of them compared.
pub(super) const SHORTEST: usize = 40;
pub(super) const LONGEST: usize = 120;
pub(super) const WINDOW: usize = 160;
/// How far a multiple may be from whole periods.
const REACH: usize = 2;
