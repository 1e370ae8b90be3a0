//! Calls in which nothing goes wrong.

use super::support::*;
use phonebox::carrier::{Caller, When};
use phonebox::circuit::Circuit;

#[test]
fn a_parrot_says_it_all_back() {
    let outcome = run(circuit(""));
    assert_eq!(end(&outcome), "caller_hung_up");
    let score = outcome.score();
    assert_eq!(
        score.to_caller.said, 3,
        "a greeting and two answers: {score}"
    );
    assert_clean_to_caller(&score);
    assert_clean_to_model(&score);
    assert!(score.to_caller.first_delay_ms.max < 1.0, "{score}");
    // What the bridge understood is what was said.
    let said = outcome.transcript();
    assert!(
        said.starts_with("agent: Thanks for calling Seaside Fish.\ncaller: (caller speech"),
        "{said}"
    );
}

#[test]
fn the_same_circuit_gives_the_same_call() {
    let line = |circuit: Circuit| {
        let outcome = run(circuit);
        (outcome.streams[0].heard.clone(), outcome.transcript())
    };
    let jittery = || {
        let mut circuit = circuit("[faults]\nodd_bytes = true");
        circuit.streams[0].line.jitter = ms(15);
        circuit.model_delay = ms(35);
        circuit
    };
    assert!(line(jittery()) == line(jittery()));
}

#[test]
fn an_interrupted_agent_is_silent_at_once() {
    let behaviour = r#"
        kind = "script"
        [[turn]]
        when = "call_begins"
        say = [{ clip = "agent" }]
        [[turn]]
        when = "caller_spoke"
        say = [{ clip = "agent-3" }]
    "#;
    let caller = Caller {
        cues: vec![
            say(When::BargeIn(ms(1_500)), 1),
            hang_up(When::AfterAgent(ms(900))),
        ],
    };
    let mut circuit = Circuit::new(settings(), model(behaviour), caller);
    circuit.streams[0].line.from_bridge = ms(30);
    circuit.streams[0].line.to_bridge = ms(30);
    circuit.model_delay = ms(20);
    let outcome = run(circuit);
    assert_eq!(end(&outcome), "caller_hung_up");
    let score = outcome.score();
    let [barge_in] = &score.barge_ins[..] else {
        panic!("{score}");
    };
    // The word takes 20 ms to the bridge and 30 ms to the carrier.
    assert!(
        (45.0..=60.0).contains(&barge_in.after_interrupted_ms),
        "{score}"
    );
    assert!(barge_in.reaction_ms < 250.0, "{score}");
    assert!(score.ledger_error_ms.expect("it tells") <= 80.0, "{score}");
    assert_eq!(
        (score.to_caller.gaps, score.to_caller.clicks),
        (0, 0),
        "{score}"
    );
}
