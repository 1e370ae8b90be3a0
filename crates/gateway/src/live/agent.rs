//! One agent: a configuration that was checked, ready to take calls.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use voice_call::call::{CallSettings, Idle};
use voice_call::gemini::{
    ActivityHandling, AutomaticDetection, EndSensitivity, FunctionDeclaration, SessionConfig,
    Setup, StartSensitivity, Thinking, TranscriptionConfig, VoiceDetection,
};
use voice_call::level;
use voice_call::redact::Pii;
use voice_call::tools::{END_CALL, SEND_DTMF, TRANSFER_CALL, Tools, Transfer};

use super::agent_config::{AgentConfig, LevelConfig, Sensitivity, VoiceDetectionConfig};
use super::caller::Caller;
use super::connect::Place;
use super::meters::TOOL_CALLS;
use super::services::Services;
use super::shared::Shared;
use super::shared_config::SharedConfig;
use super::webhook::Webhook;
use crate::config::ConfigError;
use crate::metrics::Family;
use crate::time_span::TimeSpan;

/// One agent, shared by all its calls.
#[derive(Debug)]
pub struct Agent {
    name: String,
    service: String,
    numbers: BTreeMap<String, String>,
    pub(super) settings: CallSettings,
    pub(super) place: Place,
    pub(super) webhooks: BTreeMap<String, Webhook>,
    pub(super) writes_transcripts: bool,
    pub(super) tool_calls: Family,
    pub(super) shared: Arc<Shared>,
}

impl Agent {
    /// An agent whose configuration was found good, the model's own rules included.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, by its key.
    pub fn new(
        name: &str,
        config: &AgentConfig,
        shared: &Arc<Shared>,
    ) -> Result<Self, ConfigError> {
        let parts = Parts::new(name, config, &shared.config, &shared.services)?;
        Ok(Self {
            name: name.to_owned(),
            service: parts.service,
            numbers: config
                .transfers
                .iter()
                .map(|(name, it)| (name.clone(), it.number.clone()))
                .collect(),
            settings: parts.settings,
            place: parts.place,
            webhooks: parts.webhooks,
            writes_transcripts: config.transcripts,
            tool_calls: Family::with(TOOL_CALLS, "agent", name),
            shared: Arc::clone(shared),
        })
    }

    /// Checks a configuration without an effect.
    pub(super) fn check(
        name: &str,
        config: &AgentConfig,
        shared: &SharedConfig,
        services: &Services,
    ) -> Result<(), ConfigError> {
        Parts::new(name, config, shared, services).map(drop)
    }

    /// Its name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The service of its model, whose sessions may be limited.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The number behind the name of a transfer.
    #[must_use]
    pub fn transfer_number(&self, to: &str) -> Option<&str> {
        self.numbers.get(to).map(String::as_str)
    }

    /// Whether a credential for the model can be had now: part of being ready.
    ///
    /// # Errors
    ///
    /// One sentence, without a secret.
    pub async fn check_credential(&self) -> Result<(), String> {
        let obtained = self.place.credential.obtain().await;
        obtained.map(drop).map_err(|error| error.to_string())
    }

    /// How a call with this caller is held.
    pub(super) fn settings_for(&self, caller: &Caller) -> CallSettings {
        let mut settings = self.settings.clone();
        if caller.is_machine() {
            let told = settings.greeting.take().unwrap_or_default();
            settings.greeting = Some(format!(
                "(A machine answered, not a person: leave a short message, then end the call.) {told}"
            ));
        }
        settings
    }
}

/// What an agent is made of.
struct Parts {
    service: String,
    place: Place,
    settings: CallSettings,
    webhooks: BTreeMap<String, Webhook>,
}

impl Parts {
    fn new(
        name: &str,
        config: &AgentConfig,
        shared: &SharedConfig,
        services: &Services,
    ) -> Result<Self, ConfigError> {
        let key = format!("agents.{name}");
        let (service, place) = services.service(config.service.as_deref(), &key)?;
        let tools = tools(config);
        let session = session(config, &tools, &key)?;
        let setup = Setup::new(&session, &place.endpoint).map_err(|error| {
            ConfigError::new(
                format!("{key}.{}", error.field),
                format!("it cannot be so: {}; {}", error.problem, error.remedy),
            )
        })?;
        let mut webhooks = BTreeMap::new();
        for (tool, webhook) in &config.tools {
            let key = format!("{key}.tools.{tool}");
            if [END_CALL, TRANSFER_CALL, SEND_DTMF].contains(&tool.as_str()) {
                return Err(ConfigError::new(
                    key,
                    "it has the name of a built-in tool: choose another",
                ));
            }
            webhooks.insert(tool.clone(), Webhook::new(webhook, &services.http, &key)?);
        }
        if config.records && shared.recordings.is_none() {
            return Err(ConfigError::new(
                format!("{key}.records"),
                "it needs a folder: set shared.recordings",
            ));
        }
        if config.transcripts && shared.transcripts.is_none() && shared.storage.is_none() {
            return Err(ConfigError::new(
                format!("{key}.transcripts"),
                "it needs a file or a bucket: set shared.transcripts or shared.storage",
            ));
        }
        Ok(Self {
            service,
            place,
            settings: settings(config, setup, tools),
            webhooks,
        })
    }
}

fn tools(config: &AgentConfig) -> Tools {
    let mut tools = Tools::default();
    tools.end_call = config.end_call.unwrap_or(true);
    tools.send_dtmf = config.send_dtmf;
    let transfers = config.transfers.iter().map(|(name, transfer)| Transfer {
        name: name.clone(),
        description: transfer.description.clone(),
    });
    tools.transfers = transfers.collect();
    tools
}

fn session(config: &AgentConfig, tools: &Tools, key: &str) -> Result<SessionConfig, ConfigError> {
    let mut session = SessionConfig::new(&*config.model);
    session.voice.clone_from(&config.voice);
    session.language.clone_from(&config.language);
    session.system_instruction = system_prompt(config, key)?.map(Pii::new);
    session.sampling.temperature = config.temperature;
    session.sampling.max_output_tokens = config.max_output_tokens;
    session.thinking = config.thinking.as_ref().map(|thinking| Thinking {
        level: thinking.level,
        budget: thinking.budget,
        include_thoughts: false,
    });
    session.affective_dialog = config.affective_dialog;
    session.proactive_audio = config.proactive_audio;
    session.google_search = config.google_search;
    session.voice_detection = VoiceDetection::Automatic(detection(&config.voice_detection));
    if config.voice_detection.interrupts == Some(false) {
        session.activity_handling = Some(ActivityHandling::NoInterruption);
    }
    let transcription = TranscriptionConfig {
        language_codes: config.transcription_languages.clone(),
    };
    session.input_transcription = Some(transcription.clone());
    session.output_transcription = Some(transcription);
    session.functions = tools.declarations();
    session.functions.extend(
        config
            .tools
            .iter()
            .map(|(name, webhook)| FunctionDeclaration {
                name: name.clone(),
                description: webhook.description.clone(),
                parameters: webhook.parameters.clone(),
                behavior: webhook.behavior,
            }),
    );
    Ok(session)
}

fn system_prompt(config: &AgentConfig, key: &str) -> Result<Option<String>, ConfigError> {
    match (&config.system_prompt, &config.system_prompt_file) {
        (Some(_), Some(_)) => Err(ConfigError::new(
            format!("{key}.system_prompt_file"),
            "it stands beside system_prompt: leave one of them out",
        )),
        (None, Some(path)) => std::fs::read_to_string(path).map(Some).map_err(|error| {
            let problem = format!("it names {}, which cannot be read: {error}", path.display());
            ConfigError::new(format!("{key}.system_prompt_file"), problem)
        }),
        (prompt, None) => Ok(prompt.clone()),
    }
}

fn detection(config: &VoiceDetectionConfig) -> AutomaticDetection {
    AutomaticDetection {
        start: config.start.map(|it| match it {
            Sensitivity::High => StartSensitivity::High,
            Sensitivity::Low => StartSensitivity::Low,
        }),
        end: config.end.map(|it| match it {
            Sensitivity::High => EndSensitivity::High,
            Sensitivity::Low => EndSensitivity::Low,
        }),
        prefix_padding: config.prefix_padding.map(Duration::from),
        silence: config.silence.map(Duration::from),
    }
}

fn settings(config: &AgentConfig, setup: Setup, tools: Tools) -> CallSettings {
    let mut settings = CallSettings::new(setup);
    if let Some(greeting) = &config.greeting {
        settings.greeting = Some(greeting.clone()).filter(|text| !text.is_empty());
    }
    settings.idle = idle(config);
    settings.reply_timeout = or_never(config.reply_timeout, settings.reply_timeout);
    settings.longest_call = or_never(config.longest_call, settings.longest_call);
    if let Some(timeout) = config.carrier_timeout {
        settings.carrier_timeout = timeout.into();
    }
    if let Some(lead) = config.lead {
        settings.playout.lead = lead.into();
    }
    settings.caller_level = level_of(&config.caller_level);
    settings.model_level = level_of(&config.model_level);
    settings.half_duplex = config.half_duplex;
    settings.tells_heard = config.tells_heard.unwrap_or(true);
    settings.tells_keys = config.tells_keys.unwrap_or(true);
    settings.records = config.records;
    settings.tools = tools;
    settings
}

fn idle(config: &AgentConfig) -> Option<Idle> {
    let default = Idle::default();
    Some(Idle {
        after: or_never(config.idle.after, Some(default.after))?,
        prompt: config.idle.prompt.clone().unwrap_or(default.prompt),
        most: config.idle.most.unwrap_or(default.most),
    })
}

/// What is configured, none for 0.
fn or_never(configured: Option<TimeSpan>, default: Option<Duration>) -> Option<Duration> {
    configured.map_or(default, |span| {
        Some(Duration::from(span)).filter(|span| !span.is_zero())
    })
}

fn level_of(config: &LevelConfig) -> level::Settings {
    let default = level::Settings::default();
    level::Settings {
        target: config.target.unwrap_or(default.target),
        most_lift: config.most_lift.unwrap_or(default.most_lift),
        most_cut: config.most_cut.unwrap_or(default.most_cut),
        ..default
    }
}
