//! Base64 behind two functions, so that the crate which does it can be replaced, and [`Payload`], a piece of sound
//! as it stands in a message.

use std::borrow::Cow;
use std::fmt;

use base64_simd::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use crate::redact::Text;

/// Sound as it stands in a message: base64 text, not decoded yet.
///
/// Both alphabets are taken (`+/` and `-_`), with padding or without, as JSON of protocol buffers allows. The text
/// borrows from the message. `Debug` says only how long it is.
///
/// ```
/// use voice_call::Payload;
///
/// let mut sound = Vec::new();
/// Payload::new("AAEC_w").decode_append(&mut sound)?; // what the Python SDK writes, without padding
/// Payload::new("AAEC/w==").decode_append(&mut sound)?; // what the JavaScript SDK writes
/// assert_eq!(sound, [0, 1, 2, 255, 0, 1, 2, 255]);
/// # Ok::<(), voice_call::NotBase64>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Payload<'a>(Cow<'a, str>);

/// A [`Payload`] is not base64. Says nothing of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotBase64;

impl<'a> Payload<'a> {
    /// Takes base64 text as it is; whether it decodes shows in [`Payload::decode_append`].
    #[must_use]
    pub const fn new(base64: &'a str) -> Self {
        Self(Cow::Borrowed(base64))
    }

    /// Encodes sound, in the standard alphabet with padding.
    #[must_use]
    pub fn encode(sound: &[u8]) -> Self {
        let mut text = String::new();
        encode_append(sound, &mut text);
        Self(Cow::Owned(text))
    }

    /// Appends the decoded sound; on an error nothing is appended.
    ///
    /// # Errors
    ///
    /// When the text is not base64 in either alphabet.
    pub fn decode_append(&self, sound: &mut Vec<u8>) -> Result<(), NotBase64> {
        decode_append(&self.0, sound)
    }

    /// The base64 text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many bytes it decodes to, if it does.
    #[must_use]
    pub fn decoded_len(&self) -> usize {
        without_padding(&self.0).len() * 3 / 4
    }

    /// The payload in memory of its own.
    #[must_use]
    pub fn into_owned(self) -> Payload<'static> {
        Payload(Cow::Owned(self.0.into_owned()))
    }
}

impl fmt::Debug for Payload<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Payload({} bytes)", self.decoded_len())
    }
}

impl fmt::Display for NotBase64 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the payload is not base64")
    }
}

impl std::error::Error for NotBase64 {}

impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Payload<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text).map(Self)
    }
}

/// Appends bytes in the standard alphabet with padding.
pub(crate) fn encode_append(bytes: &[u8], text: &mut String) {
    STANDARD.encode_append(bytes, text);
}

/// Appends what a text in either alphabet, padded or not, means; nothing on an error.
pub(crate) fn decode_append(text: &str, bytes: &mut Vec<u8>) -> Result<(), NotBase64> {
    let digits = without_padding(text);
    // Standard is what both peers send, so the other alphabet is the second guess.
    STANDARD_NO_PAD
        .decode_append(digits, bytes)
        .or_else(|_| URL_SAFE_NO_PAD.decode_append(digits, bytes))
        .map_err(|_| NotBase64)
}

/// The text without the `=` that fill its last group; half of them may be missing, as in `AA=`. Where there are more
/// than the group has room for, all stay, and are refused as digits.
fn without_padding(text: &str) -> &str {
    let shorter = text.strip_suffix('=').unwrap_or(text);
    let digits = shorter.strip_suffix('=').unwrap_or(shorter);
    let padding = text.len() - digits.len();
    let room = match digits.len() % 4 {
        2 => 2,
        3 => 1,
        _ => 0,
    };
    if padding > room { text } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Option<Vec<u8>> {
        let mut bytes = vec![9];
        let result = decode_append(text, &mut bytes);
        assert_eq!(
            bytes[0], 9,
            "what stood there before stays, whatever happens"
        );
        if result.is_err() {
            assert_eq!(bytes.len(), 1, "nothing is appended on an error");
        }
        result.ok().map(|()| bytes.split_off(1))
    }

    #[test]
    fn both_alphabets_with_padding_or_without() {
        for text in ["AAEC/w==", "AAEC/w=", "AAEC/w", "AAEC_w==", "AAEC_w"] {
            assert_eq!(
                decoded(text).as_deref(),
                Some(&[0, 1, 2, 255][..]),
                "{text}"
            );
        }
        assert_eq!(decoded("").as_deref(), Some(&[][..]));
    }

    #[test]
    fn what_is_not_base64() {
        for text in [
            "A",
            "A=",
            "A==",
            "AAA==",
            "AAAA=",
            "AAEC/w===",
            "=",
            "==",
            "====",
            "AA=A",
            "AA EC",
            "+_AA",
            "é",
            "AAEC/x==",
        ] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }

    #[test]
    fn length_is_known_before_decoding() {
        for length in 0..20 {
            let payload = Payload::encode(&vec![7; length]);
            assert_eq!(payload.decoded_len(), length);
            assert_eq!(format!("{payload:?}"), format!("Payload({length} bytes)"));
        }
    }
}
