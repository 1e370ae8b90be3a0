//! What goes wrong on the line, and how the call ends.

use phonebox::carrier::{Caller, Counters, Ending, Fault, FaultKind, LineSettings, When};
use phonebox::circuit::{Circuit, Outcome, Stream};
use phonebox::score::Score;
use voice_call::call::Event;

use super::support::*;

/// A polite call with a parrot over a line with a fault.
fn over(line: LineSettings) -> (Outcome, Score) {
    let mut circuit = circuit("");
    circuit.streams[0].line = line;
    let outcome = run(circuit);
    let score = outcome.score();
    (outcome, score)
}

fn fault(at: u64, kind: FaultKind) -> LineSettings {
    LineSettings {
        faults: vec![Fault { at: ms(at), kind }],
        ..LineSettings::default()
    }
}

fn ignored(outcome: &Outcome) -> usize {
    count(outcome, |it| matches!(it, Event::Ignored { .. }))
}

#[test]
fn clocks_that_drift_spoil_nothing() {
    for drift_ppm in [-200, 200] {
        let (outcome, score) = over(LineSettings {
            drift_ppm,
            ..LineSettings::default()
        });
        assert_eq!(end(&outcome), "caller_hung_up", "{drift_ppm}");
        assert_eq!(score.to_caller.said, 3, "{score}");
        assert_clean_to_caller(&score);
    }
}

#[test]
fn counters_are_not_believed() {
    for counters in [Counters::Numbers, Counters::Repeated, Counters::Reordered] {
        let (outcome, score) = over(LineSettings {
            counters,
            ..LineSettings::default()
        });
        assert_eq!(end(&outcome), "caller_hung_up", "{counters:?}");
        assert_clean_to_caller(&score);
        assert_clean_to_model(&score);
    }
}

#[test]
fn strange_messages_are_counted_and_pass() {
    for kind in [
        FaultKind::UnknownEvent,
        FaultKind::SecondStart,
        FaultKind::Malformed,
        FaultKind::Binary,
    ] {
        let (outcome, score) = over(fault(1_000, kind));
        assert_eq!(end(&outcome), "caller_hung_up", "{kind:?}");
        assert_eq!(ignored(&outcome), 1, "{kind:?}");
        assert_clean_to_caller(&score);
        assert_clean_to_model(&score);
    }
}

#[test]
fn a_huge_message_holds_nothing_up() {
    let (outcome, score) = over(fault(1_000, FaultKind::Huge));
    assert_eq!(end(&outcome), "caller_hung_up");
    assert_clean_to_caller(&score);
}

#[test]
fn all_ways_to_hang_up_end_the_call() {
    for (ending, expected) in [
        (Ending::Stop, "caller_hung_up"),
        (Ending::StopOnly, "caller_hung_up"),
        // Without a stop another stream may come, and is waited for.
        (Ending::Close, "carrier_lost"),
        (Ending::Cut, "carrier_lost"),
    ] {
        let (outcome, score) = over(LineSettings {
            ending,
            ..LineSettings::default()
        });
        assert_eq!(end(&outcome), expected, "{ending:?}");
        assert_clean_to_caller(&score);
    }
}

#[test]
fn a_half_open_line_is_given_up() {
    let mut circuit = circuit("");
    circuit.streams[0].line = fault(4_000, FaultKind::HalfOpen);
    circuit.streams[0].line.limit = ms(600_000);
    let outcome = run(circuit);
    assert!(outcome.end.is_some());
    assert!(outcome.at.since_beginning() < ms(300_000), "{}", outcome.at);
}

#[test]
fn a_stream_that_is_lost_goes_on_in_another() {
    let mut circuit: Circuit = circuit("");
    circuit.streams[0].line = fault(3_000, FaultKind::Cut);
    circuit.streams.push(Stream {
        after: ms(600),
        line: LineSettings::default(),
        caller: Caller {
            cues: vec![
                say(When::At(ms(500)), 2),
                hang_up(When::AfterAgent(ms(900))),
            ],
        },
    });
    let outcome = run(circuit);
    let score = outcome.score();
    assert_eq!(end(&outcome), "caller_hung_up");
    assert_eq!(outcome.streams.len(), 2);
    assert_eq!(
        count(&outcome, |it| matches!(
            it,
            Event::Answered { is_again: true }
        )),
        1
    );
    assert_eq!(score.to_caller.clicks, 0, "{score}");
    assert!(score.to_caller.said >= 2, "{score}");
}
