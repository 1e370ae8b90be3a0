//! What the model's server sends: read by the gateway, written by an emulated model.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::LONGEST_MESSAGE;
use super::content::Content;
use super::names::{InteractionStatus, TurnCompleteReason, VoiceActivityType, VoiceSignalType};
use super::tools::{ToolCall, ToolCallCancellation};
use super::usage::Usage;
use crate::base64::encode_append;
use crate::json::{self, push_display};
use crate::message_error::MessageError;
use crate::redact::PiiText;

/// A message of the server: every field may be there beside every other, so look at all of them.
///
/// Field names are read in camelCase and snake_case at every depth, unknown ones are ignored. Texts and sound borrow
/// from the message; one with a single part of sound is read without any allocation.
///
/// ```
/// use voice_call::gemini::ServerMessage;
///
/// let text = r#"{"serverContent":{"modelTurn":{"parts":[
///     {"inlineData":{"mimeType":"audio/pcm;rate=24000","data":"AAABAAIA"}}]},"turnComplete":true},
///     "usageMetadata":{"totalTokenCount":876}}"#;
/// let message = ServerMessage::parse(text)?;
/// let content = message.server_content.expect("it has content");
/// for part in content.model_turn.iter().flat_map(|turn| turn.parts.iter()) {
///     let sound = part.inline_data.as_ref().expect("it has sound");
///     assert_eq!(sound.rate(), Some(24_000));
/// }
/// assert!(content.turn_complete);
/// assert_eq!(message.usage_metadata.and_then(|usage| usage.total), Some(876));
/// # Ok::<(), voice_call::MessageError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerMessage<'a> {
    /// The setup is accepted; only now may the client send more.
    #[serde(
        borrow,
        default,
        alias = "setup_complete",
        skip_serializing_if = "Option::is_none"
    )]
    pub setup_complete: Option<SetupComplete<'a>>,
    /// What the model says, and what happens to its turn.
    #[serde(
        borrow,
        default,
        alias = "server_content",
        skip_serializing_if = "Option::is_none"
    )]
    pub server_content: Option<ServerContent<'a>>,
    /// The model calls functions.
    #[serde(default, alias = "tool_call", skip_serializing_if = "Option::is_none")]
    pub tool_call: Option<ToolCall>,
    /// Calls that need no answer any more.
    #[serde(
        default,
        alias = "tool_call_cancellation",
        skip_serializing_if = "Option::is_none"
    )]
    pub tool_call_cancellation: Option<ToolCallCancellation>,
    /// The server will close the connection soon.
    #[serde(default, alias = "go_away", skip_serializing_if = "Option::is_none")]
    pub go_away: Option<GoAway>,
    /// A new handle to resume the session with.
    #[serde(
        borrow,
        default,
        alias = "session_resumption_update",
        skip_serializing_if = "Option::is_none"
    )]
    pub session_resumption_update: Option<SessionResumptionUpdate<'a>>,
    /// How many tokens were used.
    #[serde(
        default,
        alias = "usage_metadata",
        skip_serializing_if = "Option::is_none"
    )]
    pub usage_metadata: Option<Usage>,
    /// What the voice detector heard.
    #[serde(
        default,
        alias = "voice_activity",
        skip_serializing_if = "Option::is_none"
    )]
    pub voice_activity: Option<VoiceActivity>,
    /// What the voice detector heard, in its older form.
    #[serde(
        default,
        alias = "voice_activity_detection_signal",
        skip_serializing_if = "Option::is_none"
    )]
    pub voice_activity_detection_signal: Option<VoiceSignal>,
}

/// The setup is accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetupComplete<'a> {
    /// The session's id, if the server names it.
    #[serde(
        borrow,
        default,
        alias = "session_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub session_id: Option<PiiText<'a>>,
}

/// What the model says, and what happens to its turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerContent<'a> {
    /// More of the model's turn.
    #[serde(
        borrow,
        default,
        alias = "model_turn",
        skip_serializing_if = "Option::is_none"
    )]
    pub model_turn: Option<Content<'a>>,
    /// The model has made everything; the caller may still be hearing it.
    #[serde(
        default,
        alias = "generation_complete",
        deserialize_with = "json::flag",
        skip_serializing_if = "json::is_false"
    )]
    pub generation_complete: bool,
    /// The turn is over. Comes about when it would have been heard to its end.
    #[serde(
        default,
        alias = "turn_complete",
        deserialize_with = "json::flag",
        skip_serializing_if = "json::is_false"
    )]
    pub turn_complete: bool,
    /// The caller interrupted: throw away everything that is not yet heard, now. May come after the turn is over.
    #[serde(
        default,
        deserialize_with = "json::flag",
        skip_serializing_if = "json::is_false"
    )]
    pub interrupted: bool,
    /// A piece of what the caller said.
    #[serde(
        borrow,
        default,
        alias = "input_transcription",
        skip_serializing_if = "Option::is_none"
    )]
    pub input_transcription: Option<Transcription<'a>>,
    /// A piece of what the model said. Not in order with the sound.
    #[serde(
        borrow,
        default,
        alias = "output_transcription",
        skip_serializing_if = "Option::is_none"
    )]
    pub output_transcription: Option<Transcription<'a>>,
    /// A guess of what the caller is saying, which a later one may replace.
    #[serde(
        borrow,
        default,
        alias = "interim_input_transcription",
        skip_serializing_if = "Option::is_none"
    )]
    pub interim_input_transcription: Option<Transcription<'a>>,
    /// Why the turn ended, if not by being finished.
    #[serde(
        default,
        alias = "turn_complete_reason",
        skip_serializing_if = "Option::is_none"
    )]
    pub turn_complete_reason: Option<TurnCompleteReason>,
    /// The model says nothing since it expects the caller to go on.
    #[serde(
        default,
        alias = "waiting_for_input",
        deserialize_with = "json::flag",
        skip_serializing_if = "json::is_false"
    )]
    pub waiting_for_input: bool,
    /// Whether more is to come. Where it is sent, it decides and not [`ServerContent::turn_complete`].
    #[serde(
        default,
        alias = "interaction_status",
        skip_serializing_if = "Option::is_none"
    )]
    pub interaction_status: Option<InteractionStatus>,
}

/// A piece of a transcript. Pieces are put together as they are, without spaces between.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transcription<'a> {
    /// The words; none in a message that only ends a transcript.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub text: Option<PiiText<'a>>,
    /// Whether it was the last piece.
    #[serde(
        default,
        deserialize_with = "json::flag",
        skip_serializing_if = "json::is_false"
    )]
    pub finished: bool,
    /// The language, as in `en-US`.
    #[serde(
        default,
        alias = "language_code",
        skip_serializing_if = "Option::is_none"
    )]
    pub language_code: Option<String>,
}

/// The server will close the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GoAway {
    /// How soon, if the server says so in a way that is understood.
    #[serde(
        default,
        alias = "time_left",
        deserialize_with = "json::duration",
        serialize_with = "json::write_duration",
        skip_serializing_if = "Option::is_none"
    )]
    pub time_left: Option<Duration>,
}

/// A handle for resuming the session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionResumptionUpdate<'a> {
    /// The handle; see [`SessionResumptionUpdate::usable_handle`].
    #[serde(
        borrow,
        default,
        alias = "new_handle",
        skip_serializing_if = "Option::is_none"
    )]
    pub new_handle: Option<PiiText<'a>>,
    /// Whether the session can be resumed from here. It can not while the model speaks or waits for a tool.
    #[serde(default, deserialize_with = "json::flag")]
    pub resumable: bool,
    /// The last message of the client that the handle covers; only with transparent resumption.
    #[serde(
        default,
        alias = "last_consumed_client_message_index",
        deserialize_with = "json::counter",
        serialize_with = "write_index",
        skip_serializing_if = "Option::is_none"
    )]
    pub last_consumed_client_message_index: Option<u64>,
}

/// What the voice detector heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VoiceActivity {
    /// What.
    #[serde(
        default,
        rename = "voiceActivityType",
        alias = "voice_activity_type",
        skip_serializing_if = "Option::is_none"
    )]
    pub kind: Option<VoiceActivityType>,
    /// Where in the sound.
    #[serde(
        default,
        alias = "audio_offset",
        deserialize_with = "json::duration",
        serialize_with = "json::write_duration",
        skip_serializing_if = "Option::is_none"
    )]
    pub audio_offset: Option<Duration>,
}

/// What the voice detector heard, in its older form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VoiceSignal {
    /// What.
    #[serde(
        default,
        rename = "vadSignalType",
        alias = "vad_signal_type",
        skip_serializing_if = "Option::is_none"
    )]
    pub kind: Option<VoiceSignalType>,
}

impl<'a> ServerMessage<'a> {
    /// Reads a message.
    ///
    /// # Errors
    ///
    /// When it is not JSON, or a known field has a value of the wrong type.
    pub fn parse(text: &'a str) -> Result<Self, MessageError> {
        MessageError::check_length(text.len(), LONGEST_MESSAGE)?;
        serde_json::from_str(text).map_err(|error| MessageError::from_json(&error))
    }

    /// Reads a message from the bytes of a frame; the server sends JSON in binary frames as a rule.
    ///
    /// # Errors
    ///
    /// As [`ServerMessage::parse`], and when the bytes are not UTF-8.
    pub fn parse_bytes(bytes: &'a [u8]) -> Result<Self, MessageError> {
        let not_text = |_| MessageError::NotJson { line: 1, column: 0 };
        Self::parse(str::from_utf8(bytes).map_err(not_text)?)
    }

    /// Appends the message in camelCase, as an emulated model sends it. For sound that is not base64 yet,
    /// [`write_server_audio`] needs no intermediate text.
    pub fn write(&self, out: &mut String) {
        let text = serde_json::to_string(self).expect("all keys are texts");
        out.push_str(&text);
    }
}

impl SessionResumptionUpdate<'_> {
    /// The handle, if it is one to store: the session is resumable and the handle is not empty.
    #[must_use]
    pub fn usable_handle(&self) -> Option<&str> {
        let handle = self.new_handle.as_ref().map(PiiText::as_str);
        handle.filter(|handle| self.resumable && !handle.is_empty())
    }
}

/// Appends a message with one part of sound, as an emulated model sends it: 16-bit little-endian samples, one channel.
///
/// ```
/// let mut out = String::new();
/// voice_call::gemini::write_server_audio(&mut out, 24_000, &[0, 0, 1, 0, 2, 0]);
/// assert_eq!(out, concat!(
///     r#"{"serverContent":{"modelTurn":{"role":"model","parts":[{"inlineData":"#,
///     r#"{"mimeType":"audio/pcm;rate=24000","data":"AAABAAIA"}}]}}}"#,
/// ));
/// ```
pub fn write_server_audio(out: &mut String, rate: u32, sound: &[u8]) {
    out.push_str(
        r#"{"serverContent":{"modelTurn":{"role":"model","parts":[{"inlineData":{"mimeType":"audio/pcm;rate="#,
    );
    push_display(out, rate);
    out.push_str(r#"","data":""#);
    encode_append(sound, out);
    out.push_str("\"}}]}}}");
}

/// 64-bit integers are texts in the JSON of protocol buffers.
#[expect(clippy::ref_option, reason = "serde passes references")]
fn write_index<S: serde::Serializer>(
    index: &Option<u64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match index {
        None => serializer.serialize_none(),
        Some(index) => serializer.collect_str(index),
    }
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
