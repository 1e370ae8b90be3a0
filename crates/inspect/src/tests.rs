//! Recordings with one known fault each, and what is said about them.

use std::io::Cursor;

use audio_converter::{Encoding, Format};
use audio_converter_file::SourceOptions;
use audio_converter_measure::signal;

use crate::{Inspection, inspect_reader};

fn pcm(samples: &[f32]) -> Vec<u8> {
    samples
        .iter()
        .flat_map(|x| ((x * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16).to_le_bytes())
        .collect()
}

fn look(bytes: Vec<u8>, encoding: Encoding, rate: u32) -> Inspection {
    let options = SourceOptions::raw(Format::new(encoding, rate).unwrap());
    inspect_reader("memory <&> \"call\".raw", Cursor::new(bytes), &options).unwrap()
}

/// The kinds of findings, the worst first.
fn kinds(samples: &[f32], rate: u32) -> Vec<&'static str> {
    look(pcm(samples), Encoding::Pcm16, rate)
        .report
        .findings
        .iter()
        .map(|finding| finding.kind)
        .collect()
}

fn voice() -> Vec<f32> {
    signal::voice(16_000.0, 120.0, 160_000, 1)
}

#[test]
fn a_clean_voice_has_no_fault() {
    let kinds = kinds(&voice(), 16_000);
    assert!(kinds.iter().all(|kind| *kind == "bandwidth"), "{kinds:?}");
}

#[test]
fn each_fault_is_told() {
    let check = |kind: &str, change: &dyn Fn(usize, f32) -> f32| {
        let faulty: Vec<f32> = voice()
            .iter()
            .enumerate()
            .map(|(n, x)| change(n, *x))
            .collect();
        let found = kinds(&faulty, 16_000);
        assert!(found.contains(&kind), "{kind}: {found:?}");
    };
    check("clipping", &|_, x| x * 30.0);
    check("quiet", &|_, x| x * 0.05);
    check("dc", &|_, x| x + 0.05);
    check("clicks", &|n, x| if n == 70_000 { x + 0.5 } else { x });
    check("silence", &|_, _| 0.0);
    let noise = signal::white_noise(0.02, 160_000, 9);
    check("noise", &|n, x| x + noise[n]);
}

#[test]
fn missing_sound_is_told_with_its_place() {
    let mut tone = signal::tone(8_000.0, 440.0, 0.2, 40_000);
    tone[16_000..16_160].fill(0.0);
    let report = look(pcm(&tone), Encoding::Pcm16, 8_000).report;
    let gap = report
        .findings
        .iter()
        .find(|finding| finding.kind == "gaps")
        .unwrap();
    assert_eq!(gap.message, "sound is missing for 20 ms at 2.000 s");
}

#[test]
fn clicks_at_chunk_edges_name_their_cause() {
    let tone = signal::tone(8_000.0, 430.0, 0.3, 100 * 167);
    let cut: Vec<f32> = tone
        .chunks(167)
        .flat_map(|chunk| &chunk[..160])
        .copied()
        .collect();
    let report = look(pcm(&cut), Encoding::Pcm16, 8_000).report;
    let clicks = report
        .findings
        .iter()
        .find(|finding| finding.kind == "clicks")
        .unwrap();
    assert!(clicks.message.contains("multiple of 20 ms"), "{clicks:?}");
}

#[test]
fn bytes_read_wrong_are_told_and_nothing_else_of_them() {
    let report = look(pcm(&voice()), Encoding::Pcm16Be, 16_000).report;
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    assert!(
        report.findings[0]
            .message
            .contains("little endian, not as 16-bit PCM, big endian")
    );
}

#[test]
fn telephone_speech_at_a_high_rate_is_told() {
    // Noise up to 3.4 kHz: telephone bandwidth at 24 kHz, as sums of tones.
    let mut wide = vec![0.0_f32; 120_000];
    for n in 0..80 {
        let tone = signal::tone(24_000.0, 300.0 + f64::from(n) * 39.0, 0.01, wide.len());
        wide.iter_mut().zip(tone).for_each(|(sum, x)| *sum += x);
    }
    let report = look(pcm(&wide), Encoding::Pcm16, 24_000).report;
    let found = report
        .findings
        .iter()
        .find(|finding| finding.kind == "bandwidth")
        .unwrap();
    assert!(
        found.message.ends_with("telephone speech, up-sampled"),
        "{found:?}"
    );
}

#[test]
fn the_report_is_text_and_json() {
    let report = look(pcm(&voice()), Encoding::Pcm16, 16_000).report;
    assert!(
        report
            .to_string()
            .contains("16000 Hz, 10.00 s (160000 samples)")
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["samples"], 160_000);
}

#[cfg(feature = "plot")]
#[test]
fn the_picture_is_svg_or_png() {
    let picture = look(pcm(&voice()), Encoding::Pcm16, 16_000).picture;
    let folder = tempfile::tempdir().unwrap();
    let (svg, png) = (folder.path().join("a.svg"), folder.path().join("a.PNG"));
    picture.write(&svg, &[]).unwrap();
    picture.write(&png, &[]).unwrap();
    assert!(
        std::fs::read_to_string(svg)
            .unwrap()
            .contains("memory &lt;&amp;&gt; &quot;call&quot;.raw")
    );
    assert!(std::fs::read(png).unwrap().starts_with(b"\x89PNG"));
    let jpg = folder.path().join("a.jpg");
    let error = picture.write(&jpg, &[]).unwrap_err().to_string();
    assert!(
        error.ends_with("a.jpg: a plot is an .svg or a .png file"),
        "{error}"
    );
}

#[test]
fn nearly_nothing_is_told_and_drawn_all_the_same() {
    for samples in [&[0.5_f32][..], &[f32::NAN; 3], &[0.0; 1_000]] {
        let bytes = samples.iter().flat_map(|x| x.to_le_bytes()).collect();
        let inspection = look(bytes, Encoding::F32, 8_000);
        #[cfg(feature = "plot")]
        assert!(inspection.picture.svg().is_ok());
        let report = inspection.report;
        assert!(!report.to_string().is_empty());
        assert!(serde_json::to_string(&report).is_ok());
    }
}
