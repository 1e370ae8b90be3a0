//! What can be seen of a stream while it is going on.

use audio_converter::g711::decode_mulaw;
use voice_call::Time;

use super::line::Recording;

/// How loud both sides of a line were in the last 100 ms.
///
/// ```
/// use phonebox::carrier::{Caller, Glimpse, Line, LineSettings};
/// use voice_call::Time;
///
/// let line = Line::new(LineSettings::default(), Caller::default(), Time::ZERO);
/// let glimpse = Glimpse::of(Time::ZERO, line.recording());
/// assert!(glimpse.caller_dbov < -90.0 && glimpse.agent_dbov < -90.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glimpse {
    /// When.
    pub at: Time,
    /// The caller's level, −100 and more.
    pub caller_dbov: f64,
    /// The level of what the caller hears, −100 and more.
    pub agent_dbov: f64,
}

impl Glimpse {
    /// Of a recording that is going on.
    #[must_use]
    pub fn of(now: Time, recording: &Recording) -> Self {
        // The mouth is ahead of the ear by a part of a frame.
        let until = recording.heard.len();
        let last = until.saturating_sub(BLOCK)..until;
        Self {
            at: now,
            caller_dbov: level(recording.said.get(last.clone()).unwrap_or_default()),
            agent_dbov: level(&recording.heard[last]),
        }
    }
}

fn level(codes: &[u8]) -> f64 {
    let square = |code: &u8| (f64::from(decode_mulaw(*code)) / 32_768.0).powi(2);
    let mean = codes.iter().map(square).sum::<f64>() / codes.len().max(1) as f64;
    10.0 * mean.max(1e-10).log10()
}

/// 100 ms.
const BLOCK: usize = 800;
