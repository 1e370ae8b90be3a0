//! When somebody has been silent for too long.

use std::time::Duration;

use super::settings::Idle;
use crate::Time;

/// Who spoke last, and what is owed.
#[derive(Debug, Default)]
pub(super) struct Patience {
    /// The caller's last words or keys, the agent's last sound or the last prompt: what silence is counted from.
    quiet_since: Option<Time>,
    /// Prompts since the caller's last sign of life.
    prompts: u32,
    /// Since when the model owes an answer.
    owed_since: Option<Time>,
    /// The model's last message inside a turn.
    turn_alive_at: Option<Time>,
    /// Whether the model was reminded of the answer that it owes, and if so whether it has sent anything since.
    reminded: Option<bool>,
    /// Connections that hung since the model's last sound.
    hung: u32,
    /// Since when the model says that it is at work.
    thinks_since: Option<Time>,
}

/// What silence leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// The caller is to be asked whether they are still there.
    Prompt,
    /// The caller was asked often enough.
    GiveUp,
    /// The model is to be asked to answer.
    Reply,
    /// The model will not end its turn.
    Turn,
    /// The model's connection hangs: asked again, it sent nothing at all.
    Hung,
    /// The next connection hung as well.
    HungAgain,
}

impl Patience {
    /// The caller gave a sign of life.
    pub(super) const fn caller_spoke(&mut self, now: Time) {
        self.quiet_since = Some(now);
        self.prompts = 0;
        self.owed_since = Some(now);
        self.reminded = None;
    }

    /// The model says something, and so owes nothing.
    pub(super) const fn model_answered(&mut self) {
        self.owed_since = None;
        self.reminded = None;
        self.hung = 0;
    }

    /// The model is in the middle of a turn.
    pub(super) const fn turn_goes_on(&mut self, now: Time) {
        self.turn_alive_at = Some(now);
        if let Some(since) = &mut self.thinks_since {
            *since = now;
        }
    }

    /// The model sent a message, whatever it was.
    pub(super) const fn model_is_alive(&mut self) {
        if let Some(is_alive) = &mut self.reminded {
            *is_alive = true;
        }
    }

    /// The model says whether it is at work, which it is until it says otherwise, though it be silent.
    pub(super) fn model_thinks(&mut self, now: Time, thinks: bool) {
        self.busy_until(now);
        self.thinks_since = thinks.then(|| self.thinks_since.unwrap_or(now));
    }

    /// The model's turn is over.
    pub(super) const fn turn_over(&mut self) {
        self.turn_alive_at = None;
    }

    /// The model was asked to say something.
    pub(super) const fn asked(&mut self, now: Time) {
        self.owed_since = Some(now);
    }

    /// Whether the model owes an answer, or is at work on it.
    pub(super) const fn is_owed(&self) -> bool {
        self.owed_since.is_some() || self.thinks_since.is_some()
    }

    /// Somebody is not silent, by other signs: a tool works, the caller hears the agent.
    pub(super) fn busy_until(&mut self, until: Time) {
        self.quiet_since = Some(self.quiet_since.map_or(until, |since| since.max(until)));
        if let Some(owed) = &mut self.owed_since {
            *owed = (*owed).max(until);
        }
        if let Some(alive) = &mut self.turn_alive_at {
            *alive = (*alive).max(until);
        }
    }

    /// What is due now, once.
    pub(super) fn due(
        &mut self,
        now: Time,
        idle: Option<&Idle>,
        reply: Option<Duration>,
    ) -> Option<Due> {
        if let Some(since) = self.thinks_since {
            self.busy_until(now);
            if now < since + LONGEST_THOUGHT {
                return None;
            }
            self.thinks_since = None;
            // It promised more, even if it has said something.
            self.owed_since.get_or_insert(now);
        }
        let is_over = |since: Option<Time>, limit: Option<Duration>| matches!((since, limit), (Some(since), Some(limit)) if now >= since + limit);
        if is_over(self.turn_alive_at, reply) {
            self.turn_alive_at = None;
            return Some(Due::Turn);
        }
        if is_over(self.owed_since, reply) {
            self.owed_since = None;
            self.quiet_since = Some(now);
            match self.reminded {
                None => {
                    self.reminded = Some(false);
                    return Some(Due::Reply);
                }
                Some(false) => {
                    self.reminded = None;
                    self.hung += 1;
                    return Some(if self.hung > 1 {
                        Due::HungAgain
                    } else {
                        Due::Hung
                    });
                }
                // It chooses to be silent.
                Some(true) => {}
            }
        }
        let idle = idle?;
        if is_over(self.quiet_since, Some(idle.after)) {
            self.quiet_since = Some(now);
            self.prompts += 1;
            return Some(if self.prompts > idle.most {
                Due::GiveUp
            } else {
                Due::Prompt
            });
        }
        None
    }

    /// When something may be due.
    pub(super) fn timeout(&self, idle: Option<&Idle>, reply: Option<Duration>) -> Option<Time> {
        let at = |since: Option<Time>, limit: Option<Duration>| Some(since? + limit?);
        if let Some(since) = self.thinks_since {
            return Some(since + LONGEST_THOUGHT);
        }
        [
            at(self.turn_alive_at, reply),
            at(self.owed_since, reply),
            at(self.quiet_since, idle.map(|idle| idle.after)),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}

/// How long a model may be at work in silence before it is treated like any other that owes an answer. Nothing is published; callers do not
/// wait longer.
const LONGEST_THOUGHT: Duration = Duration::from_secs(60);
