use super::*;
use crate::gemini::config::{Compression, Resumption};

const DEVELOPER: Surface = Surface {
    service: Service::Developer,
    version: Version::V1Alpha,
};
const VERTEX: Surface = Surface {
    service: Service::Vertex,
    version: Version::V1Beta,
};
const MODELS: [&str; 6] = [
    "gemini-3.8-live",
    "gemini-3.8-live-extended-thinking",
    "gemini-3.1-flash-live-preview",
    "gemini-3.5-live-translate-preview",
    "gemini-2.5-flash-native-audio-preview-12-2025",
    "gemini-live-2.5-flash-native-audio",
];

/// The field that is wrong with a model's configuration after a change, or nothing.
fn wrong(model: &str, surface: Surface, change: fn(&mut SessionConfig)) -> &'static str {
    let mut config = SessionConfig::new(model);
    if Family::of(model) == Family::ExtendedThinking38 {
        config.thinking = level(ThinkingLevel::Low);
    }
    change(&mut config);
    check(&config, surface).map_or_else(|error| error.field, |()| "")
}

/// For which of [`MODELS`] a change is accepted at the Developer API, as a row of ones and zeros.
fn accepted(change: fn(&mut SessionConfig)) -> String {
    MODELS
        .iter()
        .map(|model| {
            if wrong(model, DEVELOPER, change).is_empty() {
                '1'
            } else {
                '0'
            }
        })
        .collect()
}

fn level(level: ThinkingLevel) -> Option<Thinking> {
    Some(Thinking {
        level: Some(level),
        ..Thinking::default()
    })
}

fn function(behavior: Behavior) -> Vec<FunctionDeclaration> {
    vec![FunctionDeclaration {
        name: "f".to_owned(),
        behavior: Some(behavior),
        ..FunctionDeclaration::default()
    }]
}

#[test]
fn rules_of_models() {
    //           3.8, extended, 3.1, translate, 2.5, 2.5 on Vertex AI
    assert_eq!(accepted(|_| {}), "111111");
    assert_eq!(accepted(|c| c.modality = Modality::Text), "000000");
    assert_eq!(accepted(|c| c.thinking = None), "101111");
    assert_eq!(
        accepted(|c| c.thinking = Some(Thinking::default())),
        "001111"
    );
    assert_eq!(
        accepted(|c| c.thinking = level(ThinkingLevel::Minimal)),
        "001100"
    );
    assert_eq!(
        accepted(|c| c.thinking = level(ThinkingLevel::High)),
        "011100"
    );
    let budget = |c: &mut SessionConfig| {
        c.thinking = Some(Thinking {
            budget: Some(0),
            ..Thinking::default()
        });
    };
    assert_eq!(accepted(budget), "000111");
    assert_eq!(accepted(|c| c.affective_dialog = true), "000011");
    assert_eq!(accepted(|c| c.proactive_audio = Some(false)), "001111");
    assert_eq!(accepted(|c| c.proactive_audio = Some(true)), "110111");
    assert_eq!(
        accepted(|c| c.functions = function(Behavior::Blocking)),
        "101111"
    );
    assert_eq!(
        accepted(|c| c.functions = function(Behavior::NonBlocking)),
        "110111"
    );
}

#[test]
fn rules_of_services() {
    let model = "gemini-3.8-live";
    let transparent = |c: &mut SessionConfig| {
        c.resumption = Some(Resumption {
            transparent: true,
            ..Resumption::default()
        });
    };
    assert_eq!(
        wrong(model, DEVELOPER, transparent),
        "resumption.transparent"
    );
    assert_eq!(wrong(model, VERTEX, transparent), "");
    assert_eq!(
        wrong(model, DEVELOPER, |c| c.explicit_vad_signal = true),
        "explicit_vad_signal"
    );
    assert_eq!(wrong(model, VERTEX, |c| c.explicit_vad_signal = true), "");
    assert_eq!(wrong(model, DEVELOPER, |c| c.initial_history = true), "");
    assert_eq!(
        wrong(model, VERTEX, |c| c.initial_history = true),
        "initial_history"
    );
    let stable = Surface {
        version: Version::V1Beta,
        ..DEVELOPER
    };
    assert_eq!(
        wrong(MODELS[4], stable, |c| c.affective_dialog = true),
        "affective_dialog"
    );
    assert_eq!(wrong(MODELS[5], VERTEX, |c| c.affective_dialog = true), "");
}

#[test]
fn models_that_are_no_more() {
    for model in [
        "gemini-2.0-flash-live-001",
        "models/gemini-live-2.5-flash-preview",
        "",
    ] {
        assert_eq!(wrong(model, DEVELOPER, |_| {}), "model", "{model}");
    }
    assert_eq!(Family::of("gemini-3.8-live-2026"), Family::Live38);
    assert_eq!(Family::of("gemini-3.8-livelier"), Family::Other);
}

#[test]
fn numbers_and_names() {
    let model = "any-model";
    let hot = |c: &mut SessionConfig| c.sampling.temperature = Some(f64::NAN);
    assert_eq!(wrong(model, DEVELOPER, hot), "sampling.temperature");
    let keep = |c: &mut SessionConfig| {
        c.compression = Some(Compression {
            trigger_tokens: Some(1_000),
            target_tokens: Some(1_000),
        });
    };
    assert_eq!(wrong(model, DEVELOPER, keep), "compression");
    let twice = |c: &mut SessionConfig| {
        c.functions = function(Behavior::Blocking);
        c.functions.extend(function(Behavior::Blocking));
    };
    assert_eq!(wrong(model, DEVELOPER, twice), "functions");
}

#[test]
fn defaults_are_left_out() {
    let mut config = SessionConfig::new("gemini-3.8-live");
    config.proactive_audio = Some(true);
    config.functions = function(Behavior::NonBlocking);
    leave_out_defaults(&mut config);
    assert_eq!(config.proactive_audio, None);
    assert_eq!(config.functions[0].behavior, None);
    config.functions = function(Behavior::Blocking);
    leave_out_defaults(&mut config);
    assert_eq!(config.functions[0].behavior, Some(Behavior::Blocking));
}
