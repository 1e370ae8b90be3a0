//! How a line behaves, and what goes wrong on it.

use std::time::Duration;

use serde::Deserialize;
use voice_call::redact::Pii;

/// How one stream behaves. In TOML, lengths of time are in milliseconds and unknown keys are refused.
///
/// ```
/// use phonebox::carrier::{FaultKind, LineSettings};
///
/// let settings: LineSettings = toml::from_str(r#"
///     drift_ppm = -150
///     frame = 800
///     silence = "nothing"
///     faults = [{ at_ms = 5000, kind = "cut" }]
/// "#)?;
/// assert_eq!(settings.faults[0].kind, FaultKind::Cut);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LineSettings {
    /// The account's id.
    pub account_sid: Pii<String>,
    /// The call's id.
    pub call_sid: Pii<String>,
    /// The stream's id.
    pub stream_sid: Pii<String>,
    /// Names and values of the `<Parameter>` elements.
    #[serde(skip)]
    pub parameters: Vec<(Pii<String>, Pii<String>)>,
    /// Whether the bridge may send nothing: a `<Start><Stream>`.
    pub is_unidirectional: bool,
    /// How much faster than time the carrier's clock runs, in parts per million, at most ±100 000.
    pub drift_ppm: i32,
    /// Samples in a frame, 1 to 80 000. 160, which is 20 ms.
    pub frame: usize,
    /// What is sent while the caller says nothing.
    pub silence: Silence,
    /// How the stream begins.
    pub opening: Opening,
    /// How the stream ends when the caller hangs up.
    pub ending: Ending,
    /// How counters are written.
    pub counters: Counters,
    /// The way of a message to the bridge.
    #[serde(rename = "to_bridge_ms", with = "milliseconds")]
    pub to_bridge: Duration,
    /// The way of a message from the bridge.
    #[serde(rename = "from_bridge_ms", with = "milliseconds")]
    pub from_bridge: Duration,
    /// How much more a message may take on its way, at random. Messages never pass each other.
    #[serde(rename = "jitter_ms", with = "milliseconds")]
    pub jitter: Duration,
    /// When the caller hangs up at last, by time. An hour.
    #[serde(rename = "limit_ms", with = "milliseconds")]
    pub limit: Duration,
    /// What goes wrong and when.
    pub faults: Vec<Fault>,
    /// What makes everything random: the same seed, the same call.
    pub seed: u64,
}

/// What is sent while the caller says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Silence {
    /// Frames of digital silence.
    #[default]
    Codes,
    /// No frames.
    Nothing,
    /// Frames of white noise of a line, also under speech.
    Noise {
        /// Its level, −90 to 0 dB below full scale.
        dbov: f64,
    },
}

/// How a stream begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opening {
    /// `connected`, `start`.
    #[default]
    Usual,
    /// A `media` message before `start`.
    MediaFirst,
    /// `start` without `connected`.
    NotConnected,
    /// Never a `start`.
    NotStarted,
}

/// How a stream ends when the caller hangs up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// `stop`, then the socket is closed.
    #[default]
    Stop,
    /// The socket is closed.
    Close,
    /// The socket is cut without a close.
    Cut,
    /// `stop`, and the bridge must close the socket.
    StopOnly,
    /// Nothing is sent any more, and nobody closes.
    HalfOpen,
}

/// How counters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counters {
    /// As decimal texts.
    #[default]
    Texts,
    /// As numbers.
    Numbers,
    /// Every other message repeats the number of the one before.
    Repeated,
    /// The numbers of every two messages are exchanged.
    Reordered,
}

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// When, from the beginning of the stream.
    #[serde(rename = "at_ms", with = "milliseconds")]
    pub at: Duration,
    /// What.
    pub kind: FaultKind,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// An event that nobody knows.
    UnknownEvent,
    /// A second `start`.
    SecondStart,
    /// A text that is not JSON.
    Malformed,
    /// A binary frame.
    Binary,
    /// A `media` message with 100 s of silence.
    Huge,
    /// The last `media` message once more.
    Duplicate,
    /// The socket is closed without `stop`.
    Close,
    /// The socket is cut without a close.
    Cut,
    /// Nothing is sent or played any more, and the socket stays open until the limit.
    HalfOpen,
}

impl Default for LineSettings {
    fn default() -> Self {
        Self {
            account_sid: Pii::new("AC00000000000000000000000000000001".to_owned()),
            call_sid: Pii::new("CA00000000000000000000000000000001".to_owned()),
            stream_sid: Pii::new("MZ00000000000000000000000000000001".to_owned()),
            parameters: Vec::new(),
            is_unidirectional: false,
            drift_ppm: 0,
            frame: 160,
            silence: Silence::default(),
            opening: Opening::default(),
            ending: Ending::default(),
            counters: Counters::default(),
            to_bridge: Duration::ZERO,
            from_bridge: Duration::ZERO,
            jitter: Duration::ZERO,
            limit: Duration::from_secs(3_600),
            faults: Vec::new(),
            seed: 0,
        }
    }
}

/// A length of time as whole milliseconds.
pub(crate) mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}
