//! The check of a configuration against what its model and service accept.

use std::collections::HashSet;
use std::fmt;

use super::config::{FunctionDeclaration, SessionConfig, Thinking};
use super::endpoint::{Service, Surface, Version};
use super::family::{Family, Proactive, Rules, ThinkingRule};
use super::names::{Behavior, Modality, ThinkingLevel};

/// What a model or a service does not accept in a [`SessionConfig`], and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The field of [`SessionConfig`].
    pub field: &'static str,
    /// The field of the setup message.
    pub path: &'static str,
    /// What is wrong with it.
    pub problem: String,
    /// What to do about it.
    pub remedy: &'static str,
    /// Whether the service is documented or reported to refuse it. If not, it would be ignored or do harm.
    pub is_refused: bool,
}

/// The first thing in a configuration that its model or service does not accept.
pub(super) fn check(config: &SessionConfig, surface: Surface) -> Result<(), ConfigError> {
    let family = Family::of(&config.model);
    let rules = family.rules();
    let model = config.model_name();
    check_model(family, model)?;
    check_thinking(config.thinking, &rules.thinking, model)?;
    check_functions(&config.functions, &rules, model)?;
    check_service(config, surface)?;
    if config.modality == Modality::Text && !rules.text {
        let problem = format!("{model} answers in speech only");
        return Err(refused(
            "modality",
            RESPONSE,
            problem,
            "use Modality::Audio",
        ));
    }
    if config.affective_dialog && !rules.affective {
        let problem = format!("{model} has no affective dialog");
        let remedy = "leave it out: only 2.5 native-audio models have it";
        return Err(refused("affective_dialog", AFFECTIVE, problem, remedy));
    }
    match (rules.proactive, config.proactive_audio) {
        (Proactive::Always, Some(false)) => {
            let problem = format!("{model} is always proactive and refuses false");
            let error = refused("proactive_audio", PROACTIVE, problem, "leave it out");
            return Err(error);
        }
        (Proactive::Never, Some(true)) => {
            let problem = format!("{model} cannot be proactive");
            let error = refused("proactive_audio", PROACTIVE, problem, "leave it out");
            return Err(error);
        }
        _ => {}
    }
    check_numbers(config)
}

/// Takes out what the model does anyway, so that it cannot be refused.
pub(super) fn leave_out_defaults(config: &mut SessionConfig) {
    let rules = Family::of(&config.model).rules();
    if rules.proactive != Proactive::Choice {
        config.proactive_audio = None;
    }
    for function in &mut config.functions {
        if function.behavior == rules.behavior {
            function.behavior = None;
        }
    }
}

fn check_model(family: Family, model: &str) -> Result<(), ConfigError> {
    if model.is_empty() {
        let remedy = "name one, as in gemini-3.8-live";
        return Err(refused(
            "model",
            "setup.model",
            "there is no model".to_owned(),
            remedy,
        ));
    }
    if family == Family::ShutDown {
        let problem = format!("{model} was shut down on 2025-12-09");
        return Err(refused(
            "model",
            "setup.model",
            problem,
            "use gemini-3.8-live",
        ));
    }
    Ok(())
}

fn check_thinking(
    thinking: Option<Thinking>,
    rule: &ThinkingRule,
    model: &str,
) -> Result<(), ConfigError> {
    use ThinkingLevel::{High, Low, Medium};
    let error =
        |problem: &str, remedy| refused("thinking", THINKING, format!("{model} {problem}"), remedy);
    let unwise = |problem: &str, remedy| ConfigError {
        is_refused: false,
        ..error(problem, remedy)
    };
    let (level, budget) = thinking.map_or((None, None), |it| (it.level, it.budget));
    match rule {
        ThinkingRule::Refused if thinking.is_some() => Err(error(
            "refuses any thinking configuration",
            "leave it out, or use gemini-3.8-live-extended-thinking",
        )),
        ThinkingRule::LevelRequired if !matches!(level, Some(Low | Medium | High)) => Err(error(
            "needs a thinking level of low, medium or high",
            "set thinking.level",
        )),
        ThinkingRule::LevelRequired | ThinkingRule::Level if budget.is_some() => Err(unwise(
            "knows thinking levels and no budget",
            "set thinking.level instead of thinking.budget",
        )),
        ThinkingRule::Budget if level.is_some() => Err(unwise(
            "knows a thinking budget and no levels",
            "set thinking.budget instead of thinking.level",
        )),
        _ => Ok(()),
    }
}

fn check_functions(
    functions: &[FunctionDeclaration],
    rules: &Rules,
    model: &str,
) -> Result<(), ConfigError> {
    let mut names = HashSet::new();
    for function in functions {
        if function.name.is_empty() {
            let problem = "a function has no name".to_owned();
            return Err(refused("functions", FUNCTIONS, problem, "name it"));
        }
        if !names.insert(&function.name) {
            let problem = format!("two functions are called {}", function.name);
            return Err(refused("functions", FUNCTIONS, problem, "rename one"));
        }
        let fits = rules.both_behaviors
            || function.behavior.is_none()
            || function.behavior == rules.behavior;
        if !fits {
            let (problem, remedy) = match rules.behavior {
                Some(Behavior::Blocking) => (
                    "has blocking functions only",
                    "leave out the behavior, or set it to BLOCKING",
                ),
                _ => (
                    "has non-blocking functions only",
                    "leave out the behavior, or set it to NON_BLOCKING",
                ),
            };
            let problem = format!("{model} {problem}, and {} is another", function.name);
            return Err(refused("functions", BEHAVIOR, problem, remedy));
        }
    }
    Ok(())
}

/// What differs between the two services.
fn check_service(config: &SessionConfig, surface: Surface) -> Result<(), ConfigError> {
    let only = |field, path, where_: &str| {
        let problem = format!("it exists only on {where_}");
        Err(refused(field, path, problem, "leave it out"))
    };
    match surface.service {
        Service::Developer => {
            let resumption = config.resumption.as_ref();
            if resumption.is_some_and(|resumption| resumption.transparent) {
                return only(
                    "resumption.transparent",
                    "setup.sessionResumption.transparent",
                    "Vertex AI",
                );
            }
            if config.explicit_vad_signal {
                return only(
                    "explicit_vad_signal",
                    "setup.explicitVadSignal",
                    "Vertex AI",
                );
            }
            if config.affective_dialog && surface.version != Version::V1Alpha {
                let problem = "it exists only at API version v1alpha".to_owned();
                let remedy = "set the endpoint's version, or leave it out";
                return Err(ConfigError {
                    // Documented as belonging there; nobody has reported what the others do.
                    is_refused: false,
                    ..refused("affective_dialog", AFFECTIVE, problem, remedy)
                });
            }
        }
        Service::Vertex if config.initial_history => {
            return only(
                "initial_history",
                "setup.historyConfig",
                "the Developer API",
            );
        }
        Service::Vertex => {}
    }
    Ok(())
}

/// Numbers that no model can make sense of.
fn check_numbers(config: &SessionConfig) -> Result<(), ConfigError> {
    let sampling = &config.sampling;
    for (field, path, number, most) in [
        (
            "sampling.temperature",
            "setup.generationConfig.temperature",
            sampling.temperature,
            2.0,
        ),
        (
            "sampling.top_p",
            "setup.generationConfig.topP",
            sampling.top_p,
            1.0,
        ),
    ] {
        if number.is_some_and(|number| !(0.0..=most).contains(&number)) {
            let problem = format!("it is not between 0 and {most}");
            return Err(refused(field, path, problem, "choose one in between"));
        }
    }
    if let Some(compression) = config.compression
        && let (Some(trigger), Some(target)) =
            (compression.trigger_tokens, compression.target_tokens)
        && target >= trigger
    {
        let problem = format!("{target} tokens to keep are not fewer than the trigger's {trigger}");
        return Err(refused(
            "compression",
            "setup.contextWindowCompression",
            problem,
            "keep fewer",
        ));
    }
    Ok(())
}

const fn refused(
    field: &'static str,
    path: &'static str,
    problem: String,
    remedy: &'static str,
) -> ConfigError {
    ConfigError {
        field,
        path,
        problem,
        remedy,
        is_refused: true,
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {}; {}",
            self.field, self.problem, self.remedy
        )
    }
}

impl std::error::Error for ConfigError {}

const RESPONSE: &str = "setup.generationConfig.responseModalities";
const THINKING: &str = "setup.generationConfig.thinkingConfig";
const AFFECTIVE: &str = "setup.generationConfig.enableAffectiveDialog";
const PROACTIVE: &str = "setup.proactivity.proactiveAudio";
const FUNCTIONS: &str = "setup.tools.functionDeclarations";
const BEHAVIOR: &str = "setup.tools.functionDeclarations.behavior";

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
