//! Whole calls in virtual time: an emulated carrier, `voice_call`'s own call, and an emulated model.

mod carrier_faults;
mod hour;
mod model_faults;
mod support;
mod talk;
