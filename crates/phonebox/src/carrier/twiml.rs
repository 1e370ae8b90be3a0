//! TwiML as a carrier reads it.

use std::time::Duration;

use roxmltree::{Node, ParsingOptions};
use voice_call::redact::Pii;
use voice_call::twilio::{MOST_PARAMETERS, PARAMETER_LIMIT};

/// The longest document that is read, in bytes. Twilio's own limit.
pub const LONGEST: usize = 64 << 10;

/// A document: verbs that the carrier follows one after another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// In their order.
    pub verbs: Vec<Verb>,
}

/// What the carrier is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verb {
    /// `<Connect><Stream>`: a stream both ways, until it ends.
    Connect {
        /// Where to ask for more when the bridge has closed the stream.
        action: Option<Link>,
        /// The stream.
        stream: Box<Stream>,
    },
    /// `<Start><Stream>`: a stream to the bridge while the call goes on.
    Start {
        /// The stream.
        stream: Box<Stream>,
    },
    /// `<Stop><Stream>`: ends streams to the bridge of that name, or all without one.
    Stop {
        /// The name.
        name: Option<String>,
    },
    /// Goes on with another document.
    Redirect(Link),
    /// Speaks a text.
    Say(Pii<String>),
    /// Plays keys, or a file.
    Play {
        /// Keys; `w` waits half a second, `W` a second.
        digits: Option<Pii<String>>,
    },
    /// Says nothing for a while.
    Pause(Duration),
    /// Puts the caller through.
    Dial {
        /// To whom.
        number: Pii<String>,
        /// Where to ask for more when that call is over.
        action: Option<Link>,
    },
    /// Ends the call.
    Hangup,
    /// Refuses the call.
    Reject,
    /// A verb that this carrier does not know, by its name.
    Unknown(String),
}

/// A URL and how it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// As it stands in the document, relative or absolute.
    pub url: String,
    /// Whether by GET and not by POST.
    pub is_get: bool,
}

/// A `<Stream>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// As it stands in the document, relative or absolute.
    pub url: String,
    /// Its name.
    pub name: Option<String>,
    /// `inbound_track` and the like.
    pub track: Option<String>,
    /// Who is told of its beginning and end.
    pub status_callback: Option<Link>,
    /// What its `<Parameter>` elements say.
    pub parameters: Vec<(Pii<String>, Pii<String>)>,
}

/// Why a document cannot be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TwimlError {
    /// It is too long.
    #[error("the TwiML has {0} bytes, more than the {LONGEST} that a carrier reads")]
    TooLong(usize),
    /// It is not XML.
    #[error("the TwiML is not XML: {0}")]
    NotXml(#[from] roxmltree::Error),
    /// Its root is another.
    #[error("the TwiML's root is not <Response>")]
    NotResponse,
    /// An attribute is missing.
    #[error("<{element}> lacks {attribute}")]
    Missing {
        /// The element.
        element: &'static str,
        /// The attribute, or what else.
        attribute: &'static str,
    },
    /// A value makes no sense.
    #[error("{attribute} of <{element}> is not {expected}")]
    Invalid {
        /// The element.
        element: &'static str,
        /// The attribute.
        attribute: &'static str,
        /// What is expected instead.
        expected: &'static str,
    },
    /// A stream has too many parameters, or one is too long.
    #[error("a <Parameter> has 500 characters or more, or there are more than {MOST_PARAMETERS}")]
    Parameters,
}

impl Document {
    /// Reads a document.
    ///
    /// ```
    /// use phonebox::carrier::twiml::{Document, Verb};
    ///
    /// let document = Document::parse(
    ///     r#"<Response><Connect action="/after"><Stream url="wss://bridge.example.com/media">
    ///        <Parameter name="token" value="t42"/></Stream></Connect><Hangup/></Response>"#,
    /// )?;
    /// let Verb::Connect { action, stream } = &document.verbs[0] else { panic!() };
    /// assert_eq!(action.as_ref().unwrap().url, "/after");
    /// assert_eq!(stream.parameters.len(), 1);
    /// assert_eq!(document.verbs[1], Verb::Hangup);
    /// # Ok::<(), phonebox::carrier::twiml::TwimlError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When it is not TwiML, or a verb lacks what it needs. Verbs that this carrier does not know are no error.
    pub fn parse(text: &str) -> Result<Self, TwimlError> {
        if text.len() > LONGEST {
            return Err(TwimlError::TooLong(text.len()));
        }
        let options = ParsingOptions {
            nodes_limit: MOST_NODES,
            ..ParsingOptions::default()
        };
        let document = roxmltree::Document::parse_with_options(text.trim_start(), options)?;
        let root = document.root_element();
        if !root.has_tag_name("Response") {
            return Err(TwimlError::NotResponse);
        }
        let verbs = root.children().filter(Node::is_element).map(verb);
        Ok(Self {
            verbs: verbs.collect::<Result<_, _>>()?,
        })
    }
}

impl Link {
    /// By POST, as is usual.
    #[must_use]
    pub fn post(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            is_get: false,
        }
    }
}

fn verb(node: Node<'_, '_>) -> Result<Verb, TwimlError> {
    Ok(match node.tag_name().name() {
        "Connect" => match child_stream(node) {
            Some(stream) => Verb::Connect {
                action: link(node, "action", "method"),
                stream: Box::new(self::stream(stream)?),
            },
            None => Verb::Unknown("Connect without Stream".to_owned()),
        },
        "Start" => match child_stream(node) {
            Some(stream) => Verb::Start {
                stream: Box::new(self::stream(stream)?),
            },
            None => Verb::Unknown("Start without Stream".to_owned()),
        },
        "Stop" => Verb::Stop {
            name: child_stream(node).and_then(|stream| attribute(stream, "name")),
        },
        "Redirect" => Verb::Redirect(Link {
            url: text_of(node).ok_or(missing("Redirect", "a URL"))?,
            is_get: is_get(node, "method"),
        }),
        "Say" => Verb::Say(Pii::new(text_of(node).unwrap_or_default())),
        "Play" => Verb::Play {
            digits: attribute(node, "digits").map(Pii::new),
        },
        "Pause" => Verb::Pause(match attribute(node, "length") {
            None => Duration::from_secs(1),
            Some(length) => {
                length
                    .parse()
                    .map(Duration::from_secs)
                    .map_err(|_| TwimlError::Invalid {
                        element: "Pause",
                        attribute: "length",
                        expected: "whole seconds",
                    })?
            }
        }),
        "Dial" => Verb::Dial {
            number: Pii::new(text_of(node).ok_or(missing("Dial", "a number"))?),
            action: link(node, "action", "method"),
        },
        "Hangup" => Verb::Hangup,
        "Reject" => Verb::Reject,
        other => Verb::Unknown(other.chars().take(64).collect()),
    })
}

fn stream(node: Node<'_, '_>) -> Result<Stream, TwimlError> {
    let mut parameters = Vec::new();
    for parameter in node
        .children()
        .filter(|child| child.has_tag_name("Parameter"))
    {
        let name = attribute(parameter, "name").ok_or(missing("Parameter", "name"))?;
        let value = attribute(parameter, "value").ok_or(missing("Parameter", "value"))?;
        let length = name.chars().count() + value.chars().count();
        if length >= PARAMETER_LIMIT || parameters.len() == MOST_PARAMETERS {
            return Err(TwimlError::Parameters);
        }
        parameters.push((Pii::new(name), Pii::new(value)));
    }
    Ok(Stream {
        url: attribute(node, "url").ok_or(missing("Stream", "url"))?,
        name: attribute(node, "name"),
        track: attribute(node, "track"),
        status_callback: link(node, "statusCallback", "statusCallbackMethod"),
        parameters,
    })
}

fn child_stream<'a, 'b>(node: Node<'a, 'b>) -> Option<Node<'a, 'b>> {
    node.children().find(|child| child.has_tag_name("Stream"))
}

fn attribute(node: Node<'_, '_>, name: &str) -> Option<String> {
    node.attribute(name).map(str::to_owned)
}

fn link(node: Node<'_, '_>, name: &str, method: &str) -> Option<Link> {
    let url = attribute(node, name).filter(|url| !url.is_empty())?;
    Some(Link {
        url,
        is_get: is_get(node, method),
    })
}

fn is_get(node: Node<'_, '_>, method: &str) -> bool {
    let method = node.attribute(method);
    method.is_some_and(|method| method.eq_ignore_ascii_case("GET"))
}

/// The text in an element and in those in it, without the space around.
fn text_of(node: Node<'_, '_>) -> Option<String> {
    let text: String = node
        .descendants()
        .filter_map(|inner| inner.is_text().then(|| inner.text()).flatten())
        .collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

const fn missing(element: &'static str, attribute: &'static str) -> TwimlError {
    TwimlError::Missing { element, attribute }
}

/// The most elements, texts and comments of a document.
const MOST_NODES: u32 = 10_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use voice_call::twilio::twiml as written;

    use super::*;

    fn verbs(inner: &str) -> Result<Vec<Verb>, TwimlError> {
        Document::parse(&format!("<Response>{inner}</Response>")).map(|document| document.verbs)
    }

    #[test]
    fn reads_what_the_gateway_writes() {
        let stream = written::Stream::new("wss://bridge.example.com/media")
            .unwrap()
            .parameter("token", "<&\"")
            .unwrap();
        let document = written::Document::new()
            .say(&written::Say {
                text: "Hello & welcome",
                ..written::Say::default()
            })
            .pause(Duration::from_secs(2))
            .connect(&stream, Some("/after?a=1&b=2"))
            .dial(&written::Dial {
                number: "+15005550001",
                action: Some("/dialled"),
                ..written::Dial::default()
            })
            .redirect("/fallback")
            .hangup();
        let verbs = Document::parse(&document.to_string()).unwrap().verbs;
        let expected = [
            Verb::Say(Pii::new("Hello & welcome".to_owned())),
            Verb::Pause(Duration::from_secs(2)),
            Verb::Connect {
                action: Some(Link::post("/after?a=1&b=2")),
                stream: Box::new(Stream {
                    url: "wss://bridge.example.com/media".to_owned(),
                    parameters: vec![(Pii::new("token".to_owned()), Pii::new("<&\"".to_owned()))],
                    ..Stream::default()
                }),
            },
            Verb::Dial {
                number: Pii::new("+15005550001".to_owned()),
                action: Some(Link::post("/dialled")),
            },
            Verb::Redirect(Link::post("/fallback")),
            Verb::Hangup,
        ];
        assert_eq!(verbs, expected);
    }

    #[test]
    fn what_it_does_not_know_is_kept_by_name() {
        let read = verbs(
            "<Gather/><Connect><ConversationRelay/></Connect><Dial><Number>+1</Number></Dial>",
        )
        .unwrap();
        assert_eq!(read[0], Verb::Unknown("Gather".to_owned()));
        assert!(matches!(&read[1], Verb::Unknown(_)));
        assert!(matches!(&read[2], Verb::Dial { number, .. } if number.expose() == "+1"));
    }

    #[test]
    fn faults_say_what_is_missing() {
        let error = |inner| verbs(inner).expect_err("a fault").to_string();
        assert_eq!(error("<Connect><Stream/></Connect>"), "<Stream> lacks url");
        assert_eq!(error("<Redirect/>"), "<Redirect> lacks a URL");
        assert_eq!(
            error("<Pause length=\"x\"/>"),
            "length of <Pause> is not whole seconds"
        );
        let long = format!(
            "<Connect><Stream url=\"wss://a\"><Parameter name=\"a\" value=\"{}\"/></Stream></Connect>",
            "x".repeat(499)
        );
        assert!(error(&long).contains("500 characters"));
        assert!(matches!(
            Document::parse("<No/>"),
            Err(TwimlError::NotResponse)
        ));
        assert!(matches!(
            Document::parse(&" ".repeat(LONGEST + 1)),
            Err(TwimlError::TooLong(_))
        ));
        let bomb = "<!DOCTYPE a [<!ENTITY b \"c\">]><Response>&b;</Response>";
        assert!(matches!(Document::parse(bomb), Err(TwimlError::NotXml(_))));
        assert!(Document::parse(&"<a>".repeat(LONGEST / 3)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(<[A-Za-z/]{0,9}|[a-z=\"' >&;]){0,40}") {
            let _ = Document::parse(&text);
            let _ = verbs(&text);
        }
    }
}
