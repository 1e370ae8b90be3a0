//! A webhook's form: read within limits, and believed only when it is signed.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use tokio::time::timeout;

use super::Gate;
use crate::calls::CallKey;

/// A signed form.
pub(super) struct Form {
    pairs: Vec<(String, String)>,
    /// The call that it is about.
    pub(super) key: CallKey,
    uri: Uri,
}

/// The most fields of a form; the carrier sends some thirty.
const MOST_FIELDS: usize = 256;

/// Counts in a URL how often nodes that leave have sent a call on, and how often they do, a second apart each.
const AGAIN: &str = "again";
const MOST_ASKED: u8 = 15;

/// The longest id of a call or an account.
const LONGEST_ID: usize = 64;

impl Form {
    /// Reads a form that must be signed and name a call.
    ///
    /// # Errors
    ///
    /// The answer: 400, 403, 408, 413 or 415.
    pub(super) async fn read(gate: &Gate, request: Request) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let kind = parts.headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(refuse(
                gate,
                "malformed",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ));
        }
        let body = read_body(gate, &parts.headers, body).await?;
        let malformed = || refuse(gate, "malformed", StatusCode::BAD_REQUEST);
        if !body.is_ascii() {
            return Err(malformed());
        }
        let pairs: Vec<_> = url::form_urlencoded::parse(&body)
            .take(MOST_FIELDS + 1)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        if pairs.len() > MOST_FIELDS {
            return Err(malformed());
        }
        let id = |wanted: &str| {
            let (_, value) = pairs.iter().find(|(name, _)| name == wanted)?;
            let is_plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric());
            (is_plain && (1..=LONGEST_ID).contains(&value.len())).then_some(value.as_str())
        };
        let (account, call) = (id("AccountSid"), id("CallSid"));
        let account = account.ok_or_else(malformed)?;
        let borrowed: Vec<_> = pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        if !gate
            .keys
            .verify_form(account, &parts.uri, &parts.headers, &borrowed)
        {
            tracing::warn!(
                "a webhook's signature is wrong: check public_origin and the account's auth_tokens"
            );
            return Err(refuse(gate, "signature", StatusCode::FORBIDDEN));
        }
        let key = CallKey::new(account, call.ok_or_else(malformed)?);
        let uri = parts.uri;
        Ok(Self { pairs, key, uri })
    }

    /// Where another node is asked the same, if not too many have been already: the path and its query, which counts.
    pub(super) fn ask_again(&self) -> Option<String> {
        let query = self.uri.query().unwrap_or_default();
        let pairs = || url::form_urlencoded::parse(query.as_bytes());
        let asked = pairs().find(|(name, _)| name == AGAIN);
        let asked = asked.map_or(Some(0), |(_, count)| count.parse::<u8>().ok())?;
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs().filter(|(name, _)| name != AGAIN));
        query.append_pair(AGAIN, &(asked + 1).to_string());
        (asked < MOST_ASKED).then(|| format!("{}?{}", self.uri.path(), query.finish()))
    }

    /// A field's first value.
    pub(super) fn get(&self, wanted: &str) -> Option<&str> {
        let mut pairs = self.pairs.iter();
        pairs
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.as_str())
    }
}

/// Reads a body within the limits of size and time.
pub(super) async fn read_body(
    gate: &Gate,
    headers: &HeaderMap,
    body: Body,
) -> Result<Vec<u8>, Response> {
    let most = gate.config.limits.body;
    let too_large = || refuse(gate, "too_large", StatusCode::PAYLOAD_TOO_LARGE);
    let told = headers.get(header::CONTENT_LENGTH);
    let told = told.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if told.is_some_and(|length| length > most as u64) {
        return Err(too_large());
    }
    let read = async {
        let mut whole = Vec::new();
        let mut pieces = body.into_data_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|_| refuse(gate, "malformed", StatusCode::BAD_REQUEST))?;
            if whole.len() + piece.len() > most {
                return Err(too_large());
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    };
    match timeout(gate.config.server.body_timeout.into(), read).await {
        Ok(read) => read,
        Err(_) => Err(refuse(gate, "too_slow", StatusCode::REQUEST_TIMEOUT)),
    }
}

/// Counts a refused request and answers it.
pub(super) fn refuse(gate: &Gate, reason: &str, status: StatusCode) -> Response {
    gate.meters.requests_refused.count(reason);
    status.into_response()
}
