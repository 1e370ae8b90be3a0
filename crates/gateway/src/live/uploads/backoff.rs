//! How long to wait after failures.

use std::time::Duration;

use rand::Rng as _;

/// Waits that double up to a longest one.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            next: first.min(longest),
        }
    }

    /// The wait after another failure: half of it at least, the rest by chance, so that many processes do not come back
    /// at once.
    pub(super) fn next_wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = wait.saturating_mul(2).min(self.longest);
        wait.mul_f64(rand::rng().random_range(0.5..=1.0))
    }

    /// It went well.
    pub(super) fn reset(&mut self) {
        self.next = self.first.min(self.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_begin_again_after_a_success() {
        let seconds = Duration::from_secs;
        let mut backoff = Backoff::new(seconds(1), seconds(5));
        for whole in [1, 2, 4, 5, 5] {
            let wait = backoff.next_wait();
            assert!(wait >= seconds(whole) / 2 && wait <= seconds(whole));
        }
        backoff.reset();
        assert!(backoff.next_wait() <= seconds(1));
    }
}
