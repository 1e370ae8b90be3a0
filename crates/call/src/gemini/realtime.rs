//! What goes to the model as it happens: sound, above all.

use serde::{Deserialize, Serialize};

use super::INPUT_RATE;
use super::content::Blob;
use crate::base64::encode_append;
use crate::json::{self, push_display, push_string};
use crate::redact::PiiText;

/// Input as it happens. More than one field may be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RealtimeInput<'a> {
    /// Sound of the caller.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<Blob<'a>>,
    /// A picture.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub video: Option<Blob<'a>>,
    /// Text, in no order with the sound.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub text: Option<PiiText<'a>>,
    /// No sound comes for a while. 3.8 is reported to ignore it: send silence instead.
    #[serde(
        default,
        alias = "audio_stream_end",
        deserialize_with = "json::flag",
        skip_serializing_if = "json::is_false"
    )]
    pub audio_stream_end: bool,
    /// The caller begins to speak; with manual voice detection only.
    #[serde(
        default,
        alias = "activity_start",
        deserialize_with = "json::presence",
        serialize_with = "json::write_presence",
        skip_serializing_if = "json::is_false"
    )]
    pub activity_start: bool,
    /// The caller has spoken; with manual voice detection only.
    #[serde(
        default,
        alias = "activity_end",
        deserialize_with = "json::presence",
        serialize_with = "json::write_presence",
        skip_serializing_if = "json::is_false"
    )]
    pub activity_end: bool,
    /// The deprecated form of sound and pictures, which newer models refuse.
    #[serde(
        borrow,
        default,
        alias = "media_chunks",
        deserialize_with = "json::or_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub media_chunks: Vec<Blob<'a>>,
}

/// Appends sound for the model: 16-bit little-endian samples at 16 kHz, one channel, 20 to 50 ms at a time.
///
/// ```
/// let mut out = String::new();
/// voice_call::gemini::write_audio(&mut out, &[0, 0, 0xFF, 0xFF, 1, 0, 0xFE, 0xFF]);
/// assert_eq!(out, r#"{"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=16000","data":"AAD//wEA/v8="}}}"#);
/// ```
pub fn write_audio(out: &mut String, sound: &[u8]) {
    out.push_str(r#"{"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate="#);
    push_display(out, INPUT_RATE);
    out.push_str(r#"","data":""#);
    encode_append(sound, out);
    out.push_str("\"}}}");
}

/// Appends a text that goes with the sound.
///
/// ```
/// let mut out = String::new();
/// voice_call::gemini::write_text(&mut out, "Caller pressed 5");
/// assert_eq!(out, r#"{"realtimeInput":{"text":"Caller pressed 5"}}"#);
/// ```
pub fn write_text(out: &mut String, text: &str) {
    out.push_str(r#"{"realtimeInput":{"text":"#);
    push_string(out, text);
    out.push_str("}}");
}

/// Appends the notice that no sound comes for a while; see [`RealtimeInput::audio_stream_end`].
pub fn write_audio_stream_end(out: &mut String) {
    out.push_str(r#"{"realtimeInput":{"audioStreamEnd":true}}"#);
}

/// Appends the notice that the caller begins to speak, for manual voice detection.
pub fn write_activity_start(out: &mut String) {
    out.push_str(r#"{"realtimeInput":{"activityStart":{}}}"#);
}

/// Appends the notice that the caller has spoken, for manual voice detection.
pub fn write_activity_end(out: &mut String) {
    out.push_str(r#"{"realtimeInput":{"activityEnd":{}}}"#);
}
