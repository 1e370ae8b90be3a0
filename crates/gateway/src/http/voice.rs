//! A call comes in, or comes back.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use tokio::time::Instant;
use voice_call::call::End;
use voice_call::redact::Pii;

use super::form::Form;
use super::{Gate, xml};
use crate::admission::{Permit, Refusal};
use crate::calls::{CallKey, Entry, Known, Over};
use crate::config::Fallback;
use crate::live::{self, Agent, Caller, LiveCall, Remembered};
use crate::twiml;

/// A new call: its agent, and what is known of who calls.
struct Incoming {
    agent: Arc<Agent>,
    fallback: Fallback,
    parameters: BTreeMap<String, Pii<String>>,
    remembered: Option<Remembered>,
    kind: &'static str,
    /// Whether any node would answer the same.
    is_known_everywhere: bool,
}

/// `POST /voice` and `POST /voice/{tenant}`: somebody calls.
pub(super) async fn voice(
    State(gate): State<Arc<Gate>>,
    tenant: Option<Path<String>>,
    request: Request,
) -> Result<Response, Response> {
    let form = Form::read(&gate, request).await?;
    let tenant = tenant.as_ref().map(|Path(tenant)| tenant.as_str());
    let number = form.get("To").unwrap_or_default();
    let route = gate.config.route(tenant, number, &form.key.account);
    let fallback = gate.config.fallback_of(route).clone();
    let agent = route.and_then(|route| gate.agents.get(&route.agent));
    let Some(agent) = agent.cloned() else {
        return Ok(refuse(&gate, &form.key, Refusal::NoRoute, &fallback));
    };
    let incoming = Incoming {
        agent,
        fallback,
        parameters: BTreeMap::new(),
        remembered: None,
        kind: "inbound",
        is_known_everywhere: true,
    };
    Ok(answer(&gate, &form, incoming))
}

/// `POST /outbound/{id}`: somebody answers a call that the gateway made.
pub(super) async fn outbound(
    State(gate): State<Arc<Gate>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Response> {
    let form = Form::read(&gate, request).await?;
    let pending = gate.pending.find(&id, Instant::now());
    let pending = pending.filter(|pending| pending.account == form.key.account);
    let found =
        pending.and_then(|pending| Some((gate.agents.get(&pending.agent)?.clone(), pending)));
    let Some((agent, pending)) = found else {
        let fallback = &gate.config.fallback;
        return Ok(refuse(&gate, &form.key, Refusal::UnknownCall, fallback));
    };
    let fallback = fallback_of_agent(&gate, &pending.agent);
    let incoming = Incoming {
        agent,
        fallback,
        parameters: pending.parameters,
        remembered: None,
        kind: "outbound",
        is_known_everywhere: false,
    };
    Ok(answer(&gate, &form, incoming))
}

/// `POST /resume`: a stream is over; how does the call go on?
pub(super) async fn resume(
    State(gate): State<Arc<Gate>>,
    request: Request,
) -> Result<Response, Response> {
    let form = Form::read(&gate, request).await?;
    match gate.calls.find(&form.key) {
        // The call may be over without its watcher having said so yet.
        Known::Live(entry) if entry.live.end().is_some() => {
            let end = entry.live.ended().await;
            gate.calls.finish(&form.key, end, Instant::now());
            if let Known::Over(over) = gate.calls.find(&form.key) {
                return Ok(after(&gate, &form, &over));
            }
            Ok(xml(twiml::fallback(&entry.fallback)))
        }
        Known::Live(entry) => Ok(again(&gate, &form.key, entry)),
        Known::Over(over) => Ok(after(&gate, &form, &over)),
        Known::Nothing => {
            let number = form.get("To").unwrap_or_default();
            let route = gate.config.route(None, number, &form.key.account);
            let fallback = gate.config.fallback_of(route).clone();
            let remembered = gate.shared.recall(&form.key.account, &form.key.call).await;
            let found = remembered.and_then(|it| Some((gate.agents.get(&it.agent)?.clone(), it)));
            let Some((agent, remembered)) = found else {
                return Ok(refuse(&gate, &form.key, Refusal::UnknownCall, &fallback));
            };
            let incoming = Incoming {
                fallback: fallback_of_agent(&gate, agent.name()),
                agent,
                parameters: BTreeMap::new(),
                remembered: Some(remembered),
                kind: "resumed",
                is_known_everywhere: true,
            };
            Ok(answer(&gate, &form, incoming))
        }
    }
}

/// Answers with the call that is there already, or takes a new one; the model is connected while the stream opens.
fn answer(gate: &Arc<Gate>, form: &Form, incoming: Incoming) -> Response {
    let Incoming {
        agent,
        fallback,
        parameters,
        remembered,
        kind,
        is_known_everywhere,
    } = incoming;
    let key = &form.key;
    let of_call = fallback.clone();
    let known = gate.calls.find_or_begin(key, || {
        let permit = gate.admission.admit(agent.service())?;
        let token = gate.tokens.issue(key.clone(), Instant::now());
        let token = token.ok_or(Refusal::Full)?;
        let twiml = twiml::connect(gate.config.own_origin(), &token);
        let twiml = twiml.map_err(|_| Refusal::NotReady)?;
        let text = |name| form.get(name).unwrap_or_default().to_owned();
        let caller = Caller {
            call_sid: key.call.clone(),
            account_sid: key.account.clone(),
            from: Pii::new(text("From")),
            to: Pii::new(text("To")),
            direction: text("Direction"),
            answered_by: form.get("AnsweredBy").map(str::to_owned),
            parameters,
        };
        let live = live::start(&agent, caller, remembered);
        gate.meters.started.count(kind);
        tokio::spawn(watch(Arc::clone(gate), key.clone(), live.clone(), permit));
        Ok(Entry {
            live,
            agent,
            fallback: of_call,
            token,
            twiml,
        })
    });
    match known {
        Ok(Known::Live(entry)) => xml(entry.twiml),
        Ok(Known::Over(over)) => after(gate, form, &over),
        Ok(Known::Nothing) => xml(twiml::fallback(&fallback)),
        Err(Refusal::Draining) if is_known_everywhere && gate.shared.can_hand_over() => {
            elsewhere(gate, form, &fallback)
        }
        Err(refusal) => refuse(gate, key, refusal, &fallback),
    }
}

/// Connects a call in progress to another stream: with the same words as before while those are still good.
fn again(gate: &Gate, key: &CallKey, entry: Entry) -> Response {
    let now = Instant::now();
    if gate.tokens.is_good(&entry.token, now) {
        return xml(entry.twiml);
    }
    let token = gate.tokens.issue(key.clone(), now);
    let made = token.and_then(|token| {
        let twiml = twiml::connect(gate.config.own_origin(), &token).ok()?;
        Some((token, twiml))
    });
    let Some((token, twiml)) = made else {
        return refuse(gate, key, Refusal::Full, &entry.fallback);
    };
    gate.calls.renew(key, &token, &twiml);
    tracing::info!(call = %key.call, "a call asks for another stream");
    xml(twiml)
}

/// Waits for a call's end, gives its room back, and says how it ended.
async fn watch(gate: Arc<Gate>, key: CallKey, live: LiveCall, permit: Permit) {
    let end = live.ended().await;
    gate.meters.ended.count(end.as_str());
    drop(permit);
    gate.calls.finish(&key, end, Instant::now());
}

/// No agent takes the call: never a dead line.
fn refuse(gate: &Gate, key: &CallKey, refusal: Refusal, fallback: &Fallback) -> Response {
    gate.meters.refused.count(refusal.as_str());
    tracing::warn!(call = %key.call, reason = refusal.as_str(), "a call got the fallback");
    xml(twiml::fallback(fallback))
}

/// How a call goes on that is over here.
fn after(gate: &Gate, form: &Form, over: &Over) -> Response {
    match over.end {
        End::HandedOver => elsewhere(gate, form, &over.fallback),
        _ => xml(twiml::after(over)),
    }
}

/// Another node shall answer, unless so many were asked that there may be none. The connection is closed, lest the next request come by it again.
fn elsewhere(gate: &Gate, form: &Form, fallback: &Fallback) -> Response {
    let Some(again) = form.ask_again() else {
        return refuse(gate, &form.key, Refusal::Draining, fallback);
    };
    gate.meters.sent_on.increment(1);
    let url = format!("{}{again}", gate.config.public_origin);
    let close = [(header::CONNECTION, "close")];
    (close, xml(twiml::elsewhere(&url))).into_response()
}

/// What callers of an agent hear when it fails: what its first route says.
fn fallback_of_agent(gate: &Gate, agent: &str) -> Fallback {
    let route = gate.config.routes.iter().find(|route| route.agent == agent);
    gate.config.fallback_of(route).clone()
}
