//! Two ways to design a low-pass filter: the Remez exchange and the Kaiser window.
//!
//! Both give one half of a symmetric filter: `h[0]` is the middle tap, `h[n]` stands for the taps `n` and `-n`.
//! Its gain at the frequency `f`, in cycles per tap, is `h[0] + 2 Σ h[n] cos(2πfn)`.

use std::f64::consts::{PI, TAU};

/// Grid points for each free coefficient: between the points of the grid the error may stand above its peak on the
/// grid by up to 1 % of it, 0.1 dB.
const GRID_DENSITY: usize = 32;

/// Rounds of the exchange before the design counts as failed; the presets take 6 to 20.
const MAX_ROUNDS: usize = 100;

/// A point of the frequency grid: where the filter's error is measured and what it should be there.
#[derive(Clone, Copy, Debug)]
struct Point {
    /// `cos(2πf)`: in this variable the gain of a symmetric filter is a polynomial.
    x: f64,
    /// The frequency, counted without the transition band.
    place: f64,
    /// The wanted gain.
    wanted: f64,
    /// How much an error weighs here.
    weight: f64,
}

/// The equiripple low-pass filter of taps `-last..=last`, by the Remez exchange of Parks and McClellan (1972).
///
/// The gain is 1 from 0 to `pass` and 0 from `stop` to ½, both in cycles per tap; the greatest error in the stop
/// band is made `stop_weight` times smaller than that in the pass band, and no filter of this length has a
/// smaller one.
///
/// ```text
/// choose last + 2 frequencies
/// repeat
///     find the polynomial in cos(2πf) of degree `last` whose weighted error there is +δ, -δ, +δ, …
///     find all the places where its error is extreme
///     choose last + 2 of them whose signs alternate, the greatest ones
/// until no error is greater than δ
/// ```
///
/// The polynomial is never written by its coefficients, only by its values at the chosen frequencies (the
/// barycentric form), so hundreds of taps lose no precision.
///
/// # Panics
///
/// When the edges are not `0 < pass < stop < ½`, or the exchange does not settle.
#[must_use]
pub fn equiripple(last: usize, pass: f64, stop: f64, stop_weight: f64) -> Vec<f64> {
    assert!(
        0.0 < pass && pass < stop && stop < 0.5,
        "the edges {pass} and {stop} are no low-pass filter"
    );
    // Closer together towards the edges, as the extremes are: by the sine of an angle from 0 at a band's far end.
    let steps_per_hertz = (GRID_DENSITY * (last + 2)) as f64 / (pass + 0.5 - stop);
    let band = |far: f64, edge: f64, wanted: f64, weight: f64| -> Vec<Point> {
        let steps = ((edge - far).abs() * steps_per_hertz).ceil();
        let frequency = |i: usize| far + (edge - far) * (PI / 2.0 * i as f64 / steps).sin();
        let place = |f: f64| if f <= pass { f } else { f - (stop - pass) };
        let point = |f: f64| Point {
            x: (TAU * f).cos(),
            place: place(f),
            wanted,
            weight,
        };
        (0..=steps as usize).map(|i| point(frequency(i))).collect()
    };
    let mut stop_band = band(0.5, stop, 0.0, stop_weight);
    stop_band.reverse();
    let grid = [band(0.0, pass, 1.0, 1.0), stop_band];

    let all: Vec<Point> = grid.concat();
    // To begin with, the frequencies are even over both bands.
    let even = |i: usize| i as f64 / (last + 1) as f64 * (pass + 0.5 - stop);
    let nearest = |i: usize| {
        all.partition_point(|p| p.place < even(i))
            .min(all.len() - 1)
    };
    let mut chosen: Vec<Point> = (0..last + 2).map(|i| all[nearest(i)]).collect();
    for _ in 0..MAX_ROUNDS {
        let polynomial = Polynomial::alternating(&chosen);
        let mut extremes = Vec::new();
        for band in &grid {
            let errors: Vec<f64> = band
                .iter()
                .map(|p| p.weight * (polynomial.at(p.x) - p.wanted))
                .collect();
            extremes.extend(
                local_extremes(&errors)
                    .into_iter()
                    .map(|i| (band[i], errors[i])),
            );
        }
        let greatest = extremes
            .iter()
            .map(|(_, error)| error.abs())
            .fold(0.0, f64::max);
        if greatest <= polynomial.ripple.abs() * (1.0 + 1e-9) {
            return taps(&polynomial, last);
        }
        chosen = alternation(extremes, last + 2);
    }
    panic!(
        "the exchange of {last} taps, edges {pass} and {stop}, did not settle in {MAX_ROUNDS} rounds"
    );
}

/// Where `|errors|` is greater than at the neighbour before and not less than at the one after; ends count.
fn local_extremes(errors: &[f64]) -> Vec<usize> {
    let height = |i: usize, of: usize| errors[i] * errors[of].signum();
    let rises = |i: usize| i == 0 || height(i - 1, i) < height(i, i);
    let falls = |i: usize| i + 1 == errors.len() || height(i + 1, i) <= height(i, i);
    (0..errors.len())
        .filter(|&i| rises(i) && falls(i))
        .collect()
}

/// `count` of the extremes, of alternating sign, giving up the smallest ones.
fn alternation(extremes: Vec<(Point, f64)>, count: usize) -> Vec<Point> {
    let mut kept: Vec<(Point, f64)> = Vec::new();
    for extreme in extremes {
        match kept.last_mut() {
            Some(last) if last.1.signum() == extreme.1.signum() => {
                if extreme.1.abs() > last.1.abs() {
                    *last = extreme;
                }
            }
            _ => kept.push(extreme),
        }
    }
    assert!(
        kept.len() >= count,
        "fewer than {count} alternations: the exchange lost its precision"
    );
    while kept.len() > count {
        let size = |i: usize| kept[i].1.abs();
        let end = if size(0) < size(kept.len() - 1) {
            0
        } else {
            kept.len() - 1
        };
        // Two neighbours leave together, or the signs would no longer alternate.
        let pair = (0..kept.len() - 1).min_by(|&i, &j| {
            size(i)
                .max(size(i + 1))
                .total_cmp(&size(j).max(size(j + 1)))
        });
        match pair {
            Some(i) if kept.len() > count + 1 && size(i).max(size(i + 1)) < size(end) => {
                kept.drain(i..i + 2);
            }
            _ => {
                kept.remove(end);
            }
        }
    }
    kept.into_iter().map(|(point, _)| point).collect()
}

/// A polynomial known by its values at some nodes, in the barycentric form of Lagrange's formula.
struct Polynomial {
    nodes: Vec<Point>,
    values: Vec<f64>,
    weights: Vec<f64>,
    /// δ, the weighted error at the nodes, with the sign that it has at the first one.
    ripple: f64,
}

impl Polynomial {
    /// The polynomial of degree `points.len() - 2` whose weighted error at the points is +δ, -δ, +δ, …
    fn alternating(points: &[Point]) -> Self {
        // Divided differences: Σ wᵢ p(xᵢ) is zero for every polynomial of too low a degree, which gives δ.
        let weights = barycentric_weights(points);
        let sign = |i: usize| if i.is_multiple_of(2) { 1.0 } else { -1.0 };
        let wanted: f64 = points.iter().zip(&weights).map(|(p, w)| w * p.wanted).sum();
        let error: f64 = points
            .iter()
            .zip(&weights)
            .enumerate()
            .map(|(i, (p, w))| sign(i) * w / p.weight)
            .sum();
        let ripple = -wanted / error;
        // One point fewer would do now, but the formula is the more accurate between its nodes.
        let values = points
            .iter()
            .enumerate()
            .map(|(i, p)| p.wanted + sign(i) * ripple / p.weight)
            .collect();
        Self {
            nodes: points.to_vec(),
            values,
            weights,
            ripple,
        }
    }

    fn at(&self, x: f64) -> f64 {
        let (mut above, mut below) = (0.0, 0.0);
        for ((node, value), weight) in self.nodes.iter().zip(&self.values).zip(&self.weights) {
            let distance = x - node.x;
            if distance == 0.0 {
                return *value;
            }
            above += weight / distance * value;
            below += weight / distance;
        }
        above / below
    }
}

/// `1 / Π (xᵢ - xⱼ)` for each point, all multiplied by one common factor that keeps them near 1.
fn barycentric_weights(points: &[Point]) -> Vec<f64> {
    let product = |i: usize| {
        let others = points
            .iter()
            .enumerate()
            .filter(|&(j, _)| j != i)
            .map(|(_, other)| points[i].x - other.x);
        others.fold((0.0, 1.0), |(log, sign), d| {
            (log + d.abs().ln(), sign * d.signum())
        })
    };
    let products: Vec<(f64, f64)> = (0..points.len()).map(product).collect();
    let least = products
        .iter()
        .map(|&(log, _)| log)
        .fold(f64::INFINITY, f64::min);
    products
        .iter()
        .map(|&(log, sign)| sign * (least - log).exp())
        .collect()
}

/// The filter that has this gain: an inverse Fourier transform of `2 last + 1` samples of it, taken as a plain sum.
fn taps(gain: &Polynomial, last: usize) -> Vec<f64> {
    let count = 2 * last + 1;
    let samples: Vec<f64> = (0..=last)
        .map(|k| gain.at((TAU * k as f64 / count as f64).cos()))
        .collect();
    // The angle is reduced in whole numbers: k·n turns of 1/count each.
    let cosine = |k: usize, n: usize| (TAU * (k * n % count) as f64 / count as f64).cos();
    (0..=last)
        .map(|n| {
            let rest: f64 = (1..=last).map(|k| samples[k] * cosine(k, n)).sum();
            (samples[0] + 2.0 * rest) / count as f64
        })
        .collect()
}

/// The low-pass filter of cut-off `cutoff`, in cycles per tap, of taps `-last..=last`: the ideal one under a
/// Kaiser window that reaches zero at `±width`.
///
/// `h[n] = 2 cutoff · sinc(2 cutoff n) · I₀(β √(1 - (n/width)²)) / I₀(β)`; Kaiser (1974). `cutoff` is given as
/// the fraction `cutoff.0 / cutoff.1`, so that the sine's angle is reduced without rounding.
///
/// # Panics
///
/// When the window ends before the last tap.
#[must_use]
pub fn kaiser(last: usize, cutoff: (u64, u64), width: usize, beta: f64) -> Vec<f64> {
    assert!(
        last <= width,
        "the window of ±{width} ends before tap {last}"
    );
    let doubled = 2.0 * cutoff.0 as f64 / cutoff.1 as f64;
    (0..=last)
        .map(|n| {
            let ideal = if n == 0 {
                doubled
            } else {
                // sin(π·2·numerator·n/denominator), whose period is `denominator` in numerator·n.
                let turns = (cutoff.0 * n as u64 % cutoff.1) as f64 / cutoff.1 as f64;
                sine_of_turns(turns) / (PI * n as f64)
            };
            let u = n as f64 / width as f64;
            ideal * bessel_i0(beta * (1.0 - u * u).sqrt()) / bessel_i0(beta)
        })
        .collect()
}

/// `sin(2π turns)` for `0 <= turns < 1`, exact at the quarters: the sine only ever sees an eighth of a turn.
fn sine_of_turns(turns: f64) -> f64 {
    let quarter = (turns * 4.0).round();
    let rest = TAU * (turns - quarter / 4.0);
    match quarter as u32 % 4 {
        0 => rest.sin(),
        1 => rest.cos(),
        2 => -rest.sin(),
        _ => -rest.cos(),
    }
}

/// The modified Bessel function I₀ by its power series `Σ ((x/2)^k / k!)²`, whose terms are all positive.
#[must_use]
pub fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-18 {
        term *= (x / (2.0 * k)) * (x / (2.0 * k));
        sum += term;
        k += 1.0;
    }
    sum
}
