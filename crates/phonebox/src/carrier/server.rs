//! The carrier's REST interface: calls that an account makes and changes.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use url::Url;
use voice_call::Payload;
use voice_call::redact::Pii;
use voice_call::twilio::twiml::LONGEST_IN_REST;

use super::call::{CallOptions, CallRecord, Direction, Phone, sid};
use super::drive::{Interrupt, Source};
use super::twiml::Link;

/// What the server takes, and what becomes of its calls.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// The account's id.
    pub account_sid: String,
    /// The password of the requests, and the key of the signatures.
    pub auth_token: SecretString,
    /// How each call is made. Its URL, ids and numbers are set by the request.
    pub call: CallOptions,
    /// What the callee does.
    pub callee: Callee,
    /// How many calls can be under way. 1 000.
    pub most_calls: usize,
}

/// What the callee of an outbound call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callee {
    /// A person answers after so long.
    Answers(Duration),
    /// A machine answers after so long.
    Machine(Duration),
    /// The line is busy.
    Busy,
    /// Nobody answers for so long, or as long as the request lets it ring.
    NoAnswer(Duration),
    /// The number cannot be called.
    Fails,
}

/// A REST interface under way. It ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    records: mpsc::Receiver<CallRecord>,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens at an address and takes requests until it is dropped.
    ///
    /// # Errors
    ///
    /// When it cannot listen there.
    pub async fn start(address: SocketAddr, options: ServerOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (records, finished) = mpsc::channel(MOST_RECORDS);
        let shared = Arc::new(Shared {
            places: Arc::new(Semaphore::new(options.most_calls)),
            options,
            calls: Mutex::default(),
            records,
        });
        let router = Router::new()
            .route("/2010-04-01/Accounts/{account}/Calls.json", post(create))
            .route("/2010-04-01/Accounts/{account}/Calls/{call}", post(change))
            .with_state(shared);
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the carrier's server ended");
            }
        });
        Ok(Self {
            address,
            records: finished,
            task,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next call that is over. Of calls that nobody asks for, the first 1 000 are kept.
    pub async fn record(&mut self) -> Option<CallRecord> {
        self.records.recv().await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Shared {
    options: ServerOptions,
    calls: Mutex<HashMap<String, mpsc::Sender<Interrupt>>>,
    places: Arc<Semaphore>,
    records: mpsc::Sender<CallRecord>,
}

impl Shared {
    fn admits(&self, account: &str, headers: &HeaderMap) -> bool {
        let options = &self.options;
        let password = options.auth_token.expose_secret();
        let expected = Payload::encode(format!("{}:{password}", options.account_sid).as_bytes());
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.strip_prefix("Basic "));
        account == options.account_sid && given == Some(expected.as_str())
    }

    fn control(&self, call: &str) -> Option<mpsc::Sender<Interrupt>> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.get(call).cloned()
    }

    fn remember(&self, call: String, control: mpsc::Sender<Interrupt>) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.insert(call, control);
    }

    fn forget(&self, call: &str) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.remove(call);
    }
}

/// The fields of a request, in their order; names may repeat.
type Fields = Vec<(String, String)>;

/// The value of a field; none if it is missing or empty.
fn field<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    let mut found = fields
        .iter()
        .filter(|(other, value)| other == name && !value.is_empty());
    found.next().map(|(_, value)| value.as_str())
}

fn link(fields: &Fields, name: &str, method: &str) -> Option<Link> {
    Some(Link {
        url: field(fields, name)?.to_owned(),
        is_get: field(fields, method).is_some_and(|method| method.eq_ignore_ascii_case("GET")),
    })
}

async fn create(
    State(shared): State<Arc<Shared>>,
    Path(account): Path<String>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Response {
    if !shared.admits(&account, &headers) {
        return refusal(StatusCode::UNAUTHORIZED, 20_003, "Authenticate");
    }
    let (Some(to), Some(from)) = (field(&fields, "To"), field(&fields, "From")) else {
        return refusal(StatusCode::BAD_REQUEST, 21_201, "To and From are required");
    };
    let source = match source(&fields) {
        Ok(Some(source)) => source,
        Ok(None) => return refusal(StatusCode::BAD_REQUEST, 21_205, "Url or Twiml is required"),
        Err(response) => return *response,
    };
    let Ok(place) = Arc::clone(&shared.places).try_acquire_owned() else {
        return refusal(StatusCode::TOO_MANY_REQUESTS, 20_429, "Too many calls");
    };
    let mut options = shared.options.call.clone();
    let call = sid("CA");
    options.call_sid = Pii::new(call.clone());
    options.account_sid = Pii::new(account);
    options.to = Pii::new(to.to_owned());
    options.from = Pii::new(from.to_owned());
    options.direction = Direction::OutboundApi;
    options.network.auth_token = shared.options.auth_token.clone();
    options.fallback = link(&fields, "FallbackUrl", "FallbackMethod");
    if let Source::Url(link) = &source
        && let Ok(url) = Url::parse(&link.url)
    {
        options.url = url;
    }
    let callbacks = Callbacks::new(&fields);
    options.status_callback = callbacks.link_for("completed");
    if field(&fields, "MachineDetection").is_some() {
        let answered_by = match shared.options.callee {
            Callee::Machine(_) => "machine_start",
            Callee::Answers(_) | Callee::Busy | Callee::NoAnswer(_) | Callee::Fails => "human",
        };
        options
            .fields
            .push(("AnsweredBy".to_owned(), answered_by.to_owned()));
    }
    let ring = field(&fields, "Timeout")
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(60);
    let ring = Duration::from_secs(ring).min(LONGEST_RING);
    let phone = match Phone::new(options, Some(source)) {
        Ok(phone) => phone,
        Err(error) => {
            return refusal(
                StatusCode::INTERNAL_SERVER_ERROR,
                20_500,
                &error.to_string(),
            );
        }
    };
    let (control, interrupts) = mpsc::channel(4);
    shared.remember(call.clone(), control);
    let body = resource(&shared, &call, "queued");
    tokio::spawn(async move {
        let callee = shared.options.callee;
        let record = ring_and_talk(phone, callee, ring, &callbacks, interrupts).await;
        // Nobody may be there to take it.
        let _ = shared.records.try_send(record);
        shared.forget(&call);
        drop(place);
    });
    (StatusCode::CREATED, Json(body)).into_response()
}

async fn change(
    State(shared): State<Arc<Shared>>,
    Path((account, call)): Path<(String, String)>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Response {
    if !shared.admits(&account, &headers) {
        return refusal(StatusCode::UNAUTHORIZED, 20_003, "Authenticate");
    }
    let call = call.strip_suffix(".json").unwrap_or(&call);
    let Some(control) = shared.control(call) else {
        return refusal(
            StatusCode::NOT_FOUND,
            20_404,
            "The requested resource was not found",
        );
    };
    let interrupt = match (field(&fields, "Status"), source(&fields)) {
        (Some("completed" | "canceled"), Ok(None)) => Interrupt::HangUp,
        (None, Ok(Some(source))) => Interrupt::Replace(source),
        (_, Err(response)) => return *response,
        _ => {
            return refusal(
                StatusCode::BAD_REQUEST,
                21_220,
                "one of Status=completed, Status=canceled, Url, Twiml is required",
            );
        }
    };
    let is_over = matches!(interrupt, Interrupt::HangUp);
    // A call that ends right now is over as well.
    if control.send(interrupt).await.is_err() {
        return refusal(
            StatusCode::NOT_FOUND,
            20_404,
            "The requested resource was not found",
        );
    }
    let status = if is_over { "completed" } else { "in-progress" };
    Json(resource(&shared, call, status)).into_response()
}

/// Where the document comes from: `Url` before `Twiml`.
fn source(fields: &Fields) -> Result<Option<Source>, Box<Response>> {
    if let Some(link) = link(fields, "Url", "Method") {
        return Ok(Some(Source::Url(link)));
    }
    let Some(twiml) = field(fields, "Twiml") else {
        return Ok(None);
    };
    if twiml.chars().count() > LONGEST_IN_REST {
        let response = refusal(
            StatusCode::BAD_REQUEST,
            21_218,
            "Twiml has more than 4000 characters",
        );
        return Err(Box::new(response));
    }
    Ok(Some(Source::Twiml(twiml.to_owned())))
}

/// Who is told of what.
struct Callbacks {
    link: Option<Link>,
    events: Vec<String>,
}

impl Callbacks {
    fn new(fields: &Fields) -> Self {
        let named = fields
            .iter()
            .filter(|(name, _)| name == "StatusCallbackEvent");
        let mut events: Vec<String> = named
            .flat_map(|(_, events)| events.split([' ', ',']))
            .map(str::to_owned)
            .collect();
        if events.is_empty() {
            events.push("completed".to_owned());
        }
        Self {
            link: link(fields, "StatusCallback", "StatusCallbackMethod"),
            events,
        }
    }

    fn link_for(&self, event: &str) -> Option<Link> {
        let is_wanted = self.events.iter().any(|wanted| wanted == event);
        self.link.clone().filter(|_| is_wanted)
    }
}

async fn ring_and_talk(
    mut phone: Phone,
    callee: Callee,
    ring: Duration,
    callbacks: &Callbacks,
    mut interrupts: mpsc::Receiver<Interrupt>,
) -> CallRecord {
    for (event, status) in [("initiated", "initiated"), ("ringing", "ringing")] {
        if let Some(link) = callbacks.link_for(event) {
            phone.tell(status, &link).await;
        }
    }
    let (wait, failure) = match callee {
        Callee::Answers(wait) | Callee::Machine(wait) if wait <= ring => (wait, None),
        Callee::Answers(_) | Callee::Machine(_) => (ring, Some("no-answer")),
        Callee::NoAnswer(wait) => (wait.min(ring), Some("no-answer")),
        Callee::Busy => (Duration::ZERO, Some("busy")),
        Callee::Fails => (Duration::ZERO, Some("failed")),
    };
    let failure = tokio::select! {
        biased;
        Some(interrupt) = interrupts.recv() => match interrupt {
            Interrupt::HangUp => Some("canceled"),
            Interrupt::Replace(source) => {
                phone.begin_with(source);
                failure
            }
        },
        () = sleep(wait) => failure,
    };
    if let Some(status) = failure {
        return phone.not_answered(status).await;
    }
    if let Some(link) = callbacks.link_for("answered") {
        phone.tell("in-progress", &link).await;
    }
    phone.run(interrupts).await
}

fn resource(shared: &Shared, call: &str, status: &str) -> serde_json::Value {
    let account = &shared.options.account_sid;
    json!({
        "sid": call,
        "account_sid": account,
        "status": status,
        "direction": "outbound-api",
        "api_version": "2010-04-01",
        "uri": format!("/2010-04-01/Accounts/{account}/Calls/{call}.json"),
    })
}

fn refusal(status: StatusCode, code: u32, message: &str) -> Response {
    let body = json!({ "code": code, "message": message, "status": status.as_u16() });
    (status, Json(body)).into_response()
}

const MOST_RECORDS: usize = 1_000;
/// Twilio's own.
const LONGEST_RING: Duration = Duration::from_secs(600);
