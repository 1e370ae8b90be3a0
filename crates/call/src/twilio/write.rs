//! What the carrier's messages have in common when they are written.

use crate::json::{push_display, push_string};

/// `{"event":"…","sequenceNumber":"…","streamSid":"…"`.
pub(super) fn push_head(out: &mut String, event: &str, sequence: Option<u64>, stream_sid: &str) {
    out.push_str(r#"{"event":""#);
    out.push_str(event);
    out.push('"');
    push_counter(out, r#","sequenceNumber":"#, sequence);
    push_field(out, r#","streamSid":"#, stream_sid);
}

/// A key with what goes before it, and a text.
pub(super) fn push_field(out: &mut String, key: &str, text: &str) {
    out.push_str(key);
    push_string(out, text);
}

/// A key with what goes before it, and a counter as text; nothing without a counter.
pub(super) fn push_counter(out: &mut String, key: &str, counter: Option<u64>) {
    if let Some(counter) = counter {
        out.push_str(key);
        push_display(out, format_args!("\"{counter}\""));
    }
}
