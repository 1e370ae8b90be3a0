//! What the fuzzer runs on whole calls, and what the stable twin in `crates/call/tests/call/laws.rs` runs on random ones.

use std::time::Duration;

use voice_call::Time;
use voice_call::call::{Call, CallSettings, End, Input, Output, ToolId};
use voice_call::gemini::{
    Close, Endpoint, FunctionDeclaration, SessionConfig, Setup, write_server_audio,
};
use voice_call::tools::Transfer;

/// Any bytes as what happens to a call and when: nothing panics, waits for ever, asks for a time that has passed, or loses a
/// sample from the books.
pub(crate) fn call(mut bytes: &[u8]) {
    let mut now = Time::ZERO;
    let mut call = Call::new(settings(take(&mut bytes)), now);
    drain(&mut call, now);
    while !bytes.is_empty() {
        let wait = take(&mut bytes);
        // Mostly short, at times many seconds.
        let wait = if wait < 242 {
            u64::from(wait)
        } else {
            1 << (wait - 242)
        };
        pass(&mut call, &mut now, Duration::from_millis(wait));
        step(&mut call, now, &mut bytes);
        drain(&mut call, now);
    }
    call.handle(now, Input::HangUp(End::Stopped));
    drain(&mut call, now);
    assert!(call.end().is_some() && call.timeout().is_none());
}

fn take(bytes: &mut &[u8]) -> u8 {
    bytes.split_off_first().copied().unwrap_or(0)
}

fn settings(choice: u8) -> CallSettings {
    let mut config = SessionConfig::new(match choice % 3 {
        0 => "gemini-3.8-live",
        1 => "gemini-3.1-flash-live-preview",
        _ => "gemini-2.5-flash-native-audio-preview-12-2025",
    });
    config.functions.push(FunctionDeclaration {
        name: "lookup".to_owned(),
        description: String::new(),
        parameters: None,
        behavior: None,
    });
    let setup = Setup::new(&config, &Endpoint::developer("key")).expect("a setup");
    let mut settings = CallSettings::new(setup);
    settings.records = choice & 8 != 0;
    settings.half_duplex = choice & 16 != 0;
    settings.tools.end_call = true;
    settings.tools.send_dtmf = true;
    settings.tools.transfers = vec![Transfer {
        name: "sales".to_owned(),
        description: String::new(),
    }];
    settings
}

/// Lets time pass as a driver does, from timeout to timeout.
fn pass(call: &mut Call, now: &mut Time, wait: Duration) {
    let until = *now + wait;
    let mut steps = 0_u32;
    while let Some(at) = call.timeout().filter(|at| *at <= until) {
        assert!(at > *now, "{at} has passed at {now}: {call:?}");
        *now = at;
        drain(call, *now);
        steps += 1;
        assert!(
            u128::from(steps) <= 200 + wait.as_millis() / 2,
            "busy: {steps} steps in {wait:?}"
        );
    }
    *now = until;
    drain(call, *now);
}

fn drain(call: &mut Call, now: Time) {
    let mut steps = 0;
    while let Some(output) = call.poll(now) {
        if let Output::ToModel(text) | Output::ToCarrier(text) = output {
            assert!(text.len() <= 1 << 20, "{} bytes", text.len());
        }
        steps += 1;
        assert!(steps < 100_000, "it never ends");
    }
    let heard = call.heard(now);
    assert_eq!(
        heard.queued,
        heard.heard + heard.dropped + heard.unheard,
        "{heard:?}"
    );
    let said = call.said();
    assert_eq!(
        said.heard + said.made,
        said.sent + said.forgotten + said.waiting,
        "{said:?}"
    );
    assert!(said.waiting <= 30 * 8_000 && heard.unheard <= 310 * 8_000);
}

fn step(call: &mut Call, now: Time, bytes: &mut &[u8]) {
    let model = |call: &mut Call, text: &str| call.handle(now, Input::FromModel(text.as_bytes()));
    let carrier =
        |call: &mut Call, text: &str| call.handle(now, Input::FromCarrier(text.as_bytes()));
    match take(bytes) % 24 {
        0 => call.handle(now, Input::CarrierConnected),
        1 => carrier(call, r#"{"event":"start","streamSid":"MZ1","start":{}}"#),
        2 | 3 => {
            let payload =
                ["/////w==", "AAAA", "f39/fw", "!"][usize::from(take(bytes) % 4)].repeat(40);
            carrier(
                call,
                &format!(
                    r#"{{"event":"media","streamSid":"MZ1","media":{{"payload":"{payload}"}}}}"#
                ),
            );
        }
        4 => {
            let (generation, position) = (
                take(bytes) % 4,
                u64::from(take(bytes)) << (take(bytes) % 16),
            );
            carrier(
                call,
                &format!(
                    r#"{{"event":"mark","streamSid":"MZ1","mark":{{"name":"{generation}:{position}"}}}}"#
                ),
            );
        }
        5 => carrier(
            call,
            r#"{"event":"dtmf","streamSid":"MZ1","dtmf":{"digit":"5"}}"#,
        ),
        6 => carrier(call, r#"{"event":"stop","streamSid":"MZ1"}"#),
        7 => call.handle(now, Input::CarrierLost),
        8 | 9 => call.handle(now, Input::ModelConnected),
        10 | 11 => model(call, r#"{"setupComplete":{}}"#),
        12 | 13 => {
            let rate = [24_000, 24_000, 8_000, 7][usize::from(take(bytes) % 4)];
            let sound = vec![take(bytes); usize::from(take(bytes)) * 97];
            let mut text = String::new();
            write_server_audio(&mut text, rate, &sound);
            model(call, &text);
        }
        14 => model(call, r#"{"serverContent":{"interrupted":true}}"#),
        15 => model(
            call,
            r#"{"serverContent":{"turnComplete":true,"generationComplete":true}}"#,
        ),
        16 => model(
            call,
            r#"{"serverContent":{"outputTranscription":{"text":"some words "},"inputTranscription":{"text":"mine"}}}"#,
        ),
        17 => {
            let (name, arguments) = [
                ("lookup", "{}"),
                ("end_call", "{}"),
                ("transfer_call", r#"{"to":"sales"}"#),
                ("send_dtmf", r#"{"digits":"12w#"}"#),
                ("other", "{}"),
            ][usize::from(take(bytes) % 5)];
            let id = take(bytes) % 4;
            model(
                call,
                &format!(
                    r#"{{"toolCall":{{"functionCalls":[{{"id":"{id}","name":"{name}","args":{arguments}}}]}}}}"#
                ),
            );
        }
        18 => model(call, r#"{"toolCallCancellation":{"ids":["0","1"]}}"#),
        19 => call.handle(
            now,
            Input::ToolAnswered {
                id: ToolId(u64::from(take(bytes) % 8)),
                outcome: Ok(true.into()),
            },
        ),
        20 => model(
            call,
            &format!(r#"{{"goAway":{{"timeLeft":"{}s"}}}}"#, take(bytes)),
        ),
        21 => model(
            call,
            r#"{"sessionResumptionUpdate":{"newHandle":"h","resumable":true}}"#,
        ),
        22 => {
            let code = [1_000, 1_006, 1_007, 1_008, 1_011, 4_000][usize::from(take(bytes) % 6)];
            call.handle(now, Input::ModelClosed(Close::new(code, "aborted")));
        }
        _ => {
            let length = usize::from(take(bytes)).min(bytes.len());
            let (any, rest) = bytes.split_at(length);
            *bytes = rest;
            call.handle(now, Input::FromModel(any));
            call.handle(now, Input::FromCarrier(any));
        }
    }
}
