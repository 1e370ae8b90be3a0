//! Families of models, and what each accepts, as data.

use super::names::Behavior;

/// A family of models with the same rules, found by the model's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// `gemini-3.8-live`.
    Live38,
    /// `gemini-3.8-live-extended-thinking`.
    ExtendedThinking38,
    /// `gemini-3.1-flash-live-preview`.
    FlashLive31,
    /// `gemini-3.5-live-translate-preview`.
    Translate35,
    /// `gemini-2.5-flash-native-audio-…` and `gemini-live-2.5-flash-native-audio`.
    NativeAudio25,
    /// Models that were shut down on 2025-12-09.
    ShutDown,
    /// Any other model: everything is left to the server.
    Other,
}

/// What a family accepts.
pub(super) struct Rules {
    pub(super) thinking: ThinkingRule,
    pub(super) text: bool,
    pub(super) affective: bool,
    pub(super) proactive: Proactive,
    /// What a function does without being told, if it is known.
    pub(super) behavior: Option<Behavior>,
    pub(super) both_behaviors: bool,
    pub(super) context_update: bool,
}

#[derive(PartialEq)]
pub(super) enum ThinkingRule {
    Refused,
    LevelRequired,
    Level,
    Budget,
    Any,
}

#[derive(PartialEq)]
pub(super) enum Proactive {
    Always,
    Never,
    Choice,
}

impl Family {
    /// The family of a model, by its bare or full name.
    ///
    /// ```
    /// use voice_call::gemini::Family;
    ///
    /// assert_eq!(Family::of("models/gemini-3.8-live"), Family::Live38);
    /// assert_eq!(Family::of("models/my-tuned-model"), Family::Other);
    /// ```
    #[must_use]
    pub fn of(model: &str) -> Self {
        let name = model.rsplit_once('/').map_or(model, |(_, name)| name);
        let is = |prefix: &str| {
            name.strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        if is("gemini-3.8-live-extended-thinking") {
            Self::ExtendedThinking38
        } else if is("gemini-3.8-live") {
            Self::Live38
        } else if is("gemini-3.1-flash-live") {
            Self::FlashLive31
        } else if is("gemini-3.5-live-translate") {
            Self::Translate35
        } else if is("gemini-2.5-flash-native-audio") || is("gemini-live-2.5-flash-native-audio") {
            Self::NativeAudio25
        } else if is("gemini-2.0-flash-live-001") || is("gemini-live-2.5-flash-preview") {
            Self::ShutDown
        } else {
            Self::Other
        }
    }

    /// Whether instructions and tools may be changed inside a session, by a context update.
    #[must_use]
    pub const fn takes_context_updates(self) -> bool {
        self.rules().context_update
    }

    /// Whether it is a 3.x model: those refuse the deprecated `mediaChunks`.
    #[must_use]
    pub const fn is_third_generation(self) -> bool {
        match self {
            Self::Live38 | Self::ExtendedThinking38 | Self::FlashLive31 | Self::Translate35 => true,
            Self::NativeAudio25 | Self::ShutDown | Self::Other => false,
        }
    }

    pub(super) const fn rules(self) -> Rules {
        let anything = Rules {
            thinking: ThinkingRule::Any,
            text: true,
            affective: true,
            proactive: Proactive::Choice,
            behavior: None,
            both_behaviors: true,
            context_update: true,
        };
        match self {
            Self::Live38 => Rules {
                thinking: ThinkingRule::Refused,
                text: false,
                affective: false,
                proactive: Proactive::Always,
                behavior: Some(Behavior::NonBlocking),
                ..anything
            },
            Self::ExtendedThinking38 => Rules {
                thinking: ThinkingRule::LevelRequired,
                text: false,
                affective: false,
                proactive: Proactive::Always,
                behavior: Some(Behavior::NonBlocking),
                both_behaviors: false,
                ..anything
            },
            Self::FlashLive31 => Rules {
                thinking: ThinkingRule::Level,
                text: false,
                affective: false,
                proactive: Proactive::Never,
                behavior: Some(Behavior::Blocking),
                both_behaviors: false,
                context_update: false,
            },
            Self::Translate35 => Rules {
                text: false,
                affective: false,
                context_update: false,
                ..anything
            },
            Self::NativeAudio25 => Rules {
                thinking: ThinkingRule::Budget,
                text: false,
                behavior: Some(Behavior::Blocking),
                context_update: false,
                ..anything
            },
            Self::ShutDown | Self::Other => anything,
        }
    }
}
