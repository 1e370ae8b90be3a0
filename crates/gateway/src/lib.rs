//! Answers Twilio calls with a Gemini Live voice agent.
