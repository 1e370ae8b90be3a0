//! Tells speech from what only sounds: by level over the noise floor, and by how little it keeps still.
//!
//! ```text
//! average    mean power of the last 5 blocks (50 ms)
//! floor      least average of the last 1.6 s, kept as 8 minima of 200 ms
//! steady     5 blocks within 0.5 dB of each other    a DTMF digit of 60 ms and more
//!            20 averages (200 ms) within 1.3 dB      ringing beats with 40 or 50 Hz, so that its blocks flutter; noise
//! ```
//!
//! Steadiness is known only after a while. So blocks wait 0.3 s before they count, and those that turn out to belong to
//! something steady never do. The floor is then also known from both sides.

/// What one block has told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    /// Whether the block itself is louder than the noise.
    pub(super) is_sounding: bool,
    /// The power from which sound is louder than the noise.
    pub(super) threshold: f64,
    /// The block of 0.3 s ago, unless it was steady.
    pub(super) settled: Option<Settled>,
}

/// A block that may count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settled {
    pub(super) power: f64,
    /// Of the 50 ms around it.
    pub(super) average: f64,
}

/// The recent blocks of one stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Activity {
    powers: [f64; RING],
    averages: [f64; RING],
    /// One bit for each of the last 64 blocks, the newest lowest: part of something steady.
    steady: u64,
    /// How many blocks to come belong to it too.
    ending: u32,
    blocks: u64,
    minima: [f64; MINIMA],
}

impl Activity {
    pub(super) const fn new() -> Self {
        Self {
            powers: [0.0; RING],
            averages: [0.0; RING],
            // What was before the start is not speech.
            steady: u64::MAX,
            ending: 0,
            blocks: 0,
            minima: [f64::INFINITY; MINIMA],
        }
    }

    pub(super) fn push(&mut self, power: f64) -> Heard {
        let now = self.blocks as usize % RING;
        self.powers[now] = power;
        let average = self.ago(&self.powers, 0, AVERAGED).sum::<f64>() / AVERAGED as f64;
        self.averages[now] = average;

        let minimum = (self.blocks / MINIMUM_BLOCKS) as usize % MINIMA;
        if self.blocks.is_multiple_of(MINIMUM_BLOCKS) {
            self.minima[minimum] = f64::INFINITY;
        }
        // The first averages reach to before the start.
        if self.blocks + 1 >= AVERAGED as u64 {
            self.minima[minimum] = self.minima[minimum].min(average);
        }
        let floor = self.minima.iter().copied().fold(f64::INFINITY, f64::min);
        let threshold = (floor * OVER_FLOOR).max(LEAST);

        self.steady = self.steady << 1 | u64::from(self.ending > 0);
        self.ending = self.ending.saturating_sub(1);
        if within(self.ago(&self.powers, 0, DIGIT), DIGIT_RANGE) {
            self.mark(DIGIT + 2);
        }
        if within(self.ago(&self.averages, 0, RINGING), RINGING_RANGE) {
            self.mark(RINGING + AVERAGED + 1);
        }
        let settled = (self.steady >> WAIT & 1 == 0).then(|| Settled {
            power: self.powers[self.place(WAIT)],
            average: self.averages[self.place(WAIT - AVERAGED / 2)],
        });
        self.blocks += 1;
        Heard {
            is_sounding: power >= threshold,
            threshold,
            settled,
        }
    }

    /// The last `blocks` and the next two are steady.
    fn mark(&mut self, blocks: usize) {
        self.steady |= (1 << blocks) - 1;
        self.ending = 2;
    }

    fn place(&self, ago: usize) -> usize {
        (self.blocks as usize).wrapping_sub(ago) % RING
    }

    fn ago(&self, ring: &[f64; RING], from: usize, count: usize) -> impl Iterator<Item = f64> {
        (from..from + count).map(|ago| ring[self.place(ago)])
    }
}

/// Whether the greatest is at most `range` times the least, and there is anything at all. Speech is told by its first
/// few.
fn within(powers: impl Iterator<Item = f64>, range: f64) -> bool {
    let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
    for power in powers {
        (least, most) = (least.min(power), most.max(power));
        if most > least * range {
            return false;
        }
    }
    most > 0.0
}

/// A power of two, above `WAIT`.
const RING: usize = 32;
const WAIT: usize = 30;
/// Blocks in an average.
const AVERAGED: usize = 5;
/// Eight times 20 blocks are 1.6 s: nobody speaks that long without a closure or a breath.
const MINIMA: usize = 8;
const MINIMUM_BLOCKS: u64 = 20;
/// 9 dB.
const OVER_FLOOR: f64 = 7.943;
/// −56 dBov: 10 dB under the quietest talker who is brought to the target.
const LEAST: f64 = 32_768.0 * 32_768.0 * 2.512e-6;
/// Blocks, and their range as a power ratio (0.5 dB and 1.3 dB).
const DIGIT: usize = 5;
const DIGIT_RANGE: f64 = 1.122;
const RINGING: usize = 20;
const RINGING_RANGE: f64 = 1.349;
