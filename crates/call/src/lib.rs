//! One phone call between a carrier and a voice model, without sockets, threads or clocks.

mod base64;
pub mod call;
mod code_queue;
pub mod conceal;
mod downlink;
pub mod gemini;
mod json;
pub mod level;
mod line;
mod message_error;
mod playout;
pub mod redact;
mod session;
mod time;
pub mod tools;
pub mod twilio;
mod uplink;

pub use base64::{NotBase64, Payload};
pub use downlink::{Downlink, RateError};
pub use message_error::MessageError;
pub use playout::{Heard, Playout, PlayoutSettings, Send};
pub use session::{Session, SessionAction, SessionSettings};
pub use time::Time;
pub use uplink::{Said, Uplink, UplinkSettings};
