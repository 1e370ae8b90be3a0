//! TwiML: what a voice webhook answers with.
//!
//! ```
//! use voice_call::twilio::twiml::{Document, Stream};
//!
//! let stream = Stream::new("wss://bridge.example.com/media")?
//!     .name("agent-leg")
//!     .parameter("token", "one-time <secret>")?;
//! let document = Document::new().connect(&stream, Some("/after-stream")).redirect("/fallback");
//! assert_eq!(
//!     document.to_string(),
//!     concat!(
//!         r#"<?xml version="1.0" encoding="UTF-8"?><Response>"#,
//!         r#"<Connect action="/after-stream" method="POST">"#,
//!         r#"<Stream url="wss://bridge.example.com/media" name="agent-leg">"#,
//!         r#"<Parameter name="token" value="one-time &lt;secret&gt;"/></Stream></Connect>"#,
//!         r#"<Redirect method="POST">/fallback</Redirect></Response>"#,
//!     ),
//! );
//! # Ok::<(), voice_call::twilio::twiml::Error>(())
//! ```

use std::fmt;
use std::time::Duration;

use super::{MOST_PARAMETERS, PARAMETER_LIMIT};

/// The longest document, in characters, that can be given as `Twiml` when a call is made or changed by REST.
pub const LONGEST_IN_REST: usize = 4_000;

/// A document: verbs that the carrier follows one after another. `Display` writes it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Document(String);

/// The stream of a `<Connect>`.
#[derive(Clone, PartialEq, Eq)]
pub struct Stream {
    attributes: String,
    parameters: String,
    count: usize,
}

/// Text that the carrier speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Say<'a> {
    /// The text.
    pub text: &'a str,
    /// One of the carrier's voices; its default if none.
    pub voice: Option<&'a str>,
    /// The language, as in `en-US`; the carrier's default if none.
    pub language: Option<&'a str>,
}

/// A call to somebody else, to whom the caller is put through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dial<'a> {
    /// The number in E.164.
    pub number: &'a str,
    /// The number that the callee sees; the caller's if none.
    pub caller_id: Option<&'a str>,
    /// How long to let it ring; the carrier's default if none.
    pub timeout: Option<Duration>,
    /// Where the carrier asks for more TwiML when the call has ended.
    pub action: Option<&'a str>,
}

/// Why a stream would not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The URL is not `wss://`. Twilio would fail with 31922.
    Scheme,
    /// The URL has no host. Twilio would fail with 31923.
    Host,
    /// The URL has a query or a fragment, which Twilio does not pass on.
    Query,
    /// A parameter's name and value together are too long.
    ParameterTooLong {
        /// Their characters.
        length: usize,
    },
    /// There are too many parameters.
    TooManyParameters,
}

impl Document {
    /// A document without verbs, which ends the call.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Connects the call to a stream until it ends. Then the carrier POSTs to `action` for more TwiML, or goes on
    /// with the next verb if there is none.
    #[must_use]
    pub fn connect(mut self, stream: &Stream, action: Option<&str>) -> Self {
        self.0.push_str("<Connect");
        if let Some(action) = action {
            attribute(&mut self.0, "action", action);
            self.0.push_str(" method=\"POST\"");
        }
        self.0.push_str("><Stream");
        self.0.push_str(&stream.attributes);
        if stream.parameters.is_empty() {
            self.0.push_str("/>");
        } else {
            self.0.push('>');
            self.0.push_str(&stream.parameters);
            self.0.push_str("</Stream>");
        }
        self.0.push_str("</Connect>");
        self
    }

    /// Goes on with the TwiML that a POST to a URL answers.
    #[must_use]
    pub fn redirect(mut self, url: &str) -> Self {
        self.0.push_str("<Redirect method=\"POST\">");
        escape(&mut self.0, url);
        self.0.push_str("</Redirect>");
        self
    }

    /// Speaks a text.
    ///
    /// ```
    /// use voice_call::twilio::twiml::{Document, Say};
    ///
    /// let sorry = Say { text: "All lines are busy & so are we.", language: Some("en-US"), ..Say::default() };
    /// let document = Document::new().say(&sorry).hangup();
    /// assert!(document.to_string().contains(r#"<Say language="en-US">All lines are busy &amp; so are we.</Say>"#));
    /// ```
    #[must_use]
    pub fn say(mut self, say: &Say<'_>) -> Self {
        self.0.push_str("<Say");
        for (name, value) in [("voice", say.voice), ("language", say.language)] {
            if let Some(value) = value {
                attribute(&mut self.0, name, value);
            }
        }
        self.0.push('>');
        escape(&mut self.0, say.text);
        self.0.push_str("</Say>");
        self
    }

    /// Puts the caller through to a number.
    #[must_use]
    pub fn dial(mut self, dial: &Dial<'_>) -> Self {
        self.0.push_str("<Dial");
        if let Some(caller_id) = dial.caller_id {
            attribute(&mut self.0, "callerId", caller_id);
        }
        if let Some(timeout) = dial.timeout {
            attribute(&mut self.0, "timeout", &whole_seconds(timeout));
        }
        if let Some(action) = dial.action {
            attribute(&mut self.0, "action", action);
            self.0.push_str(" method=\"POST\"");
        }
        self.0.push('>');
        escape(&mut self.0, dial.number);
        self.0.push_str("</Dial>");
        self
    }

    /// Says nothing for a while, rounded up to whole seconds and at least one.
    #[must_use]
    pub fn pause(mut self, length: Duration) -> Self {
        self.0.push_str("<Pause");
        attribute(&mut self.0, "length", &whole_seconds(length));
        self.0.push_str("/>");
        self
    }

    /// Ends the call.
    #[must_use]
    pub fn hangup(mut self) -> Self {
        self.0.push_str("<Hangup/>");
        self
    }
}

impl fmt::Display for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            r#"<?xml version="1.0" encoding="UTF-8"?><Response>{}</Response>"#,
            self.0
        )
    }
}

/// A document may hold numbers and one-time secrets, so this says only how long it is.
impl fmt::Debug for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Document({} bytes)", self.0.len())
    }
}

impl Stream {
    /// A stream to a `wss://` URL without query. Data goes in the path or in parameters.
    ///
    /// # Errors
    ///
    /// When the carrier would refuse the URL.
    pub fn new(url: &str) -> Result<Self, Error> {
        let rest = url.strip_prefix("wss://").ok_or(Error::Scheme)?;
        if rest.contains(['?', '#']) {
            return Err(Error::Query);
        }
        if rest.is_empty() || rest.starts_with('/') {
            return Err(Error::Host);
        }
        let mut attributes = String::new();
        attribute(&mut attributes, "url", url);
        Ok(Self {
            attributes,
            parameters: String::new(),
            count: 0,
        })
    }

    /// Names the stream; a name may be used once in a call.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        attribute(&mut self.attributes, "name", name);
        self
    }

    /// Has the carrier POST the stream's beginning, end and errors to an absolute URL: the only place besides its own
    /// debugger that says why a handshake failed.
    #[must_use]
    pub fn status_callback(mut self, url: &str) -> Self {
        attribute(&mut self.attributes, "statusCallback", url);
        self.attributes.push_str(" statusCallbackMethod=\"POST\"");
        self
    }

    /// Adds a parameter, which comes back in the start message.
    ///
    /// # Errors
    ///
    /// When name and value together are not under 500 characters, or there are 64 parameters already.
    pub fn parameter(mut self, name: &str, value: &str) -> Result<Self, Error> {
        let length = name.chars().count() + value.chars().count();
        if length >= PARAMETER_LIMIT {
            return Err(Error::ParameterTooLong { length });
        }
        if self.count == MOST_PARAMETERS {
            return Err(Error::TooManyParameters);
        }
        self.count += 1;
        self.parameters.push_str("<Parameter");
        attribute(&mut self.parameters, "name", name);
        attribute(&mut self.parameters, "value", value);
        self.parameters.push_str("/>");
        Ok(self)
    }
}

/// Parameters may be secrets, so this says only how many there are.
impl fmt::Debug for Stream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Stream({} parameters)", self.count)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme => formatter.write_str("a stream's URL must begin with wss://"),
            Self::Host => formatter.write_str("a stream's URL must name a host"),
            Self::Query => formatter.write_str(
                "a stream's URL must have no query and no fragment: use parameters or the path",
            ),
            Self::ParameterTooLong { length } => write!(
                formatter,
                "a parameter's name and value have {length} characters together: they must have under {PARAMETER_LIMIT}"
            ),
            Self::TooManyParameters => write!(
                formatter,
                "a stream may have at most {MOST_PARAMETERS} parameters"
            ),
        }
    }
}

impl std::error::Error for Error {}

fn whole_seconds(length: Duration) -> String {
    let seconds = length.as_secs() + u64::from(length.subsec_nanos() > 0);
    seconds.max(1).to_string()
}

fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape(out, value);
    out.push('"');
}

/// XML 1.0 for text and for attributes in double quotes. Characters that XML cannot hold become U+FFFD.
fn escape(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // As they stand, a reader would turn these into spaces or into a line feed.
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\0'..='\x1F' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            _ => out.push(letter),
        }
    }
}

#[cfg(test)]
#[path = "twiml_tests.rs"]
mod tests;
