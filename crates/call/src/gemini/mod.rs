//! The JSON of the Gemini Live API in both directions: what a session is set up with, what is said in it, where it is
//! found, and what to do when it ends.
//!
//! The gateway writes a [`Setup`] made from a [`SessionConfig`], then [`write_audio`] and [`ClientMessage`]s, and reads
//! [`ServerMessage`]s. An emulated model does the opposite: it reads [`ClientMessage::parse`], refuses with
//! [`ClientMessage::check`], and writes [`ServerMessage::write`] and [`write_server_audio`].
//!
//! ```
//! use voice_call::gemini::{Endpoint, SessionConfig, Setup};
//!
//! let endpoint = Endpoint::developer("AIza…");
//! let mut config = SessionConfig::new("gemini-3.8-live");
//! config.voice = Some("Kore".to_owned());
//! let setup = Setup::new(&config, &endpoint)?;
//!
//! let mut out = String::new(); // kept for the whole session
//! setup.write(&mut out);
//! assert!(out.starts_with(r#"{"setup":{"model":"models/gemini-3.8-live","#));
//!
//! // What a model would refuse is found before anything is sent.
//! config.proactive_audio = Some(false);
//! let error = Setup::new(&config, &endpoint).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "proactive_audio: gemini-3.8-live is always proactive and refuses false; leave it out",
//! );
//! # Ok::<(), voice_call::gemini::ConfigError>(())
//! ```
//!
//! Facts are from the Live API's reference, the official SDKs' sources and captured frames, and reports of users; where
//! they leave a choice, the item says which was made.

mod client;
pub mod close;
mod config;
mod content;
mod endpoint;
mod family;
mod names;
mod realtime;
mod request;
mod rules;
mod schema;
mod server;
mod setup;
mod tools;
mod usage;
mod wire;
mod wire_config;

pub use client::{ClientContent, ClientMessage, ContextUpdate};
pub use close::{Close, Remedy};
pub use config::{
    AutomaticDetection, Compression, FunctionDeclaration, Resumption, Sampling, SessionConfig,
    Thinking, TranscriptionConfig, VoiceDetection,
};
pub use content::{Blob, Content, Part, Parts};
pub use endpoint::{Endpoint, EndpointError, Header, Service, Surface, Version};
pub use family::Family;
pub use names::{
    ActivityHandling, Behavior, EndSensitivity, InteractionStatus, Modality, Scheduling,
    StartSensitivity, ThinkingLevel, TurnCompleteReason, TurnCoverage, VoiceActivityType,
    VoiceSignalType,
};
pub use realtime::{
    RealtimeInput, write_activity_end, write_activity_start, write_audio, write_audio_stream_end,
    write_text,
};
pub use request::{Credential, Request, RequestError};
pub use rules::ConfigError;
pub use server::{
    GoAway, ServerContent, ServerMessage, SessionResumptionUpdate, SetupComplete, Transcription,
    VoiceActivity, VoiceSignal, write_server_audio,
};
pub use setup::Setup;
pub use tools::{FunctionCall, FunctionResponse, ToolCall, ToolCallCancellation, ToolResponse};
pub use usage::{ModalityTokens, Usage};

/// Samples a second that the model hears natively.
pub const INPUT_RATE: u32 = 16_000;

/// Samples a second in which the model speaks, unless a message's type says otherwise.
pub const OUTPUT_RATE: u32 = 24_000;

/// The longest message read in either direction, in bytes.
///
/// No limit is documented. This much is 65 s of the model's sound in one message; sound comes in pieces of some
/// hundred milliseconds.
pub const LONGEST_MESSAGE: usize = 4 << 20;

/// The longest message that an emulated model should send, in bytes: the official Python SDK reads no more.
pub const LONGEST_PORTABLE_MESSAGE: usize = 1 << 20;
