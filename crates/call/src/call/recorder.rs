//! A recording of both sides, in time, the agent as the caller heard it.

use std::collections::VecDeque;

use crate::Time;
use crate::line::{RATE, samples};

/// Puts two channels of µ-law at 8 kHz on one time axis.
#[derive(Debug)]
pub(super) struct Recorder {
    began: Time,
    caller: Channel,
    agent: Channel,
    /// How many samples were given away.
    given: u64,
    block: Vec<u8>,
}

/// Sound from `given` on.
#[derive(Debug, Default)]
struct Channel {
    codes: VecDeque<u8>,
}

impl Recorder {
    pub(super) fn new(now: Time) -> Self {
        Self {
            began: now,
            caller: Channel::default(),
            agent: Channel::default(),
            given: 0,
            block: Vec::new(),
        }
    }

    /// The caller said this, which ends now.
    pub(super) fn caller(&mut self, now: Time, codes: &[u8]) {
        let now = self.position(now);
        let begin = now.saturating_sub(codes.len() as u64);
        // Frames that come a little late follow each other all the same.
        let end = self.given + self.caller.codes.len() as u64;
        let begin = if begin > end + PATIENCE { begin } else { end };
        self.caller.write(self.given, begin, codes);
        // A carrier that sends faster than time cannot fill the memory.
        self.caller
            .codes
            .truncate((now + MOST_AHEAD).saturating_sub(self.given) as usize);
    }

    /// This was sent to the caller, and is played when all before it has been.
    pub(super) fn agent(&mut self, now: Time, codes: &[u8]) {
        let end = self.given + self.agent.codes.len() as u64;
        let begin = end.max(self.position(now));
        self.agent.write(self.given, begin, codes);
    }

    /// The caller hears nothing more of what was sent.
    pub(super) fn clear(&mut self, now: Time) {
        let left = self.position(now).saturating_sub(self.given);
        self.agent
            .codes
            .truncate(usize::try_from(left).unwrap_or(usize::MAX));
    }

    /// A block of both channels, interleaved, when a second of it cannot change any more; at the end, what is left.
    pub(super) fn poll(&mut self, now: Time, is_over: bool) -> Option<&[u8]> {
        let now = self.position(now);
        let settled = if is_over {
            now
        } else {
            now.saturating_sub(PATIENCE)
        };
        let ready = settled.saturating_sub(self.given);
        let length = if is_over { ready.min(BLOCK) } else { BLOCK };
        if ready < length || length == 0 {
            return None;
        }
        self.given += length;
        self.block.clear();
        for _ in 0..length {
            self.block
                .push(self.caller.codes.pop_front().unwrap_or(SILENCE));
            self.block
                .push(self.agent.codes.pop_front().unwrap_or(SILENCE));
        }
        Some(&self.block)
    }

    fn position(&self, now: Time) -> u64 {
        samples(now - self.began)
    }
}

impl Channel {
    fn write(&mut self, given: u64, begin: u64, codes: &[u8]) {
        let begin = usize::try_from(begin.saturating_sub(given)).unwrap_or(usize::MAX);
        if self.codes.len() < begin {
            self.codes.resize(begin, SILENCE);
        }
        self.codes.extend(codes);
    }
}

/// One second.
const BLOCK: u64 = RATE as u64;
/// How late sound may come and still follow what was before: half a second.
const PATIENCE: u64 = RATE as u64 / 2;
/// How far ahead of time the caller's sound may be: a second.
const MOST_AHEAD: u64 = RATE as u64;
const SILENCE: u8 = 0xFF;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn both_channels_are_in_time_and_a_clear_takes_back_what_was_not_heard() {
        let at = |ms| Time::ZERO + Duration::from_millis(ms);
        let mut recorder = Recorder::new(at(0));
        recorder.caller(at(20), &[1; 160]);
        recorder.agent(at(100), &[2; 1_600]);
        recorder.clear(at(200));
        recorder.agent(at(300), &[3; 160]);
        assert_eq!(recorder.poll(at(1_400), false), None);
        let mut all = recorder.poll(at(1_500), false).unwrap().to_vec();
        all.extend(recorder.poll(at(1_600), true).unwrap());
        assert_eq!(recorder.poll(at(1_600), true), None);
        let channel = |n: usize| all.iter().skip(n).step_by(2).copied().collect::<Vec<_>>();
        let (caller, agent) = (channel(0), channel(1));
        assert_eq!(caller.len(), 12_800);
        assert!(caller[..160].iter().all(|&code| code == 1) && caller[160] == SILENCE);
        for (range, code) in [
            (0..800, SILENCE),
            (800..1_600, 2),
            (1_600..2_400, SILENCE),
            (2_400..2_560, 3),
            (2_560..12_800, SILENCE),
        ] {
            assert!(
                agent[range.clone()].iter().all(|&it| it == code),
                "{range:?}"
            );
        }
    }
}
