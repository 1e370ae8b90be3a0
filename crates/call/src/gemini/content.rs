//! What is said: parts of text and sound.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::base64::Payload;
use crate::json;
use crate::redact::PiiText;

/// Sound or pictures with their type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Blob<'a> {
    /// What it is, as in `audio/pcm;rate=24000`.
    #[serde(borrow, default, alias = "mime_type")]
    pub mime_type: Cow<'a, str>,
    /// The bytes.
    #[serde(borrow, default)]
    pub data: Payload<'a>,
}

/// One part of what is said. Parts of kinds that calls do not need have nothing in them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part<'a> {
    /// Text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub text: Option<PiiText<'a>>,
    /// Sound.
    #[serde(
        borrow,
        default,
        alias = "inline_data",
        skip_serializing_if = "Option::is_none"
    )]
    pub inline_data: Option<Blob<'a>>,
    /// Whether it is the model's thought, which is not for the caller.
    #[serde(
        default,
        deserialize_with = "json::flag",
        skip_serializing_if = "json::is_false"
    )]
    pub thought: bool,
}

/// Parts in their order. One part, which is what messages with sound have, needs no memory of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts<'a> {
    first: Option<Part<'a>>,
    rest: Vec<Part<'a>>,
}

/// What somebody said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content<'a> {
    /// Who: `user` or `model`.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub role: Cow<'a, str>,
    /// What.
    #[serde(borrow, default)]
    pub parts: Parts<'a>,
}

impl Blob<'_> {
    /// Sound as the model hears it: 16-bit little-endian samples, one channel.
    #[must_use]
    pub fn pcm(rate: u32, sound: &[u8]) -> Blob<'static> {
        Blob {
            mime_type: Cow::Owned(format!("audio/pcm;rate={rate}")),
            data: Payload::encode(sound),
        }
    }

    /// Whether it is 16-bit PCM.
    #[must_use]
    pub fn is_pcm(&self) -> bool {
        let kind = self.mime_type.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("audio/pcm")
    }

    /// The samples a second that the type states, if it states them.
    ///
    /// ```
    /// use voice_call::gemini::Blob;
    ///
    /// assert_eq!(Blob::pcm(24_000, &[0, 0]).rate(), Some(24_000));
    /// assert_eq!(Blob { mime_type: "audio/pcm".into(), ..Blob::default() }.rate(), None);
    /// ```
    #[must_use]
    pub fn rate(&self) -> Option<u32> {
        let mut parameters = self.mime_type.split(';').skip(1);
        parameters.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let is_rate = name.trim().eq_ignore_ascii_case("rate");
            is_rate.then(|| value.trim().parse().ok()).flatten()
        })
    }
}

impl<'a> Part<'a> {
    /// A part of text.
    #[must_use]
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self {
            text: Some(PiiText::new(text.into())),
            ..Self::default()
        }
    }

    /// A part of sound.
    #[must_use]
    pub fn sound(blob: Blob<'a>) -> Self {
        Self {
            inline_data: Some(blob),
            ..Self::default()
        }
    }
}

impl<'a> Content<'a> {
    /// One text said by `user` or `model`.
    #[must_use]
    pub fn text(role: &'a str, text: impl Into<Cow<'a, str>>) -> Self {
        Self {
            role: Cow::Borrowed(role),
            parts: std::iter::once(Part::text(text)).collect(),
        }
    }

    /// All texts that are no thoughts, one after another.
    #[must_use]
    pub fn texts(&self) -> String {
        let parts = self.parts.iter().filter(|part| !part.thought);
        parts
            .filter_map(|part| part.text.as_ref().map(PiiText::as_str))
            .collect()
    }
}

impl<'a> Parts<'a> {
    /// All parts.
    pub fn iter(&self) -> impl Iterator<Item = &Part<'a>> {
        self.first.iter().chain(&self.rest)
    }

    /// How many parts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.first.is_none()
    }
}

impl<'a> FromIterator<Part<'a>> for Parts<'a> {
    fn from_iter<I: IntoIterator<Item = Part<'a>>>(parts: I) -> Self {
        let mut parts = parts.into_iter();
        Self {
            first: parts.next(),
            rest: parts.collect(),
        }
    }
}

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Parts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = Parts<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of parts")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Parts<'de>, A::Error> {
                let first = list.next_element()?;
                let mut rest = Vec::new();
                while let Some(part) = list.next_element()? {
                    rest.push(part);
                }
                Ok(Parts { first, rest })
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<Parts<'de>, E> {
                Ok(Parts::default())
            }
        }

        deserializer.deserialize_any(List)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_types() {
        let rate = |mime_type: &'static str| {
            let blob = Blob {
                mime_type: mime_type.into(),
                ..Blob::default()
            };
            (blob.is_pcm(), blob.rate())
        };
        assert_eq!(rate("audio/pcm;rate=24000"), (true, Some(24_000)));
        assert_eq!(
            rate("Audio/PCM; channels=1; Rate = 8000"),
            (true, Some(8_000))
        );
        assert_eq!(rate("audio/pcm"), (true, None));
        assert_eq!(rate("audio/pcm;rate=x"), (true, None));
        assert_eq!(
            rate("audio/L16;codec=pcm;rate=16000"),
            (false, Some(16_000))
        );
        assert_eq!(rate(""), (false, None));
    }

    #[test]
    fn either_spelling_any_kind_of_part() {
        let text = r#"{"role":"model","parts":[{"inline_data":{"mime_type":"audio/pcm","data":"AAA_"}},
            {"text":"a","thought":true},{"executableCode":{"code":[1]}},{"text":"b"}]}"#;
        let content: Content<'_> = serde_json::from_str(text).expect("content");
        assert_eq!(content.parts.len(), 4);
        assert_eq!(content.texts(), "b");
        let shown = format!("{content:?}");
        assert!(
            shown.contains("Payload(3 bytes)") && !shown.contains("\"b\""),
            "{shown}"
        );
    }
}
