//! Sound that comes from elsewhere than a script, and goes elsewhere than into a recording.

use std::fmt::Debug;

use voice_call::Time;

/// Speaks and listens on a stream in the caller's stead, as a load test does on hundreds at once. The caller's script still presses
/// keys and hangs up.
///
/// All times are real ones, not those for which something was planned.
pub trait Tap: Debug + Send + Sync {
    /// A frame that was due leaves now: fills it with µ-law.
    fn say(&self, due: Time, now: Time, frame: &mut [u8]);

    /// Sound came from the bridge: µ-law.
    fn hear(&self, now: Time, sound: &[u8]);

    /// The bridge wants everything thrown away that was not played.
    fn clear(&self, now: Time);

    /// Whether the stream's recording is to hold the sound, which takes 16 KB a second. Otherwise it holds only what happened.
    fn keeps_sound(&self) -> bool;
}
