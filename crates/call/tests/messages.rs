//! Laws of the messages: what is written is read back, whatever comes in does not panic, base64 is what the `base64`
//! crate says; and the fuzz targets on random and on damaged messages, for compilers without the fuzzer.

// `fuzz/targets.rs` serves the converter's targets too, which need crates that this one does not know.
#[path = "../../../fuzz/message_targets.rs"]
mod targets;

use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Map, Value};
use voice_call::gemini::{
    Blob, ClientContent, ClientMessage, Content, FunctionCall, FunctionResponse, GoAway, Part,
    RealtimeInput, Scheduling, ServerContent, ServerMessage, SessionResumptionUpdate, ToolCall,
    ToolResponse, Transcription, TurnCompleteReason, Usage, write_audio, write_server_audio,
};
use voice_call::redact::{Pii, PiiText};
use voice_call::twilio::{
    self, Digit, Dtmf, FromCarrier, Mark, Media, MediaFormat, Parameters, Start, Stop, ToCarrier,
    Track, Tracks,
};
use voice_call::{MessageError, Payload};

fn config(cases: u32) -> Config {
    Config {
        failure_persistence: None,
        ..Config::with_cases(cases)
    }
}

/// Texts of any characters, among them those that JSON escapes.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,12}",
        any::<String>(),
        "[\"\\\\/\u{0}-\u{1f}é😀]{0,8}"
    ]
}

fn private() -> impl Strategy<Value = PiiText<'static>> {
    text().prop_map(|text| Pii::new(text.into()))
}

fn sound() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..400)
}

fn payload() -> impl Strategy<Value = Payload<'static>> {
    sound().prop_map(|sound| Payload::encode(&sound))
}

fn track() -> impl Strategy<Value = Track> {
    any::<bool>().prop_map(|inbound| {
        if inbound {
            Track::Inbound
        } else {
            Track::Outbound
        }
    })
}

fn from_carrier() -> impl Strategy<Value = FromCarrier<'static>> {
    let milliseconds = proptest::option::of(any::<u64>().prop_map(Duration::from_millis));
    let counter = any::<Option<u64>>;
    let id = || text().prop_filter("an id", |text| !text.is_empty());
    let start = (
        counter(),
        id(),
        private(),
        private(),
        any::<(bool, bool)>(),
        vec((private(), private()), 0..4),
        (text(), any::<(u32, u32)>()),
    )
        .prop_map(
            |(sequence, id, account_sid, call_sid, (inbound, outbound), pairs, format)| {
                FromCarrier::Start(Box::new(Start {
                    sequence,
                    stream_sid: Pii::new(id.into()),
                    account_sid,
                    call_sid,
                    tracks: Tracks { inbound, outbound },
                    parameters: Parameters::new(pairs),
                    format: MediaFormat {
                        encoding: format!("x{}", format.0).into(),
                        rate: format.1.0,
                        channels: format.1.1,
                    },
                }))
            },
        );
    let media = (
        counter(),
        private(),
        track(),
        counter(),
        milliseconds,
        payload(),
    )
        .prop_map(|(sequence, stream_sid, track, chunk, timestamp, payload)| {
            FromCarrier::Media(Media {
                sequence,
                stream_sid,
                track,
                chunk,
                timestamp,
                payload,
            })
        });
    let keys: Vec<char> = "0123456789*#ABCD".chars().collect();
    let dtmf = (
        counter(),
        private(),
        track(),
        proptest::sample::select(keys),
    )
        .prop_map(|(sequence, stream_sid, track, key)| {
            FromCarrier::Dtmf(Dtmf {
                sequence,
                stream_sid,
                track,
                digit: Pii::new(Digit::new(key).expect("a key")),
            })
        });
    let mark = (counter(), private(), text()).prop_map(|(sequence, stream_sid, name)| {
        FromCarrier::Mark(Mark {
            sequence,
            stream_sid,
            name: name.into(),
        })
    });
    let stop = (counter(), private(), private(), private()).prop_map(
        |(sequence, stream_sid, account_sid, call_sid)| {
            FromCarrier::Stop(Stop {
                sequence,
                stream_sid,
                account_sid,
                call_sid,
            })
        },
    );
    prop_oneof![Just(FromCarrier::Connected), start, media, dtmf, mark, stop]
}

fn object() -> impl Strategy<Value = Pii<Map<String, Value>>> {
    let value = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    let pairs = vec((text(), value), 0..4);
    pairs.prop_map(|pairs| Pii::new(pairs.into_iter().collect()))
}

fn part() -> impl Strategy<Value = Part<'static>> {
    let blob = (text(), payload()).prop_map(|(mime_type, data)| Blob {
        mime_type: mime_type.into(),
        data,
    });
    let (text, blob) = (proptest::option::of(private()), proptest::option::of(blob));
    (text, blob, any::<bool>()).prop_map(|(text, inline_data, thought)| Part {
        text,
        inline_data,
        thought,
    })
}

fn content() -> impl Strategy<Value = Content<'static>> {
    (text(), vec(part(), 0..4)).prop_map(|(role, parts)| Content {
        role: role.into(),
        parts: parts.into_iter().collect(),
    })
}

fn server_message() -> impl Strategy<Value = ServerMessage<'static>> {
    use proptest::option::of;
    let transcription = || {
        (of(private()), any::<bool>()).prop_map(|(text, finished)| Transcription {
            text,
            finished,
            language_code: None,
        })
    };
    let reason = text().prop_map(|name| TurnCompleteReason::from_name(&name));
    let content = (
        of(content()),
        any::<[bool; 4]>(),
        of(transcription()),
        of(transcription()),
        of(reason),
    )
        .prop_map(|(model_turn, flags, input, output, reason)| ServerContent {
            model_turn,
            generation_complete: flags[0],
            turn_complete: flags[1],
            interrupted: flags[2],
            waiting_for_input: flags[3],
            input_transcription: input,
            output_transcription: output,
            turn_complete_reason: reason,
            ..ServerContent::default()
        });
    let call = (of(text()), text(), of(object())).prop_map(|(id, name, args)| FunctionCall {
        id,
        name,
        args,
    });
    let calls = vec(call, 0..3).prop_map(|function_calls| ToolCall { function_calls });
    let away = (0..1_000_000_u64, 0..1_000_000_000_u32).prop_map(|(seconds, rest)| GoAway {
        time_left: Some(Duration::new(seconds, rest)),
    });
    let update = (of(private()), any::<bool>(), any::<Option<u64>>()).prop_map(
        |(new_handle, resumable, index)| SessionResumptionUpdate {
            new_handle,
            resumable,
            last_consumed_client_message_index: index,
        },
    );
    let usage = any::<[Option<u64>; 3]>().prop_map(|[prompt, response, total]| Usage {
        prompt,
        response,
        total,
        ..Usage::default()
    });
    (of(content), of(calls), of(away), of(update), of(usage)).prop_map(
        |(server_content, tool_call, go_away, update, usage_metadata)| ServerMessage {
            server_content,
            tool_call,
            go_away,
            session_resumption_update: update,
            usage_metadata,
            ..ServerMessage::default()
        },
    )
}

fn client_message() -> impl Strategy<Value = ClientMessage<'static>> {
    use proptest::option::of;
    let blob = || (1..100_000_u32, sound()).prop_map(|(rate, sound)| Blob::pcm(rate, &sound));
    let input = (
        of(blob()),
        of(private()),
        any::<[bool; 3]>(),
        vec(blob(), 0..2),
    )
        .prop_map(|(audio, text, flags, media_chunks)| {
            ClientMessage::RealtimeInput(RealtimeInput {
                audio,
                text,
                audio_stream_end: flags[0],
                activity_start: flags[1],
                activity_end: flags[2],
                media_chunks,
                video: None,
            })
        });
    let said = (vec(content(), 0..3), any::<bool>()).prop_map(|(turns, turn_complete)| {
        ClientMessage::ClientContent(ClientContent {
            turns,
            turn_complete,
        })
    });
    let schedulings = [
        Scheduling::Silent,
        Scheduling::WhenIdle,
        Scheduling::Interrupt,
    ];
    let response = (
        of(text()),
        text(),
        object(),
        of(proptest::sample::select(schedulings.to_vec())),
        any::<bool>(),
    )
        .prop_map(
            |(id, name, response, scheduling, will_continue)| FunctionResponse {
                id,
                name,
                response,
                scheduling,
                will_continue,
            },
        );
    let answers = vec(response, 0..3).prop_map(|function_responses| {
        ClientMessage::ToolResponse(ToolResponse { function_responses })
    });
    prop_oneof![input, said, answers]
}

/// One message of each kind, to be damaged.
const MESSAGES: [&str; 9] = [
    r#"{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"streamSid":"MZ1","accountSid":"AC1","callSid":"CA1","tracks":["inbound"],"customParameters":{"tenant":"t42"},"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}"#,
    r#"{"event":"media","sequenceNumber":"4","streamSid":"MZ1","media":{"track":"inbound","chunk":"2","timestamp":"20","payload":"//79/Pv6+fj39vX08/Lx8A=="}}"#,
    r#"{"event":"dtmf","sequenceNumber":"311","streamSid":"MZ1","dtmf":{"track":"inbound_track","digit":"5"}}"#,
    r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"turn3:7"}}"#,
    r#"{"setup":{"model":"models/gemini-3.8-live","generationConfig":{"responseModalities":["AUDIO"],"speech_config":{"voice_config":{"prebuilt_voice_config":{"voice_name":"Kore"}}}},"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT"}}]}],"sessionResumption":{"handle":"h"},"contextWindowCompression":{"triggerTokens":"5"}}}"#,
    r#"{"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=16000","data":"AAD//wEA/v8="},"text":"a","activityStart":{}}}"#,
    r#"{"toolResponse":{"functionResponses":[{"id":"fc-1","name":"f","response":{"result":[1]},"scheduling":"SILENT"}]}}"#,
    r#"{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"mimeType":"audio/pcm;rate=24000","data":"AAABAAIA"}},{"text":"a"}]},"turnComplete":true,"outputTranscription":{"text":"b"}},"usageMetadata":{"promptTokenCount":812}}"#,
    r#"{"toolCall":{"functionCalls":[{"id":"fc-1","name":"f","args":{"a":{"b":[null,1.5]}}}]},"goAway":{"timeLeft":"9.5s"},"sessionResumptionUpdate":{"newHandle":"h","resumable":true}}"#,
];

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn the_carriers_messages_are_read_as_written(message in from_carrier()) {
        let mut text = String::new();
        message.write(&mut text);
        prop_assert_eq!(FromCarrier::parse(&text), Ok(message));
    }

    #[test]
    fn sound_of_the_caller_is_read_as_written(sound in sound(), id in text(), track in track()) {
        let head = Media { stream_sid: Pii::new(id.into()), track, ..Media::default() };
        let (mut quick, mut plain) = (String::new(), String::new());
        twilio::write_caller_media(&mut quick, &head, &sound);
        let payload = Payload::encode(&sound);
        FromCarrier::Media(Media { payload, ..head }).write(&mut plain);
        prop_assert_eq!(quick, plain);
    }

    #[test]
    fn messages_to_the_carrier_are_read_as_written(sound in sound(), id in text(), name in text()) {
        let stream_sid = PiiText::borrowed(&id);
        let mut text = String::new();
        twilio::write_media(&mut text, &id, &sound);
        let payload = Payload::encode(&sound);
        let media = ToCarrier::Media { stream_sid: stream_sid.clone(), payload };
        prop_assert_eq!(ToCarrier::parse(&text), Ok(media));
        text.clear();
        twilio::write_mark(&mut text, &id, &name);
        let mark = ToCarrier::Mark { stream_sid: stream_sid.clone(), name: (&*name).into() };
        prop_assert_eq!(ToCarrier::parse(&text), Ok(mark));
        text.clear();
        twilio::write_clear(&mut text, &id);
        prop_assert_eq!(ToCarrier::parse(&text), Ok(ToCarrier::Clear { stream_sid }));
    }

    #[test]
    fn the_servers_messages_are_read_as_written(message in server_message()) {
        let mut text = String::new();
        message.write(&mut text);
        prop_assert_eq!(ServerMessage::parse(&text), Ok(message));
    }

    #[test]
    fn the_clients_messages_are_read_as_written(message in client_message()) {
        let mut text = String::new();
        message.write(&mut text);
        prop_assert_eq!(ClientMessage::parse(&text), Ok(message));
    }

    #[test]
    fn sound_of_the_model_and_for_it(sound in sound(), rate in 1..100_000_u32) {
        let (mut quick, mut plain) = (String::new(), String::new());
        write_audio(&mut quick, &sound);
        let audio = Some(Blob::pcm(16_000, &sound));
        ClientMessage::RealtimeInput(RealtimeInput { audio, ..RealtimeInput::default() }).write(&mut plain);
        prop_assert_eq!(&quick, &plain);
        quick.clear();
        plain.clear();
        write_server_audio(&mut quick, rate, &sound);
        let part = Part::sound(Blob::pcm(rate, &sound));
        let turn = Content { role: "model".into(), parts: [part].into_iter().collect() };
        let content = ServerContent { model_turn: Some(turn), ..ServerContent::default() };
        ServerMessage { server_content: Some(content), ..ServerMessage::default() }.write(&mut plain);
        prop_assert_eq!(&quick, &plain);
    }

    #[test]
    fn base64_is_what_the_base64_crate_says(text in "[A-Za-z0-9+/_=-]{0,12}|[A-D]{0,9}={0,3}|\\PC{0,6}") {
        let indifferent = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let standard = GeneralPurpose::new(&STANDARD, indifferent).decode(&text).ok();
        let url_safe = GeneralPurpose::new(&URL_SAFE, indifferent).decode(&text).ok();
        let mut sound = Vec::new();
        let ours = Payload::new(&text).decode_append(&mut sound).ok().map(|()| sound);
        prop_assert_eq!(ours, standard.or(url_safe), "{}", text);
    }

    #[test]
    fn base64_in_any_alphabet_and_padding(sound in sound()) {
        for alphabet in [&STANDARD, &URL_SAFE] {
            for padding in [true, false] {
                let config = GeneralPurposeConfig::new().with_encode_padding(padding);
                let text = GeneralPurpose::new(alphabet, config).encode(&sound);
                let mut ours = Vec::new();
                prop_assert_eq!(Payload::new(&text).decode_append(&mut ours), Ok(()));
                prop_assert_eq!(&ours, &sound);
                prop_assert_eq!(Payload::new(&text).decoded_len(), sound.len());
            }
        }
        let payload = Payload::encode(&sound);
        prop_assert_eq!(payload.as_str(), base64::prelude::BASE64_STANDARD.encode(&sound));
    }

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..300)) {
        targets::twilio_message(&bytes);
        targets::gemini_message(&bytes);
    }

    /// A byte changed, a piece lost, a piece repeated: no panic, and no error that quotes the message.
    #[test]
    fn damaged_messages(which in 0..MESSAGES.len(), at in any::<prop::sample::Index>(), byte in any::<u8>(), lost in 0..9_usize) {
        let message = MESSAGES[which].as_bytes();
        let at = at.index(message.len());
        let end = (at + lost).min(message.len());
        let mut changed = message.to_vec();
        changed[at] = byte;
        let shorter = [&message[..at], &message[end..]].concat();
        let longer = [&message[..end], &message[at..]].concat();
        for damaged in [changed, shorter, longer, message[..at].to_vec()] {
            targets::twilio_message(&damaged);
            targets::gemini_message(&damaged);
        }
    }

    /// Every value of a message replaced by one of another kind.
    #[test]
    fn values_of_the_wrong_kind(which in 0..MESSAGES.len(), nth in 0..40_usize, kind in 0..6_usize) {
        let mut message: Value = serde_json::from_str(MESSAGES[which]).expect("JSON");
        let kinds = ["null", "true", "-1.5", "\"\"", "[[],{}]", "{\"a\":{}}"];
        let mut left = nth;
        replace(&mut message, &mut left, &serde_json::from_str(kinds[kind]).expect("JSON"));
        let text = message.to_string();
        targets::twilio_message(text.as_bytes());
        targets::gemini_message(text.as_bytes());
    }
}

/// Replaces the value that comes after `left` others.
fn replace(value: &mut Value, left: &mut usize, by: &Value) {
    if *left == 0 {
        *value = by.clone();
    }
    *left = left.wrapping_sub(1);
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|it| replace(it, left, by)),
        Value::Array(items) => items.iter_mut().for_each(|it| replace(it, left, by)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        for text in [
            nested.clone(),
            format!(r#"{{"event":"x","later":{nested}}}"#),
            format!(r#"{{"setup":{{"model":"m","later":{nested}}}}}"#),
            format!(
                r#"{{"toolCall":{{"functionCalls":[{{"name":"f","args":{{"a":{nested}}}}}]}}}}"#
            ),
        ] {
            targets::twilio_message(text.as_bytes());
            targets::gemini_message(text.as_bytes());
        }
    }
}

#[test]
fn errors_can_be_compared_and_shown() {
    let error = FromCarrier::parse("{").expect_err("half a message");
    assert_eq!(error, MessageError::NotJson { line: 1, column: 1 });
}
