//! One connection to the model, with what is on its way.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use voice_call::Time;
use voice_call::gemini::{Close, Surface};

use crate::model::{Input, Model, Output, Record, Session};

/// A connection that was asked for.
#[derive(Debug)]
pub(super) struct Link {
    delay: Duration,
    /// From the moment at which the model accepts it.
    session: Option<Session>,
    forth: VecDeque<(Time, Forth)>,
    back: VecDeque<(Time, Back)>,
    /// Nothing that comes back counts any more.
    is_left: bool,
}

#[derive(Debug)]
enum Forth {
    Open,
    Text(String),
    Closed,
}

/// What the bridge is told.
#[derive(Debug)]
pub(super) enum Back {
    Connected,
    Text(String),
    Closed(Close),
}

impl Link {
    pub(super) fn open(now: Time, delay: Duration) -> Self {
        Self {
            delay,
            session: None,
            forth: [(now + delay, Forth::Open)].into(),
            back: VecDeque::new(),
            is_left: false,
        }
    }

    pub(super) fn send(&mut self, now: Time, text: &str) {
        self.forth
            .push_back((now + self.delay, Forth::Text(text.to_owned())));
    }

    /// The bridge closes it.
    pub(super) fn leave(&mut self, now: Time) {
        self.is_left = true;
        self.back.clear();
        self.forth.push_back((now + self.delay, Forth::Closed));
    }

    pub(super) const fn is_left(&self) -> bool {
        self.is_left
    }

    /// Lets the model do what is due; whether anything was done.
    pub(super) fn step(&mut self, now: Time, model: &Arc<Model>, surface: Surface) -> bool {
        let mut is_busy = false;
        while let Some(forth) = due(&mut self.forth, now) {
            is_busy = true;
            match forth {
                Forth::Open => {
                    self.session = Some(Session::new(model, surface, now));
                    self.answer(now, Back::Connected);
                }
                Forth::Text(text) => self.tell(now, Input::Frame(text.as_bytes())),
                Forth::Closed => self.tell(now, Input::Closed),
            }
            is_busy |= self.drain(now);
        }
        is_busy | self.drain(now)
    }

    /// The next that has come back.
    pub(super) fn receive(&mut self, now: Time) -> Option<Back> {
        due(&mut self.back, now)
    }

    pub(super) fn timeout(&self) -> Option<Time> {
        let session = self.session.as_ref().and_then(Session::timeout);
        let forth = self.forth.front().map(|(at, _)| *at);
        let back = self.back.front().map(|(at, _)| *at);
        [session, forth, back].into_iter().flatten().min()
    }

    /// Whether nothing comes of it any more.
    pub(super) fn is_over(&self) -> bool {
        let is_ended = self.session.as_ref().is_some_and(Session::is_over);
        is_ended && self.forth.is_empty() && self.back.is_empty()
    }

    pub(super) fn into_record(self) -> Option<Record> {
        self.session.map(Session::into_record)
    }

    fn tell(&mut self, now: Time, input: Input<'_>) {
        if let Some(session) = &mut self.session {
            session.handle(now, input);
        }
    }

    fn drain(&mut self, now: Time) -> bool {
        let mut is_busy = false;
        while let Some(output) = self.session.as_mut().and_then(|session| session.poll(now)) {
            is_busy = true;
            match output {
                Output::Message(text) => self.answer(now, Back::Text(text)),
                Output::Close(close) => self.answer(now, Back::Closed(close)),
                Output::Cut => self.answer(now, Back::Closed(Close::new(1_006, ""))),
                // It stands in the record.
                Output::Event(_) => {}
            }
        }
        is_busy
    }

    fn answer(&mut self, now: Time, back: Back) {
        if !self.is_left {
            self.back.push_back((now + self.delay, back));
        }
    }
}

/// The first, if it is there by now.
fn due<T>(way: &mut VecDeque<(Time, T)>, now: Time) -> Option<T> {
    let is_due = way.front().is_some_and(|(at, _)| *at <= now);
    is_due.then(|| way.pop_front()).flatten().map(|(_, it)| it)
}
