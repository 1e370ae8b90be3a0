//! The voice model: a server that speaks Gemini Live.
//!
//! [`Session`] is one connection as a machine without sockets and clocks; [`Model`] is what connections share: how the model
//! behaves ([`Behaviour`]), what goes wrong ([`Faults`]), and the talks that can be resumed. [`Server`] runs sessions on
//! real sockets, with or without TLS, so that the official SDKs can talk to it.
//!
//! ```
//! use core::time::Duration;
//! use phonebox::model::{Behaviour, Input, Model, Output, Session};
//! use voice_call::Time;
//! use voice_call::gemini::{ServerMessage, Service, Surface, Version};
//!
//! let model = Model::new(Behaviour::default())?;
//! let surface = Surface { service: Service::Developer, version: Version::V1 };
//! let mut session = Session::new(&model, surface, Time::ZERO);
//! session.handle(Time::ZERO, Input::Frame(br#"{"setup":{"model":"models/gemini-3.8-live"}}"#));
//! let is_message = |output| if let Output::Message(text) = output { Some(text) } else { None };
//! let text = std::iter::from_fn(|| session.poll(Time::ZERO)).find_map(is_message).expect("an answer");
//! assert!(ServerMessage::parse(&text)?.setup_complete.is_some());
//!
//! // It answers a prompt with speech after 300 ms, in bursts.
//! session.handle(Time::ZERO, Input::Frame(br#"{"realtimeInput":{"text":"Say hello."}}"#));
//! while session.poll(Time::ZERO).is_some() {}
//! assert_eq!(session.timeout(), Some(Time::ZERO + Duration::from_millis(300)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod accept;
mod behaviour;
mod conversation;
mod detector;
mod echo;
mod faults;
mod hearing;
mod http;
mod lines;
mod listen;
mod millis;
mod pace;
mod pong;
mod record;
mod script;
mod server;
mod session;
mod shared;
mod speech;
mod talk;
mod usage;

pub use behaviour::{Behaviour, BehaviourError, Kind, Limits, Timing};
pub use faults::{CloseFault, Faults};
pub use record::{Event, EventKind, Record, Recording, Said, SaidTurn};
pub use script::{Call, ScriptTurn, Speech, When};

pub use server::{LiveEvent, Server, ServerError, ServerOptions};
pub use session::{Input, Output, Session};
pub use shared::Model;
