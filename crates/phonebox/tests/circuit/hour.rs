//! An hour of talk in a moment, and the bridge's account of it against the carrier's.

use std::time::Duration;

use phonebox::carrier::{Caller, LineSettings, When};
use phonebox::circuit::{Circuit, no_tools};
use voice_call::call::Event;

use super::support::*;

/// Speaks for so long and longer, and interrupts each third answer.
fn talkative(until: Duration) -> Caller {
    // More than there is time for.
    let exchanges = (until.as_secs() / 3) as usize;
    let mut cues = Vec::new();
    for number in 0..exchanges {
        let when = if number % 3 == 2 {
            When::BargeIn(ms(900))
        } else {
            When::AfterAgent(ms(700))
        };
        cues.push(say(when, number % 4));
    }
    Caller { cues }
}

#[test]
fn an_hour_with_handovers() {
    let hour = Duration::from_secs(3_500);
    let mut circuit = Circuit::new(settings(), model(""), talkative(hour));
    circuit.streams[0].line.limit = hour;
    circuit.model_delay = ms(30);
    let outcome = circuit.run(no_tools, |_| {});
    assert_eq!(end(&outcome), "caller_hung_up");
    assert!(outcome.sessions.len() >= 6, "{}", outcome.sessions.len());
    let barge_ins = count(&outcome, |it| matches!(it, Event::BargedIn { .. }));
    assert!(barge_ins > 50, "{barge_ins}");
    // What was queued was heard, dropped, or was still waiting when the caller hung up.
    let heard = outcome.heard;
    assert_eq!(heard.queued, heard.heard + heard.dropped + heard.unheard);
}

/// The bridge's account of what was heard against what the carrier really played, in samples: how far off it is at most in each turn,
/// from what it was off before.
fn ledger_error(line: LineSettings) -> u64 {
    let mut circuit = Circuit::new(settings(), model(""), talkative(Duration::from_secs(120)));
    circuit.streams[0].line = LineSettings {
        limit: Duration::from_secs(120),
        ..line
    };
    let (mut worst, mut before) = (0, 0);
    let outcome = circuit.run(no_tools, |moment| {
        if let Some(line) = moment.line {
            let account = moment.call.heard(moment.now);
            let error = account.heard as i64 - line.recording().log.samples_played as i64;
            worst = worst.max(error.abs_diff(before));
            if account.unheard == 0 {
                before = error;
            }
        }
    });
    assert_eq!(end(&outcome), "caller_hung_up");
    assert!(count(&outcome, |it| matches!(it, Event::BargedIn { .. })) > 3);
    worst
}

#[test]
fn the_ledger_is_exact_without_delays() {
    assert!(ledger_error(LineSettings::default()) <= MARK, "to a mark");
}

#[test]
fn the_ledger_is_off_by_the_way_back_at_most() {
    let line = LineSettings {
        to_bridge: ms(40),
        from_bridge: ms(40),
        jitter: ms(10),
        drift_ppm: 200,
        seed: 3,
        ..LineSettings::default()
    };
    let way = 8 * (40 + 40 + 2 * 10);
    assert!(ledger_error(line) <= MARK + way);
}

/// From mark to mark, in samples.
const MARK: u64 = 8 * 100;
