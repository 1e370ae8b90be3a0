//! What the bridge is sent: what the caller says and does, and what goes wrong.

use std::time::Duration;

use voice_call::Time;

use super::mouth::Move;
use super::{Ending, FaultKind, Line, Output, Silence, State, What};

impl Line {
    /// Sends the frame that has just been said, and begins the next.
    pub(super) fn send_frame(&mut self, at: Time, now: Time) {
        if let Some(tap) = &self.tap {
            tap.say(at, now, &mut self.frame);
            self.is_frame_silent = false;
            if self.keeps_sound {
                let begins = self.recording.said.len() - self.frame.len();
                self.recording.said[begins..].copy_from_slice(&self.frame);
            }
        }
        if !(self.is_frame_silent && self.settings.silence == Silence::Nothing) {
            self.recording.log.samples_sent += self.frame.len() as u64;
            self.outbox
                .media(at, &self.settings, since(self.frame_start), &self.frame);
        }
        self.frame_start += self.frame.len() as u64;
        self.begin_frame(at);
    }

    /// Lets the caller act, and say the next frame.
    pub(super) fn begin_frame(&mut self, at: Time) {
        while let Some(act) = self.mouth.act(self.position, &self.ear) {
            match act {
                Move::Begin(number) => {
                    self.recording
                        .log
                        .event(self.position, What::Cue { number });
                }
                Move::Press(digit) => {
                    self.recording.log.event(self.position, What::Key);
                    if !self.settings.is_unidirectional {
                        self.outbox.dtmf(at, &self.settings, digit);
                    }
                }
                Move::HangUp => {
                    self.hang_up_at(at);
                    return;
                }
            }
        }
        self.frame.clear();
        self.is_frame_silent = self.mouth.speak(self.settings.frame, &mut self.frame);
        if self.keeps_sound {
            self.recording.said.extend(&self.frame);
        }
    }

    pub(super) fn go_wrong(&mut self, at: Time) {
        let Some(fault) = self.faults.pop_front() else {
            return;
        };
        self.recording.log.event(self.position, What::Fault);
        let (outbox, settings) = (&mut self.outbox, &self.settings);
        match fault.kind {
            FaultKind::UnknownEvent => outbox.unknown(at, settings),
            FaultKind::SecondStart => outbox.start(at, settings),
            FaultKind::Malformed => {
                outbox.push(
                    at,
                    settings,
                    Output::Text("{\"event\":\"media\",".to_owned()),
                );
            }
            FaultKind::Binary => outbox.push(at, settings, Output::Binary(vec![0xFF; 160])),
            FaultKind::Huge => {
                outbox.media(at, settings, since(self.frame_start), &vec![0xFF; 800_000]);
            }
            FaultKind::Duplicate => outbox.repeat(at, settings),
            FaultKind::Close => {
                outbox.push(at, settings, Output::Close);
                self.state = State::Ending;
            }
            FaultKind::Cut => {
                outbox.push(at, settings, Output::Cut);
                self.state = State::Ending;
            }
            FaultKind::HalfOpen => self.state = State::HalfOpen,
        }
    }

    pub(super) fn hang_up_at(&mut self, at: Time) {
        let (outbox, settings) = (&mut self.outbox, &self.settings);
        match self.state {
            State::Ending | State::Closed => {}
            // The limit: somebody must end it.
            State::HalfOpen => {
                outbox.push(at, settings, Output::Cut);
                self.end(What::HungUp, State::Ending);
            }
            State::Open => {
                let state = match settings.ending {
                    Ending::HalfOpen => State::HalfOpen,
                    Ending::Stop | Ending::Close | Ending::Cut | Ending::StopOnly => State::Ending,
                };
                if matches!(settings.ending, Ending::Stop | Ending::StopOnly) {
                    outbox.stop(at, settings);
                }
                match settings.ending {
                    Ending::Stop | Ending::Close => outbox.push(at, settings, Output::Close),
                    Ending::Cut => outbox.push(at, settings, Output::Cut),
                    Ending::StopOnly | Ending::HalfOpen => {}
                }
                self.end(What::HungUp, state);
            }
        }
    }
}

/// How long after the beginning a position is, by the carrier's clock.
fn since(position: u64) -> Duration {
    Duration::from_nanos(position.saturating_mul(125_000))
}
