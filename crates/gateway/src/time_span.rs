//! Times in a configuration.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

/// A length of time as people write it: `"500ms"`, `"8s"`, `"1h 30m"`, or a number of seconds; a year at most.
///
/// ```
/// use std::time::Duration;
/// use voice_gateway::TimeSpan;
///
/// let spans: Vec<TimeSpan> = serde_json::from_str(r#"["500ms", "8s", 8, 0.5]"#)?;
/// assert_eq!(spans[0], spans[3]);
/// assert_eq!(Duration::from(spans[1]), Duration::from_secs(8));
/// assert_eq!(serde_json::to_string(&spans[0])?, r#""500ms""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeSpan(Duration);

impl TimeSpan {
    /// So many seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// For who waits.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl From<Duration> for TimeSpan {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl From<TimeSpan> for Duration {
    fn from(span: TimeSpan) -> Self {
        span.0
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

impl Serialize for TimeSpan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let span = deserializer.deserialize_any(Text)?;
        if span > LONGEST {
            return Err(D::Error::custom("a time of more than a year is not meant"));
        }
        Ok(Self(span))
    }
}

/// Nothing here waits longer, and sums with it are far from overflowing.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

struct Text;

impl Visitor<'_> for Text {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"a time such as "500ms" or "8s", or a number of seconds"#)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        if let Ok(seconds) = text.parse() {
            return self.visit_f64(seconds);
        }
        humantime::parse_duration(text)
            .map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<Duration, E> {
        Ok(Duration::from_secs(seconds))
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<Duration, E> {
        let unsigned = u64::try_from(seconds);
        unsigned
            .map(Duration::from_secs)
            .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(seconds), &self))
    }

    fn visit_f64<E: Error>(self, seconds: f64) -> Result<Duration, E> {
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| E::invalid_value(serde::de::Unexpected::Float(seconds), &self))
    }
}
