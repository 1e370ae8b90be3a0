//! The caller's voice as the model's own: from 16 to 24 kHz.

use std::sync::Arc;

use audio_converter::{Converter, Encoding, Format};
use voice_call::gemini::{INPUT_RATE, OUTPUT_RATE};

use crate::voice::pcm_bytes;

/// Turns a growing turn of the caller into sound of the model.
#[derive(Debug)]
pub(super) struct Echo {
    converter: Converter,
    /// How many samples of the turn are done.
    taken: usize,
}

impl Echo {
    pub(super) fn new() -> Self {
        let format = |rate| Format::new(Encoding::Pcm16, rate);
        let converter =
            format(INPUT_RATE).and_then(|from| Converter::new(from, format(OUTPUT_RATE)?));
        Self {
            converter: converter.expect("16 to 24 kHz has a filter"),
            taken: 0,
        }
    }

    /// What is new in the turn.
    pub(super) fn more(&mut self, turn: &[i16]) -> Vec<u8> {
        let fresh = turn.get(self.taken..).unwrap_or_default();
        self.taken = turn.len();
        self.converter.process(&pcm_bytes(fresh))
    }

    /// What is new in the turn, which is over.
    pub(super) fn rest(mut self, turn: &[i16]) -> Vec<u8> {
        let mut sound = self.more(turn);
        self.converter.finish_append(&mut sound);
        sound
    }

    /// A whole turn.
    pub(super) fn whole(turn: &[i16]) -> Arc<[u8]> {
        Self::new().rest(turn).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_pieces_as_in_one() {
        let turn: Vec<i16> = (0..4_000).map(|it| it * 7 % 5_000).collect();
        let mut echo = Echo::new();
        let mut sound = echo.more(&turn[..1_001]);
        sound.extend(echo.more(&turn[..2_500]));
        sound.extend(echo.rest(&turn));
        assert_eq!(sound, *Echo::whole(&turn));
        assert_eq!(sound.len(), 2 * 6_000);
    }
}
