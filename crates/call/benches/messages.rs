//! Time of one message of each kind that comes 50 times a second: `cargo bench -p voice-call --bench messages`.

use divan::Bencher;
use divan::counter::BytesCount;
use voice_call::gemini::{self, ServerMessage};
use voice_call::twilio::{self, FromCarrier, Media};

fn main() {
    divan::main();
}

const STREAM: &str = "MZ00000000000000000000000000000001";

fn noise(length: usize) -> Vec<u8> {
    let noise = |i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8;
    (0..length as u32).map(noise).collect()
}

/// 20 ms from the caller, with its base64.
#[divan::bench]
fn parse_twilio_media(bencher: Bencher<'_, '_>) {
    let mut text = String::new();
    let media = Media {
        sequence: Some(4),
        stream_sid: STREAM.into(),
        chunk: Some(3),
        timestamp: Some(std::time::Duration::from_millis(40)),
        ..Media::default()
    };
    twilio::write_caller_media(&mut text, &media, &noise(160));
    let mut sound = Vec::new();
    let bencher = bencher.counter(BytesCount::new(text.len()));
    bencher.bench_local(|| {
        let message = FromCarrier::parse(divan::black_box(&text)).expect("media");
        let FromCarrier::Media(media) = message else {
            panic!("media");
        };
        sound.clear();
        media.payload.decode_append(&mut sound).expect("base64");
        sound.len()
    });
}

/// 20 ms to the caller.
#[divan::bench]
fn write_twilio_media(bencher: Bencher<'_, '_>) {
    let (sound, mut text) = (noise(160), String::new());
    bencher
        .counter(BytesCount::new(sound.len()))
        .bench_local(|| {
            text.clear();
            twilio::write_media(&mut text, divan::black_box(STREAM), &sound);
            text.len()
        });
}

/// 40 ms from the model, with its base64, in a binary frame.
#[divan::bench]
fn parse_gemini_audio(bencher: Bencher<'_, '_>) {
    let mut text = String::new();
    gemini::write_server_audio(&mut text, 24_000, &noise(1_920));
    let mut sound = Vec::new();
    let bencher = bencher.counter(BytesCount::new(text.len()));
    bencher.bench_local(|| {
        let bytes = divan::black_box(text.as_bytes());
        let message = ServerMessage::parse_bytes(bytes).expect("sound");
        let content = message.server_content.expect("content");
        sound.clear();
        for part in content.model_turn.iter().flat_map(|turn| turn.parts.iter()) {
            if let Some(blob) = &part.inline_data {
                blob.data.decode_append(&mut sound).expect("base64");
            }
        }
        sound.len()
    });
}

/// 20 ms to the model.
#[divan::bench]
fn write_gemini_audio(bencher: Bencher<'_, '_>) {
    let (sound, mut text) = (noise(640), String::new());
    bencher
        .counter(BytesCount::new(sound.len()))
        .bench_local(|| {
            text.clear();
            gemini::write_audio(&mut text, divan::black_box(&sound));
            text.len()
        });
}
