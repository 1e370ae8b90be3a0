//! What became of the sound.

use std::time::Duration;

use serde::Serialize;

use crate::score::load::Histogram;

/// What became of the known sound on its way, in samples at 8 kHz.
///
/// `said = heard + missing + interrupted + unheard`, and `received = heard + doubled + silence + foreign`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Passage {
    /// What was said at one end.
    pub said: u64,
    /// What of it arrived at the other, counted once.
    pub heard: u64,
    /// What did not, although later sound did. Sound whose order was changed is missing, and then doubled.
    pub missing: u64,
    /// What did not since somebody interrupted.
    pub interrupted: u64,
    /// What was said last and had not arrived when the call was over.
    pub unheard: u64,
    /// All that arrived.
    pub received: u64,
    /// What arrived again.
    pub doubled: u64,
    /// Silence that nobody said.
    pub silence: u64,
    /// Other sound that nobody said, as what conceals a gap.
    pub foreign: u64,
    /// What arrived and was forgotten by a `clear` before it was played.
    pub flushed: u64,
    /// How often the carrier had nothing left to play although more had been said.
    pub underruns: u64,
    /// For how long.
    pub dry: Duration,
    /// How late each 20 ms of the sound were; the mean over their samples.
    pub delay: Histogram,
}

impl Passage {
    /// Adds another call's.
    pub fn merge(&mut self, other: &Self) {
        self.said += other.said;
        self.heard += other.heard;
        self.missing += other.missing;
        self.interrupted += other.interrupted;
        self.unheard += other.unheard;
        self.received += other.received;
        self.doubled += other.doubled;
        self.silence += other.silence;
        self.foreign += other.foreign;
        self.flushed += other.flushed;
        self.underruns += other.underruns;
        self.dry += other.dry;
        self.delay.merge(&other.delay);
    }
}
