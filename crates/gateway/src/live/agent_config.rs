//! What an agent is, as configured.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use voice_call::gemini::{Behavior, ThinkingLevel};

use crate::secret::Secret;
use crate::time_span::TimeSpan;

/// One agent: `[agents.NAME]`. Everything but the model has a default.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    /// The model, as in `gemini-3.8-live`.
    pub model: String,
    /// Which of the configured services; may be left out where there is one.
    pub service: Option<String>,
    /// One of the service's voices.
    pub voice: Option<String>,
    /// The language, as in `en-US`.
    pub language: Option<String>,
    /// Who the agent is and how it behaves.
    pub system_prompt: Option<String>,
    /// A file with the same.
    pub system_prompt_file: Option<PathBuf>,
    /// What makes the agent speak first. Empty: the caller speaks first.
    pub greeting: Option<String>,
    /// What happens when the caller is silent.
    #[serde(default)]
    pub idle: IdleConfig,
    /// How long an answer may take before it is asked for again. 8 s; 0: as long as it takes.
    pub reply_timeout: Option<TimeSpan>,
    /// The longest call. One hour; 0: without limit.
    pub longest_call: Option<TimeSpan>,
    /// How long a call waits for its stream, and for another after a loss. 30 s.
    pub carrier_timeout: Option<TimeSpan>,
    /// How far ahead of its playing sound is sent. 160 ms.
    pub lead: Option<TimeSpan>,
    /// The caller's level.
    #[serde(default)]
    pub caller_level: LevelConfig,
    /// The model's level.
    #[serde(default)]
    pub model_level: LevelConfig,
    /// Whether the model hears silence while it speaks, against echo. No.
    #[serde(default)]
    pub half_duplex: bool,
    /// Whether the model is told how much of an interrupted turn was heard. Yes.
    pub tells_heard: Option<bool>,
    /// Whether the model is told which keys are pressed. Yes.
    pub tells_keys: Option<bool>,
    /// How the model finds where speech begins and ends.
    #[serde(default)]
    pub voice_detection: VoiceDetectionConfig,
    /// How long the model thinks.
    pub thinking: Option<ThinkingConfig>,
    /// How freely the model chooses its words.
    pub temperature: Option<f64>,
    /// The longest answer, in tokens.
    pub max_output_tokens: Option<u32>,
    /// Whether the model answers the caller's mood.
    #[serde(default)]
    pub affective_dialog: bool,
    /// Whether the model may decide not to answer.
    pub proactive_audio: Option<bool>,
    /// Whether the model may search the web.
    #[serde(default)]
    pub google_search: bool,
    /// Languages to expect in transcripts.
    #[serde(default)]
    pub transcription_languages: Vec<String>,
    /// Whether the agent may hang up. Yes.
    pub end_call: Option<bool>,
    /// Whether the agent may press keys.
    #[serde(default)]
    pub send_dtmf: bool,
    /// To whom the agent may pass calls on.
    #[serde(default)]
    pub transfers: BTreeMap<String, TransferConfig>,
    /// Tools that are asked over HTTP.
    #[serde(default)]
    pub tools: BTreeMap<String, WebhookConfig>,
    /// Whether calls are recorded. No.
    #[serde(default)]
    pub records: bool,
    /// Whether transcripts are written. No.
    #[serde(default)]
    pub transcripts: bool,
}

/// What happens when the caller is silent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdleConfig {
    /// After how long. 12 s; 0: never.
    pub after: Option<TimeSpan>,
    /// What the model is told.
    pub prompt: Option<String>,
    /// After so many prompts without an answer the call ends. 2.
    pub most: Option<u32>,
}

/// How the level of a voice is evened; see `voice_call::level::Settings`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelConfig {
    /// The level to reach, −40 to −10 dBov. −22.
    pub target: Option<f64>,
    /// The most that quiet talkers are lifted, 0 to 30 dB. 26.
    pub most_lift: Option<f64>,
    /// The most that loud talkers are lowered, 0 to 30 dB. 12.
    pub most_cut: Option<f64>,
}

/// How the model finds where speech begins and ends.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoiceDetectionConfig {
    /// How easily it hears the start of speech.
    pub start: Option<Sensitivity>,
    /// How soon it hears the end of speech.
    pub end: Option<Sensitivity>,
    /// How much speech there must be before it counts.
    pub prefix_padding: Option<TimeSpan>,
    /// How much silence ends speech.
    pub silence: Option<TimeSpan>,
    /// Whether the caller can interrupt. Yes.
    pub interrupts: Option<bool>,
}

/// High or low.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// Easily, soon.
    High,
    /// With hesitation.
    Low,
}

/// How long the model thinks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThinkingConfig {
    /// For 3.x models, as in `LOW`.
    pub level: Option<ThinkingLevel>,
    /// For 2.5 models, in tokens.
    pub budget: Option<i32>,
}

/// Somebody who can take over a call.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferConfig {
    /// What they are for, for the model.
    pub description: String,
    /// Their number.
    pub number: String,
}

/// A tool that is asked over HTTP.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// What it does, for the model to choose it.
    pub description: String,
    /// Its arguments as a JSON schema of an object.
    pub parameters: Option<Map<String, Value>>,
    /// Where it is asked: `https://` or `http://`.
    pub url: String,
    /// How long one attempt may take.
    #[serde(default = "webhook_timeout")]
    pub timeout: TimeSpan,
    /// How often it is tried again when it may help, at most 5. 2.
    #[serde(default = "webhook_retries")]
    pub retries: u32,
    /// What signs the body; none: it is not signed.
    pub secret: Option<Secret>,
    /// `BLOCKING` or `NON_BLOCKING`; the model's default if none.
    pub behavior: Option<Behavior>,
}

fn webhook_timeout() -> TimeSpan {
    Duration::from_secs(5).into()
}

const fn webhook_retries() -> u32 {
    2
}
