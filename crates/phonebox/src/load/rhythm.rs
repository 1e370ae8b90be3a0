//! Who speaks when: turns and pauses, planned ahead, so that neither side waits for the bridge.

use std::ops::RangeInclusive;
use std::time::Duration;

use audio_converter_measure::signal::Random;
use voice_call::Time;

use crate::score::probe::recognise::next_pause;

/// How the two talk: the caller, a pause, the model, a pause, and again.
#[derive(Clone, Debug, PartialEq)]
pub struct Talk {
    /// How long the caller speaks, and then to the end of a word. 2 to 5 s.
    pub caller: RangeInclusive<Duration>,
    /// How long the model speaks, and then to the end of a word. 3 to 8 s.
    pub model: RangeInclusive<Duration>,
    /// How long nobody speaks between turns; not less than 300 ms. 700 ms.
    pub pause: Duration,
    /// In which part of the model's turns the caller interrupts, 0 to 1. None.
    pub barge_ins: f64,
    /// How long the caller must have spoken before the model stops. 300 ms.
    pub notices: Duration,
    /// At how many times the speed of speech the model sends; 0.1 to 1000. 4.
    pub burst: f64,
    /// Samples at 24 kHz in each of the model's messages; 1 to 240 000. 960, which are 40 ms.
    pub chunk: usize,
}

impl Default for Talk {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            caller: seconds(2)..=seconds(5),
            model: seconds(3)..=seconds(8),
            pause: Duration::from_millis(700),
            barge_ins: 0.0,
            notices: Duration::from_millis(300),
            burst: 4.0,
            chunk: 960,
        }
    }
}

impl Talk {
    /// The same with each value in its range.
    pub(super) fn checked(&self) -> Self {
        let turn = |range: &RangeInclusive<Duration>| {
            let least = (*range.start()).clamp(SHORTEST, LONGEST);
            least..=(*range.end()).clamp(least, LONGEST)
        };
        Self {
            caller: turn(&self.caller),
            model: turn(&self.model),
            pause: self.pause.clamp(SHORTEST_PAUSE, LONGEST),
            barge_ins: self.barge_ins.clamp(0.0, 1.0),
            notices: self.notices.min(LONGEST),
            burst: self.burst.clamp(0.1, 1_000.0),
            chunk: self.chunk.clamp(1, 240_000),
        }
    }

    /// The longest time from one turn of the caller to the next.
    pub(super) fn longest(&self) -> Duration {
        *self.caller.end() + *self.model.end() + 2 * (self.pause + LONGEST_WORD)
    }
}

/// One turn of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub(crate) caller: Part,
    pub(crate) model: Part,
    /// When the model notices that it was interrupted.
    pub(crate) interrupted: Option<Time>,
    /// When the next exchange begins.
    pub(crate) next: Time,
}

/// One turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) begins: Time,
    /// Where in the known sound it begins, in samples at 8 kHz. Turns begin and end in its pauses, so that nobody mistakes half a syllable
    /// for something else.
    pub(crate) position: u64,
    /// For how many samples at 8 kHz it goes on.
    pub(crate) samples: u64,
}

impl Part {
    fn new(begins: Time, position: u64, least: u64) -> Self {
        Self {
            begins,
            position,
            samples: next_pause(position + least) - position,
        }
    }

    /// When it has been played, if it was at once.
    pub(super) fn end(&self) -> Time {
        self.begins + playing(self.samples)
    }
}

/// How long so many samples at 8 kHz take.
pub(super) fn playing(samples: u64) -> Duration {
    Duration::from_micros(samples.saturating_mul(125))
}

/// The exchanges of a call, one after another. Its copies go on alike, so that each side can follow its own.
#[derive(Clone)]
pub(crate) struct Rhythm {
    talk: Talk,
    random: Random,
    next: Time,
    /// Where in the sound the caller and the model go on.
    positions: [u64; 2],
}

impl Rhythm {
    /// The first exchange begins at a time, and near a place of the sound.
    pub(crate) fn new(talk: &Talk, begins: Time, place: u64, seed: u64) -> Self {
        Self {
            talk: talk.clone(),
            random: Random::new(seed),
            next: begins,
            positions: [place, place + APART].map(next_pause),
        }
    }

    /// The next exchange.
    pub(crate) fn exchange(&mut self) -> Exchange {
        let talk = &self.talk;
        let mut between = |range: &RangeInclusive<Duration>| {
            let span = *range.end() - *range.start();
            let length = *range.start() + span.mul_f64(self.random.uniform().clamp(0.0, 1.0));
            length.as_micros() as u64 / 125
        };
        let (said, answered) = (between(&talk.caller), between(&talk.model));
        let caller = Part::new(self.next, self.positions[0], said);
        let model = Part::new(caller.end() + talk.pause, self.positions[1], answered);
        self.positions = [caller, model].map(|part| part.position + part.samples);
        let end = model.end();
        let is_barge_in = self.random.uniform() < talk.barge_ins;
        let part = 0.2 + 0.6 * self.random.uniform().clamp(0.0, 1.0);
        self.next = if is_barge_in {
            model.begins + (end - model.begins).mul_f64(part)
        } else {
            end + talk.pause
        };
        let interrupted = is_barge_in
            .then(|| self.next + talk.notices)
            .filter(|noticed| *noticed < end);
        Exchange {
            caller,
            model,
            interrupted,
            next: self.next,
        }
    }
}

/// How far apart the two sounds of a call are, in samples.
const APART: u64 = 50_000;
const SHORTEST: Duration = Duration::from_millis(20);
/// By so much a turn may be longer, until a word ends.
const LONGEST_WORD: Duration = Duration::from_millis(1_200);
const LONGEST: Duration = Duration::from_secs(120);
/// Shorter than a probe takes for the end of a turn, it would not know that a turn began.
const SHORTEST_PAUSE: Duration = Duration::from_millis(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_follow_each_other_with_pauses() {
        let talk = Talk::default().checked();
        let mut rhythm = Rhythm::new(&talk, Time::ZERO + Duration::from_secs(1), 0, 7);
        let mut copy = rhythm.clone();
        let mut before = Time::ZERO + Duration::from_secs(1);
        for _ in 0..200 {
            let exchange = rhythm.exchange();
            assert_eq!(exchange, copy.exchange());
            let (said, answered) = (exchange.caller, exchange.model);
            assert_eq!(said.begins, before);
            for (part, range) in [(said, &talk.caller), (answered, &talk.model)] {
                let length = part.end() - part.begins;
                assert!(length >= *range.start() && length < *range.end() + LONGEST_WORD);
                assert_eq!(next_pause(part.position), part.position);
            }
            assert_eq!(answered.begins, said.end() + talk.pause);
            assert_eq!(exchange.next, answered.end() + talk.pause);
            assert!(exchange.next - said.begins <= talk.longest());
            assert_eq!(exchange.interrupted, None);
            before = exchange.next;
        }
    }

    #[test]
    fn a_barge_in_begins_while_the_model_speaks() {
        let talk = Talk {
            barge_ins: 1.0,
            ..Talk::default()
        };
        let mut rhythm = Rhythm::new(&talk.checked(), Time::ZERO, 0, 7);
        for _ in 0..200 {
            let exchange = rhythm.exchange();
            let model = exchange.model;
            assert!(exchange.next > model.begins && exchange.next < model.end());
            let noticed = exchange.interrupted.expect("in time");
            assert_eq!(noticed, exchange.next + talk.notices);
        }
    }
}
