//! The filter as measured from outside: response, aliases, images, SINAD, and whether cutting changes anything.
//!
//! Every rival is given 16-bit samples in chunks of 20 ms and answers in 16-bit samples, as in the job.

use anyhow::{Context as _, Result};
use audio_converter_measure::{ResponseTest, fit_tone, ripple, signal};

use super::directions::{self, Job, QUALITY, from_bytes, quantize, to_signal};
use super::options::Options;
use super::program::{Chunk, Program};
use super::report::{Cuts, Quality};

/// The pass band ends at 0.85 of half the lower rate (3.4 kHz for a telephone), the stop band begins at 1.15 (4.6 kHz).
const PASS: f64 = 0.85;
const STOP: f64 = 1.15;

/// Silence is reported as this, since a plot needs a number.
const SILENCE_DB: f64 = -200.0;

/// All pairs of rates, or the first two when it is to be quick.
pub(super) fn measure(program: &Program, options: &Options) -> Result<Vec<Quality>> {
    let count = if options.is_quick { 2 } else { QUALITY.len() };
    QUALITY[..count]
        .iter()
        .map(|&job| measure_one(program, job, options))
        .collect()
}

fn measure_one(program: &Program, job: Job, options: &Options) -> Result<Quality> {
    let (from, to) = (f64::from(job.from.rate), f64::from(job.to.rate));
    let half = from.min(to) / 2.0;
    let mut test = ResponseTest::new(from, to);
    test.amplitude = 0.8;
    test.dither = 1.0 / 32_768.0;
    test.duration = if options.is_quick { 0.5 } else { 2.0 };
    test.margin = 0.08;

    // Odd numbers of Hz keep the tones off each other's images and off simple fractions of the rates.
    let pass = [
        spread(0.02 * half + 13.0, 0.75 * half, 21),
        spread(0.77 * half, 0.99 * half, 30),
    ]
    .concat();
    let band = spread(0.075 * half + 13.0, PASS * half, 21);
    let beyond: Vec<f64> = match from > to {
        true => spread(1.0125 * half, STOP * half, 5)
            .into_iter()
            .chain(spread(STOP * half, 0.99 * from / 2.0, 56))
            .collect(),
        false => Vec::new(),
    };
    let mut tape = Tape::default();
    let run = |tape: &mut Tape| {
        let mut system = |input: &[f32]| tape.system(input);
        let response = test.response(&mut system, &pass);
        // A tone at a time; what comes out anywhere but in its own place is an alias or an image.
        let mut strongest = |frequencies: &[f64]| -> Vec<(f64, f64)> {
            let level = |&frequency: &f64| {
                let spur = test.worst_image(&mut system, frequency, frequency, 0.0, 2)?;
                Some((frequency, spur.level_db.max(SILENCE_DB)))
            };
            frequencies.iter().filter_map(level).collect()
        };
        (response, strongest(&beyond), strongest(&band))
    };
    run(&mut tape);
    tape.convert(program, job)?;
    let (response, aliases, images) = run(&mut tape);

    let worst = |points: &[(f64, f64)], low: f64| {
        let levels = points
            .iter()
            .filter(|(frequency, _)| *frequency >= low - 1e-6)
            .map(|(_, level)| *level);
        levels.max_by(f64::total_cmp)
    };
    Ok(Quality {
        from: job.from.rate,
        to: job.to.rate,
        ripple_db: ripple(&response, 0.025 * half, PASS * half).map(|spread| spread.deviation_db()),
        alias_db: worst(&aliases, STOP * half),
        image_db: worst(&images, 0.0),
        response: response
            .iter()
            .map(|point| (point.frequency, point.gain_db.max(SILENCE_DB)))
            .collect(),
        aliases,
        images,
    })
}

/// Evenly spread frequencies, both ends included.
fn spread(low: f64, high: f64, count: usize) -> Vec<f64> {
    (0..count)
        .map(|n| low + (high - low) * n as f64 / (count - 1) as f64)
        .collect()
}

/// All stimuli of a measurement in one run of the program, as starting it for each would take hours.
///
/// The measurement is made twice with the same calls: first the tape records what is to be converted and answers
/// nothing, then it answers with what the program made of it.
#[derive(Default)]
struct Tape {
    inputs: Vec<Vec<f32>>,
    outputs: Vec<Vec<f32>>,
    playing: Option<usize>,
}

impl Tape {
    fn system(&mut self, input: &[f32]) -> Vec<f32> {
        match &mut self.playing {
            None => {
                if self.inputs.last().is_none_or(|last| last != input) {
                    self.inputs.push(input.to_vec());
                }
                Vec::new()
            }
            Some(at) => {
                if self.inputs[*at] != input {
                    *at += 1;
                }
                self.outputs[*at].clone()
            }
        }
    }

    /// Silence between the stimuli keeps them apart.
    fn convert(&mut self, program: &Program, job: Job) -> Result<()> {
        let gap = job.from.rate as usize / 10;
        let mut all = Vec::new();
        let mut starts = Vec::new();
        for input in &self.inputs {
            starts.push(all.len());
            all.extend_from_slice(input);
            all.extend(std::iter::repeat_n(0.0, gap));
        }
        let output = to_signal(&program.convert(job, job.chunk(), &quantize(&all))?);
        let scaled = |samples: usize| samples * job.to.rate as usize / job.from.rate as usize;
        for (start, input) in starts.into_iter().zip(&self.inputs) {
            let end = scaled(start + input.len()).min(output.len());
            self.outputs
                .push(output[scaled(start).min(end)..end].to_vec());
        }
        self.playing = Some(0);
        Ok(())
    }
}

/// SINAD in dB of 1020 Hz at −10 dBFS, 24 to 8 kHz, 16 bits out, chunks of 20 ms.
pub(super) fn sinad(program: &Program) -> Result<Option<f64>> {
    let job = QUALITY[0];
    let input = signal::tone(24_000.0, 1_020.0, 10.0_f64.powf(-0.5), 24_000 * 3);
    let output = to_signal(&program.convert(job, job.chunk(), &quantize(&input))?);
    let settled = output
        .get(4_000..output.len().saturating_sub(4_000))
        .context("too little came out")?;
    Ok(fit_tone(settled, 8_000.0, 1_020.0).map(|fit| fit.sinad_db()))
}

/// Compares 20 ms chunks, chunks of an awkward length, and all at once, on speech.
pub(super) fn cuts(program: &Program, speech: &[u8]) -> Result<Cuts> {
    if program.is_whole_file() {
        return Ok(Cuts::NotApplicable);
    }
    let job = QUALITY[0];
    let usual = from_bytes(&program.convert(job, job.chunk(), speech)?);
    let mut worst = 0;
    for chunk in [
        Chunk::Samples(directions::TO_PHONE.chunk_samples() + 20),
        Chunk::Whole,
    ] {
        let other = from_bytes(&program.convert(job, chunk, speech)?);
        if other.len() != usual.len() {
            return Ok(Cuts::Lengths(other.len() as i64 - usual.len() as i64));
        }
        let differences = usual
            .iter()
            .zip(&other)
            .map(|(a, b)| u32::from(a.abs_diff(*b)));
        worst = worst.max(differences.max().unwrap_or(0));
    }
    Ok(if worst == 0 {
        Cuts::Same
    } else {
        Cuts::Differ(worst)
    })
}

#[cfg(test)]
mod tests {
    use super::Tape;

    #[test]
    fn a_tape_answers_in_the_order_in_which_it_was_asked() {
        let mut tape = Tape::default();
        let questions: [&[f32]; 4] = [&[1.0], &[1.0], &[2.0], &[1.0]];
        assert!(questions.iter().all(|input| tape.system(input).is_empty()));
        assert_eq!(tape.inputs, [[1.0], [2.0], [1.0]]); // repetitions are asked once
        tape.outputs = vec![vec![10.0], vec![20.0], vec![30.0]];
        tape.playing = Some(0);
        let answers: Vec<f32> = questions
            .iter()
            .flat_map(|input| tape.system(input))
            .collect();
        assert_eq!(answers, [10.0, 10.0, 20.0, 30.0]);
    }
}
