//! The playout against a simulated carrier: what was heard, at what pace, and that nothing is lost.

use std::collections::VecDeque;
use std::time::Duration;

use proptest::prelude::*;
use voice_call::{Playout, PlayoutSettings, Send, Time};

/// A carrier behind a network: plays what it gets in order by a clock of its own, and answers marks.
struct Carrier {
    /// One way, in order.
    delay: Duration,
    /// How many of its samples pass in a second of ours.
    rate: f64,
    arriving: VecDeque<(Time, Message)>,
    buffer: VecDeque<Message>,
    /// Codes really played, and the position on its clock up to which it has played or was silent.
    played: Vec<u8>,
    clock: f64,
    returning: VecDeque<(Time, u32, u64)>,
    silence: u64,
}

#[derive(Clone, PartialEq)]
enum Message {
    Sound(Vec<u8>),
    Mark(u32, u64),
    Clear,
}

impl Carrier {
    fn new(delay: Duration, ppm: i32) -> Self {
        Self {
            delay,
            rate: 8_000.0 * (1.0 + f64::from(ppm) * 1e-6),
            arriving: VecDeque::new(),
            buffer: VecDeque::new(),
            played: Vec::new(),
            clock: 0.0,
            returning: VecDeque::new(),
            silence: 0,
        }
    }

    fn send(&mut self, now: Time, send: Send<'_>) {
        let message = match send {
            Send::Sound(codes) => Message::Sound(codes.to_vec()),
            Send::Mark {
                generation,
                position,
            } => Message::Mark(generation, position),
            Send::Clear => Message::Clear,
        };
        self.arriving.push_back((now + self.delay, message));
    }

    /// Lives until `now`, a millisecond later.
    fn tick(&mut self, now: Time) {
        while self.arriving.front().is_some_and(|(at, _)| *at <= now) {
            match self.arriving.pop_front().expect("one is there").1 {
                Message::Clear => {
                    for message in std::mem::take(&mut self.buffer) {
                        self.give_back(now, &message);
                    }
                }
                message => self.buffer.push_back(message),
            }
        }
        let end = now.since_beginning().as_secs_f64() * self.rate;
        while self.clock + 1.0 <= end {
            self.clock += 1.0;
            self.give_back_marks(now);
            match self.buffer.front_mut() {
                Some(Message::Sound(codes)) => {
                    self.played.push(codes.remove(0));
                    if codes.is_empty() {
                        self.buffer.pop_front();
                    }
                }
                _ => self.silence += 1,
            }
        }
        self.give_back_marks(now);
    }

    fn give_back_marks(&mut self, now: Time) {
        while let Some(message @ Message::Mark(..)) = self.buffer.front().cloned() {
            self.buffer.pop_front();
            self.give_back(now, &message);
        }
    }

    fn give_back(&mut self, now: Time, message: &Message) {
        if let Message::Mark(generation, position) = *message {
            self.returning
                .push_back((now + self.delay, generation, position));
        }
    }
}

/// What the model and the caller do, a millisecond each.
#[derive(Clone, Debug)]
enum Act {
    Burst(usize),
    EndTurn,
    BargeIn,
    Wait(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => (1_usize..30_000).prop_map(Act::Burst),
        2 => Just(Act::EndTurn),
        1 => Just(Act::BargeIn),
        4 => (1_u64..3_000).prop_map(Act::Wait),
    ];
    proptest::collection::vec(act, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever happens, the ledger is right to one mark interval and a frame of what the carrier really played until
    /// it got the `clear`, and every sample is heard, dropped or waiting.
    #[test]
    fn the_ledger_is_right(acts in acts(), delay in 0_u64..120, ppm in -200_i32..=200) {
        let delay = Duration::from_millis(delay);
        let mut playout = Playout::new(PlayoutSettings::default());
        let mut carrier = Carrier::new(delay, ppm);
        let mut now = Time::ZERO;
        let mut next = 0_u8;
        for act in acts {
            match act {
                Act::Burst(count) => {
                    let codes: Vec<u8> = (0..count).map(|_| { next = next.wrapping_add(1); next }).collect();
                    prop_assert_eq!(playout.push(&codes), 0);
                }
                Act::EndTurn => playout.end_turn(),
                Act::BargeIn => {
                    let told = playout.barge_in(now).heard;
                    let played = carrier.played.len() as u64;
                    prop_assert!(
                        told.abs_diff(played) <= tolerance(delay),
                        "told {} of {} played", told, played
                    );
                    // Until the clear is there the carrier plays on; what was heard on the way is not known.
                    settle(&mut playout, &mut carrier, &mut now, delay);
                    let heard_on_the_way = carrier.played.len() as u64 - played;
                    prop_assert!(heard_on_the_way <= samples(delay) + 160);
                    // From here the books begin anew.
                    carrier.played.truncate(usize::try_from(told).unwrap().min(carrier.played.len()));
                    while (carrier.played.len() as u64) < told { carrier.played.push(0); }
                }
                Act::Wait(milliseconds) => {
                    for _ in 0..milliseconds {
                        step(&mut playout, &mut carrier, &mut now);
                        let heard = playout.heard(now);
                        prop_assert_eq!(heard.queued, heard.heard + heard.dropped + heard.unheard);
                        prop_assert!(heard.heard.abs_diff(carrier.played.len() as u64) <= tolerance(delay));
                    }
                }
            }
        }
        // In the end all that was not dropped is heard.
        playout.end_turn();
        for _ in 0..200_000 {
            step(&mut playout, &mut carrier, &mut now);
        }
        let heard = playout.heard(now);
        prop_assert_eq!(heard.unheard, 0);
        prop_assert_eq!(heard.heard, carrier.played.len() as u64);
    }

    /// A turn is heard without a hole and in order, whatever the delay and however late the timer, up to the lead.
    #[test]
    fn a_turn_has_no_hole(
        bursts in proptest::collection::vec(1_usize..20_000, 1..20),
        late in proptest::collection::vec(0_u64..100, 1..50),
        delay in 0_u64..120,
    ) {
        let mut playout = Playout::new(PlayoutSettings::default());
        let mut carrier = Carrier::new(Duration::from_millis(delay), 0);
        let codes: Vec<u8> = (0..bursts.iter().sum::<usize>()).map(|n| (n % 251) as u8).collect();
        playout.push(&codes);
        playout.end_turn();
        let (mut now, mut asleep, mut late) = (Time::ZERO, 0, late.iter().cycle());
        let mut began = None;
        for _ in 0..codes.len() / 8 + 1_000 {
            now += Duration::from_millis(1);
            if asleep == 0 {
                while let Some(send) = playout.poll(now) {
                    carrier.send(now, send);
                }
                asleep = *late.next().unwrap();
            } else {
                asleep -= 1;
            }
            carrier.tick(now);
            if !carrier.played.is_empty() && began.is_none() {
                began = Some(carrier.silence);
            }
            if carrier.played.len() < codes.len() {
                prop_assert!(began.is_none_or(|silence| carrier.silence == silence), "a hole at {}", now);
            }
        }
        prop_assert_eq!(&carrier.played, &codes);
    }

    /// Marks that no carrier would send change nothing that can be wrong.
    #[test]
    fn impossible_marks_are_ignored(marks in proptest::collection::vec((any::<u32>(), any::<u64>()), 0..50)) {
        let mut playout = Playout::new(PlayoutSettings::default());
        playout.push(&[0; 4_000]);
        let now = Time::ZERO + Duration::from_millis(5);
        while playout.poll(now).is_some() {}
        for (generation, position) in marks {
            playout.returned(now, generation, position);
            let heard = playout.heard(now);
            prop_assert!(heard.heard <= 1_440);
            prop_assert_eq!(heard.queued, heard.heard + heard.dropped + heard.unheard);
        }
    }
}

fn step(playout: &mut Playout, carrier: &mut Carrier, now: &mut Time) {
    *now += Duration::from_millis(1);
    while carrier.returning.front().is_some_and(|(at, ..)| at <= now) {
        let (_, generation, position) = carrier.returning.pop_front().expect("one is there");
        playout.returned(*now, generation, position);
    }
    while let Some(send) = playout.poll(*now) {
        carrier.send(*now, send);
    }
    carrier.tick(*now);
}

/// Lives until the carrier has everything.
fn settle(playout: &mut Playout, carrier: &mut Carrier, now: &mut Time, delay: Duration) {
    for _ in 0..=delay.as_millis() {
        step(playout, carrier, now);
    }
}

/// One mark interval and a frame, and the way there.
fn tolerance(delay: Duration) -> u64 {
    samples(Duration::from_millis(220)) + samples(delay)
}

fn samples(duration: Duration) -> u64 {
    duration.as_millis() as u64 * 8
}
