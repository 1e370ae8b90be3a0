//! Values that must not show in a log: phone numbers, call ids, transcripts, handles, tool arguments.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value};

/// A personal value: its `Debug` is `…`, it has no `Display`, and it is read by [`Pii::expose`] only.
///
/// A struct that holds one can derive `Debug` and be logged without a thought. Who needs the value says so by name,
/// which is easy to search for.
///
/// ```
/// use voice_call::redact::Pii;
///
/// let caller = Pii::new("+15005550006".to_owned());
/// assert_eq!(format!("{caller:?}"), "…");
/// assert_eq!(caller.expose(), "+15005550006");
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pii<T>(T);

/// A personal text, borrowed from the message that brought it where its JSON has no escapes.
pub type PiiText<'a> = Pii<Cow<'a, str>>;

impl<T> Pii<T> {
    /// Hides a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, to use and not to log.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, which from here on shows.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<'a> PiiText<'a> {
    /// Hides a borrowed text.
    #[must_use]
    pub const fn borrowed(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// The text, to use and not to log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text in memory of its own, still hidden.
    #[must_use]
    pub fn into_owned(self) -> PiiText<'static> {
        Pii(Cow::Owned(self.0.into_owned()))
    }
}

impl<T> fmt::Debug for Pii<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}

impl<T> From<T> for Pii<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<'a> From<&'a str> for PiiText<'a> {
    fn from(text: &'a str) -> Self {
        Self::borrowed(text)
    }
}

/// Serialising is an explicit access: what writes JSON means to write the value.
impl<T: Serialize> Serialize for Pii<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for PiiText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text).map(Pii)
    }
}

impl<'de> Deserialize<'de> for Pii<String> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Pii)
    }
}

impl<'de> Deserialize<'de> for Pii<Map<String, Value>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Pii)
    }
}

/// Takes a text as it comes: borrowed if its JSON has no escapes.
pub(crate) struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_texts_are_borrowed_and_escaped_ones_owned() {
        let plain: PiiText<'_> = serde_json::from_str(r#""CA1""#).expect("a string");
        assert!(matches!(plain.expose(), Cow::Borrowed("CA1")));
        let escaped: PiiText<'_> = serde_json::from_str(r#""a\/b""#).expect("a string");
        assert!(matches!(escaped.expose(), Cow::Owned(text) if text == "a/b"));
    }

    #[test]
    fn nothing_shows_in_debug() {
        let hidden = (Pii::new(15_005_550_006_u64), PiiText::borrowed("hello"));
        assert_eq!(format!("{hidden:?}"), "(…, …)");
        assert_eq!(format!("{hidden:#?}").matches('…').count(), 2);
    }
}
