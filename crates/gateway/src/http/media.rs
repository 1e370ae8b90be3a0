//! A stream comes in: it must say `start` with a one-time token before a call gets it.

use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use tokio::time::{Instant, timeout};
use voice_call::twilio::{FromCarrier, LONGEST_FROM_CARRIER};

use super::Gate;
use super::form::refuse;
use crate::calls::{CallKey, Known};
use crate::live::LiveCall;

/// How many messages may come before `start`.
const MOST_BEFORE_START: usize = 8;

/// Read at once: media messages have some 350 bytes.
const READ: usize = 1 << 10;
/// Written at once.
const WRITE: usize = 4 << 10;

/// `GET /media`: the carrier opens a stream.
pub(super) async fn media(
    State(gate): State<Arc<Gate>>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
    request: Request,
) -> Response {
    if !gate.keys.verify_upgrade(request.uri(), request.headers()) {
        tracing::warn!(
            "a stream's signature is wrong: check public_origin and the account's auth_tokens"
        );
        return refuse(&gate, "signature", StatusCode::FORBIDDEN);
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => {
            gate.meters.requests_refused.count("malformed");
            return rejection.into_response();
        }
    };
    let Ok(place) = Arc::clone(&gate.unclaimed).try_acquire_owned() else {
        gate.meters.streams_refused.count("too_many");
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    upgrade
        .read_buffer_size(READ)
        .write_buffer_size(WRITE)
        .max_write_buffer_size(4 * LONGEST_FROM_CARRIER)
        .max_message_size(LONGEST_FROM_CARRIER)
        .max_frame_size(LONGEST_FROM_CARRIER)
        .on_upgrade(move |mut socket| async move {
            let claimed = timeout(
                gate.config.limits.start_timeout.into(),
                claim(&gate, &mut socket),
            )
            .await;
            drop(place);
            match claimed.unwrap_or(Err("no_start")) {
                Ok((call, first)) => call.attach(socket, first).await,
                Err(reason) => turn_away(&gate, socket, reason).await,
            }
        })
}

/// Reads until `start`, and finds the call that its token was made for.
async fn claim(
    gate: &Gate,
    socket: &mut WebSocket,
) -> Result<(LiveCall, Vec<Message>), &'static str> {
    let mut first = Vec::new();
    while first.len() < MOST_BEFORE_START {
        let message = match socket.recv().await {
            Some(Ok(message)) => message,
            Some(Err(_)) | None => return Err("no_start"),
        };
        let call = match &message {
            Message::Text(text) => match FromCarrier::parse(text) {
                Ok(FromCarrier::Start(start)) => {
                    let token = start.parameters.find("token").ok_or("no_token")?;
                    let key = gate
                        .tokens
                        .take(token.as_str(), Instant::now())
                        .ok_or("token")?;
                    let names = CallKey::new(start.account_sid.as_str(), start.call_sid.as_str());
                    if names != key {
                        return Err("other_call");
                    }
                    match gate.calls.find(&key) {
                        Known::Live(entry) => Some(entry.live),
                        Known::Over(_) | Known::Nothing => return Err("over"),
                    }
                }
                Ok(_) | Err(_) => None,
            },
            Message::Binary(_) => None,
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) => return Err("no_start"),
        };
        first.push(message);
        if let Some(call) = call {
            return Ok((call, first));
        }
    }
    Err("no_start")
}

async fn turn_away(gate: &Gate, mut socket: WebSocket, reason: &'static str) {
    gate.meters.streams_refused.count(reason);
    tracing::warn!(reason, "a stream was closed before it reached a call");
    let close = Message::Close(Some(CloseFrame {
        code: close_code::POLICY,
        reason: reason.into(),
    }));
    // It may be gone, or not read; either way it is dropped.
    let _ = timeout(gate.config.limits.start_timeout.into(), socket.send(close)).await;
}
