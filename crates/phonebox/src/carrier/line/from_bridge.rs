//! What the bridge sends: read, played to the caller, and answered with marks.

use voice_call::Time;
use voice_call::twilio::{ToCarrier, warning_code};

use super::{Line, What};

/// What the bridge wants.
#[derive(Clone)]
pub(super) enum Order {
    Sound(Vec<u8>),
    Mark(String),
    Clear,
    Warning(u16),
}

impl Line {
    pub(super) fn read(&mut self, text: &str) -> Order {
        let message = match ToCarrier::parse(text) {
            Ok(message) => message,
            Err(error) => return Order::Warning(warning_code(&error)),
        };
        if self.settings.is_unidirectional {
            return Order::Warning(PROTOCOL);
        }
        if message.stream_sid().as_str() != self.settings.stream_sid.expose() {
            return Order::Warning(INVALID);
        }
        match message {
            ToCarrier::Clear { .. } => Order::Clear,
            ToCarrier::Mark { name, .. } => Order::Mark(name.into_owned()),
            ToCarrier::Media { payload, .. } => {
                let mut sound = Vec::with_capacity(payload.decoded_len());
                if payload.decode_append(&mut sound).is_err() {
                    return Order::Warning(INVALID);
                }
                // A peer cannot fill the memory with sound that is on its way.
                let room = MOST_ARRIVING.saturating_sub(self.arriving_samples);
                if sound.len() > room {
                    let samples = (sound.len() - room) as u64;
                    self.recording
                        .log
                        .event(self.position, What::Overflow { samples });
                    sound.truncate(room);
                }
                self.arriving_samples += sound.len();
                Order::Sound(sound)
            }
        }
    }

    pub(super) fn arrive(&mut self, at: Time) {
        let Some((_, order)) = self.arriving.pop_front() else {
            return;
        };
        match order {
            Order::Sound(sound) => {
                self.arriving_samples -= sound.len();
                if let Some(tap) = &self.tap {
                    tap.hear(at, &sound);
                }
                self.recording
                    .log
                    .arrival(self.position, sound.len() as u64);
                self.go_on_after_underrun();
                let samples = self.playback.push(&sound);
                if samples > 0 {
                    self.recording
                        .log
                        .event(self.position, What::Overflow { samples });
                }
            }
            Order::Mark(name) => {
                self.recording.log.event(self.position, What::MarkSet);
                if !self.playback.mark(name) {
                    self.recording
                        .log
                        .event(self.position, What::Overflow { samples: 0 });
                }
            }
            Order::Clear => {
                let log = &mut self.recording.log;
                log.event(self.position, What::Clear);
                if let Some(tap) = &self.tap {
                    tap.clear(at);
                }
                let (samples, marks) = self.playback.clear();
                if samples > 0 {
                    log.discard(self.position, samples);
                }
                for name in marks {
                    log.event(self.position, What::MarkReturned { is_cleared: true });
                    self.outbox.mark(at, &self.settings, &name);
                }
                // What stopped was meant to stop.
                self.dry_since = None;
            }
            Order::Warning(code) => self.warn(code),
        }
    }

    pub(super) fn warn(&mut self, code: u16) {
        // Of this one Twilio speaks once in a stream.
        if code == MALFORMED && std::mem::replace(&mut self.has_complained_of_json, true) {
            return;
        }
        self.recording
            .log
            .event(self.position, What::Warning { code });
    }

    pub(super) fn return_mark(&mut self, at: Time) {
        while let Some(name) = self.playback.due_mark() {
            let returned = What::MarkReturned { is_cleared: false };
            self.recording.log.event(self.position, returned);
            self.outbox.mark(at, &self.settings, &name);
        }
    }

    pub(super) fn play_until(&mut self, position: u64) {
        while self.position < position {
            let most = position - self.position;
            self.scratch.clear();
            let played = self.playback.play(most, &mut self.scratch);
            self.recording.log.samples_played += played;
            self.heard();
            self.position += played;
            if played > 0 && self.playback.is_empty() && self.ear.is_in_speech() {
                self.dry_since = Some(self.position);
            }
            if played == 0 {
                self.scratch.resize(most as usize, 0xFF);
                self.heard();
                self.position = position;
            }
        }
    }

    /// The caller's ear heard what is in `scratch`.
    fn heard(&mut self) {
        self.ear.hear(&self.scratch);
        if self.keeps_sound {
            self.recording.heard.extend(&self.scratch);
        }
    }

    fn go_on_after_underrun(&mut self) {
        let Some(since) = self.dry_since.take() else {
            return;
        };
        let silence = self.position - since;
        if (1..=LONGEST_UNDERRUN).contains(&silence) {
            self.recording.log.underrun(since, silence);
        }
    }
}

/// Not JSON; the wrong shape; a message where there must be none.
const MALFORMED: u16 = 31_950;
const INVALID: u16 = 31_951;
const PROTOCOL: u16 = 31_924;
/// Half an hour of sound that is on its way.
const MOST_ARRIVING: usize = 14_400_000;
/// Silence of up to half a second between sounds is a gap in speech; a longer one is a pause.
const LONGEST_UNDERRUN: u64 = 4_000;
