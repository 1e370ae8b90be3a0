//! Delay, loss and repetition of every 20 ms of a call, cheaply enough for hundreds of calls at once.
//!
//! Both ends of a call under load are in one process, with one clock: what one end says is a *known sound*, and the other end follows it to the
//! sample. [`Probe`] is one direction of one call.
//!
//! # The sound
//!
//! 20.48 s of noise between 300 and 2 500 Hz, in words with syllables and pauses, at about −24 dBov, always the same. Noise, since no part of it is
//! like another, so that 20 ms tell where they are from, to the sample, after any change of level, µ-law and resampling, where a tone or a voice
//! repeats itself. With words and pauses, since a level control must take it for speech: it ignores what keeps still. Calls begin at different places
//! of it.
//!
//! # What it costs
//!
//! To say it is to copy it. To follow it is one correlation of 160 samples each 20 ms, at the place where it is expected. Only a fault costs
//! a search, of a bounded part of the sound, and less and less often while it is in vain.
//!
//! # What it cannot tell
//!
//! Where silence cuts the sound, up to 5 ms of it may be repeated afterwards and count as silence.
//!
//! # What it tells
//!
//! [`Passage`]: the delay of each 20 ms of the sound, what is missing, doubled, or was never said. Delay is in time from where to where the
//! sound goes: to the model, from the frame's leaving to the message's arrival, so a filter that holds 2 ms back until the next
//! message makes the mean 2 ms. To the caller, it is at the ear: when the carrier plays the sound, against when it would have
//! played it, had the bridge passed on at once all that the model said. So a burst costs nothing, and what comes late
//! once makes late all that is queued behind it.

mod follow;
mod passage;
pub(crate) mod recognise;
mod sound;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use audio_converter::g711;
use voice_call::Time;

use self::follow::{Follower, Stretch};
pub use self::passage::Passage;
use self::sound::{PERIOD, Sound, place};

/// One direction of one call: what is said at one end, and what is heard of it at the other.
///
/// ```
/// use core::time::Duration;
/// use phonebox::score::probe::Probe;
/// use voice_call::Time;
///
/// let mut probe = Probe::to_caller(0);
/// let mut pcm = Vec::new();
/// probe.say_pcm(Time::ZERO, 24_000, &mut pcm); // the model says a second in one burst
/// # let mut bridge = audio_converter::Converter::new("pcm16/24000".parse().unwrap(), "mulaw/8000".parse().unwrap()).unwrap();
/// let codes = bridge.process(&pcm);
/// for (n, frame) in codes.chunks(160).enumerate() {
///     probe.hear_mulaw(Time::ZERO + Duration::from_millis(7 + 20 * n as u64), frame);
/// }
/// let passage = probe.finish();
/// assert_eq!((passage.missing, passage.doubled), (0, 0));
/// assert_eq!(passage.delay.quantile(0.99), Some(Duration::from_millis(7)));
/// ```
pub struct Probe {
    sound: &'static Sound,
    way: Way,
    /// Where this call's sound begins.
    start: u64,
    /// In samples of the rate that is spoken.
    spoken: u64,
    /// Behind which position what was said when.
    said: VecDeque<(u64, Time)>,
    follower: Follower,
    /// From which sample of what was heard on, which was there when.
    arrivals: VecDeque<Arrival>,
    /// What has come, at 8 kHz, and how much of it is decided.
    heard: u64,
    decided: u64,
    /// The first byte of a sample, and how many samples of a faster rate come before the next that counts.
    half: Option<u8>,
    phase: usize,
    /// When the carrier has played all it got, and when it would have, had the bridge no delay.
    plays_until: Option<Time>,
    ideal_until: Time,
    /// The position behind all that was heard, and behind what may be thrown away.
    next: u64,
    interrupted: u64,
    /// When what was said would have been played, had it been played at once.
    speaks_until: Option<Time>,
    /// How much silence came last.
    quiet: u64,
    piece: Piece,
    passage: Passage,
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    ToModel,
    ToCaller,
}

#[derive(Clone, Copy)]
struct Arrival {
    end: u64,
    first: u64,
    at: Time,
    /// Until when there was something to play before it.
    dry: Option<Time>,
}

/// The delay of 20 ms of the sound, as far as it is heard.
#[derive(Default)]
struct Piece {
    number: u64,
    samples: u32,
    /// The sum of the delays of its samples.
    delay: Duration,
}

impl Probe {
    /// From the carrier, which says µ-law at 8 kHz, to the model, which hears PCM at 16 kHz. `start` says where in the sound this call
    /// begins: any number, best another one for each call.
    #[must_use]
    pub fn to_model(start: u64) -> Self {
        Self::new(Way::ToModel, start)
    }

    /// From the model, which says PCM at 24 kHz, to the carrier, which hears µ-law at 8 kHz and plays it in order. `start` as in
    /// [`to_model`](Self::to_model).
    #[must_use]
    pub fn to_caller(start: u64) -> Self {
        Self::new(Way::ToCaller, start)
    }

    fn new(way: Way, start: u64) -> Self {
        let start = start % PERIOD as u64;
        Self {
            sound: Sound::get(),
            way,
            start,
            spoken: 0,
            said: VecDeque::new(),
            follower: Follower::new(start),
            arrivals: VecDeque::new(),
            heard: 0,
            decided: 0,
            half: None,
            phase: 0,
            plays_until: None,
            ideal_until: Time::ZERO,
            next: start,
            interrupted: start,
            speaks_until: None,
            quiet: 0,
            piece: Piece::default(),
            passage: Passage::default(),
        }
    }

    /// Begins in the midst of a sound of a faster rate, so many of whose samples come before the next that counts.
    #[must_use]
    pub(crate) const fn in_phase(mut self, phase: usize) -> Self {
        self.phase = phase;
        self
    }

    /// The carrier sends the next samples now: fills `frame` with µ-law. For [`to_model`](Self::to_model).
    pub fn say_mulaw(&mut self, now: Time, frame: &mut [u8]) {
        let mut rest = &mut frame[..];
        while !rest.is_empty() {
            let codes = &self.sound.codes[place(self.start + self.spoken)..];
            let (part, later) = rest.split_at_mut(codes.len().min(rest.len()));
            part.copy_from_slice(&codes[..part.len()]);
            self.spoke(now, part.len() as u64);
            rest = later;
        }
    }

    /// The model sends the next `samples` at 24 kHz now: appends them as 16-bit PCM. For [`to_caller`](Self::to_caller).
    pub fn say_pcm(&mut self, now: Time, samples: usize, pcm: &mut Vec<u8>) {
        let mut rest = samples;
        while rest > 0 {
            let at = (3 * self.start + self.spoken) % (3 * PERIOD as u64);
            let next = &self.sound.fast[at as usize..];
            let part = &next[..next.len().min(rest)];
            pcm.extend(part.iter().flat_map(|sample| sample.to_le_bytes()));
            self.spoke(now, part.len() as u64);
            rest -= part.len();
        }
    }

    /// The model heard this: 16-bit PCM at 16 kHz, cut anywhere.
    pub fn hear_pcm(&mut self, now: Time, pcm: &[u8]) {
        self.hear_pcm_at(now, 2, pcm);
    }

    /// The same at `times` 8 kHz, for bridges that send another rate than 16 kHz, always the same one.
    pub fn hear_pcm_at(&mut self, now: Time, times: usize, mut pcm: &[u8]) {
        let mut samples = Vec::with_capacity(pcm.len() / 2 + 1);
        if let (Some(low), Some((high, rest))) = (self.half, pcm.split_first()) {
            samples.push(i16::from_le_bytes([low, *high]));
            (self.half, pcm) = (None, rest);
        }
        let (whole, half) = pcm.as_chunks();
        samples.extend(whole.iter().copied().map(i16::from_le_bytes));
        self.half = half.first().copied().or(self.half);
        // What was resampled from 8 kHz has each of its samples at so many times the place.
        let times = times.max(1);
        let slow = samples.iter().skip(self.phase).step_by(times);
        let count = slow.len() as u64;
        self.follower.push(slow.map(|sample| f32::from(*sample)));
        self.phase = phase_after(self.phase, times, samples.len());
        self.arrived(now, count);
    }

    /// The carrier heard this: µ-law at 8 kHz.
    pub fn hear_mulaw(&mut self, now: Time, codes: &[u8]) {
        let samples = codes.iter().map(|code| g711::decode_mulaw(*code));
        self.follower.push(samples.map(f32::from));
        self.arrived(now, codes.len() as u64);
    }

    /// Somebody interrupted: what was said until now need not be heard, and counts as [`interrupted`](Passage::interrupted) if it is not.
    pub fn interrupt(&mut self) {
        self.interrupted = self.end_of_said();
    }

    /// The carrier was told to forget what it has not played.
    pub fn clear(&mut self, now: Time) {
        if let Some(until) = &mut self.plays_until {
            let unplayed = (*until - now).as_nanos() * 8 / 1_000_000;
            self.passage.flushed += u64::try_from(unplayed).unwrap_or(u64::MAX);
            *until = (*until).min(now);
        }
        self.ideal_until = self.ideal_until.min(now);
    }

    /// How much was said so far, in samples at 8 kHz.
    #[must_use]
    pub const fn said(&self) -> u64 {
        self.passage.said
    }

    /// The call is over: what became of the sound.
    #[must_use]
    pub fn finish(mut self) -> Passage {
        self.decide(true);
        self.end_piece();
        let rest = self.end_of_said() - self.next;
        let interrupted = self.interrupted.saturating_sub(self.next);
        self.passage.interrupted += interrupted;
        self.passage.unheard += rest - interrupted;
        self.passage
    }

    /// The position behind all that was said, in whole samples at 8 kHz.
    fn end_of_said(&self) -> u64 {
        self.start
            + match self.way {
                Way::ToModel => self.spoken,
                Way::ToCaller => self.spoken.div_ceil(3),
            }
    }

    fn spoke(&mut self, now: Time, samples: u64) {
        let before = self.end_of_said();
        self.spoken += samples;
        let end = self.end_of_said();
        let until = self.speaks_until.unwrap_or(now);
        if self.speaks_until.is_none() || now > until + BREATH {
            self.follower.turn_begins(before);
        }
        self.speaks_until = Some(until.max(now) + duration(end - before));
        self.passage.said += end - before;
        self.said.push_back((end, now));
        if self.said.len() > MOST_SAID {
            self.said.pop_front();
        }
    }

    fn arrived(&mut self, now: Time, samples: u64) {
        if samples == 0 {
            return;
        }
        let dry = self.plays_until;
        let at = match self.way {
            Way::ToModel => now,
            Way::ToCaller => {
                let at = dry.map_or(now, |dry| dry.max(now));
                self.plays_until = Some(at + duration(samples));
                at
            }
        };
        let first = self.heard;
        self.heard += samples;
        self.passage.received += samples;
        let end = self.heard;
        self.arrivals.push_back(Arrival {
            end,
            first,
            at,
            dry,
        });
        self.decide(false);
    }

    fn decide(&mut self, is_end: bool) {
        while let Some(stretch) = self.follower.next(self.end_of_said(), is_end) {
            let length = match stretch {
                Stretch::Sound { position, length } => {
                    self.sound(position, length);
                    self.quiet = 0;
                    length
                }
                Stretch::Silence { length } => {
                    self.passage.silence += length as u64;
                    self.quiet += length as u64;
                    length
                }
                Stretch::Foreign { length } => {
                    self.passage.foreign += length as u64;
                    self.quiet = 0;
                    length
                }
            };
            self.decided += length as u64;
            while self
                .arrivals
                .front()
                .is_some_and(|first| first.end <= self.decided)
            {
                self.arrivals.pop_front();
            }
        }
    }

    /// The next samples that were heard are the sound from `position` on.
    fn sound(&mut self, position: u64, length: usize) {
        let end = position + length as u64;
        // Again what was heard before: in a pause of the sound, it is silence that somebody made.
        let again = self.next.min(end).saturating_sub(position);
        for n in 0..again {
            // A window agrees even if the sound is cut off by silence at its very end.
            let is_blurred = self.quiet > 0 && again <= BLUR;
            if is_blurred || self.is_pause(position + n) {
                self.passage.silence += 1;
            } else {
                self.passage.doubled += 1;
            }
        }
        let mut position = position + again;
        if position > self.next {
            // Silence that led to it was the sound's own pause, as far as it had one there.
            let most = self.quiet.min(position - self.next);
            let pause = (1..=most)
                .take_while(|n| self.is_pause(position - n))
                .count() as u64;
            self.passage.silence -= pause;
            self.passage.heard += pause;
            let gone = position - self.next - pause;
            let interrupted = self.interrupted.saturating_sub(self.next).min(gone);
            self.passage.interrupted += interrupted;
            self.passage.missing += gone - interrupted;
        }
        self.passage.heard += end.saturating_sub(position);
        self.next = self.next.max(end);

        let mut at = self.decided + again;
        // Silence that led to it is no sound that came late.
        let leads = |n: &u64| self.quiet > 0 && self.is_pause(position + n);
        let loud = position + (0..end.saturating_sub(position)).take_while(leads).count() as u64;
        while position < end {
            let Some(arrival) = self
                .arrivals
                .iter()
                .find(|arrival| arrival.end > at)
                .copied()
            else {
                return;
            };
            while self.said.front().is_some_and(|said| said.0 <= position) {
                self.said.pop_front();
            }
            let Some((said_until, said_at)) = self.said.front().copied() else {
                return;
            };
            let count = (end - position)
                .min(arrival.end - at)
                .min(said_until - position);
            let count = if position < loud {
                count.min(loud - position)
            } else {
                count
            };
            let delay = self.delay(arrival, at, (position, said_at), count);
            if position >= loud {
                self.count(position, count, delay);
            }
            (position, at) = (position + count, at + count);
        }
    }

    /// Whether the sound is silent there.
    fn is_pause(&self, position: u64) -> bool {
        self.sound.stretch(position, 1)[0] == 0.0
    }

    /// The delay of `count` samples from `at` on, which arrived with one message and were said with one.
    fn delay(
        &mut self,
        arrival: Arrival,
        at: u64,
        (position, said_at): (u64, Time),
        count: u64,
    ) -> Duration {
        if self.way == Way::ToModel {
            return arrival.at - said_at;
        }
        if let Some(dry) = arrival.dry
            && at == arrival.first
            && said_at <= dry
            && arrival.at > dry
            // Silence that comes late is no gap.
            && !self.is_pause(position)
        {
            self.passage.underruns += 1;
            self.passage.dry += arrival.at - dry;
        }
        let ideal = said_at.max(self.ideal_until);
        self.ideal_until = ideal + duration(count);
        arrival.at + duration(at - arrival.first) - ideal
    }

    /// `count` samples had this delay.
    fn count(&mut self, mut position: u64, count: u64, delay: Duration) {
        let end = position + count;
        while position < end {
            let number = (position - self.start) / PIECE;
            if number != self.piece.number {
                self.end_piece();
                self.piece.number = number;
            }
            let part_end = end.min(self.start + (number + 1) * PIECE);
            let part = (part_end - position) as u32;
            self.piece.samples += part;
            self.piece.delay += delay * part;
            position = part_end;
        }
    }

    fn end_piece(&mut self) {
        let Piece { samples, delay, .. } = std::mem::take(&mut self.piece);
        if samples > 0 {
            self.passage.delay.record(delay / samples);
        }
    }
}

/// How many samples come before the next that counts, of which one in `times` does, after so many more.
pub(crate) const fn phase_after(phase: usize, times: usize, samples: usize) -> usize {
    let counted = samples.saturating_sub(phase).div_ceil(times);
    (phase + counted * times).saturating_sub(samples)
}

/// How long so many samples at 8 kHz take.
fn duration(samples: u64) -> Duration {
    Duration::from_micros(samples.saturating_mul(125))
}

/// Who says nothing for so long begins a new turn.
const BREATH: Duration = Duration::from_millis(200);
/// How much of a window may be silence and not be noticed: 5 ms.
const BLUR: u64 = 40;
/// The delay is told for each 20 ms.
const PIECE: u64 = 160;
/// So many messages may wait to be heard: five minutes of 20 ms.
const MOST_SAID: usize = 15_000;
