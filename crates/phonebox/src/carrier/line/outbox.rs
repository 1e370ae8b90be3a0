//! Messages on their way to the bridge: numbered, written, delayed.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::Duration;

use audio_converter_measure::signal::Random;
use voice_call::Time;
use voice_call::redact::{Pii, PiiText};
use voice_call::twilio::{
    Digit, Dtmf, FromCarrier, Mark, Media, Parameters, Start, Stop, Track, Tracks,
    write_caller_media,
};

use super::Output;
use super::settings::{Counters, FaultKind, LineSettings};

/// What leaves, in order.
#[derive(Clone)]
pub(super) struct Outbox {
    waiting: VecDeque<(Time, Output)>,
    latest: Time,
    random: Random,
    sequence: u64,
    chunk: u64,
    /// The last message with sound.
    last_media: String,
}

impl Outbox {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            waiting: VecDeque::new(),
            latest: Time::ZERO,
            random: Random::new(seed),
            sequence: 0,
            chunk: 0,
            last_media: String::new(),
        }
    }

    /// The next output that has arrived at the end of its way.
    pub(super) fn pop(&mut self, now: Time) -> Option<(Time, Output)> {
        let is_due = self.waiting.front().is_some_and(|(due, _)| *due <= now);
        is_due.then(|| self.waiting.pop_front()).flatten()
    }

    pub(super) fn timeout(&self) -> Option<Time> {
        self.waiting.front().map(|(due, _)| *due)
    }

    /// Nothing more leaves but what has left.
    pub(super) fn forget(&mut self) {
        self.waiting.clear();
    }

    pub(super) fn push(&mut self, now: Time, settings: &LineSettings, output: Output) {
        let due = now + settings.to_bridge + jitter(&mut self.random, settings.jitter);
        self.latest = self.latest.max(due);
        self.waiting.push_back((self.latest, output));
    }

    pub(super) fn connected(&mut self, now: Time, settings: &LineSettings) {
        self.write(now, settings, &FromCarrier::Connected);
    }

    pub(super) fn start(&mut self, now: Time, settings: &LineSettings) {
        let pairs = settings.parameters.iter();
        let pairs = pairs
            .map(|(name, value)| (text(name), text(value)))
            .collect();
        let start = Start {
            sequence: self.number(settings),
            stream_sid: text(&settings.stream_sid),
            account_sid: text(&settings.account_sid),
            call_sid: text(&settings.call_sid),
            tracks: Tracks {
                inbound: true,
                outbound: false,
            },
            parameters: Parameters::new(pairs),
            ..Start::default()
        };
        self.write(now, settings, &FromCarrier::Start(Box::new(start)));
    }

    /// Sound that began so long after the stream.
    pub(super) fn media(
        &mut self,
        now: Time,
        settings: &LineSettings,
        since: Duration,
        sound: &[u8],
    ) {
        self.chunk += 1;
        let media = Media {
            sequence: self.number(settings),
            stream_sid: text(&settings.stream_sid),
            track: Track::Inbound,
            chunk: Some(self.chunk),
            timestamp: Some(since),
            ..Media::default()
        };
        let mut out = String::with_capacity(160 + sound.len() * 4 / 3);
        write_caller_media(&mut out, &media, sound);
        if settings
            .faults
            .iter()
            .any(|fault| fault.kind == FaultKind::Duplicate)
        {
            self.last_media.clone_from(&out);
        }
        self.push_text(now, settings, out);
    }

    /// The last sound once more, as it was.
    pub(super) fn repeat(&mut self, now: Time, settings: &LineSettings) {
        self.push_text(now, settings, self.last_media.clone());
    }

    pub(super) fn dtmf(&mut self, now: Time, settings: &LineSettings, digit: Digit) {
        let dtmf = Dtmf {
            sequence: self.number(settings),
            stream_sid: text(&settings.stream_sid),
            track: Track::Inbound,
            digit: Pii::new(digit),
        };
        self.write(now, settings, &FromCarrier::Dtmf(dtmf));
    }

    pub(super) fn mark(&mut self, now: Time, settings: &LineSettings, name: &str) {
        let mark = Mark {
            sequence: self.number(settings),
            stream_sid: text(&settings.stream_sid),
            name: Cow::Borrowed(name),
        };
        self.write(now, settings, &FromCarrier::Mark(mark));
    }

    pub(super) fn stop(&mut self, now: Time, settings: &LineSettings) {
        let stop = Stop {
            sequence: self.number(settings),
            stream_sid: text(&settings.stream_sid),
            account_sid: text(&settings.account_sid),
            call_sid: text(&settings.call_sid),
        };
        self.write(now, settings, &FromCarrier::Stop(stop));
    }

    pub(super) fn unknown(&mut self, now: Time, settings: &LineSettings) {
        let event = FromCarrier::Unknown(PiiText::borrowed("phonebox-unknown"));
        self.write(now, settings, &event);
    }

    fn write(&mut self, now: Time, settings: &LineSettings, message: &FromCarrier<'_>) {
        let mut out = String::new();
        message.write(&mut out);
        self.push_text(now, settings, out);
    }

    fn push_text(&mut self, now: Time, settings: &LineSettings, mut out: String) {
        if settings.counters == Counters::Numbers {
            for key in ["sequenceNumber", "chunk", "timestamp"] {
                unquote(&mut out, key);
            }
        }
        self.push(now, settings, Output::Text(out));
    }

    fn number(&mut self, settings: &LineSettings) -> Option<u64> {
        self.sequence += 1;
        let number = self.sequence;
        Some(match settings.counters {
            Counters::Texts | Counters::Numbers => number,
            Counters::Repeated => number - (number + 1) % 2,
            // 1 2 3 4 5 … becomes 1 3 2 5 4 …
            Counters::Reordered if number == 1 => 1,
            Counters::Reordered => number ^ 1,
        })
    }
}

/// A random share of the most that a message may take more.
pub(super) fn jitter(random: &mut Random, most: Duration) -> Duration {
    if most.is_zero() {
        return Duration::ZERO;
    }
    most.mul_f64(random.uniform().clamp(0.0, 1.0))
}

fn text(value: &Pii<String>) -> PiiText<'_> {
    PiiText::borrowed(value.expose())
}

/// Turns the text behind the first such key into a number.
fn unquote(out: &mut String, key: &str) {
    let quoted = format!("\"{key}\":\"");
    if let Some(at) = out.find(&quoted) {
        let opening = at + quoted.len() - 1;
        out.remove(opening);
        if let Some(length) = out[opening..].find('"') {
            out.remove(opening + length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_become_numbers() {
        let mut text = r#"{"a":1,"chunk":"27","timestamp":"5"}"#.to_owned();
        unquote(&mut text, "chunk");
        unquote(&mut text, "none");
        assert_eq!(text, r#"{"a":1,"chunk":27,"timestamp":"5"}"#);
    }
}
