//! Calls that the gateway makes, by the carrier's REST interface.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;
use voice_call::redact::Pii;

use super::Gate;
use super::form::{read_body, refuse};
use crate::config::Account;
use crate::tokens::random_id;

/// What somebody wants called.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    to: String,
    from: String,
    agent: String,
    account: Option<String>,
    #[serde(default)]
    machine_detection: bool,
    #[serde(default)]
    parameters: BTreeMap<String, Pii<String>>,
}

/// What the carrier answers, as far as it is needed.
#[derive(Deserialize)]
struct Made {
    sid: String,
}

/// A call that was asked for and may be answered.
#[derive(Clone)]
pub(crate) struct PendingCall {
    pub(crate) account: String,
    pub(crate) agent: String,
    pub(crate) parameters: BTreeMap<String, Pii<String>>,
}

/// The calls that may be answered, for a while and at most so many.
pub(crate) struct Pending {
    lifetime: Duration,
    table: Mutex<HashMap<String, (PendingCall, Instant)>>,
}

const MOST_PENDING: usize = 10_000;

impl Pending {
    pub(crate) fn new(lifetime: Duration) -> Self {
        Self {
            lifetime,
            table: Mutex::default(),
        }
    }

    pub(super) fn find(&self, id: &str, now: Instant) -> Option<PendingCall> {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let (call, until) = table.get(id)?;
        (now < *until).then(|| call.clone())
    }

    fn insert(&self, call: PendingCall, now: Instant) -> Option<String> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.len() >= MOST_PENDING {
            table.retain(|_, (_, until)| now < *until);
        }
        if table.len() >= MOST_PENDING {
            return None;
        }
        let id = random_id();
        table.insert(id.clone(), (call, now + self.lifetime));
        Some(id)
    }

    fn forget(&self, id: &str) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.remove(id);
    }
}

/// `POST /calls`: calls somebody and connects them with an agent.
pub(super) async fn call(
    State(gate): State<Arc<Gate>>,
    request: Request,
) -> Result<Response, Response> {
    let (parts, body) = request.into_parts();
    if !gate.keys.verify_bearer(&parts.headers) {
        return Err(refuse(&gate, "bearer", StatusCode::UNAUTHORIZED));
    }
    let body = read_body(&gate, &parts.headers, body).await?;
    let wanted: Wanted = serde_json::from_slice(&body).map_err(|error| {
        gate.meters.requests_refused.count("malformed");
        let place = format!("line {} column {}", error.line(), error.column());
        let message = format!("the body is no call at {place}: give to, from and agent, and if wanted account, machine_detection and parameters");
        wrong(StatusCode::BAD_REQUEST, &message)
    })?;
    let account = check(&gate, &wanted)
        .map_err(|message| wrong(StatusCode::UNPROCESSABLE_ENTITY, &message))?;
    gate.admission.room().map_err(|refusal| {
        let message = format!(
            "no call can be made now ({}): try again later",
            refusal.as_str()
        );
        wrong(StatusCode::SERVICE_UNAVAILABLE, &message)
    })?;
    let pending = PendingCall {
        account: account.0.sid.clone(),
        agent: wanted.agent.clone(),
        parameters: wanted.parameters.clone(),
    };
    let busy = || {
        wrong(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many calls wait for an answer: try again later",
        )
    };
    let id = gate
        .pending
        .insert(pending, Instant::now())
        .ok_or_else(busy)?;
    match make(&gate, account, &wanted, &id).await {
        Ok(made) => {
            gate.meters.outbound.count("accepted");
            tracing::info!(call = %made.sid, id, "a call is being made");
            let answer = json!({"id": id, "call_sid": made.sid});
            Ok((StatusCode::CREATED, Json(answer)).into_response())
        }
        Err((outcome, message)) => {
            gate.pending.forget(&id);
            gate.meters.outbound.count(outcome);
            tracing::warn!(id, outcome, "{message}");
            Err(wrong(StatusCode::BAD_GATEWAY, &message))
        }
    }
}

/// The account that pays, with its password.
fn check<'a>(gate: &'a Gate, wanted: &Wanted) -> Result<(&'a Account, &'a SecretString), String> {
    for (name, number) in [("to", &wanted.to), ("from", &wanted.from)] {
        let is_plain = number.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_plain || !(3..=128).contains(&number.len()) {
            return Err(format!(
                "`{name}` must be a number in E.164, as in +15005550006, or a SIP address"
            ));
        }
    }
    if !gate.agents.contains_key(&wanted.agent) {
        return Err("there is no such agent: use one of the configuration".to_owned());
    }
    let mut accounts = gate.config.carrier.accounts.iter();
    let account = match &wanted.account {
        Some(sid) => accounts.find(|account| account.sid == *sid),
        None => accounts.next(),
    };
    account
        .and_then(|account| Some((account, gate.keys.rest(&account.sid)?)))
        .ok_or_else(|| {
            "there is no such account with an auth token: add it to carrier.accounts".to_owned()
        })
}

/// Asks the carrier; errors hold no answer of its, which may name numbers.
async fn make(
    gate: &Gate,
    (account, password): (&Account, &SecretString),
    wanted: &Wanted,
    id: &str,
) -> Result<Made, (&'static str, String)> {
    // Only this process knows what the call is for; another one can go on with it once it has begun.
    let (origin, base) = (gate.config.own_origin(), &gate.config.carrier.base_url);
    let elsewhere = format!("{}/resume", gate.config.public_origin);
    let base = base.trim_end_matches('/');
    let url = format!("{base}/2010-04-01/Accounts/{}/Calls.json", account.sid);
    let (webhook, status) = (
        format!("{origin}/outbound/{id}"),
        format!("{origin}/status"),
    );
    let mut form = vec![
        ("To", wanted.to.as_str()),
        ("From", &wanted.from),
        ("Url", &webhook),
        ("Method", "POST"),
        ("FallbackUrl", &elsewhere),
        ("StatusCallback", &status),
        ("StatusCallbackMethod", "POST"),
        ("StatusCallbackEvent", "completed"),
    ];
    if wanted.machine_detection {
        form.push(("MachineDetection", "Enable"));
    }
    let unreachable = |_| {
        let message = "the carrier's REST interface cannot be reached: check carrier.base_url and the network";
        ("unreachable", message.to_owned())
    };
    let request = gate.rest.post(url).form(&form);
    let request = request.basic_auth(&account.sid, Some(password.expose_secret()));
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    if !status.is_success() {
        let advice = match status.as_u16() {
            401 | 403 => "check the account's first auth token",
            400 => "check both numbers, and that `from` belongs to the account",
            429 => "it is asked too often: call more slowly",
            _ => "look at its debugger",
        };
        return Err((
            "refused",
            format!(
                "the carrier refused the call with {}: {advice}",
                status.as_u16()
            ),
        ));
    }
    response.json().await.map_err(unreachable)
}

fn wrong(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"error": message}))).into_response()
}
