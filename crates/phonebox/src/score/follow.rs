//! Follows a sound, piece by piece, through a recording in which it was delayed, stretched by gaps, cut or made louder.
//!
//! ```text
//! here:    20 ms with 10 ms around are looked for where they should be, by what is known from the piece before;
//!          they are found with a normalised correlation (which does not mind the level) of 0.7 and more
//! search:  if they are not there, or nothing is known yet: 100 ms from the piece on, where they fit best, with 0.9 and
//!          more; in the whole window (the first place of those that fit as well), or from half a second earlier to a second later than they should be
//! back:    the pieces before the first that was found, from the last to the first: 100 ms up to the piece's end
//! ```

use std::ops::Range;

/// 20 ms at 8 kHz.
pub(super) const PIECE: usize = 160;

/// Where each piece of a sound is in a recording.
pub(super) struct Track {
    pub(super) pieces: Vec<Piece>,
}

/// 20 ms of a sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Whether there is anything to hear in it.
    pub(super) is_audible: bool,
    /// The recording's sample at which it begins, if it is there.
    pub(super) position: Option<usize>,
}

/// What happened between two pieces that were found, in samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Breaks {
    /// Gaps in speech: how many, the longest, and all.
    pub(super) gaps: usize,
    pub(super) longest_gap: usize,
    pub(super) gap_samples: usize,
    /// Sound that was left out or replaced.
    pub(super) lost: usize,
}

/// Looks for a sound in a recording, from one sample to another.
pub(super) fn follow(sound: &[f32], recording: &[f32], from: usize, until: usize) -> Track {
    let count = sound.len() / PIECE;
    let floor = audible_power(sound);
    let is_audible = |number: usize| power(&sound[number * PIECE..][..PIECE]) >= floor;
    let mut pieces: Vec<_> = (0..count)
        .map(|number| Piece {
            is_audible: is_audible(number),
            position: None,
        })
        .collect();
    let until = until.min(recording.len());
    // Where the sound's first sample would be, in the recording.
    let mut offset: Option<isize> = None;
    let mut previous = None;
    let mut attempts = 0;
    for (number, piece) in pieces.iter_mut().enumerate() {
        if !piece.is_audible {
            continue;
        }
        let start = number * PIECE;
        let found = match offset {
            Some(offset) => here(sound, recording, start, offset).or_else(|| {
                let at = usize::try_from(offset + start as isize).unwrap_or(0);
                let first = at.saturating_sub(EARLIER).max(from);
                best(
                    onwards(sound, start),
                    recording,
                    first..(at + LATER).min(until),
                    SURELY,
                )
            }),
            // Each search of the whole window is dear.
            None if attempts < MOST_ATTEMPTS && number % ATTEMPT == 0 => {
                attempts += 1;
                earliest(onwards(sound, start), recording, from..until)
            }
            None => None,
        };
        // No piece is before the one before it.
        let found = found.filter(|at| previous.is_none_or(|previous| *at > previous));
        if let Some(position) = found {
            piece.position = Some(position);
            previous = Some(position);
            offset = Some(position as isize - start as isize);
        }
    }
    let mut track = Track { pieces };
    track.go_back(sound, recording, from);
    track
}

/// A piece and 10 ms around it, where an offset says that it is.
fn here(sound: &[f32], recording: &[f32], start: usize, offset: isize) -> Option<usize> {
    let around = start.saturating_sub(AROUND)..(start + PIECE + AROUND).min(sound.len());
    let lead = start - around.start;
    let at = usize::try_from(offset + start as isize)
        .ok()?
        .checked_sub(lead)?;
    let near = at.saturating_sub(NEAR)..at + NEAR + 1;
    best(&sound[around], recording, near, ENOUGH).map(|position| position + lead)
}

/// 100 ms from a sample on.
fn onwards(sound: &[f32], start: usize) -> &[f32] {
    &sound[start..(start + LONG).min(sound.len())]
}

impl Track {
    /// Looks for the pieces before the first that was found.
    fn go_back(&mut self, sound: &[f32], recording: &[f32], from: usize) {
        let Some((first, mut after)) = self.found().next() else {
            return;
        };
        let mut offset = after as isize - (first * PIECE) as isize;
        for number in (0..first)
            .rev()
            .filter(|number| number + MOST_BACK >= first)
        {
            if !self.pieces[number].is_audible {
                continue;
            }
            let start = number * PIECE;
            let found = here(sound, recording, start, offset).or_else(|| {
                let end = start + PIECE;
                let before = end.saturating_sub(LONG);
                let at = usize::try_from(offset + before as isize).unwrap_or(0);
                let window = at.saturating_sub(LATER).max(from)..at + EARLIER;
                best(&sound[before..end], recording, window, SURELY).map(|at| at + start - before)
            });
            if let Some(position) = found.filter(|at| *at < after) {
                self.pieces[number].position = Some(position);
                after = position;
                offset = position as isize - start as isize;
            }
        }
    }

    /// The pieces that were found, by number.
    pub(super) fn found(&self) -> impl DoubleEndedIterator<Item = (usize, usize)> {
        let pieces = self.pieces.iter().enumerate();
        pieces.filter_map(|(number, piece)| Some((number, piece.position?)))
    }

    /// What happened between the pieces that were found. What is missing after the last of them counts as lost unless
    /// `is_cut`.
    pub(super) fn breaks(&self, is_cut: bool) -> Breaks {
        let mut breaks = Breaks::default();
        let found: Vec<_> = self.found().collect();
        let audible = |from: usize, to: usize| {
            let between = &self.pieces[from..to];
            between.iter().filter(|piece| piece.is_audible).count()
        };
        for pair in found.windows(2) {
            let ((one, at), (two, then)) = (pair[0], pair[1]);
            let expected = (two - one) * PIECE;
            let missing = audible(one + 1, two);
            let is_in_speech = missing == two - one - 1;
            let (longer, shorter) = (
                (then - at).saturating_sub(expected),
                expected.saturating_sub(then - at),
            );
            if longer > TOLERANCE {
                if is_in_speech {
                    breaks.gaps += 1;
                    breaks.longest_gap = breaks.longest_gap.max(longer);
                    breaks.gap_samples += longer;
                }
                // The pieces at both edges of a gap are torn, and not lost.
                breaks.lost += missing.saturating_sub(2) * PIECE;
            } else if shorter > TOLERANCE {
                if missing > 0 || is_in_speech {
                    breaks.lost += shorter;
                }
            } else {
                breaks.lost += missing * PIECE;
            }
        }
        let (first, last) = match (found.first(), found.last()) {
            (Some((first, _)), Some((last, _))) => (*first, *last),
            _ => return breaks,
        };
        breaks.lost += audible(0, first) * PIECE;
        if !is_cut {
            breaks.lost += audible(last + 1, self.pieces.len()) * PIECE;
        }
        breaks
    }
}

/// The mean square from which a piece of a sound is audible: 35 dB below its loudest, but at least −55 dBov.
fn audible_power(sound: &[f32]) -> f32 {
    let loudest = sound.chunks_exact(PIECE).map(power).fold(0.0, f32::max);
    (loudest * 3.16e-4).max(3.16e-6)
}

pub(super) fn power(samples: &[f32]) -> f32 {
    dot(samples, samples) / samples.len().max(1) as f32
}

fn dot(one: &[f32], two: &[f32]) -> f32 {
    // Sums of eight, which a compiler keeps in one register.
    let mut sums = [0.0_f32; 8];
    let (ones, twos) = (one.chunks_exact(8), two.chunks_exact(8));
    let rest: f32 = ones
        .remainder()
        .iter()
        .zip(twos.remainder())
        .map(|(x, y)| x * y)
        .sum();
    for (x, y) in ones.zip(twos) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// The place in a window at which a sound begins that fits best, if it fits well enough.
fn best(sound: &[f32], recording: &[f32], window: Range<usize>, enough: f32) -> Option<usize> {
    let fits = fits(sound, recording, window).filter(|(_, fit)| *fit > enough);
    let best = fits.max_by(|(_, one), (_, two)| one.total_cmp(two));
    best.map(|(at, _)| at)
}

/// The first place that surely fits, and no worse than any other: who says a sentence twice is heard twice, in that order.
fn earliest(sound: &[f32], recording: &[f32], window: Range<usize>) -> Option<usize> {
    let sure: Vec<_> = fits(sound, recording, window)
        .filter(|(_, fit)| *fit > SURELY)
        .collect();
    let most = sure.iter().map(|(_, fit)| *fit).fold(SURELY, f32::max);
    let (first, _) = *sure.iter().find(|(_, fit)| *fit > most - AS_GOOD)?;
    let around = sure.iter().filter(|(at, _)| *at < first + AROUND);
    let best = around.max_by(|(_, one), (_, two)| one.total_cmp(two));
    best.map(|(at, _)| *at)
}

/// How well a sound fits to each place of a window.
fn fits(
    sound: &[f32],
    recording: &[f32],
    window: Range<usize>,
) -> impl Iterator<Item = (usize, f32)> {
    let own = dot(sound, sound);
    let places = window.map_while(move |at| Some((at, recording.get(at..at + sound.len())?)));
    places.filter_map(move |(at, there)| {
        let energy = dot(there, there);
        // What is 40 dB quieter than the sound is something else.
        (energy >= own * 1e-4).then(|| (at, dot(sound, there) / (own * energy).sqrt()))
    })
}

const AROUND: usize = 80;
const NEAR: usize = 2;
const LONG: usize = 800;
const EARLIER: usize = 4_000;
const LATER: usize = 8_000;
const ENOUGH: f32 = 0.7;
const SURELY: f32 = 0.9;
/// How much worse than the best place an earlier one may fit.
const AS_GOOD: f32 = 0.03;
/// A sound that is not heard is looked for every 60 ms, twenty times.
const ATTEMPT: usize = 3;
const MOST_ATTEMPTS: usize = 20;
/// How many pieces before the first that was found are looked for.
const MOST_BACK: usize = 100;
/// 3 ms, below which nothing is heard of a break.
const TOLERANCE: usize = 24;

#[cfg(test)]
mod tests {
    use audio_converter_measure::signal;

    use super::*;

    /// A voice without pauses.
    fn voice(samples: usize) -> Vec<f32> {
        let breath = signal::white_noise(0.03, samples, 4);
        let voice = signal::voice(8_000.0, 130.0, samples, 3);
        voice
            .iter()
            .zip(breath)
            .map(|(x, noise)| x + noise)
            .collect()
    }

    /// The voice with `samples` of silence put in at `at`.
    fn with_gap(voice: &[f32], at: usize, samples: usize) -> Vec<f32> {
        [&voice[..at], &vec![0.0; samples], &voice[at..]].concat()
    }

    #[test]
    fn a_gap_is_measured() {
        let voice = voice(16_000);
        for (at, samples) in [(8_000, 400), (8_050, 800), (5_120, 60)] {
            let track = follow(&voice, &with_gap(&voice, at, samples), 0, 16_000);
            let breaks = track.breaks(false);
            assert_eq!(
                (breaks.gaps, breaks.lost),
                (1, 0),
                "{at} {samples} {breaks:?}"
            );
            assert!(breaks.gap_samples.abs_diff(samples) <= 1, "{breaks:?}");
        }
    }

    #[test]
    fn what_is_left_out_is_lost() {
        let voice = voice(16_000);
        let cut = [&voice[..8_000], &voice[8_560..]].concat();
        let breaks = follow(&voice, &cut, 0, 16_000).breaks(false);
        assert_eq!((breaks.gaps, breaks.lost), (0, 560));
    }

    #[test]
    fn what_is_replaced_is_lost() {
        let voice = voice(16_000);
        let mut spoilt = voice.clone();
        spoilt[8_000..8_800].fill(0.0);
        let breaks = follow(&voice, &spoilt, 0, 16_000).breaks(false);
        assert_eq!(breaks.gaps, 0);
        assert!((640..=960).contains(&breaks.lost), "{breaks:?}");
    }

    #[test]
    fn what_is_said_twice_is_found_in_its_order() {
        let voice = voice(8_000);
        let twice = [&vec![0.0; 4_000][..], &voice, &[0.0; 4_000], &voice].concat();
        let first = |from| {
            let track = follow(&voice, &twice, from, twice.len());
            track.found().next().map(|(number, at)| at - number * PIECE)
        };
        assert_eq!((first(0), first(12_000)), (Some(4_000), Some(16_000)));
    }

    #[test]
    fn another_sound_is_not_found() {
        let other = signal::voice(8_000.0, 210.0, 16_000, 9);
        assert!(follow(&voice(8_000), &other, 0, 16_000).found().count() < 3);
        assert_eq!(follow(&voice(8_000), &[], 0, 0).found().count(), 0);
        assert_eq!(follow(&[], &other, 0, 16_000).found().count(), 0);
    }
}
