use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::gemini::client::ClientMessage;
use crate::gemini::config::{
    AutomaticDetection, Compression, Sampling, Thinking, TranscriptionConfig, VoiceDetection,
};
use crate::gemini::endpoint::{Service, Version};
use crate::gemini::names::{
    ActivityHandling, Behavior, EndSensitivity, Modality, StartSensitivity, ThinkingLevel,
    TurnCoverage,
};

const SURFACE: Surface = Surface {
    service: Service::Developer,
    version: Version::V1Beta,
};

fn parse(text: &str) -> Setup {
    match ClientMessage::parse(text) {
        Ok(ClientMessage::Setup(setup)) => *setup,
        other => panic!("not a setup: {other:?}"),
    }
}

fn written(setup: &Setup) -> Value {
    let mut text = String::new();
    setup.write(&mut text);
    serde_json::from_str(&text).expect("JSON")
}

/// The example of the reference, as a configuration.
fn bakery() -> SessionConfig {
    let schema = json!({"type": "object", "properties": {"reason": {"type": "string"}}, "required": ["reason"]});
    let mut config = SessionConfig::new("gemini-3.8-live");
    config.voice = Some("Kore".to_owned());
    config.language = Some("en-US".to_owned());
    let instruction = "You answer the phone for a bakery. Short sentences.";
    config.system_instruction = Some(Pii::new(instruction.to_owned()));
    config.functions = vec![FunctionDeclaration {
        name: "end_call".to_owned(),
        description: "Hang up politely.".to_owned(),
        parameters: schema.as_object().cloned(),
        behavior: None,
    }];
    config.voice_detection = VoiceDetection::Automatic(AutomaticDetection {
        start: Some(StartSensitivity::Low),
        end: Some(EndSensitivity::Low),
        prefix_padding: Some(Duration::from_millis(100)),
        silence: Some(Duration::from_millis(500)),
    });
    config.activity_handling = Some(ActivityHandling::Interrupts);
    config
}

/// Every field that a configuration has.
fn everything() -> SessionConfig {
    SessionConfig {
        model: "projects/p/locations/l/publishers/google/models/any".to_owned(),
        modality: Modality::Text,
        sampling: Sampling {
            temperature: Some(0.7),
            top_p: Some(0.5),
            top_k: Some(40),
            max_output_tokens: Some(1_000),
            seed: Some(-7),
        },
        thinking: Some(Thinking {
            level: Some(ThinkingLevel::Medium),
            budget: Some(-1),
            include_thoughts: true,
        }),
        affective_dialog: true,
        proactive_audio: Some(false),
        functions: vec![FunctionDeclaration {
            name: "f".to_owned(),
            behavior: Some(Behavior::NonBlocking),
            ..FunctionDeclaration::default()
        }],
        google_search: true,
        voice_detection: VoiceDetection::Manual,
        turn_coverage: Some(TurnCoverage::AllInput),
        input_transcription: Some(TranscriptionConfig {
            language_codes: vec!["de-DE".to_owned()],
        }),
        output_transcription: None,
        resumption: Some(Resumption {
            handle: Some(Pii::new("h".to_owned())),
            transparent: true,
        }),
        compression: Some(Compression {
            trigger_tokens: Some(25_600),
            target_tokens: Some(12_800),
        }),
        initial_history: true,
        explicit_vad_signal: true,
        ..bakery()
    }
}

#[test]
fn the_example_of_the_reference() {
    let setup = Setup::new(&bakery(), &Endpoint::developer("key")).expect("a good setup");
    let expected = json!({"setup": {
        "model": "models/gemini-3.8-live",
        "generationConfig": {"responseModalities": ["AUDIO"],
            "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}, "languageCode": "en-US"}},
        "systemInstruction": {"parts": [{"text": "You answer the phone for a bakery. Short sentences."}]},
        "tools": [{"functionDeclarations": [{"name": "end_call", "description": "Hang up politely.",
            "parameters": {"type": "OBJECT", "properties": {"reason": {"type": "STRING"}}, "required": ["reason"]}}]}],
        "realtimeInputConfig": {"automaticActivityDetection": {"startOfSpeechSensitivity": "START_SENSITIVITY_LOW",
            "endOfSpeechSensitivity": "END_SENSITIVITY_LOW", "prefixPaddingMs": 100, "silenceDurationMs": 500},
            "activityHandling": "START_OF_ACTIVITY_INTERRUPTS"},
        "inputAudioTranscription": {}, "outputAudioTranscription": {},
        "sessionResumption": {},
        "contextWindowCompression": {"slidingWindow": {}},
    }});
    assert_eq!(written(&setup), expected);
}

#[test]
fn every_field_is_written_and_read() {
    let setup = Setup {
        config: everything(),
    };
    let mut text = String::new();
    setup.write(&mut text);
    assert_eq!(parse(&text), setup);
    // Read and written once more, nothing changes.
    assert_eq!(written(&parse(&text)), written(&setup));
}

#[test]
fn the_shortest_setup() {
    let setup = parse(r#"{"setup":{"model":"models/m1"}}"#);
    assert_eq!(setup.config(), &SessionConfig::bare("models/m1"));
    assert_eq!(setup.check(SURFACE), Ok(()));
}

#[test]
fn snake_case_numbers_as_texts_and_nulls() {
    let setup = parse(
        r#"{"setup":{"model":"models/m1","generation_config":{"response_modalities":["TEXT"],"temperature":1,
        "speech_config":{"voice_config":{"prebuilt_voice_config":{"voice_name":"Kore"}}}},
        "context_window_compression":{"trigger_tokens":"25600","sliding_window":{"target_tokens":12800}},
        "session_resumption":{"handle":""},"tools":[{"google_search":{}},{"function_declarations":null}],
        "labels":{"a":"b"},"safety_settings":[],"proactivity":null}}"#,
    );
    let config = setup.config();
    assert_eq!(config.voice.as_deref(), Some("Kore"));
    assert_eq!(config.modality, Modality::Text);
    let compression = config.compression.expect("compression");
    assert_eq!(compression.trigger_tokens, Some(25_600));
    assert_eq!(compression.target_tokens, Some(12_800));
    assert_eq!(config.resumption, Some(Resumption::default()));
    assert!(config.google_search && config.functions.is_empty());
}

#[test]
fn handles_come_and_go() {
    let mut setup = Setup {
        config: SessionConfig::bare("m"),
    };
    setup.set_handle(None);
    assert_eq!(setup.config.resumption, None);
    setup.set_handle(Some("h"));
    assert_eq!(
        written(&setup)["setup"]["sessionResumption"],
        json!({"handle": "h"})
    );
    setup.set_handle(None);
    assert_eq!(written(&setup)["setup"]["sessionResumption"], json!({}));
}

#[test]
fn what_a_server_refuses() {
    let check = |setup: Value| {
        let text = json!({"setup": setup}).to_string();
        let result = match ClientMessage::parse(&text) {
            Ok(message) => message.check(SURFACE, None),
            Err(error) => Err(Close::from(&error)),
        };
        result.map_err(|close| close.to_string())
    };
    let refused = |path: &str| {
        Err(format!(
            "closed with 1007: Request contains an invalid argument. ({path})"
        ))
    };
    let model = "models/gemini-3.8-live";
    assert_eq!(check(json!({})), refused("setup.model"));
    assert_eq!(check(json!({"model": model})), Ok(()));
    assert_eq!(
        check(
            json!({"model": model, "generationConfig": {"thinkingConfig": {"thinking_level": "LOW"}}})
        ),
        refused("setup.generationConfig.thinkingConfig")
    );
    assert_eq!(
        check(json!({"model": model, "proactivity": {"proactive_audio": false}})),
        refused("setup.proactivity.proactiveAudio")
    );
    assert_eq!(
        check(
            json!({"model": model, "generationConfig": {"responseModalities": ["AUDIO", "TEXT"]}})
        ),
        refused("setup.generationConfig.responseModalities")
    );
    let gone = check(json!({"model": "models/gemini-2.0-flash-live-001"}));
    let gone = gone.expect_err("shut down");
    assert!(
        gone.starts_with("closed with 1008: models/gemini-2.0-flash-live-001 is not found"),
        "{gone}"
    );
    let value =
        check(json!({"model": model, "realtimeInputConfig": {"activityHandling": "SOMETIMES"}}));
    let value = value.expect_err("an unknown name");
    assert!(
        value.starts_with("closed with 1007: Invalid JSON payload"),
        "{value}"
    );
    // Not reported to be refused, so an emulated model takes it.
    let level = json!({"thinkingConfig": {"thinkingLevel": "LOW"}});
    assert_eq!(
        check(
            json!({"model": "models/gemini-2.5-flash-native-audio-preview-09-2025", "generationConfig": level})
        ),
        Ok(())
    );
}

#[test]
fn debug_shows_no_instructions() {
    let setup = Setup { config: bakery() };
    assert!(!format!("{setup:?}").contains("bakery"));
}
