//! A phone line: µ-law at 8 kHz.

use std::time::Duration;

/// Samples a second.
pub(crate) const RATE: u32 = 8_000;

/// 20 ms, as carriers send.
pub(crate) const FRAME: usize = 160;

/// So many samples, rounded down.
pub(crate) fn samples(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros() * u128::from(RATE) / 1_000_000).unwrap_or(u64::MAX)
}

/// How long so many samples take.
pub(crate) fn duration(samples: u64) -> Duration {
    Duration::from_nanos(samples.saturating_mul(1_000_000_000 / u64::from(RATE)))
}
