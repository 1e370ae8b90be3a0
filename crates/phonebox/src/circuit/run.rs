//! The loop: whatever is due is done, then time goes on to what is due next.

use std::collections::VecDeque;
use std::time::Duration;

use voice_call::Time;
use voice_call::call::{Call, Input, Output, ToolId, ToolRequest};

use super::link::{Back, Link};
use super::outcome::Outcome;
use super::{Answer, Circuit, Moment, Stream};
use crate::carrier::{self, Line};

/// A call that is going on.
pub(super) struct Run<T, W> {
    circuit: Circuit,
    tools: T,
    watch: W,
    now: Time,
    call: Call,
    line: Option<Line>,
    /// When the next stream begins.
    next_stream: Option<Time>,
    streams: VecDeque<Stream>,
    /// How long the bridge's closing takes to get to the carrier, and when it is there.
    from_bridge: Duration,
    closed_at: Option<Time>,
    links: Vec<Link>,
    answers: Vec<(Time, ToolId, Answer)>,
    outcome: Outcome,
}

impl<T: FnMut(&ToolRequest) -> Answer, W: FnMut(Moment<'_>)> Run<T, W> {
    pub(super) fn new(mut circuit: Circuit, tools: T, watch: W) -> Self {
        let call = Call::new(circuit.call.clone(), Time::ZERO);
        let streams = VecDeque::from(std::mem::take(&mut circuit.streams));
        Self {
            outcome: Outcome {
                streams: Vec::new(),
                sessions: Vec::new(),
                events: Vec::new(),
                recording: Vec::new(),
                heard: call.heard(Time::ZERO),
                said: call.said(),
                end: None,
                at: Time::ZERO,
            },
            tools,
            watch,
            now: Time::ZERO,
            call,
            line: None,
            next_stream: streams.front().map(|stream| Time::ZERO + stream.after),
            streams,
            from_bridge: Duration::ZERO,
            closed_at: None,
            links: Vec::new(),
            answers: Vec::new(),
            circuit,
        }
    }

    pub(super) fn finish(mut self) -> Outcome {
        let longest = Time::ZERO + self.circuit.longest;
        loop {
            while self.step() {}
            (self.watch)(Moment {
                now: self.now,
                call: &self.call,
                line: self.line.as_ref(),
            });
            match self.timeout().filter(|at| *at <= longest) {
                // What is late cannot hold up time.
                Some(at) => self.now = at.max(self.now + Duration::from_nanos(1)),
                None => break,
            }
        }
        self.outcome()
    }

    /// Does what is due; whether anything was.
    fn step(&mut self) -> bool {
        let model = self.step_model();
        let carrier = self.step_carrier();
        let tools = self.step_tools();
        let call = self.step_call();
        model | carrier | tools | call
    }

    fn step_model(&mut self) -> bool {
        let mut is_busy = false;
        for link in &mut self.links {
            is_busy |= link.step(self.now, &self.circuit.model, self.circuit.surface);
            while let Some(back) = link.receive(self.now) {
                is_busy = true;
                let input = match &back {
                    Back::Connected => Input::ModelConnected,
                    Back::Text(text) => Input::FromModel(text.as_bytes()),
                    Back::Closed(close) => Input::ModelClosed(close.clone()),
                };
                self.call.handle(self.now, input);
            }
        }
        let over = self.links.extract_if(.., |link| link.is_over());
        let records = over.filter_map(Link::into_record);
        self.outcome.sessions.extend(records);
        is_busy
    }

    fn step_carrier(&mut self) -> bool {
        let now = self.now;
        let mut is_busy = false;
        if self.next_stream.take_if(|at| *at <= now).is_some()
            && let Some(stream) = self.streams.pop_front()
            && self.call.end().is_none()
        {
            is_busy = true;
            self.from_bridge = stream.line.from_bridge;
            self.call.handle(now, Input::CarrierConnected);
            self.line = Some(Line::new(stream.line, stream.caller, now));
        }
        let Some(line) = &mut self.line else {
            return is_busy;
        };
        if self.closed_at.take_if(|at| *at <= now).is_some() {
            line.closed(now);
        }
        let mut is_lost = line.is_closed();
        while let Some((_, output)) = line.poll(now) {
            is_busy = true;
            let input = match &output {
                carrier::Output::Text(text) => Input::FromCarrier(text.as_bytes()),
                carrier::Output::Binary(bytes) => Input::FromCarrier(bytes),
                carrier::Output::Close | carrier::Output::Cut => {
                    is_lost = true;
                    Input::CarrierLost
                }
            };
            self.call.handle(now, input);
        }
        if is_lost && let Some(mut line) = self.line.take() {
            is_busy = true;
            self.closed_at = None;
            self.outcome.streams.push(line.take_recording());
            self.next_stream = self.streams.front().map(|stream| now + stream.after);
        }
        is_busy
    }

    fn step_tools(&mut self) -> bool {
        let now = self.now;
        let due: Vec<_> = self.answers.extract_if(.., |(at, ..)| *at <= now).collect();
        let is_busy = !due.is_empty();
        for (_, id, Answer { outcome, .. }) in due {
            self.call.handle(now, Input::ToolAnswered { id, outcome });
        }
        is_busy
    }

    fn step_call(&mut self) -> bool {
        let now = self.now;
        let mut is_busy = false;
        while let Some(output) = self.call.poll(now) {
            is_busy = true;
            let link = self.links.last_mut().filter(|link| !link.is_left());
            match output {
                Output::ToCarrier(text) => {
                    if let Some(line) = &mut self.line {
                        line.handle(now, text);
                    }
                }
                Output::CloseCarrier => self.closed_at = Some(now + self.from_bridge),
                Output::OpenModel => self.links.push(Link::open(now, self.circuit.model_delay)),
                Output::ToModel(text) => {
                    if let Some(link) = link {
                        link.send(now, text);
                    }
                }
                Output::CloseModel => {
                    if let Some(link) = link {
                        link.leave(now);
                    }
                }
                Output::CallTool(request) => {
                    let answer = (self.tools)(&request);
                    self.answers.push((now + answer.after, request.id, answer));
                }
                Output::CancelTool(id) => self.answers.retain(|(_, of, _)| *of != id),
                Output::Recording(block) => self.outcome.recording.extend(block),
                Output::Event(event) => self.outcome.events.push((now, event)),
            }
        }
        is_busy
    }

    /// When something is due next.
    fn timeout(&self) -> Option<Time> {
        let links = self.links.iter().filter_map(Link::timeout);
        let answers = self.answers.iter().map(|(at, ..)| *at);
        let line = self.line.as_ref();
        // A call that is over opens no stream and needs no answer.
        let is_on = self.call.end().is_none();
        let others = [
            self.call.timeout(),
            line.and_then(Line::timeout),
            self.closed_at.filter(|_| line.is_some()),
            self.next_stream.filter(|_| is_on),
        ];
        let all = others.into_iter().flatten().chain(links);
        all.chain(answers.filter(|_| is_on)).min()
    }

    fn outcome(mut self) -> Outcome {
        let streams = self.line.as_mut().map(Line::take_recording);
        self.outcome.streams.extend(streams);
        let records = self.links.drain(..).filter_map(Link::into_record);
        self.outcome.sessions.extend(records);
        self.outcome.sessions.sort_by_key(|record| record.number);
        Outcome {
            heard: self.call.heard(self.now),
            said: self.call.said(),
            end: self.call.end().cloned(),
            at: self.now,
            ..self.outcome
        }
    }
}
