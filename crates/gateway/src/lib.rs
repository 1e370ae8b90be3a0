//! Answers Twilio calls with a Gemini Live voice agent.
//!
//! [`Config::load`] reads a file, the environment and flags, and checks everything; [`Gateway::bind`] takes the ports;
//! [`Gateway::run`] answers calls until it is told to stop, and then says how each call ended.
//!
//! A call comes in as a signed webhook (`POST /voice`): it is admitted, its model is connected at once, and the answer
//! asks the carrier for a stream with a one-time token. The stream (`GET /media`) brings the token, and is handed to
//! the call. When the stream is over, the carrier asks `POST /resume` how to go on.

mod admin;
mod admission;
mod calls;
pub mod config;
mod gateway;
mod http;
pub mod live;
pub mod logging;
pub mod metrics;
#[cfg(feature = "otel")]
mod otel;
mod rate;
mod secret;
mod serve;
mod time_span;
mod tls;
mod tokens;
mod twiml;

pub use config::{Config, ConfigError};
pub use gateway::{BindError, Drained, Gateway};
pub use secret::{Secret, SecretError};
pub use time_span::TimeSpan;
