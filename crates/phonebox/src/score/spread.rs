//! How values spread.

use std::fmt;

use serde::Serialize;

/// Mean and percentiles of some values; all zero without any.
///
/// ```
/// use phonebox::score::Spread;
///
/// let spread = Spread::of((1..=100).map(f64::from));
/// assert_eq!((spread.count, spread.mean), (100, 50.5));
/// assert_eq!((spread.p50, spread.p95, spread.p99, spread.max), (50.0, 95.0, 99.0, 100.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// How many values there are.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Half of them are at most this.
    pub p50: f64,
    /// 95 % of them are at most this.
    pub p95: f64,
    /// 99 % of them are at most this.
    pub p99: f64,
    /// The greatest.
    pub max: f64,
}

impl Spread {
    /// The spread of values, none of them NaN.
    #[must_use]
    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<_> = values.collect();
        values.sort_by(f64::total_cmp);
        let Some(max) = values.last().copied() else {
            return Self::default();
        };
        let count = values.len();
        let at = |part: f64| values[((count as f64 * part).ceil() as usize).clamp(1, count) - 1];
        Self {
            count,
            mean: values.iter().sum::<f64>() / count as f64,
            p50: at(0.5),
            p95: at(0.95),
            p99: at(0.99),
            max,
        }
    }
}

/// As a row of a table: mean, p50, p95, p99, max.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.count == 0 {
            return write!(f, "{:>8} {:>8} {:>8} {:>8} {:>8}", "–", "–", "–", "–", "–");
        }
        let Self {
            mean,
            p50,
            p95,
            p99,
            max,
            ..
        } = self;
        write!(f, "{mean:>8.1} {p50:>8.1} {p95:>8.1} {p99:>8.1} {max:>8.1}")
    }
}
