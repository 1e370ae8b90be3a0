//! The emulated carrier against the call library's own pacing, in virtual time: what one believes was heard is what the other played.

use std::time::Duration;

use phonebox::carrier::{Caller, Clock, Line, LineSettings, Output};
use voice_call::twilio::{self, FromCarrier};
use voice_call::{Playout, PlayoutSettings, Send, Time};

const STREAM: &str = "MZ00000000000000000000000000000001";

/// A bridge that only speaks.
struct Bridge {
    line: Line,
    playout: Playout,
    now: Time,
}

impl Bridge {
    fn new(settings: LineSettings) -> Self {
        Self {
            line: Line::new(settings, Caller::default(), Time::ZERO),
            playout: Playout::new(PlayoutSettings::default()),
            now: Time::ZERO,
        }
    }

    fn run(&mut self, until: Time) {
        loop {
            self.exchange();
            let next = [self.line.timeout(), self.playout.timeout()];
            match next.into_iter().flatten().filter(|at| *at > self.now).min() {
                Some(at) if at <= until => self.now = at,
                _ => break,
            }
        }
        self.now = until;
        self.exchange();
    }

    fn exchange(&mut self) {
        let mut text = String::new();
        while let Some(send) = self.playout.poll(self.now) {
            text.clear();
            match send {
                Send::Sound(codes) => twilio::write_media(&mut text, STREAM, codes),
                Send::Mark {
                    generation,
                    position,
                } => {
                    twilio::write_mark(&mut text, STREAM, &format!("{generation}:{position}"));
                }
                Send::Clear => twilio::write_clear(&mut text, STREAM),
            }
            self.line.handle(self.now, &text);
        }
        while let Some((_, output)) = self.line.poll(self.now) {
            let Output::Text(text) = output else { continue };
            if let FromCarrier::Mark(mark) = FromCarrier::parse(&text).unwrap() {
                let (generation, position) = mark.name.split_once(':').unwrap();
                self.playout.returned(
                    self.now,
                    generation.parse().unwrap(),
                    position.parse().unwrap(),
                );
            }
        }
    }
}

fn ms(ms: u64) -> Time {
    Time::ZERO + Duration::from_millis(ms)
}

#[test]
fn a_burst_is_heard_without_a_gap_and_both_know_what_was_heard() {
    let mut bridge = Bridge::new(LineSettings::default());
    bridge.run(ms(1_000));
    bridge.playout.push(&[0x9F; 24_000]);
    bridge.playout.end_turn();
    bridge.run(ms(2_500));
    let heard = bridge.playout.barge_in(bridge.now);
    bridge.run(ms(6_000));
    let recording = bridge.line.recording();
    let played = recording.heard.iter().filter(|code| **code == 0x9F).count() as u64;
    assert_eq!((played, heard.heard), (12_000, 12_000));
    assert_eq!(
        recording.heard.iter().position(|code| *code == 0x9F),
        Some(8_000)
    );
    assert_eq!(recording.log.underruns, []);
    // The lead of 160 ms, and the frame of that instant.
    assert_eq!(
        recording
            .log
            .discards
            .iter()
            .map(|discard| discard.samples)
            .sum::<u64>(),
        1_440
    );
}

#[test]
fn ten_minutes_on_a_carrier_whose_clock_runs_fast_or_slow() {
    for drift_ppm in [-200, 200] {
        let settings = LineSettings {
            drift_ppm,
            ..LineSettings::default()
        };
        let mut bridge = Bridge::new(settings);
        for _ in 0..6 {
            let turn = bridge.now;
            bridge.playout.push(&[0x9F; 400_000]);
            bridge.playout.end_turn();
            bridge.run(turn + Duration::from_secs(100));
        }
        let recording = bridge.line.recording();
        assert_eq!(recording.log.underruns, [], "{drift_ppm}");
        let all = bridge.playout.heard(bridge.now);
        assert_eq!(
            (all.heard, recording.log.samples_played),
            (2_400_000, 2_400_000)
        );
        assert_eq!(recording.clock, Clock::new(Time::ZERO, drift_ppm));
    }
}
