//! The first message of a session.

use serde::Serialize;

use super::close::Close;
use super::config::{FunctionDeclaration, Resumption, SessionConfig};
use super::endpoint::{Endpoint, Surface};
use super::family::Family;
use super::rules::{self, ConfigError};
use super::wire;
use crate::message_error::MessageError;
use crate::redact::Pii;

/// The first message of a session: a configuration that its model and service accept.
///
/// The same setup serves every connection of a session; before each but the first, [`Setup::set_handle`] says which
/// session to go on with.
///
/// ```
/// use voice_call::gemini::{Endpoint, SessionConfig, Setup};
///
/// let mut setup = Setup::new(&SessionConfig::new("gemini-3.8-live"), &Endpoint::developer("key"))?;
/// setup.set_handle(Some("h-2f9c"));
/// let mut out = String::new();
/// setup.write(&mut out);
/// assert_eq!(out, concat!(
///     r#"{"setup":{"model":"models/gemini-3.8-live","generationConfig":{"responseModalities":["AUDIO"]},"#,
///     r#""inputAudioTranscription":{},"outputAudioTranscription":{},"sessionResumption":{"handle":"h-2f9c"},"#,
///     r#""contextWindowCompression":{"slidingWindow":{}}}}"#,
/// ));
/// # Ok::<(), voice_call::gemini::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    config: SessionConfig,
}

impl Setup {
    /// Checks a configuration against the rules of its model and service, and names the model as the service does.
    ///
    /// What the model does by itself is left out, so that it cannot be refused: `proactive_audio: Some(true)` at 3.8,
    /// and a function's behavior that is the model's default. Everything else that the model would refuse or ignore is
    /// an error. Models of which nothing is known are not checked. The types in functions' schemas are put in upper case.
    ///
    /// # Errors
    ///
    /// When the model or the service does not accept a field.
    pub fn new(config: &SessionConfig, endpoint: &Endpoint) -> Result<Self, ConfigError> {
        rules::check(config, endpoint.surface())?;
        let mut config = config.clone();
        rules::leave_out_defaults(&mut config);
        config.model = endpoint.model_resource(&config.model);
        let functions = std::mem::take(&mut config.functions).into_iter();
        config.functions = functions
            .map(FunctionDeclaration::in_service_spelling)
            .collect();
        Ok(Self { config })
    }

    /// What is set up; its model has the full name.
    #[must_use]
    pub const fn config(&self) -> &SessionConfig {
        &self.config
    }

    /// The model's family.
    #[must_use]
    pub fn family(&self) -> Family {
        Family::of(&self.config.model)
    }

    /// Goes on with a session, or begins a new one. A handle switches resumption on; without one it stays as it is.
    pub fn set_handle(&mut self, handle: Option<&str>) {
        let handle = handle.map(|handle| Pii::new(handle.to_owned()));
        match (&mut self.config.resumption, handle) {
            (Some(resumption), handle) => resumption.handle = handle,
            (none, Some(handle)) => {
                *none = Some(Resumption {
                    handle: Some(handle),
                    transparent: false,
                });
            }
            (None, None) => {}
        }
    }

    /// Says that the first content will be history and no turn, where the service can be told so: see
    /// [`takes_history`](Self::takes_history). Does nothing elsewhere.
    pub fn expect_history(&mut self) {
        self.config.initial_history = self.takes_history();
    }

    /// Whether the service can be told that the first content is history: the Developer API can, Vertex AI cannot.
    #[must_use]
    pub fn takes_history(&self) -> bool {
        // Only Vertex AI has models by their full resource names.
        !self.config.model.starts_with("projects/")
    }

    /// Appends the message.
    pub fn write(&self, out: &mut String) {
        #[derive(Serialize)]
        struct Envelope<'a> {
            setup: wire::Setup<'a>,
        }
        let setup = wire::Setup::from_config(&self.config);
        let text = serde_json::to_string(&Envelope { setup });
        out.push_str(&text.expect("all keys are texts"));
    }

    /// Whether a server would accept a client's setup, and how it would close if not.
    ///
    /// Only what is documented or reported to be refused is refused, so that an emulated model is not stricter than
    /// the real one.
    ///
    /// # Errors
    ///
    /// The close to answer with.
    pub fn check(&self, surface: Surface) -> Result<(), Close> {
        match rules::check(&self.config, surface) {
            Err(_) if self.family() == Family::ShutDown => {
                let version = surface.version_name();
                Err(Close::model_not_found(&self.config.model, version))
            }
            Err(error) if error.is_refused => Err(Close::invalid_argument(error.path)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// What a client sent.
    pub(super) fn from_wire(setup: wire::Setup<'_>) -> Result<Self, MessageError> {
        let config = setup.into_config()?;
        Ok(Self { config })
    }
}

#[cfg(test)]
#[path = "setup_tests.rs"]
mod tests;
