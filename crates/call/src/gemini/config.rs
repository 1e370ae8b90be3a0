//! What a session is set up with, as plain data.

use std::time::Duration;

use serde_json::{Map, Value};

use super::names::{
    ActivityHandling, Behavior, EndSensitivity, Modality, StartSensitivity, ThinkingLevel,
    TurnCoverage,
};
use super::schema::with_upper_case_types;
use crate::redact::Pii;

/// What a session is set up with. [`Setup::new`](super::Setup::new) checks it against the model's rules.
///
/// [`SessionConfig::new`] has what a phone call wants: speech, both transcripts, resumption and compression on,
/// automatic voice detection as the service has it.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionConfig {
    /// The model: its bare name, or the full resource name as the service wants it.
    pub model: String,
    /// What the model answers with.
    pub modality: Modality,
    /// One of the service's voices, as in `Kore`; the model's default if none.
    pub voice: Option<String>,
    /// The language, as in `en-US`. Native-audio models choose it themselves, and are reported to refuse it at times.
    pub language: Option<String>,
    /// Who the model is and how it behaves.
    pub system_instruction: Option<Pii<String>>,
    /// How the model chooses its words.
    pub sampling: Sampling,
    /// How long the model thinks.
    pub thinking: Option<Thinking>,
    /// Whether the model answers the caller's mood. Only 2.5 native audio, at `v1alpha`.
    pub affective_dialog: bool,
    /// Whether the model may decide not to answer. 3.8 always may.
    pub proactive_audio: Option<bool>,
    /// Functions that the model may call.
    pub functions: Vec<FunctionDeclaration>,
    /// Whether the model may search the web.
    pub google_search: bool,
    /// Who finds where the caller's speech begins and ends.
    pub voice_detection: VoiceDetection,
    /// What happens when the caller speaks while the model does.
    pub activity_handling: Option<ActivityHandling>,
    /// Which input belongs to a turn; its default differs between models.
    pub turn_coverage: Option<TurnCoverage>,
    /// The transcript of the caller.
    pub input_transcription: Option<TranscriptionConfig>,
    /// The transcript of the model.
    pub output_transcription: Option<TranscriptionConfig>,
    /// Handles to go on with the session in a new connection.
    pub resumption: Option<Resumption>,
    /// Forgetting the oldest part of a long session, which otherwise ends after 15 minutes.
    pub compression: Option<Compression>,
    /// Whether the first content that the client sends is history and not a turn. Not on Vertex AI.
    pub initial_history: bool,
    /// Whether the server says what its voice detector hears. Only on Vertex AI.
    pub explicit_vad_signal: bool,
}

/// How the model chooses its words; the model's defaults where none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sampling {
    /// How freely.
    pub temperature: Option<f64>,
    /// Among the likeliest words whose probabilities sum to this.
    pub top_p: Option<f64>,
    /// Among this many of the likeliest words.
    pub top_k: Option<u32>,
    /// The longest answer, in tokens.
    pub max_output_tokens: Option<u32>,
    /// Makes answers repeatable, as far as the service can.
    pub seed: Option<i32>,
}

/// How long the model thinks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Thinking {
    /// For 3.x models.
    pub level: Option<ThinkingLevel>,
    /// For 2.5 models, in tokens: 0 is off, −1 leaves it to the model.
    pub budget: Option<i32>,
    /// Whether the thoughts are sent too.
    pub include_thoughts: bool,
}

/// A function that the model may call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FunctionDeclaration {
    /// Its name.
    pub name: String,
    /// What it does, for the model to choose it.
    pub description: String,
    /// Its arguments as a JSON schema of an object. A setup takes types in either case (`object`, `OBJECT`).
    pub parameters: Option<Map<String, Value>>,
    /// Whether the model waits for it; the model's default if none.
    pub behavior: Option<Behavior>,
}

/// Who finds where the caller's speech begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoiceDetection {
    /// The server.
    Automatic(AutomaticDetection),
    /// The client, which says so by `activityStart` and `activityEnd`.
    Manual,
}

/// How the server's voice detection works; the service's defaults where none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AutomaticDetection {
    /// How easily it hears the start of speech.
    pub start: Option<StartSensitivity>,
    /// How soon it hears the end of speech.
    pub end: Option<EndSensitivity>,
    /// How much speech there must be before it counts, in whole milliseconds.
    pub prefix_padding: Option<Duration>,
    /// How much silence ends speech, in whole milliseconds. More than 2 s is reported to have no effect.
    pub silence: Option<Duration>,
}

/// A transcript.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TranscriptionConfig {
    /// Languages to expect; the service finds out if empty.
    pub language_codes: Vec<String>,
}

/// Handles to go on with a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resumption {
    /// The session to go on with; a new one if none.
    pub handle: Option<Pii<String>>,
    /// Whether the server says which messages a handle covers. Only on Vertex AI.
    pub transparent: bool,
}

/// When and how much of a long session is forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compression {
    /// From how many tokens on; by default 80 % of what the model can hold.
    pub trigger_tokens: Option<u64>,
    /// How many are kept; by default half of the trigger.
    pub target_tokens: Option<u64>,
}

impl SessionConfig {
    /// What a phone call wants of a model.
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            input_transcription: Some(TranscriptionConfig::default()),
            output_transcription: Some(TranscriptionConfig::default()),
            resumption: Some(Resumption::default()),
            compression: Some(Compression::default()),
            ..Self::bare(model)
        }
    }

    /// Nothing but the model, as the shortest setup says.
    pub fn bare(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            modality: Modality::Audio,
            voice: None,
            language: None,
            system_instruction: None,
            sampling: Sampling::default(),
            thinking: None,
            affective_dialog: false,
            proactive_audio: None,
            functions: Vec::new(),
            google_search: false,
            voice_detection: VoiceDetection::default(),
            activity_handling: None,
            turn_coverage: None,
            input_transcription: None,
            output_transcription: None,
            resumption: None,
            compression: None,
            initial_history: false,
            explicit_vad_signal: false,
        }
    }

    /// The model's name without the resource that it stands in.
    ///
    /// ```
    /// use voice_call::gemini::SessionConfig;
    ///
    /// assert_eq!(SessionConfig::new("models/gemini-3.8-live").model_name(), "gemini-3.8-live");
    /// ```
    #[must_use]
    pub fn model_name(&self) -> &str {
        self.model
            .rsplit_once('/')
            .map_or(&*self.model, |(_, name)| name)
    }
}

impl FunctionDeclaration {
    /// The same with the types of its schema in upper case (`OBJECT`, `STRING`), which is how the service spells them.
    /// [`Setup::new`](super::Setup::new) does it by itself; a context update needs it.
    #[must_use]
    pub fn in_service_spelling(mut self) -> Self {
        self.parameters = self.parameters.as_ref().map(with_upper_case_types);
        self
    }
}

impl Default for VoiceDetection {
    fn default() -> Self {
        Self::Automatic(AutomaticDetection::default())
    }
}
