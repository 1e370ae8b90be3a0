use serde_json::{Value, json};

use super::*;
use crate::base64::Payload;
use crate::gemini::config::SessionConfig;
use crate::gemini::content::Part;
use crate::gemini::endpoint::{Endpoint, Version};
use crate::gemini::names::Scheduling;
use crate::gemini::request::{Credential, Request};
use crate::gemini::tools::{FunctionCall, FunctionResponse};

const DEVELOPER: Surface = Surface {
    service: Service::Developer,
    version: Version::V1Beta,
};

/// What an example means, read and written.
fn check(text: &str, expected: &ClientMessage<'_>) {
    let message = ClientMessage::parse(text).expect("an example");
    assert_eq!(&message, expected);
    assert_eq!(ClientMessage::parse_bytes(text.as_bytes()), Ok(message));
    let mut written = String::from("before");
    expected.write(&mut written);
    assert_eq!(written.strip_prefix("before"), Some(text));
}

fn setup(model: &str) -> Setup {
    Setup::new(&SessionConfig::bare(model), &Endpoint::developer("key")).expect("a setup")
}

#[test]
fn examples_of_the_reference() {
    let input = |input| ClientMessage::RealtimeInput(input);
    check(
        r#"{"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=16000","data":"AAD//wEA/v8="}}}"#,
        &input(RealtimeInput {
            audio: Some(Blob {
                mime_type: "audio/pcm;rate=16000".into(),
                data: Payload::new("AAD//wEA/v8="),
            }),
            ..RealtimeInput::default()
        }),
    );
    check(
        r#"{"realtimeInput":{"audioStreamEnd":true}}"#,
        &input(RealtimeInput {
            audio_stream_end: true,
            ..RealtimeInput::default()
        }),
    );
    check(
        r#"{"realtimeInput":{"activityStart":{}}}"#,
        &input(RealtimeInput {
            activity_start: true,
            ..RealtimeInput::default()
        }),
    );
    check(
        r#"{"realtimeInput":{"text":"Caller pressed 5"}}"#,
        &input(RealtimeInput {
            text: Some("Caller pressed 5".into()),
            ..RealtimeInput::default()
        }),
    );
    check(
        r#"{"clientContent":{"turns":[{"role":"user","parts":[{"text":"Say hello first."}]}],"turnComplete":true}}"#,
        &ClientMessage::ClientContent(ClientContent {
            turns: vec![Content {
                role: "user".into(),
                parts: [Part::text("Say hello first.")].into_iter().collect(),
            }],
            turn_complete: true,
        }),
    );
    let call = FunctionCall {
        id: Some("fc-1".to_owned()),
        name: "lookup".to_owned(),
        args: None,
    };
    check(
        r#"{"toolResponse":{"functionResponses":[{"id":"fc-1","name":"lookup","response":{"result":"found"},"scheduling":"WHEN_IDLE"}]}}"#,
        &ClientMessage::ToolResponse(ToolResponse {
            function_responses: vec![FunctionResponse {
                scheduling: Some(Scheduling::WhenIdle),
                ..FunctionResponse::result(&call, "found".into())
            }],
        }),
    );
    check(
        r#"{"contextUpdate":{"systemInstruction":{"parts":[{"text":"new"}]},"tools":{"tools":[{"functionDeclarations":[{"name":"f"}]}]}}}"#,
        &ClientMessage::ContextUpdate(ContextUpdate {
            system_instruction: Some(Pii::new("new".to_owned())),
            functions: Some(vec![FunctionDeclaration {
                name: "f".to_owned(),
                ..FunctionDeclaration::default()
            }]),
        }),
    );
}

/// What the official SDKs sent: every frame is a message of its kind, its path and headers a request, and written in
/// our own spelling it means the same.
#[test]
fn frames_of_the_official_sdks() {
    let text = include_str!("../../../../testdata/genai_sdk_captures.json");
    let file: Value = serde_json::from_str(text).expect("JSON");
    let mut frames = 0;
    for session in file["sessions"].as_array().expect("sessions") {
        let case = &session["case"];
        check_request(session);
        for frame in session["frames"].as_array().expect("frames") {
            let text = frame.to_string();
            let message = ClientMessage::parse(&text);
            let message = message.unwrap_or_else(|error| panic!("{case}: {error}: {text}"));
            let kind = frame
                .as_object()
                .and_then(|frame| frame.keys().next())
                .expect("a kind");
            let expected = match &message {
                ClientMessage::Setup(_) => "setup",
                ClientMessage::ClientContent(_) => "clientcontent",
                ClientMessage::RealtimeInput(_) => "realtimeinput",
                ClientMessage::ToolResponse(_) => "toolresponse",
                ClientMessage::ContextUpdate(_) => "contextupdate",
            };
            assert_eq!(kind.replace('_', "").to_lowercase(), expected, "{case}");
            let mut written = String::new();
            message.write(&mut written);
            assert_eq!(
                ClientMessage::parse(&written),
                Ok(message),
                "{case}: {written}"
            );
            let written: Value = serde_json::from_str(&written).expect("JSON");
            check_nothing_is_lost(frame, &written, case);
            frames += 1;
        }
    }
    assert_eq!(frames, 43);
}

fn check_request(session: &Value) {
    let case = session["case"].as_str().expect("a case");
    let path = session["path"].as_str().expect("a path");
    let headers = session["headers"].as_object().expect("headers");
    let headers = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().expect("a text")));
    let request = Request::recognise(path, headers);
    if path == "/any/path" {
        assert!(request.is_err(), "{case}");
        return;
    }
    let request = request.unwrap_or_else(|error| panic!("{case}: {error}"));
    let is_vertex = case.starts_with("Vertex");
    assert_eq!(
        request.surface.service == Service::Vertex,
        is_vertex,
        "{case}"
    );
    assert_eq!(request.is_constrained, case.starts_with("ephemeral"));
    let credential = request.credential.expect("a credential");
    let kind = match credential {
        Credential::ApiKey(_) => "key",
        Credential::EphemeralToken(_) => "token",
        Credential::Bearer(_) => "bearer",
    };
    let expected = match case {
        "Vertex project/location" => "bearer",
        _ if case.starts_with("ephemeral") => "token",
        _ => "key",
    };
    assert_eq!(kind, expected, "{case}");
}

/// Every text, number and true flag of a capture is in what we write, but for spelling: sound's alphabet, and the role
/// of an instruction, which the service does not look at.
fn check_nothing_is_lost(captured: &Value, written: &Value, case: &Value) {
    let mut leaves = Vec::new();
    collect(written, &mut leaves);
    let mut wanted = Vec::new();
    collect(captured, &mut wanted);
    for leaf in wanted {
        let is_there = leaves.contains(&leaf) || leaf == "\"user\"" || leaf == "false";
        assert!(is_there, "{case}: {leaf} of {captured} is not in {written}");
    }
}

fn collect(value: &Value, leaves: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.values().for_each(|value| collect(value, leaves)),
        Value::Array(items) => items.iter().for_each(|value| collect(value, leaves)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            leaves.push(value.to_string());
        }
    }
}

#[test]
fn sound_of_either_sdk() {
    for text in [
        r#"{"realtime_input":{"audio":{"data":"AAEC_w==","mime_type":"audio/pcm;rate=16000"}}}"#,
        r#"{"realtimeInput":{"audio":{"data":"AAEC/w==","mimeType":"audio/pcm;rate=16000"}}}"#,
        r#"{"realtimeInput":{"audio":{"data":"AAEC\/w","mimeType":"audio\/pcm;rate=16000"}}}"#,
    ] {
        let Ok(ClientMessage::RealtimeInput(input)) = ClientMessage::parse(text) else {
            panic!("input: {text}");
        };
        let audio = input.audio.expect("sound");
        let mut sound = Vec::new();
        audio.data.decode_append(&mut sound).expect("base64");
        assert_eq!((&*sound, audio.rate()), (&[0, 1, 2, 255][..], Some(16_000)));
    }
}

#[test]
fn exactly_one_kind() {
    for text in [
        "{}",
        "null",
        "[]",
        "5",
        "{\"later\":{}}",
        "{\"setup\":null}",
    ] {
        let close = Close::from(&ClientMessage::parse(text).expect_err("no kind"));
        assert_eq!(close.code, 1_007, "{text}");
    }
    let two = r#"{"realtimeInput":{"text":"a"},"clientContent":{"turns":[]}}"#;
    assert!(matches!(
        ClientMessage::parse(two),
        Err(MessageError::Invalid { .. })
    ));
    let response =
        r#"{"toolResponse":{"functionResponses":[{"id":"1","name":"f","response":"x"}]}}"#;
    assert!(matches!(
        ClientMessage::parse(response),
        Err(MessageError::WrongType { .. })
    ));
}

#[test]
fn what_a_server_refuses_in_a_session() {
    let code = |model: &str, text: &str| {
        let message = ClientMessage::parse(text).expect("a message");
        message
            .check(DEVELOPER, Some(&setup(model)))
            .map_err(|close| close.code)
    };
    let new = "gemini-3.8-live";
    let old = "gemini-2.5-flash-native-audio-preview-12-2025";
    let chunks =
        r#"{"realtimeInput":{"mediaChunks":[{"data":"AAE=","mimeType":"audio/pcm;rate=16000"}]}}"#;
    assert_eq!(code(new, chunks), Err(1_007));
    assert_eq!(code(old, chunks), Ok(()));
    assert_eq!(
        code(new, r#"{"realtimeInput":{"activityStart":{}}}"#),
        Err(1_007)
    );
    let audio = |mime_type: &str| {
        let text =
            json!({"realtimeInput": {"audio": {"mimeType": mime_type, "data": ""}}}).to_string();
        code(new, &text)
    };
    assert_eq!(audio("audio/pcm;rate=8000"), Ok(()));
    assert_eq!(audio("audio/pcm"), Ok(()));
    assert_eq!(audio("audio/pcm;rate=0"), Err(1_007));
    assert_eq!(audio("audio/mulaw;rate=8000"), Err(1_007));
    assert_eq!(
        code(
            new,
            r#"{"toolResponse":{"functionResponses":[{"name":"f","response":{}}]}}"#
        ),
        Err(1_007)
    );
    assert_eq!(code(new, r#"{"contextUpdate":{}}"#), Ok(()));
    assert_eq!(code(old, r#"{"contextUpdate":{}}"#), Err(1_008));
    assert_eq!(code(new, r#"{"setup":{"model":"m"}}"#), Err(1_007));

    let early = ClientMessage::parse(r#"{"realtimeInput":{"text":"a"}}"#).expect("a message");
    assert_eq!(
        early.check(DEVELOPER, None).map_err(|close| close.code),
        Err(1_007)
    );
}

#[test]
fn debug_shows_no_words_or_results() {
    for text in [
        r#"{"realtimeInput":{"text":"SECRET"}}"#,
        r#"{"clientContent":{"turns":[{"role":"user","parts":[{"text":"SECRET"}]}]}}"#,
        r#"{"toolResponse":{"functionResponses":[{"id":"1","name":"f","response":{"a":"SECRET"}}]}}"#,
        r#"{"contextUpdate":{"systemInstruction":{"parts":[{"text":"SECRET"}]}}}"#,
        r#"{"setup":{"model":"m","sessionResumption":{"handle":"SECRET"}}}"#,
    ] {
        let shown = format!("{:?}", ClientMessage::parse(text).expect("a message"));
        assert!(!shown.contains("SECRET"), "{shown}");
    }
}
