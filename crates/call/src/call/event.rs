//! What others may want to know of a call: logs, metrics, transcripts, records.

use std::fmt;
use std::time::Duration;

use super::input::ToolId;
use crate::MessageError;
use crate::Time;
use crate::gemini::{Close, Usage};
use crate::redact::Pii;
use crate::twilio::Digit;

/// Something that happened in a call.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The carrier's stream began: sound goes both ways from now on.
    Answered {
        /// Whether the stream takes the place of one that was lost.
        is_again: bool,
    },
    /// The carrier's stream was lost without an end; another may come.
    CarrierLost,
    /// The model hears and speaks.
    ModelLive {
        /// How long it was away; none at its first time.
        gap: Option<Duration>,
        /// Whether it remembers nothing but the transcript.
        is_fresh: bool,
    },
    /// The model will leave after so long.
    Notice(Duration),
    /// The model's connection was lost or refused; another is tried if that may help.
    ModelLost(Close),
    /// The model gave a new handle: [`Call::memory`](super::Call::memory) changed.
    Remembered,
    /// Somebody said something, and it is over.
    Said(Utterance),
    /// The first sound of an answer goes to the caller.
    Replied {
        /// Since the caller's last loud sound.
        after: Duration,
    },
    /// The caller interrupted the agent.
    BargedIn {
        /// How much of the interrupted turn the caller heard.
        heard: Duration,
        /// How much of it will not be heard.
        dropped: Duration,
        /// From the caller's first loud sound to the carrier's `clear`; none if the caller was not loud.
        reaction: Option<Duration>,
    },
    /// The model interrupted itself though there was nothing to interrupt.
    PhantomInterruption,
    /// More was to be said than may wait; so many samples at 8 kHz were refused.
    Overflowed(u64),
    /// The model spoke at a rate that nothing can be made of; that piece is lost.
    WrongRate(u32),
    /// A peer sent what is no message, or one out of place. It was ignored.
    Ignored {
        /// Who sent it.
        from: Peer,
        /// What was wrong.
        fault: Fault,
    },
    /// The caller pressed a key.
    Pressed(Pii<Digit>),
    /// The model uses a tool.
    ToolCalled {
        /// Which use it is.
        id: ToolId,
        /// The tool.
        name: String,
    },
    /// A tool's answer goes to the model.
    ToolAnswered {
        /// Which use it was.
        id: ToolId,
        /// The tool.
        name: String,
        /// How long it took.
        took: Duration,
        /// Whether it failed.
        is_error: bool,
    },
    /// The model does not want a tool's answer any more.
    ToolCancelled {
        /// Which use it was.
        id: ToolId,
        /// The tool.
        name: String,
    },
    /// The model was told something, or asked to speak.
    Prompted(Prompt),
    /// A turn of the model never ended and was ended for it.
    TurnTimedOut,
    /// A turn of the model had no sound.
    EmptyTurn,
    /// How many tokens the session has used, as the model counts.
    Used(Usage),
    /// The call is over. Nothing but closing comes after it.
    Ended(End),
}

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Peer {
    /// The phone network.
    Carrier,
    /// The voice model.
    Model,
}

impl Peer {
    /// A word for metrics and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Carrier => "carrier",
            Self::Model => "model",
        }
    }
}

/// What was wrong with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It is no message.
    Message(MessageError),
    /// It belongs to another stream.
    OtherStream,
    /// It came before `start`, or before the setup was accepted.
    TooEarly,
    /// A second `start` in one socket.
    SecondStart,
    /// It came after the end.
    TooLate,
    /// Its sound is not base64.
    NotBase64,
    /// Its sound is not µ-law at 8 kHz, mono, or not PCM.
    OtherFormat,
    /// It is of a kind that nobody knows.
    Unknown,
    /// It uses a tool that was not declared, or more at once than may be.
    Tool,
}

impl Fault {
    /// A word for metrics and logs.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Message(_) => "malformed",
            Self::OtherStream => "other_stream",
            Self::TooEarly => "too_early",
            Self::SecondStart => "second_start",
            Self::TooLate => "too_late",
            Self::NotBase64 => "not_base64",
            Self::OtherFormat => "other_format",
            Self::Unknown => "unknown",
            Self::Tool => "tool",
        }
    }
}

/// Why the model was told something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Prompt {
    /// To greet the caller.
    Greeting,
    /// The caller has been silent.
    Idle,
    /// The model owes an answer.
    NoReply,
    /// The time is nearly over.
    TimeIsUp,
    /// How much of an interrupted turn was heard.
    Heard,
    /// A key was pressed.
    Key,
    /// What was said before the session was lost.
    History,
    /// A tool's answer that came after its connection was left.
    LateAnswer,
}

impl Prompt {
    /// A word for metrics and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::Idle => "idle",
            Self::NoReply => "no_reply",
            Self::TimeIsUp => "time_is_up",
            Self::Heard => "heard",
            Self::Key => "key",
            Self::History => "history",
            Self::LateAnswer => "late_answer",
        }
    }
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Speaker {
    /// The person on the phone.
    Caller,
    /// The voice model.
    Agent,
}

impl Speaker {
    /// A word for transcripts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Agent => "agent",
        }
    }
}

/// What somebody said in one turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Utterance {
    /// Who said it.
    pub speaker: Speaker,
    /// When it began: at the ear for the agent, as the first words came for the caller.
    pub at: Time,
    /// The words; the agent's only as far as they were heard.
    pub text: Pii<String>,
    /// For the agent, how long it was heard; zero for the caller.
    pub heard: Duration,
    /// For the agent, how much more was said but not heard, since the caller interrupted.
    pub unheard: Duration,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The caller hung up, or the carrier ended the stream.
    CallerHungUp,
    /// The agent ended the call by a tool, for this reason.
    AgentHungUp(Pii<String>),
    /// The agent passed the call on.
    Transferred {
        /// The name of the [`Transfer`](crate::tools::Transfer).
        to: String,
    },
    /// The longest time for a call was over.
    TooLong,
    /// The caller said nothing for so long that the agent gave up.
    CallerSilent,
    /// The model could not be reached or could not go on. The sentence says what to change.
    ModelFailed(String),
    /// The stream was lost and none came in its place, or none ever came.
    CarrierLost,
    /// The driver gave it to another process, which goes on with its [`Memory`](super::Memory).
    HandedOver,
    /// The driver ended it: a shutdown, or an operator.
    Stopped,
}

impl End {
    /// A word for metrics and records.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::CallerHungUp => "caller_hung_up",
            Self::AgentHungUp(_) => "agent_hung_up",
            Self::Transferred { .. } => "transferred",
            Self::TooLong => "too_long",
            Self::CallerSilent => "caller_silent",
            Self::ModelFailed(_) => "model_failed",
            Self::CarrierLost => "carrier_lost",
            Self::HandedOver => "handed_over",
            Self::Stopped => "stopped",
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CallerHungUp => f.write_str("the caller hung up"),
            Self::AgentHungUp(_) => f.write_str("the agent hung up"),
            Self::Transferred { to } => write!(f, "the agent passed the call on to {to}"),
            Self::TooLong => f.write_str("the call reached its longest time"),
            Self::CallerSilent => f.write_str("the caller was silent"),
            Self::ModelFailed(advice) => write!(f, "the model failed: {advice}"),
            Self::CarrierLost => f.write_str("the carrier's stream was lost"),
            Self::HandedOver => f.write_str("another process goes on with the call"),
            Self::Stopped => f.write_str("the gateway ended the call"),
        }
    }
}
