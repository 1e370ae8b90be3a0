//! What each side heard, measured from the sound alone.
