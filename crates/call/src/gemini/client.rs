//! What a client sends: written by the gateway, read by an emulated model.

use serde::{Deserialize, Serialize};

use super::LONGEST_MESSAGE;
use super::close::Close;
use super::config::{FunctionDeclaration, VoiceDetection};
use super::content::{Blob, Content};
use super::endpoint::{Service, Surface};
use super::realtime::RealtimeInput;
use super::setup::Setup;
use super::tools::ToolResponse;
use super::wire;
use crate::json;
use crate::message_error::MessageError;
use crate::redact::Pii;

/// A message of a client: exactly one of five kinds.
///
/// Names are read in camelCase, in snake_case and in any mixture at every depth, since the official Python SDK mixes
/// them, and written in camelCase.
///
/// ```
/// use voice_call::gemini::{ClientContent, ClientMessage, Content};
///
/// let greeting = ClientMessage::ClientContent(ClientContent {
///     turns: vec![Content::text("user", "Say hello first.")],
///     turn_complete: true,
/// });
/// let mut out = String::new();
/// greeting.write(&mut out);
/// assert_eq!(out, concat!(
///     r#"{"clientContent":{"turns":[{"role":"user","parts":[{"text":"Say hello first."}]}],"#,
///     r#""turnComplete":true}}"#,
/// ));
/// assert_eq!(ClientMessage::parse(&out), Ok(greeting));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum ClientMessage<'a> {
    /// The first message.
    Setup(Box<Setup>),
    /// Something said, in order: history, or a turn that interrupts the model.
    ClientContent(ClientContent<'a>),
    /// Input as it happens.
    RealtimeInput(RealtimeInput<'a>),
    /// Answers to the model's calls.
    ToolResponse(ToolResponse),
    /// Other instructions or tools inside a session; for 3.8.
    ContextUpdate(ContextUpdate),
}

/// Something said, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientContent<'a> {
    /// What was said.
    #[serde(borrow, default, deserialize_with = "json::or_default")]
    pub turns: Vec<Content<'a>>,
    /// Whether the model shall answer now; interrupts what it is saying.
    #[serde(
        default,
        alias = "turn_complete",
        deserialize_with = "json::flag",
        skip_serializing_if = "json::is_false"
    )]
    pub turn_complete: bool,
}

/// Other instructions or tools inside a session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContextUpdate {
    /// The new instructions; the old ones stay if none.
    pub system_instruction: Option<Pii<String>>,
    /// The new functions; the old ones stay if none.
    pub functions: Option<Vec<FunctionDeclaration>>,
}

/// All kinds as serde reads them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow, default, alias = "realtime_input")]
    realtime_input: Option<RealtimeInput<'a>>,
    #[serde(borrow, default)]
    setup: Option<Box<wire::Setup<'a>>>,
    #[serde(borrow, default, alias = "client_content")]
    client_content: Option<ClientContent<'a>>,
    #[serde(default, alias = "tool_response")]
    tool_response: Option<ToolResponse>,
    #[serde(borrow, default, alias = "context_update")]
    context_update: Option<WireUpdate<'a>>,
}

/// All kinds but the setup as serde writes them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Written<'a> {
    ClientContent(&'a ClientContent<'a>),
    RealtimeInput(&'a RealtimeInput<'a>),
    ToolResponse(&'a ToolResponse),
    ContextUpdate(WireUpdate<'a>),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireUpdate<'a> {
    #[serde(
        borrow,
        default,
        alias = "system_instruction",
        skip_serializing_if = "Option::is_none"
    )]
    system_instruction: Option<Content<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tools: Option<WireTools>,
}

#[derive(Serialize, Deserialize)]
struct WireTools {
    #[serde(default, deserialize_with = "json::or_default")]
    tools: Vec<wire::Tool>,
}

impl<'a> ClientMessage<'a> {
    /// Reads a message.
    ///
    /// # Errors
    ///
    /// When it is not JSON, not exactly one kind, or a field has a value of the wrong type. `Close::from` says how a
    /// server would close on it.
    pub fn parse(text: &'a str) -> Result<Self, MessageError> {
        MessageError::check_length(text.len(), LONGEST_MESSAGE)?;
        let envelope: Envelope<'a> =
            serde_json::from_str(text).map_err(|error| MessageError::from_json(&error))?;
        let kinds = [
            envelope.setup.is_some(),
            envelope.client_content.is_some(),
            envelope.realtime_input.is_some(),
            envelope.tool_response.is_some(),
            envelope.context_update.is_some(),
        ];
        if kinds.into_iter().filter(|is_there| *is_there).count() > 1 {
            return Err(MessageError::Invalid {
                field: "the message",
                expected: "one of setup, clientContent, realtimeInput, toolResponse and contextUpdate",
            });
        }
        let mut message = envelope.realtime_input.map(Self::RealtimeInput);
        message = message.or(envelope.client_content.map(Self::ClientContent));
        message = message.or(envelope.tool_response.map(Self::ToolResponse));
        if let Some(update) = envelope.context_update {
            message = Some(Self::ContextUpdate(update.into_update()));
        }
        if let Some(setup) = envelope.setup {
            message = Some(Self::Setup(Box::new(Setup::from_wire(*setup)?)));
        }
        message.ok_or(MessageError::UnknownKind)
    }

    /// Reads a message from the bytes of a frame.
    ///
    /// # Errors
    ///
    /// As [`ClientMessage::parse`], and when the bytes are not UTF-8.
    pub fn parse_bytes(bytes: &'a [u8]) -> Result<Self, MessageError> {
        let not_text = |_| MessageError::NotJson { line: 1, column: 0 };
        Self::parse(str::from_utf8(bytes).map_err(not_text)?)
    }

    /// Appends the message. For sound that is not base64 yet, [`write_audio`](super::write_audio) needs no
    /// intermediate text.
    pub fn write(&self, out: &mut String) {
        let written = match self {
            Self::Setup(setup) => return setup.write(out),
            Self::ClientContent(content) => Written::ClientContent(content),
            Self::RealtimeInput(input) => Written::RealtimeInput(input),
            Self::ToolResponse(response) => Written::ToolResponse(response),
            Self::ContextUpdate(update) => Written::ContextUpdate(WireUpdate::from_update(update)),
        };
        let text = serde_json::to_string(&written).expect("all keys are texts");
        out.push_str(&text);
    }

    /// Whether a server would accept the message at this point, and how it would close if not.
    ///
    /// `setup` is the session's, if it has been set up. What depends on more than that (sound before `activityStart`,
    /// answers to unknown calls) is left to the emulated model.
    ///
    /// # Errors
    ///
    /// The close to answer with.
    pub fn check(&self, surface: Surface, setup: Option<&Setup>) -> Result<(), Close> {
        let Some(session) = setup else {
            return match self {
                Self::Setup(setup) => setup.check(surface),
                Self::ClientContent(_)
                | Self::RealtimeInput(_)
                | Self::ToolResponse(_)
                | Self::ContextUpdate(_) => Err(Close::invalid_argument("setup")),
            };
        };
        match self {
            Self::Setup(_) => Err(Close::invalid_argument("setup")),
            Self::ClientContent(_) => Ok(()),
            Self::RealtimeInput(input) => check_input(input, session),
            Self::ToolResponse(response) => {
                let lacks_id = response
                    .function_responses
                    .iter()
                    .any(|it| it.id.as_deref().is_none_or(str::is_empty));
                if lacks_id && surface.service == Service::Developer {
                    return Err(Close::invalid_argument("toolResponse.functionResponses.id"));
                }
                Ok(())
            }
            Self::ContextUpdate(_) if session.family().takes_context_updates() => Ok(()),
            Self::ContextUpdate(_) => Err(Close::not_enabled()),
        }
    }
}

fn check_input(input: &RealtimeInput<'_>, session: &Setup) -> Result<(), Close> {
    if !input.media_chunks.is_empty() && session.family().is_third_generation() {
        let reason = "realtimeInput.mediaChunks (media_chunks) is deprecated: use audio";
        return Err(Close::new(1_007, reason));
    }
    let is_manual = session.config().voice_detection == VoiceDetection::Manual;
    if (input.activity_start || input.activity_end) && !is_manual {
        let field = "realtimeInput.activityStart needs manual activity detection";
        return Err(Close::invalid_argument(field));
    }
    // Without a rate the server takes 16 kHz.
    let states_no_rate = |audio: &Blob<'_>| {
        let type_ = audio.mime_type.to_ascii_lowercase();
        !type_.contains("rate")
    };
    let is_sound = |audio: &Blob<'_>| {
        let rate = audio.rate().filter(|rate| (1..=768_000).contains(rate));
        audio.is_pcm() && (rate.is_some() || states_no_rate(audio))
    };
    if !input.audio.as_ref().is_none_or(is_sound) {
        return Err(Close::invalid_argument("realtimeInput.audio.mimeType"));
    }
    Ok(())
}

impl<'a> WireUpdate<'a> {
    fn from_update(update: &'a ContextUpdate) -> Self {
        let instruction = update.system_instruction.as_ref();
        let functions = update.functions.as_ref();
        Self {
            system_instruction: instruction.map(|text| Content::text("", text.expose().as_str())),
            tools: functions.map(|functions| WireTools {
                tools: wire::Tool::from_config(functions, false),
            }),
        }
    }

    fn into_update(self) -> ContextUpdate {
        ContextUpdate {
            system_instruction: self.system_instruction.map(|it| Pii::new(it.texts())),
            functions: self
                .tools
                .map(|tools| wire::Tool::into_config(tools.tools).0),
        }
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
