//! Finds the known sound in what was heard.
//!
//! ```text
//! following   each 20 ms: normalised correlation with the sound where it is expected; as usual → matched
//! a fault     the next 80 ms are searched for any part of the sound near there. Found: the cuts j ≤ k are where
//!             Σ (x − g·old)² before j  +  Σ x² from j to k  +  Σ (x − g·new)² after k  is least
//! lost        goes on 20 ms at a time, and searches the newest 20 ms, until the sound is found again: near where it was last, where turns
//!             began since, and in one more part of all that was said since, another one each time
//! ```

use std::collections::VecDeque;
use std::ops::Range;

use super::sound::{PERIOD, Sound};

/// What a stretch of what was heard is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stretch {
    /// The sound from this position on.
    Sound { position: u64, length: usize },
    /// Nothing.
    Silence { length: usize },
    /// Something else.
    Foreign { length: usize },
}

/// Follows one stream at 8 kHz.
pub(super) struct Follower {
    sound: &'static Sound,
    /// The position where the sound begins.
    beginning: u64,
    waiting: Vec<f32>,
    decided: VecDeque<Stretch>,
    /// The position of the sound expected next, unless it is lost.
    expected: Option<u64>,
    /// The position behind the last that was found.
    last: u64,
    gain: f64,
    /// How well it usually correlates.
    usual: f64,
    /// How many windows of `waiting` have been searched in vain.
    tried: usize,
    /// Where the newest turns began.
    turns: VecDeque<u64>,
    /// How many windows with sound went by since it was lost.
    lost: u64,
}

impl Follower {
    /// The sound is expected from a position on.
    pub(super) fn new(position: u64) -> Self {
        Self {
            sound: Sound::get(),
            beginning: position,
            waiting: Vec::new(),
            decided: VecDeque::new(),
            expected: Some(position),
            last: position,
            gain: 1.0,
            usual: 0.9,
            tried: 0,
            turns: VecDeque::new(),
            lost: 0,
        }
    }

    /// A turn begins at a position: if what was before it never comes, it is searched there.
    pub(super) fn turn_begins(&mut self, position: u64) {
        if self.turns.len() == TURNS {
            self.turns.pop_front();
        }
        self.turns.push_back(position);
    }

    /// Takes what was heard next.
    pub(super) fn push(&mut self, samples: impl Iterator<Item = f32>) {
        self.waiting.extend(samples);
    }

    /// The next stretch, in order and without holes, once it is known what it is; at the end, all that is left.
    /// `said` is the position behind all that was said.
    pub(super) fn next(&mut self, said: u64, is_end: bool) -> Option<Stretch> {
        loop {
            if let Some(stretch) = self.decided.pop_front() {
                return Some(stretch);
            }
            if self.waiting.is_empty() {
                return None;
            }
            let expected = self.expected.filter(|position| *position < said);
            let window = expected.map_or(WINDOW, |position| {
                usize::try_from(said - position).map_or(WINDOW, |left| left.min(WINDOW))
            });
            if self.waiting.len() < window && !is_end {
                return None;
            }
            let window = window.min(self.waiting.len());
            if let Some(position) = expected
                && self.agrees(position, window)
            {
                self.found(position, window);
            } else if self.waiting.len() < LOOK && !is_end {
                return None;
            } else {
                self.search(expected, said);
            }
        }
    }

    /// Whether what was heard is the sound from `position` on, as well as it usually is.
    fn agrees(&mut self, position: u64, length: usize) -> bool {
        let heard = &self.waiting[..length];
        let (energy, there) = (squares(heard), self.sound.energy(position, length));
        let count = length as f64;
        if there < QUIET * count {
            return energy <= (4.0 * self.gain * self.gain * there).max(QUIET * count);
        }
        let product = dot(heard, self.sound.stretch(position, length));
        let likeness = product / (energy * there).sqrt().max(1.0);
        // Too little to judge by.
        if length < WINDOW / 4 {
            return true;
        }
        if likeness < 0.93 * self.usual {
            return false;
        }
        self.usual += (likeness - self.usual) / 16.0;
        self.gain = product / there;
        true
    }

    /// Decides at least one stretch: up to where the sound is found again, or a window of something else.
    fn search(&mut self, expected: Option<u64>, said: u64) {
        let whole = self.waiting.len().min(LOOK);
        let near = expected.unwrap_or(self.last);
        let mut best: Option<Place> = None;
        let starts = (0..whole).step_by(WINDOW).skip(self.tried);
        for start in starts {
            if start + WINDOW > whole || best.is_some_and(|place| place.likeness > SURE) {
                break;
            }
            let place = self.find(start, near + start as u64, said);
            if place.is_some_and(|p| best.is_none_or(|b| p.likeness > b.likeness)) {
                best = place;
            }
        }
        let Some(place) = best else {
            self.lose(expected, whole, said);
            return;
        };
        let end = place.start + WINDOW;
        let (until, from) = self.cut(expected, Some(place), end);
        // Nothing is before the beginning of the sound.
        let before = (place.position - self.beginning) as usize;
        let from = place.start.saturating_sub(before).max(from);
        let is_same = expected.is_some_and(|old| old + place.start as u64 == place.position);
        if from == end || is_same && end - from < WINDOW / 4 {
            // It was found where it had been expected, but ends within the window.
            self.lose(expected, whole, said);
            return;
        }
        let from = self.rejoin(place, (until, from, end));
        self.part(expected, (until, from), said);
        (self.gain, self.usual) = (place.gain, place.likeness);
        // The window itself is decided, so that there is always progress.
        self.found(
            place.position + from as u64 - place.start as u64,
            end - from,
        );
        (self.tried, self.lost) = (0, 0);
    }

    /// The sound is nowhere in the first `whole` samples.
    fn lose(&mut self, expected: Option<u64>, whole: usize, said: u64) {
        let window = whole.min(WINDOW);
        let until = self.cut(expected, None, window).0;
        self.part(expected, (until, window), said);
        self.expected = None;
        self.tried = (whole / WINDOW).saturating_sub(1);
    }

    /// Decides two stretches: the sound where it was expected, then something else.
    fn part(&mut self, expected: Option<u64>, cut: (usize, usize), said: u64) {
        let mut until = 0;
        if let Some(position) = expected {
            until = usize::try_from(said - position).map_or(cut.0, |left| left.min(cut.0));
            if until > 0 {
                self.found(position, until);
            }
        }
        self.other(cut.1 - until);
    }

    /// Where in the sound the window at `start` is, not too far from a position, or in a later turn, and before the end of what was said.
    fn find(&mut self, start: usize, near: u64, said: u64) -> Option<Place> {
        let heard = &self.waiting[start..start + WINDOW];
        let least = least(heard)?;
        self.lost += 1;
        if self.lost > OFTEN && !self.lost.is_multiple_of(SELDOM) {
            return None;
        }
        let end = (said + 1).saturating_sub(WINDOW as u64);
        let first = near.saturating_sub(BACK).max(self.beginning);
        let far = near + AHEAD;
        let mut best = best_place(self.sound, heard, first..end.min(far));
        // What was said since is searched part by part; a period later it is the same again.
        let behind = end.min(far + PERIOD as u64).saturating_sub(far);
        let part = far + self.lost % behind.div_ceil(AHEAD).max(1) * AHEAD;
        let turns = self.turns.iter().filter(|turn| **turn > far);
        let turns = turns.map(|turn| *turn..turn + LATE);
        for range in turns.chain(std::iter::once(part..part + AHEAD)) {
            if best.is_some_and(|place| place.likeness > SURE) {
                break;
            }
            let other = best_place(self.sound, heard, range.start..range.end.min(end));
            if other.is_some_and(|other| best.is_none_or(|best| other.likeness > best.likeness)) {
                best = other;
            }
        }
        best.filter(|place| place.likeness >= least)
            .or_else(|| self.resumed(heard, said))
            .map(|place| Place { start, ..place })
    }

    /// The window's place if in the midst of it the sound goes on where it was lost, though for less than could be found anywhere.
    fn resumed(&self, heard: &[f32], said: u64) -> Option<Place> {
        if self.expected.is_some() {
            return None;
        }
        // With all of the window's energy, so that what is before is silence.
        let energy = squares(heard);
        let place = |from: u64| {
            let heard = heard.get(usize::try_from(from).ok()?..)?;
            let there = self.sound.stretch(self.last, heard.len());
            let (product, own) = (dot(heard, there), squares(there).max(1.0));
            Some(Place {
                start: 0,
                position: self.last.checked_sub(from)?,
                likeness: product / (energy * own).sqrt().max(1.0),
                gain: product / own,
            })
        };
        let within =
            (self.last + WINDOW as u64).saturating_sub(said)..=WINDOW as u64 - RINGING as u64;
        let places = within.filter_map(place);
        let best = places.max_by(|a, b| a.likeness.total_cmp(&b.likeness))?;
        (best.likeness >= SURE && best.position >= self.beginning).then_some(best)
    }

    /// Until where the first `end` samples are the old place's sound, and from where they are the new one's.
    fn cut(&self, old: Option<u64>, new: Option<Place>, end: usize) -> (usize, usize) {
        let there = |position: Option<u64>, gain: f64, n: usize| {
            let x = f64::from(self.waiting[n]);
            position.map_or(f64::INFINITY, |position| {
                (x - gain * f64::from(self.sound.stretch(position + n as u64, 1)[0])).powi(2)
            })
        };
        // The new place may begin so late that the sound's beginning would lie before; by a period it is the same.
        let new_at = new.map(|place| place.position + PERIOD as u64 - place.start as u64);
        let new_gain = new.map_or(1.0, |place| place.gain);
        let (mut cost_old, mut cost_other) = (0.0, f64::INFINITY);
        let mut cost_new = f64::INFINITY;
        let (mut from, mut ends) = (0, (0, 0));
        let mean = squares(&self.waiting[..end]) / end.max(1) as f64;
        let penalty = new.map_or(0.0, |_| PENALTY * mean);
        for n in 0..=end {
            // Each may follow the one before it, or, without the penalty, the one before that.
            if cost_old + penalty < cost_other {
                (cost_other, from) = (cost_old + penalty, n);
            }
            if cost_other < cost_new {
                (cost_new, ends) = (cost_other, (from, n));
            }
            if cost_old < cost_new {
                (cost_new, ends) = (cost_old, (n, n));
            }
            if n < end {
                cost_old += there(old, self.gain, n);
                cost_other += f64::from(self.waiting[n]).powi(2);
                cost_new += there(new_at, new_gain, n);
            }
        }
        if new.is_some() {
            ends
        } else if cost_old <= cost_other {
            (end, end)
        } else {
            (from, end)
        }
    }

    /// From where on the new place's sound is heard, if it may just as well go on where it was left: what is faint at a cut fits every place.
    fn rejoin(&self, place: Place, (until, from, end): (usize, usize, usize)) -> usize {
        let left = self.last + until as u64 * u64::from(self.expected.is_some());
        let whole = (place.start as u64 + left).checked_sub(place.position);
        let Some(joint) = whole.and_then(|joint| usize::try_from(joint).ok()) else {
            return from;
        };
        // Where nothing was left out or repeated, what is between is something else.
        if joint == until || !(until..end).contains(&joint) {
            return from;
        }
        let between = &self.waiting[joint.min(from)..joint.max(from)];
        let mean = squares(&self.waiting[..end]) / end as f64;
        if squares(between) < PENALTY * mean {
            joint
        } else {
            from
        }
    }

    fn found(&mut self, position: u64, length: usize) {
        self.take(length);
        self.last = position + length as u64;
        self.expected = Some(self.last);
        self.decided.push_back(Stretch::Sound { position, length });
    }

    fn other(&mut self, length: usize) {
        if length == 0 {
            return;
        }
        // A filter rings where the sound was cut.
        let edge = RINGING.min(length / 2);
        let is_quiet = squares(&self.waiting[edge..length - edge]) < QUIET * length as f64;
        self.take(length);
        self.decided.push_back(if is_quiet {
            Stretch::Silence { length }
        } else {
            Stretch::Foreign { length }
        });
    }

    fn take(&mut self, length: usize) {
        self.waiting.drain(..length);
        self.tried = self.tried.saturating_sub(length.div_ceil(WINDOW));
    }
}

/// How well a window must fit, if anything can be told from it: where only a few of its samples are loud, as when a word begins in it, many places
/// fit somehow.
fn least(heard: &[f32]) -> Option<f64> {
    let energy = squares(heard);
    let fourth: f64 = heard.iter().map(|x| f64::from(*x).powi(4)).sum();
    let width = energy * energy / fourth.max(1.0);
    let is_loud = energy >= QUIET * heard.len() as f64;
    (is_loud && width >= NARROW).then_some(if width < WIDE { SURE } else { LEAST })
}

/// Where the sound was found.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// In what was heard.
    start: usize,
    pub(super) position: u64,
    likeness: f64,
    gain: f64,
}

/// Where in a part of the sound a window is, if it is there.
pub(super) fn best_place(sound: &Sound, heard: &[f32], range: Range<u64>) -> Option<Place> {
    let energy = squares(heard);
    let mut best = None;
    let mut most = LEAST;
    for position in range {
        let there = sound.energy(position, heard.len());
        if there < QUIET * heard.len() as f64 {
            continue;
        }
        let product = dot(heard, sound.stretch(position, heard.len()));
        let likeness = product / (energy * there).sqrt();
        if likeness > most {
            most = likeness;
            let gain = product / there;
            best = Some(Place {
                start: 0,
                position,
                likeness,
                gain,
            });
        }
    }
    best
}

/// In eight lanes, so that the compiler can keep them in vectors.
fn dot(left: &[f32], right: &[f32]) -> f64 {
    let mut lanes = [0.0_f32; 8];
    let (left, left_rest) = left.as_chunks::<8>();
    let (right, right_rest) = right.as_chunks::<8>();
    for (left, right) in left.iter().zip(right) {
        for lane in 0..8 {
            lanes[lane] += left[lane] * right[lane];
        }
    }
    let rest: f32 = left_rest.iter().zip(right_rest).map(|(l, r)| l * r).sum();
    f64::from(lanes.iter().sum::<f32>() + rest)
}

pub(super) fn squares(samples: &[f32]) -> f64 {
    dot(samples, samples)
}

/// 20 ms.
pub(super) const WINDOW: usize = 160;
/// 80 ms.
const LOOK: usize = 4 * WINDOW;
/// How far from where it was expected the sound is searched at once: 0.2 s of repetition, 2 s of loss. What is further is searched in parts.
const BACK: u64 = 1_600;
const AHEAD: u64 = 16_000;
/// How many turns are remembered, and how much of the beginning of each is searched: 0.2 s.
const TURNS: usize = 4;
const LATE: u64 = 1_600;
/// After so many windows in vain, 4 s, only one of some is searched, so that a bridge that says something else costs little.
const OFTEN: u64 = 200;
const SELDOM: u64 = 8;
/// A correlation that cannot be chance, and one that needs no better.
const LEAST: f64 = 0.6;
const SURE: f64 = 0.9;
/// The mean square up to which a stretch is silence: −60 dBov.
pub(super) const QUIET: f64 = 32.0 * 32.0;
/// Over how many samples the energy of a window is spread, (Σx²)²/Σx⁴, that can tell anything, and that tells as much as any; noise has a third of
/// its samples.
const NARROW: f64 = 6.0;
const WIDE: f64 = 20.0;
/// How long a filter rings that a bridge may have, in samples: 3 ms.
const RINGING: usize = 24;
/// In samples of average power: less than this of something else between two parts of the sound is not believed.
const PENALTY: f64 = 4.0;
