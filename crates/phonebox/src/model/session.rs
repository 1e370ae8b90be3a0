//! One connection to the model, without a socket or a clock.

use std::collections::VecDeque;
use std::sync::Arc;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use voice_call::Time;
use voice_call::gemini::{
    Close, GoAway, ServerMessage, Service, SessionResumptionUpdate, Setup, Surface,
};
use voice_call::redact::PiiText;

use super::conversation::{Conversation, Speaker};
use super::echo::Echo;
use super::faults::Faults;
use super::hearing::Hearing;
use super::lines::Cue;
use super::pace::Pace;
use super::record::{Event, EventKind, Record};
use super::script::When;
use super::shared::Model;
use super::speech::Turn;

/// One connection to the model.
///
/// Give it what the client sends by [`Session::handle`], then take what there is by [`Session::poll`] until `None`, then wait
/// for the client or for [`Session::timeout`], whichever comes first, and poll again.
#[derive(Debug)]
pub struct Session {
    pub(super) model: Arc<Model>,
    pub(super) surface: Surface,
    pub(super) faults: Faults,
    pub(super) pace: Pace,
    pub(super) random: StdRng,
    pub(super) now: Time,
    pub(super) opened: Time,
    /// When the connection ends, and whether notice was given.
    pub(super) ends: Time,
    notice_was_given: bool,
    pub(super) phase: Phase,
    /// Nothing is answered any more.
    pub(super) is_hung: bool,
    outputs: VecDeque<Output>,
    record: Record,

    pub(super) hearing: Hearing,
    pub(super) echo: Option<Echo>,
    pub(super) talk: Conversation,
    pub(super) messages: u64,
    /// Whether the next content is what was said before, and no turn.
    pub(super) expects_history: bool,
    /// What the model has not answered yet.
    pub(super) cues: VecDeque<(Cue, Option<Arc<[u8]>>)>,
    pub(super) turn: Option<Turn>,
    pub(super) turns: usize,
    pub(super) calls: Vec<OpenCall>,
    pub(super) calls_made: u64,
    /// Since when nobody has spoken.
    pub(super) quiet_since: Time,
    /// When the next handle comes.
    pub(super) handle_at: Option<Time>,
}

/// How far a connection is.
#[derive(Debug)]
pub(super) enum Phase {
    Connected,
    Ready(Box<Setup>),
    Over,
}

/// A call that was not answered yet.
#[derive(Debug)]
pub(super) struct OpenCall {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) blocks: bool,
}

/// What comes from the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// The bytes of a frame, text or binary.
    Frame(&'a [u8]),
    /// The client closed the connection, or it broke.
    Closed,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this message: JSON.
    Message(String),
    /// Close the connection. Nothing follows.
    Close(Close),
    /// Cut the connection without a close frame. Nothing follows.
    Cut,
    /// Something happened; it stands in the [`Record`] too.
    Event(Event),
}

impl Session {
    /// A connection that was just opened.
    #[must_use]
    pub fn new(model: &Arc<Model>, surface: Surface, now: Time) -> Self {
        let behaviour = model.behaviour();
        let number = model.connect();
        let faults = behaviour.faults.of_connection(number);
        Self {
            pace: Pace::new(&behaviour.timing, &faults),
            random: StdRng::seed_from_u64(behaviour.seed.wrapping_add(number)),
            faults,
            surface,
            now,
            opened: now,
            ends: now + behaviour.limits.connection,
            notice_was_given: false,
            phase: Phase::Connected,
            is_hung: false,
            outputs: VecDeque::new(),
            record: Record {
                number,
                opened: now,
                ..Record::default()
            },
            hearing: Hearing::new(None),
            echo: None,
            talk: Conversation::default(),
            messages: 0,
            expects_history: false,
            cues: VecDeque::new(),
            turn: None,
            turns: 0,
            calls: Vec::new(),
            calls_made: 0,
            quiet_since: now,
            handle_at: None,
            model: Arc::clone(model),
        }
    }

    /// The client did something.
    pub fn handle(&mut self, now: Time, input: Input<'_>) {
        self.now = self.now.max(now);
        if self.is_over() {
            return;
        }
        match input {
            Input::Closed => {
                self.log(EventKind::Gone);
                self.end();
            }
            Input::Frame(_) if self.is_hung => {}
            Input::Frame(bytes) => self.receive(bytes),
        }
    }

    /// What is to be done next; none until the client does something or [`Session::timeout`] comes.
    pub fn poll(&mut self, now: Time) -> Option<Output> {
        self.now = self.now.max(now);
        while self.outputs.is_empty() && self.step() {}
        self.outputs.pop_front()
    }

    /// When [`Session::poll`] may have something, if the client does nothing.
    #[must_use]
    pub fn timeout(&self) -> Option<Time> {
        if self.is_over() {
            return None;
        }
        let cut = self.faults.cut_at.map(|after| self.opened + after);
        let close = self
            .faults
            .close
            .as_ref()
            .map(|close| self.opened + close.at);
        let broken = cut.into_iter().chain(close);
        if self.is_hung {
            return broken.min();
        }
        let hang = self.faults.hang_at.map(|after| self.opened + after);
        let turn = self.turn.as_ref().and_then(|turn| turn.due(&self.pace));
        let due = [
            hang,
            turn,
            self.handle_due(),
            self.quiet_due(),
            Some(self.limit_due()),
        ];
        broken.chain(due.into_iter().flatten()).min()
    }

    /// Whether the connection has ended: nothing more comes.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// What was heard, said and done so far.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// The same, for good.
    #[must_use]
    pub fn into_record(mut self) -> Record {
        std::mem::take(&mut self.record)
    }

    /// What the model knows of the talk, the oldest first: whether the model said it, and the words.
    pub fn history(&self) -> impl Iterator<Item = (bool, &str)> {
        self.talk
            .history()
            .map(|(who, text)| (who == Speaker::Model, text))
    }

    /// What goes wrong in this connection.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Does the next thing whose time has come.
    fn step(&mut self) -> bool {
        if self.is_over() {
            return false;
        }
        let has_come = |after| self.now >= self.opened + after;
        if self.faults.cut_at.is_some_and(has_come) {
            self.cut();
            return true;
        }
        if let Some(fault) = self
            .faults
            .close
            .as_ref()
            .filter(|fault| has_come(fault.at))
        {
            let close = fault.close();
            self.close(close);
            return true;
        }
        self.is_hung |= self.faults.hang_at.is_some_and(has_come);
        !self.is_hung
            && (self.check_limit() || self.advance_turn() || self.answer() || self.renew_handle())
    }

    /// Gives notice, and closes when its time is over.
    fn check_limit(&mut self) -> bool {
        if self.now >= self.ends {
            self.close(match self.surface.service {
                Service::Developer => {
                    Close::new(1_011, "Deadline expired before operation could complete.")
                }
                Service::Vertex => Close::new(1_000, "The operation was cancelled."),
            });
            return true;
        }
        if self.now < self.limit_due() {
            return false;
        }
        self.notice_was_given = true;
        let left = self.ends - self.now;
        self.log(EventKind::Notice { left });
        self.send(&ServerMessage {
            go_away: Some(GoAway {
                time_left: Some(left),
            }),
            ..ServerMessage::default()
        });
        true
    }

    fn limit_due(&self) -> Time {
        if self.notice_was_given || !self.is_ready() {
            return self.ends;
        }
        self.ends
            .saturating_sub(self.model.behaviour().limits.notice)
    }

    /// Gives notice now: the connection ends so much later.
    pub(super) fn give_notice(&mut self, left: std::time::Duration) {
        self.ends = self.ends.min(self.now + left);
        self.notice_was_given = false;
    }

    fn handle_due(&self) -> Option<Time> {
        self.handle_at.filter(|_| self.is_resumable())
    }

    /// A new handle when its time has come and the talk can be resumed from here.
    fn renew_handle(&mut self) -> bool {
        let is_due = self.handle_due().is_some_and(|at| self.now >= at);
        if is_due {
            let handle = self.model.issue(&self.talk);
            self.handle_at = Some(self.now + self.model.behaviour().limits.handle_every);
            self.update_resumption(&handle);
        }
        is_due
    }

    /// Says by which handle the talk can be resumed; by none if empty.
    pub(super) fn update_resumption(&mut self, handle: &str) {
        let Phase::Ready(setup) = &self.phase else {
            return;
        };
        let Some(resumption) = &setup.config().resumption else {
            return;
        };
        let index = (resumption.transparent && !handle.is_empty()).then_some(self.messages);
        self.send(&ServerMessage {
            session_resumption_update: Some(SessionResumptionUpdate {
                new_handle: Some(PiiText::borrowed(handle)),
                resumable: !handle.is_empty(),
                last_consumed_client_message_index: index,
            }),
            ..ServerMessage::default()
        });
    }

    /// When nobody has spoken for long enough that the script has something to say.
    pub(super) fn quiet_due(&self) -> Option<Time> {
        let is_idle = self.turn.is_none() && !self.hearing.is_speaking() && self.is_ready();
        let lines = self.model.lines.iter().enumerate();
        let unsaid = lines.filter(|(index, line)| !self.talk.said[*index] || line.turn.again);
        let waits = unsaid.filter_map(|(_, line)| match line.turn.when {
            When::AfterMs(ms) => Some(std::time::Duration::from_millis(ms)),
            _ => None,
        });
        // Only the first counts: turns are taken in their order.
        let wait = is_idle.then_some(waits).and_then(|mut waits| waits.next());
        wait.map(|wait| self.quiet_since + wait)
    }

    pub(super) const fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready(_))
    }

    fn is_resumable(&self) -> bool {
        self.turn.is_none() && self.cues.is_empty() && !self.calls.iter().any(|call| call.blocks)
    }

    pub(super) fn send(&mut self, message: &ServerMessage<'_>) {
        let mut text = String::new();
        message.write(&mut text);
        self.send_text(text);
    }

    pub(super) fn send_text(&mut self, text: String) {
        self.outputs.push_back(Output::Message(text));
    }

    pub(super) fn log(&mut self, kind: EventKind) {
        let event = Event { at: self.now, kind };
        self.record.log(&event);
        self.outputs.push_back(Output::Event(event));
    }

    pub(super) const fn record_mut(&mut self) -> &mut Record {
        &mut self.record
    }

    pub(super) fn close(&mut self, close: Close) {
        self.log(EventKind::Closed(close.clone()));
        self.outputs.push_back(Output::Close(close));
        self.end();
    }

    pub(super) fn cut(&mut self) {
        self.log(EventKind::Cut);
        self.outputs.push_back(Output::Cut);
        self.end();
    }

    fn end(&mut self) {
        if matches!(
            std::mem::replace(&mut self.phase, Phase::Over),
            Phase::Ready(_)
        ) {
            self.model.leave(self.now, self.talk.id);
        }
    }
}

/// Who drops a session has closed its connection.
impl Drop for Session {
    fn drop(&mut self) {
        self.end();
    }
}
