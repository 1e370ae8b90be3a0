//! The emulated model in virtual time: what it says and when, and each fault.

mod model_support;

use std::time::Duration;

use model_support::{Client, MODEL, behaviour, seconds, speech};
use phonebox::model::{Behaviour, EventKind, Faults, Model};
use phonebox::voice::{agent_phrases, samples_of};
use voice_call::Time;
use voice_call::gemini::{Service, Surface, Version};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn faulty(change: impl FnOnce(&mut Faults)) -> Client {
    let mut behaviour = Behaviour::default();
    change(&mut behaviour.faults);
    Client::ready(&behaviour_model(behaviour), MODEL)
}

fn behaviour_model(behaviour: Behaviour) -> std::sync::Arc<Model> {
    Model::new(behaviour).expect("a model")
}

/// A greeting, run to its end or for half a minute.
fn greeted(change: impl FnOnce(&mut Faults)) -> Client {
    let mut client = faulty(change);
    client.text("Say hello.");
    client.run_until(seconds(30));
    client
}

fn greeting_bytes() -> usize {
    2 * agent_phrases()[0].samples.len()
}

#[test]
fn a_greeting_comes_after_the_latency_in_a_burst_and_ends_when_it_was_heard() {
    let client = greeted(|_| {});
    let turn = &client.seen;
    assert_eq!(turn.sound.len(), greeting_bytes());
    assert_eq!(turn.first_sound, Some(Time::ZERO + ms(300)));
    let length = seconds(0) + Duration::from_secs_f64(greeting_bytes() as f64 / 48_000.0);
    let last = turn.last_sound.expect("sound") - turn.first_sound.expect("sound");
    assert!(last <= (length - Time::ZERO) / 4, "{last:?}");
    assert_eq!(turn.generated, [turn.last_sound.expect("sound")]);
    let heard = turn.completed[0] - turn.first_sound.expect("sound");
    assert_eq!(heard.as_millis(), (length - Time::ZERO).as_millis());
    assert_eq!(turn.said, "Thanks for calling Seaside Fish.");
    // Handles: at the start, none during the turn, and after it.
    let resumable: Vec<_> = turn
        .handles
        .iter()
        .map(|handle| !handle.is_empty())
        .collect();
    assert_eq!(resumable[..3], [true, false, true]);
    let record = client.session.record();
    assert_eq!(record.said_pcm(), turn.sound);
    assert!(turn.total_tokens > 25);
}

#[test]
fn a_parrot_says_what_the_caller_said_once_there_were_samples_of_silence() {
    let mut client = Client::ready(&behaviour_model(Behaviour::default()), MODEL);
    let (rate, sound) = speech();
    client.hear(rate, &sound);
    client.run_for(ms(5_000));
    assert!(client.seen.sound.is_empty(), "an end without silence");
    client.silence(ms(600));
    client.run_for(ms(10_000));
    assert!(
        client.seen.heard.starts_with("(caller speech, "),
        "{}",
        client.seen.heard
    );
    // With the pause before, and the half second that made the end.
    let length = sound.len() as f64 / 8_000.0;
    let said = client.seen.sound.len() as f64 / 48_000.0;
    assert!(
        (length + 0.2..length + 0.8).contains(&said),
        "{said} s of {length} s"
    );
    let level = |samples: &[i16]| samples.iter().map(|&it| f64::from(it).powi(2)).sum::<f64>();
    assert!(level(&samples_of(&client.seen.sound)) > level(&sound));
}

#[test]
fn an_echo_speaks_while_the_caller_does() {
    let mut client = Client::ready(&behaviour("kind = \"echo\""), MODEL);
    let (rate, sound) = speech();
    client.hear(rate, &sound);
    assert!(
        client.seen.sound.len() > sound.len() * 4,
        "{}",
        client.seen.sound.len()
    );
    assert!(client.seen.completed.is_empty());
    client.silence(ms(600));
    client.run_for(ms(5_000));
    assert_eq!(client.seen.completed.len(), 1);
}

#[test]
fn the_caller_interrupts() {
    let mut client = Client::ready(&behaviour(LONG), MODEL);
    client.text("Hello.");
    client.run_for(ms(1_000));
    let (rate, sound) = speech();
    client.hear(rate, &sound);
    assert_eq!(
        (client.seen.interrupted, client.seen.completed.len()),
        (1, 1)
    );
    assert!(client.seen.generated.is_empty());
    let before = client.seen.sound.len();
    client.run_for(ms(5_000));
    assert_eq!(client.seen.sound.len(), before);
}

#[test]
fn who_asks_for_no_interruption_gets_none() {
    let setup =
        r#"{"model":"models/m","realtimeInputConfig":{"activityHandling":"NO_INTERRUPTION"}}"#;
    let mut client = Client::set_up(&behaviour(LONG), setup);
    client.text("Hello.");
    client.run_for(ms(1_000));
    let (rate, sound) = speech();
    client.hear(rate, &sound);
    client.run_for(ms(10_000));
    assert_eq!(
        (client.seen.interrupted, client.seen.generated.len()),
        (0, 1)
    );
    assert!(client.seen.said.is_empty(), "no transcript was asked for");
}

const LONG: &str =
    "kind = \"script\"\n[[turn]]\nwhen = \"call_begins\"\nsay = [{ clip = \"agent\" }]";

#[test]
fn manual_activity_and_the_end_of_the_stream() {
    let manual = |model: &str| {
        format!(
            r#"{{"model":"models/{model}","realtimeInputConfig":{{"automaticActivityDetection":{{"disabled":true}}}}}}"#
        )
    };
    let model = behaviour_model(Behaviour::default());
    let (rate, sound) = speech();
    let mut client = Client::set_up(&model, &manual("m"));
    client.hear(rate, &sound);
    client.send(r#"{"realtimeInput":{"activityStart":{}}}"#);
    client.hear(rate, &sound[..8_000]);
    client.send(r#"{"realtimeInput":{"activityEnd":{}}}"#);
    client.run_for(ms(5_000));
    // What came after the start, but for what the filters hold back.
    let bytes = client.seen.sound.len();
    assert!((47_900..=48_000).contains(&bytes), "{bytes}");

    let mut client = Client::set_up(&model, &manual("gemini-3.8-live"));
    client.hear(rate, &sound);
    assert_eq!(client.close_code(), Some(1_007));

    // Other models take the end of the stream for silence, 3.8 does not.
    for (name, answers) in [
        ("gemini-2.5-flash-native-audio", true),
        ("gemini-3.8-live", false),
    ] {
        let mut client = Client::ready(&model, name);
        client.hear(rate, &sound);
        client.send(r#"{"realtimeInput":{"audioStreamEnd":true}}"#);
        client.run_for(ms(5_000));
        assert_eq!(!client.seen.sound.is_empty(), answers, "{name}");
    }
}

#[test]
fn a_script_with_a_tool_a_key_and_a_good_bye() {
    let model = behaviour(
        r#"
        kind = "script"
        transcripts = ["Is my cake ready?"]
        [[turn]]
        when = "caller_spoke"
        calls = [{ name = "lookup", args = { order = 4729 } }]
        [[turn]]
        when = { tool_result = "lookup" }
        say = [{ tone = { hz = 440.0, ms = 200 } }]
        text = "It is ready."
        [[turn]]
        when = { text = "pressed 5" }
        say = [{ silence_ms = 100 }]
        text = "Good-bye."
        calls = [{ name = "end_call" }]
        [[turn]]
        when = { after_ms = 3000 }
        say = [{ silence_ms = 100 }]
        text = "Still there?"
        "#,
    );
    let mut client = Client::ready(&model, "m");
    let (rate, sound) = speech();
    client.hear(rate, &sound);
    client.silence(ms(600));
    client.run_for(ms(1_000));
    assert_eq!(client.seen.heard, "Is my cake ready?");
    let [(id, name)] = &client.seen.calls[..] else {
        panic!("{:?}", client.seen.calls)
    };
    assert_eq!(name, "lookup");
    assert!(client.seen.completed.is_empty(), "the call blocks");
    let answer = format!(
        r#"{{"toolResponse":{{"functionResponses":[{{"id":"{id}","name":"lookup","response":{{"result":1}}}}]}}}}"#
    );
    client.send(&answer);
    client.run_for(ms(1_500));
    assert_eq!(
        (client.seen.said.as_str(), client.seen.completed.len()),
        ("It is ready.", 2)
    );
    client.text("Caller pressed 5");
    client.run_for(ms(1_000));
    assert!(client.seen.said.ends_with("Good-bye."));
    assert_eq!(client.seen.calls[1].1, "end_call");
    // The caller speaks over a call that blocks: it is cancelled.
    client.hear(rate, &sound);
    assert_eq!(client.seen.cancelled, [client.seen.calls[1].0.clone()]);
    client.silence(ms(600));
    client.run_for(ms(5_000));
    assert!(
        client.seen.said.ends_with("Still there?"),
        "{}",
        client.seen.said
    );
    client.send(&answer);
    let events = &client.session.record().events;
    assert!(
        events
            .iter()
            .any(|event| event.kind == EventKind::AnsweredUnknown)
    );
}

#[test]
fn notice_then_the_end_and_the_talk_goes_on_by_handle() {
    let model = behaviour(&format!(
        "{LONG}\n[limits]\nconnection_ms = 60000\nnotice_ms = 20000"
    ));
    let mut client = Client::ready(&model, MODEL);
    client.text("Hello.");
    client.run_until(seconds(59));
    assert_eq!(client.seen.notices, [(seconds(40), ms(20_000))]);
    let handle = client.seen.handles.last().expect("a handle").clone();

    // The old connection is still open.
    let setup =
        format!(r#"{{"model":"models/{MODEL}","sessionResumption":{{"handle":"{handle}"}}}}"#);
    let mut early = Client::at(
        &model,
        Surface {
            service: Service::Developer,
            version: Version::V1,
        },
        seconds(59),
    );
    early.send(&format!(r#"{{"setup":{setup}}}"#));
    assert_eq!(early.close_code(), Some(1_011));

    client.run_until(seconds(61));
    let close = client.close.clone().expect("closed");
    assert_eq!(
        (close.code, close.reason.starts_with("Deadline expired")),
        (1_011, true)
    );
    assert_eq!(model.open_sessions(), 0);

    let mut next = Client::at(&model, early.surface, seconds(62));
    next.send(&format!(r#"{{"setup":{setup}}}"#));
    let history: Vec<_> = next
        .session
        .history()
        .map(|(is_model, _)| is_model)
        .collect();
    assert_eq!(history, [false, true]);
    next.text("Hello.");
    next.run_for(ms(5_000));
    assert!(
        next.seen.is_ready && next.seen.sound.is_empty(),
        "greeted twice"
    );

    // Two hours after the end the handle is worth nothing, and neither is an invented one.
    next.run_until(seconds(200));
    for (handle, at) in [
        (handle.as_str(), seconds(20_000)),
        ("h-1-0", seconds(20_001)),
    ] {
        let mut late = Client::at(&model, early.surface, at);
        late.send(&format!(r#"{{"setup":{{"model":"models/{MODEL}","sessionResumption":{{"handle":"{handle}"}}}}}}"#));
        assert_eq!(late.close_code(), Some(1_007));
    }
}

#[test]
fn vertex_closes_in_its_own_way() {
    let surface = Surface {
        service: Service::Vertex,
        version: Version::V1Beta,
    };
    let mut client = Client::at(&behaviour_model(Behaviour::default()), surface, Time::ZERO);
    client.send(r#"{"setup":{"model":"publishers/google/models/m","explicitVadSignal":true}}"#);
    client.run_until(seconds(601));
    assert_eq!(client.close_code(), Some(1_000));
}

#[test]
fn setups_that_are_refused() {
    let model = behaviour("models = [\"gemini-3.8-live\"]\n[limits]\nsessions = 1");
    let code = |message: &str| {
        let mut client = Client::new(&model);
        client.send(message);
        client.close_code()
    };
    assert_eq!(code("{"), Some(1_007));
    assert_eq!(code(r#"{"realtimeInput":{"text":"hi"}}"#), Some(1_007));
    assert_eq!(code(r#"{"setup":{}}"#), Some(1_007));
    assert_eq!(code(r#"{"setup":{"model":"models/other"}}"#), Some(1_008));
    let setup = r#"{"setup":{"model":"models/gemini-3.8-live"}}"#;
    let open = Client::ready(&model, "gemini-3.8-live");
    assert_eq!(code(setup), Some(1_011), "over the quota");
    drop(open);
    assert_eq!(code(setup), None);
}

#[test]
fn cuts_closes_and_silences() {
    let cut = greeted(|faults| faults.cut_at = Some(ms(700)));
    assert!(cut.is_cut && cut.now >= Time::ZERO + ms(700));
    let half = greeted(|faults| faults.cut_in_turn = Some(1));
    assert!(half.is_cut && half.seen.sound.len() < greeting_bytes() / 2 + 2_000);
    let close = |at| phonebox::model::CloseFault {
        code: 1_011,
        reason: "Internal error".into(),
        at,
    };
    let closed = greeted(|faults| faults.close = Some(close(ms(400))));
    assert_eq!(closed.close_code(), Some(1_011));
    assert!(!closed.seen.sound.is_empty());

    let hung = greeted(|faults| faults.hang_at = Some(ms(500)));
    assert!(!hung.seen.sound.is_empty() && hung.seen.completed.is_empty() && hung.close.is_none());

    for faults in [
        Faults {
            never_ready: true,
            ..Faults::default()
        },
        Faults {
            close_at_setup: Some(close(ms(0))),
            ..Faults::default()
        },
        Faults {
            refuse_handles: true,
            ..Faults::default()
        },
    ] {
        let mut client = Client::new(&behaviour_model(Behaviour {
            faults: faults.clone(),
            ..Behaviour::default()
        }));
        client.send(r#"{"setup":{"model":"models/m","sessionResumption":{"handle":"h"}}}"#);
        client.run_until(seconds(30));
        let expected = if faults.never_ready {
            None
        } else if faults.refuse_handles {
            Some(1_007)
        } else {
            Some(1_011)
        };
        assert_eq!(
            (client.seen.is_ready, client.close_code()),
            (false, expected)
        );
    }
}

#[test]
fn a_history_is_no_turn_and_the_next_content_is_one() {
    let setup = r#"{"model":"models/m","historyConfig":{"initialHistoryInClientContent":true}}"#;
    let mut client = Client::set_up(&behaviour_model(Behaviour::default()), setup);
    let content = r#"{"clientContent":{"turns":[{"role":"model","parts":[{"text":"Good morning."}]}],"turnComplete":true}}"#;
    client.send(content);
    client.run_for(ms(5_000));
    assert!(client.seen.sound.is_empty());
    assert_eq!(
        client.session.history().collect::<Vec<_>>(),
        [(true, "Good morning.")]
    );
    client.send(content);
    client.run_for(ms(5_000));
    assert_eq!(client.seen.completed.len(), 1);
}

#[test]
fn faults_of_some_connections_only() {
    let faults = Faults {
        never_ready: true,
        connections: vec![2],
        ..Faults::default()
    };
    let behaviour = Behaviour {
        faults,
        ..Behaviour::default()
    };
    let model = behaviour_model(behaviour);
    let ready = [1, 2, 3].map(|_| {
        let mut client = Client::new(&model);
        client.send(r#"{"setup":{"model":"models/m"}}"#);
        client.seen.is_ready
    });
    assert_eq!(ready, [true, false, true]);
}

#[test]
fn slow_and_in_odd_pieces() {
    let slow = greeted(|faults| faults.speed = Some(0.5));
    let took = slow.seen.last_sound.expect("sound") - slow.seen.first_sound.expect("sound");
    let length = Duration::from_secs_f64(greeting_bytes() as f64 / 48_000.0);
    assert!(took > length + length / 2, "{took:?} of {length:?}");
    assert_eq!(slow.seen.completed.len(), 1);

    let odd = greeted(|faults| faults.odd_bytes = true);
    let (last, others) = odd.seen.pieces.split_last().expect("pieces");
    assert!(others.iter().all(|size| size % 2 == 1) && *last > 0);
    assert_eq!(odd.seen.sound, greeted(|_| {}).seen.sound);
}

#[test]
fn turns_in_one_message_without_sound_and_broken_off() {
    let one = greeted(|faults| faults.one_message = true);
    assert_eq!(
        (one.seen.pieces.len(), one.seen.sound.len()),
        (1, greeting_bytes())
    );
    assert_eq!(one.seen.completed, [Time::ZERO + ms(300)]);
    assert!(one.seen.said.ends_with("Fish.") && one.seen.total_tokens > 0);
    assert_eq!(
        one.seen.richest_message, 5,
        "sound, transcript, two ends and usage"
    );

    let empty = greeted(|faults| faults.empty_turn = Some(1));
    assert_eq!((empty.seen.sound.len(), empty.seen.completed.len()), (0, 1));

    let phantom = greeted(|faults| faults.phantom_interruption = Some(1));
    assert_eq!(
        (phantom.seen.interrupted, phantom.seen.completed.len()),
        (1, 1)
    );
    assert!(phantom.seen.generated.is_empty() && phantom.seen.sound.len() < greeting_bytes());
}

#[test]
fn the_same_seed_says_the_same() {
    let run = |seed| {
        let mut behaviour = Behaviour {
            seed,
            ..Behaviour::default()
        };
        behaviour.faults.odd_bytes = true;
        let mut client = Client::ready(&behaviour_model(behaviour), MODEL);
        client.text("Hello.");
        client.run_until(seconds(10));
        (client.seen.pieces, client.seen.handles)
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

/// What the official SDKs really sent, frame by frame, each in a session of its own so that one close hides no other.
#[test]
fn captured_sessions_of_the_official_sdks() {
    let text = include_str!("../../../testdata/genai_sdk_captures.json");
    let captures: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let model = behaviour_model(Behaviour::default());
    let mut frames = 0;
    for capture in captures["sessions"].as_array().expect("sessions") {
        let path = capture["path"].as_str().expect("a path");
        let request = voice_call::gemini::Request::recognise(path, []);
        let service = if path.contains("aiplatform") || path.starts_with("/any") {
            Service::Vertex
        } else {
            Service::Developer
        };
        let version = request.map_or(Version::V1Beta, |request| request.surface.version);
        let surface = Surface { service, version };
        let all = capture["frames"].as_array().expect("frames");
        let mut setup = all[0].clone();
        let handle = setup["setup"]["sessionResumption"]
            .as_object_mut()
            .and_then(|it| it.remove("handle"));
        if handle.is_some() {
            let mut client = Client::at(&model, surface, Time::ZERO);
            client.send(&all[0].to_string());
            assert_eq!(
                client.close_code(),
                Some(1_007),
                "a handle that nobody gave"
            );
        }
        let is_manual = setup.to_string().contains(r#""disabled":true"#);
        let mut codes = Vec::new();
        for frame in &all[1..] {
            let mut client = Client::at(&model, surface, Time::ZERO);
            client.send(&setup.to_string());
            assert!(client.seen.is_ready, "{path}: {:?}", client.close);
            client.send(&frame.to_string());
            client.run_for(ms(10_000));
            codes.push((frame.to_string(), client.close_code()));
            frames += 1;
        }
        for (frame, code) in codes {
            // Automatic detection takes no activity messages, manual detection does; 2.5 takes mediaChunks and no context update.
            let is_activity = frame.contains("activityStart") || frame.contains("activityEnd");
            let is_refused = (is_activity && !is_manual) || frame.contains("contextUpdate");
            let expected = is_refused.then_some(if frame.contains("contextUpdate") {
                1_008
            } else {
                1_007
            });
            assert_eq!(code, expected, "{frame}");
        }
    }
    assert!(frames >= 30, "{frames}");
}
