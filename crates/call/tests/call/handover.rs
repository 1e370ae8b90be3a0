//! From one connection to the next.

use std::time::Duration;

use serde_json::json;
use voice_call::Time;
use voice_call::call::{Call, End, Event, Input};

use crate::bench::{Bench, plain};

fn gaps(bench: &Bench) -> Vec<Duration> {
    bench.events(|it| match it {
        Event::ModelLive { gap, .. } => *gap,
        _ => None,
    })
}

#[test]
fn a_notice_leads_to_a_handover_that_nobody_hears() {
    let mut bench = Bench::talking(plain());
    bench.remembers("h1");
    bench.says(4_000);
    bench.model(&json!({"goAway": {"timeLeft": "50s"}}));
    bench.pass(1_000);
    assert_eq!(bench.log.order, "o", "not in the middle of a turn");
    bench.model_accepts = false;
    bench.turn_ends();
    bench.pass(10);
    assert_eq!(bench.log.order, "oco", "the old one first");
    // The connection takes 600 ms; the caller hears the rest of the turn and speaks.
    bench.caller_says(600);
    bench.pass(600);
    bench.input(Input::ModelConnected);
    bench.model(&json!({"setupComplete": {}}));
    let setup = &bench.log.to_model.last().expect("a setup").1;
    assert_eq!(setup["setup"]["sessionResumption"]["handle"], "h1");
    bench.pass(3_000);
    assert_eq!(gaps(&bench).len(), 1);
    assert!(gaps(&bench)[0].abs_diff(Duration::from_millis(605)) < Duration::from_millis(10));
    let (said, heard) = (bench.call.said(), bench.call.heard(bench.now));
    assert_eq!(
        (said.forgotten, said.sent),
        (0, said.heard),
        "the caller was heard"
    );
    assert_eq!((heard.unheard, heard.dropped), (0, 0), "and the agent");
}

#[test]
fn ten_minutes_without_a_notice_are_left_in_time() {
    let mut bench = Bench::talking(plain());
    bench.remembers("h1");
    bench.pass_until(Time::ZERO + Duration::from_secs(569));
    assert_eq!(bench.log.order, "o");
    bench.pass(2_000);
    assert_eq!(bench.log.order, "oco");
}

#[test]
fn a_lost_connection_is_resumed_and_the_turn_goes_on() {
    let mut bench = Bench::talking(plain());
    bench.remembers("h1");
    bench.says(1_000);
    bench.model_closes(1006, "");
    assert_eq!(bench.log.order, "oo");
    assert!(
        bench.told()[0].contains("The line was cut"),
        "{:?}",
        bench.told()
    );
    bench.pass(1_500);
    assert_eq!(bench.call.heard(bench.now).unheard, 0);
}

#[test]
fn a_refused_handle_leads_to_a_fresh_session_with_the_transcript_and_no_greeting() {
    let mut settings = plain();
    settings.greeting = Some("(Greet.)".to_owned());
    let mut bench = Bench::talking(settings);
    bench.remembers("h1");
    bench.says_words("Hello, what can I do?", 1_000);
    bench.turn_ends();
    bench.pass(1_500);
    bench.model(&json!({"serverContent": {"inputTranscription": {"text": "A cake, please.", "finished": true}}}));
    bench.model_accepts = false;
    bench.model_closes(1006, "");
    bench.input(Input::ModelConnected);
    bench.model_accepts = true;
    bench.model_closes(1007, "Request contains an invalid argument");
    let (_, setup) = bench
        .log
        .to_model
        .iter()
        .rfind(|(_, it)| it.get("setup").is_some())
        .expect("a setup");
    assert_eq!(setup["setup"]["sessionResumption"], json!({}));
    assert_eq!(
        setup["setup"]["historyConfig"]["initialHistoryInClientContent"],
        true
    );
    let sent = &bench.log.to_model;
    let (_, history) = sent
        .iter()
        .rfind(|(_, it)| it.get("clientContent").is_some())
        .expect("history");
    assert_eq!(
        history["clientContent"]["turns"],
        json!([
            {"role": "model", "parts": [{"text": "Hello, what can I do?"}]},
            {"role": "user", "parts": [{"text": "A cake, please."}]},
        ])
    );
    assert_eq!(
        bench.told().iter().filter(|it| **it == "(Greet.)").count(),
        1
    );
    assert!(
        bench
            .events(|it| matches!(it, Event::ModelLive { is_fresh: true, .. }).then_some(()))
            .len()
            == 1
    );
}

#[test]
fn another_process_goes_on_with_the_talk() {
    let mut first = Bench::talking(plain());
    first.remembers("h7");
    first.says_words("Hello!", 500);
    first.turn_ends();
    first.pass(1_000);
    let memory = first.call.memory();
    let mut settings = plain();
    settings.greeting = Some("(Greet.)".to_owned());
    let mut bench = Bench::with(Call::resuming(settings, memory, Time::ZERO));
    bench.answer();
    let (_, setup) = &bench.log.to_model[0];
    assert_eq!(setup["setup"]["sessionResumption"]["handle"], "h7");
    assert!(bench.told().is_empty(), "nobody is greeted again");
    assert_eq!(bench.call.memory().transcript.len(), 1);
}

#[test]
fn a_model_that_cannot_be_reached_ends_the_call_with_advice() {
    for (code, reason, word) in [
        (
            1008,
            "models/gemini-9 is not found for API version v1",
            "does not exist",
        ),
        (
            1007,
            "Request contains an invalid argument.",
            "invalid argument",
        ),
    ] {
        let mut settings = plain();
        settings.greeting = None;
        let mut bench = Bench::new(settings);
        bench.model_closes(code, reason);
        assert!(
            matches!(bench.call.end(), Some(End::ModelFailed(advice)) if advice.contains(word)),
            "{:?}",
            bench.call.end()
        );
    }
}

#[test]
fn a_model_that_never_answers_is_tried_again_and_given_up() {
    let mut settings = plain();
    settings.carrier_timeout = Duration::from_secs(600);
    let mut bench = Bench::new(settings);
    let mut fresh = Bench::new(plain());
    fresh.model_accepts = false;
    bench.model_accepts = false;
    bench.model_closes(1006, "");
    bench.pass(300_000);
    assert!(
        matches!(bench.call.end(), Some(End::ModelFailed(_))),
        "{:?}",
        bench.call.end()
    );
    assert!(
        (5..20).contains(&bench.log.opened.len()),
        "{}",
        bench.log.opened.len()
    );
}

#[test]
fn a_notice_while_an_answer_is_owed_waits_for_the_answer() {
    let mut bench = Bench::talking(plain());
    bench.remembers("h1");
    bench.model(&json!({"serverContent": {"inputTranscription": {"text": "When do you open?"}}}));
    bench.model(&json!({"goAway": {"timeLeft": "50s"}}));
    bench.pass(1_500);
    assert_eq!(bench.log.order, "o");
    bench.says(500);
    bench.turn_ends();
    bench.pass(10);
    assert_eq!(bench.log.order, "oco");
    // A model that never answers is left before its time is over.
    bench.model(&json!({"serverContent": {"inputTranscription": {"text": "Hello?"}}}));
    bench.model(&json!({"goAway": {"timeLeft": "20s"}}));
    bench.pass(15_100);
    assert_eq!(bench.log.order, "ococo");
}

#[test]
fn a_greeting_that_was_lost_with_its_connection_is_asked_for_again() {
    let mut settings = plain();
    settings.greeting = Some("(Greet.)".to_owned());
    let mut bench = Bench::talking(settings);
    assert_eq!(bench.told(), ["(Greet.)"]);
    bench.model_closes(1006, "");
    bench.pass(10);
    assert_eq!(bench.told(), ["(Greet.)", "(Greet.)"]);
    bench.says(500);
    bench.turn_ends();
    bench.model_closes(1006, "");
    bench.pass(10);
    assert_eq!(bench.told().len(), 2, "once it was heard it is not");
}

#[test]
fn an_answer_that_was_lost_with_its_connection_is_asked_for_at_once() {
    let mut bench = Bench::talking(plain());
    bench.remembers("h1");
    bench.caller_says(800);
    bench.pass(800);
    bench.model(&json!({"serverContent": {"inputTranscription": {"text": "When do you open?"}}}));
    bench.pass(600);
    bench.model_closes(1006, "");
    bench.pass(10);
    assert_eq!(
        bench.told(),
        [
            r#"(The line was cut before you answered. The caller had said: "When do you open?" Answer now.)"#
        ]
    );

    // Who still speaks is heard first.
    bench.says(300);
    bench.turn_ends();
    bench.pass(1_000);
    bench.model(&json!({"serverContent": {"inputTranscription": {"text": "And on"}}}));
    bench.caller_says(800);
    bench.pass(400);
    bench.model_closes(1006, "");
    bench.pass(10);
    assert_eq!(bench.told().len(), 1);
}

#[test]
fn another_process_has_the_agent_go_on_where_it_was_cut_off() {
    let mut first = Bench::talking(plain());
    first.remembers("h7");
    first.says_words("We open at eight in the morning.", 3_000);
    first.pass(1_000);
    first.input(Input::HangUp(End::HandedOver));
    let memory = first.call.memory();
    assert!(memory.is_cut);
    assert_eq!(memory.transcript.len(), 1, "what was heard of it");
    let mut bench = Bench::with(Call::resuming(plain(), memory, Time::ZERO));
    bench.answer();
    assert_eq!(
        bench.told(),
        [r#"(The line was cut while you spoke. You had said: "We open at" Go on from there.)"#],
        "as far as the caller heard it"
    );
}

#[test]
fn what_was_announced_is_done_before_another_process_goes_on() {
    let mut settings = plain();
    settings.tools.end_call = true;
    let mut bench = Bench::talking(settings);
    bench.model(&json!({"toolCall": {"functionCalls": [
        {"id": "f1", "name": "end_call", "args": {"reason": "all is said"}}
    ]}}));
    bench.says(1_000);
    bench.pass(500);
    assert!(bench.call.end().is_none());
    bench.input(Input::HangUp(End::HandedOver));
    assert!(matches!(bench.call.end(), Some(End::AgentHungUp(_))));
}

#[test]
fn who_has_heard_nothing_is_greeted_by_the_next_process() {
    let mut settings = plain();
    settings.greeting = Some("(Greet.)".to_owned());
    let mut first = Bench::new(settings.clone());
    first.remembers("h7");
    let memory = first.call.memory();
    let mut bench = Bench::with(Call::resuming(settings, memory, Time::ZERO));
    bench.answer();
    let (_, setup) = &bench.log.to_model[0];
    assert_eq!(setup["setup"]["sessionResumption"]["handle"], "h7");
    assert_eq!(bench.told(), ["(Greet.)"]);
}

#[test]
fn a_model_at_work_is_neither_reminded_nor_left() {
    let status = |status: &str| json!({"serverContent": {"interactionStatus": status}});
    let mut settings = plain();
    settings.reply_timeout = Some(Duration::from_secs(8));
    let mut bench = Bench::talking(settings);
    bench.remembers("h1");
    bench.model(&json!({"serverContent": {"inputTranscription": {"text": "Which is cheapest?"}}}));
    bench.says_words("Let me see.", 500);
    bench.model(&status("IN_PROGRESS"));
    bench.turn_ends();
    bench.model(&json!({"goAway": {"timeLeft": "50s"}}));
    bench.pass(30_000);
    assert_eq!((bench.told().len(), bench.log.order.as_str()), (0, "o"));
    bench.says_words("The second.", 500);
    bench.turn_ends();
    bench.model(&status("IDLE"));
    bench.pass(1_000);
    assert_eq!(bench.log.order, "oco", "now is a good moment");
}

#[test]
fn a_model_that_says_for_ever_that_it_is_at_work_is_reminded() {
    let mut settings = plain();
    settings.reply_timeout = Some(Duration::from_secs(8));
    let mut bench = Bench::talking(settings);
    bench.model(&json!({"serverContent": {"inputTranscription": {"text": "Which is cheapest?"}}}));
    bench.says_words("Let me see.", 500);
    bench.model(&json!({"serverContent": {"interactionStatus": "IN_PROGRESS"}}));
    bench.turn_ends();
    bench.pass(30_000);
    bench.model(&json!({"serverContent": {"interactionStatus": "IN_PROGRESS"}}));
    bench.pass(29_000);
    assert!(bench.told().is_empty());
    bench.pass(10_000);
    assert!(bench.told()[0].contains("waits for an answer"));
}

#[test]
fn a_notice_before_there_is_a_handle_waits_for_one() {
    let mut bench = Bench::talking(plain());
    bench.says_words("Hello.", 500);
    bench.model(&json!({"goAway": {"timeLeft": "50s"}}));
    bench.turn_ends();
    bench.pass(3_000);
    assert_eq!(bench.log.order, "o", "all would be forgotten");
    bench.remembers("h1");
    bench.pass(10);
    assert_eq!(bench.log.order, "oco");
    let (_, setup) = &bench.log.to_model.last().expect("a setup");
    assert_eq!(setup["setup"]["sessionResumption"]["handle"], "h1");

    // A handle from before the last turn does not do, unless no time is left.
    bench.model(&json!({"sessionResumptionUpdate": {"resumable": false}}));
    bench.says_words("And?", 500);
    bench.turn_ends();
    bench.model(&json!({"goAway": {"timeLeft": "50s"}}));
    bench.pass(44_900);
    assert_eq!(bench.log.order, "oco");
    bench.pass(200);
    assert_eq!(bench.log.order, "ococo", "a pause, and little time");
}
