//! One call: a carrier, a model, and everything between them.

mod carrier;
mod event;
mod in_hand;
mod input;
mod loudness;
mod model;
mod patience;
mod recorder;
mod settings;
mod tones;
mod turns;

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

pub use self::event::{End, Event, Fault, Peer, Prompt, Speaker, Utterance};
pub use self::input::{Input, Output, ToolId, ToolRequest};
pub use self::settings::{CallSettings, Idle};

use self::in_hand::InHand;
use self::loudness::Loudness;
use self::patience::{Due, Patience};
use self::recorder::Recorder;
use self::turns::Turns;
use crate::Time;
use crate::downlink::Downlink;
use crate::gemini::Setup;
use crate::line::duration;
use crate::playout::Heard;
use crate::redact::Pii;
use crate::session::Session;
use crate::uplink::{Said, Uplink};

/// One call.
///
/// Bytes of both sockets go in by [`handle`](Self::handle), and what is to be done comes out by [`poll`](Self::poll), until `None`; then
/// the driver waits for a socket, a tool, or [`timeout`](Self::timeout). No clock, no socket, no thread is in it, so an hour of
/// call takes a moment, and the same inputs at the same times always give the same call.
///
/// ```
/// use core::time::Duration;
/// use voice_call::call::{Call, CallSettings, Input, Output};
/// use voice_call::gemini::{Endpoint, SessionConfig, Setup};
/// use voice_call::Time;
///
/// let setup = Setup::new(&SessionConfig::new("gemini-3.8-live"), &Endpoint::developer("key"))?;
/// let mut call = Call::new(CallSettings::new(setup), Time::ZERO);
///
/// // The model is called before the caller is connected, so that it is ready to greet.
/// assert!(matches!(call.poll(Time::ZERO), Some(Output::OpenModel)));
/// assert!(call.poll(Time::ZERO).is_none());
///
/// let now = Time::ZERO + Duration::from_millis(80);
/// call.handle(now, Input::ModelConnected);
/// let Some(Output::ToModel(setup)) = call.poll(now) else { panic!("a setup") };
/// assert!(setup.starts_with(r#"{"setup":{"model":"models/gemini-3.8-live""#));
/// call.handle(now, Input::FromModel(br#"{"setupComplete":{}}"#));
///
/// call.handle(now, Input::CarrierConnected);
/// call.handle(now, Input::FromCarrier(br#"{"event":"start","streamSid":"MZ1","start":{"callSid":"CA1"}}"#));
/// let mut told = Vec::new();
/// while let Some(output) = call.poll(now) {
///     if let Output::ToModel(text) = output {
///         told.push(text.to_owned());
///     }
/// }
/// assert!(told[0].contains("Greet them"));
/// # Ok::<(), voice_call::gemini::ConfigError>(())
/// ```
pub struct Call {
    settings: CallSettings,
    session: Session,
    downlink: Downlink,
    /// From the first stream on.
    uplink: Option<Uplink>,
    carrier: Carrier,
    link: Link,
    turns: Turns,
    tools: InHand,
    patience: Patience,
    loudness: Loudness,
    recorder: Option<Recorder>,
    /// The keys that the caller pressed and the model was not told, and when it will be.
    keys: Option<(String, Time)>,
    greeting: Greeting,
    /// When the first stream began.
    answered_at: Option<Time>,
    is_time_up: bool,
    /// Whether the next sound is the beginning of an answer.
    is_reply_awaited: bool,
    leaving: Option<Leaving>,
    /// Whether a lost stream cut the agent off.
    owes_after_loss: bool,
    end: Option<End>,
    outputs: VecDeque<Queued>,
    text: String,
    sound: Vec<u8>,
}

/// What another process needs to go on with a talk.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Memory {
    /// By which the model remembers.
    pub handle: Option<Pii<String>>,
    /// What was said, for a model that does not.
    pub transcript: Vec<Utterance>,
    /// Whether the agent was cut off or owed an answer: it is asked to go on.
    pub is_cut: bool,
}

impl Memory {
    /// What was remembered.
    #[must_use]
    pub const fn new(
        handle: Option<Pii<String>>,
        transcript: Vec<Utterance>,
        is_cut: bool,
    ) -> Self {
        Self {
            handle,
            transcript,
            is_cut,
        }
    }
}

/// The carrier's stream.
#[derive(Debug)]
enum Carrier {
    /// None yet or none any more, since then.
    Away(Time),
    /// A socket without a stream, since then.
    Connected(Time),
    /// The stream's id.
    Streaming(String),
}

/// The model's connection. Whether it hears and speaks, the session knows.
#[derive(Debug, Default)]
struct Link {
    /// Counts the connections that were asked for.
    number: u32,
    is_connected: bool,
    /// Whether this connection knows nothing of the talk.
    is_fresh: bool,
    /// What the last one still owed the caller when it broke.
    owes: Option<Owed>,
    /// Answers of tools for connections that were left, for the next one.
    late: Vec<String>,
    handle: Option<Pii<String>>,
}

/// The agent speaks first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Greeting {
    /// It is to be asked to.
    Due,
    /// It was asked, and has said nothing yet.
    Asked,
    /// It has spoken, or need not be asked.
    Over,
}

/// What a model was about to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owed {
    /// The rest of a turn.
    Rest,
    /// An answer of which nothing was said.
    Answer,
}

/// The call ends when all was said.
#[derive(Debug)]
struct Leaving {
    end: End,
    /// Since when.
    since: Time,
    /// When at the latest, whatever is still said.
    until: Time,
    /// By which function call, in the model's own name for it.
    by: Option<String>,
}

/// An output that owns its text.
#[derive(Debug)]
enum Queued {
    CloseCarrier,
    OpenModel,
    ToModel(String),
    CloseModel,
    CallTool(ToolRequest),
    CancelTool(ToolId),
    Event(Event),
}

impl Call {
    /// A call that was announced but not put through: opens the model already.
    #[must_use]
    pub fn new(settings: CallSettings, now: Time) -> Self {
        Self::resuming(settings, Memory::default(), now)
    }

    /// A call that goes on elsewhere: with the same model's memory, or at least with the transcript. Who has heard or said something is not
    /// greeted again.
    #[must_use]
    pub fn resuming(settings: CallSettings, memory: Memory, now: Time) -> Self {
        let is_new = memory.transcript.is_empty();
        let mut session = Session::new(settings.session);
        if !is_new || memory.handle.is_some() {
            session.go_on(memory.handle.clone());
        }
        let mut turns = Turns::default();
        turns.remember(&memory.transcript);
        let mut call = Self {
            session,
            downlink: Downlink::new(settings.playout, settings.model_level),
            uplink: None,
            carrier: Carrier::Away(now),
            link: Link {
                handle: memory.handle,
                ..Link::default()
            },
            turns,
            tools: InHand::default(),
            patience: Patience::default(),
            loudness: Loudness::default(),
            recorder: None,
            keys: None,
            greeting: if is_new && settings.greeting.is_some() {
                Greeting::Due
            } else {
                Greeting::Over
            },
            answered_at: None,
            is_time_up: false,
            is_reply_awaited: false,
            leaving: None,
            owes_after_loss: memory.is_cut && !is_new,
            end: None,
            outputs: VecDeque::new(),
            text: String::new(),
            sound: Vec::new(),
            settings,
        };
        call.session.open(now);
        call.follow_session(now);
        call
    }

    /// Something happened.
    pub fn handle(&mut self, now: Time, input: Input<'_>) {
        if self.end.is_some() {
            return;
        }
        self.tick(now);
        if self.end.is_some() {
            return;
        }
        match input {
            Input::CarrierConnected => self.carrier_connected(now),
            Input::FromCarrier(bytes) => self.carrier_said(now, bytes),
            Input::CarrierLost => self.carrier_lost(now),
            Input::ModelConnected => self.model_connected(),
            Input::FromModel(bytes) => self.model_said(now, bytes),
            Input::ModelClosed(close) => self.model_closed(now, close),
            Input::ToolAnswered { id, outcome } => self.tool_answered(now, id, outcome),
            // What was announced is done here.
            Input::HangUp(End::HandedOver) if self.leaving.is_some() => self.leave_now(now),
            Input::HangUp(end) => self.finish(now, end),
        }
    }

    /// The next thing to do, until `None`.
    pub fn poll(&mut self, now: Time) -> Option<Output<'_>> {
        if self.end.is_none() {
            self.tick(now);
        }
        if let Some(queued) = self.outputs.pop_front() {
            return Some(self.output(queued));
        }
        if self.end.is_none() {
            if self.next_sound_for_carrier(now) {
                // What it began to say may be news.
                return Some(Output::ToCarrier(&self.text));
            }
            if self.next_sound_for_model(now) {
                return Some(Output::ToModel(&self.text));
            }
        }
        let is_over = self.end.is_some();
        let recorder = self.recorder.as_mut()?;
        recorder.poll(now, is_over).map(Output::Recording)
    }

    /// When to [`poll`](Self::poll) again if nothing happens; none once the call is over.
    #[must_use]
    pub fn timeout(&self) -> Option<Time> {
        if self.end.is_some() {
            return None;
        }
        if !self.outputs.is_empty() {
            return Some(Time::ZERO);
        }
        let is_streaming = matches!(self.carrier, Carrier::Streaming(_));
        let sound = self.downlink.timeout().filter(|_| is_streaming);
        let is_live = self.session.is_live();
        let uplink = self.uplink.as_ref().filter(|_| is_live);
        [
            self.session.timeout(),
            sound,
            uplink.and_then(Uplink::timeout),
            self.carrier_deadline(),
            self.keys.as_ref().filter(|_| is_live).map(|(_, at)| *at),
            self.patience_timeout(),
            self.leaving_timeout(),
            self.time_limit(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// How the call ended, once it has.
    #[must_use]
    pub const fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// What another process needs to go on with this talk.
    #[must_use]
    pub fn memory(&self) -> Memory {
        Memory {
            handle: self.link.handle.clone(),
            transcript: self.turns.transcript().cloned().collect(),
            is_cut: self.owes_after_loss || self.is_in_the_middle(),
        }
    }

    /// What became of the agent's sound so far.
    #[must_use]
    pub fn heard(&self, now: Time) -> Heard {
        self.downlink.heard(now)
    }

    /// What became of the caller's sound so far.
    #[must_use]
    pub fn said(&self) -> Said {
        self.uplink.as_ref().map(Uplink::said).unwrap_or_default()
    }

    /// How much of the agent's sound waits to be sent.
    #[must_use]
    pub fn waiting(&self) -> Duration {
        duration(self.downlink.waiting() as u64)
    }

    /// Whether the model hears and speaks.
    #[must_use]
    pub const fn is_model_live(&self) -> bool {
        self.session.is_live()
    }

    /// Whether the carrier's stream is there.
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        matches!(self.carrier, Carrier::Streaming(_))
    }

    fn output(&mut self, queued: Queued) -> Output<'_> {
        match queued {
            Queued::CloseCarrier => Output::CloseCarrier,
            Queued::OpenModel => Output::OpenModel,
            Queued::ToModel(text) => {
                self.text = text;
                Output::ToModel(&self.text)
            }
            Queued::CloseModel => Output::CloseModel,
            Queued::CallTool(request) => Output::CallTool(request),
            Queued::CancelTool(id) => Output::CancelTool(id),
            Queued::Event(event) => Output::Event(event),
        }
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Queued::Event(event));
    }

    fn ignore(&mut self, from: Peer, fault: Fault) {
        self.event(Event::Ignored { from, fault });
    }

    /// All that time alone brings about.
    fn tick(&mut self, now: Time) {
        if let Some(close) = self.session.tick(now) {
            self.event(Event::ModelLost(close));
        }
        self.follow_session(now);
        if self.end.is_some() {
            return;
        }
        if self.carrier_deadline().is_some_and(|at| now >= at) {
            return self.finish(now, End::CarrierLost);
        }
        self.tell_keys(now);
        self.follow_turns(now);
        if self.time_limit().is_some_and(|at| now >= at) {
            self.time_is_up(now);
        }
        if self.leaving_timeout().is_some_and(|at| now >= at) {
            return self.leave_now(now);
        }
        self.follow_patience(now);
        if self.session.is_leaving() && self.is_quiet(now) {
            self.session.quiet(now);
            self.follow_session(now);
        }
    }

    /// Whether nobody speaks and no answer is owed: a good moment to change connections.
    fn is_quiet(&self, now: Time) -> bool {
        !self.turns.is_agent_speaking()
            && !self.patience.is_owed()
            && self.tools.is_empty()
            && !self.loudness.is_loud(now)
    }

    /// Whether the agent speaks or is about to.
    fn is_in_the_middle(&self) -> bool {
        self.turns.is_agent_speaking()
            || self.downlink.waiting() > 0
            || self.patience.is_owed()
            || !self.tools.is_empty()
            || self.link.owes.is_some()
            || !self.link.late.is_empty()
    }

    /// What the caller has heard by now may end turns.
    fn follow_turns(&mut self, now: Time) {
        let heard = self.downlink.heard(now);
        for utterance in self.turns.heard(now, heard.heard + heard.dropped) {
            self.event(Event::Said(utterance));
        }
        if heard.unheard > 0 {
            self.patience.busy_until(self.downlink.silent_at(now));
        }
    }

    fn follow_patience(&mut self, now: Time) {
        let is_talking = self.is_answered() && self.session.is_live() && self.leaving.is_none();
        if !is_talking || !self.tools.is_empty() {
            return self.patience.busy_until(now);
        }
        let (idle, reply) = (self.settings.idle.as_ref(), self.settings.reply_timeout);
        match self.patience.due(now, idle, reply) {
            Some(Due::Prompt) => {
                let prompt = self.settings.idle.as_ref().map(|idle| idle.prompt.clone());
                self.ask(now, Prompt::Idle, &prompt.unwrap_or_default());
            }
            Some(Due::GiveUp) => self.finish(now, End::CallerSilent),
            Some(Due::Reply) => {
                self.ask(
                    now,
                    Prompt::NoReply,
                    "(The caller waits for an answer. Answer now.)",
                );
                self.patience.turn_over();
            }
            Some(Due::Hung) => self.model_hangs(now),
            Some(Due::HungAgain) => {
                let advice =
                    "the model takes sessions but answers nothing: look at its service's status";
                self.finish(now, End::ModelFailed(advice.to_owned()));
            }
            Some(Due::Turn) => {
                self.end_turn(now);
                self.event(Event::TurnTimedOut);
            }
            None => {}
        }
    }

    fn patience_timeout(&self) -> Option<Time> {
        let is_talking = self.is_answered() && self.session.is_live() && self.leaving.is_none();
        if !is_talking || !self.tools.is_empty() {
            return None;
        }
        let (idle, reply) = (self.settings.idle.as_ref(), self.settings.reply_timeout);
        self.patience.timeout(idle, reply)
    }

    /// When the next thing about the longest time is due.
    fn time_limit(&self) -> Option<Time> {
        let end = self.answered_at? + self.settings.longest_call?;
        if self.leaving.is_some() && self.is_time_up {
            return None;
        }
        Some(if self.is_time_up {
            end
        } else {
            end.saturating_sub(FAREWELL)
        })
    }

    fn time_is_up(&mut self, now: Time) {
        if self.is_time_up {
            self.leave(now, End::TooLong, None);
        } else {
            self.is_time_up = true;
            self.ask(
                now,
                Prompt::TimeIsUp,
                "(The call must end in half a minute. Tell the caller and say good-bye.)",
            );
        }
    }

    /// Ends the call when all was said.
    fn leave(&mut self, now: Time, end: End, by: Option<String>) {
        // What was said before is heard to its end; only a call whose time is over is not waited for.
        let said = match end {
            End::TooLong => now,
            _ => self.downlink.silent_at(now).max(now),
        };
        self.leaving.get_or_insert(Leaving {
            end,
            since: now,
            until: said + LONGEST_FAREWELL,
            by,
        });
    }

    /// When a call that is to end ends: a second after the last sound, or when no good-bye comes, or after all patience.
    fn leaving_timeout(&self) -> Option<Time> {
        let leaving = self.leaving.as_ref()?;
        let latest = leaving.until;
        if self.turns.is_agent_speaking() {
            return Some(latest);
        }
        let silent = self.downlink.silent_at(leaving.since) + AFTER_FAREWELL;
        Some(silent.max(leaving.since + BEFORE_FAREWELL).min(latest))
    }

    /// The call is over now.
    fn finish(&mut self, now: Time, end: End) {
        if self.end.is_some() {
            return;
        }
        self.owes_after_loss |= self.is_in_the_middle();
        for (id, _) in self.tools.abandon() {
            self.outputs.push_back(Queued::CancelTool(id));
        }
        let heard = self.downlink.heard(now);
        let position = heard.heard + heard.dropped;
        let mut said = self.turns.cut(now, position, heard.queued);
        said.extend(self.turns.caller_stops());
        for utterance in said {
            self.event(Event::Said(utterance));
        }
        self.end = Some(end.clone());
        self.session.end();
        self.follow_session(now);
        if !matches!(self.carrier, Carrier::Away(_)) {
            self.outputs.push_back(Queued::CloseCarrier);
            self.carrier = Carrier::Away(now);
        }
        self.event(Event::Ended(end));
    }

    /// Ends the call as was announced.
    fn leave_now(&mut self, now: Time) {
        let leaving = self.leaving.take();
        self.finish(now, leaving.map_or(End::Stopped, |leaving| leaving.end));
    }

    /// The model's turn is over, by itself or since it cannot go on.
    fn end_turn(&mut self, now: Time) -> bool {
        self.downlink.end_turn();
        self.patience.turn_over();
        self.turns.agent_completes(self.downlink.heard(now).queued)
    }

    fn carrier_deadline(&self) -> Option<Time> {
        match self.carrier {
            Carrier::Away(since) | Carrier::Connected(since) => {
                Some(since + self.settings.carrier_timeout)
            }
            Carrier::Streaming(_) => None,
        }
    }
}

/// What state it is in. Nothing that anybody said.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("session", &self.session)
            .field("is_answered", &self.is_answered())
            .field("waiting", &self.waiting())
            .field("said", &self.said())
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

fn setup_for(setup: &Setup, link: &Link) -> Setup {
    let mut setup = setup.clone();
    setup.set_handle(
        link.handle
            .as_ref()
            .filter(|_| !link.is_fresh)
            .map(|it| it.expose().as_str()),
    );
    if link.is_fresh {
        setup.expect_history();
    }
    setup
}

/// How long before the longest time the model is told.
const FAREWELL: Duration = Duration::from_secs(30);
/// How long a model may take to begin its good-bye: some say it after their tool was answered.
const BEFORE_FAREWELL: Duration = Duration::from_secs(2);
/// How long the line stays open after the last words.
const AFTER_FAREWELL: Duration = Duration::from_secs(1);
/// How long the last words may take.
const LONGEST_FAREWELL: Duration = Duration::from_secs(20);
