//! The model's side of a call.

use std::time::Duration;

use serde_json::Value;

use super::{
    Call, End, Event, Fault, Greeting, Link, Owed, Peer, Prompt, Queued, Speaker, ToolId,
    setup_for, tones,
};
use crate::gemini::{
    self, ClientContent, ClientMessage, Close, Content, Family, FunctionCall, FunctionResponse,
    InteractionStatus, ServerContent, ServerMessage, ToolCall, ToolResponse,
};
use crate::redact::Pii;
use crate::session::SessionAction;
use crate::tools::{END_CALL, SEND_DTMF, TRANSFER_CALL};
use crate::{Payload, Time};

impl Call {
    /// Does what the session wants.
    pub(super) fn follow_session(&mut self, now: Time) {
        while let Some(action) = self.session.poll() {
            match action {
                SessionAction::Close => {
                    self.outputs.push_back(Queued::CloseModel);
                    self.away(now);
                }
                SessionAction::Open { handle, is_fresh } => {
                    self.link.number = self.link.number.wrapping_add(1);
                    self.link.handle = handle;
                    self.link.is_fresh = is_fresh;
                    self.outputs.push_back(Queued::OpenModel);
                }
                SessionAction::Live { gap } => self.live(now, gap),
                SessionAction::GiveUp { advice } => self.finish(now, End::ModelFailed(advice)),
            }
        }
    }

    pub(super) fn model_connected(&mut self) {
        if self.session.is_opening() && !self.link.is_connected {
            self.link.is_connected = true;
            let mut text = String::new();
            setup_for(&self.settings.setup, &self.link).write(&mut text);
            self.outputs.push_back(Queued::ToModel(text));
        }
    }

    pub(super) fn model_closed(&mut self, now: Time, close: Close) {
        if !self.session.is_live() && !self.session.is_opening() {
            return;
        }
        self.session.lost(now, &close);
        self.event(Event::ModelLost(close));
        self.away(now);
        self.follow_session(now);
    }

    /// The connection is open, but nothing comes: another is tried, and asked for the answer that is owed.
    pub(super) fn model_hangs(&mut self, now: Time) {
        let close = self.session.hung(now);
        self.event(Event::ModelLost(close));
        self.follow_session(now);
        if self.end.is_none() {
            self.ask(now, Prompt::NoReply, "(The caller waits for an answer.)");
        }
    }

    pub(super) fn model_said(&mut self, now: Time, bytes: &[u8]) {
        self.patience.model_is_alive();
        let message = match ServerMessage::parse_bytes(bytes) {
            Ok(message) => message,
            Err(error) => return self.ignore(Peer::Model, Fault::Message(error)),
        };
        if !self.link.is_connected {
            return self.ignore(Peer::Model, Fault::TooEarly);
        }
        // Every field may be there beside every other.
        if let Some(update) = &message.session_resumption_update {
            match update.usable_handle() {
                Some(handle) => {
                    let handle = Pii::new(handle.to_owned());
                    self.session.remember(handle.clone());
                    self.link.handle = Some(handle);
                    self.event(Event::Remembered);
                }
                None => self.session.outdated(),
            }
        }
        if message.setup_complete.is_some() {
            self.session.accepted(now);
            self.follow_session(now);
        }
        if let Some(content) = &message.server_content {
            if self.session.is_live() {
                self.content(now, content);
            } else {
                self.ignore(Peer::Model, Fault::TooEarly);
            }
        }
        if let Some(call) = message.tool_call {
            self.tool_call(now, call);
        }
        if let Some(cancelled) = message.tool_call_cancellation {
            self.cancelled(&cancelled.ids);
        }
        if let Some(usage) = message.usage_metadata {
            self.event(Event::Used(usage));
        }
        if let Some(notice) = message.go_away {
            // Without a time there is none to lose.
            let left = notice.time_left.unwrap_or_default();
            self.event(Event::Notice(left));
            self.session.notice(now, left);
        }
    }

    /// Leaves the next message for the model in `text`, if there is one.
    pub(super) fn next_sound_for_model(&mut self, now: Time) -> bool {
        if !self.session.is_live() {
            return false;
        }
        let Some(piece) = self.uplink.as_mut().and_then(|uplink| uplink.poll(now)) else {
            return false;
        };
        self.text.clear();
        gemini::write_audio(&mut self.text, piece);
        true
    }

    pub(super) fn tool_answered(&mut self, now: Time, id: ToolId, outcome: Result<Value, String>) {
        let Some(tool) = self.tools.answered(id) else {
            return;
        };
        self.event(Event::ToolAnswered {
            id,
            name: tool.call.name.clone(),
            took: now - tool.since,
            is_error: outcome.is_err(),
        });
        self.patience.asked(now);
        if tool.connection == self.link.number && self.session.is_live() {
            return self.respond(&tool.call, outcome);
        }
        let (word, text) = match outcome {
            Ok(result) => ("answered", result.to_string()),
            Err(reason) => ("failed", reason),
        };
        let text = format!("(The tool {} {word}: {text})", tool.call.name);
        self.ask(now, Prompt::LateAnswer, &text);
    }

    /// Tells the model something that it shall react to.
    pub(super) fn ask(&mut self, now: Time, prompt: Prompt, text: &str) {
        self.event(Event::Prompted(prompt));
        self.patience.asked(now);
        if !self.session.is_live() {
            return self.link.put_off(text);
        }
        let mut message = String::new();
        match self.family() {
            // Text beside the sound is how 3.x models are prompted; the older ones answer to content.
            Family::NativeAudio25 | Family::ShutDown => content(text, true).write(&mut message),
            _ => gemini::write_text(&mut message, text),
        }
        self.outputs.push_back(Queued::ToModel(message));
    }

    /// Tells the model something that it need not react to.
    pub(super) fn inform(&mut self, prompt: Prompt, text: &str) {
        self.event(Event::Prompted(prompt));
        if !self.session.is_live() {
            return self.link.put_off(text);
        }
        let mut message = String::new();
        match self.family() {
            // Takes content for history only.
            Family::FlashLive31 => gemini::write_text(&mut message, text),
            _ => content(text, false).write(&mut message),
        }
        self.outputs.push_back(Queued::ToModel(message));
    }

    fn family(&self) -> Family {
        self.settings.setup.family()
    }

    /// The connection is no more.
    fn away(&mut self, now: Time) {
        self.link.is_connected = false;
        if let Some(uplink) = &mut self.uplink {
            uplink.model_is_away();
        }
        if self.turns.is_agent_speaking() {
            self.link.owes = Some(Owed::Rest);
            self.end_turn(now);
        } else if self.greeting == Greeting::Asked {
            self.greeting = Greeting::Due;
        } else if self.patience.is_owed() && self.tools.is_empty() && self.leaving.is_none() {
            self.link.owes.get_or_insert(Owed::Answer);
        }
        self.patience.model_thinks(now, false);
    }

    fn live(&mut self, now: Time, gap: Duration) {
        let is_first = self.link.number == 1;
        self.event(Event::ModelLive {
            gap: (!is_first).then_some(gap),
            is_fresh: self.link.is_fresh,
        });
        if self.link.is_fresh {
            self.tell_history();
        }
        if let Some(uplink) = &mut self.uplink {
            uplink.model_is_there(now);
        }
        self.patience.busy_until(now);
        let is_greeting = self.greet(now);
        let late = std::mem::take(&mut self.link.late);
        let is_asked = is_greeting || !late.is_empty();
        for text in late {
            self.ask(now, Prompt::LateAnswer, &text);
        }
        match self.link.owes.take() {
            Some(Owed::Rest) => self.ask_to_go_on(now),
            // Who still speaks is answered in any case, when what was kept of it has been heard.
            Some(Owed::Answer) if !is_asked && !self.loudness.is_loud(now) => {
                self.ask_to_go_on(now)
            }
            Some(Owed::Answer) | None => {}
        }
    }

    /// The line to the model or to the caller was cut: whoever spoke last, the agent goes on. The handle may be from before that, so
    /// the words are told.
    pub(super) fn ask_to_go_on(&mut self, now: Time) {
        let text = match self.turns.last_words() {
            Some((Speaker::Caller, words)) => format!(
                "(The line was cut before you answered. The caller had said: \"{words}\" Answer now.)"
            ),
            Some((Speaker::Agent, words)) => format!(
                "(The line was cut while you spoke. You had said: \"{words}\" Go on from there.)"
            ),
            None => "(The line was cut, and is back. Go on.)".to_owned(),
        };
        self.ask(now, Prompt::NoReply, &text);
    }

    /// What was said before, for a model that knows nothing of it.
    fn tell_history(&mut self) {
        let turns: Vec<_> = self
            .turns
            .transcript()
            .filter(|said| !said.text.expose().is_empty())
            .map(|said| {
                let role = match said.speaker {
                    Speaker::Caller => "user",
                    Speaker::Agent => "model",
                };
                Content::text(role, said.text.expose().as_str())
            })
            .collect();
        if turns.is_empty() {
            return;
        }
        let mut message = String::new();
        // Where the setup announces history the first content is no turn, and complete. Elsewhere a complete one would be answered.
        let turn_complete = self.settings.setup.takes_history();
        ClientMessage::ClientContent(ClientContent {
            turns,
            turn_complete,
        })
        .write(&mut message);
        self.outputs.push_back(Queued::ToModel(message));
        self.event(Event::Prompted(Prompt::History));
    }

    fn content(&mut self, now: Time, content: &ServerContent<'_>) {
        if let Some(heard) = &content.input_transcription {
            let words = heard.text.as_ref().map_or("", |text| text.as_str());
            self.turns.caller_says(now, words);
            self.patience.caller_spoke(now);
            if heard.finished {
                self.caller_stops();
            }
        }
        if content.interrupted {
            self.interrupted(now);
        }
        let mut sounds = false;
        for part in content.model_turn.iter().flat_map(|turn| turn.parts.iter()) {
            if let Some(blob) = part.inline_data.as_ref().filter(|_| !part.thought) {
                match blob.rate().filter(|_| blob.is_pcm()) {
                    Some(rate) => sounds |= self.say(now, rate, &blob.data),
                    None => self.ignore(Peer::Model, Fault::OtherFormat),
                }
            }
        }
        if let Some(said) = &content.output_transcription {
            let words = said.text.as_ref().map_or("", |text| text.as_str());
            let queued = self.downlink.heard(now).queued;
            self.turns.agent_says(queued, words);
        }
        if sounds {
            self.patience.model_answered();
        }
        if self.turns.is_agent_speaking() {
            self.patience.turn_goes_on(now);
        }
        if content.generation_complete && self.turns.is_agent_speaking() {
            self.downlink.end_turn();
            self.turns.agent_stops(self.downlink.heard(now).queued);
            self.patience.turn_over();
        }
        if let Some(status) = &content.interaction_status {
            let thinks = *status == InteractionStatus::InProgress;
            self.patience.model_thinks(now, thinks);
        }
        if content.turn_complete && !self.end_turn(now) {
            self.event(Event::EmptyTurn);
        }
        self.follow_turns(now);
    }

    /// The model's voice. Answers whether there was any.
    fn say(&mut self, now: Time, rate: u32, payload: &Payload<'_>) -> bool {
        self.sound.clear();
        if payload.decode_append(&mut self.sound).is_err() {
            self.ignore(Peer::Model, Fault::NotBase64);
            return false;
        }
        if self.sound.is_empty() {
            return false;
        }
        self.greeting = Greeting::Over;
        let begins = !self.turns.is_agent_speaking();
        if begins {
            self.caller_stops();
        }
        if self.turns.agent_sounds(self.downlink.heard(now).queued) && begins {
            self.is_reply_awaited = true;
        }
        match self.downlink.say(rate, &self.sound) {
            Ok(0) => {}
            Ok(refused) => self.event(Event::Overflowed(refused as u64)),
            Err(error) => self.event(Event::WrongRate(error.0)),
        }
        // One long message does not cost its memory for the rest of the call.
        self.sound.clear();
        self.sound.shrink_to(MOST_KEPT);
        true
    }

    /// The caller spoke into the agent's turn, and the model stopped.
    fn interrupted(&mut self, now: Time) {
        self.patience.caller_spoke(now);
        let before = self.downlink.heard(now);
        if before.unheard == 0 {
            // Nothing that a clear could stop; the model's turn is over all the same.
            let was_speaking = self.turns.is_agent_speaking();
            self.end_turn(now);
            if !was_speaking {
                self.event(Event::PhantomInterruption);
            }
            return;
        }
        let reaction = self.loudness.since(now).map(|since| now - since);
        let (heard, dropped) = self.cut(now, "The caller interrupted");
        self.event(Event::BargedIn {
            heard,
            dropped,
            reaction,
        });
        self.patience.turn_over();
        // Somebody who still speaks is not hung up on, except when time is up.
        let leaving = self.leaving.take_if(|leaving| leaving.end != End::TooLong);
        if leaving.is_some() {
            let text = "(The caller spoke, so the call goes on.)";
            self.inform(Prompt::Heard, text);
        }
    }

    fn caller_stops(&mut self) {
        if let Some(utterance) = self.turns.caller_stops() {
            self.event(Event::Said(utterance));
        }
    }

    fn tool_call(&mut self, now: Time, call: ToolCall) {
        if !self.session.is_live() {
            return self.ignore(Peer::Model, Fault::TooEarly);
        }
        self.caller_stops();
        for function in call.function_calls {
            self.use_tool(now, &function);
        }
    }

    fn use_tool(&mut self, now: Time, function: &FunctionCall) {
        let name = function.name.clone();
        if self.settings.tools.has(&name) {
            let id = self.tools.number();
            self.event(Event::ToolCalled {
                id,
                name: name.clone(),
            });
            let outcome = self.own_tool(now, function);
            self.event(Event::ToolAnswered {
                id,
                name,
                took: Duration::ZERO,
                is_error: outcome.is_err(),
            });
            return self.respond(function, outcome.map(Value::from).map_err(str::to_owned));
        }
        let is_declared = self
            .settings
            .setup
            .config()
            .functions
            .iter()
            .any(|it| it.name == name);
        if !is_declared {
            self.ignore(Peer::Model, Fault::Tool);
            return self.respond(function, Err("there is no such tool".to_owned()));
        }
        match self.tools.take(now, self.link.number, function.clone()) {
            Some(request) => {
                let id = request.id;
                self.event(Event::ToolCalled { id, name });
                self.outputs.push_back(Queued::CallTool(request));
            }
            None => {
                self.ignore(Peer::Model, Fault::Tool);
                self.respond(function, Err("too many tools are at work".to_owned()));
            }
        }
    }

    /// A tool of the call itself.
    fn own_tool(&mut self, now: Time, call: &FunctionCall) -> Result<&'static str, &'static str> {
        let argument = |name: &str| {
            let arguments = call.args.as_ref()?.expose();
            arguments.get(name)?.as_str()
        };
        let by = || call.id.clone();
        match call.name.as_str() {
            END_CALL => {
                let reason: String = argument("reason")
                    .unwrap_or_default()
                    .chars()
                    .take(200)
                    .collect();
                self.leave(now, End::AgentHungUp(Pii::new(reason)), by());
                Ok("the call ends when you have said good-bye")
            }
            TRANSFER_CALL => {
                let to = argument("to").ok_or("say to whom")?;
                let transfers = &self.settings.tools.transfers;
                let known = transfers
                    .iter()
                    .find(|it| it.name == to)
                    .map(|it| it.name.clone());
                let to = known.ok_or("there is nobody of that name")?;
                self.leave(now, End::Transferred { to }, by());
                Ok("the caller is put through when you have said so")
            }
            SEND_DTMF => {
                let keys = argument("digits").and_then(tones::tones);
                let sound = keys.ok_or("digits are 0 to 9, *, #, A to D and w, at most 32")?;
                self.downlink.play(&sound);
                Ok("the keys are pressed")
            }
            _ => Err("there is no such tool"),
        }
    }

    fn respond(&mut self, call: &FunctionCall, outcome: Result<Value, String>) {
        let response = match outcome {
            Ok(result) => FunctionResponse::result(call, result),
            Err(reason) => FunctionResponse::error(call, &reason),
        };
        let mut message = String::new();
        ClientMessage::ToolResponse(ToolResponse {
            function_responses: vec![response],
        })
        .write(&mut message);
        self.outputs.push_back(Queued::ToModel(message));
    }

    fn cancelled(&mut self, names: &[String]) {
        for (id, tool) in self.tools.cancelled(names) {
            self.outputs.push_back(Queued::CancelTool(id));
            self.event(Event::ToolCancelled {
                id,
                name: tool.call.name,
            });
        }
        self.leaving
            .take_if(|leaving| leaving.by.as_ref().is_some_and(|by| names.contains(by)));
    }
}

impl Link {
    /// Keeps what the model is to be told when it is back.
    fn put_off(&mut self, text: &str) {
        if self.late.len() < MOST_PUT_OFF {
            self.late.push(text.to_owned());
        }
    }
}

/// Something said by the caller's side, as text.
fn content(text: &str, turn_complete: bool) -> ClientMessage<'_> {
    ClientMessage::ClientContent(ClientContent {
        turns: vec![Content::text("user", text)],
        turn_complete,
    })
}

/// The most that waits to be told.
const MOST_PUT_OFF: usize = 32;
/// Bytes of a message of sound whose room is kept for the next, 170 ms.
const MOST_KEPT: usize = 8 << 10;
