//! Whether the caller makes a noise: no more than is needed to time answers and interruptions.

use std::time::Duration;

use audio_converter::g711;

use crate::Time;

/// When the caller was loud: a frame's mean magnitude above −40 dBov, which a voice on the phone passes (−26 dBov, ITU-T P.56 in
/// our test recordings) and a quiet room does not. It decides nothing but figures and good moments.
#[derive(Debug, Default)]
pub(super) struct Loudness {
    /// From the first loud frame to the last, pauses between words included.
    stretch: Option<(Time, Time)>,
}

impl Loudness {
    /// The caller's sound until now, µ-law.
    pub(super) fn hear(&mut self, now: Time, codes: &[u8]) {
        let sum: u64 = codes
            .iter()
            .map(|&code| u64::from(g711::decode_mulaw(code).unsigned_abs()))
            .sum();
        if codes.is_empty() || sum < LOUD * codes.len() as u64 {
            return;
        }
        let begin = match self.stretch {
            Some((begin, last)) if now - last <= PAUSE => begin,
            _ => now,
        };
        self.stretch = Some((begin, now));
    }

    /// Whether the caller makes a noise now.
    pub(super) fn is_loud(&self, now: Time) -> bool {
        self.stretch.is_some_and(|(_, last)| now - last <= PAUSE)
    }

    /// When the noise began that is still going on.
    pub(super) fn since(&self, now: Time) -> Option<Time> {
        self.stretch.filter(|_| self.is_loud(now)).map(|it| it.0)
    }

    /// When there was noise last.
    pub(super) fn last(&self) -> Option<Time> {
        self.stretch.map(|it| it.1)
    }
}

/// −40 dBov as a mean magnitude.
const LOUD: u64 = 328;
/// As long as a stop inside a word may be, and some.
const PAUSE: Duration = Duration::from_millis(400);
