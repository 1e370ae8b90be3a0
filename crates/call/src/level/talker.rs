//! How loud the talker is: the active speech level as ITU-T P.56 defines it, forgetting slowly.
//!
//! ```text
//! active    the average was over the gate, 15.9 dB below the level (P.56's margin), within the last 200 ms
//! level     mean power of active blocks, over all of them at first, then over the last 8 s or so
//! louder    0.3 s of blocks 8 dB over the level, less a quarter of all others → start again from the last 0.5 s
//! quieter   sound 3 dB and more under the level, less five times what is over that; once there is as much of it as
//!           the level comes from, 8 s at most → start again from it
//! ```
//!
//! So a door that slams is no louder talker, a loud word of a distant talker does not keep it distant, and a cough does
//! not cost the talker's next sentences.

use super::activity::Settled;

/// The estimate for one stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Talker {
    level: Mean,
    recent: Mean,
    quieter: Mean,
    hanging: u32,
    /// Quarters of blocks.
    louder: u32,
}

impl Talker {
    pub(super) const fn new() -> Self {
        Self {
            level: Mean::over(MEMORY),
            recent: Mean::over(RECENT),
            quieter: Mean::over(MEMORY),
            hanging: 0,
            louder: 0,
        }
    }

    /// Takes a block; sound counts from `threshold`.
    pub(super) fn push(&mut self, block: Settled, threshold: f64) {
        let is_sounding = block.average >= threshold;
        let gate = self.level.value / MARGIN;
        if is_sounding && block.average >= gate {
            self.hanging = HANGOVER;
        }
        if is_sounding && block.average >= self.level.value / NEAR {
            self.quieter.blocks = self.quieter.blocks.saturating_sub(5);
        } else if is_sounding {
            self.quieter.push(block.power);
        }
        if self.hanging > 0 {
            self.hanging -= 1;
            self.recent.push(block.power);
            if block.power > self.level.value * LOUDER {
                self.louder += 4;
            } else {
                self.louder = self.louder.saturating_sub(1);
            }
            // A slammed door is no word: once the talker is known, a block counts 12 dB over the level at most.
            let most = if self.level.blocks < KNOWN {
                f64::INFINITY
            } else {
                self.level.value * OUTLIER
            };
            self.level.push(block.power.min(most));
        }

        if self.louder >= 4 * SOON {
            self.level.restart_from(&self.recent);
            self.louder = 0;
        }
        if self.quieter.blocks >= self.level.blocks.max(KNOWN) {
            self.level.restart_from(&self.quieter);
            self.recent.forget();
            self.quieter.forget();
        }
    }

    /// The talker's mean square and how far off the gain may be before it is worth moving, as a ratio less 1; None
    /// until
    /// enough was heard.
    pub(super) fn level(&self) -> Option<(f64, f64)> {
        let known = self.level.blocks >= KNOWN && self.level.value > 0.0;
        known.then(|| {
            (
                self.level.value,
                SURE + UNSURE / f64::from(self.level.blocks),
            )
        })
    }
}

/// A mean over everything at first, then forgetting exponentially.
#[derive(Clone, Copy, Debug)]
struct Mean {
    value: f64,
    blocks: u32,
    memory: u32,
}

impl Mean {
    const fn over(memory: u32) -> Self {
        Self {
            value: 0.0,
            blocks: 0,
            memory,
        }
    }

    fn push(&mut self, power: f64) {
        self.blocks = (self.blocks + 1).min(self.memory);
        self.value += (power - self.value) / f64::from(self.blocks);
    }

    fn restart_from(&mut self, other: &Self) {
        (self.value, self.blocks) = (other.value, other.blocks.min(self.memory));
    }

    fn forget(&mut self) {
        (self.value, self.blocks) = (0.0, 0);
    }
}

/// Blocks of 10 ms: 8 s and 0.5 s.
const MEMORY: u32 = 800;
const RECENT: u32 = 50;
/// Enough to believe a louder talker (0.3 s); enough to know one (0.4 s).
const SOON: u32 = 30;
const KNOWN: u32 = 40;
/// P.56: 15.9 dB and 200 ms.
const MARGIN: f64 = 38.9;
const HANGOVER: u32 = 21;
/// 12 dB and 8 dB.
const OUTLIER: f64 = 15.85;
const LOUDER: f64 = 6.31;
/// 3 dB.
const NEAR: f64 = 2.0;
/// As amplitude ratios less 1: 1.5 dB, and 3 dB over the seconds heard.
const SURE: f64 = 0.189;
const UNSURE: f64 = 41.0;
