//! Laws of every call: the fuzzer's stable twin, and determinism.

use proptest::prelude::*;
use voice_call::call::Input;

use crate::bench::{Bench, plain};

#[path = "../../../../fuzz/call_target.rs"]
mod call_target;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_that_peers_do_breaks_a_call(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        call_target::call(&bytes);
    }
}

#[test]
fn memory_does_not_grow_with_what_peers_send() {
    let mut bench = Bench::talking(plain());
    let junk = "x".repeat(60_000);
    for n in 0..200 {
        let words = format!(
            r#"{{"serverContent":{{"outputTranscription":{{"text":"{junk}"}},"inputTranscription":{{"text":"{junk}"}}}}}}"#
        );
        bench.input(Input::FromModel(words.as_bytes()));
        bench.input(Input::FromModel(
            br#"{"serverContent":{"turnComplete":true}}"#,
        ));
        bench.input(Input::FromCarrier(
            format!(r#"{{"event":"{n}"}}"#).as_bytes(),
        ));
        bench.log.events.clear();
    }
    let memory = bench.call.memory();
    let kept: usize = memory
        .transcript
        .iter()
        .map(|it| it.text.expose().len())
        .sum();
    assert!(kept <= 64 << 10, "{kept}");
}

#[test]
fn the_same_inputs_give_the_same_call() {
    let run = || {
        let mut bench = Bench::talking(plain());
        bench.caller_says(900);
        bench.says(2_000);
        bench.pass(700);
        bench.interrupts();
        bench.pass(500);
        (bench.buffer.sound, bench.log.events)
    };
    assert!(run() == run());
}

#[test]
fn debug_output_shows_nothing_personal() {
    let mut bench = Bench::talking(plain());
    bench.remembers("secret-handle");
    bench.says_words("My name is Miller.", 500);
    let shown = format!("{:?}{:?}", bench.call, bench.log.events);
    assert!(
        !shown.contains("Miller") && !shown.contains("secret-handle"),
        "{shown}"
    );
}
