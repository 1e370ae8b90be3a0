//! A phone network and a voice model in a box.
//!
//! Emulates both sides of a voice bridge, so that any bridge can be tried, loaded and scored without an account.

pub mod carrier;
pub mod circuit;
pub mod demo;
pub mod load;
pub mod model;
pub mod score;
pub mod tls;
pub mod voice;
