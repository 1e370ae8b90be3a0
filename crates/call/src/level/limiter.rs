//! Takes back, without delay, what a gain adds beyond full scale.
//!
//! ```text
//! u = |x − offset| · gain
//! curve(u)     u up to the knee, then bending towards the ceiling, which it never reaches
//! take-back    falls to curve(u) / u at once, holds, rises evenly in dB
//! y            offset + (x − offset) · max(1, gain · take-back)
//! ```
//!
//! A take-back that holds over a pitch period scales whole waves. Only the first rise of a wave that is louder than
//! those before is bent.

/// The state of one stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limiter {
    back: f32,
    held: u32,
    hold: u32,
    rise: f32,
}

impl Limiter {
    pub(super) fn new(rate: u32) -> Self {
        Self {
            back: 1.0,
            held: 0,
            hold: rate / 80,
            // 80 dB/s: ln(10) / 20 · 80 = 9.21 nepers.
            rise: 1.0 + 9.210_34 / rate as f32,
        }
    }

    /// Whether none of these samples would be touched at gains up to `most`, nor the state.
    pub(super) fn is_idle(&self, samples: &[i16], most: f32, offset: [f32; 2]) -> bool {
        let mut peak = 0;
        for &sample in samples {
            peak = peak.max(i32::from(sample).abs());
        }
        let offset = offset[0].abs().max(offset[1].abs());
        self.back >= 1.0 && (peak as f32 + offset) * most < KNEE - offset - 1.0
    }

    /// The limited sample.
    #[inline]
    pub(super) fn run(&mut self, sample: f32, gain: f32, offset: f32) -> f32 {
        let swing = sample - offset;
        let loud = swing.abs() * gain;
        let (knee, ceiling) = (KNEE - offset.abs(), CEILING - offset.abs());
        if self.held > 0 {
            self.held -= 1;
        } else {
            self.back = (self.back * self.rise).min(1.0);
        }
        if loud > knee {
            let room = ceiling - knee;
            let over = loud - knee;
            let wanted = (knee + over * room / (room + over)) / loud;
            self.back = self.back.min(wanted);
            // A peak about as loud as the one that set the take-back renews it.
            if wanted <= self.back * NEARLY {
                self.held = self.hold;
            }
        }
        // What came in beyond the ceiling leaves as it came: only what was added is taken back.
        offset + swing * (gain * self.back).max(gain.min(1.0))
    }

    /// Forgets the take-back.
    pub(super) fn release(&mut self) {
        (self.back, self.held) = (1.0, 0);
    }
}

/// −4 dBFS and −1 dBFS. µ-law's own full scale is 32 124, −0.2 dBFS.
const KNEE: f32 = 20_675.0;
const CEILING: f32 = 29_204.0;
/// 0.75 dB: sampled eight times a period, a tone's peaks differ by 0.69 dB.
const NEARLY: f32 = 1.09;
