//! A call on the bench: a carrier with a playback buffer and a model that says what the test wants, in virtual time.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use audio_converter_measure::signal;
use serde_json::{Value, json};
use voice_call::call::{Call, CallSettings, Event, Input, Output, ToolRequest};
use voice_call::gemini::{
    Close, Endpoint, FunctionDeclaration, SessionConfig, Setup, write_server_audio,
};
use voice_call::twilio::{self, Media, ToCarrier};
use voice_call::{Time, level};

pub(crate) const START: &[u8] = br#"{"event":"start","sequenceNumber":"1","streamSid":"MZ1","start":{"streamSid":"MZ1","accountSid":"AC1","callSid":"CA1","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}"#;

pub(crate) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// How sound for the model begins.
const SOUND: &str = r#"{"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=16000","data":""#;

/// What was done, with the time.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) to_model: Vec<(Time, Value)>,
    pub(crate) events: Vec<(Time, Event)>,
    pub(crate) tools: Vec<ToolRequest>,
    pub(crate) cancelled: Vec<u64>,
    pub(crate) opened: Vec<Time>,
    pub(crate) closed: Vec<Time>,
    pub(crate) clears: Vec<Time>,
    pub(crate) recording: Vec<u8>,
    pub(crate) is_carrier_closed: bool,
    /// Opens and closes in their order.
    pub(crate) order: String,
    /// Samples that the model heard at 16 kHz.
    pub(crate) heard_by_model: u64,
}

/// The carrier's buffer: what it played, to the sample.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    queue: VecDeque<Item>,
    /// Samples played before `at`.
    pub(crate) played: u64,
    at: Time,
    part: f64,
    /// The carrier's seconds in one of ours.
    pub(crate) pace: f64,
    pub(crate) marks: Vec<String>,
    /// Every code that was played.
    pub(crate) sound: Vec<u8>,
}

#[derive(Debug)]
enum Item {
    Sound(Vec<u8>),
    Mark(String),
}

impl Buffer {
    /// Plays until now.
    pub(crate) fn play(&mut self, now: Time) {
        let time = (now - self.at).as_secs_f64() * 8_000.0 * self.pace + self.part;
        let mut room = time as u64;
        self.part = time - room as f64;
        self.at = now;
        while let Some(first) = self.queue.front_mut() {
            match first {
                Item::Mark(name) => self.marks.push(std::mem::take(name)),
                Item::Sound(codes) => {
                    let length = codes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
                    self.sound.extend(codes.drain(..length));
                    self.played += length as u64;
                    room -= length as u64;
                    if !codes.is_empty() {
                        return;
                    }
                }
            }
            self.queue.pop_front();
        }
        // Nothing to play is not made up for later.
        self.part = 0.0;
    }

    fn take(&mut self, now: Time, message: &ToCarrier<'_>) {
        self.play(now);
        match message {
            ToCarrier::Media { payload, .. } => {
                let mut codes = Vec::new();
                payload.decode_append(&mut codes).expect("base64");
                self.queue.push_back(Item::Sound(codes));
            }
            ToCarrier::Mark { name, .. } => self.queue.push_back(Item::Mark(name.to_string())),
            ToCarrier::Clear { .. } => {
                for item in std::mem::take(&mut self.queue) {
                    if let Item::Mark(name) = item {
                        self.marks.push(name);
                    }
                }
            }
        }
        self.play(now);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

/// A call with both peers.
pub(crate) struct Bench {
    pub(crate) call: Call,
    pub(crate) now: Time,
    pub(crate) log: Log,
    pub(crate) buffer: Buffer,
    /// Network delay to the carrier, and back.
    pub(crate) delay: Duration,
    on_the_way: VecDeque<(Time, String)>,
    marks_back: VecDeque<(Time, String)>,
    /// Whether connections to the model are made and accepted by themselves.
    pub(crate) model_accepts: bool,
    /// What the caller says, 20 ms at a time; silence when empty. None if the carrier sends nothing.
    pub(crate) caller: Option<VecDeque<u8>>,
    next_frame: Time,
    chunk: u64,
}

/// A setup with a function `lookup`, and whatever else.
pub(crate) fn setup(change: impl FnOnce(&mut SessionConfig)) -> Setup {
    let mut config = SessionConfig::new("gemini-3.8-live");
    config.functions.push(FunctionDeclaration {
        name: "lookup".to_owned(),
        description: "Looks something up.".to_owned(),
        parameters: None,
        behavior: None,
    });
    change(&mut config);
    Setup::new(&config, &Endpoint::developer("key")).expect("a setup")
}

/// Settings without what a test does not look at: no greeting, no idle prompts, level as it is.
pub(crate) fn plain() -> CallSettings {
    let mut settings = CallSettings::new(setup(|_| {}));
    settings.greeting = None;
    settings.idle = None;
    settings.reply_timeout = None;
    settings.caller_level = level::Settings::OFF;
    settings.model_level = level::Settings::OFF;
    settings
}

impl Bench {
    /// Announced, but neither carrier nor model are there.
    pub(crate) fn new(settings: CallSettings) -> Self {
        Self::with(Call::new(settings, Time::ZERO))
    }

    pub(crate) fn with(call: Call) -> Self {
        let mut bench = Self {
            call,
            now: Time::ZERO,
            log: Log::default(),
            buffer: Buffer {
                pace: 1.0,
                ..Buffer::default()
            },
            delay: Duration::ZERO,
            on_the_way: VecDeque::new(),
            marks_back: VecDeque::new(),
            model_accepts: true,
            caller: Some(VecDeque::new()),
            next_frame: Time::ZERO,
            chunk: 0,
        };
        bench.settle();
        bench
    }

    /// Both peers are there.
    pub(crate) fn talking(settings: CallSettings) -> Self {
        let mut bench = Self::new(settings);
        bench.answer();
        bench
    }

    /// The carrier opens the stream.
    pub(crate) fn answer(&mut self) {
        self.input(Input::CarrierConnected);
        self.carrier(br#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#);
        self.carrier(START);
        self.next_frame = self.now + ms(20);
    }

    pub(crate) fn input(&mut self, input: Input<'_>) {
        self.call.handle(self.now, input);
        self.settle();
    }

    pub(crate) fn carrier(&mut self, message: &[u8]) {
        self.input(Input::FromCarrier(message));
    }

    pub(crate) fn model(&mut self, message: &Value) {
        self.input(Input::FromModel(message.to_string().as_bytes()));
    }

    /// The model says a second's part of voice, in one message.
    pub(crate) fn says(&mut self, milliseconds: u64) {
        let mut text = String::new();
        write_server_audio(&mut text, 24_000, &voice(24_000, milliseconds));
        self.input(Input::FromModel(text.as_bytes()));
    }

    /// The model says words with their sound.
    pub(crate) fn says_words(&mut self, words: &str, milliseconds: u64) {
        self.says(milliseconds);
        self.model(&json!({"serverContent": {"outputTranscription": {"text": words}}}));
    }

    pub(crate) fn turn_ends(&mut self) {
        self.model(&json!({"serverContent": {"generationComplete": true}}));
        self.model(&json!({"serverContent": {"turnComplete": true}}));
    }

    pub(crate) fn interrupts(&mut self) {
        self.model(&json!({"serverContent": {"interrupted": true}}));
        self.model(&json!({"serverContent": {"turnComplete": true}}));
    }

    pub(crate) fn remembers(&mut self, handle: &str) {
        self.model(&json!({"sessionResumptionUpdate": {"newHandle": handle, "resumable": true}}));
    }

    pub(crate) fn model_closes(&mut self, code: u16, reason: &str) {
        self.input(Input::ModelClosed(Close::new(code, reason)));
    }

    /// The caller speaks for so long.
    pub(crate) fn caller_says(&mut self, milliseconds: u64) {
        let codes = voice(8_000, milliseconds);
        let codes = codes
            .as_chunks()
            .0
            .iter()
            .map(|&it| audio_converter::g711::encode_mulaw(i16::from_le_bytes(it)));
        self.caller.get_or_insert_default().extend(codes);
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, milliseconds: u64) {
        self.pass_until(self.now + ms(milliseconds));
    }

    pub(crate) fn pass_until(&mut self, until: Time) {
        loop {
            let mut next = until;
            for at in [
                self.call.timeout(),
                self.on_the_way.front().map(|it| it.0),
                self.marks_back.front().map(|it| it.0),
            ]
            .into_iter()
            .flatten()
            {
                next = next.min(at.max(self.now));
            }
            if self.is_streaming() {
                next = next.min(self.next_frame);
                if !self.buffer.is_empty() {
                    next = next.min(self.now + ms(20));
                }
            }
            let is_done = next >= until;
            self.now = next.min(until);
            while let Some(text) = due(&mut self.on_the_way, self.now) {
                self.buffer
                    .take(self.now, &ToCarrier::parse(&text).expect("a message"));
            }
            self.buffer.play(self.now);
            let back = self.now + self.delay;
            self.marks_back
                .extend(self.buffer.marks.drain(..).map(|name| (back, name)));
            while let Some(name) = due(&mut self.marks_back, self.now) {
                let mark = json!({"event": "mark", "streamSid": "MZ1", "mark": {"name": name}});
                self.call
                    .handle(self.now, Input::FromCarrier(mark.to_string().as_bytes()));
            }
            if self.is_streaming() && self.next_frame <= self.now {
                self.next_frame += ms(20);
                self.frame();
            }
            self.settle();
            if is_done {
                return;
            }
        }
    }

    fn is_streaming(&self) -> bool {
        self.call.is_answered()
    }

    fn frame(&mut self) {
        let Some(caller) = &mut self.caller else {
            return;
        };
        let mut codes = [0xFF; 160];
        for code in &mut codes {
            *code = caller.pop_front().unwrap_or(0xFF);
        }
        self.chunk += 1;
        let media = Media {
            stream_sid: "MZ1".into(),
            chunk: Some(self.chunk),
            ..Media::default()
        };
        let mut text = String::new();
        twilio::write_caller_media(&mut text, &media, &codes);
        self.call
            .handle(self.now, Input::FromCarrier(text.as_bytes()));
    }

    /// Does all that the call wants.
    pub(crate) fn settle(&mut self) {
        let now = self.now;
        let mut steps = 0;
        while let Some(output) = self.call.poll(now) {
            steps += 1;
            assert!(steps < 100_000, "it never ends");
            let mut accepts = false;
            match output {
                Output::ToCarrier(text) => {
                    if text.contains("clear") {
                        self.log.clears.push(now);
                    }
                    self.on_the_way
                        .push_back((now + self.delay, text.to_owned()));
                }
                Output::ToModel(text) => {
                    if text.starts_with(SOUND) {
                        let base64 = text.len() - SOUND.len() - 4;
                        self.log.heard_by_model += base64 as u64 * 3 / 8;
                    } else {
                        let message: Value = serde_json::from_str(text).expect("JSON");
                        accepts = self.model_accepts && message.get("setup").is_some();
                        self.log.to_model.push((now, message));
                    }
                }
                Output::CloseCarrier => self.log.is_carrier_closed = true,
                Output::OpenModel => {
                    self.log.opened.push(now);
                    self.log.order.push('o');
                    if self.model_accepts {
                        self.call.handle(now, Input::ModelConnected);
                    }
                }
                Output::CloseModel => {
                    self.log.closed.push(now);
                    self.log.order.push('c');
                }
                Output::CallTool(request) => self.log.tools.push(request),
                Output::CancelTool(id) => self.log.cancelled.push(id.0),
                Output::Recording(block) => self.log.recording.extend(block),
                Output::Event(event) => self.log.events.push((now, event)),
            }
            if accepts {
                self.call
                    .handle(now, Input::FromModel(br#"{"setupComplete":{}}"#));
            }
        }
        while let Some(text) = due(&mut self.on_the_way, now) {
            self.buffer
                .take(now, &ToCarrier::parse(&text).expect("a message"));
        }
    }

    /// The texts that the model was told, in order.
    pub(crate) fn told(&self) -> Vec<&str> {
        self.log
            .to_model
            .iter()
            .filter_map(|(_, message)| {
                message
                    .pointer("/realtimeInput/text")
                    .or_else(|| message.pointer("/clientContent/turns/0/parts/0/text"))?
                    .as_str()
            })
            .collect()
    }

    /// The events of a kind.
    pub(crate) fn events<T>(&self, pick: impl Fn(&Event) -> Option<T>) -> Vec<T> {
        self.log
            .events
            .iter()
            .filter_map(|(_, it)| pick(it))
            .collect()
    }

    /// What was said, as lines.
    pub(crate) fn transcript(&self) -> String {
        let mut lines = String::new();
        for (_, event) in &self.log.events {
            if let Event::Said(it) = event {
                let _ = writeln!(lines, "{}: {}", it.speaker.as_str(), it.text.expose());
            }
        }
        lines
    }
}

/// A voice, 16-bit PCM. Made once for each length, since making it takes longer than a call.
pub(crate) fn voice(rate: u32, milliseconds: u64) -> Arc<[u8]> {
    type Voices = BTreeMap<(u32, u64), Arc<[u8]>>;
    static VOICES: Mutex<Voices> = Mutex::new(BTreeMap::new());
    let make = || {
        let samples = (u64::from(rate) * milliseconds / 1_000) as usize;
        signal::voice(f64::from(rate), 120.0, samples, 7)
            .iter()
            .flat_map(|&it| ((it * 32_000.0) as i16).to_le_bytes())
            .collect()
    };
    let mut voices = VOICES.lock().expect("no test panics here");
    voices
        .entry((rate, milliseconds))
        .or_insert_with(make)
        .clone()
}

fn due(queue: &mut VecDeque<(Time, String)>, now: Time) -> Option<String> {
    let is_due = queue.front().is_some_and(|(at, _)| *at <= now);
    is_due.then(|| queue.pop_front()).flatten().map(|it| it.1)
}
