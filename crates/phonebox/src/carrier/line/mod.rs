//! One media stream between a carrier and a bridge, with a caller at the far end, without sockets or clocks.
//!
//! ```text
//!  bridge ──handle──► from_bridge delay ──► playback buffer ──► ear ──► recording.heard
//!                                               │ marks           │ the agent began, stopped
//!                                               ▼                 ▼
//!  bridge ◄──poll──── to_bridge delay ◄──── messages ◄──────── mouth ──► recording.said
//! ```

mod from_bridge;
mod mouth;
mod outbox;
mod playback;
mod recording;
mod settings;
mod to_bridge;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use audio_converter_measure::signal::Random;
use voice_call::twilio::warning_code;
use voice_call::{MessageError, Time};

pub use recording::{Arrival, Discard, Event, Log, Recording, Underrun, What};
pub use settings::{Counters, Ending, Fault, FaultKind, LineSettings, Opening, Silence};

use self::from_bridge::Order;
use self::mouth::Mouth;
use self::outbox::{Outbox, jitter};
use self::playback::Playback;
use super::clock::Clock;
use super::ear::Ear;
use super::script::Caller;
use super::tap::Tap;

/// What the carrier does next on its socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send a text frame.
    Text(String),
    /// Send a binary frame.
    Binary(Vec<u8>),
    /// Close the socket.
    Close,
    /// Drop the socket without closing it.
    Cut,
}

/// One media stream: the carrier's side of its socket, and a person with a telephone.
///
/// Time is an argument: under sockets a driver passes its clock, and a test passes an hour in no time. The beginning of
/// the carrier's clock, position 0, is the time at which the stream was made.
///
/// ```
/// use core::time::Duration;
/// use phonebox::carrier::{Caller, Line, LineSettings, Output};
/// use voice_call::{Time, twilio};
///
/// let settings = LineSettings::default();
/// let stream_sid = settings.stream_sid.expose().clone();
/// let mut line = Line::new(settings, Caller::default(), Time::ZERO);
/// assert!(matches!(line.poll(Time::ZERO), Some((_, Output::Text(text))) if text.contains("connected")));
/// assert!(matches!(line.poll(Time::ZERO), Some((_, Output::Text(text))) if text.contains("start")));
///
/// // The bridge sends 20 ms of sound and a mark.
/// let mut text = String::new();
/// twilio::write_media(&mut text, &stream_sid, &[0x9F; 160]);
/// line.handle(Time::ZERO, &text);
/// text.clear();
/// twilio::write_mark(&mut text, &stream_sid, "said");
/// line.handle(Time::ZERO, &text);
/// assert!(line.poll(Time::ZERO).is_none());
///
/// // 20 ms later the caller has heard it, the mark returns, and the first frame of the caller's silence leaves.
/// let now = line.timeout().unwrap();
/// assert_eq!(now, Time::ZERO + Duration::from_millis(20));
/// let (due, Output::Text(mark)) = line.poll(now).unwrap() else { panic!() };
/// assert!(due == now && mark.contains(r#""event":"mark""#));
/// assert!(matches!(line.poll(now), Some((_, Output::Text(text))) if text.contains(r#""event":"media""#)));
/// assert_eq!(line.recording().heard, [0x9F; 160]);
/// ```
#[derive(Clone)]
pub struct Line {
    settings: LineSettings,
    recording: Recording,
    ear: Ear,
    mouth: Mouth,
    playback: Playback,
    outbox: Outbox,
    /// From the bridge, and not here yet.
    arriving: VecDeque<(Time, Order)>,
    arriving_samples: usize,
    latest_arrival: Time,
    random: Random,
    faults: VecDeque<Fault>,
    /// Up to here everything has been played.
    position: u64,
    /// What the caller says from `frame_start` on, and whether it is silence.
    frame: Vec<u8>,
    frame_start: u64,
    is_frame_silent: bool,
    state: State,
    is_closing: bool,
    has_complained_of_json: bool,
    /// Where the buffer ran dry in the middle of speech.
    dry_since: Option<u64>,
    scratch: Vec<u8>,
    tap: Option<Arc<dyn Tap>>,
    keeps_sound: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// What is in the outbox leaves, and nothing else happens.
    Ending,
    /// Nothing happens, but the socket stays open until the limit.
    HalfOpen,
    Closed,
}

/// What comes next on the carrier's clock.
#[derive(Clone, Copy, Debug)]
enum Next {
    Arrival,
    Mark,
    Fault,
    Frame,
    Limit,
}

/// Shows no sound.
impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("settings", &self.settings)
            .field("position", &self.position)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Line {
    /// A stream whose socket has just been accepted.
    #[must_use]
    pub fn new(mut settings: LineSettings, caller: Caller, now: Time) -> Self {
        settings.frame = settings.frame.clamp(1, 80_000);
        let mut faults = settings.faults.clone();
        faults.sort_by_key(|fault| fault.at);
        let seed = settings.seed;
        let mut line = Self {
            recording: Recording::new(Clock::new(now, settings.drift_ppm)),
            ear: Ear::default(),
            mouth: Mouth::new(caller, settings.silence, seed),
            playback: Playback::default(),
            outbox: Outbox::new(seed ^ 1),
            arriving: VecDeque::new(),
            arriving_samples: 0,
            latest_arrival: Time::ZERO,
            random: Random::new(seed ^ 2),
            faults: faults.into(),
            position: 0,
            frame: Vec::new(),
            frame_start: 0,
            is_frame_silent: true,
            state: State::Open,
            is_closing: false,
            has_complained_of_json: false,
            dry_since: None,
            scratch: Vec::new(),
            tap: None,
            keeps_sound: true,
            settings,
        };
        line.open(now);
        line
    }

    /// Lets another one speak and listen in the caller's stead from now on.
    pub fn tap(&mut self, tap: Arc<dyn Tap>) {
        self.keeps_sound = tap.keeps_sound();
        if !self.keeps_sound {
            self.recording.said = Vec::new();
        }
        self.tap = Some(tap);
    }

    /// A text frame came from the bridge.
    pub fn handle(&mut self, now: Time, text: &str) {
        self.advance(now);
        if self.state != State::Open {
            return;
        }
        let order = self.read(text);
        let delay = self.settings.from_bridge + jitter(&mut self.random, self.settings.jitter);
        self.latest_arrival = self.latest_arrival.max(now + delay);
        self.arriving.push_back((self.latest_arrival, order));
        self.advance(now);
    }

    /// A binary frame came from the bridge, which the carrier does not take.
    pub fn handle_binary(&mut self, now: Time) {
        self.advance(now);
        if self.state == State::Open {
            let fault = MessageError::NotJson { line: 1, column: 0 };
            self.warn(warning_code(&fault));
        }
    }

    /// The bridge closed the socket, or lost it.
    pub fn closed(&mut self, now: Time) {
        self.advance(now);
        if self.state != State::Closed {
            self.end(What::BridgeClosed, State::Closed);
            self.outbox.forget();
        }
    }

    /// The caller hangs up, or the call goes elsewhere: the stream ends as [`LineSettings::ending`] says.
    pub fn hang_up(&mut self, now: Time) {
        self.advance(now);
        self.hang_up_at(now);
    }

    /// The next output and when it was due, until `None`; see [`timeout`](Self::timeout) for when to ask again.
    pub fn poll(&mut self, now: Time) -> Option<(Time, Output)> {
        self.advance(now);
        let (due, output) = self.outbox.pop(now)?;
        if matches!(output, Output::Close | Output::Cut) {
            self.outbox.forget();
            self.is_closing = output == Output::Close;
            self.state = State::Closed;
        }
        Some((due, output))
    }

    /// When something happens if no message comes; `None` when nothing will.
    #[must_use]
    pub fn timeout(&self) -> Option<Time> {
        let next = self.next().map(|(at, _)| at);
        [self.outbox.timeout(), next].into_iter().flatten().min()
    }

    /// Whether the socket is closed or is to be dropped, and nothing will happen any more.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Whether this side has closed the socket, so that the bridge is to close it as well.
    #[must_use]
    pub const fn is_closing(&self) -> bool {
        self.is_closing
    }

    /// What was said and heard so far.
    #[must_use]
    pub const fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Takes what was recorded since the last time, so that a long call needs little memory.
    ///
    /// ```
    /// use core::time::Duration;
    /// use phonebox::carrier::{Caller, Line, LineSettings};
    /// use voice_call::Time;
    ///
    /// let mut line = Line::new(LineSettings::default(), Caller::default(), Time::ZERO);
    /// line.poll(Time::ZERO + Duration::from_secs(1));
    /// assert_eq!(line.take_recording().heard.len(), 8_000);
    /// assert_eq!((line.recording().first, line.recording().heard.len()), (8_000, 0));
    /// ```
    pub fn take_recording(&mut self) -> Recording {
        let mut next = Recording::new(self.recording.clock);
        next.first = self.recording.first + self.recording.heard.len() as u64;
        // What the mouth has said already of the frame that the ear has not reached the end of stays with it.
        let ahead = self.recording.said.len().min(self.recording.heard.len());
        next.said = self.recording.said.split_off(ahead);
        std::mem::replace(&mut self.recording, next)
    }

    /// Up to where everything has been played, in samples from the beginning.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    fn open(&mut self, now: Time) {
        let (outbox, settings) = (&mut self.outbox, &self.settings);
        if settings.opening != Opening::NotConnected {
            outbox.connected(now, settings);
        }
        if settings.opening == Opening::MediaFirst {
            outbox.media(now, settings, Duration::ZERO, &[0xFF; 160]);
        }
        if settings.opening != Opening::NotStarted {
            outbox.start(now, settings);
        }
        self.begin_frame(now);
    }

    /// Lives on until `now`.
    fn advance(&mut self, now: Time) {
        while let Some((at, next)) = self.next() {
            if at > now {
                break;
            }
            self.play_until(self.recording.clock.sample_at(at));
            match next {
                Next::Arrival => self.arrive(at),
                Next::Mark => self.return_mark(at),
                Next::Fault => self.go_wrong(at),
                Next::Frame => self.send_frame(at, now),
                Next::Limit => self.hang_up_at(at),
            }
        }
        if self.state == State::Open {
            self.play_until(self.recording.clock.sample_at(now));
        }
    }

    fn next(&self) -> Option<(Time, Next)> {
        let clock = &self.recording.clock;
        let limit = (clock.start() + self.settings.limit, Next::Limit);
        match self.state {
            State::Ending | State::Closed => None,
            State::HalfOpen => Some(limit),
            State::Open => {
                let arrival = self.arriving.front().map(|(at, _)| (*at, Next::Arrival));
                let mark = self.playback.until_mark();
                let mark = mark.map(|until| (clock.time_of(self.position + until), Next::Mark));
                let fault = self.faults.front();
                let fault = fault.map(|fault| (clock.start() + fault.at, Next::Fault));
                let frame_end = self.frame_start + self.settings.frame as u64;
                let frame = (clock.time_of(frame_end), Next::Frame);
                // Of what comes at the same time, the first here is first.
                let all = [arrival, mark, fault, Some(frame), Some(limit)];
                all.into_iter().flatten().min_by_key(|(at, _)| *at)
            }
        }
    }

    fn end(&mut self, what: What, state: State) {
        self.recording.log.event(self.position, what);
        self.state = state;
        self.arriving.clear();
        // The mouth is ahead of the ear by the frame that is never sent.
        self.recording.said.truncate(self.recording.heard.len());
    }
}
