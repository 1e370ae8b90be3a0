//! Tells stretches of the known sound apart: who hears 40 ms of one knows which it is.

use std::ops::Range;
use std::sync::LazyLock;

use super::follow::{QUIET, WINDOW, best_place, squares};
use super::sound::{PERIOD, Sound, place};

/// Fills a frame with the µ-law of the sound from a position on.
pub(crate) fn say(position: u64, frame: &mut [u8]) {
    let codes = &Sound::get().codes;
    for (n, code) in frame.iter_mut().enumerate() {
        *code = codes[place(position + n as u64)];
    }
}

/// The next position that is 2.5 ms before a word, in a pause of 50 ms or more: there a filter holds back nothing but silence.
pub(crate) fn next_pause(position: u64) -> u64 {
    static PAUSES: LazyLock<Vec<u64>> = LazyLock::new(|| {
        let silent = |position| Sound::get().stretch(position, 1)[0] == 0.0;
        let is_word = |at: &u64| {
            let behind = *at + PERIOD as u64;
            !silent(behind) && (1..=PAUSE).all(|n| silent(behind - n))
        };
        let words = (PAUSE..PERIOD as u64).filter(is_word);
        words.map(|word| word - GUARD).collect()
    });
    let at = place(position) as u64;
    let next = PAUSES.iter().find(|pause| **pause >= at);
    let next = next.map_or_else(|| PAUSES[0] + PERIOD as u64, |pause| *pause);
    position + next - at
}

/// Listens until it has heard enough.
#[derive(Debug, Default)]
pub(crate) struct Recogniser {
    heard: Vec<f32>,
    /// Samples of a faster rate before the next that counts.
    phase: usize,
}

impl Recogniser {
    /// How many of the next samples of a faster rate come before the one that counts.
    pub(crate) const fn phase(&self) -> usize {
        self.phase
    }

    /// Hears sound at `times` 8 kHz.
    pub(crate) fn hear(&mut self, times: usize, samples: impl ExactSizeIterator<Item = i16>) {
        let (phase, length) = (self.phase, samples.len());
        let before = self.heard.len();
        self.heard
            .extend(samples.skip(phase).step_by(times).map(f32::from));
        self.phase = (phase + (self.heard.len() - before) * times).saturating_sub(length);
    }

    /// Which of some stretches is heard, by their numbers; `None` if none is, or it is not known yet. Two windows, one after the other, must be
    /// in the stretch at places one after the other: that is never chance.
    pub(crate) fn find<T: Copy>(
        &mut self,
        stretches: &(impl Iterator<Item = (T, Range<u64>)> + Clone),
    ) -> Option<T> {
        let sound = Sound::get();
        while self.heard.len() >= 2 * WINDOW {
            let (one, two) = self.heard[..2 * WINDOW].split_at(WINDOW);
            let is_loud = |window| squares(window) > 16.0 * QUIET * WINDOW as f64;
            if is_loud(one) && is_loud(two) {
                for (number, stretch) in stretches.clone() {
                    let Some(first) = best_place(sound, one, stretch) else {
                        continue;
                    };
                    let next = first.position + WINDOW as u64;
                    if best_place(sound, two, next.saturating_sub(2)..next + 3).is_some() {
                        return Some(number);
                    }
                }
            }
            self.heard.drain(..WINDOW);
        }
        None
    }
}

/// In samples.
const PAUSE: u64 = 400;
const GUARD: u64 = 20;

#[cfg(test)]
mod tests {
    use audio_converter::g711;

    use super::*;

    #[test]
    fn pauses_are_found_everywhere() {
        for position in (0..400_000).step_by(777) {
            let pause = next_pause(position);
            assert!((position..position + 10_000).contains(&pause));
            assert_eq!(next_pause(pause), pause);
        }
    }

    #[test]
    fn each_stretch_is_known_by_its_sound_and_nothing_else_is() {
        let stretches = (0..10_u64).map(|n| (n, n * 16_384..n * 16_384 + 8_000));
        for (wanted, offset, times) in [(0, 0, 1), (3, 700, 2), (9, 6_000, 3)] {
            let mut codes = [0xFF; 1_600];
            say(wanted * 16_384 + offset, &mut codes[500..]);
            let mut recogniser = Recogniser::default();
            let mut found = None;
            for frame in codes.chunks(97) {
                let samples = frame
                    .iter()
                    .flat_map(|code| std::iter::repeat_n(g711::decode_mulaw(*code) / 3, times));
                let samples: Vec<i16> = samples.collect();
                recogniser.hear(times, samples.into_iter());
                found = found.or_else(|| recogniser.find(&stretches));
            }
            assert_eq!(found, Some(wanted));
        }
        let noise = audio_converter_measure::signal::white_noise(0.1, 16_000, 5);
        let noise: Vec<i16> = noise.iter().map(|x| (x * 32_000.0) as i16).collect();
        let mut recogniser = Recogniser::default();
        recogniser.hear(1, noise.into_iter());
        assert_eq!(recogniser.find(&stretches), None);
    }
}
