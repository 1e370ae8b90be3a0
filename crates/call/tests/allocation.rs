//! Messages with sound are read and written without allocating, once the buffers have grown.

use allocation_counter::measure;
use voice_call::gemini::{self, ServerMessage};
use voice_call::twilio::{self, FromCarrier, Media, ToCarrier};

#[test]
fn the_paths_of_sound_allocate_nothing() {
    let sound = [0x5A; 1_920];
    let caller = Media {
        sequence: Some(4),
        stream_sid: "MZ1".into(),
        chunk: Some(2),
        ..Media::default()
    };
    let (mut from_carrier, mut to_carrier) = (String::new(), String::new());
    let (mut to_model, mut from_model) = (String::new(), String::new());
    let mut decoded = Vec::new();
    let mut round = || {
        for text in [
            &mut from_carrier,
            &mut to_carrier,
            &mut to_model,
            &mut from_model,
        ] {
            text.clear();
        }
        decoded.clear();
        twilio::write_caller_media(&mut from_carrier, &caller, &sound[..160]);
        twilio::write_media(&mut to_carrier, "MZ1", &sound[..160]);
        gemini::write_audio(&mut to_model, &sound[..640]);
        gemini::write_server_audio(&mut from_model, 24_000, &sound);

        let Ok(FromCarrier::Media(media)) = FromCarrier::parse(&from_carrier) else {
            panic!("media");
        };
        media.payload.decode_append(&mut decoded).expect("base64");
        let Ok(ToCarrier::Media { payload, .. }) = ToCarrier::parse(&to_carrier) else {
            panic!("media");
        };
        payload.decode_append(&mut decoded).expect("base64");
        let message = ServerMessage::parse_bytes(from_model.as_bytes()).expect("sound");
        let turn = message.server_content.and_then(|it| it.model_turn);
        for part in turn.iter().flat_map(|turn| turn.parts.iter()) {
            let blob = part.inline_data.as_ref().expect("sound");
            blob.data.decode_append(&mut decoded).expect("base64");
        }
        assert_eq!(decoded.len(), 160 + 160 + 1_920);
    };
    round();
    let info = measure(round);
    assert_eq!(info.count_total, 0);
}
