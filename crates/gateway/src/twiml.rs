//! What the carrier is told to do with a call.

use std::time::Duration;

use voice_call::call::End;
use voice_call::twilio::twiml::{Dial, Document, Error, Say, Stream};

use crate::calls::Over;
use crate::config::Fallback;

/// Connects the call to a stream, and asks how to go on when that is over.
pub(crate) fn connect(origin: &str, token: &str) -> Result<String, Error> {
    let socket = format!("wss{}/media", origin.trim_start_matches("https"));
    let stream = Stream::new(&socket)?
        .status_callback(&format!("{origin}/status"))
        .parameter("token", token)?;
    let document = Document::new().connect(&stream, None);
    Ok(document.redirect(&format!("{origin}/resume")).to_string())
}

/// Says the sentence, then passes the call on or ends it.
pub(crate) fn fallback(fallback: &Fallback) -> String {
    let mut document = Document::new();
    if !fallback.say.is_empty() {
        document = document.say(&Say {
            text: &fallback.say,
            voice: fallback.voice.as_deref(),
            language: fallback.language.as_deref(),
        });
    }
    document = match (&fallback.dial, &fallback.redirect) {
        (Some(number), _) => dial(document, number),
        (None, Some(url)) => document.redirect(url),
        (None, None) => document.hangup(),
    };
    document.to_string()
}

/// Asks again at an address, where another node may answer: soon, but not so soon that nodes which all leave ask each other all the time.
pub(crate) fn elsewhere(url: &str) -> String {
    let document = Document::new().pause(Duration::from_secs(1));
    document.redirect(url).to_string()
}

/// How a call goes on whose agent is done.
pub(crate) fn after(over: &Over) -> String {
    match &over.end {
        End::Transferred { to } => match over.agent.transfer_number(to) {
            Some(number) => dial(Document::new(), number).to_string(),
            None => fallback(&over.fallback),
        },
        End::AgentHungUp(_) | End::TooLong | End::CallerSilent | End::CallerHungUp => hangup(),
        _ => fallback(&over.fallback),
    }
}

/// Ends the call.
pub(crate) fn hangup() -> String {
    Document::new().hangup().to_string()
}

fn dial(document: Document, number: &str) -> Document {
    let dial = Dial {
        number,
        ..Dial::default()
    };
    document.dial(&dial).hangup()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use voice_call::redact::Pii;

    use super::*;
    use crate::Config;
    use crate::live::{self, Agent, Shared};

    /// What the carrier is told after an end.
    fn told(end: End) -> String {
        let flags = [
            ("public_origin", "https://voice.test"),
            ("carrier.verify_signatures", "false"),
            (
                "agents.desk",
                "{ model = \"gemini-3.8-live\", transfers = { office = { description = \"d\", number = \"+15005550009\" } } }",
            ),
            ("routes", "[{ agent = \"desk\" }]"),
            ("services.main", "{ kind = \"developer\", key = \"k\" }"),
        ];
        let flags = flags.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let config = Config::load(None, [], &flags).expect("it is right");
        let store = live::store(&config.shared.store).expect("it is right");
        let shared = Shared::open(&config.shared, &config.services, store).expect("it is right");
        let agent = Agent::new("desk", &config.agents["desk"], &shared).expect("it is right");
        let over = Over {
            end,
            agent: Arc::new(agent),
            fallback: config.fallback,
        };
        after(&over)
    }

    #[tokio::test]
    async fn a_transfer_is_dialled_without_credentials() {
        let to = |name: &str| End::Transferred {
            to: name.to_owned(),
        };
        assert!(told(to("office")).contains("<Dial>+15005550009</Dial><Hangup/>"));
        assert!(told(to("nobody")).contains("<Say>All lines are busy."));
    }

    #[tokio::test]
    async fn a_failure_gets_the_fallback_and_a_good_end_the_end() {
        for end in [
            End::ModelFailed("x".to_owned()),
            End::Stopped,
            End::CarrierLost,
        ] {
            assert!(told(end).contains("<Say>All lines are busy."));
        }
        let reason = Pii::new("done".to_owned());
        for end in [
            End::AgentHungUp(reason),
            End::TooLong,
            End::CallerSilent,
            End::CallerHungUp,
        ] {
            assert!(told(end).ends_with("<Response><Hangup/></Response>"));
        }
    }

    #[test]
    fn another_node_is_asked_after_a_second() {
        let twiml = elsewhere("https://voice.test/resume");
        let asked =
            "<Pause length=\"1\"/><Redirect method=\"POST\">https://voice.test/resume</Redirect>";
        assert!(twiml.contains(asked), "{twiml}");
    }

    #[test]
    fn a_fallback_says_then_passes_on() {
        let mut words = Fallback {
            say: "A & B".to_owned(),
            language: Some("en-GB".to_owned()),
            redirect: Some("https://a.test/x".to_owned()),
            ..Fallback::default()
        };
        let twiml = fallback(&words);
        assert!(twiml.contains(
            "<Say language=\"en-GB\">A &amp; B</Say><Redirect method=\"POST\">https://a.test/x<"
        ));
        words.say.clear();
        assert!(!fallback(&words).contains("<Say"));
    }
}
