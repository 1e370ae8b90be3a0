//! The enumerations of the model's protocol, each a list of names.

use std::fmt;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

/// An enumeration whose values are all that a peer may say.
macro_rules! closed {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$what])* $variant,)+ }

        impl $name {
            /// As the protocol spells it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// By its name in the protocol.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = deserializer.deserialize_str(crate::redact::Text)?;
                // What stands there may be anything and must not be quoted.
                Self::from_name(&name)
                    .ok_or_else(|| serde::de::Error::custom(concat!("not a ", stringify!($name))))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

/// An enumeration that a server may extend: values nobody knows yet are kept as text.
macro_rules! open {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$what])* $variant,)+
            /// A value that this version does not know.
            Other(String),
        }

        impl $name {
            /// As the protocol spells it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self { $(Self::$variant => $text,)+ Self::Other(text) => text }
            }

            /// By its name in the protocol.
            #[must_use]
            pub fn from_name(name: &str) -> Self {
                match name { $($text => Self::$variant,)+ _ => Self::Other(name.to_owned()) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(crate::redact::Text).map(|name| Self::from_name(&name))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

closed! {
    /// What the model answers with. One at a time.
    Modality {
        /// Speech.
        Audio = "AUDIO",
        /// Text. No native-audio or 3.x model takes it.
        Text = "TEXT",
    }
}

closed! {
    /// How easily the model's voice detector hears the start of speech.
    StartSensitivity {
        /// Easily; the default of the Developer API.
        High = "START_SENSITIVITY_HIGH",
        /// With hesitation, against echo and noise; the default of Vertex AI.
        Low = "START_SENSITIVITY_LOW",
    }
}

closed! {
    /// How soon the model's voice detector hears the end of speech.
    EndSensitivity {
        /// Soon; the default of the Developer API.
        High = "END_SENSITIVITY_HIGH",
        /// With patience for pauses; the default of Vertex AI.
        Low = "END_SENSITIVITY_LOW",
    }
}

closed! {
    /// What happens when the caller speaks while the model does.
    ActivityHandling {
        /// The model stops; the default.
        Interrupts = "START_OF_ACTIVITY_INTERRUPTS",
        /// The model goes on.
        NoInterruption = "NO_INTERRUPTION",
    }
}

closed! {
    /// Which input belongs to a turn.
    TurnCoverage {
        /// What comes between the start and the end of activity; the default before 3.8.
        OnlyActivity = "TURN_INCLUDES_ONLY_ACTIVITY",
        /// Everything, silence included.
        AllInput = "TURN_INCLUDES_ALL_INPUT",
        /// The caller's activity, and all video; the default of 3.8.
        AudioActivityAndAllVideo = "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO",
    }
}

closed! {
    /// How long a model thinks before it answers.
    ThinkingLevel {
        /// Hardly.
        Minimal = "MINIMAL",
        /// A little.
        Low = "LOW",
        /// More.
        Medium = "MEDIUM",
        /// Long.
        High = "HIGH",
        /// Longest.
        ExtraHigh = "XHIGH",
    }
}

closed! {
    /// Whether the model goes on talking while a tool works.
    Behavior {
        /// It waits for the result.
        Blocking = "BLOCKING",
        /// It goes on.
        NonBlocking = "NON_BLOCKING",
    }
}

closed! {
    /// What the model does with the result of a tool that did not block.
    Scheduling {
        /// It keeps the result for later.
        Silent = "SILENT",
        /// It speaks about it when it has finished what it is saying.
        WhenIdle = "WHEN_IDLE",
        /// It speaks about it at once, unless the caller is speaking.
        Interrupt = "INTERRUPT",
    }
}

open! {
    /// Why a turn ended other than by being finished.
    TurnCompleteReason {
        /// The model's tool call made no sense.
        MalformedFunctionCall = "MALFORMED_FUNCTION_CALL",
        /// The answer was refused.
        ResponseRejected = "RESPONSE_REJECTED",
        /// The model wants to hear more.
        NeedMoreInput = "NEED_MORE_INPUT",
        /// What the caller said is not allowed.
        ProhibitedInputContent = "PROHIBITED_INPUT_CONTENT",
        /// A forbidden word.
        Blocklist = "BLOCKLIST",
        /// The speech failed a safety check.
        GeneratedAudioSafety = "GENERATED_AUDIO_SAFETY",
        /// The content is not allowed.
        GeneratedContentProhibited = "GENERATED_CONTENT_PROHIBITED",
    }
}

open! {
    /// Whether a model that thinks at length is busy. It decides the end of an interaction where it is sent at all.
    InteractionStatus {
        /// Something is still to come.
        InProgress = "IN_PROGRESS",
        /// Nothing is to come until somebody speaks.
        Idle = "IDLE",
        /// The old name of [`InteractionStatus::Idle`].
        RequiresAction = "REQUIRES_ACTION",
    }
}

open! {
    /// What the model's voice detector heard.
    VoiceActivityType {
        /// Speech begins.
        Start = "ACTIVITY_START",
        /// Speech ends.
        End = "ACTIVITY_END",
    }
}

open! {
    /// What the model's voice detector heard, in its older form.
    VoiceSignalType {
        /// Speech begins.
        Start = "VAD_SIGNAL_TYPE_SOS",
        /// Speech ends.
        End = "VAD_SIGNAL_TYPE_EOS",
    }
}
