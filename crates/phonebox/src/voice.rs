//! Speech to talk with: the recordings that come with the program, whole and phrase by phrase, and any file.
//!
//! `examples/data/README.md` says where the recordings come from.

use std::io::Cursor;
use std::path::Path;

use audio_converter::{Converter, Encoding, Format, g711};
use audio_converter_file::{Source, SourceOptions};

/// Samples a second of [`caller`].
pub const CALLER_RATE: u32 = 8_000;

/// Samples a second of [`agent`].
pub const AGENT_RATE: u32 = 24_000;

/// One phrase of a recording, cut out at its pauses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// What is said.
    pub text: &'static str,
    /// Where it begins in the recording, in samples.
    pub start: usize,
    /// Its sound, at the recording's rate.
    pub samples: Vec<i16>,
}

/// A caller on a telephone line: four utterances in 14.8 s, 8 kHz.
///
/// ```
/// assert_eq!(phonebox::voice::caller().len(), 118_121);
/// ```
#[must_use]
pub fn caller() -> Vec<i16> {
    bundled(CALLER)
}

/// The same as µ-law, as a telephone line carries it.
#[must_use]
pub fn caller_mulaw() -> Vec<u8> {
    caller().into_iter().map(g711::encode_mulaw).collect()
}

/// The caller's utterances one by one.
///
/// ```
/// let phrases = phonebox::voice::caller_phrases();
/// assert_eq!(phrases[1].text, "It was supposed to arrive on Friday.");
/// ```
#[must_use]
pub fn caller_phrases() -> Vec<Phrase> {
    phrases(&caller(), CALLER_RATE, 0.8, &CALLER_TEXTS)
}

/// What a voice model says: three sentences in 8.4 s, 24 kHz.
///
/// ```
/// assert_eq!(phonebox::voice::agent().len(), 201_392);
/// ```
#[must_use]
pub fn agent() -> Vec<i16> {
    bundled(AGENT)
}

/// The agent's sentences one by one.
#[must_use]
pub fn agent_phrases() -> Vec<Phrase> {
    phrases(&agent(), AGENT_RATE, 0.2, &AGENT_TEXTS)
}

/// Any sound file as mono samples at a rate of one's choice.
///
/// # Errors
///
/// When the file cannot be read or decoded, or its rate cannot be converted. Both name the file.
pub fn load(path: impl AsRef<Path>, rate: u32) -> Result<Vec<i16>, LoadError> {
    let source = Source::open(path, &SourceOptions::default())?;
    read(source, rate)
}

/// Why a sound file could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It cannot be read or decoded.
    #[error(transparent)]
    File(#[from] audio_converter_file::Error),
    /// Its rate cannot be converted to the one that is wanted.
    #[error("{name}: {problem}")]
    Rate {
        /// The file.
        name: String,
        /// What the converter says.
        problem: audio_converter::Error,
    },
}

/// Little-endian bytes of samples.
#[must_use]
pub fn pcm_bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|it| it.to_le_bytes()).collect()
}

/// Samples of little-endian bytes; half a sample at the end is left out.
#[must_use]
pub fn samples_of(pcm: &[u8]) -> Vec<i16> {
    let (pairs, _) = pcm.as_chunks::<2>();
    pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
}

fn read(mut source: Source, rate: u32) -> Result<Vec<i16>, LoadError> {
    let name = source.name().to_owned();
    let converter =
        Format::new(Encoding::Pcm16, rate).and_then(|to| Converter::new(source.format(), to));
    let mut converter = converter.map_err(|problem| LoadError::Rate { name, problem })?;
    let (mut buffer, mut pcm) = (vec![0; 16_384], Vec::new());
    loop {
        match source.read(&mut buffer)? {
            0 => break,
            count => converter.process_append(&buffer[..count], &mut pcm),
        }
    }
    converter.finish_append(&mut pcm);
    Ok(samples_of(&pcm))
}

/// A recording that is part of the program.
fn bundled(wav: &'static [u8]) -> Vec<i16> {
    let options = SourceOptions::default();
    let source = Source::from_reader("bundled.wav", Cursor::new(wav), &options);
    let source = source.expect("the recording is a WAV file");
    let rate = source.format().rate();
    read(source, rate).expect("the recording is whole")
}

/// Cuts a recording at its pauses of at least so many seconds. Each phrase keeps a little of the pauses around it.
fn phrases(samples: &[i16], rate: u32, pause: f64, texts: &[&'static str]) -> Vec<Phrase> {
    let frame = rate as usize / 50;
    let frames = samples.chunks(frame).map(is_sounding);
    let longest = (pause * 50.0) as usize;
    // Runs of frames with sound, as (first, last); those closer than a pause are one.
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, _) in frames.enumerate().filter(|(_, sounds)| *sounds) {
        match runs.last_mut() {
            Some((_, last)) if at - *last <= longest => *last = at,
            _ => runs.push((at, at)),
        }
    }
    let cut = |(first, last): (usize, usize)| {
        let end = ((last + 1 + MARGIN) * frame).min(samples.len());
        (first.saturating_sub(MARGIN) * frame, end)
    };
    let phrases = runs.into_iter().map(cut).zip(texts);
    phrases
        .map(|((start, end), text)| Phrase {
            text,
            start,
            samples: samples[start..end].to_vec(),
        })
        .collect()
}

/// Whether a frame is over −50 dBov.
fn is_sounding(frame: &[i16]) -> bool {
    let energy: f64 = frame.iter().map(|&it| f64::from(it).powi(2)).sum();
    energy / frame.len() as f64 > 32_768.0_f64.powi(2) * 1e-5
}

/// Frames of 20 ms that a phrase keeps of the pauses around it.
const MARGIN: usize = 2;

const CALLER: &[u8] = include_bytes!("../../../examples/data/caller_8khz.wav");
const AGENT: &[u8] = include_bytes!("../../../examples/data/sample_pcm16_24khz.wav");

const CALLER_TEXTS: [&str; 4] = [
    "Yes, hello? I am calling about my order.",
    "It was supposed to arrive on Friday.",
    "The number is four, seven, two, nine.",
    "Okay. Thank you very much.",
];
const AGENT_TEXTS: [&str; 3] = [
    "Thanks for calling Seaside Fish.",
    "Your fresh salmon has just been shipped, and should reach you Saturday at six.",
    "Shall I send a text message to confirm?",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths of runs of sound without a pause, in seconds.
    fn count(samples: &[i16], rate: u32, pause: f64) -> usize {
        phrases(samples, rate, pause, &["x"; 20]).len()
    }

    #[test]
    fn pauses_cut_recordings_into_as_many_phrases_as_they_have() {
        assert_eq!(count(&caller(), CALLER_RATE, 0.8), CALLER_TEXTS.len());
        assert_eq!(count(&agent(), AGENT_RATE, 0.2), AGENT_TEXTS.len());
        for phrase in caller_phrases() {
            let seconds = phrase.samples.len() as f64 / f64::from(CALLER_RATE);
            assert!(
                (1.0..4.0).contains(&seconds),
                "{seconds} s: {}",
                phrase.text
            );
        }
        let first = &agent_phrases()[0];
        assert_eq!(agent()[first.start..][..first.samples.len()], first.samples);
    }

    #[test]
    fn any_file_at_any_rate() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("caller.wav");
        std::fs::write(&path, CALLER).expect("written");
        assert_eq!(load(&path, AGENT_RATE).expect("loaded").len(), 3 * 118_121);
        let missing = load(folder.path().join("none.wav"), 8_000).expect_err("missing");
        assert!(missing.to_string().contains("none.wav"), "{missing}");
    }

    #[test]
    fn bytes_and_samples() {
        assert_eq!(samples_of(&pcm_bytes(&[-2, 3])), [-2, 3]);
        assert_eq!(samples_of(&[1, 0, 9]), [1]);
    }
}
