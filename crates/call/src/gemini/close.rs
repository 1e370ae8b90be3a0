//! Why a model's connection closed, and what to do about it.

use std::fmt;
use std::time::Duration;

use crate::message_error::MessageError;

/// How a connection was closed.
///
/// ```
/// use voice_call::gemini::{Close, Remedy, close::Moment};
///
/// let close = Close::new(1000, "The operation was cancelled.");
/// assert_eq!(close.remedy(Moment::Streaming), Remedy::Resume);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// The WebSocket's code.
    pub code: u16,
    /// What the peer said about it.
    pub reason: String,
}

/// When a connection closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// Before a new session was accepted.
    Setup,
    /// Before the session of a handle was accepted.
    Resuming,
    /// After the setup was accepted.
    Streaming,
}

/// What to do about a closed connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Connect again at once, with the newest handle.
    Resume,
    /// Wait, then connect again with the newest handle; start afresh when the waits have come to their end.
    ResumeAfter(Backoff),
    /// The handle is of no use: begin a new session with an own transcript as its history, and no second greeting.
    StartFresh,
    /// Trying again would fail again. The sentence says what to change.
    Fatal(&'static str),
}

/// How long to wait between attempts: twice as long each time, up to a longest wait, until a total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// All waits together.
    pub total: Duration,
}

impl Close {
    /// A close with a reason, cut at what fits into a close frame.
    #[must_use]
    pub fn new(code: u16, reason: &str) -> Self {
        let mut end = reason.len().min(LONGEST_REASON);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        Self {
            code,
            reason: reason[..end].to_owned(),
        }
    }

    /// What a refusal of the handshake by HTTP comes to.
    ///
    /// ```
    /// use voice_call::gemini::{Close, Remedy, close::Moment};
    ///
    /// let is_fatal = |status| matches!(Close::from_http(status).remedy(Moment::Setup), Remedy::Fatal(_));
    /// assert!(is_fatal(401) && is_fatal(403) && is_fatal(404));
    /// assert!(!is_fatal(429) && !is_fatal(503));
    /// ```
    #[must_use]
    pub fn from_http(status: u16) -> Self {
        let code = match status {
            408 | 425 | 429 | 500.. => 1_013,
            _ => 1_008,
        };
        Self::new(code, &format!("HTTP {status}"))
    }

    /// How a server closes on a request that it does not understand or accept. Names the field if there is one.
    #[must_use]
    pub fn invalid_argument(field: &str) -> Self {
        let reason = "Request contains an invalid argument.";
        if field.is_empty() {
            Self::new(1_007, reason)
        } else {
            Self::new(1_007, &format!("{reason} ({field})"))
        }
    }

    /// How a server closes on a model that it does not have.
    #[must_use]
    pub fn model_not_found(model: &str, version: &str) -> Self {
        let reason = format!(
            "{model} is not found for API version {version}, or is not supported for bidiGenerateContent."
        );
        Self::new(1_008, &reason)
    }

    /// How a server closes on a feature that it does not offer there.
    #[must_use]
    pub fn not_enabled() -> Self {
        Self::new(
            1_008,
            "Operation is not implemented, or supported, or enabled.",
        )
    }

    /// What to do, by the code, the reason and the moment.
    ///
    /// Codes that nobody has reported are met with patience: [`Remedy::ResumeAfter`].
    #[must_use]
    pub fn remedy(&self, moment: Moment) -> Remedy {
        let reason = self.reason.to_ascii_lowercase();
        let says = |word: &str| reason.contains(word);
        match self.code {
            // 1000: the ten minutes of Vertex AI. 1005, 1006: the network or a proxy, without a close frame.
            1_000 | 1_001 | 1_005 | 1_006 => Remedy::Resume,
            // An expired or unknown handle is an invalid argument like any other; but the rest of the same setup had
            // been accepted before, so the handle it is.
            1_007 if moment == Moment::Resuming || says("handle") || says("resum") => {
                Remedy::StartFresh
            }
            1_007 if says("context") => Remedy::StartFresh,
            1_007 => Remedy::Fatal(invalid_argument_advice(says)),
            1_008 if says("aborted") => Remedy::ResumeAfter(Backoff::default()),
            1_008 if says("not found") => Remedy::Fatal(
                "the model does not exist for this API version and project: check its name, the version and the region",
            ),
            1_008 if says("not implemented") => Remedy::Fatal(
                "a feature of the setup is not enabled for this model or API version: leave it out or change the version",
            ),
            1_008 if says("http 401") => Remedy::Fatal(
                "the server does not know the credential: check the key or the token, and when it expires",
            ),
            1_008 if says("http 403") => Remedy::Fatal(
                "the credential may not use the model: enable the API in its project and give it the right",
            ),
            1_008 if says("http 404") => Remedy::Fatal(
                "the server has nothing at this address: check the base URL, the API version and the region",
            ),
            1_008 => Remedy::Fatal(
                "the server's policy refuses the session: check the credential, the model and the project",
            ),
            1_002 | 1_003 => {
                Remedy::Fatal("the server refuses the frames: send one JSON object per text frame")
            }
            1_009 => Remedy::Fatal("a message was too long: send sound in pieces of 20 to 50 ms"),
            _ => Remedy::ResumeAfter(Backoff::default()),
        }
    }
}

impl Backoff {
    /// The wait before an attempt, the first being 0; none when the attempts have used up the total.
    ///
    /// ```
    /// use voice_call::gemini::close::Backoff;
    ///
    /// let waits: Vec<_> = (0..).map_while(|attempt| Backoff::default().wait(attempt)).collect();
    /// let seconds: Vec<_> = waits.iter().map(|wait| wait.as_secs_f64()).collect();
    /// assert_eq!(seconds, [0.5, 1.0, 2.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]); // 27.5 s
    /// ```
    #[must_use]
    pub fn wait(self, attempt: u32) -> Option<Duration> {
        let mut wait = self.first.min(self.longest);
        let mut total = wait;
        for _ in 0..attempt {
            if total > self.total {
                return None;
            }
            wait = wait.saturating_mul(2).min(self.longest);
            total = total.saturating_add(wait);
        }
        (total <= self.total).then_some(wait)
    }
}

/// As reported to work: from 0.5 to 4 s, given up after about 30 s.
impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(4),
            total: Duration::from_secs(30),
        }
    }
}

impl fmt::Display for Close {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "closed with {}", self.code)?;
        if self.reason.is_empty() {
            return Ok(());
        }
        write!(formatter, ": {}", self.reason)
    }
}

/// How a server closes on a message that it cannot read.
impl From<&MessageError> for Close {
    fn from(error: &MessageError) -> Self {
        match error {
            MessageError::TooLong { .. } => Self::new(1_009, "Message too big."),
            MessageError::NotJson { .. } => Self::new(1_007, "Invalid JSON payload received."),
            MessageError::WrongType { line, column } => Self::new(
                1_007,
                &format!("Invalid JSON payload received: invalid value at {line}:{column}."),
            ),
            MessageError::Missing { field } | MessageError::Invalid { field, .. } => {
                Self::invalid_argument(field)
            }
            MessageError::UnknownKind => Self::invalid_argument(""),
        }
    }
}

/// What most likely was wrong with a message.
fn invalid_argument_advice(says: impl Fn(&str) -> bool) -> &'static str {
    if says("thinking") {
        "this model refuses the thinking configuration: leave it out"
    } else if says("media_chunks") || says("mediachunks") {
        "mediaChunks is not accepted any more: send realtimeInput.audio"
    } else if says("activity") {
        "with manual voice detection send activityStart before any sound, and with automatic detection never"
    } else if says("rate") || says("mime") {
        "the sound's type is not accepted: send audio/pcm;rate=16000"
    } else if says("language") {
        "the model refuses the language: leave it out, native-audio models choose it themselves"
    } else {
        "the server refuses a message: compare the setup with the model's rules before trying again"
    }
}

/// A close frame has at most 125 bytes, two of which are the code (RFC 6455, 5.5).
const LONGEST_REASON: usize = 123;

#[cfg(test)]
mod tests {
    use super::*;

    fn remedy(code: u16, reason: &str, moment: Moment) -> Remedy {
        Close::new(code, reason).remedy(moment)
    }

    #[test]
    fn closes_that_were_seen() {
        let later = Remedy::ResumeAfter(Backoff::default());
        for (code, reason, expected) in [
            (1_000, "The operation was cancelled.", Remedy::Resume),
            (1_006, "", Remedy::Resume),
            (1_008, "The operation was aborted", later),
            (
                1_011,
                "Deadline expired before operation could complete.",
                later,
            ),
            (1_011, "The service is currently unavailable.", later),
            (1_011, "Internal error", later),
            (1_011, "keepalive ping timeout", later),
            (4_321, "never seen", later),
        ] {
            assert_eq!(
                remedy(code, reason, Moment::Streaming),
                expected,
                "{code} {reason}"
            );
        }
        for (code, reason) in [
            (1_007, "Request contains an invalid argument"),
            (1_007, "media_chunks … deprecated"),
            (1_008, "models/x is not found for API version v1"),
            (
                1_008,
                "Operation is not implemented, or supported, or enabled",
            ),
        ] {
            assert!(matches!(
                remedy(code, reason, Moment::Streaming),
                Remedy::Fatal(_)
            ));
            assert!(matches!(
                remedy(code, reason, Moment::Setup),
                Remedy::Fatal(_)
            ));
        }
    }

    #[test]
    fn a_refused_handle_starts_afresh() {
        let reason = "Request contains an invalid argument";
        assert_eq!(remedy(1_007, reason, Moment::Resuming), Remedy::StartFresh);
        let reason = "Session handle expired";
        assert_eq!(remedy(1_007, reason, Moment::Setup), Remedy::StartFresh);
    }

    #[test]
    fn waits_come_to_an_end() {
        assert_eq!(Backoff::default().wait(9), None);
        assert_eq!(Backoff::default().wait(u32::MAX), None);
        let endless = Backoff {
            total: Duration::MAX,
            ..Backoff::default()
        };
        assert_eq!(endless.wait(20), Some(Duration::from_secs(4)));
    }

    #[test]
    fn reasons_fit_into_a_frame() {
        let close = Close::new(1_007, &"é".repeat(100));
        assert_eq!(close.reason.len(), 122);
        assert_eq!(Close::model_not_found("models/x", "v1").code, 1_008);
    }
}
