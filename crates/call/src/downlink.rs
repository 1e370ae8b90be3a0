//! From the model's mouth to the caller's ear: level, rate, µ-law, gaps, pace.

use audio_converter::{Converter, Encoding, Format, g711};

use crate::Time;
use crate::conceal::Concealer;
use crate::level::{self, Leveller};
use crate::line::{FRAME, RATE};
use crate::playout::{Heard, Playout, PlayoutSettings, Send};

/// The way of the model's voice to the caller.
///
/// What the model says comes in bursts, cut anywhere, even inside a sample. It is brought to its level while it still has 16 bits,
/// becomes µ-law at 8 kHz, and waits for its time. When the model is late in the middle of a turn, the gap is concealed.
///
/// ```
/// use core::time::Duration;
/// use voice_call::{Downlink, PlayoutSettings, Send, Time, level};
///
/// let mut downlink = Downlink::new(PlayoutSettings::default(), level::Settings::default());
/// downlink.say(24_000, &[0; 48_000]).unwrap(); // a second in one burst, then nothing: the turn goes on
/// let mut sound = 0;
/// for millisecond in 0..1_200 {
///     while let Some(send) = downlink.poll(Time::ZERO + Duration::from_millis(millisecond)) {
///         sound += if let Send::Sound(codes) = send { codes.len() } else { 0 };
///     }
/// }
/// assert!(sound >= 8_000);
/// ```
#[derive(Debug)]
pub struct Downlink {
    playout: Playout,
    level: level::Settings,
    /// For the rate that the model last spoke at.
    voice: Option<Voice>,
    concealer: Concealer,
    codes: Vec<u8>,
}

/// What depends on the model's rate.
#[derive(Debug)]
struct Voice {
    rate: u32,
    leveller: Leveller,
    converter: Converter,
    /// Half a sample, whose other half comes with the next message.
    half: Option<u8>,
    samples: Vec<i16>,
    bytes: Vec<u8>,
    slow: Vec<u8>,
}

/// The model speaks at a rate that nothing can be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateError(pub u32);

impl std::fmt::Display for RateError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "the model speaks at {} Hz, which cannot be converted",
            self.0
        )
    }
}

impl std::error::Error for RateError {}

impl Downlink {
    /// Nothing said yet.
    #[must_use]
    pub fn new(playout: PlayoutSettings, level: level::Settings) -> Self {
        Self {
            playout: Playout::new(playout),
            level,
            voice: None,
            concealer: Concealer::new(),
            codes: Vec::new(),
        }
    }

    /// The model said more: 16-bit PCM at `rate`, cut anywhere. Returns how many samples were refused, see
    /// [`Playout::push`].
    ///
    /// # Errors
    ///
    /// When no model speaks at that rate: 8, 11.025, 12, 16, 22.05, 24, 32, 44.1 and 48 kHz can be converted. Others are refused, since
    /// a peer could have large filters made by odd rates. Nothing is lost then but this piece.
    pub fn say(&mut self, rate: u32, pcm: &[u8]) -> Result<usize, RateError> {
        let mut refused = 0;
        if self.voice.as_ref().is_none_or(|voice| voice.rate != rate) {
            let next = Voice::new(rate, self.level).ok_or(RateError(rate))?;
            if let Some(mut before) = self.voice.replace(next) {
                before.finish();
                refused += self.enqueue(&before.slow);
            }
        }
        if let Some(mut voice) = self.voice.take() {
            for piece in pcm.chunks(PIECE) {
                voice.process(piece);
                refused += self.enqueue(&voice.slow);
            }
            self.voice = Some(voice);
        }
        Ok(refused)
    }

    /// The model's turn is over: what the filter holds is said too, and nothing is concealed after it.
    pub fn end_turn(&mut self) {
        if let Some(mut voice) = self.voice.take() {
            voice.finish();
            self.enqueue(&voice.slow);
            self.voice = Some(voice);
        }
        if !self.concealer.is_silent() {
            // A turn that is cut off in a sound rings out.
            let mut end = [0; RING_OUT];
            self.concealer.end(&mut end);
            self.playout.conceal(&end.map(g711::encode_mulaw));
        }
        self.concealer.reset();
        self.playout.end_turn();
    }

    /// Plays a signal, µ-law at 8 kHz, behind all that was said. What is more than may wait is refused.
    pub fn play(&mut self, codes: &[u8]) -> usize {
        let was_over = self.playout.is_turn_over();
        let refused = self.playout.push(codes);
        if was_over {
            self.playout.end_turn();
        }
        refused
    }

    /// The caller spoke: all that was not heard is dropped, here and at the carrier. Returns what was heard until now.
    pub fn barge_in(&mut self, now: Time) -> Heard {
        if let Some(voice) = &mut self.voice {
            voice.reset();
        }
        self.concealer.reset();
        self.playout.barge_in(now)
    }

    /// A mark came back; see [`Playout::returned`].
    pub fn returned(&mut self, now: Time, generation: u32, position: u64) {
        self.playout.returned(now, generation, position);
    }

    /// The next thing to send to the carrier, until `None`.
    pub fn poll(&mut self, now: Time) -> Option<Send<'_>> {
        if self.playout.is_starving(now) && self.can_go_on() {
            let mut gap = [0; FRAME];
            self.concealer.fill(&mut gap);
            self.playout.conceal(&gap.map(g711::encode_mulaw));
        }
        self.playout.poll(now)
    }

    /// When [`poll`](Self::poll) has something again, if nothing else happens.
    #[must_use]
    pub fn timeout(&self) -> Option<Time> {
        let is_empty = self.playout.waiting() == 0;
        self.playout
            .timeout()
            .filter(|_| !is_empty || self.can_go_on())
    }

    /// What became of the sound so far.
    #[must_use]
    pub fn heard(&self, now: Time) -> Heard {
        self.playout.heard(now)
    }

    /// How much waits here and was not sent, in samples at 8 kHz.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.playout.waiting()
    }

    /// When the caller will have heard all that is queued, if no more comes.
    #[must_use]
    pub fn silent_at(&self, now: Time) -> Time {
        self.playout.silent_at(now)
    }

    /// Whether there is something to conceal a gap with: it fades.
    fn can_go_on(&self) -> bool {
        !self.concealer.is_silent()
    }

    /// Linear sound at 8 kHz, as bytes.
    fn enqueue(&mut self, slow: &[u8]) -> usize {
        let mut refused = 0;
        let mut block = [0; BLOCK];
        for bytes in slow.chunks(2 * BLOCK) {
            let samples = &mut block[..bytes.len() / 2];
            for (sample, bytes) in samples.iter_mut().zip(bytes.as_chunks().0) {
                *sample = i16::from_le_bytes(*bytes);
            }
            // Blends with what concealed a gap, if it did.
            self.concealer.heard(samples);
            self.codes.clear();
            self.codes
                .extend(samples.iter().map(|sample| g711::encode_mulaw(*sample)));
            refused += self.playout.push(&self.codes);
        }
        refused
    }
}

impl Voice {
    fn new(rate: u32, level: level::Settings) -> Option<Self> {
        if !RATES.contains(&rate) {
            return None;
        }
        let from = Format::new(Encoding::Pcm16, rate).ok()?;
        let to = Format::new(Encoding::Pcm16, RATE).ok()?;
        Some(Self {
            rate,
            leveller: Leveller::with_settings(rate, level),
            converter: Converter::new(from, to).ok()?,
            half: None,
            samples: Vec::new(),
            bytes: Vec::new(),
            slow: Vec::new(),
        })
    }

    /// Leaves in `slow` what becomes of `pcm`.
    fn process(&mut self, mut pcm: &[u8]) {
        self.samples.clear();
        if let (Some(low), Some((high, rest))) = (self.half, pcm.split_first()) {
            self.samples.push(i16::from_le_bytes([low, *high]));
            (self.half, pcm) = (None, rest);
        }
        let (whole, half) = pcm.as_chunks();
        self.samples
            .extend(whole.iter().copied().map(i16::from_le_bytes));
        self.half = half.first().copied().or(self.half);
        self.leveller.process(&mut self.samples);
        self.bytes.clear();
        self.bytes
            .extend(self.samples.iter().flat_map(|sample| sample.to_le_bytes()));
        self.slow.clear();
        self.converter.process_append(&self.bytes, &mut self.slow);
    }

    /// Leaves in `slow` what the filter still holds. Half a sample is dropped: the next turn begins with a whole one.
    fn finish(&mut self) {
        self.half = None;
        self.slow.clear();
        self.converter.finish_append(&mut self.slow);
    }

    /// Forgets the turn, but not how loud the voice is.
    fn reset(&mut self) {
        self.half = None;
        self.converter.reset();
    }
}

/// At which a model may speak, in Hz.
const RATES: [u32; 9] = [
    8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000,
];
/// Bytes that are converted at once, 40 ms at 24 kHz: what the model sends in one piece, be it long, needs no more memory.
const PIECE: usize = 1_920;
/// 5 ms.
const RING_OUT: usize = 40;
/// A model's piece of 40 ms at once.
const BLOCK: usize = 320;
