//! The beginning of a stream: whose sound it is, its format, and the parameters of the TwiML.

use std::borrow::Cow;

use super::PARAMETER_LIMIT;
use super::wire::{self, missing};
use super::write::{push_field, push_head};
use crate::json::{push_display, push_string};
use crate::message_error::MessageError;
use crate::redact::PiiText;

/// The stream begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start<'a> {
    /// Number of the message in its socket, 1 here.
    pub sequence: Option<u64>,
    /// The stream's id, which every message to the carrier must repeat.
    pub stream_sid: PiiText<'a>,
    /// The account's id; empty if missing.
    pub account_sid: PiiText<'a>,
    /// The call's id; empty if missing.
    pub call_sid: PiiText<'a>,
    /// Whose sound comes.
    pub tracks: Tracks,
    /// What the TwiML's `<Parameter>` elements said.
    pub parameters: Parameters<'a>,
    /// The format of the sound in both directions.
    pub format: MediaFormat<'a>,
}

/// Whose sound a stream carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tracks {
    /// The caller's.
    pub inbound: bool,
    /// What the caller hears.
    pub outbound: bool,
}

/// Names and values of a stream's `<Parameter>` elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters<'a>(Vec<(PiiText<'a>, PiiText<'a>)>);

/// The format of a stream's sound. Twilio documents only the default: µ-law, 8 kHz, mono.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaFormat<'a> {
    /// The encoding, as in `audio/x-mulaw`.
    pub encoding: Cow<'a, str>,
    /// Samples a second.
    pub rate: u32,
    /// How many channels.
    pub channels: u32,
}

impl<'a> Start<'a> {
    pub(super) fn from_wire(
        start: wire::Start<'a>,
        sequence: Option<u64>,
        outer_sid: Option<PiiText<'a>>,
    ) -> Result<Self, MessageError> {
        let stream_sid = start.stream_sid.or(outer_sid);
        let stream_sid = stream_sid.filter(|sid| !sid.as_str().is_empty());
        let has = |names: [&str; 2]| {
            start
                .tracks
                .iter()
                .any(|track| names.contains(&track.as_str()))
        };
        Ok(Self {
            sequence,
            stream_sid: stream_sid.ok_or(missing("start.streamSid"))?,
            account_sid: start.account_sid.unwrap_or_default(),
            call_sid: start.call_sid.unwrap_or_default(),
            tracks: Tracks {
                inbound: has(["inbound", "inbound_track"]),
                outbound: has(["outbound", "outbound_track"]),
            },
            parameters: Parameters::from_wire(start.custom_parameters)?,
            format: match start.media_format {
                Some(format) => MediaFormat::from_wire(format)?,
                None => MediaFormat::default(),
            },
        })
    }

    pub(super) fn write(&self, out: &mut String) {
        push_head(out, "start", self.sequence, self.stream_sid.as_str());
        push_field(out, r#","start":{"streamSid":"#, self.stream_sid.as_str());
        push_field(out, r#","accountSid":"#, self.account_sid.as_str());
        push_field(out, r#","callSid":"#, self.call_sid.as_str());
        out.push_str(match (self.tracks.inbound, self.tracks.outbound) {
            (true, true) => r#","tracks":["inbound","outbound"]"#,
            (true, false) => r#","tracks":["inbound"]"#,
            (false, true) => r#","tracks":["outbound"]"#,
            (false, false) => r#","tracks":[]"#,
        });
        out.push_str(r#","customParameters":{"#);
        for (number, (name, value)) in self.parameters.0.iter().enumerate() {
            if number > 0 {
                out.push(',');
            }
            push_string(out, name.as_str());
            push_field(out, ":", value.as_str());
        }
        push_field(
            out,
            r#"},"mediaFormat":{"encoding":"#,
            &self.format.encoding,
        );
        push_display(
            out,
            format_args!(
                r#","sampleRate":{},"channels":{}}}}}}}"#,
                self.format.rate, self.format.channels
            ),
        );
    }
}

impl<'a> Parameters<'a> {
    /// Parameters in their order.
    #[must_use]
    pub fn new(pairs: Vec<(PiiText<'a>, PiiText<'a>)>) -> Self {
        Self(pairs)
    }

    /// The value of the first parameter of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&PiiText<'a>> {
        let mut pairs = self.0.iter();
        pairs
            .find(|pair| pair.0.as_str() == name)
            .map(|pair| &pair.1)
    }

    /// All names and values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &(PiiText<'a>, PiiText<'a>)> {
        self.0.iter()
    }

    fn from_wire(pairs: Option<wire::Pairs<'a>>) -> Result<Self, MessageError> {
        let pairs = pairs.map(|pairs| pairs.0).unwrap_or_default();
        let too_long = |(name, value): &(PiiText<'_>, PiiText<'_>)| {
            name.as_str().chars().count() + value.as_str().chars().count() >= PARAMETER_LIMIT
        };
        if pairs.iter().any(too_long) {
            return Err(MessageError::Invalid {
                field: "start.customParameters",
                expected: "names and values under 500 characters together",
            });
        }
        Ok(Self(pairs))
    }
}

impl<'a> MediaFormat<'a> {
    fn from_wire(format: wire::MediaFormat<'a>) -> Result<Self, MessageError> {
        let whole = |number: Option<u64>, default: u32, field| match number {
            None => Ok(default),
            Some(number) => u32::try_from(number).map_err(|_| MessageError::Invalid {
                field,
                expected: "a number below 2³²",
            }),
        };
        let default = Self::default();
        Ok(Self {
            rate: whole(
                format.sample_rate,
                default.rate,
                "start.mediaFormat.sampleRate",
            )?,
            channels: whole(
                format.channels,
                default.channels,
                "start.mediaFormat.channels",
            )?,
            encoding: if format.encoding.is_empty() {
                default.encoding
            } else {
                format.encoding
            },
        })
    }
}

impl Default for MediaFormat<'_> {
    fn default() -> Self {
        Self {
            encoding: Cow::Borrowed("audio/x-mulaw"),
            rate: 8_000,
            channels: 1,
        }
    }
}
