//! PESQ of the bundled speech through each rival, against the same speech through an ideal filter.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::build::build;
use super::directions::{Job, TO_PHONE, from_bytes, to_bytes};
use super::program::{Chunk, Program};
use super::report::Entry;
use super::{Places, Speech, rivals};

/// Scores all of them; the answer is the score of the ideal filter followed by G.711.
pub(super) fn measure(
    places: &Places,
    programs: &[Program],
    entries: &mut [Entry],
    speech: &Speech,
) -> Result<f64> {
    eprintln!("scoring by PESQ");
    let folder = tempfile::tempdir()?;
    let reference = to_bytes(&ideal(&from_bytes(&speech.bytes)));
    let mut paths = vec![folder.path().join("reference.raw")];
    std::fs::write(&paths[0], &reference)?;

    let codec = Codec::new(places)?;
    let mut degraded = vec![codec.decode(&codec.encode(&reference)?)?];
    // A rival that fails scores nothing, and does not stop the others.
    let mut scored = Vec::new();
    for (index, program) in programs.iter().enumerate() {
        let converted = program.convert(TO_PHONE, TO_PHONE.chunk(), &speech.bytes);
        if let Ok(bytes) = converted.and_then(|bytes| codec.decode(&bytes)) {
            degraded.push(bytes);
            scored.push(index);
        }
    }
    for (index, bytes) in degraded.iter().enumerate() {
        paths.push(folder.path().join(format!("{index}.raw")));
        std::fs::write(&paths[index + 1], bytes)?;
    }

    let script = places.benchmarks.join("rivals/python/score.py");
    let output = Command::new(places.python())
        .arg(script)
        .args(&paths)
        .output()
        .context("cannot run Python")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{}",
        said.lines().last().unwrap_or("failed")
    );
    let text = String::from_utf8(output.stdout)?;
    let scores: Vec<f64> = text
        .lines()
        .map(|line| line.trim().parse().unwrap_or(f64::NAN))
        .collect();
    ensure!(
        scores.len() == degraded.len(),
        "{} scores for {} recordings",
        scores.len(),
        degraded.len()
    );
    for (index, &score) in scored.into_iter().zip(&scores[1..]) {
        entries[index].pesq = Some(score).filter(|score| score.is_finite());
    }
    Ok(scores[0])
}

/// G.711 that belongs to none of the rivals: the tables that stand beside those without their own.
struct Codec(Program);

impl Codec {
    fn new(places: &Places) -> Result<Self> {
        let rival = rivals::ALL
            .iter()
            .find(|rival| rival.key == "naive")
            .context("no naive rival in the list")?;
        Ok(Self(
            build(places, rival)?
                .into_iter()
                .next()
                .context("the naive rival has no variant")?,
        ))
    }

    fn encode(&self, linear: &[u8]) -> Result<Vec<u8>> {
        let mut job = Job::linear(8_000, 8_000);
        job.to.is_mulaw = true;
        self.0.convert(job, Chunk::Whole, linear)
    }

    fn decode(&self, codes: &[u8]) -> Result<Vec<u8>> {
        let mut job = Job::linear(8_000, 8_000);
        job.from.is_mulaw = true;
        self.0.convert(job, Chunk::Whole, codes)
    }
}

/// 24 kHz to 8 kHz by a windowed sinc so long (a sixth of a second) that nothing audible distinguishes it from the ideal filter:
/// flat to 3.95 kHz, no delay.
fn ideal(samples: &[i16]) -> Vec<i16> {
    const REACH: isize = 2_000;
    const CUTOFF: f64 = 3_980.0 / 24_000.0;
    let tap = |n: isize| {
        let x = std::f64::consts::TAU * CUTOFF * n as f64;
        let sinc = if n == 0 { 1.0 } else { x.sin() / x };
        let window = 0.5 + 0.5 * (std::f64::consts::PI * n as f64 / (REACH + 1) as f64).cos();
        2.0 * CUTOFF * sinc * window
    };
    let taps: Vec<f64> = (-REACH..=REACH).map(tap).collect();
    let output = |centre: usize| {
        let first = centre as isize - REACH;
        let inside = taps
            .iter()
            .zip(first..)
            .filter(|(_, at)| (0..samples.len() as isize).contains(at));
        let sum: f64 = inside
            .map(|(tap, at)| tap * f64::from(samples[at as usize]))
            .sum();
        sum.round() as i16 // `as` saturates
    };
    (0..samples.len()).step_by(3).map(output).collect()
}

#[cfg(test)]
mod tests {
    use super::ideal;

    #[test]
    fn the_reference_passes_speech_and_stops_aliases() {
        let tone = |frequency: f64| -> Vec<i16> {
            let angle = |n: usize| std::f64::consts::TAU * frequency * n as f64 / 24_000.0;
            (0..24_000)
                .map(|n| (10_000.0 * angle(n).sin()).round() as i16)
                .collect()
        };
        let peak = |samples: &[i16]| {
            samples[2_000..6_000]
                .iter()
                .map(|sample| sample.unsigned_abs())
                .max()
                .unwrap()
        };
        assert!((9_990..=10_001).contains(&peak(&ideal(&tone(3_701.0)))));
        assert!(peak(&ideal(&tone(4_101.0))) <= 1);
    }
}
