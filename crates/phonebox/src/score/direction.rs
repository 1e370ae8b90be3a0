//! One direction of a call: delay, gaps, losses, noise.

use std::time::Duration;

use audio_converter_measure::clicks;
use serde::Serialize;
use voice_call::Time;

use super::follow::{PIECE, Track, follow, power};
use super::noise::Noise;
use super::spread::Spread;
use super::timeline::{Arrived, Timeline, by_16_khz};
use super::{Conversation, milliseconds};

/// What became of the sound in one direction. Lengths of time are in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Direction {
    /// Turns or utterances that were said, and how many of them were heard at all.
    pub said: usize,
    /// How many of them were heard, in part at least.
    pub heard: usize,
    /// Added delay of the first sound of each: behind a bridge that needs no time. To the caller, that is when the model had sent it; to
    /// the model, when the caller had said it.
    pub first_delay_ms: Spread,
    /// Added delay of every audible piece of 20 ms. A gap delays all that is behind it.
    pub delay_ms: Spread,
    /// Gaps in speech.
    pub gaps: usize,
    /// The longest of them.
    pub longest_gap_ms: f64,
    /// All of them.
    pub gaps_ms: f64,
    /// Speech that was said and not heard, except for what a barge-in dropped. To 20 ms at each place.
    pub lost_ms: f64,
    /// Speech that was said, as far as it is audible.
    pub speech_ms: f64,
    /// Clicks that were not in the sound.
    pub clicks: usize,
    /// Signal to noise in dB, of the worst turn or utterance. Its level may change slowly; that is no noise.
    pub worst_snr_db: Option<f64>,
    /// The same of all together.
    pub snr_db: Option<f64>,
    /// What it would be if the sound was only converted, without a bridge.
    pub best_snr_db: Option<f64>,
}

/// Where a turn was heard.
#[derive(Clone, Debug)]
pub(super) struct Span {
    /// Samples of the recording, from the first piece found to the end of the last.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Of the turn, from its beginning.
    pub(super) heard_ms: f64,
}

/// Everything that is summed over turns or utterances.
#[derive(Default)]
struct Sums {
    direction: Direction,
    firsts: Vec<f64>,
    delays: Vec<f64>,
    noise: Vec<Noise>,
    all_noise: Noise,
    best_noise: Noise,
}

/// From the model to the caller, and where each turn was heard.
pub(super) fn to_caller(conversation: &Conversation) -> (Direction, Vec<Option<Span>>) {
    let heard = &conversation.caller_heard;
    let mut sums = Sums::default();
    let mut spans = Vec::new();
    // A turn is not heard before the one before it is over.
    let mut free = 0;
    for turn in &conversation.turns {
        let sound = turn.at_8_khz();
        let Some(first) = turn.pieces.first() else {
            spans.push(None);
            continue;
        };
        let from = heard.index_at(first.at.saturating_sub(MARGIN)).max(free);
        let last = turn
            .ideal_time(sound.len().saturating_sub(1))
            .unwrap_or(first.at);
        let until = heard.index_at(last + LATEST);
        let track = follow(&sound, heard.samples(), from, until);
        let delay = |sample: usize, position: usize| {
            let ideal = turn.ideal_time(sample)?;
            Some(milliseconds(heard.time_of(position), ideal))
        };
        let is_cut = turn.interrupted.is_some();
        sums.add(&sound, heard.samples(), &track, is_cut, delay);
        sums.compare_with_best(&sound, &turn.on_a_phone(), &track);
        let span = span(&track);
        free = span.as_ref().map_or(free, |span| span.to);
        spans.push(span);
    }
    (sums.finish(), spans)
}

/// From the caller to the model.
pub(super) fn to_model(conversation: &Conversation) -> Direction {
    let said = &conversation.caller_said;
    let arrived = Arrived::new(&conversation.model_heard);
    let mut sums = Sums::default();
    let mut free = 0;
    for (start, end) in utterances(said.samples()) {
        let sound = &said.samples()[start..end];
        let from = arrived
            .index_at(said.time_of(start).saturating_sub(MARGIN))
            .max(free);
        let until = arrived.index_at(said.time_of(end) + LATEST);
        let track = follow(sound, &arrived.samples, from, until);
        let delay = |sample: usize, position: usize| {
            // A piece can be sent when it has been said to its end.
            let spoken = said.time_of(start + sample + PIECE);
            let came = arrived.time_of((position + PIECE - 1).min(arrived.samples.len() - 1))?;
            Some(milliseconds(came, spoken))
        };
        sums.add(sound, &arrived.samples, &track, false, delay);
        sums.compare_with_best(sound, &by_16_khz(sound), &track);
        free = span(&track).map_or(free, |span| span.to);
    }
    sums.finish()
}

/// Stretches of speech with pauses of less than 400 ms, from sample to sample.
pub(super) fn utterances(samples: &[f32]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (number, piece) in samples.chunks(PIECE).enumerate() {
        if power(piece) < SPEECH {
            continue;
        }
        let (start, end) = (number * PIECE, number * PIECE + piece.len());
        match found.last_mut() {
            Some((_, before)) if start - *before < PAUSE => *before = end,
            _ => found.push((start, end)),
        }
    }
    found
}

/// The instant to which the agent is heard without a pause of 60 ms, from a sample on.
pub(super) fn last_sound(heard: &Timeline, from: usize) -> Time {
    let mut end = from;
    for (number, block) in heard.samples()[from..].chunks(80).enumerate() {
        let start = from + number * 80;
        if power(block) >= SPEECH {
            end = start + block.len();
        } else if start >= end + 480 {
            break;
        }
    }
    heard.time_of(end)
}

fn span(track: &Track) -> Option<Span> {
    let (_, from) = track.found().next()?;
    let (number, last) = track.found().next_back()?;
    Some(Span {
        from,
        to: last + PIECE,
        heard_ms: pieces_ms(number + 1),
    })
}

impl Sums {
    fn add(
        &mut self,
        sound: &[f32],
        recording: &[f32],
        track: &Track,
        is_cut: bool,
        delay: impl Fn(usize, usize) -> Option<f64>,
    ) {
        let direction = &mut self.direction;
        let audible = track.pieces.iter().filter(|piece| piece.is_audible).count();
        if audible == 0 {
            return;
        }
        direction.said += 1;
        direction.speech_ms += pieces_ms(audible);
        let delays = track
            .found()
            .filter_map(|(number, position)| delay(number * PIECE, position));
        let before = self.delays.len();
        self.delays.extend(delays);
        let Some(span) = span(track) else {
            if !is_cut {
                direction.lost_ms += pieces_ms(audible);
            }
            return;
        };
        direction.heard += 1;
        self.firsts.extend(self.delays.get(before));
        let breaks = track.breaks(is_cut);
        direction.gaps += breaks.gaps;
        direction.longest_gap_ms = direction.longest_gap_ms.max(samples_ms(breaks.longest_gap));
        direction.gaps_ms += samples_ms(breaks.gap_samples);
        direction.lost_ms += samples_ms(breaks.lost);
        direction.clicks += new_clicks(sound, &recording[span.from..span.to], track);
        let mut noise = Noise::default();
        for (start, position, length) in runs(track) {
            let there = &recording[position..(position + length).min(recording.len())];
            noise.add(&sound[start..start + length], there);
            self.all_noise.add(&sound[start..start + length], there);
        }
        self.noise.push(noise);
    }

    fn compare_with_best(&mut self, sound: &[f32], best: &[f32], track: &Track) {
        for (start, _, length) in runs(track) {
            let end = (start + length).min(best.len());
            self.best_noise.add(&sound[start..end], &best[start..end]);
        }
    }

    fn finish(self) -> Direction {
        let ratios = self.noise.iter().filter_map(|noise| noise.ratio_db());
        Direction {
            first_delay_ms: Spread::of(self.firsts.into_iter()),
            delay_ms: Spread::of(self.delays.into_iter()),
            worst_snr_db: ratios.reduce(f64::min),
            snr_db: self.all_noise.ratio_db(),
            best_snr_db: self.best_noise.ratio_db(),
            ..self.direction
        }
    }
}

/// Stretches that were found without a break: start in the sound, position in the recording, length.
fn runs(track: &Track) -> Vec<(usize, usize, usize)> {
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    for (number, position) in track.found() {
        let start = number * PIECE;
        match runs.last_mut() {
            Some((first, there, length))
                if *first + *length == start && *there + *length == position =>
            {
                *length += PIECE;
            }
            _ => runs.push((start, position, PIECE)),
        }
    }
    runs
}

/// How many clicks are in a recording that are not in the sound, given where its pieces are.
fn new_clicks(sound: &[f32], recording: &[f32], track: &Track) -> usize {
    let found = |signal| {
        clicks(signal, 8_000.0)
            .map(|clicks| clicks.found)
            .unwrap_or_default()
    };
    let Some((_, origin)) = track.found().next() else {
        return 0;
    };
    let own: Vec<usize> = found(sound)
        .iter()
        .filter_map(|click| {
            let at = click.position as usize;
            let position = track.pieces.get(at / PIECE)?.position?;
            Some((position + at % PIECE).saturating_sub(origin))
        })
        .collect();
    let is_new = |at: usize| !own.iter().any(|own| own.abs_diff(at) <= NEAR_CLICK);
    found(recording)
        .iter()
        .filter(|click| is_new(click.position as usize))
        .count()
}

fn pieces_ms(pieces: usize) -> f64 {
    samples_ms(pieces * PIECE)
}

fn samples_ms(samples: usize) -> f64 {
    samples as f64 / 8.0
}

/// How far before its time a sound is looked for, since carriers' clocks drift; and how long after.
const MARGIN: Duration = Duration::from_millis(200);
const LATEST: Duration = Duration::from_secs(15);
/// −50 dBov.
const SPEECH: f32 = 1e-5;
const PAUSE: usize = 3_200;
/// 3 ms.
const NEAR_CLICK: usize = 24;
