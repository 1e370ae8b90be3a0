//! Whole calls in virtual time: both peers played by the test.

mod bench;
mod endings;
mod handover;
mod hour;
mod laws;
mod ledger;
mod talk;
mod tools;
mod trouble;
