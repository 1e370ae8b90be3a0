//! Tokens, as a service would count them.

use voice_call::gemini::{INPUT_RATE, ModalityTokens, OUTPUT_RATE, Usage};

/// What a talk has used so far. Sound is 25 tokens a second, four letters of text are one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    letters: u64,
    heard_samples: u64,
    said_bytes: u64,
}

impl Tally {
    pub(super) fn read(&mut self, text: &str) {
        self.letters += text.len() as u64;
    }

    pub(super) fn hear(&mut self, samples: usize) {
        self.heard_samples += samples as u64;
    }

    pub(super) fn say(&mut self, bytes: usize) {
        self.said_bytes += bytes as u64;
    }

    pub(super) fn usage(&self) -> Usage {
        let text = self.letters.div_ceil(4);
        let heard = (self.heard_samples * TOKENS).div_ceil(u64::from(INPUT_RATE));
        let said = (self.said_bytes * TOKENS).div_ceil(2 * u64::from(OUTPUT_RATE));
        let details = |kinds: [(&str, u64); 2]| {
            let used = kinds.into_iter().filter(|(_, tokens)| *tokens > 0);
            let tokens = |(kind, tokens): (&str, u64)| ModalityTokens {
                modality: kind.to_owned(),
                tokens: Some(tokens),
            };
            used.map(tokens).collect()
        };
        Usage {
            prompt: Some(text + heard),
            response: Some(said),
            total: Some(text + heard + said),
            prompt_details: details([("TEXT", text), ("AUDIO", heard)]),
            response_details: details([("TEXT", 0), ("AUDIO", said)]),
            ..Usage::default()
        }
    }
}

/// A second of sound.
const TOKENS: u64 = 25;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_grow_with_seconds() {
        let mut tally = Tally::default();
        tally.read("Say hi.");
        tally.hear(32_000);
        tally.say(48_000);
        let usage = tally.usage();
        assert_eq!(
            (usage.prompt, usage.response, usage.total),
            (Some(52), Some(25), Some(77))
        );
        assert_eq!(usage.prompt_details.len(), 2);
    }
}
