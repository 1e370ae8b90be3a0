//! The caller's mouth and fingers: follows the cues, frame by frame.

use std::sync::Arc;

use audio_converter::g711::{decode_mulaw, encode_mulaw};
use audio_converter_measure::signal::Random;
use voice_call::twilio::Digit;

use super::super::clock::samples;
use super::super::ear::Ear;
use super::super::script::{Act, Caller, When};
use super::settings::Silence;

/// Where the caller is in the script.
#[derive(Clone)]
pub(super) struct Mouth {
    caller: Caller,
    /// The cue that is awaited, or done right now.
    next: usize,
    doing: Option<Doing>,
    /// When the cue before began, and until when it takes.
    began: u64,
    until: u64,
    silence: Silence,
    random: Random,
}

#[derive(Clone)]
enum Doing {
    Saying { sound: Arc<[u8]>, at: usize },
    Pressing { number: usize, since: u64 },
}

/// What the caller does in a frame besides making sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// Begins a cue.
    Begin(usize),
    /// Presses a key.
    Press(Digit),
    /// Hangs up.
    HangUp,
}

impl Mouth {
    pub(super) fn new(caller: Caller, silence: Silence, seed: u64) -> Self {
        Self {
            caller,
            next: 0,
            doing: None,
            began: 0,
            until: 0,
            silence,
            random: Random::new(seed),
        }
    }

    /// What the caller does at a position, given what the ear heard until then; ask until `None`.
    pub(super) fn act(&mut self, now: u64, ear: &Ear) -> Option<Move> {
        match &mut self.doing {
            Some(Doing::Saying { .. }) => None,
            Some(Doing::Pressing { number, since }) => {
                let Act::Press(digits) = &self.caller.cues[self.next].act else {
                    unreachable!("only a cue of keys is pressed");
                };
                if now < *since + *number as u64 * KEY {
                    return None;
                }
                let digit = digits.expose().get(*number).copied();
                *number += 1;
                if digit.is_none() {
                    self.done();
                    return self.act(now, ear);
                }
                digit.map(Move::Press)
            }
            None => self.begin(now, ear),
        }
    }

    /// Makes the sound of a frame; whether the caller is silent in all of it.
    pub(super) fn speak(&mut self, length: usize, frame: &mut Vec<u8>) -> bool {
        let start = frame.len();
        let mut is_silent = true;
        if let Some(Doing::Saying { sound, at }) = &mut self.doing {
            let end = sound.len().min(*at + length);
            frame.extend(&sound[*at..end]);
            is_silent = *at == end;
            *at = end;
            if end == sound.len() {
                self.done();
            }
        }
        frame.resize(start + length, 0xFF);
        if let Silence::Noise { dbov } = self.silence {
            let rms = 32_768.0 * 10_f64.powf(dbov.clamp(-90.0, 0.0) / 20.0);
            for code in &mut frame[start..] {
                let noise = rms * self.random.gaussian();
                *code = encode_mulaw((f64::from(decode_mulaw(*code)) + noise) as i16);
            }
            is_silent = false;
        }
        is_silent
    }

    fn begin(&mut self, now: u64, ear: &Ear) -> Option<Move> {
        let cue = self.caller.cues.get(self.next)?;
        let is_due = match cue.when {
            When::At(at) => now >= samples(at),
            When::AfterAgent(pause) => ear
                .last()
                .is_some_and(|last| self.is_answered(last, ear) && now >= last + samples(pause)),
            When::BargeIn(spoken) => {
                ear.is_in_speech()
                    && ear
                        .began()
                        .is_some_and(|began| now >= began + samples(spoken))
            }
        };
        if !is_due {
            return None;
        }
        (self.began, self.until) = (now, now);
        if let Act::Say(sound) = &cue.act {
            self.until += sound.len() as u64;
        }
        self.doing = match &cue.act {
            Act::Say(sound) => Some(Doing::Saying {
                sound: Arc::clone(sound),
                at: 0,
            }),
            Act::Press(_) => Some(Doing::Pressing {
                number: 0,
                since: now,
            }),
            Act::HangUp => {
                self.done();
                return Some(Move::HangUp);
            }
        };
        Some(Move::Begin(self.next))
    }

    /// Whether the agent has spoken since the cue before: what it was saying when it was interrupted does not count.
    fn is_answered(&self, last: u64, ear: &Ear) -> bool {
        last > self.until || ear.began().is_some_and(|began| began > self.began)
    }

    fn done(&mut self) {
        self.doing = None;
        self.next += 1;
    }
}

/// From key to key, in samples: 200 ms.
const KEY: u64 = 1_600;
