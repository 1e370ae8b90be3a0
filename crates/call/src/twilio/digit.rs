//! The keys of a telephone.

use crate::message_error::MessageError;

/// A key of a telephone: 0–9, `*`, `#`, A–D.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digit(u8);

impl Digit {
    /// A key by its character; none for a character that is no key.
    #[must_use]
    pub const fn new(key: char) -> Option<Self> {
        match key {
            '0'..='9' | '*' | '#' | 'A'..='D' => Some(Self(key as u8)),
            _ => None,
        }
    }

    /// The key's character.
    #[must_use]
    pub const fn as_char(self) -> char {
        self.0 as char
    }

    pub(super) fn parse(text: &str) -> Result<Self, MessageError> {
        let mut letters = text.chars();
        let key = letters.next().filter(|_| letters.as_str().is_empty());
        key.and_then(Self::new).ok_or(MessageError::Invalid {
            field: "dtmf.digit",
            expected: "one of 0–9, *, #, A–D",
        })
    }
}
