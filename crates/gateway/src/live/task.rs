//! The task of one call.

mod peers;

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_tungstenite::tungstenite;
use voice_call::Time;
use voice_call::call::{Call, End, Event, Input, Output, ToolId, ToolRequest};
use voice_call::gemini::Close;

use super::agent::Agent;
use super::call_log::CallLog;
use super::caller::Caller;
use super::connect::ModelSocket;
use super::link::{Frame as _, Link, Received};
use super::recording::Recording;
use super::shared::store_key;
use super::status::Board;
use super::store::Remembered;

/// What others want of a call.
#[derive(Debug)]
pub(super) enum Command {
    /// Here is the carrier's socket.
    Attach {
        socket: Box<WebSocket>,
        first: Vec<Message>,
        done: oneshot::Sender<()>,
    },
    HangUp(End),
}

/// One call and all that it holds.
pub(super) struct CallTask {
    id: Arc<str>,
    /// Of this call in the session store.
    store_key: Arc<str>,
    agent: Arc<Agent>,
    caller: Arc<Caller>,
    generation: u32,
    call: Call,
    log: CallLog,
    board: Arc<Board>,
    recording: Option<Recording>,
    began: Instant,
    timer: Pin<Box<Sleep>>,
    next_ping: Instant,
    next_look: Instant,
    carrier: Option<Carrier>,
    model: Option<Link<ModelSocket, tungstenite::Message>>,
    /// Connecting, after having left the last connection.
    connecting: Option<Connecting>,
    /// Leaving a connection.
    leaving: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    tools: Vec<(ToolId, Asking)>,
    is_memory_new: bool,
    is_models_turn: bool,
}

type Connecting = Pin<Box<dyn Future<Output = Result<ModelSocket, Close>> + Send>>;
type Asking = Pin<Box<dyn Future<Output = Result<Value, String>> + Send>>;

struct Carrier {
    link: Link<WebSocket, Message>,
    /// Dropping it tells who attached the socket that it is done.
    _done: oneshot::Sender<()>,
}

/// What happened next.
enum Happened {
    Command(Command),
    FromCarrier(Received),
    FromModel(Received),
    Connected(Result<Box<ModelSocket>, Close>),
    Answered(ToolId, Result<Value, String>),
    /// Something was written, or time has come.
    Nothing,
}

impl CallTask {
    pub(super) fn new(
        id: Arc<str>,
        agent: &Arc<Agent>,
        caller: Caller,
        remembered: Option<Remembered>,
        board: Arc<Board>,
    ) -> Self {
        let settings = agent.settings_for(&caller);
        let began = Instant::now();
        let log = CallLog::new(&id, agent, &caller);
        let (shared, records) = (&agent.shared, settings.records);
        let folder = shared.recordings.as_ref().filter(|_| records);
        let dropped = shared.meters.recording_dropped.clone();
        let recording = folder.map(|folder| Recording::begin(folder, &id, dropped));
        let (call, generation) = match remembered {
            Some(it) => (
                Call::resuming(settings, it.memory, Time::ZERO),
                it.generation.saturating_add(1),
            ),
            None => (Call::new(settings, Time::ZERO), 0),
        };
        Self {
            id,
            store_key: store_key(&caller.account_sid, &caller.call_sid).into(),
            agent: Arc::clone(agent),
            caller: Arc::new(caller),
            generation,
            call,
            log,
            board,
            recording,
            began,
            timer: Box::pin(sleep_until(began)),
            next_ping: began,
            next_look: began,
            carrier: None,
            model: None,
            connecting: None,
            leaving: None,
            tools: Vec::new(),
            is_memory_new: false,
            is_models_turn: false,
        }
    }

    /// Boxed: a future has room for what it was given and for each place that it moves it to.
    pub(super) async fn run(
        mut self: Box<Self>,
        mut commands: mpsc::Receiver<Command>,
        end: watch::Sender<Option<End>>,
    ) {
        let mut cause = self.began;
        loop {
            self.drive(cause);
            if self.call.end().is_some() {
                break;
            }
            let wake = self.set_timer();
            let happened = poll_fn(|cx| self.poll(cx, &mut commands)).await;
            let now = Instant::now();
            // What a timer brings about was due when it was set to, not when it was heard.
            cause = if matches!(happened, Happened::Nothing) {
                wake.min(now)
            } else {
                now
            };
            self.take(happened);
            self.look_after(now);
        }
        let ended = self.call.end().cloned().unwrap_or(End::Stopped);
        // Before the carrier's socket closes: whoever asks then how the call goes on must know.
        end.send_replace(Some(ended.clone()));
        drop(commands);
        self.finish(&ended).await;
    }

    fn now(&self) -> Time {
        self.began.elapsed().into()
    }

    /// Does all that the call wants done.
    fn drive(&mut self, cause: Instant) {
        let now = self.now();
        while let Some(output) = self.call.poll(now) {
            match output {
                Output::ToCarrier(text) => {
                    if let Some(carrier) = &mut self.carrier {
                        carrier.link.send(text, cause);
                    }
                }
                Output::ToModel(text) => {
                    if let Some(model) = &mut self.model {
                        model.send(text, cause);
                    }
                }
                Output::Recording(block) => {
                    if let Some(recording) = &mut self.recording {
                        recording.append(block);
                    }
                }
                // Closed by `finish`, when the end is known.
                Output::CloseCarrier => {}
                Output::OpenModel => {
                    self.log.model_is_called();
                    let (place, leaving) = (self.agent.place.clone(), self.leaving.take());
                    self.connecting = Some(Box::pin(async move {
                        if let Some(leaving) = leaving {
                            leaving.await;
                        }
                        place.connect().await
                    }));
                }
                Output::CloseModel => self.close_model(),
                Output::CallTool(request) => self.call_tool(request),
                Output::CancelTool(id) => self.tools.retain(|(it, _)| *it != id),
                Output::Event(event) => {
                    self.is_memory_new |= matches!(event, Event::Remembered | Event::Said(_));
                    self.log.event(&event, &self.agent, &self.board);
                }
            }
        }
        if std::mem::take(&mut self.is_memory_new) && self.call.end().is_none() {
            self.remember();
        }
    }

    fn call_tool(&mut self, request: ToolRequest) {
        let (agent, caller, call) = (
            Arc::clone(&self.agent),
            Arc::clone(&self.caller),
            Arc::clone(&self.id),
        );
        let id = request.id;
        self.tools.push((
            id,
            Box::pin(async move {
                match agent.webhooks.get(&request.name) {
                    Some(webhook) => webhook.ask(&call, agent.name(), &caller, &request).await,
                    None => Err("there is no such tool".to_owned()),
                }
            }),
        ));
    }

    /// Sets the timer to the next thing that is due.
    fn set_timer(&mut self) -> Instant {
        let limit = self.agent.shared.sockets.write_timeout.into();
        let carrier = self
            .carrier
            .as_ref()
            .and_then(|carrier| carrier.link.write_deadline(limit));
        let model = self
            .model
            .as_ref()
            .and_then(|model| model.write_deadline(limit));
        let call = self
            .call
            .timeout()
            .map(|at| self.began + at.since_beginning());
        let due = [call, carrier, model].into_iter().flatten();
        let wake = due.fold(self.next_look, Instant::min);
        if self.timer.deadline() != wake {
            self.timer.as_mut().reset(wake);
        }
        wake
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        commands: &mut mpsc::Receiver<Command>,
    ) -> Poll<Happened> {
        if let Poll::Ready(Some(command)) = commands.poll_recv(cx) {
            return Poll::Ready(Happened::Command(command));
        }
        if let Some(leaving) = &mut self.leaving
            && leaving.as_mut().poll(cx).is_ready()
        {
            self.leaving = None;
        }
        if let Some(connecting) = &mut self.connecting
            && let Poll::Ready(connected) = connecting.as_mut().poll(cx)
        {
            return Poll::Ready(Happened::Connected(connected.map(Box::new)));
        }
        for index in 0..self.tools.len() {
            if let Poll::Ready(answer) = self.tools[index].1.as_mut().poll(cx) {
                let (id, _) = self.tools.swap_remove(index);
                return Poll::Ready(Happened::Answered(id, answer));
            }
        }
        // Neither socket shall keep the other waiting by always having something.
        self.is_models_turn = !self.is_models_turn;
        let sockets: [fn(&mut Self, &mut Context<'_>) -> Poll<Received>; 2] =
            [Self::poll_carrier, Self::poll_model];
        let happened: [fn(Received) -> Happened; 2] = [Happened::FromCarrier, Happened::FromModel];
        let first = usize::from(self.is_models_turn);
        for which in [first, 1 - first] {
            if let Poll::Ready(received) = sockets[which](self, cx) {
                return Poll::Ready(happened[which](received));
            }
        }
        self.timer.as_mut().poll(cx).map(|()| Happened::Nothing)
    }

    /// Tells the call.
    fn take(&mut self, happened: Happened) {
        let now = self.now();
        match happened {
            Happened::Nothing => {}
            Happened::Command(Command::HangUp(end)) => self.call.handle(now, Input::HangUp(end)),
            Happened::Command(Command::Attach {
                socket,
                first,
                done,
            }) => {
                self.lose_carrier(now);
                let link = Link::new(*socket, Instant::now());
                self.carrier = Some(Carrier { link, _done: done });
                self.agent.shared.meters.streams.increment(1.0);
                self.board.stream(true);
                self.call.handle(now, Input::CarrierConnected);
                for message in first {
                    if let Some(received) = message.received() {
                        self.hear_carrier(now, received);
                    }
                }
            }
            Happened::FromCarrier(received) => self.hear_carrier(now, received),
            Happened::FromModel(Received::Message(bytes)) => {
                self.call.handle(now, Input::FromModel(&bytes))
            }
            Happened::FromModel(Received::Closed(close)) => self.lose_model(now, close),
            Happened::Connected(connected) => {
                self.connecting = None;
                match connected {
                    Ok(socket) => {
                        self.log.model_is_connected(&self.agent);
                        self.agent.shared.meters.models.increment(1.0);
                        self.model = Some(Link::new(*socket, Instant::now()));
                        self.call.handle(now, Input::ModelConnected);
                    }
                    Err(close) => self.call.handle(now, Input::ModelClosed(close)),
                }
            }
            Happened::Answered(id, outcome) => {
                self.call.handle(now, Input::ToolAnswered { id, outcome })
            }
        }
    }

    /// After the end: closes, and writes what is to be written.
    async fn finish(mut self: Box<Self>, end: &End) {
        if *end == End::HandedOver {
            self.hand_over().await;
        }
        // What waits was for a caller who is not to hear it; a close frame is all that is owed.
        if let Some(carrier) = self.carrier.take() {
            self.count_carrier(&carrier);
            let mut socket = carrier.link.into_socket();
            let closed = futures_util::SinkExt::send(&mut socket, Message::Close(None));
            let _: Result<_, _> = tokio::time::timeout(GOOD_BYE, closed).await;
        }
        self.close_model();
        if let Some(leaving) = self.leaving.take() {
            leaving.await;
        }
        if let Some(recording) = self.recording.take() {
            recording.finish().await;
        }
        let now = self.now();
        self.log.finish(now, &self.call, end, &self.agent);
        self.log.upload(&self.agent).await;
        // Another node may go on with a call that only lost its carrier or its node.
        if !matches!(end, End::Stopped | End::CarrierLost | End::HandedOver) {
            let store = &self.agent.shared.store_writer;
            store.remove(&self.store_key, self.generation);
        }
    }

    /// Remembers all, and leaves the model, before the carrier asks another node how to go on: that one's session at the model may not
    /// begin while this one's is open.
    async fn hand_over(&mut self) {
        self.remember();
        let written = self.agent.shared.store_writer.flush();
        let _: Result<(), _> = tokio::time::timeout(GOOD_BYE, written).await;
        self.close_model();
        if let Some(leaving) = self.leaving.take() {
            leaving.await;
        }
    }

    fn remember(&self) {
        let remembered = Remembered {
            agent: self.agent.name().to_owned(),
            memory: self.call.memory(),
            generation: self.generation,
        };
        let store = &self.agent.shared.store_writer;
        store.put(&self.store_key, remembered);
    }
}

const GOOD_BYE: Duration = Duration::from_secs(1);
