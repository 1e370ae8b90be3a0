//! When each piece of a turn's sound is sent.

use std::time::Duration;

use super::behaviour::Timing;
use super::faults::Faults;
use crate::voice::AGENT_RATE;

/// The pace at which sound is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    speed: f64,
    pause: Duration,
    pause_every: Duration,
    lump: Duration,
}

impl Pace {
    pub(super) fn new(timing: &Timing, faults: &Faults) -> Self {
        Self {
            speed: faults.speed.unwrap_or(timing.burst),
            pause: faults.pause.unwrap_or_default(),
            pause_every: faults.pause_every.unwrap_or(Duration::from_secs(1)),
            lump: faults.lump.unwrap_or_default(),
        }
    }

    /// How long after the first sound the byte at `offset` is sent.
    pub(super) fn delay(&self, offset: usize) -> Duration {
        let sound = playing_time(offset);
        let pauses = if self.pause_every.is_zero() {
            0
        } else {
            (sound.as_nanos() / self.pause_every.as_nanos()) as u32
        };
        let delay = sound.div_f64(self.speed) + self.pause * pauses;
        if self.lump.is_zero() {
            return delay;
        }
        let lumps = delay.as_nanos().div_ceil(self.lump.as_nanos());
        self.lump * u32::try_from(lumps).unwrap_or(u32::MAX)
    }
}

/// How long so many bytes of 16-bit sound at 24 kHz last.
pub(super) fn playing_time(bytes: usize) -> Duration {
    let samples = (bytes / 2) as u64;
    Duration::from_nanos(samples * 1_000_000_000 / u64::from(AGENT_RATE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(faults: &Faults) -> [u128; 3] {
        let pace = Pace::new(&Timing::default(), faults);
        [0, 48_000, 120_000].map(|offset| pace.delay(offset).as_millis())
    }

    #[test]
    fn fast_slow_with_pauses_and_in_lumps() {
        let ms = |ms| Some(Duration::from_millis(ms));
        assert_eq!(delays(&Faults::default()), [0, 250, 625]);
        assert_eq!(
            delays(&Faults {
                speed: Some(0.5),
                ..Faults::default()
            }),
            [0, 2_000, 5_000]
        );
        assert_eq!(
            delays(&Faults {
                pause: ms(100),
                ..Faults::default()
            }),
            [0, 350, 825]
        );
        let pauses = Faults {
            pause: ms(100),
            pause_every: ms(500),
            ..Faults::default()
        };
        assert_eq!(delays(&pauses), [0, 450, 1_125]);
        assert_eq!(
            delays(&Faults {
                lump: ms(400),
                ..Faults::default()
            }),
            [0, 400, 800]
        );
    }
}
