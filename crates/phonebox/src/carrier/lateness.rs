//! How honest the carrier's own clock is: how late its frames really left.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// Counts how late frames were, in constant memory, to an eighth of the value.
///
/// ```
/// use core::time::Duration;
/// use phonebox::carrier::Lateness;
///
/// let mut lateness = Lateness::default();
/// for ms in 1..=100 {
///     lateness.add(Duration::from_millis(ms));
/// }
/// assert_eq!(lateness.max(), Duration::from_millis(100));
/// assert!(lateness.quantile(0.5) >= Duration::from_millis(50));
/// assert!(lateness.quantile(0.5) <= Duration::from_millis(57));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lateness {
    /// How many were within each step of microseconds, an eighth of an octave wide.
    steps: Vec<u64>,
    max: Duration,
}

impl Lateness {
    /// Counts a frame.
    pub fn add(&mut self, late: Duration) {
        let step = step(late.as_micros().try_into().unwrap_or(u64::MAX));
        if self.steps.len() <= step {
            self.steps.resize(step + 1, 0);
        }
        self.steps[step] += 1;
        self.max = self.max.max(late);
    }

    /// Counts all frames of another.
    pub fn merge(&mut self, other: &Self) {
        let length = self.steps.len().max(other.steps.len());
        self.steps.resize(length, 0);
        for (mine, theirs) in self.steps.iter_mut().zip(&other.steps) {
            *mine += theirs;
        }
        self.max = self.max.max(other.max);
    }

    /// How many frames there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.steps.iter().sum()
    }

    /// How late the latest was.
    #[must_use]
    pub const fn max(&self) -> Duration {
        self.max
    }

    /// How late this part of the frames was at most, 0 to 1; zero without frames.
    #[must_use]
    pub fn quantile(&self, part: f64) -> Duration {
        let wanted = (self.count() as f64 * part.clamp(0.0, 1.0)).ceil() as u64;
        let mut seen = 0;
        for (number, count) in self.steps.iter().enumerate() {
            seen += count;
            if seen >= wanted && *count > 0 {
                return Duration::from_micros(end(number)).min(self.max);
            }
        }
        self.max
    }
}

impl Serialize for Lateness {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ms = |duration: Duration| duration.as_secs_f64() * 1_000.0;
        let figures = [
            ("frames", self.count() as f64),
            ("p50_ms", ms(self.quantile(0.5))),
            ("p99_ms", ms(self.quantile(0.99))),
            ("max_ms", ms(self.max)),
        ];
        serializer.collect_map(figures)
    }
}

fn step(micros: u64) -> usize {
    let Some(octave) = micros.max(1).ilog2().checked_sub(3) else {
        return micros as usize;
    };
    (octave as usize + 1) * 8 + ((micros >> octave) - 8) as usize
}

/// The first value beyond a step.
fn end(step: usize) -> u64 {
    if step < 8 {
        return step as u64 + 1;
    }
    let octave = step / 8 - 1;
    (step as u64 % 8 + 9).saturating_mul(1 << octave.min(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_below_the_end_of_its_step_and_near_it() {
        for micros in (0..5_000).chain([1 << 20, u64::from(u32::MAX), 123_456_789]) {
            let end = end(step(micros));
            assert!(
                micros < end && end <= micros + micros / 8 + 1,
                "{micros} {end}"
            );
        }
    }

    #[test]
    fn merging_is_counting_both() {
        let (mut one, mut two, mut both) = (
            Lateness::default(),
            Lateness::default(),
            Lateness::default(),
        );
        for micros in 0..1_000 {
            let late = Duration::from_micros(micros * 37 % 1_000);
            if micros % 3 == 0 {
                one.add(late)
            } else {
                two.add(late)
            }
            both.add(late);
        }
        one.merge(&two);
        assert_eq!(one, both);
    }
}
