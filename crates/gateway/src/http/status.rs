//! The carrier tells how a call or a stream fares.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use voice_call::call::End;

use super::Gate;
use super::form::Form;
use crate::calls::Known;

/// `POST /status`: an event of a call, or of its stream.
pub(super) async fn status(
    State(gate): State<Arc<Gate>>,
    request: Request,
) -> Result<StatusCode, Response> {
    let form = Form::read(&gate, request).await?;
    let call = &form.key.call;
    match form.get("StreamEvent") {
        Some("stream-error") => {
            gate.meters.stream_errors.increment(1);
            let plain = |letter: &char| letter.is_ascii_alphabetic() || " .,:-".contains(*letter);
            let error = form.get("StreamError").unwrap_or_default();
            let error: String = error.chars().filter(plain).take(120).collect();
            tracing::warn!(%call, error, "the carrier could not open or keep a stream: check that public_origin reaches this gateway by wss");
        }
        Some(_) => {}
        None => {
            let status = form.get("CallStatus").unwrap_or_default();
            if OVER.contains(&status)
                && let Known::Live(entry) = gate.calls.find(&form.key)
            {
                entry.live.hang_up(End::CallerHungUp);
            }
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The states of a call that is over.
const OVER: [&str; 5] = ["completed", "busy", "no-answer", "failed", "canceled"];
