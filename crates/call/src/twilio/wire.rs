//! The shapes of the carrier's JSON as serde reads them. Nothing outside `twilio` sees these.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::MOST_PARAMETERS;
use crate::base64::Payload;
use crate::json;
use crate::message_error::MessageError;
use crate::redact::PiiText;

/// A message in either direction: one envelope, whose `event` says which part counts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope<'a> {
    #[serde(borrow)]
    pub(super) event: Option<PiiText<'a>>,
    #[serde(default, deserialize_with = "json::counter")]
    pub(super) sequence_number: Option<u64>,
    #[serde(borrow)]
    pub(super) stream_sid: Option<PiiText<'a>>,
    #[serde(borrow)]
    pub(super) media: Option<Media<'a>>,
    #[serde(borrow)]
    pub(super) mark: Option<Mark<'a>>,
    #[serde(borrow)]
    pub(super) dtmf: Option<Dtmf<'a>>,
    #[serde(borrow)]
    pub(super) start: Option<Box<Start<'a>>>,
    #[serde(borrow)]
    pub(super) stop: Option<Stop<'a>>,
}

/// Only the event, of a message whose other parts are not what they should be.
#[derive(Deserialize)]
pub(super) struct OnlyEvent<'a> {
    #[serde(borrow)]
    pub(super) event: Option<PiiText<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Media<'a> {
    #[serde(borrow)]
    pub(super) track: Option<PiiText<'a>>,
    #[serde(default, deserialize_with = "json::counter")]
    pub(super) chunk: Option<u64>,
    #[serde(default, deserialize_with = "json::counter")]
    pub(super) timestamp: Option<u64>,
    #[serde(borrow)]
    pub(super) payload: Option<Payload<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Mark<'a> {
    #[serde(borrow)]
    pub(super) name: Option<PiiText<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Dtmf<'a> {
    #[serde(borrow)]
    pub(super) track: Option<PiiText<'a>>,
    #[serde(borrow)]
    pub(super) digit: Option<PiiText<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stop<'a> {
    #[serde(borrow)]
    pub(super) account_sid: Option<PiiText<'a>>,
    #[serde(borrow)]
    pub(super) call_sid: Option<PiiText<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Start<'a> {
    #[serde(borrow)]
    pub(super) stream_sid: Option<PiiText<'a>>,
    #[serde(borrow)]
    pub(super) account_sid: Option<PiiText<'a>>,
    #[serde(borrow)]
    pub(super) call_sid: Option<PiiText<'a>>,
    #[serde(borrow, default)]
    pub(super) tracks: Vec<PiiText<'a>>,
    #[serde(borrow, default)]
    pub(super) custom_parameters: Option<Pairs<'a>>,
    #[serde(borrow)]
    pub(super) media_format: Option<MediaFormat<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MediaFormat<'a> {
    #[serde(borrow, default)]
    pub(super) encoding: Cow<'a, str>,
    #[serde(default, deserialize_with = "json::counter")]
    pub(super) sample_rate: Option<u64>,
    #[serde(default, deserialize_with = "json::counter")]
    pub(super) channels: Option<u64>,
}

/// An object of texts in the order in which they stand.
pub(super) struct Pairs<'a>(pub(super) Vec<(PiiText<'a>, PiiText<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(PiiText<'de>, PiiText<'de>)>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    if pairs.len() == MOST_PARAMETERS {
                        return Err(A::Error::custom("too many parameters"));
                    }
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }

        deserializer.deserialize_map(Object).map(Self)
    }
}

pub(super) const fn missing(field: &'static str) -> MessageError {
    MessageError::Missing { field }
}
