//! What the fuzzer runs on messages, and what the stable twins in `crates/call/tests/messages.rs` run on random ones.

use voice_call::Payload;
use voice_call::gemini::{
    ClientMessage, Close, Request, ServerMessage, Service, Surface, Version, close::Moment,
};
use voice_call::twilio::{FromCarrier, ToCarrier, signature::Body, signature::Key, warning_code};

/// Any bytes as a message in either direction of a media stream: an error, or a message that is read as it is written.
pub(crate) fn twilio_message(bytes: &[u8]) {
    if let Ok(message) = FromCarrier::parse_bytes(bytes) {
        let mut text = String::new();
        message.write(&mut text);
        assert_eq!(FromCarrier::parse(&text), Ok(message), "{text}");
    }
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    match ToCarrier::parse(text) {
        Ok(ToCarrier::Media { payload, .. }) => decode(&payload),
        Ok(ToCarrier::Mark { .. } | ToCarrier::Clear { .. }) => {}
        Err(error) => assert!(matches!(warning_code(&error), 31_950 | 31_951)),
    }
    let _any_answer = Key::sha1("token").verify(text, Body::Other(bytes), text);
}

/// Any bytes as a message in either direction of a model's session: an error, or a message that is read as it is
/// written; and as a path and as the reason of a close.
pub(crate) fn gemini_message(bytes: &[u8]) {
    if let Ok(message) = ServerMessage::parse_bytes(bytes) {
        let mut text = String::new();
        message.write(&mut text);
        assert_eq!(ServerMessage::parse(&text), Ok(message.clone()), "{text}");
        let turn = message
            .server_content
            .and_then(|content| content.model_turn);
        for part in turn.iter().flat_map(|turn| turn.parts.iter()) {
            if let Some(blob) = &part.inline_data {
                let _any_rate = blob.rate();
                decode(&blob.data);
            }
        }
    }
    let surface = Surface {
        service: Service::Developer,
        version: Version::V1Beta,
    };
    match ClientMessage::parse_bytes(bytes) {
        Ok(message) => {
            let mut text = String::new();
            message.write(&mut text);
            assert_eq!(ClientMessage::parse(&text), Ok(message.clone()), "{text}");
            if let Err(close) = message.check(surface, None) {
                assert!(close.reason.len() <= 123, "{close}");
            }
            if let ClientMessage::Setup(setup) = &message {
                let _any_answer = message.check(surface, Some(setup));
            }
        }
        Err(error) => assert!(matches!(Close::from(&error).code, 1_007 | 1_009)),
    }
    let text = String::from_utf8_lossy(bytes);
    let _any_path = Request::recognise(&text, [("authorization", &*text)]);
    for code in [1_007, 1_008, 1_011] {
        let _any_remedy = Close::new(code, &text).remedy(Moment::Streaming);
    }
}

/// Whatever decodes has the length that was foretold.
fn decode(payload: &Payload<'_>) {
    let mut sound = Vec::new();
    if payload.decode_append(&mut sound).is_ok() {
        assert_eq!(sound.len(), payload.decoded_len());
    }
}
