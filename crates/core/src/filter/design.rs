//! The prototype low-pass and its integer coefficients.
//!
//! A conversion by L/M works on the grid of both rates' common multiple: L steps per input sample, M per output
//! sample. With R = max(L, M), that grid is R times the lower rate, and the low-pass on it is
//! `h[n]`, symmetric, `n = −H..=H`, with unit gain in the pass band. Output `k` at grid instant `kM` is
//!
//! ```text
//! y[k] = Σ c[kM − iL] · x[i] / 2^T      over the inputs i with |iL − kM| ≤ H,      c[n] = ⌊L·h[n]·2^T + ½⌋
//! ```
//!
//! The common ratios (R = 2, 3, 4, 6) have equiripple prototypes, found once by the Remez exchange and kept in
//! `tables.rs`; the others a Kaiser-windowed sinc, computed here with nothing but + − × ÷, which IEEE 754 defines
//! to the bit: the coefficients are the same on every machine.

use alloc::vec::Vec;

use super::tables;
use crate::Quality;

/// What the filter of one quality is made of when its ratio is not a common one: Kaiser's window.
struct Window {
    /// Half length in periods of the lower rate.
    half: u64,
    /// Cut-off in fortieths of the lower rate.
    cutoff: u64,
    /// Kaiser's shape parameter: more is a deeper stop band and a wider transition.
    beta: f64,
}

/// A low-pass on the common grid, as integers.
pub(crate) struct Prototype {
    /// `c[n]` for `n = 0..=H`; `c[−n] = c[n]`.
    pub(crate) coefficients: Vec<i32>,
    /// `T`: the coefficients are multiples of 2^−T.
    pub(crate) scale: u32,
}

impl Prototype {
    /// The low-pass for `up`/`down`, which have no common divisor.
    pub(crate) fn new(up: u32, down: u32, quality: Quality) -> Self {
        let ratio = up.max(down);
        let table = tables::prototype(quality, ratio);
        let scale = scale(quality, table.is_some());
        let gain = f64::from(up) * f64::from(1u32 << scale);
        let to_integer = |h: &f64| floor(gain * h + 0.5);
        let mut coefficients: Vec<i32> = match table {
            Some(table) => table.iter().map(to_integer).collect(),
            None => windowed_sinc(&window(quality), ratio)
                .iter()
                .map(to_integer)
                .collect(),
        };
        // A window's ends may be too small for a coefficient: nothing should wait for them.
        while coefficients.len() > 1 && coefficients.last() == Some(&0) {
            coefficients.pop();
        }
        Self {
            coefficients,
            scale,
        }
    }

    /// The most that `H` can be for this ratio, without making the filter: for the bound on its size.
    pub(crate) fn half_length(up: u32, down: u32, quality: Quality) -> u64 {
        let ratio = up.max(down);
        match tables::prototype(quality, ratio) {
            Some(table) => table.len() as u64 - 1,
            None => window(quality).half * u64::from(ratio) - 1,
        }
    }
}

/// `T` for each quality: the fewest bits whose rounding leaves the stop band below the promised depth. A common ratio of
/// [`Quality::LowLatency`] needs no coarse halves with 15; others can have far more, and far smaller, coefficients.
const fn scale(quality: Quality, is_common: bool) -> u32 {
    match quality {
        Quality::LowLatency if is_common => 15,
        Quality::LowLatency | Quality::Voice => 22,
        Quality::Transparent => 24,
    }
}

const fn window(quality: Quality) -> Window {
    match quality {
        Quality::LowLatency => Window {
            half: 10,
            cutoff: 19,
            beta: 6.2,
        },
        Quality::Voice => Window {
            half: 22,
            cutoff: 20,
            beta: 10.3,
        },
        Quality::Transparent => Window {
            half: 60,
            cutoff: 20,
            beta: 11.7,
        },
    }
}

/// Taps that are computed side by side, so that one multiplication need not wait for the last.
const TOGETHER: usize = 8;

/// `h[n]`, `n = 0..=H`, of a Kaiser-windowed sinc on a grid of `ratio` steps a period of the lower rate.
fn windowed_sinc(window: &Window, ratio: u32) -> Vec<f64> {
    let ratio = u64::from(ratio);
    let span = window.half * ratio;
    let weights = kaiser_series(window.beta);
    let [full_scale, ..] = horner(&weights, [1.0; TOGETHER]);
    let sines = sine_series();
    let mut taps = Vec::with_capacity(span as usize + TOGETHER);
    for first in (0..span).step_by(TOGETHER) {
        let numbers: [u64; TOGETHER] = core::array::from_fn(|i| first + i as u64);
        // sin(π·a/b), reduced in integers to the first quarter of its turn.
        let b = 20 * ratio;
        let angles = numbers.map(|n| {
            let turn = window.cutoff * n % (2 * b);
            let half_turn = turn % b;
            let x = core::f64::consts::PI * (half_turn.min(b - half_turn) as f64 / b as f64);
            if turn < b { x } else { -x }
        });
        let sines = horner(&sines, angles.map(|x| x * x));
        let bells = horner(
            &weights,
            numbers.map(|n| {
                let u = n as f64 / span as f64;
                1.0 - u * u
            }),
        );
        for (i, n) in numbers.into_iter().enumerate() {
            let ideal = if n == 0 {
                window.cutoff as f64 / b as f64
            } else {
                angles[i] * sines[i] / (core::f64::consts::PI * n as f64)
            };
            taps.push(ideal * bells[i] / full_scale);
        }
    }
    taps.truncate(span as usize);
    taps
}

/// The power series of I₀(β√v) in v: (β²/4)^k / (k!)². 28 terms leave less than 10⁻¹⁵ of I₀(β) for β < 12.
fn kaiser_series(beta: f64) -> [f64; 28] {
    let mut terms = [1.0; 28];
    for k in 1..terms.len() {
        terms[k] = terms[k - 1] * (beta * beta / 4.0) / (k * k) as f64;
    }
    terms
}

/// The power series of sin(x)/x in x². 12 terms leave less than 10⁻¹⁷ for x ≤ π/2.
fn sine_series() -> [f64; 12] {
    let mut terms = [1.0; 12];
    for k in 1..terms.len() {
        terms[k] = -terms[k - 1] / (2 * k * (2 * k + 1)) as f64;
    }
    terms
}

/// The value of a power series at several places.
fn horner(terms: &[f64], x: [f64; TOGETHER]) -> [f64; TOGETHER] {
    let mut sums = [0.0; TOGETHER];
    for term in terms.iter().rev() {
        for (sum, x) in sums.iter_mut().zip(&x) {
            *sum = *sum * x + term;
        }
    }
    sums
}

/// The greatest integer not above `x`, which is far inside the range of `i32`.
fn floor(x: f64) -> i32 {
    let truncated = x as i32;
    if f64::from(truncated) > x {
        truncated - 1
    } else {
        truncated
    }
}
