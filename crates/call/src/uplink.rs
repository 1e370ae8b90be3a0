//! From the caller's mouth to the model: level, rate, pace, silence, and a memory for the time without a model.
//!
//! - A model finds the end of a speech by samples of silence, so when the carrier sends nothing, silence is made in its
//!   place, as much as time has passed.
//! - While the model is away, what the caller says is kept, up to [`UplinkSettings::longest_hold`]; beyond, the oldest goes. When it is
//!   back it hears the kept sound at [`UplinkSettings::catch_up`] times the speed of speech: models want their sound in real
//!   time, and no backlog at once.

use std::time::Duration;

use audio_converter::{Converter, Encoding, Format, g711};

use crate::Time;
use crate::code_queue::CodeQueue;
use crate::level::Leveller;
use crate::line::{RATE, duration, samples};

/// How the caller is brought to the model.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct UplinkSettings {
    /// How much sound a message to the model carries. 20 ms: Google's best practice is 20 to 40, and what carriers send need not
    /// wait for another frame.
    pub piece: Duration,
    /// How late the carrier may be before silence is made in its place. 60 ms, three of its frames.
    pub patience: Duration,
    /// How much sound is kept while the model is away. 30 s.
    pub longest_hold: Duration,
    /// At how many times the speed of speech a model hears what was kept. 2.
    pub catch_up: u32,
}

impl Default for UplinkSettings {
    fn default() -> Self {
        Self {
            piece: Duration::from_millis(20),
            patience: Duration::from_millis(60),
            longest_hold: Duration::from_secs(30),
            catch_up: 2,
        }
    }
}

/// What became of the caller's sound, in samples at 8 kHz: `heard + made = sent + forgotten + waiting`, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Said {
    /// What the carrier brought.
    pub heard: u64,
    /// Silence that was made in the place of what the carrier did not bring.
    pub made: u64,
    /// What the model got.
    pub sent: u64,
    /// What was too long ago when the model came back.
    pub forgotten: u64,
    /// What waits for a piece to be full, or for the model.
    pub waiting: u64,
}

/// The way of the caller's voice to the model.
///
/// ```
/// use core::time::Duration;
/// use voice_call::{Time, Uplink, UplinkSettings, level::Leveller};
///
/// let mut uplink = Uplink::new(UplinkSettings::default(), Leveller::new(8_000), Time::ZERO);
/// uplink.model_is_there(Time::ZERO);
/// let now = Time::ZERO + Duration::from_millis(20);
/// uplink.hear(now, &[0xFF; 160]);
/// // 16-bit PCM at 16 kHz, but for the 1.9 ms that the filter holds back.
/// assert_eq!(uplink.poll(now).map(<[u8]>::len), Some(2 * 289));
///
/// // The carrier falls silent, the model hears silence.
/// let now = now + Duration::from_millis(100);
/// assert_eq!(uplink.poll(now).map(<[u8]>::len), Some(2 * 320));
/// assert_eq!(uplink.said().made, 800);
/// ```
#[derive(Debug)]
pub struct Uplink {
    settings: UplinkSettings,
    leveller: Leveller,
    converter: Converter,
    /// µ-law that the model has not got, the oldest first.
    waiting: CodeQueue,
    /// Until when the caller's sound is here, made silence included.
    heard_until: Time,
    /// When the model may get the next piece; none while it is away.
    free_at: Option<Time>,
    samples: Vec<i16>,
    bytes: Vec<u8>,
    piece: Vec<u8>,
    said: Said,
}

impl Uplink {
    /// A call that begins now, without a model yet.
    ///
    /// `leveller` brings the caller's voice to its level; it is for 8 kHz.
    #[must_use]
    pub fn new(settings: UplinkSettings, leveller: Leveller, now: Time) -> Self {
        Self {
            settings,
            leveller,
            converter: to_model(),
            waiting: CodeQueue::new(),
            heard_until: now,
            free_at: None,
            samples: Vec::new(),
            bytes: Vec::new(),
            piece: Vec::new(),
            said: Said::default(),
        }
    }

    /// The carrier brought sound: µ-law at 8 kHz, of any length.
    pub fn hear(&mut self, now: Time, codes: &[u8]) {
        self.fill(now);
        self.said.heard += codes.len() as u64;
        self.keep(codes.iter().copied());
        // Sound that comes in bursts is ahead of time, but never behind it.
        self.heard_until = self
            .heard_until
            .max(now.saturating_sub(self.settings.patience));
        self.heard_until += duration(codes.len() as u64);
    }

    /// The model hears from now on.
    pub fn model_is_there(&mut self, now: Time) {
        self.free_at.get_or_insert(now);
    }

    /// The model hears nothing more; what the caller says is kept.
    pub fn model_is_away(&mut self) {
        self.free_at = None;
    }

    /// The next piece for the model, 16-bit PCM at 16 kHz, until `None`; see [`timeout`](Self::timeout).
    pub fn poll(&mut self, now: Time) -> Option<&[u8]> {
        self.fill(now);
        let size = samples(self.settings.piece).max(1);
        if (self.waiting.len() as u64) < size || self.free_at? > now {
            return None;
        }
        self.free_at = Some(now + duration(size) / self.settings.catch_up.max(1));
        self.said.sent += size;
        self.said.waiting -= size;
        self.samples.clear();
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        self.waiting.take(size, |codes| {
            self.samples
                .extend(codes.iter().copied().map(g711::decode_mulaw));
        });
        self.leveller.process(&mut self.samples);
        self.bytes.clear();
        self.bytes
            .extend(self.samples.iter().flat_map(|sample| sample.to_le_bytes()));
        self.piece.clear();
        self.converter.process_append(&self.bytes, &mut self.piece);
        Some(&self.piece)
    }

    /// When [`poll`](Self::poll) may have something, if the carrier brings nothing.
    #[must_use]
    pub fn timeout(&self) -> Option<Time> {
        let missing = samples(self.settings.piece).saturating_sub(self.waiting.len() as u64);
        if missing == 0 {
            self.free_at
        } else {
            // Silence is made when the patience is over, and then as time passes.
            Some(self.heard_until + self.settings.patience.max(duration(missing)))
        }
    }

    /// What became of the caller's sound so far.
    #[must_use]
    pub const fn said(&self) -> Said {
        self.said
    }

    /// Makes silence in the place of what should be here by now.
    fn fill(&mut self, now: Time) {
        if now - self.heard_until < self.settings.patience {
            return;
        }
        let missing = samples(now - self.heard_until);
        self.said.made += missing;
        self.keep(std::iter::repeat_n(
            SILENCE,
            usize::try_from(missing.min(self.most())).unwrap_or(0),
        ));
        // What would be forgotten at once is not even made.
        self.said.forgotten += missing.saturating_sub(self.most());
        self.heard_until += duration(missing);
    }

    fn keep(&mut self, codes: impl ExactSizeIterator<Item = u8>) {
        self.said.waiting += codes.len() as u64;
        self.waiting.push(codes);
        let excess = (self.waiting.len() as u64).saturating_sub(self.most());
        let forgotten = usize::try_from(excess).unwrap_or(usize::MAX);
        self.waiting.take(forgotten, |_| ());
        self.said.waiting -= excess;
        self.said.forgotten += excess;
    }

    fn most(&self) -> u64 {
        samples(self.settings.longest_hold).max(samples(self.settings.piece))
    }
}

fn to_model() -> Converter {
    let format = |encoding, rate| Format::new(encoding, rate);
    let made = format(Encoding::Pcm16, RATE)
        .and_then(|from| Converter::new(from, format(Encoding::Pcm16, 16_000)?));
    made.expect("8 to 16 kHz has a filter")
}

/// µ-law for nothing.
const SILENCE: u8 = 0xFF;
