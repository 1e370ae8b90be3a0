//! The setup message's shape from and to [`SessionConfig`].

use std::borrow::Cow;
use std::time::Duration;

use super::config::{
    AutomaticDetection, Compression, FunctionDeclaration, Resumption, Sampling, SessionConfig,
    Thinking, TranscriptionConfig, VoiceDetection,
};
use super::content::Content;
use super::names::Modality;
use super::wire::{
    ActivityDetection, ContextWindowCompression, Function, GenerationConfig, HistoryConfig,
    PrebuiltVoiceConfig, Proactivity, RealtimeInputConfig, SessionResumption, Setup, SlidingWindow,
    SpeechConfig, Switches, ThinkingConfig, Tool, Transcription, VoiceConfig,
};
use crate::message_error::MessageError;
use crate::redact::Pii;

impl Tool {
    pub(super) fn from_config(functions: &[FunctionDeclaration], google_search: bool) -> Vec<Self> {
        let mut tools = Vec::new();
        if !functions.is_empty() {
            tools.push(Self {
                function_declarations: functions.iter().map(Function::from_config).collect(),
                google_search: false,
            });
        }
        if google_search {
            tools.push(Self {
                google_search,
                ..Self::default()
            });
        }
        tools
    }

    /// All functions of all groups, and whether one of them is the search.
    pub(super) fn into_config(tools: Vec<Self>) -> (Vec<FunctionDeclaration>, bool) {
        let google_search = tools.iter().any(|tool| tool.google_search);
        let functions = tools
            .into_iter()
            .flat_map(|tool| tool.function_declarations);
        (
            functions.map(Function::into_config).collect(),
            google_search,
        )
    }
}

impl Function {
    fn from_config(function: &FunctionDeclaration) -> Self {
        Self {
            name: function.name.clone(),
            description: function.description.clone(),
            parameters: function.parameters.clone(),
            behavior: function.behavior,
        }
    }

    fn into_config(self) -> FunctionDeclaration {
        FunctionDeclaration {
            name: self.name,
            description: self.description,
            parameters: self.parameters,
            behavior: self.behavior,
        }
    }
}

impl<'a> Setup<'a> {
    pub(super) fn from_config(config: &'a SessionConfig) -> Self {
        let voice_config = config.voice.clone().map(|voice_name| VoiceConfig {
            prebuilt_voice_config: Some(PrebuiltVoiceConfig {
                voice_name: Some(voice_name),
            }),
        });
        let language_code = config.language.clone();
        let speaks = voice_config.is_some() || language_code.is_some();
        let sampling = &config.sampling;
        let instruction = config.system_instruction.as_ref();
        let tools = Tool::from_config(&config.functions, config.google_search);
        Self {
            model: Some(Cow::Borrowed(&config.model)),
            generation_config: Some(GenerationConfig {
                response_modalities: Some(vec![config.modality]),
                temperature: sampling.temperature,
                top_p: sampling.top_p,
                top_k: sampling.top_k.map(u64::from),
                max_output_tokens: sampling.max_output_tokens,
                seed: sampling.seed,
                speech_config: speaks.then_some(SpeechConfig {
                    voice_config,
                    language_code,
                }),
                thinking_config: config.thinking.map(|thinking| ThinkingConfig {
                    thinking_level: thinking.level,
                    thinking_budget: thinking.budget,
                    include_thoughts: thinking.include_thoughts.then_some(true),
                }),
                enable_affective_dialog: config.affective_dialog.then_some(true),
            }),
            system_instruction: instruction.map(|text| Content::text("", text.expose().as_str())),
            tools: (!tools.is_empty()).then_some(tools),
            rest: Switches::from_config(config),
        }
    }

    pub(super) fn into_config(self) -> Result<SessionConfig, MessageError> {
        let model = self.model.filter(|model| !model.is_empty());
        let model = model.ok_or(MessageError::Missing {
            field: "setup.model",
        })?;
        let generation = self.generation_config.unwrap_or_default();
        let modality = match generation.response_modalities.as_deref() {
            None | Some([]) => Modality::Audio,
            Some([modality]) => *modality,
            Some(_) => {
                return Err(MessageError::Invalid {
                    field: "setup.generationConfig.responseModalities",
                    expected: "one modality",
                });
            }
        };
        let speech = generation.speech_config.unwrap_or_default();
        let voice = speech.voice_config.and_then(|it| it.prebuilt_voice_config);
        let instruction = self.system_instruction.as_ref().map(Content::texts);
        let (functions, google_search) = Tool::into_config(self.tools.unwrap_or_default());
        let mut config = SessionConfig {
            modality,
            voice: voice.and_then(|voice| voice.voice_name),
            language: speech.language_code,
            system_instruction: instruction.map(Pii::new),
            sampling: Sampling {
                temperature: generation.temperature,
                top_p: generation.top_p,
                top_k: generation.top_k.and_then(|top_k| top_k.try_into().ok()),
                max_output_tokens: generation.max_output_tokens,
                seed: generation.seed,
            },
            thinking: generation.thinking_config.map(|thinking| Thinking {
                level: thinking.thinking_level,
                budget: thinking.thinking_budget,
                include_thoughts: thinking.include_thoughts == Some(true),
            }),
            affective_dialog: generation.enable_affective_dialog == Some(true),
            functions,
            google_search,
            ..SessionConfig::bare(model)
        };
        self.rest.write_into(&mut config);
        Ok(config)
    }
}

impl Switches {
    fn from_config(config: &SessionConfig) -> Self {
        let detection = match config.voice_detection {
            VoiceDetection::Manual => Some(ActivityDetection {
                disabled: Some(true),
                ..ActivityDetection::default()
            }),
            VoiceDetection::Automatic(detection) if detection == AutomaticDetection::default() => {
                None
            }
            VoiceDetection::Automatic(detection) => Some(ActivityDetection {
                disabled: None,
                start_of_speech_sensitivity: detection.start,
                end_of_speech_sensitivity: detection.end,
                prefix_padding_ms: detection.prefix_padding.map(milliseconds),
                silence_duration_ms: detection.silence.map(milliseconds),
            }),
        };
        let hears = detection.is_some()
            || config.activity_handling.is_some()
            || config.turn_coverage.is_some();
        let transcription = |transcription: &TranscriptionConfig| Transcription {
            language_codes: Some(transcription.language_codes.clone())
                .filter(|codes| !codes.is_empty()),
        };
        Self {
            realtime_input_config: hears.then_some(RealtimeInputConfig {
                automatic_activity_detection: detection,
                activity_handling: config.activity_handling,
                turn_coverage: config.turn_coverage,
            }),
            input_audio_transcription: config.input_transcription.as_ref().map(transcription),
            output_audio_transcription: config.output_transcription.as_ref().map(transcription),
            session_resumption: config
                .resumption
                .as_ref()
                .map(|resumption| SessionResumption {
                    handle: resumption.handle.clone(),
                    transparent: resumption.transparent.then_some(true),
                }),
            context_window_compression: config.compression.map(|compression| {
                ContextWindowCompression {
                    trigger_tokens: compression.trigger_tokens,
                    sliding_window: Some(SlidingWindow {
                        target_tokens: compression.target_tokens,
                    }),
                }
            }),
            proactivity: config.proactive_audio.map(|proactive_audio| Proactivity {
                proactive_audio: Some(proactive_audio),
            }),
            history_config: config.initial_history.then_some(HistoryConfig {
                initial_history_in_client_content: Some(true),
            }),
            explicit_vad_signal: config.explicit_vad_signal.then_some(true),
        }
    }

    fn write_into(self, config: &mut SessionConfig) {
        let input = self.realtime_input_config.unwrap_or_default();
        let detection = input.automatic_activity_detection.unwrap_or_default();
        let time = |milliseconds: Option<u32>| {
            milliseconds.map(|milliseconds| Duration::from_millis(milliseconds.into()))
        };
        config.voice_detection = if detection.disabled == Some(true) {
            VoiceDetection::Manual
        } else {
            VoiceDetection::Automatic(AutomaticDetection {
                start: detection.start_of_speech_sensitivity,
                end: detection.end_of_speech_sensitivity,
                prefix_padding: time(detection.prefix_padding_ms),
                silence: time(detection.silence_duration_ms),
            })
        };
        config.activity_handling = input.activity_handling;
        config.turn_coverage = input.turn_coverage;
        let transcription = |transcription: Transcription| TranscriptionConfig {
            language_codes: transcription.language_codes.unwrap_or_default(),
        };
        config.input_transcription = self.input_audio_transcription.map(transcription);
        config.output_transcription = self.output_audio_transcription.map(transcription);
        config.resumption = self.session_resumption.map(|resumption| Resumption {
            handle: resumption
                .handle
                .filter(|handle| !handle.expose().is_empty()),
            transparent: resumption.transparent == Some(true),
        });
        config.compression = self
            .context_window_compression
            .map(|compression| Compression {
                trigger_tokens: compression.trigger_tokens,
                target_tokens: compression
                    .sliding_window
                    .and_then(|window| window.target_tokens),
            });
        config.proactive_audio = self.proactivity.and_then(|it| it.proactive_audio);
        let history = self.history_config;
        config.initial_history =
            history.is_some_and(|it| it.initial_history_in_client_content == Some(true));
        config.explicit_vad_signal = self.explicit_vad_signal == Some(true);
    }
}

fn milliseconds(length: Duration) -> u32 {
    u32::try_from(length.as_millis()).unwrap_or(u32::MAX)
}
