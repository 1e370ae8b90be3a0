//! The repetition: an endless waveform out of the last one, two or three periods.
//!
//! ```text
//!   past  ──────────┬────────┬────────┬────────┐ seam
//!                   │  P₃    │   P₂   │   P₁   │
//!   first 10 ms                       ╰──►─────╯     one period, around and around
//!   next 10 ms               ╰──►──────────────╯     two
//!   then            ╰──►───────────────────────╯     three
//! ```
//!
//! Near the seam a turn of `L` samples is blended with what was `L` before, so that its end leads to its beginning. A
//! change to a longer turn steps back by the difference, at which the waveform is the same, and blends too.

use super::pitch::{LONGEST, multiple, period};
use super::predict::{LENGTH, ORDER, predictor};

/// A waveform that goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repetition {
    past: [f32; HISTORY],
    /// The lengths of one, two and three periods.
    turns: [usize; 3],
    overlap: usize,
    /// How alike the periods are, 0 to 1.
    alike: f32,
    /// How many samples it has given, up to where nothing changes any more.
    given: usize,
    /// Which turn it is in, and where: samples before the seam.
    turn: usize,
    before: usize,
    /// The turn and place that it is leaving, and for how many samples more.
    leaving: (usize, usize),
    left: usize,
    /// What the repetition missed of the last samples, newest first, and how that rings.
    missed: [f32; ORDER],
    ring: [f32; ORDER],
}

impl Repetition {
    pub(super) const fn new() -> Self {
        Self {
            past: [0.0; HISTORY],
            turns: [LONGEST, 2 * LONGEST, 3 * LONGEST],
            overlap: LONGEST / 4,
            alike: 0.0,
            given: 0,
            turn: 0,
            before: LONGEST,
            leaving: (0, LONGEST),
            left: 0,
            missed: [0.0; ORDER],
            ring: [0.0; ORDER],
        }
    }

    /// Begins anew after this past.
    pub(super) fn start(&mut self, history: &[i16; HISTORY]) {
        for (past, sample) in self.past.iter_mut().zip(history) {
            *past = f32::from(*sample);
        }
        let (period, alike) = period(&self.past);
        self.alike = alike;
        let two = multiple(&self.past, 2 * period);
        let three = multiple(&self.past, two + period);
        self.turns = [period, two, three];
        self.overlap = period / 4;
        (self.given, self.turn, self.before, self.left) = (0, 0, period, 0);

        let (_, end) = self.past.split_at(HISTORY - LENGTH);
        let mut stretch = [0.0; LENGTH];
        stretch.copy_from_slice(end);
        self.ring = predictor(&stretch);
        for (n, missed) in self.missed.iter_mut().enumerate() {
            *missed = self.past[HISTORY - 1 - n] - self.past[HISTORY - 1 - n - period];
        }
    }

    /// The next sample, before the fade of the gap.
    pub(super) fn next(&mut self) -> f32 {
        if self.given == CHANGES[0] || self.given == CHANGES[1] {
            self.lengthen();
        }
        let mut sample = self.at(self.turn, self.before);
        self.before = self.stepped(self.turn, self.before);
        if self.left > 0 {
            let part = self.left as f32 / (self.overlap + 1) as f32;
            let (turn, before) = self.leaving;
            sample += (self.at(turn, before) - sample) * part;
            self.leaving.1 = self.stepped(turn, before);
            self.left -= 1;
        }
        if self.given < RINGING {
            sample += self.rung() * (1.0 - (self.given + 1) as f32 / (RINGING + 1) as f32);
        }
        sample *= 1.0 - (1.0 - self.alike) * (self.given as f32 / DOUBT as f32).min(1.0);
        self.given = (self.given + 1).min(SETTLED);
        sample
    }

    fn lengthen(&mut self) {
        self.leaving = (self.turn, self.before);
        self.left = self.overlap;
        let back = self.turns[self.turn + 1] - self.turns[self.turn];
        self.turn += 1;
        self.before += back;
    }

    const fn stepped(&self, turn: usize, before: usize) -> usize {
        if before > 1 {
            before - 1
        } else {
            self.turns[turn]
        }
    }

    /// The past `before` samples before the seam, bent towards the turn's beginning where it ends.
    fn at(&self, turn: usize, before: usize) -> f32 {
        let here = self.past[HISTORY - before];
        if before > self.overlap {
            return here;
        }
        let there = self.past[HISTORY - before - self.turns[turn]];
        let part = (self.overlap + 1 - before) as f32 / (self.overlap + 1) as f32;
        here + (there - here) * part
    }

    /// The next sample of what rings on.
    fn rung(&mut self) -> f32 {
        let next = self
            .missed
            .iter()
            .zip(&self.ring)
            .map(|(missed, tap)| missed * tap)
            .sum();
        self.missed.copy_within(..ORDER - 1, 1);
        self.missed[0] = next;
        next
    }
}

/// G.711 Appendix I: three of the longest periods, and a quarter of one to blend with.
pub(super) const HISTORY: usize = 3 * LONGEST + LONGEST / 4;
/// Where two, then three periods are used: 10 and 20 ms.
const CHANGES: [usize; 2] = [80, 160];
/// From here on nothing changes.
const SETTLED: usize = 161;
/// 10 ms until what is not alike has gone.
const DOUBT: usize = 80;
/// 5 ms.
const RINGING: usize = 40;
