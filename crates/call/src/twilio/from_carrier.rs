//! What a carrier sends: read by the gateway, written by an emulated carrier.

use std::borrow::Cow;
use std::time::Duration;

use super::LONGEST_FROM_CARRIER;
use super::digit::Digit;
use super::start::Start;
use super::wire::{Envelope, OnlyEvent, missing};
use super::write::{push_counter, push_field, push_head};
use crate::base64::{Payload, encode_append};
use crate::json::push_string;
use crate::message_error::MessageError;
use crate::redact::{Pii, PiiText};

/// A message of the carrier. Texts and sound borrow from the message.
///
/// Reading is lenient where the carrier has been seen to differ or may grow: counters as numbers or texts, unknown
/// fields, unknown events, missing ids.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FromCarrier<'a> {
    /// The first message of a socket.
    Connected,
    /// The stream begins; once, straight after `connected`.
    Start(Box<Start<'a>>),
    /// Sound of the call.
    Media(Media<'a>),
    /// The caller pressed a key.
    Dtmf(Dtmf<'a>),
    /// A mark was played, or thrown away by a clear.
    Mark(Mark<'a>),
    /// The stream ended.
    Stop(Stop<'a>),
    /// An event that this version does not know, by its name: count it and go on.
    Unknown(PiiText<'a>),
}

/// A piece of sound, 160 bytes or 20 ms as a rule. Any length is possible.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Media<'a> {
    /// Number of the message in its socket. A gap means that this side lost something.
    pub sequence: Option<u64>,
    /// The stream's id; empty if missing.
    pub stream_sid: PiiText<'a>,
    /// Whose sound it is.
    pub track: Track,
    /// Number of the piece in its track, from 1.
    pub chunk: Option<u64>,
    /// Since the stream began, in whole milliseconds.
    pub timestamp: Option<Duration>,
    /// The sound.
    pub payload: Payload<'a>,
}

/// One side of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Track {
    /// What the caller says.
    #[default]
    Inbound,
    /// What the caller hears.
    Outbound,
}

/// The caller pressed a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dtmf<'a> {
    /// Number of the message in its socket.
    pub sequence: Option<u64>,
    /// The stream's id; empty if missing.
    pub stream_sid: PiiText<'a>,
    /// Who pressed it.
    pub track: Track,
    /// Which key. Personal, since keys may be a card number.
    pub digit: Pii<Digit>,
}

/// A mark comes back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark<'a> {
    /// Number of the message in its socket.
    pub sequence: Option<u64>,
    /// The stream's id; empty if missing.
    pub stream_sid: PiiText<'a>,
    /// The name that was given to it.
    pub name: Cow<'a, str>,
}

/// The stream ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stop<'a> {
    /// Number of the message in its socket.
    pub sequence: Option<u64>,
    /// The stream's id; empty if missing.
    pub stream_sid: PiiText<'a>,
    /// The account's id; empty if missing.
    pub account_sid: PiiText<'a>,
    /// The call's id; empty if missing.
    pub call_sid: PiiText<'a>,
}

impl<'a> FromCarrier<'a> {
    /// Reads a message.
    ///
    /// # Errors
    ///
    /// When it is no message of a carrier. No error is a reason to end a call: count it and go on.
    pub fn parse(text: &'a str) -> Result<Self, MessageError> {
        MessageError::check_length(text.len(), LONGEST_FROM_CARRIER)?;
        match serde_json::from_str::<Envelope<'a>>(text) {
            Ok(envelope) => Self::from_envelope(envelope),
            Err(error) => {
                // An event that nobody knows yet may use a known field in another shape.
                let unknown = serde_json::from_str::<OnlyEvent<'a>>(text).ok();
                let unknown = unknown.and_then(|only| only.event).filter(is_unknown);
                unknown
                    .map(Self::Unknown)
                    .ok_or_else(|| MessageError::from_json(&error))
            }
        }
    }

    /// Reads a message from the bytes of a frame.
    ///
    /// # Errors
    ///
    /// As [`FromCarrier::parse`], and when the bytes are not UTF-8.
    pub fn parse_bytes(bytes: &'a [u8]) -> Result<Self, MessageError> {
        let not_text = |_| MessageError::NotJson { line: 1, column: 0 };
        Self::parse(str::from_utf8(bytes).map_err(not_text)?)
    }

    fn from_envelope(envelope: Envelope<'a>) -> Result<Self, MessageError> {
        let event = envelope.event.ok_or(missing("event"))?;
        let sequence = envelope.sequence_number;
        let stream_sid = envelope.stream_sid;
        Ok(match event.as_str() {
            "media" => {
                let media = envelope.media.ok_or(missing("media"))?;
                Self::Media(Media {
                    sequence,
                    stream_sid: stream_sid.unwrap_or_default(),
                    track: track(media.track.as_ref()),
                    chunk: media.chunk,
                    timestamp: media.timestamp.map(Duration::from_millis),
                    payload: media.payload.ok_or(missing("media.payload"))?,
                })
            }
            "connected" => Self::Connected,
            "start" => {
                let start = envelope.start.ok_or(missing("start"))?;
                Self::Start(Box::new(Start::from_wire(*start, sequence, stream_sid)?))
            }
            "dtmf" => {
                let dtmf = envelope.dtmf.ok_or(missing("dtmf"))?;
                let digit = dtmf.digit.ok_or(missing("dtmf.digit"))?;
                Self::Dtmf(Dtmf {
                    sequence,
                    stream_sid: stream_sid.unwrap_or_default(),
                    track: track(dtmf.track.as_ref()),
                    digit: Pii::new(Digit::parse(digit.as_str())?),
                })
            }
            "mark" => {
                let mark = envelope.mark.ok_or(missing("mark"))?;
                let name = mark.name.ok_or(missing("mark.name"))?;
                Self::Mark(Mark {
                    sequence,
                    stream_sid: stream_sid.unwrap_or_default(),
                    name: name.into_exposed(),
                })
            }
            "stop" => {
                let (account_sid, call_sid) = envelope
                    .stop
                    .map(|stop| (stop.account_sid, stop.call_sid))
                    .unwrap_or_default();
                Self::Stop(Stop {
                    sequence,
                    stream_sid: stream_sid.unwrap_or_default(),
                    account_sid: account_sid.unwrap_or_default(),
                    call_sid: call_sid.unwrap_or_default(),
                })
            }
            _ => Self::Unknown(event),
        })
    }

    /// Appends the message as the carrier writes it: counters as texts, compact.
    ///
    /// For sound that is not base64 yet, [`write_caller_media`] needs no intermediate text.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::Connected => {
                out.push_str(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#);
            }
            Self::Start(start) => start.write(out),
            Self::Media(media) => {
                media.write_head(out);
                push_string(out, media.payload.as_str());
                out.push_str("}}");
            }
            Self::Dtmf(dtmf) => {
                push_head(out, "dtmf", dtmf.sequence, dtmf.stream_sid.as_str());
                out.push_str(r#","dtmf":{"track":""#);
                // Here, unlike in media messages, the track has its TwiML spelling.
                out.push_str(dtmf.track.as_str());
                out.push_str(r#"_track","digit":""#);
                out.push(dtmf.digit.expose().as_char());
                out.push_str("\"}}");
            }
            Self::Mark(mark) => {
                push_head(out, "mark", mark.sequence, mark.stream_sid.as_str());
                push_field(out, r#","mark":{"name":"#, &mark.name);
                out.push_str("}}");
            }
            Self::Stop(stop) => {
                push_head(out, "stop", stop.sequence, stop.stream_sid.as_str());
                push_field(out, r#","stop":{"accountSid":"#, stop.account_sid.as_str());
                push_field(out, r#","callSid":"#, stop.call_sid.as_str());
                out.push_str("}}");
            }
            Self::Unknown(event) => {
                push_field(out, r#"{"event":"#, event.as_str());
                out.push('}');
            }
        }
    }
}

impl Media<'_> {
    /// Everything up to the payload's opening quote.
    fn write_head(&self, out: &mut String) {
        push_head(out, "media", self.sequence, self.stream_sid.as_str());
        out.push_str(r#","media":{"track":""#);
        out.push_str(self.track.as_str());
        out.push('"');
        push_counter(out, r#","chunk":"#, self.chunk);
        let timestamp = self.timestamp.map(|since| since.as_millis() as u64);
        push_counter(out, r#","timestamp":"#, timestamp);
        out.push_str(r#","payload":"#);
    }
}

impl Track {
    /// As media messages spell it: `inbound`, `outbound`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// Appends a media message as the carrier writes it, from sound: `media.payload` is not looked at.
///
/// ```
/// use std::time::Duration;
/// use voice_call::twilio::{Media, write_caller_media};
///
/// let mut out = String::new();
/// let media = Media {
///     sequence: Some(4),
///     stream_sid: "MZ1".into(),
///     chunk: Some(2),
///     timestamp: Some(Duration::from_millis(20)),
///     ..Media::default()
/// };
/// write_caller_media(&mut out, &media, &[0xFF; 3]);
/// assert_eq!(out, concat!(
///     r#"{"event":"media","sequenceNumber":"4","streamSid":"MZ1","#,
///     r#""media":{"track":"inbound","chunk":"2","timestamp":"20","payload":"////"}}"#,
/// ));
/// ```
pub fn write_caller_media(out: &mut String, media: &Media<'_>, sound: &[u8]) {
    media.write_head(out);
    out.push('"');
    encode_append(sound, out);
    out.push_str("\"}}");
}

fn is_unknown(event: &PiiText<'_>) -> bool {
    !["connected", "start", "media", "dtmf", "mark", "stop"].contains(&event.as_str())
}

fn track(text: Option<&PiiText<'_>>) -> Track {
    match text.map(PiiText::as_str) {
        Some("outbound" | "outbound_track") => Track::Outbound,
        _ => Track::Inbound,
    }
}

#[cfg(test)]
#[path = "from_carrier_tests.rs"]
mod tests;
