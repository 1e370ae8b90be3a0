//! The carrier: a phone network that speaks Twilio Media Streams.
