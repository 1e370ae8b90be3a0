//! The bundled recordings of speech: no clicks in them but those that were put in.

use audio_converter::Converter;
use audio_converter_measure::{Reading, clicks};

/// The bytes of the data chunk of a bundled WAV.
fn bundled(name: &str) -> Vec<u8> {
    let path = format!("{}/../../examples/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::read(path).unwrap();
    let mut chunk = 12;
    loop {
        let length = u32::from_le_bytes(file[chunk + 4..chunk + 8].try_into().unwrap()) as usize;
        if &file[chunk..chunk + 4] == b"data" {
            return file[chunk + 8..chunk + 8 + length].to_vec();
        }
        chunk += 8 + length + length % 2;
    }
}

/// The sample of 24 kHz converted to another format.
fn converted(to: &str) -> Vec<u8> {
    let converter = Converter::new("pcm16/24000".parse().unwrap(), to.parse().unwrap()).unwrap();
    let bytes = bundled("sample_pcm16_24khz.wav");
    converter.chunks(bytes.chunks(960)).flatten().collect()
}

/// Each recording with its name and rate.
fn recordings() -> Vec<(&'static str, Vec<f32>, f64)> {
    let pcm = |bytes: &[u8]| Reading::Pcm16.samples(bytes);
    vec![
        ("sample", pcm(&bundled("sample_pcm16_24khz.wav")), 24_000.0),
        ("sample at 8 kHz", pcm(&converted("pcm16/8000")), 8_000.0),
        ("caller", pcm(&bundled("caller_8khz.wav")), 8_000.0),
    ]
}

#[test]
fn speech_has_no_clicks() {
    for (name, signal, rate) in recordings() {
        let found = clicks(&signal, rate).unwrap();
        assert_eq!(found.count, 0, "{name}: {found:?}");
    }
}

#[test]
fn the_release_of_a_t_is_none_at_any_rate() {
    for rate in [8_000_u32, 10_000, 11_025, 12_000, 16_000, 22_050, 48_000] {
        let signal = Reading::Pcm16.samples(&converted(&format!("pcm16/{rate}")));
        let found = clicks(&signal, f64::from(rate)).unwrap();
        assert_eq!(found.count, 0, "{rate}: {found:?}");
    }
    let found = clicks(&Reading::MuLaw.samples(&converted("mulaw/8000")), 8_000.0);
    assert_eq!(found.unwrap().count, 0);
}

/// In loud vowels a click of this size is hidden among the pulses of the voice: the 20 places have a peak
/// below a tenth of it within 40 ms.
#[test]
fn inserted_clicks_are_found_at_20_places_each() {
    for (name, signal, rate) in recordings() {
        let near = (rate * 0.04) as usize;
        let is_quiet = |at: &usize| {
            let around = &signal[at - near..at + near];
            around.iter().all(|x| x.abs() < 0.01)
        };
        let all: Vec<usize> = (2 * near..signal.len() - 2 * near)
            .step_by(97)
            .filter(is_quiet)
            .collect();
        let places: Vec<usize> = (0..20).map(|k| all[k * (all.len() - 1) / 19]).collect();
        for (size, is_step) in [(0.1, false), (-0.1, false), (0.1, true), (0.3, false)] {
            for &at in &places {
                let mut clicking = signal.clone();
                let end = if is_step { signal.len() } else { at + 1 };
                clicking[at..end].iter_mut().for_each(|x| *x += size);
                let from = at.saturating_sub(12_000);
                let to = (at + 12_000).min(signal.len());
                let found = clicks(&clicking[from..to], rate).unwrap();
                let hit = |position: u64| (position as usize + from).abs_diff(at) <= 1;
                assert!(
                    found.found.iter().any(|click| hit(click.position)),
                    "{name}: {size} at {at}: {found:?}"
                );
            }
        }
    }
}
