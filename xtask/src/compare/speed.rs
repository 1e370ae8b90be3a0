//! Time and memory: one core, all programs in turn, round by round.

use anyhow::{Context as _, Result};

use super::Speech;
use super::directions::{Job, SPEED, TO_PHONE};
use super::options::Options;
use super::program::Program;
use super::report::{Entry, Missing, Speed};

/// A round's figure is the median of so many batches of so many milliseconds.
const BATCHES: usize = 5;
const BATCH_MILLIS: usize = 20;

/// A command is timed on a short and on a long file; the difference is free of its start.
const SHORT_SECONDS: usize = 30;
const LONG_SECONDS: usize = 630;

/// Runs the rounds; the figures go into `entries`, which stand beside `programs`. The answer is who failed.
pub(super) fn measure(
    programs: &[Program],
    entries: &mut [Entry],
    speech: &Speech,
    options: &Options,
) -> Result<Vec<Missing>> {
    let convert = |program: &Program| {
        program
            .convert(TO_PHONE, TO_PHONE.chunk(), &speech.bytes)
            .ok()
    };
    let telephone = programs
        .iter()
        .find_map(convert)
        .context("not one of them converts the speech")?;
    let mut rounds = vec![[const { Vec::new() }; SPEED.len()]; programs.len()];
    let mut failed: Vec<Option<Missing>> = programs.iter().map(|_| None).collect();
    for round in 0..options.rounds {
        eprintln!("speed: round {} of {}", round + 1, options.rounds);
        for (index, program) in programs.iter().enumerate() {
            for (job, figures) in SPEED.into_iter().zip(&mut rounds[index]) {
                let input = if job.from.is_mulaw {
                    &telephone
                } else {
                    &speech.bytes
                };
                if failed[index].is_some() {
                    continue;
                }
                match one_round(program, job, input, options) {
                    Ok(figure) => figures.push(figure),
                    Err(reason) => {
                        failed[index] =
                            Some(Missing::new(&entries[index].label(), "failed", &reason))
                    }
                }
            }
        }
    }
    for ((entry, figures), failed) in entries.iter_mut().zip(rounds).zip(&failed) {
        if failed.is_none() {
            entry.speed = figures.iter().map(|rounds| summary(rounds)).collect();
        }
    }
    Ok(failed.into_iter().flatten().collect())
}

/// Nanoseconds a chunk; of a command, those for the long and for the short file over the chunks between them.
#[derive(Clone, Copy)]
struct Round {
    time: f64,
    overhead: f64,
}

fn one_round(program: &Program, job: Job, input: &[u8], options: &Options) -> Result<Round> {
    if !program.is_whole_file() {
        let mut batches = program.bench(&options.core, job, BATCHES, BATCH_MILLIS, input)?;
        return Ok(Round {
            time: median(&mut batches),
            overhead: 0.0,
        });
    }
    let file = |seconds: usize| -> Result<f64> {
        let bytes = seconds * job.from.rate as usize * if job.from.is_mulaw { 1 } else { 2 };
        let input: Vec<u8> = input.iter().copied().cycle().take(bytes).collect();
        let chunks = (LONG_SECONDS - SHORT_SECONDS) * 50;
        Ok(program.whole_file(&options.core, job, &input)? * 1e9 / chunks as f64)
    };
    Ok(Round {
        overhead: file(SHORT_SECONDS)?,
        time: file(LONG_SECONDS)?,
    })
}

/// Best and median of the rounds. For a command, whose time is a difference of two runs, the best would be that of the
/// luckiest disturbance: there the median stands for both.
fn summary(rounds: &[Round]) -> Speed {
    let mut times: Vec<f64> = rounds
        .iter()
        .map(|round| round.time - round.overhead)
        .collect();
    let median = median(&mut times);
    let is_difference = rounds.iter().any(|round| round.overhead > 0.0);
    Speed {
        best: if is_difference {
            median
        } else {
            times.first().copied().unwrap_or(f64::NAN)
        },
        median,
    }
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Bytes that each further instance takes; `None` for what has no state to keep.
pub(super) fn memory(program: &Program, speech: &[u8], options: &Options) -> Result<Option<f64>> {
    if !program.is_stateful {
        return Ok(None);
    }
    let instances = if options.is_quick { 300 } else { 2_000 };
    Ok(Some(program.memory(TO_PHONE, instances, speech)?.max(0.0)))
}

#[cfg(test)]
mod tests {
    use super::{Round, summary};

    #[test]
    fn overhead_is_taken_away_from_best_and_median() {
        let round = |time, overhead| Round { time, overhead };
        let speed = summary(&[round(15.0, 4.0), round(12.0, 9.0), round(13.0, 5.0)]);
        assert_eq!((speed.best, speed.median), (8.0, 8.0));
    }
}
