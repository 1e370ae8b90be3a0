//! An emulated carrier: Twilio's programmable voice and media streams, with a caller at the far end of the line.
//!
//! [`Line`] is one stream without sockets or clocks. [`run`] makes a whole call over real sockets: webhook, TwiML, streams, status
//! callbacks. [`Server`] takes REST requests for outbound calls.

pub(crate) mod call;
mod clock;
pub(crate) mod drive;
mod ear;
mod glimpse;
mod lateness;
mod line;
pub(crate) mod network;
mod script;
mod server;
mod tap;
pub mod twiml;

pub use call::{
    CallOptions, CallRecord, DialOutcome, Direction, End, Purpose, Request, StreamRecord, run,
};
pub use clock::{Clock, RATE};
pub use glimpse::Glimpse;
pub use lateness::Lateness;
pub use line::{
    Arrival, Counters, Discard, Ending, Event, Fault, FaultKind, Line, LineSettings, Log, Opening,
    Output, Recording, Silence, Underrun, What,
};
pub use network::{NetworkError, NetworkOptions, Warning};
pub use script::{Act, Caller, Cue, ScriptError, When, mulaw, read_sound};
pub use server::{Callee, Server, ServerOptions};
pub use tap::Tap;
