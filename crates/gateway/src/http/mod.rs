//! What the carrier, and who makes calls, may ask of the gateway.

mod form;
mod media;
mod outbound;
mod signature;
mod status;
mod voice;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tokio::sync::Semaphore;

use crate::admission::Admission;
use crate::calls::Calls;
use crate::config::Config;
use crate::live::{Agent, Shared};
use crate::metrics::Meters;
use crate::rate::AddressLimits;
use crate::tokens::Tokens;

pub(crate) use outbound::Pending;
pub(crate) use signature::Keys;

/// Everything that requests share.
pub(crate) struct Gate {
    pub(crate) config: Config,
    pub(crate) keys: Keys,
    pub(crate) agents: BTreeMap<String, Arc<Agent>>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) calls: Calls,
    pub(crate) tokens: Tokens,
    pub(crate) admission: Arc<Admission>,
    pub(crate) limits: AddressLimits,
    pub(crate) meters: Arc<Meters>,
    pub(crate) unclaimed: Arc<Semaphore>,
    pub(crate) pending: Pending,
    pub(crate) rest: reqwest::Client,
}

/// Who is at the other end of a connection.
#[derive(Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// All routes of the carrier's port.
pub(crate) fn router(gate: Arc<Gate>) -> Router {
    let mut router = Router::new()
        .route("/voice", post(voice::voice))
        .route("/voice/{tenant}", post(voice::voice))
        .route("/outbound/{id}", post(voice::outbound))
        .route("/resume", post(voice::resume))
        .route("/status", post(status::status))
        .route("/media", get(media::media));
    if gate.config.outbound.token.is_some() {
        router = router.route("/calls", post(outbound::call));
    }
    let limited = middleware::from_fn_with_state(Arc::clone(&gate), limit);
    router.layer(limited).with_state(gate)
}

/// Refuses an address that asks too often, before anything is computed for it.
async fn limit(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    if let Some(Peer(peer)) = request.extensions().get() {
        let client = gate.limits.client(peer.ip(), request.headers());
        if !gate.limits.allows(client) {
            gate.meters.requests_refused.count("rate");
            return StatusCode::TOO_MANY_REQUESTS.into_response();
        }
    }
    next.run(request).await
}

/// TwiML as the carrier wants it.
fn xml(document: String) -> Response {
    (
        [(header::CONTENT_TYPE, "text/xml; charset=utf-8")],
        document,
    )
        .into_response()
}
