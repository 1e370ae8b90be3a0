//! The carrier's side of a call.

use std::time::Duration;

use super::{Call, Carrier, End, Event, Fault, Greeting, Peer, Prompt, Recorder};
use crate::Time;
use crate::level::Leveller;
use crate::line::{RATE, duration};
use crate::playout::Send;
use crate::redact::Pii;
use crate::twilio::{self, Digit, FromCarrier, Media, Start, Track};
use crate::uplink::Uplink;

impl Call {
    pub(super) fn carrier_connected(&mut self, now: Time) {
        // A new stream while the old one is not known to be lost takes its place.
        if self.is_answered() {
            self.carrier_lost(now);
        }
        self.carrier = Carrier::Connected(now);
    }

    pub(super) fn carrier_lost(&mut self, now: Time) {
        let was_streaming = self.is_answered();
        self.carrier = Carrier::Away(now);
        if was_streaming {
            // Nobody hears the rest; the model says it again when the line is back.
            let (_, dropped) = self.cut(now, "The line was cut");
            self.owes_after_loss |= !dropped.is_zero();
            self.event(Event::CarrierLost);
        }
    }

    pub(super) fn carrier_said(&mut self, now: Time, bytes: &[u8]) {
        let message = match FromCarrier::parse_bytes(bytes) {
            Ok(message) => message,
            Err(error) => return self.ignore(Peer::Carrier, Fault::Message(error)),
        };
        match message {
            FromCarrier::Connected => {}
            FromCarrier::Start(start) => self.started(now, &start),
            FromCarrier::Unknown(_) => self.ignore(Peer::Carrier, Fault::Unknown),
            FromCarrier::Media(media) => {
                if self.is_of_stream(media.stream_sid.as_str()) {
                    self.heard_caller(now, &media);
                }
            }
            FromCarrier::Dtmf(pressed) => {
                if self.is_of_stream(pressed.stream_sid.as_str()) {
                    self.pressed(now, pressed.digit);
                }
            }
            FromCarrier::Mark(mark) => {
                if self.is_of_stream(mark.stream_sid.as_str()) {
                    match position(&mark.name) {
                        Some((generation, position)) => {
                            self.downlink.returned(now, generation, position);
                        }
                        None => self.ignore(Peer::Carrier, Fault::Unknown),
                    }
                }
            }
            FromCarrier::Stop(stop) => {
                if self.is_of_stream(stop.stream_sid.as_str()) {
                    self.finish(now, End::CallerHungUp);
                }
            }
        }
    }

    /// Leaves the next message for the carrier in `text`, if there is one.
    pub(super) fn next_sound_for_carrier(&mut self, now: Time) -> bool {
        let Carrier::Streaming(stream_sid) = &self.carrier else {
            return false;
        };
        let Some(send) = self.downlink.poll(now) else {
            return false;
        };
        self.text.clear();
        match send {
            Send::Sound(codes) => {
                twilio::write_media(&mut self.text, stream_sid, codes);
                if let Some(recorder) = &mut self.recorder {
                    recorder.agent(now, codes);
                }
                if std::mem::take(&mut self.is_reply_awaited)
                    && let Some(last) = self.loudness.last()
                {
                    let after = now - last;
                    self.event(Event::Replied { after });
                }
            }
            Send::Mark {
                generation,
                position,
            } => twilio::write_mark(&mut self.text, stream_sid, &mark(generation, position)),
            Send::Clear => {
                twilio::write_clear(&mut self.text, stream_sid);
                if let Some(recorder) = &mut self.recorder {
                    recorder.clear(now);
                }
            }
        }
        true
    }

    /// Drops all that the caller has not heard. Answers how much of the agent's turns they heard, and how much not.
    pub(super) fn cut(&mut self, now: Time, why: &str) -> (Duration, Duration) {
        let before = self.downlink.heard(now);
        let after = self.downlink.barge_in(now);
        let mut heard_of_turns = Duration::ZERO;
        let position = before.heard + before.dropped;
        for utterance in self.turns.cut(now, position, before.queued) {
            let (heard, unheard) = (utterance.heard, utterance.unheard);
            heard_of_turns += heard;
            let words = utterance.text.expose().clone();
            self.event(Event::Said(utterance));
            if self.settings.tells_heard && !unheard.is_zero() {
                let text = format!(
                    "({why} after {:.1} s, and the caller heard only: \u{201c}{words}\u{201d})",
                    heard.as_secs_f64()
                );
                self.inform(Prompt::Heard, &text);
            }
        }
        (heard_of_turns, duration(after.dropped - before.dropped))
    }

    fn started(&mut self, now: Time, start: &Start<'_>) {
        match self.carrier {
            Carrier::Away(_) => return self.ignore(Peer::Carrier, Fault::TooEarly),
            Carrier::Streaming(_) => return self.ignore(Peer::Carrier, Fault::SecondStart),
            Carrier::Connected(_) => {}
        }
        let format = &start.format;
        if format.encoding != "audio/x-mulaw" || format.rate != RATE || format.channels != 1 {
            self.ignore(Peer::Carrier, Fault::OtherFormat);
            return self.finish(now, End::Stopped);
        }
        self.carrier = Carrier::Streaming(start.stream_sid.as_str().to_owned());
        let is_again = self.answered_at.is_some();
        self.answered_at.get_or_insert(now);
        self.patience.busy_until(now);
        if !is_again {
            let leveller = Leveller::with_settings(RATE, self.settings.caller_level);
            let mut uplink = Uplink::new(self.settings.uplink, leveller, now);
            if self.session.is_live() {
                uplink.model_is_there(now);
            }
            self.uplink = Some(uplink);
            self.recorder = self.settings.records.then(|| Recorder::new(now));
        }
        self.event(Event::Answered { is_again });
        self.greet(now);
        if std::mem::take(&mut self.owes_after_loss) {
            self.ask_to_go_on(now);
        }
    }

    /// Whether a message belongs to the stream that is there. A missing id is taken for it.
    fn is_of_stream(&mut self, stream_sid: &str) -> bool {
        let fault = match &self.carrier {
            Carrier::Streaming(ours) if stream_sid.is_empty() || ours == stream_sid => return true,
            Carrier::Streaming(_) => Fault::OtherStream,
            Carrier::Away(_) | Carrier::Connected(_) => Fault::TooEarly,
        };
        self.ignore(Peer::Carrier, fault);
        false
    }

    fn heard_caller(&mut self, now: Time, media: &Media<'_>) {
        if media.track != Track::Inbound {
            return;
        }
        self.sound.clear();
        if media.payload.decode_append(&mut self.sound).is_err() {
            return self.ignore(Peer::Carrier, Fault::NotBase64);
        }
        self.loudness.hear(now, &self.sound);
        if let Some(recorder) = &mut self.recorder {
            recorder.caller(now, &self.sound);
        }
        if self.settings.half_duplex && self.downlink.heard(now).unheard > 0 {
            self.sound.fill(SILENCE);
        }
        if let Some(uplink) = &mut self.uplink {
            uplink.hear(now, &self.sound);
        }
    }

    fn pressed(&mut self, now: Time, digit: Pii<Digit>) {
        self.patience.caller_spoke(now);
        let key = digit.expose().as_char();
        self.event(Event::Pressed(digit));
        if !self.settings.tells_keys {
            return;
        }
        let (keys, at) = self.keys.get_or_insert_with(|| (String::new(), now));
        if keys.len() < MOST_KEYS {
            keys.push(key);
        }
        // A number is told as a whole.
        *at = if key == '#' { now } else { now + KEY_PAUSE };
    }

    /// Tells the model the keys when no more come.
    pub(super) fn tell_keys(&mut self, now: Time) {
        if !self.session.is_live() {
            return;
        }
        if let Some((keys, _)) = self.keys.take_if(|(_, at)| now >= *at) {
            self.ask(
                now,
                Prompt::Key,
                &format!("(The caller pressed the keys {keys})"),
            );
        }
    }

    /// Has the agent speak first, once both sides are there. Answers whether it was asked to.
    pub(super) fn greet(&mut self, now: Time) -> bool {
        if self.greeting != Greeting::Due || !self.is_answered() || !self.session.is_live() {
            return false;
        }
        self.greeting = Greeting::Asked;
        if let Some(greeting) = self.settings.greeting.clone() {
            self.ask(now, Prompt::Greeting, &greeting);
        }
        true
    }
}

/// A mark's name.
fn mark(generation: u32, position: u64) -> String {
    format!("{generation}:{position}")
}

/// What a mark's name says.
fn position(name: &str) -> Option<(u32, u64)> {
    let (generation, position) = name.split_once(':')?;
    Some((generation.parse().ok()?, position.parse().ok()?))
}

/// µ-law for nothing.
const SILENCE: u8 = 0xFF;
/// How long no key comes before the model is told.
const KEY_PAUSE: Duration = Duration::from_millis(1_500);
/// The most keys told at once.
const MOST_KEYS: usize = 64;
