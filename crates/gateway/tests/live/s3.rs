//! A server that takes objects as S3 does, over a real socket: it checks the signature by AWS's published rules (Signature
//! Version 4, in the query) with code of its own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::common::net::soon;

pub(crate) const BUCKET: &str = "calls-of-a-bakery";
pub(crate) const KEY_ID: &str = "AKIDEXAMPLE";
pub(crate) const KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub(crate) const REGION: &str = "eu-central-1";

/// An object with its media type.
type Objects = BTreeMap<String, (String, Bytes)>;

#[derive(Clone, Debug)]
pub(crate) struct S3 {
    objects: Arc<Mutex<Objects>>,
    /// How many requests were answered.
    answered: watch::Sender<u32>,
}

impl S3 {
    /// Serves at a port that was taken before.
    pub(crate) fn serve(listener: TcpListener) -> Self {
        let server = Self {
            objects: Arc::default(),
            answered: watch::Sender::new(0),
        };
        let router = Router::new()
            .fallback(put)
            .layer(DefaultBodyLimit::max(64 << 20))
            .with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    pub(crate) fn objects(&self) -> Objects {
        self.objects.lock().unwrap().clone()
    }

    /// Waits until so many requests were answered.
    pub(crate) async fn answered(&self, requests: u32) {
        let mut answered = self.answered.subscribe();
        let enough = answered.wait_for(|answered| *answered >= requests);
        soon("requests", enough).await.unwrap();
    }
}

async fn put(
    State(server): State<S3>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let taken = take(&server, &method, &uri, &headers, body);
    server.answered.send_modify(|answered| *answered += 1);
    match taken {
        Ok(()) => StatusCode::OK.into_response(),
        Err((status, code)) => {
            // As the real one does, the answer tells what nobody should log.
            let body = format!(
                "<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><AWSAccessKeyId>{KEY_ID}</AWSAccessKeyId></Error>"
            );
            (status, body).into_response()
        }
    }
}

fn take(
    server: &S3,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<(), (StatusCode, &'static str)> {
    check(method, uri, headers).map_err(|code| (StatusCode::FORBIDDEN, code))?;
    if method != Method::PUT {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"));
    }
    if headers.get("content-length") != Some(&body.len().into()) {
        return Err((StatusCode::LENGTH_REQUIRED, "MissingContentLength"));
    }
    let (bucket, key) = uri.path()[1..].split_once('/').unwrap_or_default();
    if bucket != BUCKET {
        return Err((StatusCode::NOT_FOUND, "NoSuchBucket"));
    }
    let media_type = headers["content-type"].to_str().unwrap().to_owned();
    let object = (media_type, body);
    server
        .objects
        .lock()
        .unwrap()
        .insert(key.to_owned(), object);
    Ok(())
}

/// Whether a request was signed with the key, now.
fn check(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), &'static str> {
    let query = uri.query().unwrap_or_default();
    let value = |name: &str| {
        let mut values = query
            .split('&')
            .filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        values.next().ok_or("AuthorizationQueryParametersError")
    };
    let (date, given) = (value("X-Amz-Date")?, value("X-Amz-Signature")?);
    let credential = value("X-Amz-Credential")?.replace("%2F", "/");
    let scope = format!("{}/{REGION}/s3/aws4_request", &date[..8]);
    if credential != format!("{KEY_ID}/{scope}") {
        return Err("InvalidAccessKeyId");
    }
    let now = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
    let now: String = now.chars().filter(|char| !"-:".contains(*char)).collect();
    if date[..8] != now[..8] {
        return Err("RequestTimeTooSkewed");
    }
    let mut pairs: Vec<_> = query.split('&').collect();
    pairs.retain(|pair| !pair.starts_with("X-Amz-Signature="));
    pairs.sort_unstable();
    let signed = value("X-Amz-SignedHeaders")?.replace("%3B", ";");
    let mut canonical = format!("{method}\n{}\n{}\n", uri.path(), pairs.join("&"));
    for name in signed.split(';') {
        let value = headers.get(name).ok_or("AccessDenied")?.to_str().unwrap();
        let _ = writeln!(canonical, "{name}:{}", value.trim());
    }
    let _ = write!(canonical, "\n{signed}\nUNSIGNED-PAYLOAD");
    let canonical = hex(&Sha256::digest(canonical));
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{canonical}");
    let mut key = format!("AWS4{KEY}").into_bytes();
    for part in scope.split('/') {
        key = hmac(&key, part);
    }
    match hex(&hmac(&key, &to_sign)) == given {
        true => Ok(()),
        false => Err("SignatureDoesNotMatch"),
    }
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
