//! The known sound, once for all calls.

use std::sync::LazyLock;

use audio_converter::{Converter, g711};
use audio_converter_measure::signal;

/// One period of the sound, at the rates it is said and looked for.
pub(super) struct Sound {
    /// What it is at 8 kHz.
    pub(super) slow: Vec<f32>,
    /// The same in µ-law.
    pub(super) codes: Vec<u8>,
    /// The same at 24 kHz.
    pub(super) fast: Vec<i16>,
    /// Sums of squares of `slow` up to each sample, over two periods.
    squares: Vec<f64>,
}

impl Sound {
    /// What is made once and kept.
    pub(super) fn get() -> &'static Self {
        static SOUND: LazyLock<Sound> = LazyLock::new(Sound::make);
        &SOUND
    }

    /// The energy of `length` samples (a period at most) from a position on.
    pub(super) fn energy(&self, position: u64, length: usize) -> f64 {
        let at = place(position);
        self.squares[at + length] - self.squares[at]
    }

    /// `length` samples (a period at most) from a position on. `slow` goes on for one more period.
    pub(super) fn stretch(&self, position: u64, length: usize) -> &[f32] {
        let at = place(position);
        &self.slow[at..at + length]
    }

    fn make() -> Self {
        let noise = signal::white_noise(1.0, PERIOD, 0x70_6F_6E_65);
        let mut shaped = Vec::with_capacity(2 * PERIOD);
        let (mut before, mut last) = ([0.0; 2], 0.0_f32);
        for x in noise.iter().cycle().take(2 * PERIOD) {
            // Nothing at 0 Hz and at 4 kHz, most at 700 Hz.
            last = 0.6 * last + x - before[1];
            before = [*x, before[0]];
            shaped.push(last);
        }
        let mut spoken: Vec<f32> = shaped.split_off(PERIOD);
        for (sample, loudness) in spoken.iter_mut().zip(words()) {
            *sample *= loudness;
        }
        let square: f32 = spoken.iter().map(|x| x * x).sum::<f32>() / PERIOD as f32;
        let scale = RMS / square.sqrt();
        let whole: Vec<i16> = spoken.iter().map(|x| (x * scale) as i16).collect();

        let codes = whole.iter().map(|x| g711::encode_mulaw(*x)).collect();
        let slow: Vec<f32> = whole
            .iter()
            .cycle()
            .take(2 * PERIOD)
            .map(|x| f32::from(*x))
            .collect();
        let mut squares = vec![0.0];
        let mut sum = 0.0;
        for x in &slow {
            sum += f64::from(*x).powi(2);
            squares.push(sum);
        }
        Self {
            fast: faster(&whole),
            slow,
            codes,
            squares,
        }
    }
}

/// Where a position is in the period.
pub(super) fn place(position: u64) -> usize {
    (position % PERIOD as u64) as usize
}

/// How loud the sound is: words of 0.4 to 1 s, with syllables, and pauses of 100 to 160 ms between them.
fn words() -> Vec<f32> {
    let mut random = signal::Random::new(7);
    let mut loudness = Vec::with_capacity(PERIOD);
    while loudness.len() < PERIOD {
        let mut span = |least: f64, most: f64| {
            (8_000.0 * (least + (most - least) * random.uniform())) as usize
        };
        let (word, syllable, pause) = (span(0.4, 1.0), span(0.15, 0.25), span(0.1, 0.16));
        loudness.extend((0..word).map(|n| {
            let turn = (std::f32::consts::TAU * n as f32 / syllable as f32).cos();
            let edge = (n.min(word - n) as f32 / 40.0).min(1.0);
            (0.7 - 0.3 * turn) * edge
        }));
        loudness.extend(std::iter::repeat_n(0.0, pause));
    }
    loudness.truncate(PERIOD);
    loudness
}

/// From 8 to 24 kHz, round and round.
fn faster(whole: &[i16]) -> Vec<i16> {
    let mut bytes: Vec<u8> = whole.iter().flat_map(|x| x.to_le_bytes()).collect();
    bytes.extend_from_within(..);
    let from = "pcm16/8000".parse().expect("a format");
    let to = "pcm16/24000".parse().expect("a format");
    let mut converter = Converter::new(from, to).expect("8 to 24 kHz has a filter");
    let mut fast = converter.process(&bytes);
    converter.finish_append(&mut fast);
    let samples = fast.as_chunks().0.iter().copied().map(i16::from_le_bytes);
    samples.skip(3 * PERIOD).take(3 * PERIOD).collect()
}

/// 20.48 s at 8 kHz: whatever a bridge loses or repeats at once is less.
pub(super) const PERIOD: usize = 163_840;
/// −24.5 dBov, pauses included.
const RMS: f32 = 1_950.0;
