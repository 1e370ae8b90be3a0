//! What operators may ask: whether the gateway lives, whether it can take a call, what it measures, which calls are on.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;
use tokio::time::timeout;

use crate::http::Gate;

/// What the admin port needs.
#[derive(Clone)]
struct Admin {
    gate: Arc<Gate>,
    metrics: PrometheusHandle,
}

/// How long a credential may take to be had.
const PATIENCE: Duration = Duration::from_secs(2);

/// All routes of the admin port.
pub(crate) fn router(gate: Arc<Gate>, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/live", get(async || "live\n"))
        .route("/ready", get(ready))
        .route("/metrics", get(scrape))
        .route("/calls", get(calls))
        .with_state(Admin { gate, metrics })
}

/// 200 when a call would be taken now, else 503 with the reason.
async fn ready(State(admin): State<Admin>) -> impl IntoResponse {
    let gate = &admin.gate;
    let room = gate.admission.room();
    let mut ready = room.map_err(|refusal| refusal.as_str().to_owned());
    for agent in gate.agents.values() {
        if ready.is_ok() {
            let checked = timeout(PATIENCE, agent.check_credential()).await;
            let late = || Err("the model's credential takes too long to get".to_owned());
            let checked = checked.unwrap_or_else(|_| late());
            ready = checked.map_err(|error| format!("agent {}: {error}", agent.name()));
        }
    }
    match ready {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(reason) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("not ready: {reason}\n"),
        ),
    }
}

async fn scrape(State(admin): State<Admin>) -> impl IntoResponse {
    let kind = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (kind, admin.metrics.render())
}

async fn calls(State(admin): State<Admin>) -> impl IntoResponse {
    Json(json!({"calls": admin.gate.calls.statuses()}))
}
