//! A turn of the model while it is being said.

use std::sync::Arc;

use voice_call::Time;

use super::lines::Line;
use super::pace::{Pace, playing_time};
use super::script::Call;

/// A turn of the model.
#[derive(Debug)]
pub(super) struct Turn {
    /// From 0, in its connection.
    pub(super) index: usize,
    /// Which line of the script.
    pub(super) line: Option<usize>,
    pub(super) calls: Vec<Call>,
    pub(super) one_message: bool,
    pub(super) stage: Stage,
    /// Whether anything of it was sent.
    pub(super) has_begun: bool,
    sound: Vec<Arc<[u8]>>,
    length: usize,
    sent: usize,
    is_growing: bool,
    words: Vec<String>,
    words_sent: usize,
    first_at: Time,
}

/// How far a turn is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Sound is being sent.
    Speaking,
    /// All calls that block must be answered first.
    Waiting,
    /// Everything is sent, and the caller hears it until then.
    Finishing { at: Time },
}

impl Turn {
    /// A turn with its first sound at an instant.
    pub(super) fn new(index: usize, first_at: Time, sound: Vec<Arc<[u8]>>, text: &str) -> Self {
        Self {
            index,
            line: None,
            calls: Vec::new(),
            one_message: false,
            stage: Stage::Speaking,
            has_begun: false,
            length: sound.iter().map(|piece| piece.len()).sum(),
            sound,
            sent: 0,
            is_growing: false,
            words: text.split_inclusive(' ').map(str::to_owned).collect(),
            words_sent: 0,
            first_at,
        }
    }

    /// A turn of the script.
    pub(super) fn of_line(index: usize, first_at: Time, line: &Line) -> Self {
        Self {
            calls: line.turn.calls.clone(),
            one_message: line.turn.one_message,
            ..Self::new(index, first_at, line.sound.clone(), &line.text)
        }
    }

    /// A turn whose sound comes while it is said; see [`Turn::grow`].
    pub(super) fn growing(index: usize, first_at: Time) -> Self {
        Self {
            is_growing: true,
            ..Self::new(index, first_at, Vec::new(), "")
        }
    }

    /// More sound; the last if `is_last`.
    pub(super) fn grow(&mut self, sound: &[u8], is_last: bool) -> Option<Arc<[u8]>> {
        self.is_growing = !is_last;
        let piece: Arc<[u8]> = (!sound.is_empty()).then(|| sound.into())?;
        self.length += piece.len();
        self.sound.push(Arc::clone(&piece));
        Some(piece)
    }

    pub(super) const fn is_growing(&self) -> bool {
        self.is_growing
    }

    /// A turn without sound, whose words are all there is.
    pub(super) fn mute(&mut self) {
        self.sound.clear();
        self.length = 0;
    }

    /// When something is to be done for it.
    pub(super) fn due(&self, pace: &Pace) -> Option<Time> {
        match self.stage {
            Stage::Waiting => None,
            Stage::Finishing { at } => Some(at),
            Stage::Speaking if self.is_growing => {
                (self.sent < self.length).then_some(self.first_at)
            }
            // Nothing more to send: go on at once, that is when the last piece was sent.
            Stage::Speaking if self.sent >= self.length => Some(self.first_at),
            Stage::Speaking => Some(self.first_at + pace.delay(self.sent)),
        }
    }

    /// The next piece: where it begins, and its bytes.
    pub(super) fn take(&mut self, size: usize) -> Option<(usize, Vec<u8>)> {
        let (offset, end) = (self.sent, self.length.min(self.sent + size));
        if offset == end {
            return None;
        }
        let (mut piece, mut start) = (Vec::with_capacity(end - offset), 0);
        for sound in &self.sound {
            let from = offset.clamp(start, start + sound.len());
            let to = end.clamp(start, start + sound.len());
            piece.extend_from_slice(&sound[from - start..to - start]);
            start += sound.len();
        }
        self.sent = end;
        Some((offset, piece))
    }

    /// The words that belong to what has been sent and were not sent yet, and whether they are the last.
    pub(super) fn words(&mut self) -> Option<(String, bool)> {
        let count = self.words.len();
        let until = if self.length == 0 {
            count
        } else {
            (count * self.sent).div_ceil(self.length)
        };
        let from = self.words_sent;
        self.words_sent = until.max(from);
        let words = self.words.get(from..until)?.concat();
        (!words.is_empty()).then_some((words, until == count))
    }

    /// The words that were sent so far.
    pub(super) fn said(&self) -> String {
        self.words[..self.words_sent].concat()
    }

    pub(super) fn text(&self) -> String {
        self.words.concat()
    }

    pub(super) fn sound(&self) -> &[Arc<[u8]>] {
        &self.sound
    }

    /// Bytes that are not sent yet.
    pub(super) const fn left(&self) -> usize {
        self.length - self.sent
    }

    /// Whether at least half of it was sent.
    pub(super) const fn is_half_sent(&self) -> bool {
        self.sent * 2 >= self.length
    }

    /// When the caller will have heard everything.
    pub(super) fn heard_at(&self, now: Time) -> Time {
        now.max(self.first_at + playing_time(self.length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cross_the_seams_and_words_keep_up() {
        let sound = [vec![1; 5], vec![2; 3], vec![3; 4]].map(Arc::from).to_vec();
        let mut turn = Turn::new(0, Time::ZERO, sound, "one two three four");
        assert_eq!(turn.take(7), Some((0, vec![1, 1, 1, 1, 1, 2, 2])));
        assert_eq!(turn.words(), Some(("one two three ".to_owned(), false)));
        assert!(turn.is_half_sent());
        assert_eq!(turn.words(), None);
        assert_eq!(turn.take(7), Some((7, vec![2, 3, 3, 3, 3])));
        assert_eq!(turn.words(), Some(("four".to_owned(), true)));
        assert_eq!(
            (turn.take(7), turn.left(), turn.said()),
            (None, 0, turn.text())
        );
    }
}
