//! What a session does with the client's messages.

use std::sync::Arc;
use std::time::Duration;

use voice_call::gemini::{
    ActivityHandling, Blob, ClientContent, ClientMessage, Close, Family, INPUT_RATE, RealtimeInput,
    Scheduling, ServerContent, ServerMessage, Setup, SetupComplete, ToolResponse, Transcription,
    VoiceActivity, VoiceActivityType, VoiceDetection,
};
use voice_call::redact::{Pii, PiiText};

use super::behaviour::Kind;
use super::conversation::Speaker;
use super::detector::Detector;
use super::echo::Echo;
use super::hearing::{Heard, Hearing};
use super::lines::Cue;
use super::record::EventKind;
use super::session::{Phase, Session};
use super::shared::expired_handle;

impl Session {
    /// Takes a message of the client.
    pub(super) fn receive(&mut self, bytes: &[u8]) {
        let message = match ClientMessage::parse_bytes(bytes) {
            Ok(message) => message,
            Err(error) => return self.close(Close::from(&error)),
        };
        let setup = match &self.phase {
            Phase::Ready(setup) => Some(&**setup),
            Phase::Connected | Phase::Over => None,
        };
        if let Err(close) = message.check(self.surface, setup) {
            return self.close(close);
        }
        self.messages += 1;
        match message {
            ClientMessage::Setup(setup) => self.set_up(setup),
            ClientMessage::ClientContent(content) => self.read_content(&content),
            ClientMessage::RealtimeInput(input) => self.take_input(&input),
            ClientMessage::ToolResponse(response) => self.take_answers(&response),
            ClientMessage::ContextUpdate(update) => {
                if let Some(instruction) = update.system_instruction {
                    self.talk.tally.read(instruction.expose());
                }
            }
        }
    }

    fn set_up(&mut self, setup: Box<Setup>) {
        if let Some(fault) = &self.faults.close_at_setup {
            let close = fault.close();
            return self.close(close);
        }
        if self.faults.never_ready {
            self.is_hung = true;
            return;
        }
        let config = setup.config();
        let models = &self.model.behaviour().models;
        if !models.is_empty() && !models.iter().any(|name| name == config.model_name()) {
            let close = Close::model_not_found(&config.model, self.surface.version_name());
            return self.close(close);
        }
        let handle = config.resumption.as_ref().and_then(|it| it.handle.as_ref());
        let handle = handle.map(|it| it.expose().as_str());
        if handle.is_some() && self.faults.refuse_handles {
            return self.close(expired_handle());
        }
        match self.model.enter(self.now, config.model_name(), handle) {
            Ok(talk) => self.talk = talk,
            Err(close) => return self.close(close),
        }
        let is_resumed = handle.is_some();
        let detector = match &config.voice_detection {
            VoiceDetection::Automatic(wanted) => Some(Detector::new(wanted, self.surface.service)),
            VoiceDetection::Manual => None,
        };
        if let Some(instruction) = config.system_instruction.as_ref().filter(|_| !is_resumed) {
            self.talk.tally.read(instruction.expose());
        }
        self.expects_history = config.initial_history && !is_resumed;
        self.hearing = Hearing::new(detector);
        self.handle_at = config.resumption.is_some().then_some(self.now);
        self.quiet_since = self.now;
        self.phase = Phase::Ready(setup);
        self.log(EventKind::Ready { is_resumed });
        self.send(&ServerMessage {
            setup_complete: Some(SetupComplete::default()),
            ..ServerMessage::default()
        });
        if !is_resumed {
            self.cue(Cue::Setup, None);
        }
    }

    fn read_content(&mut self, content: &ClientContent<'_>) {
        let mut last = String::new();
        for said in &content.turns {
            last = said.texts();
            let speaker = if said.role == "model" {
                Speaker::Model
            } else {
                Speaker::User
            };
            self.talk.tally.read(&last);
            self.talk.remember(speaker, &last);
        }
        let is_history = std::mem::take(&mut self.expects_history);
        if content.turn_complete && !is_history {
            self.interrupt();
            self.be_asked(last);
        }
    }

    /// A text wants an answer.
    fn be_asked(&mut self, text: String) {
        self.log(EventKind::Read(Pii::new(text.clone())));
        let is_first = !std::mem::replace(&mut self.talk.was_prompted, true);
        self.cue(Cue::Text { text, is_first }, None);
    }

    fn take_input(&mut self, input: &RealtimeInput<'_>) {
        let mut found = Vec::new();
        if input.activity_start {
            self.hearing.start(&mut found);
        }
        let audio = input.audio.iter().chain(&input.media_chunks);
        for blob in audio.filter(|blob| blob.is_pcm()) {
            if let Err(close) = self.hear(blob, &mut found) {
                return self.close(close);
            }
        }
        let ignores_end = matches!(self.family(), Family::Live38 | Family::ExtendedThinking38);
        if input.activity_end
            || (input.audio_stream_end && !self.hearing.is_manual() && !ignores_end)
        {
            self.hearing.end(&mut found);
        }
        for heard in found {
            match heard {
                Heard::Start => self.caller_started(),
                Heard::End(samples) => self.caller_spoke(&samples),
            }
        }
        self.say_after_caller();
        if let Some(text) = &input.text {
            self.talk.tally.read(text.as_str());
            self.talk.remember(Speaker::User, text.as_str());
            self.be_asked(text.as_str().to_owned());
        }
    }

    fn hear(&mut self, blob: &Blob<'_>, found: &mut Vec<Heard>) -> Result<(), Close> {
        if self.hearing.is_manual() && !self.hearing.is_speaking() {
            // Older models are deaf until then, newer ones refuse it.
            let field = "realtimeInput.audio before activityStart";
            let is_refused = self.family().is_third_generation();
            return if is_refused {
                Err(Close::invalid_argument(field))
            } else {
                Ok(())
            };
        }
        let mut pcm = Vec::new();
        let decoded = blob.data.decode_append(&mut pcm);
        decoded.map_err(|_| Close::invalid_argument("realtimeInput.audio.data"))?;
        let rate = blob.rate().unwrap_or(INPUT_RATE);
        let samples = self.hearing.hear(rate, &pcm, found);
        let samples =
            samples.map_err(|_| Close::invalid_argument("realtimeInput.audio.mimeType: rate"))?;
        self.talk.tally.hear(samples.len());
        let limit = self.model.behaviour().recording.heard;
        let at = self.now;
        self.record_mut().hear(at, &samples, limit);
        Ok(())
    }

    fn caller_started(&mut self) {
        self.log(EventKind::CallerStarted);
        self.signal(VoiceActivityType::Start);
        let handling = self
            .ready_setup()
            .and_then(|it| it.config().activity_handling);
        if handling != Some(ActivityHandling::NoInterruption) {
            self.interrupt();
        }
        if self.model.behaviour().kind == Kind::Echo && self.turn.is_none() {
            self.echo = Some(Echo::new());
            self.begin_echo();
        }
    }

    fn caller_spoke(&mut self, samples: &[i16]) {
        let length = Duration::from_millis(samples.len() as u64 / 16);
        let transcripts = &self.model.behaviour().transcripts;
        let text = transcripts.get(self.talk.caller_turns).cloned();
        let text =
            text.unwrap_or_else(|| format!("(caller speech, {:.1} s)", length.as_secs_f64()));
        self.talk.caller_turns += 1;
        self.talk.remember(Speaker::User, &text);
        self.quiet_since = self.now;
        self.log(EventKind::Heard {
            length,
            text: Pii::new(text.clone()),
        });
        self.signal(VoiceActivityType::End);
        let wants_transcript = self
            .ready_setup()
            .is_some_and(|it| it.config().input_transcription.is_some());
        if wants_transcript {
            self.send(&ServerMessage {
                server_content: Some(ServerContent {
                    input_transcription: Some(Transcription {
                        text: Some(PiiText::borrowed(&text)),
                        finished: true,
                        language_code: None,
                    }),
                    ..ServerContent::default()
                }),
                ..ServerMessage::default()
            });
        }
        match (self.model.behaviour().kind, self.echo.take()) {
            (Kind::Echo, Some(echo)) => self.grow_echo(&echo.rest(samples), true),
            (Kind::Echo, None) => {}
            (Kind::Parrot, _) => self.cue(Cue::Spoke { text }, Some(Echo::whole(samples))),
            (Kind::Script, _) => self.cue(Cue::Spoke { text }, None),
        }
    }

    /// Echoes what has been heard by now.
    fn say_after_caller(&mut self) {
        if let Some(mut echo) = self.echo.take() {
            let sound = echo.more(self.hearing.turn());
            self.grow_echo(&sound, false);
            self.echo = Some(echo);
        }
    }

    fn take_answers(&mut self, response: &ToolResponse) {
        for answer in &response.function_responses {
            let open = self
                .calls
                .iter()
                .position(|call| match answer.id.as_deref() {
                    Some(id) => call.id == id,
                    None => call.name == answer.name,
                });
            let Some(open) = open else {
                self.log(EventKind::AnsweredUnknown);
                continue;
            };
            self.log(EventKind::Answered {
                name: self.calls[open].name.clone(),
            });
            let call = if answer.will_continue {
                None
            } else {
                Some(self.calls.remove(open))
            };
            let name = call
                .as_ref()
                .map_or(&answer.name, |call| &call.name)
                .clone();
            let was_blocking = call.is_some_and(|call| call.blocks);
            let cue = Cue::ToolResult { name };
            match answer.scheduling {
                Some(Scheduling::Silent) => {}
                Some(Scheduling::Interrupt) if !was_blocking && !self.hearing.is_speaking() => {
                    self.interrupt();
                    self.cue(cue, None);
                }
                Some(Scheduling::Interrupt | Scheduling::WhenIdle) | None => self.cue(cue, None),
            }
        }
        if !self.calls.iter().any(|call| call.blocks) {
            self.go_on();
        }
    }

    /// Tells a client that wants to know what the voice detector hears.
    fn signal(&mut self, kind: VoiceActivityType) {
        if self
            .ready_setup()
            .is_some_and(|it| it.config().explicit_vad_signal)
        {
            let offset = Duration::from_millis(self.hearing.heard() / 16);
            self.send(&ServerMessage {
                voice_activity: Some(VoiceActivity {
                    kind: Some(kind),
                    audio_offset: Some(offset),
                }),
                ..ServerMessage::default()
            });
        }
    }

    /// Something to answer when there is time for it; the oldest is dropped beyond a limit.
    pub(super) fn cue(&mut self, cue: Cue, sound: Option<Arc<[u8]>>) {
        if self.cues.len() == MOST_CUES {
            self.cues.pop_front();
        }
        self.cues.push_back((cue, sound));
    }

    pub(super) fn ready_setup(&self) -> Option<&Setup> {
        match &self.phase {
            Phase::Ready(setup) => Some(setup),
            Phase::Connected | Phase::Over => None,
        }
    }

    pub(super) fn family(&self) -> Family {
        self.ready_setup().map_or(Family::Other, Setup::family)
    }
}

const MOST_CUES: usize = 16;
