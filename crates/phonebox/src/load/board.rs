//! Which session at the model belongs to which call, although only the bridge connects them.
//!
//! A call and its session meet by sound, the one thing that every bridge passes on. As soon as there is a session that nobody knows, a
//! caller without one takes one of ten *slots*, says the two seconds of the known sound that belong to the slot, and is silent for one, until it is
//! known. Sessions that nobody knows listen for those stretches that were said just now. No two of them are alike, so 40 ms are enough
//! and never wrong, whatever the bridge is written in, what it makes of ids and parameters, and even if it keeps sessions warm for
//! later calls or opens a new one in the middle of a call. From there on the session knows its call, and with it both directions.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use voice_call::Time;

use super::call::Call;
use crate::score::probe::recognise::Recogniser;

/// What all calls and sessions share.
#[derive(Debug, Default)]
pub(super) struct Board {
    slots: Mutex<[Option<Slot>; SLOTS]>,
    /// Sessions that nobody knows.
    strangers: AtomicU64,
    steady: Moment,
    end: Moment,
}

#[derive(Clone, Debug)]
struct Slot {
    call: Arc<Call>,
    since: Time,
}

/// A time that may not have been decided yet.
#[derive(Debug)]
pub(super) struct Moment(AtomicU64);

impl Default for Moment {
    fn default() -> Self {
        Self(AtomicU64::new(u64::MAX))
    }
}

impl Moment {
    pub(super) fn set(&self, time: Time) {
        let nanos = u64::try_from(time.since_beginning().as_nanos());
        self.0.store(nanos.unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Whether it is there at a time. What is not decided is not there.
    pub(super) fn is_there(&self, now: Time) -> bool {
        now.since_beginning().as_nanos() >= u128::from(self.0.load(Ordering::Relaxed))
    }
}

impl Board {
    /// From when on is measured.
    pub(super) const fn steady(&self) -> &Moment {
        &self.steady
    }

    /// From when on no exchange begins.
    pub(super) const fn end(&self) -> &Moment {
        &self.end
    }

    /// Whether what happens now counts.
    pub(super) fn is_measured(&self, now: Time) -> bool {
        self.steady.is_there(now) && !self.end.is_there(now)
    }

    /// A session that nobody knows is ready.
    pub(super) fn stranger_came(&self) {
        self.strangers.fetch_add(1, Ordering::Relaxed);
    }

    /// It is known now, or gone.
    pub(super) fn stranger_left(&self) {
        self.strangers.fetch_sub(1, Ordering::Relaxed);
    }

    /// A slot for a call, if there is a free one and a session to be found.
    pub(super) fn take(&self, now: Time, call: &Arc<Call>) -> Option<usize> {
        let mut slots = self.slots();
        let taken = slots.iter().flatten().count() as u64;
        if self.strangers.load(Ordering::Relaxed) <= taken {
            return None;
        }
        let free = slots.iter().position(Option::is_none)?;
        let call = Arc::clone(call);
        slots[free] = Some(Slot { call, since: now });
        Some(free)
    }

    /// The slot is free again.
    pub(super) fn leave(&self, slot: usize) {
        self.slots()[slot] = None;
    }

    /// Whose sound a session hears, if anybody's.
    pub(super) fn recognise(&self, now: Time, recogniser: &mut Recogniser) -> Option<Arc<Call>> {
        let slots = self.slots();
        let calling = slots.iter().enumerate();
        let calling = calling.filter_map(|(number, slot)| {
            let slot = slot.as_ref()?;
            Some((number, said_lately(number, now - slot.since)))
        });
        let number = recogniser.find(&calling)?;
        slots[number].as_ref().map(|slot| Arc::clone(&slot.call))
    }

    fn slots(&self) -> MutexGuard<'_, [Option<Slot>; SLOTS]> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where in the sound a caller is who has had a slot for so many samples; `None` when silent.
pub(super) fn position(slot: usize, since: u64) -> Option<u64> {
    let into = since % (SAID + SILENT);
    (into < SAID).then(|| slot as u64 * APART + into)
}

/// What such a caller said in the last round.
fn said_lately(slot: usize, since: Duration) -> Range<u64> {
    let begins = slot as u64 * APART;
    let said = (since.as_millis() as u64 * 8).min(SAID);
    begins..begins + said
}

/// Each has 2.048 s of the sound's period.
const SLOTS: usize = 10;
const APART: u64 = 16_384;
/// 2 s of sound, 1 s of silence.
const SAID: u64 = 16_000;
const SILENT: u64 = 8_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_calls_says_two_seconds_and_is_silent_for_one() {
        let at = |samples| position(3, samples);
        assert_eq!(at(0), Some(49_152));
        assert_eq!(at(15_999), Some(49_152 + 15_999));
        assert_eq!((at(16_000), at(23_999), at(24_000)), (None, None, at(0)));
        assert_eq!(said_lately(9, Duration::from_secs(9)), 147_456..163_456);
        assert_eq!(said_lately(1, Duration::ZERO), 16_384..16_384);
    }

    #[test]
    fn a_moment_that_is_not_decided_never_comes() {
        let moment = Moment::default();
        let later = Time::ZERO + Duration::from_secs(1 << 30);
        assert!(!moment.is_there(later));
        moment.set(later);
        assert!(moment.is_there(later) && !moment.is_there(Time::ZERO));
    }
}
