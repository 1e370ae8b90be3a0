#![no_main]

#[path = "../call_target.rs"]
mod call_target;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| call_target::call(bytes));
