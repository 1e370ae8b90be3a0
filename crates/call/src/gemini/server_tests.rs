use super::*;
use crate::base64::Payload;
use crate::gemini::content::{Blob, Part};
use crate::gemini::tools::FunctionCall;
use crate::redact::Pii;

/// What an example means, read and written.
fn check(text: &str, expected: &ServerMessage<'_>) {
    let message = ServerMessage::parse(text).expect("an example");
    assert_eq!(&message, expected);
    assert_eq!(ServerMessage::parse_bytes(text.as_bytes()), Ok(message));
    let mut written = String::from("before");
    expected.write(&mut written);
    assert_eq!(written.strip_prefix("before"), Some(text));
}

fn content(content: ServerContent<'_>) -> ServerMessage<'_> {
    ServerMessage {
        server_content: Some(content),
        ..ServerMessage::default()
    }
}

#[test]
fn examples_of_the_reference() {
    check(
        r#"{"setupComplete":{}}"#,
        &ServerMessage {
            setup_complete: Some(SetupComplete::default()),
            ..ServerMessage::default()
        },
    );
    let sound = Part::sound(Blob {
        mime_type: "audio/pcm;rate=24000".into(),
        data: Payload::new("AAABAAIA"),
    });
    check(
        r#"{"serverContent":{"modelTurn":{"role":"model","parts":[{"inlineData":{"mimeType":"audio/pcm;rate=24000","data":"AAABAAIA"}}]}}}"#,
        &content(ServerContent {
            model_turn: Some(Content {
                role: "model".into(),
                parts: [sound].into_iter().collect(),
            }),
            ..ServerContent::default()
        }),
    );
    check(
        r#"{"serverContent":{"outputTranscription":{"text":"Good mor"}}}"#,
        &content(ServerContent {
            output_transcription: Some(Transcription {
                text: Some("Good mor".into()),
                ..Transcription::default()
            }),
            ..ServerContent::default()
        }),
    );
    check(
        r#"{"serverContent":{"interrupted":true}}"#,
        &content(ServerContent {
            interrupted: true,
            ..ServerContent::default()
        }),
    );
    check(
        r#"{"serverContent":{"turnComplete":true},"usageMetadata":{"promptTokenCount":812,"responseTokenCount":64,"totalTokenCount":876}}"#,
        &ServerMessage {
            usage_metadata: Some(Usage {
                prompt: Some(812),
                response: Some(64),
                total: Some(876),
                ..Usage::default()
            }),
            ..content(ServerContent {
                turn_complete: true,
                ..ServerContent::default()
            })
        },
    );
    let arguments = serde_json::json!({"reason": "done"});
    check(
        r#"{"toolCall":{"functionCalls":[{"id":"fc-1","name":"end_call","args":{"reason":"done"}}]}}"#,
        &ServerMessage {
            tool_call: Some(ToolCall {
                function_calls: vec![FunctionCall {
                    id: Some("fc-1".to_owned()),
                    name: "end_call".to_owned(),
                    args: arguments.as_object().cloned().map(Pii::new),
                }],
            }),
            ..ServerMessage::default()
        },
    );
    check(
        r#"{"toolCallCancellation":{"ids":["fc-1"]}}"#,
        &ServerMessage {
            tool_call_cancellation: Some(ToolCallCancellation {
                ids: vec!["fc-1".to_owned()],
            }),
            ..ServerMessage::default()
        },
    );
    check(
        r#"{"goAway":{"timeLeft":"50s"}}"#,
        &ServerMessage {
            go_away: Some(GoAway {
                time_left: Some(Duration::from_secs(50)),
            }),
            ..ServerMessage::default()
        },
    );
    check(
        r#"{"sessionResumptionUpdate":{"newHandle":"h-2f9c","resumable":true}}"#,
        &ServerMessage {
            session_resumption_update: Some(SessionResumptionUpdate {
                new_handle: Some("h-2f9c".into()),
                resumable: true,
                last_consumed_client_message_index: None,
            }),
            ..ServerMessage::default()
        },
    );
}

#[test]
fn all_fields_of_one_message_are_read_in_either_spelling() {
    let camel = r#"{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"mimeType":"audio/pcm;rate=24000","data":"AAA="}},
        {"thought":true,"text":"hm"}]},"generationComplete":true,"turnComplete":true,"interrupted":true,
        "inputTranscription":{"text":"a","finished":true,"languageCode":"en-US"},"outputTranscription":{"text":"b"},
        "interimInputTranscription":{"text":"c"},"turnCompleteReason":"NEED_MORE_INPUT","waitingForInput":true,
        "interactionStatus":"IDLE"},"setupComplete":{"sessionId":"s"},"toolCall":{"functionCalls":[{"name":"f"}]},
        "toolCallCancellation":{"ids":[]},"goAway":{"timeLeft":"9.5s"},
        "sessionResumptionUpdate":{"newHandle":"h","resumable":true,"lastConsumedClientMessageIndex":"17"},
        "usageMetadata":{"promptTokenCount":1},"voiceActivity":{"voiceActivityType":"ACTIVITY_START","audioOffset":"3.25s"},
        "voiceActivityDetectionSignal":{"vadSignalType":"VAD_SIGNAL_TYPE_EOS"}}"#;
    let message = ServerMessage::parse(camel).expect("camelCase");
    let mut snake = String::new();
    let mut in_key = false;
    for (at, letter) in camel.char_indices() {
        // A string is a key when a colon follows it.
        if letter == '"' {
            let close = camel[at + 1..].find('"').map(|end| at + 1 + end);
            in_key = !in_key && close.is_some_and(|end| camel[end + 1..].starts_with(':'));
        }
        if in_key && letter.is_ascii_uppercase() {
            snake.push('_');
            snake.push(letter.to_ascii_lowercase());
        } else {
            snake.push(letter);
        }
    }
    assert!(
        snake.contains("last_consumed_client_message_index"),
        "{snake}"
    );
    assert_eq!(ServerMessage::parse(&snake).as_ref(), Ok(&message));
    let mut written = String::new();
    message.write(&mut written);
    assert_eq!(ServerMessage::parse(&written).as_ref(), Ok(&message));

    let content = message.server_content.expect("content");
    assert!(
        content.generation_complete
            && content.turn_complete
            && content.interrupted
            && content.waiting_for_input
    );
    assert_eq!(content.interaction_status, Some(InteractionStatus::Idle));
    let update = message.session_resumption_update.expect("an update");
    assert_eq!(update.last_consumed_client_message_index, Some(17));
    let activity = message.voice_activity.expect("activity");
    assert_eq!(activity.kind, Some(VoiceActivityType::Start));
    assert_eq!(activity.audio_offset, Some(Duration::from_millis(3_250)));
}

#[test]
fn what_is_unknown_or_null_is_no_fault() {
    for text in [
        "{}",
        r#"{"serverContent":{"groundingMetadata":{"a":[1]},"urlContextMetadata":{}},"later":{"x":1}}"#,
        r#"{"serverContent":null,"goAway":null,"toolCall":null}"#,
        r#"{"goAway":{"timeLeft":"soon"}}"#,
        r#"{"serverContent":{"interrupted":null,"modelTurn":{"parts":[]}}}"#,
    ] {
        assert!(ServerMessage::parse(text).is_ok(), "{text}");
    }
    let text = r#"{"serverContent":{"turnCompleteReason":"BRAND_NEW"}}"#;
    let message = ServerMessage::parse(text).expect("an unknown reason");
    let reason = message
        .server_content
        .and_then(|content| content.turn_complete_reason);
    assert_eq!(
        reason,
        Some(TurnCompleteReason::Other("BRAND_NEW".to_owned()))
    );
}

#[test]
fn handles_to_store() {
    let handle = |text| {
        let message = ServerMessage::parse(text).expect("an update");
        let update = message.session_resumption_update.expect("an update");
        update.usable_handle().map(str::to_owned)
    };
    assert_eq!(
        handle(r#"{"sessionResumptionUpdate":{"newHandle":"h","resumable":true}}"#).as_deref(),
        Some("h")
    );
    for text in [
        r#"{"sessionResumptionUpdate":{"newHandle":"h"}}"#,
        r#"{"sessionResumptionUpdate":{"newHandle":"","resumable":true}}"#,
        r#"{"sessionResumptionUpdate":{"newHandle":null,"resumable":true}}"#,
        r#"{"sessionResumptionUpdate":{}}"#,
    ] {
        assert_eq!(handle(text), None, "{text}");
    }
}

#[test]
fn errors_quote_nothing() {
    let error = ServerMessage::parse(r#"{"serverContent":"my card is 4111"}"#).expect_err("a text");
    assert!(matches!(error, MessageError::WrongType { .. }));
    assert!(!error.to_string().contains("4111") && !format!("{error:?}").contains("4111"));
    let long = " ".repeat(LONGEST_MESSAGE + 1);
    assert!(matches!(
        ServerMessage::parse(&long),
        Err(MessageError::TooLong { .. })
    ));
}

#[test]
fn debug_shows_no_words_arguments_or_handles() {
    let text = r#"{"serverContent":{"inputTranscription":{"text":"SECRET"}},
        "toolCall":{"functionCalls":[{"name":"f","args":{"card":"SECRET"}}]},
        "sessionResumptionUpdate":{"newHandle":"SECRET"},"setupComplete":{"sessionId":"SECRET"}}"#;
    let shown = format!("{:?}", ServerMessage::parse(text).expect("a message"));
    assert!(!shown.contains("SECRET"), "{shown}");
}
