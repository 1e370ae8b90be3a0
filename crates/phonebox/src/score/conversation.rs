//! A call as both emulated sides recorded it, put on one axis of time.

use std::time::Duration;

use voice_call::Time;

use super::{Conversation, Heard, Said, Timeline, Turn};
use crate::carrier::{Clock, Recording};
use crate::model::{EventKind, Record};
use crate::voice;

impl Conversation {
    /// From the carrier's streams and the model's connections of one call, each in its order and by the same clock.
    ///
    /// `told` is what the bridge said of its interruptions, where it says so: when, and how much of the turn was heard.
    #[must_use]
    pub fn new(streams: &[Recording], sessions: &[Record], told: &[(Time, Duration)]) -> Self {
        let silent = || Timeline::new(Clock::new(Time::ZERO, 0), 0, Vec::new());
        let line = Recording::joined(streams);
        let mut turns: Vec<_> = sessions.iter().flat_map(turns).collect();
        turns.sort_by_key(|turn| turn.pieces.first().map(|piece| piece.at));
        Self {
            caller_said: line.as_ref().map_or_else(silent, Timeline::said),
            caller_heard: line.as_ref().map_or_else(silent, Timeline::heard),
            ledger: ledger(&turns, told),
            turns,
            model_heard: sessions.iter().flat_map(heard).collect(),
            handovers: handovers(sessions),
        }
    }
}

/// The turns of which something was sent.
fn turns(record: &Record) -> Vec<Turn> {
    let mut turns: Vec<Turn> = vec![Turn::default(); record.turns.len()];
    let sounds: Vec<_> = record
        .turns
        .iter()
        .map(|turn| turn.sound.concat())
        .collect();
    for said in &record.said {
        let (from, to) = (said.offset, said.offset + said.bytes);
        let (Some(turn), Some(sound)) = (turns.get_mut(said.turn), sounds.get(said.turn)) else {
            continue;
        };
        // A sample belongs to the piece that its second byte came with.
        let pcm = sound.get(from / 2 * 2..to / 2 * 2).unwrap_or_default();
        turn.pieces.push(Said {
            at: said.at,
            pcm: voice::samples_of(pcm),
        });
    }
    for event in &record.events {
        if let EventKind::Interrupted { turn } = event.kind
            && let Some(turn) = turns.get_mut(turn)
        {
            turn.interrupted = Some(event.at);
        }
    }
    turns.retain(|turn| !turn.pieces.is_empty());
    turns
}

fn heard(record: &Record) -> Vec<Heard> {
    let mut before = 0;
    let piece = |&(at, until): &(Time, usize)| {
        let from = std::mem::replace(&mut before, until);
        Heard {
            at,
            pcm: record.heard[from..until].to_vec(),
        }
    };
    record.heard_at.iter().map(piece).collect()
}

/// From the end of each connection that was set up to the setup of the next.
fn handovers(sessions: &[Record]) -> Vec<(Time, Time)> {
    let mut ended = None;
    let mut found = Vec::new();
    for event in sessions.iter().flat_map(|record| &record.events) {
        match event.kind {
            EventKind::Ready { .. } => found.extend(ended.take().map(|from| (from, event.at))),
            EventKind::Closed(_) | EventKind::Cut | EventKind::Gone => {
                ended.get_or_insert(event.at);
            }
            _ => {}
        }
    }
    found
}

/// What the bridge said of each turn that was interrupted: the next that it said.
fn ledger(turns: &[Turn], told: &[(Time, Duration)]) -> Vec<Option<Duration>> {
    let mut told = told.iter().peekable();
    let said = turns.iter().enumerate().map(|(number, turn)| {
        let interrupted = turn.interrupted?;
        let next = turns[number + 1..].iter().find_map(|turn| turn.interrupted);
        while told.next_if(|(at, _)| *at < interrupted).is_some() {}
        told.next_if(|(at, _)| next.is_none_or(|next| *at < next))
            .map(|(_, heard)| *heard)
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Event, SaidTurn};

    fn ms(ms: u64) -> Time {
        Time::ZERO + Duration::from_millis(ms)
    }

    fn piece(at: u64, offset: usize, bytes: usize) -> crate::model::Said {
        crate::model::Said {
            at: ms(at),
            turn: 0,
            offset,
            bytes,
        }
    }

    fn event(at: u64, kind: EventKind) -> Event {
        Event { at: ms(at), kind }
    }

    #[test]
    fn odd_pieces_are_put_together() {
        let sound = voice::pcm_bytes(&[1, -2, 3, -4, 5]);
        let record = Record {
            turns: vec![SaidTurn {
                sound: vec![sound[..3].into(), sound[3..].into()],
                ..SaidTurn::default()
            }],
            said: vec![piece(0, 0, 3), piece(5, 3, 1), piece(9, 4, 5)],
            events: vec![event(9, EventKind::Interrupted { turn: 0 })],
            heard: vec![7; 50],
            heard_at: vec![(ms(1), 20), (ms(2), 50)],
            ..Record::default()
        };
        let told = [(ms(3), Duration::ZERO), (ms(11), Duration::from_secs(1))];
        let conversation = Conversation::new(&[], &[record], &told);
        let pieces = &conversation.turns[0].pieces;
        assert_eq!(pieces[0].pcm, [1]);
        assert_eq!(pieces[1].pcm, [-2]);
        assert_eq!(pieces[2].pcm, [3, -4]);
        assert_eq!(conversation.turns[0].interrupted, Some(ms(9)));
        assert_eq!(conversation.ledger, [Some(Duration::from_secs(1))]);
        assert_eq!(conversation.model_heard[1].at, ms(2));
        assert_eq!(conversation.model_heard[1].pcm.len(), 30);
    }

    #[test]
    fn the_model_is_away_from_one_connection_to_the_next() {
        let ready = EventKind::Ready { is_resumed: false };
        let session = |events| Record {
            events,
            ..Record::default()
        };
        let sessions = [
            session(vec![event(5, ready.clone()), event(100, EventKind::Cut)]),
            // Refused: the model is still away.
            session(vec![event(110, EventKind::Gone)]),
            session(vec![event(150, ready), event(900, EventKind::Gone)]),
        ];
        let conversation = Conversation::new(&[], &sessions, &[]);
        assert_eq!(conversation.handovers, [(ms(100), ms(150))]);
    }
}
