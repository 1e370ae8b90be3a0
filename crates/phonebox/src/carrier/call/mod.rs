//! A call from its first webhook to its last status callback.

mod options;
mod record;
mod streams;

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use url::Url;

pub(crate) use options::sid;
pub use options::{CallOptions, DialOutcome, Direction};
pub use record::{CallRecord, End, Purpose, Request, StreamRecord};

use self::streams::Background;
use super::drive::{Interrupt, Source};
use super::network::{NOT_TWIML, Network, NetworkError, Warning};
use super::twiml::{Document, Link, Verb};

/// Makes a call and says what happened.
///
/// # Errors
///
/// When the options cannot be used. What goes wrong in the call stands in its record.
pub async fn run(options: CallOptions) -> Result<CallRecord, NetworkError> {
    // Nobody interrupts: the sender is kept, for a channel without one is closed.
    let (_control, interrupts) = mpsc::channel(1);
    Ok(Phone::new(options, None)?.run(interrupts).await)
}

/// How calls with these options reach the bridge.
pub(crate) fn network(options: &CallOptions) -> Result<Network, NetworkError> {
    let mut network = options.network.clone();
    if network.public_origin.is_some() && network.local_origin.is_none() {
        network.local_origin = Some(options.url.clone());
    }
    Network::new(network)
}

/// A call under way.
pub(crate) struct Phone {
    options: CallOptions,
    network: Network,
    record: CallRecord,
    began: Instant,
    epoch: Instant,
    first: Source,
    /// Where the current document came from: what relative URLs are relative to.
    base: Option<Url>,
    background: Vec<Background>,
}

/// What follows a verb.
enum Flow {
    Next,
    Goto(Source, Vec<(String, String)>),
    End(End),
}

impl Phone {
    /// A call that begins with a document, or with [`CallOptions::url`].
    pub(crate) fn new(options: CallOptions, first: Option<Source>) -> Result<Self, NetworkError> {
        Ok(Self::over(network(&options)?, options, first))
    }

    /// The same over a network that calls share.
    pub(crate) fn over(network: Network, options: CallOptions, first: Option<Source>) -> Self {
        let url = public(&options.url, options.network.public_origin.as_ref());
        let link = Link {
            url: url.to_string(),
            is_get: options.is_get,
        };
        let began = Instant::now();
        Self {
            network,
            record: CallRecord {
                call_sid: options.call_sid.clone(),
                end: End::TwimlOver,
                verbs: Vec::new(),
                requests: Vec::new(),
                streams: Vec::new(),
                warnings: Vec::new(),
                length: Duration::ZERO,
            },
            began,
            epoch: options.epoch.unwrap_or(began),
            first: first.unwrap_or(Source::Url(link)),
            base: Some(url),
            background: Vec::new(),
            options,
        }
    }

    pub(crate) async fn run(mut self, mut interrupts: mpsc::Receiver<Interrupt>) -> CallRecord {
        let is_stream = matches!(self.options.url.scheme(), "ws" | "wss");
        self.record.end = if is_stream {
            self.stream_only(&mut interrupts).await
        } else {
            self.documents(&mut interrupts).await
        };
        for stream in std::mem::take(&mut self.background) {
            self.finish(stream).await;
        }
        self.record.length = self.began.elapsed();
        if let Some(callback) = self.options.status_callback.clone() {
            self.tell("completed", &callback).await;
        }
        self.record
    }

    /// Begins with another document than was planned.
    pub(crate) fn begin_with(&mut self, first: Source) {
        self.first = first;
    }

    /// The call is over before it was answered.
    pub(crate) async fn not_answered(mut self, status: &'static str) -> CallRecord {
        self.record.end = End::NotAnswered(status);
        self.record.length = self.began.elapsed();
        if let Some(callback) = self.options.status_callback.clone() {
            self.tell(status, &callback).await;
        }
        self.record
    }

    /// Tells a status callback of the call's state.
    pub(crate) async fn tell(&mut self, status: &str, callback: &Link) {
        let mut form = self.form(status);
        if status == "completed" {
            form.push((
                "CallDuration".to_owned(),
                self.record.length.as_secs().to_string(),
            ));
        }
        let _ = self.ask(Purpose::Status, callback, &form).await;
    }

    async fn documents(&mut self, interrupts: &mut mpsc::Receiver<Interrupt>) -> End {
        let mut source = self.first.clone();
        let mut fields = Vec::new();
        let mut status = match self.options.direction {
            Direction::Inbound => "ringing",
            Direction::OutboundApi => "in-progress",
        };
        for number in 0..MOST_DOCUMENTS {
            let copies = if number == 0 {
                self.options.webhook_copies.clamp(1, 10)
            } else {
                1
            };
            let Some(document) = self.document(&source, status, &fields, copies).await else {
                return End::NoTwiml;
            };
            status = "in-progress";
            match self.follow(document, interrupts).await {
                Flow::Goto(next, more) => (source, fields) = (next, more),
                Flow::End(end) => return end,
                Flow::Next => return End::TwimlOver,
            }
        }
        End::TooManyDocuments
    }

    /// Fetches a document; from the fallback if there is one and the first fails.
    async fn document(
        &mut self,
        source: &Source,
        status: &str,
        fields: &[(String, String)],
        copies: u32,
    ) -> Option<Document> {
        let mut form = self.form(status);
        form.extend_from_slice(fields);
        let link = match source {
            Source::Twiml(text) => return self.read(text),
            Source::Url(link) => link,
        };
        let mut answer = None;
        for _ in 0..copies {
            answer = self.ask(Purpose::Webhook, link, &form).await;
        }
        let document = answer.and_then(|text| self.read(&text));
        let fallback = self.options.fallback.clone();
        match (document, fallback) {
            (Some(document), _) => {
                self.base = self.absolute(&link.url);
                Some(document)
            }
            (None, Some(fallback)) => {
                let code = self
                    .record
                    .warnings
                    .last()
                    .map_or(0, |warning| warning.code);
                form.push(("ErrorCode".to_owned(), code.to_string()));
                form.push(("ErrorUrl".to_owned(), link.url.clone()));
                let text = self.ask(Purpose::Webhook, &fallback, &form).await?;
                self.base = self.absolute(&fallback.url);
                self.read(&text)
            }
            (None, None) => None,
        }
    }

    fn read(&mut self, text: &str) -> Option<Document> {
        let read = Document::parse(text);
        read.map_err(|error| self.warn(Warning::new(NOT_TWIML, error.to_string())))
            .ok()
    }

    async fn follow(
        &mut self,
        document: Document,
        interrupts: &mut mpsc::Receiver<Interrupt>,
    ) -> Flow {
        for verb in document.verbs {
            self.record
                .verbs
                .push((self.began.elapsed(), name(&verb).to_owned()));
            let wait = self.length(&verb);
            if let Some(interrupt) = self.wait(wait, interrupts).await {
                return interrupted(interrupt);
            }
            let flow = match verb {
                Verb::Connect { action, stream } => self.connect(&stream, action, interrupts).await,
                Verb::Start { stream } => {
                    self.start(&stream).await;
                    Flow::Next
                }
                Verb::Stop { name } => {
                    self.stop(name.as_deref()).await;
                    Flow::Next
                }
                Verb::Redirect(link) => Flow::Goto(Source::Url(link), Vec::new()),
                Verb::Dial {
                    action: Some(action),
                    ..
                } => {
                    let outcome = self.options.dial;
                    let fields = [
                        ("DialCallStatus", outcome.status().to_owned()),
                        ("DialCallSid", sid("CA")),
                        ("DialCallDuration", outcome.length().as_secs().to_string()),
                    ];
                    let fields = fields.map(|(name, value)| (name.to_owned(), value));
                    Flow::Goto(Source::Url(action), fields.to_vec())
                }
                Verb::Hangup => Flow::End(End::HungUpByTwiml),
                Verb::Reject => Flow::End(End::Rejected),
                Verb::Unknown(name) => {
                    self.warn(Warning::new(
                        UNKNOWN_VERB,
                        format!("<{name}> is not emulated"),
                    ));
                    Flow::Next
                }
                Verb::Dial { action: None, .. }
                | Verb::Say(_)
                | Verb::Play { .. }
                | Verb::Pause(_) => Flow::Next,
            };
            if !matches!(flow, Flow::Next) {
                return flow;
            }
        }
        Flow::Next
    }

    /// How long a verb takes by itself.
    fn length(&self, verb: &Verb) -> Duration {
        if !self.options.takes_time {
            return Duration::ZERO;
        }
        match verb {
            Verb::Say(text) => {
                LETTER * text.expose().chars().count().try_into().unwrap_or(u32::MAX)
            }
            Verb::Play {
                digits: Some(digits),
            } => digits
                .expose()
                .chars()
                .map(|key| match key {
                    'W' => Duration::from_secs(1),
                    'w' => Duration::from_millis(500),
                    _ => Duration::from_millis(200),
                })
                .sum(),
            Verb::Pause(length) => *length,
            Verb::Dial { .. } => self.options.dial.length(),
            Verb::Play { digits: None }
            | Verb::Connect { .. }
            | Verb::Start { .. }
            | Verb::Stop { .. }
            | Verb::Redirect(_)
            | Verb::Hangup
            | Verb::Reject
            | Verb::Unknown(_) => Duration::ZERO,
        }
    }

    async fn wait(
        &self,
        length: Duration,
        interrupts: &mut mpsc::Receiver<Interrupt>,
    ) -> Option<Interrupt> {
        tokio::select! {
            biased;
            interrupt = interrupts.recv() => interrupt,
            () = sleep(length.min(self.options.line.limit)) => None,
        }
    }

    /// What every request about the call says.
    fn form(&self, status: &str) -> Vec<(String, String)> {
        let options = &self.options;
        let fields = [
            ("CallSid", options.call_sid.expose().as_str()),
            ("AccountSid", options.account_sid.expose()),
            ("From", options.from.expose()),
            ("To", options.to.expose()),
            ("Caller", options.from.expose()),
            ("Called", options.to.expose()),
            ("CallStatus", status),
            ("ApiVersion", "2010-04-01"),
            ("Direction", options.direction.as_str()),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut form = fields.to_vec();
        form.extend(options.fields.iter().cloned());
        form
    }

    /// Asks a URL and records it: the text of an answer with a status of success.
    async fn ask(
        &mut self,
        purpose: Purpose,
        link: &Link,
        form: &[(String, String)],
    ) -> Option<String> {
        let Some(url) = self.absolute(&link.url) else {
            self.warn(Warning::new(
                MALFORMED_URL,
                "a URL of the TwiML is malformed",
            ));
            return None;
        };
        let at = self.began.elapsed();
        let answer = self.network.ask(&url, link.is_get, form).await;
        let mut shown = url;
        shown.set_query(None);
        self.record.requests.push(Request {
            at,
            took: self.began.elapsed() - at,
            purpose,
            url: shown.to_string(),
            status: answer.as_ref().ok().map(|(status, _)| *status),
        });
        match answer {
            Ok((200..=299, text)) => Some(text),
            Ok((status, _)) => {
                self.warn(Warning::new(
                    BAD_STATUS,
                    format!("{shown} answered with status {status}"),
                ));
                None
            }
            Err(warning) => {
                self.warn(warning);
                None
            }
        }
    }

    fn absolute(&self, url: &str) -> Option<Url> {
        match &self.base {
            Some(base) => base.join(url).ok(),
            None => Url::parse(url).ok(),
        }
    }

    fn warn(&mut self, warning: Warning) {
        if self.record.warnings.len() < MOST_WARNINGS {
            self.record.warnings.push(warning);
        }
    }
}

/// What a REST request makes of the call.
fn interrupted(interrupt: Interrupt) -> Flow {
    match interrupt {
        Interrupt::HangUp => Flow::End(End::HungUpByRest),
        Interrupt::Replace(source) => Flow::Goto(source, Vec::new()),
    }
}

/// The URL as the bridge knows it.
fn public(url: &Url, origin: Option<&Url>) -> Url {
    let Some(origin) = origin else {
        return url.clone();
    };
    let is_socket = matches!(url.scheme(), "ws" | "wss");
    let is_secure = matches!(origin.scheme(), "https" | "wss");
    let scheme = match (is_socket, is_secure) {
        (true, true) => "wss",
        (true, false) => "ws",
        (false, true) => "https",
        (false, false) => "http",
    };
    let host = &origin[url::Position::BeforeHost..url::Position::AfterPort];
    let rest = &url[url::Position::BeforePath..];
    Url::parse(&format!("{scheme}://{host}{rest}")).unwrap_or_else(|_| url.clone())
}

fn name(verb: &Verb) -> &str {
    match verb {
        Verb::Connect { .. } => "Connect",
        Verb::Start { .. } => "Start",
        Verb::Stop { .. } => "Stop",
        Verb::Redirect(_) => "Redirect",
        Verb::Say(_) => "Say",
        Verb::Play { .. } => "Play",
        Verb::Pause(_) => "Pause",
        Verb::Dial { .. } => "Dial",
        Verb::Hangup => "Hangup",
        Verb::Reject => "Reject",
        Verb::Unknown(name) => name,
    }
}

/// How long a spoken letter takes.
const LETTER: Duration = Duration::from_millis(65);
const MOST_DOCUMENTS: usize = 100;
const MOST_WARNINGS: usize = 1_000;
/// A URL that is none; an answer that is no success; a verb that cannot be followed.
const MALFORMED_URL: u16 = 11_100;
const BAD_STATUS: u16 = 11_200;
const UNKNOWN_VERB: u16 = 12_200;
