//! Where the caller's speech begins and ends, by its energy.

use std::time::Duration;

use voice_call::gemini::{
    AutomaticDetection, EndSensitivity, INPUT_RATE, Service, StartSensitivity,
};

/// An energy detector on sound at 16 kHz, 10 ms at a time. It counts samples, not time: without samples of silence it finds no end.
#[derive(Clone, Debug)]
pub(super) struct Detector {
    /// Mean squares above which a block is speech, before and during speech.
    start: f64,
    stay: f64,
    /// Blocks of speech that make a start, and of silence that make an end.
    prefix: u32,
    silence: u32,
    sum: f64,
    count: usize,
    loud: u32,
    quiet: u32,
    is_speaking: bool,
}

/// What a sample changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Start,
    End,
}

impl Detector {
    /// As a setup has it, with the defaults of the service.
    pub(super) fn new(wanted: &AutomaticDetection, service: Service) -> Self {
        let is_vertex = service == Service::Vertex;
        let (start, end) = if is_vertex {
            (StartSensitivity::Low, EndSensitivity::Low)
        } else {
            (StartSensitivity::High, EndSensitivity::High)
        };
        let (threshold, prefix) = match wanted.start.unwrap_or(start) {
            StartSensitivity::High => (-45.0, 40),
            StartSensitivity::Low => (-38.0, 120),
        };
        let silence = match wanted.end.unwrap_or(end) {
            EndSensitivity::High => 500,
            EndSensitivity::Low => 800,
        };
        let prefix = wanted
            .prefix_padding
            .unwrap_or(Duration::from_millis(prefix));
        let silence = wanted.silence.unwrap_or(Duration::from_millis(silence));
        Self {
            start: mean_square(threshold),
            stay: mean_square(threshold - HYSTERESIS),
            prefix: blocks(prefix),
            silence: blocks(silence.min(LONGEST_SILENCE)),
            sum: 0.0,
            count: 0,
            loud: 0,
            quiet: 0,
            is_speaking: false,
        }
    }

    /// One more sample.
    pub(super) fn push(&mut self, sample: i16) -> Option<Edge> {
        self.sum += f64::from(sample).powi(2);
        self.count += 1;
        if self.count < BLOCK {
            return None;
        }
        let level = self.sum / BLOCK as f64;
        (self.sum, self.count) = (0.0, 0);
        if self.is_speaking {
            self.quiet = if level >= self.stay {
                0
            } else {
                self.quiet + 1
            };
            let is_over = self.quiet >= self.silence;
            return is_over.then(|| self.reset()).map(|()| Edge::End);
        }
        // A click is forgotten as fast as it came.
        self.loud = if level >= self.start {
            self.loud + 1
        } else {
            self.loud.saturating_sub(1)
        };
        if self.loud < self.prefix {
            return None;
        }
        self.is_speaking = true;
        Some(Edge::Start)
    }

    /// Speech is over for other reasons.
    pub(super) fn reset(&mut self) {
        (self.loud, self.quiet, self.is_speaking) = (0, 0, false);
    }
}

fn mean_square(dbov: f64) -> f64 {
    32_768.0_f64.powi(2) * 10.0_f64.powf(dbov / 10.0)
}

/// At least one.
fn blocks(length: Duration) -> u32 {
    u32::try_from(length.as_millis() / 10)
        .unwrap_or(u32::MAX)
        .max(1)
}

/// 10 ms.
const BLOCK: usize = INPUT_RATE as usize / 100;

/// Speech goes on down to so many dB under the level that starts it.
const HYSTERESIS: f64 = 6.0;

/// More silence than this is reported to have no effect.
const LONGEST_SILENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Option<Duration> = |ms| Some(Duration::from_millis(ms));

    /// When, in milliseconds, the edges are found in pieces of sound given as (milliseconds, amplitude).
    fn edges(wanted: AutomaticDetection, pieces: &[(usize, i16)]) -> Vec<(usize, Edge)> {
        let mut detector = Detector::new(&wanted, Service::Developer);
        let samples = pieces
            .iter()
            .flat_map(|&(ms, level)| std::iter::repeat_n(level, 16 * ms));
        let edges = samples
            .enumerate()
            .filter_map(|(at, it)| Some((at / 16 + 1, detector.push(it)?)));
        edges.collect()
    }

    #[test]
    fn padding_and_silence_as_configured() {
        let wanted = AutomaticDetection {
            prefix_padding: MS(100),
            silence: MS(300),
            ..Default::default()
        };
        let speech = [(500, 0), (400, 3_000), (200, 0), (100, 3_000), (1_000, 0)];
        assert_eq!(
            edges(wanted, &speech),
            [(600, Edge::Start), (1_500, Edge::End)]
        );
        let long = AutomaticDetection {
            silence: MS(9_000),
            ..Default::default()
        };
        assert_eq!(
            edges(long, &[(100, 3_000), (3_000, 0)]),
            [(40, Edge::Start), (2_100, Edge::End)]
        );
    }

    #[test]
    fn without_samples_of_silence_speech_has_no_end() {
        assert_eq!(
            edges(AutomaticDetection::default(), &[(500, 3_000)]),
            [(40, Edge::Start)]
        );
    }

    #[test]
    fn sensitivities() {
        // −42 dBov.
        let quiet = [(500, 260), (1_000, 0)];
        let low = AutomaticDetection {
            start: Some(StartSensitivity::Low),
            end: Some(EndSensitivity::Low),
            ..Default::default()
        };
        assert_eq!(edges(low, &quiet), []);
        assert_eq!(edges(AutomaticDetection::default(), &quiet).len(), 2);
        let loud = [(500, 3_000), (1_000, 0)];
        assert_eq!(edges(low, &loud), [(120, Edge::Start), (1_300, Edge::End)]);
        let mut vertex = Detector::new(&AutomaticDetection::default(), Service::Vertex);
        assert!((0..8_000).all(|_| vertex.push(260).is_none()));
    }

    #[test]
    fn clicks_are_no_speech() {
        let clicks = [(10, 20_000), (90, 0)].repeat(20);
        assert_eq!(edges(AutomaticDetection::default(), &clicks), []);
    }
}
