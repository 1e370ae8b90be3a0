//! A distribution of delays in constant memory.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// A distribution of delays: exact in count, mean, least and most; quantiles within 1.6 %, or 1 µs for what is shorter than 128 µs.
///
/// Buckets of equal width within each power of two, as in a high dynamic range histogram. It holds at most 11 KB, and counts what is longer than two
/// minutes as two minutes in its quantiles.
///
/// ```
/// use phonebox::score::load::Histogram;
/// use std::time::Duration;
///
/// let mut delays = Histogram::default();
/// for milliseconds in 1..=100 {
///     delays.record(Duration::from_millis(milliseconds));
/// }
/// assert_eq!(delays.count(), 100);
/// assert_eq!(delays.mean(), Some(Duration::from_micros(50_500)));
/// assert_eq!(delays.quantile(1.0), Some(Duration::from_millis(100)));
/// let p99 = delays.quantile(0.99).unwrap().as_secs_f64();
/// assert!((p99 / 0.099 - 1.0).abs() < 0.016);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: Vec<u64>,
    count: u64,
    total: Duration,
    range: Option<(Duration, Duration)>,
}

impl Histogram {
    /// Counts one delay.
    pub fn record(&mut self, delay: Duration) {
        let bucket = bucket(delay);
        if self.counts.len() <= bucket {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
        self.count += 1;
        self.total = self.total.saturating_add(delay);
        let (least, most) = self.range.unwrap_or((delay, delay));
        self.range = Some((least.min(delay), most.max(delay)));
    }

    /// Counts all that the other one counted.
    pub fn merge(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.count += other.count;
        self.total = self.total.saturating_add(other.total);
        self.range = match (self.range, other.range) {
            (Some(one), Some(two)) => Some((one.0.min(two.0), one.1.max(two.1))),
            (one, two) => one.or(two),
        };
    }

    /// How many were counted.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; none of nothing.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        let nanos = self.total.as_nanos().checked_div(self.count.into())?;
        Some(Duration::from_nanos(
            u64::try_from(nanos).unwrap_or(u64::MAX),
        ))
    }

    /// The least of them.
    #[must_use]
    pub fn least(&self) -> Option<Duration> {
        self.range.map(|range| range.0)
    }

    /// The greatest of them.
    #[must_use]
    pub fn most(&self) -> Option<Duration> {
        self.range.map(|range| range.1)
    }

    /// The delay that this part of them, 0 to 1, does not exceed.
    #[must_use]
    pub fn quantile(&self, part: f64) -> Option<Duration> {
        let (least, most) = self.range?;
        let wanted = ((part.clamp(0.0, 1.0) * self.count as f64).ceil() as u64).max(1);
        let mut seen = 0;
        let bucket = self.counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        })?;
        // What is over the range is in the last bucket.
        let is_last = bucket == self.counts.len() - 1;
        Some(if is_last {
            most
        } else {
            upper(bucket).clamp(least, most)
        })
    }

    /// The figures that people ask for; none of nothing.
    #[must_use]
    pub fn summary(&self) -> Option<Summary> {
        let milliseconds = |delay: Option<Duration>| delay.map(|delay| delay.as_secs_f64() * 1e3);
        Some(Summary {
            count: self.count,
            mean_ms: milliseconds(self.mean())?,
            p50_ms: milliseconds(self.quantile(0.5))?,
            p95_ms: milliseconds(self.quantile(0.95))?,
            p99_ms: milliseconds(self.quantile(0.99))?,
            max_ms: milliseconds(self.most())?,
        })
    }
}

impl Serialize for Histogram {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.summary().serialize(serializer)
    }
}

/// A distribution in a few figures, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// How many delays.
    pub count: u64,
    /// Their mean.
    pub mean_ms: f64,
    /// What half of them do not exceed.
    pub p50_ms: f64,
    /// What 95 % of them do not exceed.
    pub p95_ms: f64,
    /// What 99 % of them do not exceed.
    pub p99_ms: f64,
    /// The greatest.
    pub max_ms: f64,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            mean_ms,
            p50_ms,
            p95_ms,
            p99_ms,
            max_ms,
            ..
        } = self;
        write!(
            f,
            "mean {mean_ms:.2}, p50 {p50_ms:.2}, p95 {p95_ms:.2}, p99 {p99_ms:.2}, max {max_ms:.2} ms"
        )
    }
}

/// One for each microsecond at first, then 64 for each power of two.
fn bucket(delay: Duration) -> usize {
    let micros = u64::try_from(delay.as_micros())
        .unwrap_or(LONGEST)
        .min(LONGEST);
    let power = (u64::BITS - micros.leading_zeros()).saturating_sub(7);
    (u64::from(power) * 64 + (micros >> power)) as usize
}

/// The longest delay of a bucket.
fn upper(bucket: usize) -> Duration {
    let power = (bucket / 64).saturating_sub(1);
    let micros = ((bucket - 64 * power + 1) << power) - 1;
    Duration::from_micros(micros as u64)
}

/// In microseconds, just over two minutes.
const LONGEST: u64 = (1 << 27) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_delay_is_in_its_bucket() {
        let mut last = 0;
        for micros in (0..20_000)
            .chain((20_000..LONGEST).step_by(9_973))
            .chain([LONGEST])
        {
            let delay = Duration::from_micros(micros);
            let bucket = bucket(delay);
            assert!(bucket == last || bucket == last + 1 || micros >= 20_000);
            last = bucket;
            assert!(upper(bucket) >= delay);
            assert!(upper(bucket).as_secs_f64() <= delay.as_secs_f64() * (1.0 + 1.0 / 64.0));
        }
        assert_eq!(last, 1_407);
    }

    #[test]
    fn merged_is_as_if_counted_in_one() {
        let (mut one, mut two, mut both) = Default::default();
        for n in 0..1_000_u64 {
            let delay = Duration::from_micros(n * n * 37 % 200_000);
            let part: &mut Histogram = if n % 3 == 0 { &mut one } else { &mut two };
            part.record(delay);
            Histogram::record(&mut both, delay);
        }
        one.merge(&two);
        assert_eq!(one, both);
        assert_eq!(Histogram::default().summary(), None);
        one.merge(&Histogram::default());
        assert_eq!(one, both);
    }

    #[test]
    fn what_is_too_long_is_still_told() {
        let mut delays = Histogram::default();
        delays.record(Duration::from_secs(3_600));
        delays.record(Duration::ZERO);
        assert_eq!(delays.quantile(0.5), Some(Duration::ZERO));
        assert_eq!(delays.quantile(0.99), Some(Duration::from_secs(3_600)));
    }
}
