//! From the model's bursts to the caller's ear: queue, pace, marks, and what was really heard.
//!
//! A carrier plays what it is sent in order, without telling how far it is, and forgets all of it on `clear`. It returns a
//! mark when everything before it has been played, but also when `clear` threw that away. From these, and from time,
//! follows what the caller has heard:
//!
//! ```text
//!   0 ────────── heard ────────────── sent ──────────────── queued      positions, in samples since the call began
//!      played      │   at the carrier   │    waiting here
//! ```
//!
//! - Frames leave at absolute deadlines, [`lead`](PlayoutSettings::lead) before the carrier runs dry, so that neither a late timer nor a
//!   slow network is heard, and a `clear` has little to throw away. The pace is our clock's alone: marks come late by the
//!   network's delay, and would slow it down.
//! - A mark follows each [`mark_interval`](PlayoutSettings::mark_interval) of sound. Its name carries a generation, which each `clear` advances: a
//!   mark that a `clear` flushed is of an older generation, and says nothing.
//! - Between two marks the position heard moves with time, but never past what was sent. So it is exact to one mark
//!   interval, whatever clocks and network do.

use std::time::Duration;

use crate::Time;
use crate::code_queue::CodeQueue;
use crate::line::{FRAME, duration, samples};

/// How the sound is paced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlayoutSettings {
    /// How far ahead of its playing sound is sent. More survives a slower network and a busier machine; less leaves less for
    /// the carrier to play after a barge-in, should its `clear` be late. 160 ms.
    pub lead: Duration,
    /// At least one mark follows so much sound. 200 ms.
    pub mark_interval: Duration,
    /// The most sound that waits here; more is refused. A model says a whole turn in one burst. Five minutes.
    pub longest_turn: Duration,
}

impl Default for PlayoutSettings {
    fn default() -> Self {
        Self {
            lead: Duration::from_millis(160),
            mark_interval: Duration::from_millis(200),
            longest_turn: Duration::from_secs(300),
        }
    }
}

/// What is to be sent to the carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Send<'a> {
    /// Sound: µ-law at 8 kHz, 20 ms or, at the end of a turn and when the model is late, less.
    Sound(&'a [u8]),
    /// A mark of this generation, behind all sound up to this position.
    Mark {
        /// How many `clear`s came before.
        generation: u32,
        /// In samples since the call began.
        position: u64,
    },
    /// All that the carrier has not played is to be forgotten.
    Clear,
}

/// What became of the sound of a call so far, in samples at 8 kHz: `queued = heard + dropped + unheard`, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heard {
    /// All that was to be said: by the model, and to conceal that it was late.
    pub queued: u64,
    /// What the caller heard.
    pub heard: u64,
    /// What a barge-in threw away.
    pub dropped: u64,
    /// What waits here or at the carrier.
    pub unheard: u64,
    /// What of `queued` conceals a gap.
    pub concealed: u64,
    /// What was too much to wait, and is not in `queued`.
    pub refused: u64,
}

/// The way of the model's voice to the caller's ear.
///
/// ```
/// use core::time::Duration;
/// use voice_call::{Playout, PlayoutSettings, Send, Time};
///
/// let mut playout = Playout::new(PlayoutSettings::default());
/// playout.push(&[0x7F; 8_000]); // a second of speech in one burst
/// playout.end_turn();
///
/// // The lead leaves at once, the next frame 20 ms later.
/// let mut now = Time::ZERO;
/// let mut frames = 0;
/// while let Some(send) = playout.poll(now) {
///     frames += usize::from(matches!(send, Send::Sound(_)));
/// }
/// assert_eq!(frames, 9);
/// assert_eq!(playout.timeout(), Some(now + Duration::from_millis(20)));
///
/// // The caller interrupts after 100 ms.
/// now += Duration::from_millis(100);
/// assert_eq!(playout.barge_in(now).heard, 800);
/// assert_eq!(playout.poll(now), Some(Send::Clear));
/// assert_eq!((playout.heard(now).dropped, playout.heard(now).unheard), (7_200, 0));
/// ```
#[derive(Debug)]
pub struct Playout {
    settings: PlayoutSettings,
    /// The sound from `sent` to `queued`.
    waiting: CodeQueue,
    frame: [u8; FRAME],
    is_turn_over: bool,
    owes_clear: bool,
    /// When the carrier has played all that was sent, by our clock and without any delay: what paces.
    runs_dry: Time,
    generation: u32,
    /// Where the generation began: behind all that older ones dropped.
    beginning: u64,
    /// What marks and time tell: this position was heard at that instant.
    known: (u64, Time),
    marked: u64,
    sent: u64,
    queued: u64,
    /// Sums over the older generations.
    heard_before: u64,
    dropped: u64,
    concealed: u64,
    refused: u64,
}

impl Playout {
    /// Nothing said yet.
    #[must_use]
    pub const fn new(settings: PlayoutSettings) -> Self {
        Self {
            settings,
            waiting: CodeQueue::new(),
            frame: [0; FRAME],
            is_turn_over: true,
            owes_clear: false,
            runs_dry: Time::ZERO,
            generation: 0,
            beginning: 0,
            known: (0, Time::ZERO),
            marked: 0,
            sent: 0,
            queued: 0,
            heard_before: 0,
            dropped: 0,
            concealed: 0,
            refused: 0,
        }
    }

    /// The model said more: µ-law at 8 kHz. Returns how many samples were refused, because more than
    /// [`PlayoutSettings::longest_turn`] would wait.
    pub fn push(&mut self, codes: &[u8]) -> usize {
        let room = samples(self.settings.longest_turn).saturating_sub(self.waiting.len() as u64);
        let taken = codes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        if taken > 0 {
            self.is_turn_over = false;
        }
        self.waiting.push(codes[..taken].iter().copied());
        self.queued += taken as u64;
        let refused = codes.len() - taken;
        self.refused += refused as u64;
        refused
    }

    /// The model's turn is over: what waits leaves to the last sample, and a mark follows it.
    pub const fn end_turn(&mut self) {
        self.is_turn_over = true;
    }

    /// Whether the carrier is about to run dry in the middle of a turn: then something must conceal it, by
    /// [`conceal`](Self::conceal).
    #[must_use]
    pub fn is_starving(&self, now: Time) -> bool {
        self.waits_for_more() && self.waiting.is_empty() && now >= self.starves_at()
    }

    /// Puts sound in the place of what is late.
    pub fn conceal(&mut self, codes: &[u8]) {
        self.waiting.push(codes.iter().copied());
        self.queued += codes.len() as u64;
        self.concealed += codes.len() as u64;
    }

    /// The next thing to send, until `None`; see [`timeout`](Self::timeout) for when to ask again.
    pub fn poll(&mut self, now: Time) -> Option<Send<'_>> {
        if self.owes_clear {
            self.owes_clear = false;
            return Some(Send::Clear);
        }
        let unmarked = self.sent - self.marked;
        let is_last = self.is_turn_over && self.waiting.is_empty();
        if unmarked >= samples(self.settings.mark_interval) || (unmarked > 0 && is_last) {
            self.marked = self.sent;
            return Some(Send::Mark {
                generation: self.generation,
                position: self.sent,
            });
        }
        if self.frame_at().is_some_and(|due| now >= due) {
            return Some(Send::Sound(self.take_frame(now)));
        }
        None
    }

    /// When [`poll`](Self::poll) has something again, or the carrier starves, if nothing else happens.
    #[must_use]
    pub fn timeout(&self) -> Option<Time> {
        self.frame_at()
            .or_else(|| self.waits_for_more().then(|| self.starves_at()))
    }

    /// A mark came back. Those of older generations say nothing, and others that cannot be are ignored too.
    pub fn returned(&mut self, now: Time, generation: u32, position: u64) {
        let is_possible = (self.known.0 + 1..=self.marked).contains(&position);
        if generation == self.generation && is_possible {
            self.known = (position, now);
        }
    }

    /// The caller spoke: drops all that was not heard, and has the carrier drop it. Returns what was heard until now.
    pub fn barge_in(&mut self, now: Time) -> Heard {
        let position = self.position(now);
        self.heard_before += position - self.beginning;
        self.dropped += self.queued - position;
        self.waiting.clear();
        self.generation = self.generation.wrapping_add(1);
        self.owes_clear = true;
        self.is_turn_over = true;
        self.runs_dry = now;
        (self.beginning, self.marked, self.sent) = (self.queued, self.queued, self.queued);
        self.known = (self.queued, now);
        self.heard(now)
    }

    /// What became of the sound so far.
    #[must_use]
    pub fn heard(&self, now: Time) -> Heard {
        let position = self.position(now);
        Heard {
            queued: self.queued,
            heard: self.heard_before + position - self.beginning,
            dropped: self.dropped,
            unheard: self.queued - position,
            concealed: self.concealed,
            refused: self.refused,
        }
    }

    /// How much waits here and was not sent, in samples.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many barge-ins there were.
    #[must_use]
    pub const fn generation(&self) -> u32 {
        self.generation
    }

    /// When the carrier will have played all that is queued, if no more comes; by our clock alone.
    #[must_use]
    pub fn silent_at(&self, now: Time) -> Time {
        let waiting = duration(self.waiting.len() as u64);
        if waiting.is_zero() {
            return self.runs_dry;
        }
        self.runs_dry.max(now) + waiting
    }

    /// Whether nobody is in the middle of a turn.
    pub(crate) const fn is_turn_over(&self) -> bool {
        self.is_turn_over
    }

    /// Whether the middle of a turn has come to its end here: the carrier will run dry if no more comes.
    pub(crate) fn waits_for_more(&self) -> bool {
        self.is_in_speech() && self.waiting.len() < FRAME
    }

    /// The position that the caller has heard.
    fn position(&self, now: Time) -> u64 {
        let (position, at) = self.known;
        position.saturating_add(samples(now - at)).min(self.sent)
    }

    /// When the next frame is due, if there is one.
    fn frame_at(&self) -> Option<Time> {
        let is_ready =
            self.waiting.len() >= FRAME || (self.is_turn_over && !self.waiting.is_empty());
        if is_ready {
            return Some(self.runs_dry.saturating_sub(self.settings.lead));
        }
        // A part of a frame leaves when the carrier would be silent without it.
        let is_needed = self.waits_for_more() && !self.waiting.is_empty();
        is_needed.then(|| self.starves_at())
    }

    /// Whether the caller hears the model right now, in the middle of a turn.
    fn is_in_speech(&self) -> bool {
        !self.is_turn_over && self.sent > self.beginning
    }

    /// The last instant at which more sound still reaches the carrier before it is silent.
    fn starves_at(&self) -> Time {
        self.runs_dry
            .saturating_sub(STARVING.min(self.settings.lead))
    }

    fn take_frame(&mut self, now: Time) -> &[u8] {
        let mut length = 0;
        self.waiting.take(FRAME, |codes| {
            self.frame[length..][..codes.len()].copy_from_slice(codes);
            length += codes.len();
        });
        // What begins in silence begins now.
        self.runs_dry = self.runs_dry.max(now) + duration(length as u64);
        if self.position(now) == self.sent {
            self.known = (self.sent, now);
        }
        self.sent += length as u64;
        &self.frame[..length]
    }
}

/// When to conceal: so long before the carrier is silent. As late as a timer and the way there allow, since the model's next
/// message may be on its way: at the beginning of a turn nothing is ahead of time yet.
const STARVING: Duration = Duration::from_millis(10);
