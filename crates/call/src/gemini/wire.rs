//! The shape of the setup message as serde reads and writes it. Nothing outside `gemini` sees these.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::content::Content;
use super::names::{
    ActivityHandling, Behavior, EndSensitivity, Modality, StartSensitivity, ThinkingLevel,
    TurnCoverage,
};
use crate::json;
use crate::redact::Pii;

/// Structs whose fields are all optional, written in camelCase and read in either spelling.
macro_rules! objects {
    ($(
        $(#[$about:meta])*
        struct $name:ident {
            $($(#[$extra:meta])* $field:ident ($snake:literal): $kind:ty,)+
        }
    )+) => { $(
        $(#[$about])*
        #[derive(Default, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub(super) struct $name {
            $(
                $(#[$extra])*
                #[serde(default, alias = $snake, skip_serializing_if = "Option::is_none")]
                pub(super) $field: Option<$kind>,
            )+
        }
    )+ };
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Setup<'a> {
    #[serde(default)]
    pub(super) model: Option<Cow<'a, str>>,
    #[serde(
        default,
        alias = "generation_config",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) generation_config: Option<GenerationConfig>,
    #[serde(
        borrow,
        default,
        alias = "system_instruction",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) system_instruction: Option<Content<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tools: Option<Vec<Tool>>,
    #[serde(flatten)]
    pub(super) rest: Switches,
}

objects! {
    struct Switches {
        realtime_input_config("realtime_input_config"): RealtimeInputConfig,
        input_audio_transcription("input_audio_transcription"): Transcription,
        output_audio_transcription("output_audio_transcription"): Transcription,
        session_resumption("session_resumption"): SessionResumption,
        context_window_compression("context_window_compression"): ContextWindowCompression,
        proactivity("proactivity"): Proactivity,
        history_config("history_config"): HistoryConfig,
        explicit_vad_signal("explicit_vad_signal"): bool,
    }

    struct GenerationConfig {
        response_modalities("response_modalities"): Vec<Modality>,
        temperature("temperature"): f64,
        top_p("top_p"): f64,
        #[serde(deserialize_with = "json::counter")]
        top_k("top_k"): u64,
        max_output_tokens("max_output_tokens"): u32,
        seed("seed"): i32,
        speech_config("speech_config"): SpeechConfig,
        thinking_config("thinking_config"): ThinkingConfig,
        enable_affective_dialog("enable_affective_dialog"): bool,
    }

    struct SpeechConfig {
        voice_config("voice_config"): VoiceConfig,
        language_code("language_code"): String,
    }

    struct VoiceConfig {
        prebuilt_voice_config("prebuilt_voice_config"): PrebuiltVoiceConfig,
    }

    struct PrebuiltVoiceConfig {
        voice_name("voice_name"): String,
    }

    struct ThinkingConfig {
        thinking_level("thinking_level"): ThinkingLevel,
        thinking_budget("thinking_budget"): i32,
        include_thoughts("include_thoughts"): bool,
    }

    struct RealtimeInputConfig {
        automatic_activity_detection("automatic_activity_detection"): ActivityDetection,
        activity_handling("activity_handling"): ActivityHandling,
        turn_coverage("turn_coverage"): TurnCoverage,
    }

    struct ActivityDetection {
        disabled("disabled"): bool,
        start_of_speech_sensitivity("start_of_speech_sensitivity"): StartSensitivity,
        end_of_speech_sensitivity("end_of_speech_sensitivity"): EndSensitivity,
        prefix_padding_ms("prefix_padding_ms"): u32,
        silence_duration_ms("silence_duration_ms"): u32,
    }

    struct Transcription {
        language_codes("language_codes"): Vec<String>,
    }

    struct SessionResumption {
        handle("handle"): Pii<String>,
        transparent("transparent"): bool,
    }

    struct ContextWindowCompression {
        #[serde(deserialize_with = "json::counter")]
        trigger_tokens("trigger_tokens"): u64,
        sliding_window("sliding_window"): SlidingWindow,
    }

    struct SlidingWindow {
        #[serde(deserialize_with = "json::counter")]
        target_tokens("target_tokens"): u64,
    }

    struct Proactivity {
        proactive_audio("proactive_audio"): bool,
    }

    struct HistoryConfig {
        initial_history_in_client_content("initial_history_in_client_content"): bool,
    }
}

/// A group of tools, in a setup and in a context update.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tool {
    #[serde(
        default,
        alias = "function_declarations",
        deserialize_with = "json::or_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub(super) function_declarations: Vec<Function>,
    #[serde(
        default,
        alias = "google_search",
        deserialize_with = "json::presence",
        serialize_with = "json::write_presence",
        skip_serializing_if = "json::is_false"
    )]
    pub(super) google_search: bool,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Function {
    #[serde(default)]
    pub(super) name: String,
    #[serde(
        default,
        deserialize_with = "json::or_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub(super) description: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) parameters: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) behavior: Option<Behavior>,
}
