//! The talk with the model, which outlives its connections.
//!
//! A model's connection lasts some ten minutes and may break at any time; the talk goes on over the next one, which takes up
//! a handle that the model gave on the way. [`Session`] decides when to leave a connection, when to open the next, with which handle,
//! and when to give up:
//!
//! ```text
//!            setup accepted              notice, or our own timer
//!   Opening ───────────────► Live ─────────────────────────────────► Leaving
//!      ▲ │                    │                                         │ a quiet moment, or no time left
//!      │ │ refused, late      │ lost                                    ▼
//!      │ └──────► Waiting ◄───┘                       close, then open at once with the handle
//!      └───────────┘   │
//!        back-off      └──► Over: nothing that can be tried would help
//! ```

use std::collections::VecDeque;
use std::time::Duration;

use crate::Time;
use crate::gemini::close::{Backoff, Moment};
use crate::gemini::{Close, Remedy};
use crate::redact::Pii;

/// When to leave, and how long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionSettings {
    /// From the wish to connect until the model has accepted the setup. 10 s, as the official SDK's.
    pub setup_timeout: Duration,
    /// How old a connection becomes before it is left without a notice. 9 min 30 s: the model's own limit is some ten minutes.
    pub connection_limit: Duration,
    /// How long before the end of a notice the connection is left even in the middle of a turn. 5 s.
    pub notice_margin: Duration,
    /// The same while the model has given no handle for all that was said: it may still come, and without it something is forgotten. 1 s.
    pub handle_margin: Duration,
    /// How long a connection must last before what broke earlier ones is forgiven. 10 s.
    pub stable_after: Duration,
    /// The waits between attempts.
    pub backoff: Backoff,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            setup_timeout: Duration::from_secs(10),
            connection_limit: Duration::from_secs(570),
            notice_margin: Duration::from_secs(5),
            handle_margin: Duration::from_secs(1),
            stable_after: Duration::from_secs(10),
            backoff: Backoff::default(),
        }
    }
}

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionAction {
    /// Close the connection. The model refuses a handle while the connection that it came from is open, so this must be done
    /// before the next one is opened.
    Close,
    /// Open a connection and send the setup.
    Open {
        /// By which the model remembers the talk so far.
        handle: Option<Pii<String>>,
        /// Whether the model knows nothing of a talk that has begun: the setup must bring its history, and nobody is greeted
        /// again.
        is_fresh: bool,
    },
    /// The model hears and speaks again, after so long without one. The first time, it was never away: zero.
    Live {
        /// From the loss of the last connection, or from leaving it.
        gap: Duration,
    },
    /// Nothing that can be tried would help. The sentence says what to change.
    GiveUp {
        /// One sentence for the log, without a full stop.
        advice: String,
    },
}

/// Keeps one talk with a model alive over as many connections as it takes.
///
/// ```
/// use core::time::Duration;
/// use voice_call::gemini::Close;
/// use voice_call::redact::Pii;
/// use voice_call::{Session, SessionAction, SessionSettings, Time};
///
/// let seconds = |s| Time::ZERO + Duration::from_secs(s);
/// let mut session = Session::new(SessionSettings::default());
/// session.open(seconds(0));
/// assert!(matches!(session.poll(), Some(SessionAction::Open { handle: None, is_fresh: false })));
/// session.accepted(seconds(1));
/// assert!(matches!(session.poll(), Some(SessionAction::Live { .. })));
///
/// // Minutes later the model gives notice, in the middle of a turn. The connection is left when the turn is over.
/// session.remember(Pii::new("h-2f9c".to_owned()));
/// session.notice(seconds(540), Duration::from_secs(50));
/// assert_eq!(session.poll(), None);
/// session.quiet(seconds(543));
/// assert_eq!(session.poll(), Some(SessionAction::Close));
/// assert!(matches!(session.poll(), Some(SessionAction::Open { handle: Some(_), .. })));
/// session.accepted(seconds(544));
/// assert_eq!(session.poll(), Some(SessionAction::Live { gap: Duration::from_secs(1) }));
/// ```
#[derive(Debug)]
pub struct Session {
    settings: SessionSettings,
    state: State,
    actions: VecDeque<SessionAction>,
    handle: Option<Pii<String>>,
    /// Whether the model once heard the caller, so that a session without a handle needs the talk's history.
    has_begun: bool,
    /// Attempts that failed since the last stable connection.
    failures: u32,
    /// Since when the model has been away.
    away_since: Option<Time>,
    /// Whether the handle covers all that has happened.
    is_current: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    /// Until the setup is accepted or this instant.
    Opening {
        until: Time,
    },
    Live {
        since: Time,
    },
    /// Left at the first quiet moment, or a margin before this end.
    Leaving {
        since: Time,
        end: Time,
    },
    /// Opened again at this instant.
    Waiting {
        until: Time,
    },
    Over,
}

impl Session {
    /// Not connected yet.
    #[must_use]
    pub fn new(settings: SessionSettings) -> Self {
        Self {
            settings,
            state: State::Idle,
            actions: VecDeque::new(),
            handle: None,
            has_begun: false,
            failures: 0,
            away_since: None,
            is_current: false,
        }
    }

    /// Begins with the memory of a talk that was held elsewhere, by a handle if there is one. Before [`open`](Self::open).
    pub fn go_on(&mut self, handle: Option<Pii<String>>) {
        if self.state == State::Idle {
            self.handle = handle;
            self.has_begun = true;
        }
    }

    /// Connects for the first time.
    pub fn open(&mut self, now: Time) {
        if self.state == State::Idle {
            self.reopen(now);
        }
    }

    /// The model accepted the setup.
    pub fn accepted(&mut self, now: Time) {
        if !matches!(self.state, State::Opening { .. }) {
            return;
        }
        self.state = State::Live { since: now };
        // What was taken up with a handle can be taken up with it again.
        self.is_current = self.handle.is_some();
        self.has_begun = true;
        let gap = self
            .away_since
            .take()
            .map_or(Duration::ZERO, |since| now - since);
        self.actions.push_back(SessionAction::Live { gap });
    }

    /// The model gave a handle by which the talk can go on; the newest counts. An empty one says that there is none.
    pub fn remember(&mut self, handle: Pii<String>) {
        if !handle.expose().is_empty() {
            self.handle = Some(handle);
            self.is_current = true;
        }
    }

    /// The model says that no handle covers what happens now: it speaks, or waits for a tool.
    pub const fn outdated(&mut self) {
        self.is_current = false;
    }

    /// The model gives notice: it will cut the connection after so long.
    pub fn notice(&mut self, now: Time, left: Duration) {
        let end = now + left;
        self.state = match self.state {
            State::Live { since } => State::Leaving { since, end },
            // A later notice can only shorten the time.
            State::Leaving { since, end: before } => State::Leaving {
                since,
                end: before.min(end),
            },
            other => other,
        };
    }

    /// Nobody speaks and no tool is under way: a good moment to leave, if one is wanted, and if there is a handle for all that was said,
    /// or little time for one to come.
    pub fn quiet(&mut self, now: Time) {
        if let State::Leaving { since, end } = self.state
            && (self.is_current || now + self.settings.notice_margin >= end)
        {
            self.leave(now, since);
        }
    }

    /// The connection is gone, or could not be made: the model closed it, or the network did (code 1006).
    pub fn lost(&mut self, now: Time, close: &Close) {
        let (moment, since) = match self.state {
            State::Opening { .. } if self.handle.is_some() => (Moment::Resuming, None),
            State::Opening { .. } => (Moment::Setup, None),
            State::Live { since } | State::Leaving { since, .. } => {
                (Moment::Streaming, Some(since))
            }
            // What we left ourselves, or lost before.
            State::Idle | State::Waiting { .. } | State::Over => return,
        };
        self.away_since.get_or_insert(now);
        let is_stable = since.is_some_and(|since| now - since >= self.settings.stable_after);
        if is_stable {
            self.failures = 0;
        }
        match close.remedy(moment) {
            // Once at once; a connection that breaks again and again needs patience.
            Remedy::Resume if self.failures == 0 => {
                self.failures += 1;
                self.reopen(now);
            }
            Remedy::Resume | Remedy::ResumeAfter(_) => self.wait(now, close),
            Remedy::StartFresh if self.handle.is_some() => {
                self.handle = None;
                self.reopen(now);
            }
            // There is nothing to forget: the same again would be refused again.
            Remedy::StartFresh => {
                self.give_up(&format!("the model refused a new session ({close})"))
            }
            Remedy::Fatal(advice) => self.give_up(&format!("{advice} ({close})")),
        }
    }

    /// The connection is open, but the model does not answer: it is closed and another is tried. Returns as what it counts.
    pub fn hung(&mut self, now: Time) -> Close {
        let close = Close::new(NO_ANSWER, "no answer in time");
        if self.is_live() {
            self.actions.push_back(SessionAction::Close);
            self.lost(now, &close);
        }
        close
    }

    /// The call is over: closes what is open, and nothing is opened again.
    pub fn end(&mut self) {
        if matches!(
            self.state,
            State::Opening { .. } | State::Live { .. } | State::Leaving { .. }
        ) {
            self.actions.push_back(SessionAction::Close);
        }
        self.state = State::Over;
    }

    /// Time has come to [`timeout`](Self::timeout), or not: nothing happens before. Returns the loss of a connection on which
    /// the model never accepted the setup.
    pub fn tick(&mut self, now: Time) -> Option<Close> {
        match self.state {
            State::Opening { until } if now >= until => {
                self.actions.push_back(SessionAction::Close);
                let close = Close::new(NO_ANSWER, "no answer in time");
                self.lost(now, &close);
                return Some(close);
            }
            State::Live { since } if now >= since + self.settings.connection_limit => {
                let end = now + 2 * self.settings.notice_margin;
                self.state = State::Leaving { since, end };
            }
            State::Leaving { since, end } if now >= self.departure(end) => self.leave(now, since),
            State::Waiting { until } if now >= until => self.reopen(now),
            _ => {}
        }
        None
    }

    /// When [`tick`](Self::tick) has something to do, if nothing else happens.
    #[must_use]
    pub fn timeout(&self) -> Option<Time> {
        match self.state {
            State::Opening { until } | State::Waiting { until } => Some(until),
            State::Leaving { end, .. } => Some(self.departure(end)),
            State::Live { since } => Some(since + self.settings.connection_limit),
            State::Idle | State::Over => None,
        }
    }

    /// The next thing to do, until `None`.
    pub fn poll(&mut self) -> Option<SessionAction> {
        self.actions.pop_front()
    }

    /// Whether the model hears and speaks.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self.state, State::Live { .. } | State::Leaving { .. })
    }

    /// Whether a connection is being made.
    #[must_use]
    pub const fn is_opening(&self) -> bool {
        matches!(self.state, State::Opening { .. })
    }

    /// Whether the connection shall be left at the first quiet moment.
    #[must_use]
    pub const fn is_leaving(&self) -> bool {
        matches!(self.state, State::Leaving { .. })
    }

    /// When a connection that ends then is left at the latest.
    fn departure(&self, end: Time) -> Time {
        end.saturating_sub(if self.is_current {
            self.settings.notice_margin
        } else {
            self.settings.handle_margin
        })
    }

    fn leave(&mut self, now: Time, since: Time) {
        if now - since >= self.settings.stable_after {
            self.failures = 0;
        }
        self.away_since = Some(now);
        self.actions.push_back(SessionAction::Close);
        self.reopen(now);
    }

    fn reopen(&mut self, now: Time) {
        self.state = State::Opening {
            until: now + self.settings.setup_timeout,
        };
        self.actions.push_back(SessionAction::Open {
            handle: self.handle.clone(),
            is_fresh: self.has_begun && self.handle.is_none(),
        });
    }

    fn wait(&mut self, now: Time, close: &Close) {
        match self.settings.backoff.wait(self.failures) {
            Some(wait) => {
                self.failures += 1;
                self.state = State::Waiting { until: now + wait };
            }
            // The handle may be what the model chokes on: a last attempt without it.
            None if self.handle.take().is_some() => self.reopen(now),
            None => self.give_up(&format!("the model cannot be reached ({close})")),
        }
    }

    fn give_up(&mut self, advice: &str) {
        self.state = State::Over;
        self.actions.push_back(SessionAction::GiveUp {
            advice: advice.to_owned(),
        });
    }
}

/// An own close code for what never answered, treated with patience as every unknown one.
const NO_ANSWER: u16 = 4_408;

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Time {
        Time::ZERO + Duration::from_secs(seconds)
    }

    fn live() -> Session {
        let mut session = Session::new(SessionSettings::default());
        session.open(Time::ZERO);
        session.accepted(Time::ZERO);
        session.remember(Pii::new("handle".to_owned()));
        while session.poll().is_some() {}
        session
    }

    fn opened(action: Option<SessionAction>) -> (Option<String>, bool) {
        match action {
            Some(SessionAction::Open { handle, is_fresh }) => {
                (handle.map(Pii::into_exposed), is_fresh)
            }
            other => panic!("not opened: {other:?}"),
        }
    }

    #[test]
    fn ten_minutes_are_left_before_they_are_over() {
        let mut session = live();
        assert_eq!(session.timeout(), Some(seconds(570)));
        session.tick(seconds(570));
        assert!(session.is_leaving() && session.is_live());
        assert_eq!(session.poll(), None, "the turn may end");
        session.tick(seconds(575));
        assert_eq!(
            session.poll(),
            Some(SessionAction::Close),
            "the old one first"
        );
        assert_eq!(opened(session.poll()), (Some("handle".to_owned()), false));
    }

    #[test]
    fn a_lost_connection_is_resumed_at_once_and_then_with_patience() {
        let mut session = live();
        let cut = Close::new(1_006, "");
        session.lost(seconds(60), &cut);
        assert_eq!(opened(session.poll()), (Some("handle".to_owned()), false));
        let mut now = seconds(60);
        let mut waits = Vec::new();
        loop {
            session.lost(now, &cut);
            match session.poll() {
                Some(SessionAction::GiveUp { advice }) => {
                    assert_eq!(advice, "the model cannot be reached (closed with 1006)");
                    break;
                }
                Some(action) => assert_eq!(
                    opened(Some(action)),
                    (None, true),
                    "the last attempt is fresh"
                ),
                None => {
                    let until = session.timeout().expect("it waits");
                    waits.push((until - now).as_millis());
                    now = until;
                    session.tick(now);
                    opened(session.poll());
                }
            }
        }
        assert_eq!(
            waits,
            [1_000, 2_000, 4_000, 4_000, 4_000, 4_000, 4_000, 4_000]
        );
        assert_eq!(session.timeout(), None);
    }

    #[test]
    fn a_refused_handle_starts_afresh_without_a_second_greeting() {
        let mut session = live();
        session.lost(
            seconds(60),
            &Close::new(1_000, "The operation was cancelled."),
        );
        opened(session.poll());
        session.lost(
            seconds(61),
            &Close::new(1_007, "Request contains an invalid argument."),
        );
        assert_eq!(opened(session.poll()), (None, true));
        session.accepted(seconds(62));
        assert_eq!(
            session.poll(),
            Some(SessionAction::Live {
                gap: Duration::from_secs(2)
            })
        );
    }

    #[test]
    fn what_cannot_work_is_not_tried_again() {
        let mut session = Session::new(SessionSettings::default());
        session.open(Time::ZERO);
        session.poll();
        session.lost(
            seconds(1),
            &Close::new(1_007, "thinking_config is not supported"),
        );
        let Some(SessionAction::GiveUp { advice }) = session.poll() else {
            panic!("it must give up");
        };
        assert!(advice.starts_with("this model refuses the thinking configuration: leave it out"));
        session.tick(seconds(1_000));
        assert_eq!(session.poll(), None);
    }

    #[test]
    fn a_model_that_never_answers_is_closed_and_tried_again() {
        let mut session = Session::new(SessionSettings::default());
        session.open(Time::ZERO);
        session.poll();
        session.tick(seconds(10));
        assert_eq!(session.poll(), Some(SessionAction::Close));
        assert_eq!(
            session.timeout(),
            Some(seconds(10) + Duration::from_millis(500))
        );
    }

    #[test]
    fn a_connection_that_lasted_forgives_what_was_before() {
        let mut session = live();
        let cut = Close::new(1_011, "Internal error");
        for round in 1..20 {
            session.lost(seconds(100 * round), &cut);
            assert_eq!(
                session.timeout(),
                Some(seconds(100 * round) + Duration::from_millis(500))
            );
            session.tick(seconds(100 * round + 1));
            opened(session.poll());
            session.accepted(seconds(100 * round + 2));
            session.poll();
        }
    }

    #[test]
    fn after_the_call_nothing_is_opened() {
        let mut session = live();
        session.end();
        assert_eq!(session.poll(), Some(SessionAction::Close));
        session.lost(seconds(1), &Close::new(1_006, ""));
        session.tick(seconds(10_000));
        assert_eq!((session.poll(), session.timeout()), (None, None));
    }
}
