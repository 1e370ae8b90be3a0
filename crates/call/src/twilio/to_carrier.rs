//! What a carrier is sent: written by the gateway, read by an emulated carrier.

use std::borrow::Cow;

use super::LONGEST_TO_CARRIER;
use super::wire::{Envelope, OnlyEvent, missing};
use crate::base64::{Payload, encode_append};
use crate::json::push_string;
use crate::message_error::MessageError;
use crate::redact::PiiText;

/// A message to the carrier, as an emulated carrier reads it.
///
/// ```
/// use voice_call::twilio::{self, ToCarrier};
///
/// let mut text = String::new();
/// twilio::write_mark(&mut text, "MZ1", "turn3:7");
/// assert_eq!(text, r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"turn3:7"}}"#);
/// let mark = ToCarrier::Mark { stream_sid: "MZ1".into(), name: "turn3:7".into() };
/// assert_eq!(ToCarrier::parse(&text), Ok(mark));
///
/// let error = ToCarrier::parse(r#"{"event":"mark","mark":{"name":"turn3:7"}}"#).unwrap_err();
/// assert_eq!(twilio::warning_code(&error), 31951);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToCarrier<'a> {
    /// Sound to play after what waits already.
    Media {
        /// The stream's id.
        stream_sid: PiiText<'a>,
        /// The sound.
        payload: Payload<'a>,
    },
    /// Say when everything before it has been played.
    Mark {
        /// The stream's id.
        stream_sid: PiiText<'a>,
        /// A name of the sender's choice.
        name: Cow<'a, str>,
    },
    /// Throw away what waits to be played, and return all pending marks.
    Clear {
        /// The stream's id.
        stream_sid: PiiText<'a>,
    },
}

impl<'a> ToCarrier<'a> {
    /// Reads a message of a text frame. A binary frame is a fault by itself ([`MessageError::NotJson`]).
    ///
    /// # Errors
    ///
    /// When it is none of the three; [`warning_code`] says what Twilio would call it.
    pub fn parse(text: &'a str) -> Result<Self, MessageError> {
        MessageError::check_length(text.len(), LONGEST_TO_CARRIER)?;
        let envelope: Envelope<'a> = match serde_json::from_str(text) {
            Ok(envelope) => envelope,
            Err(error) => {
                let only: Option<OnlyEvent<'a>> = serde_json::from_str(text).ok();
                let event = only.and_then(|only| only.event);
                let is_known = |event: PiiText<'_>| matches!(event.as_str(), "media" | "mark");
                return Err(match event.map(is_known) {
                    Some(false) => MessageError::UnknownKind,
                    _ => MessageError::from_json(&error),
                });
            }
        };
        let event = envelope.event.ok_or(missing("event"))?;
        let stream_sid = envelope.stream_sid.ok_or(missing("streamSid"));
        Ok(match event.as_str() {
            "media" => Self::Media {
                stream_sid: stream_sid?,
                payload: envelope
                    .media
                    .and_then(|media| media.payload)
                    .ok_or(missing("media.payload"))?,
            },
            "mark" => Self::Mark {
                stream_sid: stream_sid?,
                name: envelope
                    .mark
                    .and_then(|mark| mark.name)
                    .ok_or(missing("mark.name"))?
                    .into_exposed(),
            },
            "clear" => Self::Clear {
                stream_sid: stream_sid?,
            },
            _ => return Err(MessageError::UnknownKind),
        })
    }

    /// The stream that it is for.
    #[must_use]
    pub const fn stream_sid(&self) -> &PiiText<'a> {
        match self {
            Self::Media { stream_sid, .. }
            | Self::Mark { stream_sid, .. }
            | Self::Clear { stream_sid } => stream_sid,
        }
    }
}

/// The number of the warning with which Twilio would answer such a message: 31950 for what is not JSON, 31951 for
/// JSON of the wrong shape.
#[must_use]
pub const fn warning_code(error: &MessageError) -> u16 {
    match error {
        MessageError::NotJson { .. } => 31_950,
        MessageError::TooLong { .. }
        | MessageError::WrongType { .. }
        | MessageError::Missing { .. }
        | MessageError::Invalid { .. }
        | MessageError::UnknownKind => 31_951,
    }
}

/// Appends sound for the caller: raw samples in the stream's encoding, of any length, without a file's header.
///
/// ```
/// let mut out = String::new();
/// voice_call::twilio::write_media(&mut out, "MZ1", &[0xFF; 10]);
/// assert_eq!(out, r#"{"event":"media","streamSid":"MZ1","media":{"payload":"/////////////w=="}}"#);
/// ```
pub fn write_media(out: &mut String, stream_sid: &str, payload: &[u8]) {
    out.push_str(r#"{"event":"media","streamSid":"#);
    push_string(out, stream_sid);
    out.push_str(r#","media":{"payload":""#);
    encode_append(payload, out);
    out.push_str("\"}}");
}

/// Appends a mark, which the carrier returns when everything before it has been played or thrown away.
pub fn write_mark(out: &mut String, stream_sid: &str, name: &str) {
    out.push_str(r#"{"event":"mark","streamSid":"#);
    push_string(out, stream_sid);
    out.push_str(r#","mark":{"name":"#);
    push_string(out, name);
    out.push_str("}}");
}

/// Appends the order to throw away what waits to be played.
///
/// ```
/// let mut out = String::new();
/// voice_call::twilio::write_clear(&mut out, "MZ1");
/// assert_eq!(out, r#"{"event":"clear","streamSid":"MZ1"}"#);
/// ```
pub fn write_clear(out: &mut String, stream_sid: &str) {
    out.push_str(r#"{"event":"clear","streamSid":"#);
    push_string(out, stream_sid);
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids_are_escaped() {
        let (sid, name) = ("M\"Z", "turn\\3\n\u{1}é");
        let mut text = String::new();
        write_mark(&mut text, sid, name);
        let mark = ToCarrier::Mark {
            stream_sid: sid.into(),
            name: name.into(),
        };
        assert_eq!(ToCarrier::parse(&text), Ok(mark));
    }

    #[test]
    fn faults_have_the_carriers_numbers() {
        let code = |text| warning_code(&ToCarrier::parse(text).expect_err("a fault"));
        assert_eq!(code("RIFF"), 31_950);
        assert_eq!(code(""), 31_950);
        assert_eq!(code("{\"event\":\"clear\",}"), 31_950);
        assert_eq!(code("[]"), 31_951);
        assert_eq!(code("{}"), 31_951);
        assert_eq!(code(r#"{"event":"clear"}"#), 31_951);
        assert_eq!(code(r#"{"event":"media","streamSid":"MZ1"}"#), 31_951);
        assert_eq!(
            code(r#"{"event":"media","streamSid":"MZ1","media":5}"#),
            31_951
        );
        assert_eq!(code(r#"{"event":"stop","streamSid":"MZ1"}"#), 31_951);
        let unknown = ToCarrier::parse(r#"{"event":"dtmf","streamSid":"MZ1","dtmf":5}"#);
        assert_eq!(unknown, Err(MessageError::UnknownKind));
    }
}
