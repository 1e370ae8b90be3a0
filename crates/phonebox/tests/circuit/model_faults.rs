//! What goes wrong at the model, and what the caller hears of it.

use phonebox::circuit::{Answer, Outcome};
use phonebox::score::Score;
use voice_call::call::Event;

use super::support::*;

/// A polite call with a parrot that has a fault, and its score.
fn with(faults: &str) -> (Outcome, Score) {
    let outcome = run(circuit(&format!("[faults]\n{faults}")));
    let score = outcome.score();
    (outcome, score)
}

fn handovers(outcome: &Outcome) -> usize {
    count(outcome, |it| {
        matches!(it, Event::ModelLive { gap: Some(_), .. })
    })
}

#[test]
fn odd_bytes_are_put_together() {
    let (outcome, score) = with("odd_bytes = true");
    assert_eq!(end(&outcome), "caller_hung_up");
    assert_eq!(score.to_caller.said, 3, "{score}");
    assert_clean_to_caller(&score);
}

#[test]
fn a_turn_in_one_message() {
    let (outcome, score) = with("one_message = true");
    assert_eq!(end(&outcome), "caller_hung_up");
    assert_eq!(score.to_caller.said, 3, "{score}");
    assert_clean_to_caller(&score);
}

#[test]
fn lumps_of_400_ms_leave_no_gap() {
    let (outcome, score) = with("lump_ms = 400");
    assert_eq!(end(&outcome), "caller_hung_up");
    assert_clean_to_caller(&score);
}

#[test]
fn a_slow_model_leaves_gaps_and_loses_nothing() {
    let (outcome, score) = with("speed = 0.8");
    assert_eq!(end(&outcome), "caller_hung_up");
    assert!(score.to_caller.gaps > 0, "{score}");
    assert_eq!(score.to_caller.said, score.to_caller.heard, "{score}");
    // Nothing is refused or dropped: what is missing is not found, since a concealed gap changes what is around it.
    assert_eq!((outcome.heard.dropped, outcome.heard.refused), (0, 0));
    assert_eq!(outcome.heard.queued, outcome.heard.heard);
}

#[test]
fn a_cut_between_turns_is_not_heard() {
    let (outcome, score) = with("cut_at_ms = 4000\nconnections = [1]");
    assert_eq!((end(&outcome), handovers(&outcome)), ("caller_hung_up", 1));
    assert_clean_to_caller(&score);
    assert_eq!(score.to_model.heard, score.to_model.said, "{score}");
}

#[test]
fn a_cut_in_a_turn_loses_its_rest_only() {
    let (outcome, score) = with("cut_in_turn = 1\nconnections = [1]");
    assert_eq!((end(&outcome), handovers(&outcome)), ("caller_hung_up", 1));
    assert_eq!(score.to_caller.clicks, 0, "{score}");
    assert_eq!(score.to_caller.heard, score.to_caller.said, "{score}");
}

#[test]
fn an_internal_error_in_mid_call_is_a_handover() {
    let (outcome, score) = with(
        "connections = [1]\nclose = { code = 1011, reason = \"Internal error\", at_ms = 4000 }",
    );
    assert_eq!((end(&outcome), handovers(&outcome)), ("caller_hung_up", 1));
    assert_clean_to_caller(&score);
}

#[test]
fn a_refused_message_in_mid_call_ends_it_with_advice() {
    let (outcome, score) = with(
        "close = { code = 1007, reason = \"Request contains an invalid argument.\", at_ms = 4000 }",
    );
    assert_eq!(end(&outcome), "model_failed");
    assert_clean_to_caller(&score);
}

#[test]
fn a_refused_setup_ends_the_call_with_advice() {
    let (outcome, _) = with(
        "close_at_setup = { code = 1007, reason = \"Request contains an invalid argument.\" }",
    );
    assert_eq!(end(&outcome), "model_failed");
}

#[test]
fn a_setup_that_fails_once_is_tried_again() {
    let (outcome, score) =
        with("connections = [1]\nclose_at_setup = { code = 1011, reason = \"Internal error\" }");
    assert_eq!(end(&outcome), "caller_hung_up");
    assert_clean_to_caller(&score);
}

#[test]
fn a_refused_handle_is_a_fresh_start() {
    let (outcome, score) = with("refuse_handles = true\ncut_at_ms = 4000\nconnections = [1, 2]");
    assert!(
        count(&outcome, |it| matches!(
            it,
            Event::ModelLive { is_fresh: true, .. }
        )) > 0,
        "{score}"
    );
}

#[test]
fn a_model_that_never_answers_ends_the_call() {
    let (outcome, _) = with("never_ready = true");
    assert_eq!(end(&outcome), "model_failed");
}

#[test]
fn a_phantom_interruption_drops_the_rest_and_the_call_goes_on() {
    let (outcome, score) = with("phantom_interruption = 2\nconnections = [1]");
    assert_eq!(end(&outcome), "caller_hung_up");
    assert_eq!(score.to_caller.clicks, 0, "{score}");
    assert!(
        outcome.heard.dropped > 0
            || count(&outcome, |it| matches!(it, Event::PhantomInterruption)) > 0
    );
}

#[test]
fn an_empty_turn_is_noticed() {
    let (outcome, _) = with("empty_turn = 2\nconnections = [1]");
    assert_eq!(count(&outcome, |it| matches!(it, Event::EmptyTurn)), 1);
}

#[test]
fn a_tool_that_is_used_and_one_that_hangs_up() {
    let behaviour = r#"
        kind = "script"
        [[turn]]
        when = "call_begins"
        say = [{ clip = "agent-1" }]
        [[turn]]
        when = "caller_spoke"
        calls = [{ name = "lookup", args = { number = 4729 } }]
        [[turn]]
        when = { tool_result = "lookup" }
        say = [{ clip = "agent-2" }]
        [[turn]]
        when = "caller_spoke"
        say = [{ clip = "agent-3" }]
        calls = [{ name = "end_call", args = { reason = "done" } }]
    "#;
    let mut used = Vec::new();
    let mut circuit = circuit(behaviour);
    // The agent hangs up.
    circuit.streams[0].caller.cues.truncate(2);
    let outcome = circuit.run(
        |request| -> Answer {
            used.push(request.arguments.expose().clone());
            lookup(request)
        },
        |_| {},
    );
    assert_eq!(end(&outcome), "agent_hung_up");
    assert_eq!(used.len(), 1);
    assert_eq!(used[0]["number"], 4729);
    let score = outcome.score();
    assert_eq!(score.to_caller.said, 3, "{score}");
    assert_clean_to_caller(&score);
}
