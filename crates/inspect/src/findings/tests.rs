//! What is said about figures that are made up.

use audio_converter_measure::{misread, signal, wrong_rate};

use super::bytes::ORIGIN_SAMPLES;
use super::*;
use crate::report::{Band, Clicked, Clipped, Gapped, Levels};

fn report(rate: u32, samples: u64) -> Report {
    Report {
        file: "a-b.wav".to_owned(),
        container: "WAV".to_owned(),
        encoding: "µ-law".to_owned(),
        channels: 1,
        channel: "mix".to_owned(),
        rate,
        samples,
        seconds: samples as f64 / f64::from(rate),
        level: Levels {
            peak_dbfs: -6.0,
            rms_dbov: -25.0,
            speech_dbov: Some(-23.0),
            speech_activity: Some(0.5),
            noise_floor_dbov: None,
            digital_silence: 0.0,
            dc: 0.0,
            not_finite: 0,
        },
        spectrum: Band {
            bandwidth_hz: None,
            cliff_hz: None,
            cliff_db: None,
            median_pitch_hz: None,
        },
        clipping: Clipped {
            runs: 0,
            samples: 0,
            longest: 0,
            at: Vec::new(),
        },
        clicks: Clicked {
            count: 0,
            found: Vec::new(),
        },
        gaps: Gapped {
            count: 0,
            dropouts: 0,
            seconds: 0.0,
            leading: 0.0,
            trailing: 0.0,
            found: Vec::new(),
        },
        findings: Vec::new(),
    }
}

fn evidence() -> Evidence {
    Evidence {
        reading: Reading::Pcm16,
        warnings: Vec::new(),
        origin: None,
        misread: None,
        law_misread: None,
        wrong_rate: None,
        spread_db: None,
    }
}

/// The one finding there is.
fn only(report: &Report, evidence: &Evidence) -> Finding {
    let found = findings(report, evidence);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

#[test]
fn too_fast_is_what_a_lower_rate_would_mend() {
    let voice = signal::voice(8_000.0, 120.0, 80_000, 1);
    let mut evidence = evidence();
    let mut found = wrong_rate(&voice, 24_000.0).unwrap();
    // A low voice at twice its rate: the pitch alone would not tell.
    found.pitch = 140.0;
    evidence.wrong_rate = Some(found);
    let fast = only(&report(24_000, 80_000), &evidence).message;
    assert!(
        fast.contains("too fast") && fast.contains("8000 Hz"),
        "{fast}"
    );
    found.likely_rate = 48_000.0;
    found.pitch = 160.0;
    evidence.wrong_rate = Some(found);
    let slow = only(&report(24_000, 80_000), &evidence).message;
    assert!(
        slow.contains("too slow") && slow.contains("48000 Hz"),
        "{slow}"
    );
}

#[test]
fn the_advice_on_swapped_bytes_can_be_typed() {
    let swapped: Vec<u8> = signal::voice(8_000.0, 120.0, 80_000, 1)
        .iter()
        .flat_map(|x| ((x * 32_767.0) as i16).to_be_bytes())
        .collect();
    let mut evidence = evidence();
    evidence.misread = misread(&swapped, Reading::Pcm16);
    let advice = only(&report(22_050, 80_000), &evidence).advice;
    assert!(advice.ends_with("--from pcm16be/22050"), "{advice}");
}

#[test]
fn only_what_was_looked_at_is_called_a_value_of_a_law() {
    let mut evidence = evidence();
    evidence.origin = Some(Reading::MuLaw);
    let whole = only(&report(8_000, ORIGIN_SAMPLES), &evidence).message;
    assert!(
        whole.starts_with("every sample is a value of µ-law"),
        "{whole}"
    );
    let part = only(&report(8_000, ORIGIN_SAMPLES + 1), &evidence).message;
    assert!(
        part.starts_with("every sample of the first 375 s is a value of µ-law"),
        "{part}"
    );
}

#[test]
fn what_leaves_no_room_is_not_to_be_raised() {
    let mut quiet = report(8_000, 80_000);
    quiet.level.speech_dbov = Some(-43.0);
    let advice = only(&quiet, &evidence()).advice;
    assert!(advice.starts_with("Raise it by 6 dB"), "{advice}");
    for peak in [-0.9, -0.4, 0.0, 3.0] {
        quiet.level.peak_dbfs = peak;
        let advice = only(&quiet, &evidence()).advice;
        assert!(!advice.contains("Raise it by"), "{peak}: {advice}");
    }
}

#[test]
fn there_is_one_minus_sign() {
    let mut report = report(8_000, 80_000);
    report.level.speech_dbov = Some(-43.0);
    report.level.dc = -0.05;
    report.findings = findings(&report, &evidence());
    let text = report.to_string();
    assert!(text.contains("speech at −43 dBov"), "{text}");
    assert!(text.contains("offset of −5.0 %"), "{text}");
    let ascii = |pair: &[char]| pair[0] == '-' && pair[1].is_ascii_digit();
    let letters: Vec<char> = text.chars().collect();
    assert!(!letters.windows(2).any(ascii), "{text}");
    report.level.speech_dbov = Some(-3.0);
    let loud = findings(&report, &evidence());
    assert!(loud.iter().any(|found| found.message.contains("−3 dBov")));
}

#[cfg(feature = "plot")]
#[test]
fn the_plot_keeps_its_hyphens() {
    use crate::plot::PictureMeter;

    let meter = PictureMeter::new(8_000.0).unwrap();
    let svg = meter.finish(&report(8_000, 80_000)).svg().unwrap();
    assert!(svg.contains("µ-law") && !svg.contains("µ−law"));
    assert!(svg.contains("speech −23.0 dBov"));
}
