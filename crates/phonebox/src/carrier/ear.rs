//! The caller's ear: hears in what is played when the agent speaks, as a person would.

use audio_converter::g711::decode_mulaw;

/// Follows the loudness of what is played, 10 ms at a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ear {
    energy: u64,
    filled: u64,
    heard: u64,
    /// When the agent began to speak after a pause, and when it was last heard, in samples.
    began: Option<u64>,
    last: Option<u64>,
}

impl Ear {
    /// The next samples that were played.
    pub(crate) fn hear(&mut self, codes: &[u8]) {
        for &code in codes {
            let sample = i64::from(decode_mulaw(code));
            self.energy += sample.unsigned_abs().pow(2);
            self.filled += 1;
            self.heard += 1;
            if self.filled == BLOCK {
                if self.energy > LOUD * BLOCK {
                    self.is_loud();
                }
                (self.energy, self.filled) = (0, 0);
            }
        }
    }

    /// When the agent last began to speak after half a second of silence.
    pub(crate) const fn began(&self) -> Option<u64> {
        self.began
    }

    /// Until when the agent was heard.
    pub(crate) const fn last(&self) -> Option<u64> {
        self.last
    }

    /// Whether the agent was heard within the last 40 ms.
    pub(crate) fn is_in_speech(&self) -> bool {
        self.last.is_some_and(|last| self.heard - last < 4 * BLOCK)
    }

    fn is_loud(&mut self) {
        let pause = self.last.map_or(u64::MAX, |last| self.heard - last);
        if pause >= PAUSE {
            self.began = Some(self.heard - BLOCK);
        }
        self.last = Some(self.heard);
    }
}

/// 10 ms.
const BLOCK: u64 = 80;
/// Mean square of −45 dBov, from which a person hears speech on a phone.
const LOUD: u64 = 33_954;
/// Half a second of silence, after which speech begins anew.
const PAUSE: u64 = 4_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speech_begins_and_ends() {
        let mut ear = Ear::default();
        ear.hear(&[0xFF; 1_000]);
        assert_eq!((ear.began(), ear.last()), (None, None));
        ear.hear(&[0x9F; 840]);
        ear.hear(&[0xFF; 800]);
        // Blocks of 80: of the first, from 960 on, half the samples are loud.
        assert_eq!((ear.began(), ear.last()), (Some(960), Some(1_840)));
        assert!(!ear.is_in_speech());
        // A short pause is not the end of speech.
        ear.hear(&[0x9F; 80]);
        assert_eq!(ear.began(), Some(960));
        assert!(ear.is_in_speech());
        ear.hear(&[0xFF; 5_000]);
        ear.hear(&[0x9F; 160]);
        assert!(ear.began() > Some(7_000));
    }

    #[test]
    fn noise_of_the_line_is_no_speech() {
        let mut ear = Ear::default();
        // ±8 of 32 768.
        ear.hear(&[0xFE, 0x7E].repeat(4_000));
        assert_eq!(ear.began(), None);
    }
}
