//! What happens in a call, in words.

use voice_call::Time;

use crate::carrier::{Recording, What};
use crate::model::{self, Record};
use crate::score::picture::EventKind;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// When.
    pub at: Time,
    /// Who did it.
    pub who: Who,
    /// In a few words.
    pub what: String,
    /// Its colour.
    pub kind: EventKind,
}

/// Who does something in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// The person on the phone.
    Caller,
    /// The model's voice.
    Agent,
    /// The model's server.
    Model,
    /// The bridge between them.
    Bridge,
}

impl Who {
    /// One word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Agent => "agent",
            Self::Model => "model",
            Self::Bridge => "bridge",
        }
    }
}

impl Happening {
    /// Everything that is worth a word, in its order.
    #[must_use]
    pub fn all(streams: &[Recording], sessions: &[Record]) -> Vec<Self> {
        let mut all: Vec<_> = streams.iter().flat_map(Self::of_stream).collect();
        let events = sessions.iter().flat_map(|record| &record.events);
        all.extend(events.filter_map(Self::of_model));
        all.sort_by_key(|it| it.at);
        all
    }

    /// Whether it is something that was said.
    #[must_use]
    pub fn is_speech(&self) -> bool {
        self.kind == EventKind::Turn
    }

    /// An event at the model, if it is worth a word.
    #[must_use]
    pub fn of_model(event: &model::Event) -> Option<Self> {
        use crate::model::EventKind as Kind;
        let (who, what, kind) = match &event.kind {
            Kind::Ready { is_resumed: false } => (Who::Model, "ready".to_owned(), EventKind::Call),
            Kind::Ready { is_resumed: true } => {
                (Who::Model, "goes on".to_owned(), EventKind::Handover)
            }
            Kind::Heard { text, length } => {
                return Some(Self {
                    at: event.at.saturating_sub(*length),
                    who: Who::Caller,
                    what: text.expose().clone(),
                    kind: EventKind::Turn,
                });
            }
            Kind::Started { text, .. } if text.expose().is_empty() => return None,
            Kind::Started { text, .. } => (Who::Agent, text.expose().clone(), EventKind::Turn),
            Kind::Interrupted { .. } => (
                Who::Model,
                "interrupted".to_owned(),
                EventKind::Interruption,
            ),
            Kind::Called { name, .. } => (Who::Model, format!("calls {name}"), EventKind::Tool),
            Kind::Answered { name } => (Who::Bridge, format!("{name} answered"), EventKind::Tool),
            Kind::Notice { left } => (
                Who::Model,
                format!("leaves in {:.0} s", left.as_secs_f64()),
                EventKind::Handover,
            ),
            Kind::Closed(close) => (
                Who::Model,
                format!("closes with {}", close.code),
                EventKind::Fault,
            ),
            Kind::Cut => (Who::Model, "connection cut".to_owned(), EventKind::Fault),
            _ => return None,
        };
        let at = event.at;
        Some(Self {
            at,
            who,
            what,
            kind,
        })
    }

    fn of_stream(stream: &Recording) -> Vec<Self> {
        let answered = Self {
            at: stream.time_of(stream.first),
            who: Who::Bridge,
            what: "answers".to_owned(),
            kind: EventKind::Call,
        };
        let events = stream.log.events.iter().filter_map(|event| {
            let (who, what, kind) = match event.what {
                What::Clear => (Who::Bridge, "stops the agent", EventKind::Interruption),
                What::Key => (Who::Caller, "presses a key", EventKind::Tool),
                What::Fault => (Who::Caller, "fault on the line", EventKind::Fault),
                What::Warning { .. } => (Who::Bridge, "wrong message", EventKind::Fault),
                What::HungUp => (Who::Caller, "hangs up", EventKind::Call),
                What::BridgeClosed => (Who::Bridge, "hangs up", EventKind::Call),
                _ => return None,
            };
            Some(Self {
                at: stream.time_of(event.at),
                who,
                what: what.to_owned(),
                kind,
            })
        });
        std::iter::once(answered).chain(events).collect()
    }
}
