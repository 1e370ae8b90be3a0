//! What a session says.

use std::sync::Arc;

use rand::Rng as _;
use voice_call::gemini::{
    Behavior, Blob, Content, Family, FunctionCall, Modality, OUTPUT_RATE, Part, ServerContent,
    ServerMessage, ToolCall, ToolCallCancellation, Transcription, write_server_audio,
};
use voice_call::redact::{Pii, PiiText};

use super::behaviour::{Kind, MOST_BYTES};
use super::conversation::Speaker;
use super::lines::Cue;
use super::record::{EventKind, Said, SaidTurn};
use super::session::{OpenCall, Session};
use super::speech::{Stage, Turn};

impl Session {
    /// Begins to answer what is waiting, if there is time for it.
    pub(super) fn answer(&mut self) -> bool {
        let is_busy = self.turn.is_some()
            || self.hearing.is_speaking()
            || self.calls.iter().any(|call| call.blocks);
        if is_busy || !self.is_ready() {
            return false;
        }
        let cue = self.cues.pop_front();
        let quiet = || {
            self.quiet_due()
                .filter(|at| self.now >= *at)
                .map(|_| (Cue::Quiet, None))
        };
        let Some((cue, sound)) = cue.or_else(quiet) else {
            return false;
        };
        if let Some(turn) = self.choose(&cue, sound) {
            self.begin(turn);
        }
        true
    }

    /// The turn that answers a cue, if any does.
    fn choose(&mut self, cue: &Cue, sound: Option<Arc<[u8]>>) -> Option<Turn> {
        let (model, index) = (Arc::clone(&self.model), self.turns);
        let first_at = self.now + model.behaviour().timing.latency;
        match (model.behaviour().kind, cue) {
            (Kind::Parrot, Cue::Spoke { text }) => Some(Turn::new(
                index,
                first_at,
                sound.into_iter().collect(),
                text,
            )),
            (Kind::Parrot | Kind::Echo, Cue::Text { .. }) => {
                Some(Turn::of_line(index, first_at, &model.greeting))
            }
            (Kind::Parrot | Kind::Echo, _) => None,
            (Kind::Script, cue) => {
                let mut lines = model.lines.iter().enumerate();
                let (number, line) = lines.find(|(number, line)| {
                    line.fits(cue) && (line.turn.again || !self.talk.said[*number])
                })?;
                self.talk.said[number] = true;
                let mut turn = Turn::of_line(index, first_at, line);
                turn.line = Some(number);
                Some(turn)
            }
        }
    }

    fn begin(&mut self, mut turn: Turn) {
        self.turns += 1;
        if self
            .ready_setup()
            .is_some_and(|it| it.config().modality == Modality::Text)
        {
            turn.mute();
        }
        turn.one_message |= self.faults.one_message;
        if self.model.behaviour().recording.said {
            let (sound, text) = (turn.sound().to_vec(), Pii::new(turn.text()));
            self.record_mut().turns.push(SaidTurn { sound, text });
        }
        self.update_resumption("");
        self.turn = Some(turn);
    }

    /// Begins to say what the caller is saying.
    pub(super) fn begin_echo(&mut self) {
        self.begin(Turn::growing(self.turns, self.now));
    }

    /// There is more to echo.
    pub(super) fn grow_echo(&mut self, sound: &[u8], is_last: bool) {
        let Some(turn) = self.turn.as_mut().filter(|turn| turn.is_growing()) else {
            return;
        };
        let index = turn.index;
        let piece = turn.grow(sound, is_last);
        if let Some(said) = self.record_mut().turns.get_mut(index) {
            said.sound.extend(piece);
        }
    }

    /// Does what is due of the turn.
    pub(super) fn advance_turn(&mut self) -> bool {
        let due = self.turn.as_ref().and_then(|turn| turn.due(&self.pace));
        if due.is_none_or(|due| due > self.now) {
            return false;
        }
        let Some(turn) = self.turn.take() else {
            return false;
        };
        let number = turn.index as u64 + 1;
        match turn.stage {
            Stage::Finishing { .. } => self.complete(&turn),
            Stage::Waiting => self.turn = Some(turn),
            Stage::Speaking if self.faults.empty_turn == Some(number) => self.complete(&turn),
            Stage::Speaking if turn.one_message => self.say_at_once(turn),
            Stage::Speaking if turn.left() > 0 => self.say_piece(turn),
            Stage::Speaking => self.finish_saying(turn),
        }
        true
    }

    fn say_piece(&mut self, mut turn: Turn) {
        self.start(&mut turn);
        let size = self.piece_size();
        self.send_piece(&mut turn, size);
        let number = Some(turn.index as u64 + 1);
        let is_half = turn.is_half_sent();
        if is_half && self.faults.cut_in_turn == number {
            return self.cut();
        }
        if is_half && self.faults.phantom_interruption == number {
            return self.break_off(&turn);
        }
        self.turn = Some(turn);
    }

    fn start(&mut self, turn: &mut Turn) {
        if !std::mem::replace(&mut turn.has_begun, true) {
            let text = Pii::new(turn.text());
            self.log(EventKind::Started {
                turn: turn.index,
                text,
            });
            let model = Arc::clone(&self.model);
            let line = turn.line.and_then(|line| model.lines.get(line));
            if let Some(left) = line.and_then(|line| line.turn.go_away) {
                self.give_notice(left);
            }
        }
    }

    /// Bytes of the next piece of sound.
    fn piece_size(&mut self) -> usize {
        let size = self.model.behaviour().timing.chunk_bytes;
        if self.faults.odd_bytes {
            self.random.random_range(size.div_ceil(2)..=size) | 1
        } else {
            size
        }
    }

    fn send_piece(&mut self, turn: &mut Turn, size: usize) {
        let Some((offset, piece)) = turn.take(size) else {
            return;
        };
        if let Some((text, finished)) = turn.words().filter(|_| self.wants_transcript()) {
            self.send_content(ServerContent {
                output_transcription: Some(transcription(&text, finished)),
                ..ServerContent::default()
            });
        }
        let mut text = String::with_capacity(piece.len() * 4 / 3 + 160);
        write_server_audio(&mut text, OUTPUT_RATE, &piece);
        self.send_text(text);
        self.said(turn, offset, piece.len());
    }

    fn said(&mut self, turn: &Turn, offset: usize, bytes: usize) {
        self.talk.tally.say(bytes);
        let at = self.now;
        self.record_mut().say(Said {
            at,
            turn: turn.index,
            offset,
            bytes,
        });
    }

    /// Sound, transcript, calls, end and usage in one message. Only what is too long for one comes before it.
    fn say_at_once(&mut self, mut turn: Turn) {
        self.start(&mut turn);
        while turn.left() > MOST_BYTES {
            self.send_piece(&mut turn, MOST_BYTES);
        }
        let sound = turn.take(MOST_BYTES);
        if let Some((offset, sound)) = &sound {
            self.said(&turn, *offset, sound.len());
        }
        let words = turn.words();
        let part = match (&sound, &words) {
            (Some((_, sound)), _) => Some(Part::sound(Blob::pcm(OUTPUT_RATE, sound))),
            (None, Some((text, _))) if self.speaks_in_text() => Some(Part::text(text.as_str())),
            (None, _) => None,
        };
        let calls = self.open_calls(&turn);
        let is_blocked = self.calls.iter().any(|call| call.blocks);
        let transcript = words.as_ref().filter(|_| self.wants_transcript());
        let message = ServerMessage {
            server_content: Some(ServerContent {
                model_turn: part.map(|part| said_by_model(part)),
                output_transcription: transcript
                    .map(|(text, finished)| transcription(text, *finished)),
                generation_complete: !is_blocked,
                turn_complete: !is_blocked,
                ..ServerContent::default()
            }),
            tool_call: calls,
            usage_metadata: Some(self.talk.tally.usage()),
            ..ServerMessage::default()
        };
        self.send(&message);
        if is_blocked {
            turn.stage = Stage::Waiting;
            self.turn = Some(turn);
        } else {
            self.end_turn(&turn);
        }
    }

    /// All sound is sent: calls the functions, or says that this was everything.
    fn finish_saying(&mut self, mut turn: Turn) {
        self.start(&mut turn);
        if let Some((text, _)) = turn.words().filter(|_| self.speaks_in_text()) {
            self.send_content(ServerContent {
                model_turn: Some(said_by_model(Part::text(text))),
                ..ServerContent::default()
            });
        }
        if let Some(calls) = self.open_calls(&turn) {
            self.send(&ServerMessage {
                tool_call: Some(calls),
                ..ServerMessage::default()
            });
        }
        turn.stage = Stage::Waiting;
        let is_blocked = self.calls.iter().any(|call| call.blocks);
        self.turn = Some(turn);
        if !is_blocked {
            self.go_on();
        }
    }

    /// Nothing blocks the turn any more: it is complete when the caller has heard it.
    pub(super) fn go_on(&mut self) {
        let Some(mut turn) = self.turn.take_if(|turn| turn.stage == Stage::Waiting) else {
            return;
        };
        self.send_content(ServerContent {
            generation_complete: true,
            ..ServerContent::default()
        });
        turn.stage = Stage::Finishing {
            at: turn.heard_at(self.now),
        };
        self.turn = Some(turn);
    }

    fn complete(&mut self, turn: &Turn) {
        self.send(&ServerMessage {
            server_content: Some(ServerContent {
                turn_complete: true,
                ..ServerContent::default()
            }),
            usage_metadata: Some(self.talk.tally.usage()),
            ..ServerMessage::default()
        });
        self.end_turn(turn);
    }

    fn end_turn(&mut self, turn: &Turn) {
        self.log(EventKind::Finished { turn: turn.index });
        self.leave_turn(turn);
    }

    fn leave_turn(&mut self, turn: &Turn) {
        self.talk.remember(Speaker::Model, &turn.said());
        self.quiet_since = self.now;
        // A handle that knows of the turn.
        self.handle_at = self.handle_at.map(|_| self.now);
    }

    /// The caller speaks, or a text wants an answer now: the model stops.
    pub(super) fn interrupt(&mut self) {
        let (blocking, others) = self.calls.drain(..).partition(|call| call.blocks);
        self.calls = others;
        self.cancel(blocking);
        match self.turn.take() {
            Some(turn) if turn.has_begun => self.break_off(&turn),
            // Nobody knows of it yet: it may be said later.
            Some(turn) => {
                if let Some(line) = turn.line {
                    self.talk.said[line] = false;
                }
                self.leave_turn(&turn);
            }
            None => {}
        }
    }

    fn cancel(&mut self, calls: Vec<OpenCall>) {
        if calls.is_empty() {
            return;
        }
        let ids: Vec<_> = calls.into_iter().map(|call| call.id).collect();
        self.log(EventKind::Cancelled { ids: ids.clone() });
        self.send(&ServerMessage {
            tool_call_cancellation: Some(ToolCallCancellation { ids }),
            ..ServerMessage::default()
        });
    }

    fn break_off(&mut self, turn: &Turn) {
        self.log(EventKind::Interrupted { turn: turn.index });
        self.echo = None;
        self.send_content(ServerContent {
            interrupted: true,
            ..ServerContent::default()
        });
        self.send(&ServerMessage {
            server_content: Some(ServerContent {
                turn_complete: true,
                ..ServerContent::default()
            }),
            usage_metadata: Some(self.talk.tally.usage()),
            ..ServerMessage::default()
        });
        self.leave_turn(turn);
    }

    /// The message that calls a turn's functions.
    fn open_calls(&mut self, turn: &Turn) -> Option<ToolCall> {
        let mut calls = Vec::new();
        for call in &turn.calls {
            self.calls_made += 1;
            let id = format!("call-{}-{}", self.record().number, self.calls_made);
            self.log(EventKind::Called {
                id: id.clone(),
                name: call.name.clone(),
            });
            let blocks = self.blocks(&call.name);
            self.calls.push(OpenCall {
                id: id.clone(),
                name: call.name.clone(),
                blocks,
            });
            calls.push(FunctionCall {
                id: Some(id),
                name: call.name.clone(),
                args: Some(Pii::new(call.args.clone())),
            });
        }
        (!calls.is_empty()).then_some(ToolCall {
            function_calls: calls,
        })
    }

    /// Whether the model waits for a function: as it was declared, or as the model does by itself.
    fn blocks(&self, name: &str) -> bool {
        let functions = self
            .ready_setup()
            .map_or(&[][..], |it| &it.config().functions);
        let declared = functions.iter().find(|it| it.name == name);
        match declared.and_then(|it| it.behavior) {
            Some(behavior) => behavior == Behavior::Blocking,
            None => !matches!(self.family(), Family::Live38 | Family::ExtendedThinking38),
        }
    }

    fn wants_transcript(&self) -> bool {
        self.ready_setup()
            .is_some_and(|it| it.config().output_transcription.is_some())
    }

    fn speaks_in_text(&self) -> bool {
        self.ready_setup()
            .is_some_and(|it| it.config().modality == Modality::Text)
    }

    fn send_content(&mut self, content: ServerContent<'_>) {
        self.send(&ServerMessage {
            server_content: Some(content),
            ..ServerMessage::default()
        });
    }
}

fn said_by_model(part: Part<'_>) -> Content<'_> {
    Content {
        role: "model".into(),
        parts: std::iter::once(part).collect(),
    }
}

fn transcription(text: &str, finished: bool) -> Transcription<'_> {
    Transcription {
        text: Some(PiiText::borrowed(text)),
        finished,
        language_code: None,
    }
}
