//! Why a message could not be read. The text never quotes the message.

use std::fmt;

/// Why a message of a peer could not be read.
///
/// It says what kind of fault and where, never what stood there: messages hold speech, phone numbers and transcripts.
///
/// ```
/// use voice_call::{MessageError, twilio::FromCarrier};
///
/// let error = FromCarrier::parse(r#"{"event":"media","streamSid":"MZ1","media":{"track":"inbound"}}"#).unwrap_err();
/// assert_eq!(error, MessageError::Missing { field: "media.payload" });
/// assert_eq!(error.to_string(), "media.payload is missing");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageError {
    /// The message is longer than this side reads.
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The message is not JSON, or not UTF-8.
    NotJson {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault in bytes, from 1; 0 at the end of a line.
        column: usize,
    },
    /// A known field has a value of the wrong type, or stands there twice.
    WrongType {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault in bytes, from 1; 0 at the end of a line.
        column: usize,
    },
    /// A field that the message cannot do without is missing.
    Missing {
        /// Its path.
        field: &'static str,
    },
    /// A field has a value of the right type that makes no sense.
    Invalid {
        /// Its path.
        field: &'static str,
        /// What is expected instead.
        expected: &'static str,
    },
    /// The message is of a kind that this peer does not send.
    UnknownKind,
}

impl MessageError {
    pub(crate) fn check_length(length: usize, limit: usize) -> Result<(), Self> {
        if length > limit {
            return Err(Self::TooLong { length, limit });
        }
        Ok(())
    }

    /// What serde_json says, without its text, which may quote the message.
    pub(crate) fn from_json(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            serde_json::error::Category::Data => Self::WrongType { line, column },
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => Self::NotJson { line, column },
        }
    }
}

impl fmt::Display for MessageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length, limit } => write!(
                formatter,
                "the message has {length} bytes, more than the limit of {limit}"
            ),
            Self::NotJson { line, column } => write!(
                formatter,
                "the message is not JSON at line {line}, column {column}"
            ),
            Self::WrongType { line, column } => write!(
                formatter,
                "a field has a value of the wrong type, or stands there twice, at line {line}, column {column}"
            ),
            Self::Missing { field } => write!(formatter, "{field} is missing"),
            Self::Invalid { field, expected } => write!(formatter, "{field} is not {expected}"),
            Self::UnknownKind => formatter.write_str("the message is of an unknown kind"),
        }
    }
}

impl std::error::Error for MessageError {}
