//! Who says what in the demo.

use std::sync::Arc;
use std::time::Duration;

use audio_converter::g711::encode_mulaw;
use serde_json::{Map, Value, json};
use voice_call::call::{CallSettings, ToolRequest};
use voice_call::gemini::{ConfigError, Endpoint, FunctionDeclaration, SessionConfig, Setup};
use voice_call::tools::Tools;

use super::story::Story;
use crate::carrier::{Act, Caller, Cue, When};
use crate::circuit::{Answer, Circuit};
use crate::model::{Behaviour, BehaviourError, Model};
use crate::score::Limits;
use crate::voice;

/// The function that the agent uses, besides `end_call`.
pub const TOOL: &str = "track_order";

/// Which of the call's own tools the agent may use.
#[must_use]
pub fn tools() -> Tools {
    let mut tools = Tools::default();
    tools.end_call = true;
    tools
}

/// What the model is set up with.
#[must_use]
pub fn config() -> SessionConfig {
    let mut config = SessionConfig::new("gemini-3.8-live");
    config.functions = tools().declarations();
    config.functions.push(FunctionDeclaration {
        name: TOOL.to_owned(),
        description: "Says where an order is and when it arrives.".to_owned(),
        parameters: parameters(),
        behavior: None,
    });
    config
}

/// What each bridge that works well keeps to.
#[must_use]
pub fn limits() -> Limits {
    Limits {
        max_mean_delay_ms: Some(60.0),
        max_p99_delay_ms: Some(150.0),
        max_gaps: Some(0.0),
        max_clicks: Some(0.0),
        max_lost_ms: Some(100.0),
        min_snr_db: Some(25.0),
        max_barge_in_ms: Some(700.0),
        max_interrupted_ms: Some(150.0),
        max_handover_ms: Some(1_000.0),
        max_ledger_error_ms: Some(100.0),
        ..Limits::default()
    }
}

/// Holds the call in virtual time.
///
/// # Errors
///
/// When the bundled script cannot be read, which a test excludes.
pub fn rehearse() -> Result<Story, RehearsalError> {
    let mut call = CallSettings::new(Setup::new(&config(), &Endpoint::developer("none"))?);
    call.tools = tools();
    let outcome = Circuit::new(call, model()?, caller()).run(answer, |_| {});
    let told = outcome.told();
    Ok(Story::new(&outcome.streams, outcome.sessions, &told))
}

/// Why the call cannot be rehearsed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RehearsalError {
    /// The script is wrong.
    #[error(transparent)]
    Script(#[from] BehaviourError),
    /// The model would refuse the setup.
    #[error(transparent)]
    Setup(#[from] ConfigError),
}

pub(super) fn model() -> Result<Arc<Model>, BehaviourError> {
    Model::new(Behaviour::from_toml(
        "demo.toml",
        include_str!("script.toml"),
    )?)
}

pub(super) fn caller() -> Caller {
    let phrases: Vec<Arc<[u8]>> = voice::caller_phrases()
        .into_iter()
        .map(|phrase| phrase.samples.into_iter().map(encode_mulaw).collect())
        .collect();
    let pause = [0xFF; 1_600];
    let order = [&phrases[1][..], &pause, &phrases[2]].concat();
    let say = |when, sound| Cue {
        when,
        act: Act::Say(sound),
    };
    let after = |ms| When::AfterAgent(Duration::from_millis(ms));
    Caller {
        cues: vec![
            say(after(700), Arc::clone(&phrases[0])),
            say(When::BargeIn(Duration::from_millis(3_600)), order.into()),
            say(after(1_000), Arc::clone(&phrases[3])),
        ],
    }
}

/// What the function answers.
pub(super) fn order() -> Value {
    json!({"state": "shipped", "arrives": "Saturday, 6 pm"})
}

fn answer(request: &ToolRequest) -> Answer {
    Answer {
        after: Duration::from_millis(150),
        outcome: match request.name.as_str() {
            TOOL => Ok(order()),
            other => Err(format!("there is no {other}")),
        },
    }
}

fn parameters() -> Option<Map<String, Value>> {
    let schema = json!({
        "type": "OBJECT",
        "properties": {"number": {"type": "INTEGER", "description": "The number of the order."}},
        "required": ["number"],
    });
    schema.as_object().cloned()
}
