//! A client of the emulated model in virtual time.

use std::sync::Arc;
use std::time::Duration;

use phonebox::model::{Behaviour, Input, Model, Output, Session};
use phonebox::voice::{caller_phrases, pcm_bytes};
use voice_call::Time;
use voice_call::gemini::{
    Blob, ClientMessage, Close, RealtimeInput, ServerMessage, Service, Surface, Version, write_text,
};

/// A model that exists.
pub(crate) const MODEL: &str = "gemini-3.8-live";

/// A model from TOML.
pub(crate) fn behaviour(text: &str) -> Arc<Model> {
    Model::new(Behaviour::from_toml("test.toml", text).expect("TOML")).expect("a model")
}

pub(crate) fn seconds(seconds: u64) -> Time {
    Time::ZERO + Duration::from_secs(seconds)
}

/// A phrase of the caller with its rate.
pub(crate) fn speech() -> (u32, Vec<i16>) {
    (8_000, caller_phrases().remove(1).samples)
}

/// Everything that came.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) is_ready: bool,
    pub(crate) sound: Vec<u8>,
    pub(crate) pieces: Vec<usize>,
    pub(crate) first_sound: Option<Time>,
    pub(crate) last_sound: Option<Time>,
    pub(crate) said: String,
    pub(crate) heard: String,
    pub(crate) generated: Vec<Time>,
    pub(crate) completed: Vec<Time>,
    pub(crate) interrupted: usize,
    pub(crate) calls: Vec<(String, String)>,
    pub(crate) cancelled: Vec<String>,
    pub(crate) notices: Vec<(Time, Duration)>,
    /// Handles in their order; empty where the talk could not be resumed.
    pub(crate) handles: Vec<String>,
    pub(crate) total_tokens: u64,
    /// The most fields in one message.
    pub(crate) richest_message: usize,
}

/// A client with its connection.
pub(crate) struct Client {
    pub(crate) session: Session,
    pub(crate) surface: Surface,
    pub(crate) now: Time,
    pub(crate) seen: Seen,
    pub(crate) close: Option<Close>,
    pub(crate) is_cut: bool,
}

impl Client {
    pub(crate) fn at(model: &Arc<Model>, surface: Surface, now: Time) -> Self {
        Self {
            session: Session::new(model, surface, now),
            surface,
            now,
            seen: Seen::default(),
            close: None,
            is_cut: false,
        }
    }

    pub(crate) fn new(model: &Arc<Model>) -> Self {
        let surface = Surface {
            service: Service::Developer,
            version: Version::V1Beta,
        };
        Self::at(model, surface, Time::ZERO)
    }

    /// With a setup, which is accepted.
    pub(crate) fn set_up(model: &Arc<Model>, setup: &str) -> Self {
        let mut client = Self::new(model);
        client.send(&format!(r#"{{"setup":{setup}}}"#));
        assert!(client.seen.is_ready, "{:?}", client.close);
        client
    }

    /// With transcripts and handles.
    pub(crate) fn ready(model: &Arc<Model>, name: &str) -> Self {
        let more =
            r#""inputAudioTranscription":{},"outputAudioTranscription":{},"sessionResumption":{}"#;
        Self::set_up(model, &format!(r#"{{"model":"models/{name}",{more}}}"#))
    }

    pub(crate) fn send(&mut self, message: &str) {
        self.session
            .handle(self.now, Input::Frame(message.as_bytes()));
        self.take();
    }

    pub(crate) fn text(&mut self, text: &str) {
        let mut message = String::new();
        write_text(&mut message, text);
        self.send(&message);
    }

    /// Speaks in real time.
    pub(crate) fn hear(&mut self, rate: u32, samples: &[i16]) {
        for piece in samples.chunks(rate as usize / 25) {
            let input = RealtimeInput {
                audio: Some(Blob::pcm(rate, &pcm_bytes(piece))),
                ..RealtimeInput::default()
            };
            let mut message = String::new();
            ClientMessage::RealtimeInput(input).write(&mut message);
            self.send(&message);
            self.run_for(Duration::from_millis(40));
        }
    }

    pub(crate) fn silence(&mut self, length: Duration) {
        self.hear(16_000, &vec![0; length.as_millis() as usize * 16]);
    }

    pub(crate) fn run_for(&mut self, length: Duration) {
        self.run_until(self.now + length);
    }

    /// Goes from one timeout to the next.
    pub(crate) fn run_until(&mut self, end: Time) {
        while let Some(due) = self.session.timeout().filter(|due| *due <= end) {
            assert!(
                due >= self.now || self.session.poll(self.now).is_some(),
                "stuck at {due}"
            );
            self.now = self.now.max(due);
            self.take();
        }
        if !self.session.is_over() {
            self.now = self.now.max(end);
        }
    }

    pub(crate) fn close_code(&self) -> Option<u16> {
        self.close.as_ref().map(|close| close.code)
    }

    fn take(&mut self) {
        while let Some(output) = self.session.poll(self.now) {
            match output {
                Output::Message(text) => self.see(&text),
                Output::Close(close) => self.close = Some(close),
                Output::Cut => self.is_cut = true,
                Output::Event(_) => {}
            }
        }
    }

    fn see(&mut self, text: &str) {
        let (now, seen) = (self.now, &mut self.seen);
        let message = ServerMessage::parse(text).expect("a message");
        seen.is_ready |= message.setup_complete.is_some();
        let mut fields = usize::from(message.usage_metadata.is_some());
        if let Some(usage) = message.usage_metadata {
            seen.total_tokens = usage.total.expect("a total");
        }
        for call in message
            .tool_call
            .into_iter()
            .flat_map(|it| it.function_calls)
        {
            seen.calls.push((call.id.expect("an id"), call.name));
        }
        seen.cancelled.extend(
            message
                .tool_call_cancellation
                .into_iter()
                .flat_map(|it| it.ids),
        );
        seen.notices
            .extend(message.go_away.and_then(|it| Some((now, it.time_left?))));
        if let Some(update) = message.session_resumption_update {
            seen.handles
                .push(update.usable_handle().unwrap_or_default().to_owned());
        }
        let Some(content) = message.server_content else {
            return;
        };
        for part in content.model_turn.iter().flat_map(|turn| turn.parts.iter()) {
            let before = seen.sound.len();
            let blob = part.inline_data.as_ref().expect("sound");
            blob.data.decode_append(&mut seen.sound).expect("base64");
            seen.pieces.push(seen.sound.len() - before);
            seen.first_sound.get_or_insert(now);
            seen.last_sound = Some(now);
            fields += 1;
        }
        let words = |it: Option<voice_call::gemini::Transcription<'_>>| {
            it.and_then(|it| it.text)
                .map(|text| text.as_str().to_owned())
        };
        if let Some(words) = words(content.output_transcription) {
            seen.said += &words;
            fields += 1;
        }
        seen.heard += &words(content.input_transcription).unwrap_or_default();
        fields += usize::from(content.generation_complete) + usize::from(content.turn_complete);
        seen.generated
            .extend(content.generation_complete.then_some(now));
        seen.completed.extend(content.turn_complete.then_some(now));
        seen.interrupted += usize::from(content.interrupted);
        seen.richest_message = seen.richest_message.max(fields);
    }
}
