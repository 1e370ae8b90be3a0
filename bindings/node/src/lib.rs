//! The native half of the Node package `audio-stream-converter`.
//!
//! It is private to the JavaScript in `lib/`, which checks every argument, keeps shared memory away and turns what is
//! returned here into values and errors of the language. So each function is the cheapest crossing: handles instead of
//! classes, and numbers instead of objects.
//!
//! Node-API ends the process when it is asked for the bytes of something that has none. Whoever calls must see to it
//! that bytes are a `Uint8Array` whose memory no other thread can change, and that no two overlap.

#![expect(
    clippy::needless_pass_by_value,
    reason = "what comes from JavaScript is handed over"
)]

pub mod cancellation;
pub mod file;
pub mod stream;
