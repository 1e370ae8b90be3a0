//! What a call is like, before it is made.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng as _;
use tokio::sync::watch;
use tokio::time::Instant;
use url::Url;
use voice_call::redact::Pii;

use crate::carrier::network::NetworkOptions;
use crate::carrier::script::Caller;
use crate::carrier::tap::Tap;
use crate::carrier::twiml::Link;
use crate::carrier::{Glimpse, LineSettings};

/// A call that is to be made.
#[derive(Clone, Debug)]
pub struct CallOptions {
    /// What is asked first: a webhook (`https`, `http`), or a stream at once (`wss`, `ws`).
    pub url: Url,
    /// Whether the webhook is asked by GET.
    pub is_get: bool,
    /// How the bridge is reached. Where a public origin is set and no local one, the local one is that of [`url`](Self::url).
    pub network: NetworkOptions,
    /// The account's id.
    pub account_sid: Pii<String>,
    /// The call's id.
    pub call_sid: Pii<String>,
    /// Who calls.
    pub from: Pii<String>,
    /// Who is called.
    pub to: Pii<String>,
    /// Who began: `inbound` or `outbound-api`.
    pub direction: Direction,
    /// More fields of each webhook, as `AnsweredBy`.
    pub fields: Vec<(String, String)>,
    /// What the caller does in each stream.
    pub caller: Caller,
    /// How each stream behaves. Its ids and parameters are set by the call.
    pub line: LineSettings,
    /// Where to ask when the webhook fails.
    pub fallback: Option<Link>,
    /// Who is told that the call is over.
    pub status_callback: Option<Link>,
    /// How many times the first webhook is sent, 1 to 10. A carrier repeats one whose answer it did not get.
    pub webhook_copies: u32,
    /// What becomes of a `<Dial>`.
    pub dial: DialOutcome,
    /// Whether `<Say>`, `<Play>`, `<Pause>` and `<Dial>` take the time that they would take.
    pub takes_time: bool,
    /// When `Time::ZERO` is in what is recorded; the beginning of the call if none.
    pub epoch: Option<Instant>,
    /// Who speaks and listens in the caller's stead, if anybody does.
    pub tap: Option<Arc<dyn Tap>>,
    /// Who is shown what can be seen of a stream while it is going on.
    pub monitor: Option<watch::Sender<Option<Glimpse>>>,
}

/// Who began a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// The caller.
    #[default]
    Inbound,
    /// The account, by REST.
    OutboundApi,
}

/// What becomes of a `<Dial>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialOutcome {
    /// Somebody answers, and hangs up after so long.
    Answered(Duration),
    /// The line is busy.
    Busy,
    /// Nobody answers.
    NoAnswer,
    /// The call cannot be made.
    Failed,
}

impl CallOptions {
    /// A call with new ids and the usual settings.
    ///
    /// ```
    /// use phonebox::carrier::CallOptions;
    ///
    /// let options = CallOptions::new("http://127.0.0.1:8080/voice".parse()?);
    /// assert_eq!(options.call_sid.expose().len(), 34);
    /// # Ok::<(), url::ParseError>(())
    /// ```
    #[must_use]
    pub fn new(url: Url) -> Self {
        Self {
            url,
            is_get: false,
            network: NetworkOptions::default(),
            account_sid: Pii::new("AC00000000000000000000000000000001".to_owned()),
            call_sid: Pii::new(sid("CA")),
            from: Pii::new("+15005550006".to_owned()),
            to: Pii::new("+15005550001".to_owned()),
            direction: Direction::default(),
            fields: Vec::new(),
            caller: Caller::default(),
            line: LineSettings::default(),
            fallback: None,
            status_callback: None,
            webhook_copies: 1,
            dial: DialOutcome::Answered(Duration::from_secs(5)),
            takes_time: true,
            epoch: None,
            tap: None,
            monitor: None,
        }
    }
}

impl Direction {
    /// As webhooks say it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::OutboundApi => "outbound-api",
        }
    }
}

impl DialOutcome {
    /// `DialCallStatus`.
    #[must_use]
    pub const fn status(self) -> &'static str {
        match self {
            Self::Answered(_) => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Failed => "failed",
        }
    }

    /// How long it takes.
    #[must_use]
    pub const fn length(self) -> Duration {
        match self {
            Self::Answered(length) => length,
            Self::Busy | Self::NoAnswer | Self::Failed => Duration::ZERO,
        }
    }
}

/// A new id of a kind.
pub(crate) fn sid(kind: &str) -> String {
    let number: u128 = rand::rng().random();
    format!("{kind}{number:032x}")
}
