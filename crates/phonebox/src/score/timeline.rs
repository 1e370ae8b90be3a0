//! Sound with the times at which it was said or heard.

use std::fmt;
use std::path::Path;

use audio_converter::g711::decode_mulaw;
use audio_converter::{Converter, Encoding, Format};
use voice_call::Time;

use crate::carrier::{Clock, RATE, Recording};

/// One side of a phone line: samples at 8 kHz on the axis of the carrier's clock. `Debug` does not show the sound.
#[derive(Clone)]
pub struct Timeline {
    clock: Clock,
    first: u64,
    samples: Vec<f32>,
}

/// A piece of what the model said: 16-bit PCM at 24 kHz, as one message carried it.
#[derive(Clone, PartialEq, Eq)]
pub struct Said {
    /// When the message was sent.
    pub at: Time,
    /// The sound.
    pub pcm: Vec<i16>,
}

/// What the model said in one turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// In the order in which it was sent.
    pub pieces: Vec<Said>,
    /// When the model took it back, because the caller spoke.
    pub interrupted: Option<Time>,
}

/// A piece of what the model heard: 16-bit PCM at 16 kHz, as one message carried it.
#[derive(Clone, PartialEq, Eq)]
pub struct Heard {
    /// When the message came.
    pub at: Time,
    /// The sound.
    pub pcm: Vec<i16>,
}

/// Sound of messages at 8 kHz, and when each sample came.
pub(super) struct Arrived {
    pub(super) samples: Vec<f32>,
    /// The first sample that came after each message, and when the message came.
    ends: Vec<(usize, Time)>,
}

impl Timeline {
    /// Samples from a position of a clock on; 1.0 is full scale.
    #[must_use]
    pub const fn new(clock: Clock, first: u64, samples: Vec<f32>) -> Self {
        Self {
            clock,
            first,
            samples,
        }
    }

    /// What the caller said.
    #[must_use]
    pub fn said(recording: &Recording) -> Self {
        Self::new(recording.clock, recording.first, decoded(&recording.said))
    }

    /// What the caller heard.
    #[must_use]
    pub fn heard(recording: &Recording) -> Self {
        Self::new(recording.clock, recording.first, decoded(&recording.heard))
    }

    /// The samples.
    #[must_use]
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// When the sample of an index begins.
    #[must_use]
    pub fn time_of(&self, index: usize) -> Time {
        self.clock.time_of(self.first + index as u64)
    }

    /// The index of the sample that a time falls on, within the samples.
    #[must_use]
    pub fn index_at(&self, time: Time) -> usize {
        let position = self.clock.sample_at(time).saturating_sub(self.first);
        usize::try_from(position).map_or(self.samples.len(), |index| index.min(self.samples.len()))
    }
}

impl Turn {
    /// The whole turn at 8 kHz, as `audio-converter` converts it without sockets.
    pub(super) fn at_8_khz(&self) -> Vec<f32> {
        let pcm = self.pieces.iter().flat_map(|piece| &piece.pcm);
        floats(&converted(&bytes(pcm), PCM_24, FLOAT_8))
    }

    /// The whole turn as it is at best on a phone line.
    pub(super) fn on_a_phone(&self) -> Vec<f32> {
        let pcm = self.pieces.iter().flat_map(|piece| &piece.pcm);
        decoded(&converted(&bytes(pcm), PCM_24, (Encoding::MuLaw, RATE)))
    }

    /// When a bridge without any delay would begin to play each sample at 8 kHz: as soon as it is there, and what was before it has
    /// been played.
    pub(super) fn ideal_time(&self, sample: usize) -> Option<Time> {
        let mut before = 0;
        let mut free = Time::ZERO;
        for piece in &self.pieces {
            free = free.max(piece.at);
            let end = before + piece.pcm.len();
            if sample * 3 < end {
                let into = (sample * 3 - before.min(sample * 3)) as u64;
                return Some(free + nanos(into, 24_000));
            }
            free += nanos(piece.pcm.len() as u64, 24_000);
            before = end;
        }
        None
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timeline({} samples)", self.samples.len())
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Said({} samples at {})", self.pcm.len(), self.at)
    }
}

impl fmt::Debug for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Heard({} samples at {})", self.pcm.len(), self.at)
    }
}

impl Arrived {
    pub(super) fn new(heard: &[Heard]) -> Self {
        let pcm = heard.iter().flat_map(|piece| &piece.pcm);
        let mut total = 0;
        let ends = heard.iter().map(|piece| {
            total += piece.pcm.len();
            (total.div_ceil(2), piece.at)
        });
        Self {
            ends: ends.collect(),
            samples: floats(&converted(&bytes(pcm), PCM_16, FLOAT_8)),
        }
    }

    /// When a sample came.
    pub(super) fn time_of(&self, sample: usize) -> Option<Time> {
        let message = self.ends.partition_point(|(end, _)| *end <= sample);
        self.ends.get(message).map(|(_, at)| *at)
    }

    /// The first sample that came at a time or later.
    pub(super) fn index_at(&self, time: Time) -> usize {
        let message = self.ends.partition_point(|(_, at)| *at < time);
        message
            .checked_sub(1)
            .map_or(0, |before| self.ends[before].0)
    }
}

/// Writes both sides of a line as a WAV file: caller left, agent right.
///
/// # Errors
///
/// When the file cannot be written.
pub fn write_stereo(path: &Path, recording: &Recording) -> Result<(), hound::Error> {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(path, spec)?;
    for (said, heard) in recording.said.iter().zip(&recording.heard) {
        file.write_sample(decode_mulaw(*said))?;
        file.write_sample(decode_mulaw(*heard))?;
    }
    file.finalize()
}

fn decoded(codes: &[u8]) -> Vec<f32> {
    let sample = |code: &u8| f32::from(decode_mulaw(*code)) / 32_768.0;
    codes.iter().map(sample).collect()
}

/// Sound at 8 kHz as it is at best when it has been at 16 kHz in between.
pub(super) fn by_16_khz(samples: &[f32]) -> Vec<f32> {
    let bytes: Vec<u8> = samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    floats(&converted(
        &converted(&bytes, FLOAT_8, PCM_16),
        PCM_16,
        FLOAT_8,
    ))
}

fn converted(bytes: &[u8], from: (Encoding, u32), to: (Encoding, u32)) -> Vec<u8> {
    let format =
        |(encoding, rate)| Format::new(encoding, rate).expect("a rate of phones and models");
    let mut converter = Converter::new(format(from), format(to)).expect("these rates convert");
    let mut out = converter.process(bytes);
    converter.finish_append(&mut out);
    out
}

fn bytes<'a>(pcm: impl Iterator<Item = &'a i16>) -> Vec<u8> {
    pcm.flat_map(|sample| sample.to_le_bytes()).collect()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let sample = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    bytes.chunks_exact(4).map(sample).collect()
}

fn nanos(samples: u64, rate: u64) -> std::time::Duration {
    std::time::Duration::from_nanos(samples * 1_000_000_000 / rate)
}

const PCM_24: (Encoding, u32) = (Encoding::Pcm16, 24_000);
const PCM_16: (Encoding, u32) = (Encoding::Pcm16, 16_000);
const FLOAT_8: (Encoding, u32) = (Encoding::F32, RATE);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn ms(ms: u64) -> Time {
        Time::ZERO + Duration::from_millis(ms)
    }

    #[test]
    fn an_ideal_bridge_plays_when_it_can() {
        let piece = |at, length| Said {
            at,
            pcm: vec![0; length],
        };
        let turn = Turn {
            // 100 ms at 10 ms; 100 ms at 20 ms, which wait; 100 ms at 500 ms, which are late.
            pieces: vec![
                piece(ms(10), 2_400),
                piece(ms(20), 2_400),
                piece(ms(500), 2_400),
            ],
            interrupted: None,
        };
        let times = [0, 400, 800, 1_200, 1_600, 2_000].map(|sample| turn.ideal_time(sample));
        assert_eq!(times, [10, 60, 110, 160, 500, 550].map(|at| Some(ms(at))));
        assert_eq!(turn.ideal_time(2_400), None);
        assert_eq!(turn.at_8_khz().len(), 2_400);
    }

    #[test]
    fn samples_came_with_their_message() {
        let heard = [ms(40), ms(80), ms(85)].map(|at| Heard {
            at,
            pcm: vec![0; 640],
        });
        let arrived = Arrived::new(&heard);
        assert_eq!(arrived.samples.len(), 960);
        let times = [0, 319, 320, 640, 959].map(|sample| arrived.time_of(sample));
        assert_eq!(times, [40, 40, 80, 85, 85].map(|at| Some(ms(at))));
        assert_eq!(arrived.time_of(960), None);
        assert_eq!(
            [0, 40, 41, 82, 90].map(|at| arrived.index_at(ms(at))),
            [0, 0, 320, 640, 960]
        );
    }
}
