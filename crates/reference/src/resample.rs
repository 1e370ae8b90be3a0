//! The sum of products that changes a sample rate, straight from its definition.

use crate::filter::Filter;

/// 2^53: up to here every whole number is an `f64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Each output sample times `2^filter.bits`, exactly.
///
/// Output `k` stands at the instant `k · down` of the common multiple of both rates and input `i` at `i · up`, so
///
/// ```text
/// y[k] = Σ c[|k · down - i · up|] · x[i]     over all i with |k · down - i · up| <= last
/// ```
///
/// where `x` is zero outside of the stream, and `k` runs from 0 to below the length of the stream in output
/// samples, `ceil(N · up / down)`.
///
/// # Panics
///
/// When a sum could leave the whole numbers that an `f64` holds exactly. No 16-bit sample and no float limited to
/// ±8 with 24 fraction bits can do that.
#[must_use]
pub fn resample(samples: &[f64], filter: &Filter) -> Vec<f64> {
    let (up, down, last) = (filter.up, filter.down, filter.last());
    let count = (samples.len() as u64 * up).div_ceil(down);
    (0..count)
        .map(|k| {
            let first_input = (k * down).saturating_sub(last).div_ceil(up);
            let end_input = ((k * down + last) / up + 1).min(samples.len() as u64);
            let (mut sum, mut size) = (0.0, 0.0);
            for i in first_input..end_input {
                let product =
                    filter.coefficients[(k * down).abs_diff(i * up) as usize] * samples[i as usize];
                sum += product;
                size += product.abs();
            }
            assert!(size < EXACT, "the sum of output {k} is not exact");
            sum
        })
        .collect()
}

/// The input sample that output `k` has to wait for: the last one that it depends on.
#[must_use]
pub fn last_input(k: u64, filter: &Filter) -> u64 {
    (k * filter.down + filter.last()) / filter.up
}
