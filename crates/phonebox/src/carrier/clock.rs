//! The carrier's own clock, which counts samples and is never quite right.

use std::time::Duration;

use voice_call::Time;

/// Samples a second on a phone line.
pub const RATE: u32 = 8_000;

/// Turns samples of a phone line into instants and back, at a rate that is off by some parts in a million.
///
/// ```
/// use core::time::Duration;
/// use phonebox::carrier::Clock;
/// use voice_call::Time;
///
/// let fast = Clock::new(Time::ZERO, 200);
/// let hour = Time::ZERO + Duration::from_secs(3_600);
/// // 200 ppm of an hour are 0.72 s.
/// assert_eq!(fast.sample_at(hour), 28_805_760);
/// assert_eq!(fast.time_of(28_805_760), hour);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    start: Time,
    drift_ppm: i32,
}

impl Clock {
    /// The greatest drift either way, in parts per million. A larger one counts as this.
    pub const MOST_DRIFT: i32 = 100_000;

    /// A clock whose sample 0 is at `start`, and which runs faster than time by so many parts per million.
    #[must_use]
    pub fn new(start: Time, drift_ppm: i32) -> Self {
        let drift_ppm = drift_ppm.clamp(-Self::MOST_DRIFT, Self::MOST_DRIFT);
        Self { start, drift_ppm }
    }

    /// When a sample begins.
    #[must_use]
    pub fn time_of(&self, sample: u64) -> Time {
        let nanos = (u128::from(sample) * SAMPLE * MILLION).div_ceil(self.speed());
        let nanos = u64::try_from(nanos).unwrap_or(u64::MAX);
        self.start + Duration::from_nanos(nanos)
    }

    /// How many samples have passed; 0 before the beginning.
    #[must_use]
    pub fn sample_at(&self, time: Time) -> u64 {
        let samples = (time - self.start).as_nanos() * self.speed() / (SAMPLE * MILLION);
        u64::try_from(samples).unwrap_or(u64::MAX)
    }

    /// When sample 0 is.
    #[must_use]
    pub const fn start(&self) -> Time {
        self.start
    }

    fn speed(&self) -> u128 {
        u128::from((1_000_000 + self.drift_ppm).unsigned_abs())
    }
}

/// How many samples a length of the carrier's time has, rounded down.
pub(crate) fn samples(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros() * u128::from(RATE) / MILLION).unwrap_or(u64::MAX)
}

/// Nanoseconds of a sample.
const SAMPLE: u128 = 125_000;
const MILLION: u128 = 1_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_sample_begins_when_those_before_it_have_passed(
            sample in 0..100_000_000_u64,
            drift in -500..500,
            start in 0..1_000_000_u64,
        ) {
            let clock = Clock::new(Time::ZERO + Duration::from_micros(start), drift);
            let begins = clock.time_of(sample);
            prop_assert_eq!(clock.sample_at(begins), sample);
            if sample > 0 {
                let before = begins.saturating_sub(Duration::from_nanos(1));
                prop_assert_eq!(clock.sample_at(before), sample - 1);
            }
        }
    }
}
