//! The carrier's playback buffer: sound in the order received, and marks between.

use std::collections::VecDeque;

/// What waits to be played.
#[derive(Clone, Default)]
pub(super) struct Playback {
    sound: VecDeque<u8>,
    /// Marks with how many samples must be played in all before they are returned.
    marks: VecDeque<(u64, String)>,
    queued: u64,
    played: u64,
}

impl Playback {
    /// Appends sound and returns how much of it was too much.
    pub(super) fn push(&mut self, sound: &[u8]) -> u64 {
        let taken = sound.len().min(MOST_SAMPLES - self.sound.len());
        self.sound.extend(&sound[..taken]);
        self.queued += taken as u64;
        (sound.len() - taken) as u64
    }

    /// Appends a mark; whether there was room.
    pub(super) fn mark(&mut self, name: String) -> bool {
        let has_room = self.marks.len() < MOST_MARKS;
        if has_room {
            self.marks.push_back((self.queued, name));
        }
        has_room
    }

    /// How many samples can be played until a mark is due or nothing is left.
    pub(super) fn until_mark(&self) -> Option<u64> {
        let (position, _) = self.marks.front()?;
        Some(position - self.played)
    }

    /// Plays up to so many samples into `ear`, but not beyond a mark; returns how many.
    pub(super) fn play(&mut self, most: u64, ear: &mut Vec<u8>) -> u64 {
        let most = self.until_mark().map_or(most, |until| until.min(most));
        let count = most.min(self.sound.len() as u64);
        ear.extend(self.sound.drain(..count as usize));
        self.played += count;
        count
    }

    /// A mark before which everything has been played.
    pub(super) fn due_mark(&mut self) -> Option<String> {
        (self.until_mark() == Some(0))
            .then(|| self.marks.pop_front())
            .flatten()
            .map(|(_, name)| name)
    }

    /// Throws everything away: how many samples, and all marks.
    pub(super) fn clear(&mut self) -> (u64, impl Iterator<Item = String>) {
        let samples = self.sound.len() as u64;
        self.sound.clear();
        self.queued = self.played;
        (samples, self.marks.drain(..).map(|(_, name)| name))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sound.is_empty()
    }
}

/// Half an hour. Twilio documents no limit; this one is the project's.
const MOST_SAMPLES: usize = 14_400_000;
/// Marks that wait. Twilio documents no limit; this one is the project's.
const MOST_MARKS: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_between_sounds() {
        let (mut playback, mut ear) = (Playback::default(), Vec::new());
        assert!(playback.mark("empty".to_owned()));
        assert_eq!(playback.due_mark().as_deref(), Some("empty"));
        playback.push(&[1; 5]);
        playback.mark("five".to_owned());
        playback.push(&[2; 3]);
        assert_eq!(playback.play(100, &mut ear), 5);
        assert_eq!(playback.play(100, &mut ear), 0);
        assert_eq!(playback.due_mark().as_deref(), Some("five"));
        assert_eq!(playback.play(100, &mut ear), 3);
        assert_eq!(ear, [1, 1, 1, 1, 1, 2, 2, 2]);
    }

    #[test]
    fn clear_returns_all_marks_and_what_was_not_played() {
        let (mut playback, mut ear) = (Playback::default(), Vec::new());
        playback.push(&[1; 100]);
        playback.mark("a".to_owned());
        playback.mark("b".to_owned());
        playback.play(40, &mut ear);
        let (samples, marks) = playback.clear();
        assert_eq!(
            (samples, marks.collect::<Vec<_>>()),
            (60, vec!["a".into(), "b".into()])
        );
        playback.mark("c".to_owned());
        assert_eq!(playback.due_mark().as_deref(), Some("c"));
    }

    #[test]
    fn no_more_than_the_limit_is_kept() {
        let mut playback = Playback::default();
        assert_eq!(playback.push(&vec![0; MOST_SAMPLES]), 0);
        assert_eq!(playback.push(&[0; 7]), 7);
        for _ in 0..MOST_MARKS {
            assert!(playback.mark(String::new()));
        }
        assert!(!playback.mark(String::new()));
    }
}
