//! A call's settings, callers and models for the tests.

use std::sync::Arc;
use std::time::Duration;

use phonebox::carrier::{Act, Caller, Cue, When};
use phonebox::circuit::{Answer, Circuit, Outcome, no_tools};
use phonebox::model::{Behaviour, Model};
use phonebox::score::Score;
use phonebox::voice;
use serde_json::json;
use voice_call::call::{CallSettings, Event, ToolRequest};
use voice_call::gemini::{Endpoint, FunctionDeclaration, SessionConfig, Setup};
use voice_call::level;
use voice_call::tools::Tools;

pub(crate) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// With a greeting, a function `lookup`, and `end_call`; level as it is, so that noise can be measured.
pub(crate) fn settings() -> CallSettings {
    let mut tools = Tools::default();
    tools.end_call = true;
    let mut config = SessionConfig::new("gemini-3.8-live");
    config.functions = tools.declarations();
    config.functions.push(FunctionDeclaration {
        name: "lookup".to_owned(),
        description: "Looks something up.".to_owned(),
        ..FunctionDeclaration::default()
    });
    let setup = Setup::new(&config, &Endpoint::developer("key")).expect("a setup");
    let mut settings = CallSettings::new(setup);
    settings.tools = tools;
    settings.caller_level = level::Settings::OFF;
    settings.model_level = level::Settings::OFF;
    settings
}

pub(crate) fn model(behaviour: &str) -> Arc<Model> {
    let mut behaviour = Behaviour::from_toml("test.toml", behaviour).expect("a behaviour");
    behaviour.recording.heard = Duration::from_secs(300);
    Model::new(behaviour).expect("a model")
}

/// One of the bundled caller's phrases, µ-law.
pub(crate) fn phrase(number: usize) -> Arc<[u8]> {
    let samples = voice::caller_phrases().remove(number).samples;
    samples
        .into_iter()
        .map(audio_converter::g711::encode_mulaw)
        .collect()
}

pub(crate) fn say(when: When, number: usize) -> Cue {
    Cue {
        when,
        act: Act::Say(phrase(number)),
    }
}

pub(crate) fn hang_up(when: When) -> Cue {
    Cue {
        when,
        act: Act::HangUp,
    }
}

/// Says something to each of so many turns of the agent, then hangs up.
pub(crate) fn polite(utterances: usize) -> Caller {
    let mut cues: Vec<_> = (0..utterances)
        .map(|number| say(When::AfterAgent(ms(700)), number % 4))
        .collect();
    cues.push(hang_up(When::AfterAgent(ms(900))));
    Caller { cues }
}

/// A polite caller and a parrot with whatever is wrong.
pub(crate) fn circuit(behaviour: &str) -> Circuit {
    Circuit::new(settings(), model(behaviour), polite(2))
}

pub(crate) fn run(circuit: Circuit) -> Outcome {
    circuit.run(no_tools, |_| {})
}

/// Answers each use after 200 ms.
pub(crate) fn lookup(request: &ToolRequest) -> Answer {
    assert_eq!(request.name, "lookup");
    Answer {
        after: ms(200),
        outcome: Ok(json!({"state": "shipped"})),
    }
}

pub(crate) fn end(outcome: &Outcome) -> &'static str {
    outcome.end.as_ref().map_or("none", |end| end.as_str())
}

pub(crate) fn count(outcome: &Outcome, is_it: impl Fn(&Event) -> bool) -> usize {
    outcome.events.iter().filter(|(_, it)| is_it(it)).count()
}

/// Nothing was lost or spoilt on the way to the caller, but what may be missing at the seams of the faults.
pub(crate) fn assert_clean_to_caller(score: &Score) {
    let way = &score.to_caller;
    assert_eq!((way.gaps, way.clicks), (0, 0), "{score}");
    assert_eq!(way.said, way.heard, "{score}");
    assert_eq!(way.lost_ms, 0.0, "{score}");
    let (snr, best) = (way.snr_db.expect("sound"), way.best_snr_db.expect("sound"));
    assert!(snr > best - 0.5, "{score}");
}

/// The same on the way to the model.
pub(crate) fn assert_clean_to_model(score: &Score) {
    let way = &score.to_model;
    assert_eq!((way.gaps, way.clicks), (0, 0), "{score}");
    assert_eq!(way.said, way.heard, "{score}");
    assert_eq!(way.lost_ms, 0.0, "{score}");
    let (snr, best) = (way.snr_db.expect("sound"), way.best_snr_db.expect("sound"));
    assert!(snr > best - 0.5, "{score}");
}
