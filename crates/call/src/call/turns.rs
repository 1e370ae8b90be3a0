//! Who said what: turns with their place in the sound, cut where a barge-in cut them, and the transcript that follows.

use std::collections::VecDeque;
use std::time::Duration;

use super::event::{Speaker, Utterance};
use crate::Time;
use crate::line::duration;
use crate::redact::Pii;

/// The turns of a call. Positions are in samples at 8 kHz since the call began, as the playout counts what is queued.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// The agent's turns that are not over at the caller's ear, the oldest first.
    agent: VecDeque<AgentTurn>,
    caller: Option<CallerTurn>,
    /// Whether the words that still come belong to a turn that was cut.
    is_cut: bool,
    transcript: VecDeque<Utterance>,
    /// The sum of the transcript's texts, in bytes.
    size: usize,
}

#[derive(Debug)]
struct AgentTurn {
    begin: u64,
    /// None while the model still speaks.
    end: Option<u64>,
    /// Whether no more words can come.
    is_complete: bool,
    /// Whether it has any sound: words alone are no speech.
    has_sound: bool,
    /// When its first sound was heard.
    heard_at: Option<Time>,
    text: String,
}

#[derive(Debug)]
struct CallerTurn {
    at: Time,
    text: String,
}

impl Turns {
    /// More of the agent's sound will be queued, from this position on. Answers whether a turn begins with it.
    pub(super) fn agent_sounds(&mut self, queued: u64) -> bool {
        self.is_cut = false;
        let is_full = self.agent.len() >= MOST_TURNS;
        if let Some(last) = self.agent.back_mut() {
            if last.end.is_none() {
                return !std::mem::replace(&mut last.has_sound, true);
            }
            if is_full {
                last.end = None;
                return false;
            }
            last.is_complete = true;
        }
        self.begin(queued, true);
        true
    }

    /// More of the agent's words, before or after their sound.
    pub(super) fn agent_says(&mut self, queued: u64, words: &str) {
        if self.is_cut || words.is_empty() {
            return;
        }
        if self.agent.back().is_none_or(|last| last.is_complete) {
            if self.agent.len() >= MOST_TURNS {
                return;
            }
            self.begin(queued, false);
        }
        if let Some(last) = self.agent.back_mut() {
            push_words(&mut last.text, words);
        }
    }

    /// The model has said all of its turn; its sound is queued up to this position.
    pub(super) fn agent_stops(&mut self, queued: u64) {
        if let Some(last) = self.agent.back_mut() {
            last.end.get_or_insert(queued);
        }
    }

    /// The model's turn is over. Answers whether it had any sound.
    pub(super) fn agent_completes(&mut self, queued: u64) -> bool {
        self.agent_stops(queued);
        let was_cut = std::mem::take(&mut self.is_cut);
        self.agent.back_mut().map_or(was_cut, |last| {
            last.is_complete = true;
            was_cut || last.end > Some(last.begin)
        })
    }

    /// Whether the model is in the middle of a turn.
    pub(super) fn is_agent_speaking(&self) -> bool {
        let last = self.agent.back();
        last.is_some_and(|last| last.end.is_none() && last.has_sound)
    }

    /// Up to where the caller's ear has come. Answers the turns that are over with it.
    pub(super) fn heard(&mut self, now: Time, position: u64) -> Vec<Utterance> {
        let mut over = Vec::new();
        while let Some(first) = self.agent.front_mut() {
            if position > first.begin {
                first.heard_at.get_or_insert(now);
            }
            let is_over = first.is_complete && first.end.is_some_and(|end| position >= end);
            if !is_over {
                break;
            }
            let turn = self.agent.pop_front();
            over.extend(turn.and_then(|turn| turn.utterance(now, position, position)));
        }
        self.keep(&over);
        over
    }

    /// The caller hears nothing of what is queued beyond `position`. Answers the turns, as far as they were heard.
    pub(super) fn cut(&mut self, now: Time, position: u64, queued: u64) -> Vec<Utterance> {
        self.is_cut = self.agent.back().is_some_and(|last| !last.is_complete);
        let turns = self.agent.drain(..);
        let cut: Vec<_> = turns
            .filter_map(|turn| turn.utterance(now, position, queued))
            .collect();
        self.keep(&cut);
        cut
    }

    /// More of the caller's words.
    pub(super) fn caller_says(&mut self, now: Time, words: &str) {
        if words.is_empty() {
            return;
        }
        let turn = self.caller.get_or_insert_with(|| CallerTurn {
            at: now,
            text: String::new(),
        });
        push_words(&mut turn.text, words);
    }

    /// The caller's turn is over, if there is one.
    pub(super) fn caller_stops(&mut self) -> Option<Utterance> {
        let CallerTurn { at, text } = self.caller.take()?;
        let said = Utterance {
            speaker: Speaker::Caller,
            at,
            text: Pii::new(text.trim().to_owned()),
            heard: Duration::ZERO,
            unheard: Duration::ZERO,
        };
        self.keep(std::slice::from_ref(&said));
        Some(said)
    }

    /// The words that were said last, and who said them, whether heard to their end or not.
    pub(super) fn last_words(&self) -> Option<(Speaker, &str)> {
        let caller = self
            .caller
            .as_ref()
            .map(|turn| (Speaker::Caller, turn.text.trim()));
        let agent = || {
            self.agent
                .back()
                .map(|turn| (Speaker::Agent, turn.text.trim()))
        };
        let before = || {
            let said = self.transcript.back()?;
            Some((said.speaker, said.text.expose().as_str()))
        };
        let last = caller.or_else(agent).or_else(before);
        last.filter(|(_, words)| !words.is_empty())
    }

    /// What was said so far, the oldest first; of a long call its end.
    pub(super) fn transcript(&self) -> impl ExactSizeIterator<Item = &Utterance> {
        self.transcript.iter()
    }

    /// Goes on with what was said elsewhere.
    pub(super) fn remember(&mut self, transcript: &[Utterance]) {
        self.keep(transcript);
    }

    fn begin(&mut self, queued: u64, has_sound: bool) {
        self.agent.push_back(AgentTurn {
            begin: queued,
            end: None,
            is_complete: false,
            has_sound,
            heard_at: None,
            text: String::new(),
        });
    }

    fn keep(&mut self, said: &[Utterance]) {
        for utterance in said {
            self.size += utterance.text.expose().len();
            self.transcript.push_back(utterance.clone());
        }
        while self.size > LONGEST_TRANSCRIPT || self.transcript.len() > MOST_UTTERANCES {
            let Some(oldest) = self.transcript.pop_front() else {
                break;
            };
            self.size -= oldest.text.expose().len();
        }
    }
}

impl AgentTurn {
    /// What was heard of it, if anything.
    fn utterance(self, now: Time, position: u64, queued: u64) -> Option<Utterance> {
        let said = self.end.unwrap_or(queued).saturating_sub(self.begin);
        let heard = position.saturating_sub(self.begin).min(said);
        (heard > 0).then(|| Utterance {
            speaker: Speaker::Agent,
            at: self.heard_at.unwrap_or(now),
            text: Pii::new(heard_words(self.text.trim(), heard, said).to_owned()),
            heard: duration(heard),
            unheard: duration(said - heard),
        })
    }
}

/// The words that were heard when so much of their sound was, if all letters take the same time: no model says when
/// it says which word. A word that was begun counts as not heard.
fn heard_words(text: &str, heard: u64, said: u64) -> &str {
    if heard >= said {
        return text;
    }
    let letters = text.chars().count() as u64;
    let heard = usize::try_from(letters * heard / said.max(1)).unwrap_or(usize::MAX);
    let end = text.char_indices().nth(heard).map_or(text.len(), |it| it.0);
    if text[end..].starts_with(char::is_whitespace) {
        return text[..end].trim_end();
    }
    let words = text[..end].rfind(char::is_whitespace);
    text[..words.unwrap_or(0)].trim_end()
}

fn push_words(text: &mut String, words: &str) {
    let room = LONGEST_TURN.saturating_sub(text.len());
    let end = (0..=room.min(words.len()))
        .rev()
        .find(|&end| words.is_char_boundary(end));
    text.push_str(&words[..end.unwrap_or(0)]);
}

/// The most of the agent's turns that wait for the caller's ear; what comes beyond is taken for the last one's.
const MOST_TURNS: usize = 64;
/// The most words of one turn, in bytes.
const LONGEST_TURN: usize = 16 << 10;
/// The most that is kept of what was said, in bytes and in turns. Some two hours.
const LONGEST_TRANSCRIPT: usize = 64 << 10;
const MOST_UTTERANCES: usize = 2_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Time {
        Time::ZERO + Duration::from_secs(seconds)
    }

    #[test]
    fn a_turn_is_over_when_it_was_heard_and_no_word_can_come() {
        let mut turns = Turns::default();
        turns.agent_says(0, "Good ");
        assert!(turns.agent_sounds(0));
        turns.agent_stops(8_000);
        assert!(turns.heard(seconds(1), 8_000).is_empty(), "words may come");
        turns.agent_says(8_000, "morning.");
        assert!(turns.agent_completes(8_000));
        let over = turns.heard(seconds(2), 8_000);
        assert_eq!(over.len(), 1);
        assert_eq!(over[0].text.expose(), "Good morning.");
        assert_eq!(
            (over[0].heard, over[0].at),
            (Duration::from_secs(1), seconds(1))
        );
    }

    #[test]
    fn a_cut_turn_keeps_the_words_that_were_heard_and_no_late_ones() {
        let mut turns = Turns::default();
        turns.agent_sounds(800);
        turns.agent_says(800, "We open at eight in the morning");
        let cut = turns.cut(seconds(3), 4_800, 8_800);
        assert_eq!(cut[0].text.expose(), "We open at");
        assert_eq!(cut[0].unheard, Duration::from_millis(500));
        turns.agent_says(8_800, " and close at six.");
        assert!(turns.agent_completes(8_800));
        assert!(turns.agent_sounds(8_800));
        turns.agent_says(8_800, "Yes?");
        turns.agent_completes(9_600);
        assert_eq!(turns.heard(seconds(4), 9_600)[0].text.expose(), "Yes?");
        assert_eq!(turns.transcript().len(), 2);
    }

    #[test]
    fn what_nobody_heard_is_not_in_the_transcript() {
        let mut turns = Turns::default();
        turns.agent_sounds(0);
        turns.agent_says(0, "Never heard");
        assert!(turns.cut(seconds(0), 0, 8_000).is_empty());
        assert!(!Turns::default().agent_completes(0), "a turn without sound");
    }

    #[test]
    fn heard_words_are_whole() {
        let text = "über alles gehört";
        for (heard, expected) in [
            (0, ""),
            (4, "über"),
            (5, "über"),
            (9, "über"),
            (10, "über alles"),
            (17, text),
        ] {
            assert_eq!(heard_words(text, heard, 17), expected, "{heard}");
        }
    }

    #[test]
    fn nothing_grows_without_bound() {
        let mut turns = Turns::default();
        for n in 0..10_000 {
            turns.agent_sounds(n);
            turns.agent_says(n, &"word ".repeat(100));
            turns.agent_completes(n + 1);
            turns.caller_says(seconds(n), &"x".repeat(1 << 20));
            turns.caller_stops();
        }
        assert!(turns.agent.len() <= MOST_TURNS);
        assert!(turns.size <= LONGEST_TRANSCRIPT);
        assert_eq!(
            turns.size,
            turns
                .transcript()
                .map(|it| it.text.expose().len())
                .sum::<usize>()
        );
    }
}
