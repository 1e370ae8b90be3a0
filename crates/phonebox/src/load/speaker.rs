//! The model's end of a call: when it sends what.

use std::sync::Arc;

use voice_call::Time;
use voice_call::gemini::{OUTPUT_RATE, ServerContent, ServerMessage, write_server_audio};

use super::call::Call;
use super::rhythm::{Exchange, Rhythm, Talk, playing};

/// What the model of one call says. It is asked when it is due, and appends one message each time.
pub(super) struct Speaker {
    call: Arc<Call>,
    rhythm: Rhythm,
    exchange: Exchange,
    burst: f64,
    chunk: u64,
    stage: Stage,
    /// In samples at 24 kHz.
    sent: u64,
    pcm: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Silent,
    /// Sound is sent.
    Speaking,
    /// All sound is sent.
    Spoken,
    /// And that was told.
    Playing,
    /// No exchange follows.
    Over,
}

impl Speaker {
    pub(super) fn new(call: Arc<Call>, mut rhythm: Rhythm, talk: &Talk) -> Self {
        Self {
            call,
            exchange: rhythm.exchange(),
            rhythm,
            burst: talk.burst,
            chunk: talk.chunk as u64,
            stage: Stage::Silent,
            sent: 0,
            pcm: Vec::new(),
        }
    }

    /// Whose call it is.
    pub(super) const fn call(&self) -> &Arc<Call> {
        &self.call
    }

    /// When it has something to do.
    pub(super) fn due(&self) -> Option<Time> {
        let begins = self.exchange.model.begins;
        let due = match self.stage {
            Stage::Silent => return Some(begins),
            Stage::Speaking => begins + playing(self.sent / 3).div_f64(self.burst),
            Stage::Spoken => begins,
            Stage::Playing => self.exchange.model.end(),
            Stage::Over => return None,
        };
        Some(self.exchange.interrupted.map_or(due, |at| at.min(due)))
    }

    /// Does what is due, and appends a message if there is one to be sent; whether something was due.
    pub(super) fn act(&mut self, now: Time, out: &mut String) -> bool {
        let Some(due) = self.due().filter(|due| *due <= now) else {
            return false;
        };
        let is_interrupted = self.exchange.interrupted.is_some_and(|at| at <= now);
        if is_interrupted && self.stage != Stage::Silent {
            self.call.model_is_interrupted(now);
            self.go_on();
            tell(out, |content| {
                (content.interrupted, content.turn_complete) = (true, true);
            });
            return true;
        }
        match self.stage {
            Stage::Silent
                if self
                    .call
                    .board()
                    .end()
                    .is_there(self.exchange.caller.begins) =>
            {
                self.stage = Stage::Over;
            }
            Stage::Silent => {
                self.call.model_begins(now, self.exchange.model.position);
                self.stage = Stage::Speaking;
            }
            Stage::Speaking => self.say(due, now, out),
            Stage::Spoken => {
                self.stage = Stage::Playing;
                tell(out, |content| content.generation_complete = true);
            }
            Stage::Playing => {
                self.go_on();
                tell(out, |content| content.turn_complete = true);
            }
            Stage::Over => {}
        }
        true
    }

    fn say(&mut self, due: Time, now: Time, out: &mut String) {
        let samples = self.chunk.min(3 * self.exchange.model.samples - self.sent);
        self.pcm.clear();
        self.call
            .model_says(due, now, samples as usize, &mut self.pcm);
        out.reserve(self.pcm.len() * 4 / 3 + 160);
        write_server_audio(out, OUTPUT_RATE, &self.pcm);
        self.sent += samples;
        if self.sent == 3 * self.exchange.model.samples {
            self.stage = Stage::Spoken;
        }
    }

    fn go_on(&mut self) {
        self.exchange = self.rhythm.exchange();
        (self.stage, self.sent) = (Stage::Silent, 0);
    }
}

fn tell(out: &mut String, set: impl FnOnce(&mut ServerContent<'_>)) {
    let mut content = ServerContent::default();
    set(&mut content);
    let message = ServerMessage {
        server_content: Some(content),
        ..ServerMessage::default()
    };
    message.write(out);
}
