//! Tools: the call's own and the driver's.

use serde_json::json;
use voice_call::call::{Event, Input, ToolId};
use voice_call::gemini::Endpoint;
use voice_call::tools::Transfer;

use crate::bench::{Bench, ms, plain, setup};

fn uses(bench: &mut Bench, name: &str, arguments: &serde_json::Value) {
    bench.model(
        &json!({"toolCall": {"functionCalls": [{"id": "fc-1", "name": name, "args": arguments}]}}),
    );
}

/// The answer that the model got last.
fn answer(bench: &Bench) -> serde_json::Value {
    let last = bench
        .log
        .to_model
        .iter()
        .rev()
        .find_map(|(_, it)| it.get("toolResponse"));
    last.expect("an answer")["functionResponses"][0].clone()
}

#[test]
fn a_tool_is_called_and_its_answer_told() {
    let mut bench = Bench::talking(plain());
    uses(
        &mut bench,
        "lookup",
        &json!({"what": "opening hours", "exact": 1.10}),
    );
    assert_eq!(bench.log.tools.len(), 1);
    let request = bench.log.tools[0].clone();
    assert_eq!(request.arguments.expose()["what"], "opening hours");
    bench.pass(300);
    bench.input(Input::ToolAnswered {
        id: request.id,
        outcome: Ok(json!({"open": "8"})),
    });
    let told = answer(&bench);
    assert_eq!(
        (&told["id"], &told["name"]),
        (&json!("fc-1"), &json!("lookup"))
    );
    assert_eq!(told["response"]["result"]["open"], "8");
    let took = bench.events(|it| match it {
        Event::ToolAnswered {
            took,
            is_error: false,
            ..
        } => Some(*took),
        _ => None,
    });
    assert_eq!(took, [ms(300)]);
    // Twice is once.
    let before = bench.log.to_model.len();
    bench.input(Input::ToolAnswered {
        id: request.id,
        outcome: Ok(json!(1)),
    });
    assert_eq!(bench.log.to_model.len(), before);
}

#[test]
fn a_failure_is_told_in_words() {
    let mut bench = Bench::talking(plain());
    uses(&mut bench, "lookup", &json!({}));
    bench.input(Input::ToolAnswered {
        id: ToolId(0),
        outcome: Err("it took too long".to_owned()),
    });
    assert_eq!(answer(&bench)["response"]["error"], "it took too long");
}

#[test]
fn a_cancelled_tool_is_not_answered() {
    let mut bench = Bench::talking(plain());
    uses(&mut bench, "lookup", &json!({}));
    bench.model(&json!({"toolCallCancellation": {"ids": ["fc-1", "fc-9"]}}));
    assert_eq!(bench.log.cancelled, [0]);
    let before = bench.log.to_model.len();
    bench.input(Input::ToolAnswered {
        id: ToolId(0),
        outcome: Ok(json!(1)),
    });
    assert_eq!(bench.log.to_model.len(), before);
}

#[test]
fn an_undeclared_tool_is_refused_and_many_are_bounded() {
    let mut bench = Bench::talking(plain());
    uses(&mut bench, "rm_rf", &json!({}));
    assert!(bench.log.tools.is_empty());
    assert_eq!(answer(&bench)["response"]["error"], "there is no such tool");
    for _ in 0..40 {
        uses(&mut bench, "lookup", &json!({}));
    }
    assert_eq!(bench.log.tools.len(), 32);
    assert_eq!(
        answer(&bench)["response"]["error"],
        "too many tools are at work"
    );
}

#[test]
fn an_answer_for_a_connection_that_was_left_is_told_in_words() {
    let mut bench = Bench::talking(plain());
    bench.remembers("h1");
    uses(&mut bench, "lookup", &json!({}));
    bench.model_closes(1006, "");
    bench.input(Input::ToolAnswered {
        id: ToolId(0),
        outcome: Ok(json!("open")),
    });
    assert_eq!(bench.told(), [r#"(The tool lookup answered: "open")"#]);
}

#[test]
fn the_agent_hangs_up_when_its_good_bye_was_heard() {
    let mut settings = plain();
    settings.tools.end_call = true;
    let mut bench = Bench::talking(settings);
    bench.says_words("Good-bye!", 2_000);
    uses(&mut bench, "end_call", &json!({"reason": "all done"}));
    bench.turn_ends();
    bench.pass(2_900);
    assert_eq!(bench.call.end(), None, "still talking");
    bench.pass(200);
    assert_eq!(
        bench.call.end().map(|end| end.as_str()),
        Some("agent_hung_up")
    );
    assert!(bench.log.is_carrier_closed && bench.log.closed.len() == 1);
    assert_eq!(bench.transcript(), "agent: Good-bye!\n");
    assert_eq!(bench.buffer.played, bench.call.heard(bench.now).queued);
}

#[test]
fn a_caller_who_interrupts_the_good_bye_is_not_hung_up_on() {
    let mut settings = plain();
    settings.tools.end_call = true;
    let mut bench = Bench::talking(settings);
    bench.says(2_000);
    uses(&mut bench, "end_call", &json!({}));
    bench.pass(500);
    bench.interrupts();
    bench.pass(30_000);
    assert_eq!(bench.call.end(), None);
}

#[test]
fn a_call_is_passed_on_to_a_known_name_only() {
    let mut settings = plain();
    settings.tools.transfers = vec![Transfer {
        name: "sales".to_owned(),
        description: "Orders.".to_owned(),
    }];
    settings.setup = setup(|it| it.functions.extend(settings.tools.declarations()));
    let mut bench = Bench::talking(settings);
    uses(&mut bench, "transfer_call", &json!({"to": "+15005550006"}));
    assert_eq!(
        answer(&bench)["response"]["error"],
        "there is nobody of that name"
    );
    uses(&mut bench, "transfer_call", &json!({"to": "sales"}));
    bench.pass(2_100);
    assert_eq!(
        bench.call.end().map(ToString::to_string).as_deref(),
        Some("the agent passed the call on to sales")
    );
}

#[test]
fn a_good_bye_after_the_tool_was_answered_is_heard() {
    let mut settings = plain();
    settings.tools.end_call = true;
    let mut bench = Bench::talking(settings);
    uses(&mut bench, "end_call", &json!({}));
    bench.pass(1_500);
    bench.says_words("Good-bye!", 2_000);
    bench.turn_ends();
    bench.pass(2_900);
    assert_eq!(bench.call.end(), None);
    bench.pass(200);
    assert_eq!(bench.transcript(), "agent: Good-bye!\n");
    assert!(bench.call.end().is_some());
}

#[test]
fn a_cancelled_good_bye_does_not_end_the_call() {
    let mut settings = plain();
    settings.tools.end_call = true;
    let mut bench = Bench::talking(settings);
    uses(&mut bench, "end_call", &json!({}));
    bench.model(&json!({"toolCallCancellation": {"ids": ["fc-1"]}}));
    bench.pass(30_000);
    assert_eq!(bench.call.end(), None);
}

#[test]
fn keys_are_pressed_as_tones() {
    let mut settings = plain();
    settings.tools.send_dtmf = true;
    let mut bench = Bench::talking(settings);
    uses(&mut bench, "send_dtmf", &json!({"digits": "5w#"}));
    bench.pass(1_500);
    assert_eq!(bench.buffer.played, 1_600 + 4_000 + 1_600);
    let tone: Vec<f32> = bench.buffer.sound[40..760]
        .iter()
        .map(|&code| f32::from(audio_converter::g711::decode_mulaw(code)) / 32_768.0)
        .collect();
    for (frequency, is_there) in [(770.0, true), (1_336.0, true), (697.0, false)] {
        let level = audio_converter_measure::component_level(&tone, 8_000.0, frequency);
        assert_eq!(level > -20.0, is_there, "{frequency}: {level}");
    }
    uses(&mut bench, "send_dtmf", &json!({"digits": "call me"}));
    assert!(
        answer(&bench)["response"]["error"]
            .as_str()
            .expect("a reason")
            .contains("digits are")
    );
}

#[test]
fn declared_tools_pass_every_models_rules() {
    for model in ["gemini-3.8-live", "gemini-3.1-flash-live-preview"] {
        let mut settings = plain();
        settings.tools.end_call = true;
        settings.tools.send_dtmf = true;
        settings.tools.transfers = vec![Transfer {
            name: "sales".to_owned(),
            description: "Orders.".to_owned(),
        }];
        let setup = setup(|it| {
            it.model = model.to_owned();
            it.functions.extend(settings.tools.declarations());
        });
        assert_eq!(
            setup.check(Endpoint::developer("key").surface()),
            Ok(()),
            "{model}"
        );
    }
}

#[test]
fn a_long_last_turn_is_heard_to_its_end_and_late_words_do_not_hold_the_call() {
    let mut settings = plain();
    settings.tools.end_call = true;
    let mut bench = Bench::talking(settings);
    bench.says(30_000);
    uses(&mut bench, "end_call", &json!({}));
    bench.turn_ends();
    bench.pass(29_900);
    assert_eq!(bench.call.end(), None, "in the middle of a sentence");
    // Words without sound are no speech.
    bench.model(&json!({"serverContent": {"outputTranscription": {"text": "Bye."}}}));
    bench.pass(1_300);
    assert!(bench.call.end().is_some());
    assert_eq!(bench.buffer.played, bench.call.heard(bench.now).queued);
}
