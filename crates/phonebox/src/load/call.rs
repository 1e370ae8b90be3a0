//! One call: what both of its ends share, and the caller's end.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use voice_call::Time;

use super::board::{Board, position};
use super::rhythm::{Exchange, Part, Rhythm, Talk};
use super::speaker::Speaker;
use crate::carrier::Tap;
use crate::score::load::Histogram;
use crate::score::probe::{Passage, Probe, phase_after, recognise};
use crate::score::{Heard, Said, Turn};

/// A call under load.
pub(super) struct Call {
    number: u64,
    board: Arc<Board>,
    talk: Arc<Talk>,
    seed: u64,
    keeps_sound: bool,
    me: Weak<Self>,
    over: Notify,
    state: Mutex<State>,
}

struct State {
    stage: Stage,
    /// Since when the caller has nobody to talk to.
    alone_since: Option<Time>,
    /// Before, what the model hears is what it knew the caller by.
    hears_from: Time,
    /// How many of the next samples that the model hears come before one on the grid of 8 kHz.
    phase: usize,
    to_model: Way,
    to_caller: Way,
    /// Samples of silence that the caller sent between turns that count.
    pauses: u64,
    lateness: Histogram,
    meetings: u64,
    was_never_heard: bool,
    sample: Sample,
}

enum Stage {
    /// There is no session to be found, or no slot.
    Waiting,
    /// Says who it is, so many samples so far.
    Calling { slot: usize, said: u64 },
    /// Talks to the model.
    Talking {
        rhythm: Box<Rhythm>,
        exchange: Exchange,
        said: u64,
    },
    /// All is said.
    Over,
}

/// One direction.
struct Way {
    probe: Option<Probe>,
    is_measured: bool,
}

impl Way {
    /// A turn begins: the first that counts is the first of a new probe.
    fn turn_begins(&mut self, counts: bool, probe: impl FnOnce() -> Probe) {
        if (counts && !self.is_measured) || self.probe.is_none() {
            self.probe = Some(probe());
            self.is_measured = counts;
        }
    }

    /// How much was said so far.
    fn said(&self) -> u64 {
        self.probe.as_ref().map_or(0, Probe::said)
    }

    fn finish(self) -> Passage {
        let probe = self.probe.filter(|_| self.is_measured);
        probe.map(Probe::finish).unwrap_or_default()
    }
}

/// What is kept of some calls for a full score.
#[derive(Default)]
pub(super) struct Sample {
    pub(super) turns: Vec<Turn>,
    pub(super) heard: Vec<Heard>,
}

/// What became of a call.
pub(super) struct Outcome {
    pub(super) to_model: Passage,
    pub(super) to_caller: Passage,
    pub(super) lateness: Histogram,
    /// How many sessions at the model it had.
    pub(super) meetings: u64,
    pub(super) is_complete: bool,
    pub(super) was_never_heard: bool,
    pub(super) sample: Sample,
}

impl Call {
    pub(super) fn new(
        number: u64,
        board: &Arc<Board>,
        talk: &Arc<Talk>,
        seed: u64,
        keeps_sound: bool,
    ) -> Arc<Self> {
        let way = || Way {
            probe: None,
            is_measured: false,
        };
        Arc::new_cyclic(|me| Self {
            number,
            board: Arc::clone(board),
            talk: Arc::clone(talk),
            seed: seed.wrapping_add(number.wrapping_mul(0x9E37_79B9)),
            keeps_sound,
            me: me.clone(),
            over: Notify::new(),
            state: Mutex::new(State {
                stage: Stage::Waiting,
                alone_since: None,
                hears_from: Time::ZERO,
                phase: 0,
                to_model: way(),
                to_caller: way(),
                pauses: 0,
                lateness: Histogram::default(),
                meetings: 0,
                was_never_heard: false,
                sample: Sample::default(),
            }),
        })
    }

    /// Waits until the caller has nothing more to say.
    pub(super) async fn over(&self) {
        self.over.notified().await;
    }

    /// Whether its sound is kept.
    pub(super) const fn keeps(&self) -> bool {
        self.keeps_sound
    }

    /// Whether it talks to the model.
    pub(super) fn is_talking(&self) -> bool {
        matches!(self.state().stage, Stage::Talking { .. })
    }

    /// A session has heard who it is: what the model says from now on.
    pub(super) fn meet(self: &Arc<Self>, now: Time, phase: usize) -> Option<Speaker> {
        let mut state = self.state();
        let Stage::Calling { slot, .. } = state.stage else {
            return None;
        };
        self.board.leave(slot);
        let begins = now + ECHO + ECHO;
        let seed = self.seed.wrapping_add(state.meetings);
        let rhythm = Rhythm::new(&self.talk, begins, self.number.wrapping_mul(STEP), seed);
        let mut own = rhythm.clone();
        state.hears_from = now + ECHO;
        state.phase = phase;
        state.meetings += 1;
        state.alone_since = None;
        state.stage = Stage::Talking {
            exchange: own.exchange(),
            rhythm: Box::new(own),
            said: 0,
        };
        Some(Speaker::new(Arc::clone(self), rhythm, &self.talk))
    }

    /// Its session at the model has gone.
    pub(super) fn part(&self) {
        let mut state = self.state();
        if matches!(state.stage, Stage::Talking { .. }) {
            state.stage = Stage::Waiting;
        }
    }

    /// What all calls share.
    pub(super) fn board(&self) -> &Board {
        &self.board
    }

    /// The model begins a turn at a position of the sound.
    pub(super) fn model_begins(&self, now: Time, position: u64) {
        let counts = self.board.steady().is_there(now);
        let mut state = self.state();
        let way = &mut state.to_caller;
        way.turn_begins(counts, || Probe::to_caller(position));
        if self.keeps_sound {
            state.sample.turns.push(Turn::default());
        }
    }

    /// The model says the next samples, which were due at a time.
    pub(super) fn model_says(&self, due: Time, now: Time, samples: usize, pcm: &mut Vec<u8>) {
        let mut guard = self.state();
        let state = &mut *guard;
        if self.board.is_measured(now) {
            state.lateness.record(now - due);
        }
        if let Some(probe) = &mut state.to_caller.probe {
            probe.say_pcm(now, samples, pcm);
        }
        if let Some(turn) = state.sample.turns.last_mut() {
            let pcm = samples_of(pcm);
            turn.pieces.push(Said { at: now, pcm });
        }
    }

    /// The model was interrupted.
    pub(super) fn model_is_interrupted(&self, now: Time) {
        let mut guard = self.state();
        let state = &mut *guard;
        if let Some(probe) = &mut state.to_caller.probe {
            probe.interrupt();
        }
        if let Some(turn) = state.sample.turns.last_mut() {
            turn.interrupted = Some(now);
        }
    }

    /// The model hears 16-bit sound at `times` 8 kHz.
    pub(super) fn model_hears(&self, now: Time, times: usize, pcm: &[u8]) {
        let mut guard = self.state();
        let state = &mut *guard;
        state.phase = phase_after(state.phase, times, pcm.len() / 2);
        if now < state.hears_from {
            return;
        }
        if let Some(probe) = &mut state.to_model.probe {
            probe.hear_pcm_at(now, times, pcm);
        }
        if self.keeps_sound && times == 2 {
            let pcm = samples_of(pcm);
            state.sample.heard.push(Heard { at: now, pcm });
        }
    }

    /// The call has ended, whoever ended it.
    pub(super) fn finish(&self) -> Outcome {
        let mut guard = self.state();
        let state = &mut *guard;
        let stage = std::mem::replace(&mut state.stage, Stage::Over);
        if let Stage::Calling { slot, .. } = stage {
            self.board.leave(slot);
        }
        let take = |way: &mut Way| {
            let way = Way {
                probe: way.probe.take(),
                ..*way
            };
            way.finish()
        };
        let mut to_model = take(&mut state.to_model);
        // The caller's own pauses are no silence that somebody made.
        let pauses = state.pauses.min(to_model.silence);
        to_model.silence -= pauses;
        to_model.received -= pauses;
        Outcome {
            to_model,
            to_caller: take(&mut state.to_caller),
            lateness: std::mem::take(&mut state.lateness),
            meetings: state.meetings,
            is_complete: matches!(stage, Stage::Over) && !state.was_never_heard,
            was_never_heard: state.was_never_heard,
            sample: std::mem::take(&mut state.sample),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says who the caller is, if there is anybody to find out.
    fn call_out(&self, now: Time, state: &mut State, frame: &mut [u8]) {
        let since = *state.alone_since.get_or_insert(now);
        if now - since > PATIENCE {
            if let Stage::Calling { slot, .. } = state.stage {
                self.board.leave(slot);
            }
            state.stage = Stage::Over;
            state.was_never_heard = true;
            self.over.notify_one();
            return;
        }
        if matches!(state.stage, Stage::Waiting)
            && let Some(me) = self.me.upgrade()
            && let Some(slot) = self.board.take(now, &me)
        {
            state.stage = Stage::Calling { slot, said: 0 };
        }
        if let Stage::Calling { slot, said } = &mut state.stage {
            if let Some(position) = position(*slot, *said) {
                recognise::say(position, frame);
            }
            *said += frame.len() as u64;
        }
    }

    fn speak(&self, due: Time, now: Time, state: &mut State, frame: &mut [u8]) {
        let Stage::Talking {
            rhythm,
            exchange,
            said,
        } = &mut state.stage
        else {
            return;
        };
        if due >= exchange.next {
            (*exchange, *said) = (rhythm.exchange(), 0);
        }
        let Part {
            begins,
            position,
            samples,
        } = exchange.caller;
        if due < begins || *said == samples {
            return;
        }
        if *said == 0 {
            if self.board.end().is_there(begins) {
                // What is still on its way has a while.
                if now > begins + ECHO + ECHO {
                    state.stage = Stage::Over;
                    self.over.notify_one();
                }
                return;
            }
            let counts = self.board.steady().is_there(now);
            let way = &mut state.to_model;
            let phase = state.phase;
            way.turn_begins(counts, || Probe::to_model(position).in_phase(phase));
        }
        let count = (samples - *said).min(frame.len() as u64);
        *said += count;
        if let Some(probe) = &mut state.to_model.probe {
            probe.say_mulaw(now, &mut frame[..count as usize]);
        }
    }
}

impl Tap for Call {
    fn say(&self, due: Time, now: Time, frame: &mut [u8]) {
        frame.fill(SILENCE);
        let mut guard = self.state();
        let state = &mut *guard;
        if self.board.is_measured(now) {
            state.lateness.record(now - due);
        }
        let before = (state.to_model.is_measured, state.to_model.said());
        match state.stage {
            Stage::Waiting | Stage::Calling { .. } => self.call_out(now, state, frame),
            Stage::Talking { .. } => self.speak(due, now, state, frame),
            Stage::Over => {}
        }
        if state.to_model.is_measured {
            state.pauses += frame.len() as u64
                - if before.0 {
                    state.to_model.said() - before.1
                } else {
                    state.to_model.said()
                };
        }
    }

    fn hear(&self, now: Time, sound: &[u8]) {
        if let Some(probe) = &mut self.state().to_caller.probe {
            probe.hear_mulaw(now, sound);
        }
    }

    fn clear(&self, now: Time) {
        if let Some(probe) = &mut self.state().to_caller.probe {
            probe.clear(now);
        }
    }

    fn keeps_sound(&self) -> bool {
        self.keeps_sound
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({})", self.number)
    }
}

fn samples_of(pcm: &[u8]) -> Vec<i16> {
    let whole = pcm.as_chunks().0.iter().copied();
    whole.map(i16::from_le_bytes).collect()
}

/// µ-law's.
const SILENCE: u8 = 0xFF;
/// How far apart the calls' sounds begin: a prime of about half a second.
const STEP: u64 = 4_093;
/// How long something may still be on its way through the bridge.
const ECHO: Duration = Duration::from_millis(500);
/// How long a caller tries to be heard.
const PATIENCE: Duration = Duration::from_secs(20);
