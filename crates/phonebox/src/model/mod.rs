//! The voice model: a server that speaks Gemini Live.
