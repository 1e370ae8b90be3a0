//! The model's ear: sound of any rate to the caller's turns.

use std::collections::VecDeque;

use audio_converter::{Converter, Encoding, Format};
use voice_call::gemini::INPUT_RATE;

use super::detector::{Detector, Edge};
use crate::voice::samples_of;

/// Hears the caller, and finds the turns.
#[derive(Debug)]
pub(super) struct Hearing {
    /// None when the client says where speech begins and ends.
    detector: Option<Detector>,
    /// From the rate that came last to 16 kHz.
    converter: Option<(u32, Converter)>,
    /// What came before speech was found.
    before: VecDeque<i16>,
    /// The caller's turn so far, at 16 kHz.
    turn: Vec<i16>,
    is_speaking: bool,
    /// Samples heard at 16 kHz.
    heard: u64,
}

/// What was heard.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The caller begins to speak.
    Start,
    /// The caller has spoken: the sound at 16 kHz.
    End(Vec<i16>),
}

/// There is no way from that rate to 16 kHz.
#[derive(Debug)]
pub(super) struct RateError;

impl Hearing {
    pub(super) const fn new(detector: Option<Detector>) -> Self {
        Self {
            detector,
            converter: None,
            before: VecDeque::new(),
            turn: Vec::new(),
            is_speaking: false,
            heard: 0,
        }
    }

    /// Whether the caller is speaking.
    pub(super) const fn is_speaking(&self) -> bool {
        self.is_speaking
    }

    /// Whether the client says where speech begins and ends.
    pub(super) const fn is_manual(&self) -> bool {
        self.detector.is_none()
    }

    /// The caller's turn so far.
    pub(super) fn turn(&self) -> &[i16] {
        &self.turn
    }

    /// Samples heard at 16 kHz.
    pub(super) const fn heard(&self) -> u64 {
        self.heard
    }

    /// Hears 16-bit sound, cut anywhere. Returns it at 16 kHz.
    pub(super) fn hear(
        &mut self,
        rate: u32,
        pcm: &[u8],
        found: &mut Vec<Heard>,
    ) -> Result<Vec<i16>, RateError> {
        if self
            .converter
            .as_ref()
            .is_none_or(|(before, _)| *before != rate)
        {
            let format = |rate| Format::new(Encoding::Pcm16, rate);
            let converter = format(rate).and_then(|from| Converter::new(from, format(INPUT_RATE)?));
            self.converter = Some((rate, converter.map_err(|_| RateError)?));
        }
        let Some((_, converter)) = &mut self.converter else {
            return Err(RateError);
        };
        let samples = samples_of(&converter.process(pcm));
        self.heard += samples.len() as u64;
        for &sample in &samples {
            self.push(sample, found);
        }
        Ok(samples)
    }

    /// The client says that the caller begins to speak.
    pub(super) fn start(&mut self, found: &mut Vec<Heard>) {
        if !self.is_speaking {
            self.is_speaking = true;
            self.turn.extend(self.before.drain(..));
            found.push(Heard::Start);
        }
    }

    /// The caller has spoken, as the client says, or as no more sound comes.
    pub(super) fn end(&mut self, found: &mut Vec<Heard>) {
        if let Some(detector) = &mut self.detector {
            detector.reset();
        }
        if self.is_speaking {
            self.is_speaking = false;
            found.push(Heard::End(std::mem::take(&mut self.turn)));
        }
    }

    fn push(&mut self, sample: i16, found: &mut Vec<Heard>) {
        if self.is_speaking {
            self.turn.push(sample);
        } else if self.detector.is_some() {
            if self.before.len() == BEFORE {
                self.before.pop_front();
            }
            self.before.push_back(sample);
        }
        match self
            .detector
            .as_mut()
            .and_then(|detector| detector.push(sample))
        {
            Some(Edge::Start) => self.start(found),
            Some(Edge::End) => self.end(found),
            None if self.turn.len() >= LONGEST_TURN => self.end(found),
            None => {}
        }
    }
}

/// 300 ms before speech was found belong to it.
const BEFORE: usize = INPUT_RATE as usize * 3 / 10;

/// A caller who speaks for a minute has spoken.
const LONGEST_TURN: usize = INPUT_RATE as usize * 60;

#[cfg(test)]
mod tests {
    use voice_call::gemini::{AutomaticDetection, Service};

    use super::*;
    use crate::voice::{caller_phrases, pcm_bytes};

    fn hearing() -> Hearing {
        Hearing::new(Some(Detector::new(
            &AutomaticDetection::default(),
            Service::Developer,
        )))
    }

    #[test]
    fn a_phrase_at_8_khz_in_odd_pieces_becomes_a_turn_at_16_khz() {
        let phrase = caller_phrases().remove(1).samples;
        let mut hearing = hearing();
        let mut found = Vec::new();
        let mut pcm = pcm_bytes(&phrase);
        pcm.extend([0; 16_000]);
        for piece in pcm.chunks(333) {
            hearing.hear(8_000, piece, &mut found).expect("a rate");
        }
        let [Heard::Start, Heard::End(turn)] = &found[..] else {
            panic!("{found:?}")
        };
        // With the pause before, and the half second that made the end.
        let seconds = turn.len() as f64 / 16_000.0 - phrase.len() as f64 / 8_000.0;
        assert!((0.2..0.8).contains(&seconds), "{seconds}");
        assert_eq!(hearing.heard(), pcm.len() as u64 - 31);
    }

    #[test]
    fn a_turn_has_a_longest_length() {
        let mut hearing = hearing();
        let mut found = Vec::new();
        let loud = pcm_bytes(&vec![3_000; 16_000 * 61]);
        hearing.hear(16_000, &loud, &mut found).expect("a rate");
        assert!(
            matches!(&found[1], Heard::End(turn) if turn.len() == LONGEST_TURN),
            "{}",
            found.len()
        );
        assert!(hearing.hear(0, &[], &mut found).is_err());
    }
}
