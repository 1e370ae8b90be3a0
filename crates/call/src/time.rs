//! Time as an argument.

use core::fmt;
use core::ops::{Add, AddAssign, Sub};
use core::time::Duration;

/// An instant: the time since a beginning that the driver chooses, and which never goes back.
///
/// Nothing in this crate reads a clock. A server passes what its monotonic clock says; a test passes what it likes.
///
/// ```
/// use core::time::Duration;
/// use voice_call::Time;
///
/// let answered = Time::ZERO + Duration::from_secs(3);
/// assert_eq!(answered + Duration::from_millis(20) - answered, Duration::from_millis(20));
/// // Going back is going nowhere.
/// assert_eq!(Time::ZERO - answered, Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(Duration);

impl Time {
    /// The beginning.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// The time since the beginning.
    #[must_use]
    pub const fn since_beginning(self) -> Duration {
        self.0
    }

    /// Earlier by so much, but not before the beginning.
    #[must_use]
    pub const fn saturating_sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration))
    }
}

impl From<Duration> for Time {
    /// So long after the beginning.
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

impl AddAssign<Duration> for Time {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub for Time {
    type Output = Duration;

    /// How long after `earlier` this is; zero if it is not.
    fn sub(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// Seconds, as in `12.340 s`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.0.as_secs_f64())
    }
}
