//! How long a converter holds sound back.
//!
//! Input sample n arrives at the instant n / input rate. A call hands over a chunk at the instant at which its last
//! sample arrives; what the call returns departs then. Output sample k carries the sound of the instant
//! k / output rate − offset, where the offset is measured by the peak of an impulse's response. It is held back from
//! that instant to its departure. A symmetric filter of 97 taps at 24 kHz, all of it applied as soon as possible,
//! holds sound back by 48 samples = 2 ms.

use anyhow::{Context as _, Result};

use super::directions::{Job, quantize, to_signal};
use super::program::Program;
use super::report::{Held, Latency};

const SECONDS: usize = 4;

pub(super) fn measure(program: &Program, job: Job) -> Result<Latency> {
    let offset = offset(program, job)?;
    let (smallest, first) = if program.is_stateful {
        let chunk = job.smallest_chunk();
        let counts = counts(program, job, chunk)?;
        let calls = counts
            .iter()
            .position(|&count| count > 0)
            .map(|call| call + 1);
        let first = calls.map(|calls| (calls * chunk - 1) as f64 / f64::from(job.from.rate));
        (Some(held(&counts, chunk, job, offset)?), first)
    } else {
        (None, None)
    };
    let chunk = job.chunk_samples();
    let chunked = held(&counts(program, job, chunk)?, chunk, job, offset)?;
    Ok(Latency {
        smallest,
        chunked,
        first,
    })
}

fn counts(program: &Program, job: Job, chunk: usize) -> Result<Vec<u32>> {
    let noise =
        audio_converter_measure::signal::white_noise(0.1, job.from.rate as usize * SECONDS, 1);
    program.counts(job, chunk, &quantize(&noise))
}

/// How much later than its place in the input an impulse stands in the output, in seconds.
fn offset(program: &Program, job: Job) -> Result<f64> {
    let mut failure = None;
    let mut system = |input: &[f32]| match program.convert(job, job.chunk(), &quantize(input)) {
        Ok(output) => to_signal(&output),
        Err(error) => {
            failure = Some(error);
            Vec::new()
        }
    };
    let (from, to) = (f64::from(job.from.rate), f64::from(job.to.rate));
    let found = audio_converter_measure::latency(&mut system, from, to, 1.0);
    failure.map_or(Ok(()), Err)?;
    found.context("nothing came out")
}

fn held(counts: &[u32], chunk: usize, job: Job, offset: f64) -> Result<Held> {
    let (from, to) = (f64::from(job.from.rate), f64::from(job.to.rate));
    let (mut sum, mut worst, mut produced, mut counted) = (0.0, 0.0_f64, 0_u32, 0_u32);
    for (call, &count) in counts.iter().enumerate() {
        let departure = ((call + 1) * chunk - 1) as f64 / from;
        for k in produced..produced + count {
            let instant = f64::from(k) / to - offset;
            // What precedes the first input is a filter's silence.
            if instant >= 0.0 {
                sum += departure - instant;
                worst = worst.max(departure - instant);
                counted += 1;
            }
        }
        produced += count;
    }
    anyhow::ensure!(counted > 0, "nothing came out");
    Ok(Held {
        mean: sum / f64::from(counted),
        worst,
    })
}

#[cfg(test)]
mod tests {
    use super::{Job, held};

    const JOB: Job = Job::linear(24_000, 8_000);

    #[test]
    fn a_delay_line_is_as_late_as_it_is_long() {
        // One output for each three inputs, showing what went in 48 input samples before.
        let found = held(&[1; 1_000], 3, JOB, 0.002).unwrap();
        let waiting = 2.0 / 24_000.0; // the two samples that complete the chunk
        assert!(
            (found.mean - 0.002 - waiting).abs() < 1e-9 && (found.worst - found.mean).abs() < 1e-9,
            "{found:?}"
        );
    }

    #[test]
    fn a_buffer_counts_like_a_delay() {
        // Nothing for 15 calls, then one each, and no offset: the same 2 ms less the part of a sample.
        let counts: Vec<u32> = (0..1_000).map(|call| u32::from(call >= 16)).collect();
        let found = held(&counts, 3, JOB, 0.0).unwrap();
        assert!(
            (found.mean - 0.002 - 2.0 / 24_000.0).abs() < 1e-9,
            "{found:?}"
        );
    }

    #[test]
    fn chunks_of_20_ms_wait_10_ms_on_average() {
        let found = held(&[160; 50], 480, JOB, 0.0).unwrap();
        assert!(
            (found.mean - 0.01).abs() < 1e-4 && (found.worst - 0.02).abs() < 1e-4,
            "{found:?}"
        );
    }
}
