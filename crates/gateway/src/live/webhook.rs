//! Tools that are asked over HTTP.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, Mac as _};
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::Value;
use sha2::Sha256;
use url::Url;
use voice_call::call::ToolRequest;

use super::agent_config::WebhookConfig;
use super::caller::Caller;
use crate::config::ConfigError;

/// The header that signs a body: `t=SECONDS,v1=HEX`, the HMAC-SHA256 of `SECONDS.BODY`.
pub const SIGNATURE: &str = "Voice-Signature";
/// The header that is the same for every attempt at one use of a tool.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// A tool that is asked over HTTP.
#[derive(Clone, Debug)]
pub(super) struct Webhook {
    url: Url,
    timeout: Duration,
    retries: u32,
    secret: Option<SecretString>,
    http: reqwest::Client,
}

#[derive(Serialize)]
struct Body<'a> {
    call: CallInBody<'a>,
    tool: &'a str,
    arguments: &'a serde_json::Map<String, Value>,
}

#[derive(Serialize)]
struct CallInBody<'a> {
    id: &'a str,
    agent: &'a str,
    #[serde(flatten)]
    caller: &'a Caller,
}

/// Why a tool has no answer, in words that the model may use.
enum Failure {
    /// Another attempt may help.
    Passing(String),
    Lasting(String),
}

impl Webhook {
    pub(super) fn new(
        config: &WebhookConfig,
        http: &reqwest::Client,
        key: &str,
    ) -> Result<Self, ConfigError> {
        let url = Url::parse(&config.url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| {
                ConfigError::new(format!("{key}.url"), "it is no http:// or https:// address")
            })?;
        if config.retries > MOST_RETRIES {
            let problem = format!("it is more than {MOST_RETRIES}: the caller waits");
            return Err(ConfigError::new(format!("{key}.retries"), problem));
        }
        let secret = config
            .secret
            .as_ref()
            .map(|secret| secret.read())
            .transpose();
        Ok(Self {
            url,
            timeout: config.timeout.into(),
            retries: config.retries,
            secret: secret
                .map_err(|error| ConfigError::new(format!("{key}.secret"), error.to_string()))?,
            http: http.clone(),
        })
    }

    /// Asks, and asks again where that may help. Dropping the future leaves off.
    pub(super) async fn ask(
        &self,
        call: &str,
        agent: &str,
        caller: &Caller,
        request: &ToolRequest,
    ) -> Result<Value, String> {
        let body = Body {
            call: CallInBody {
                id: call,
                agent,
                caller,
            },
            tool: &request.name,
            arguments: request.arguments.expose(),
        };
        let Ok(body) = serde_json::to_string(&body) else {
            return Err("the arguments cannot be sent".to_owned());
        };
        let key = format!("{call}-{}", request.id.0);
        let mut attempt = 0;
        loop {
            match self.attempt(&body, &key).await {
                Ok(value) => return Ok(value),
                Err(Failure::Passing(_)) if attempt < self.retries => {
                    tokio::time::sleep(FIRST_WAIT * 2_u32.pow(attempt)).await;
                    attempt += 1;
                }
                Err(Failure::Passing(words) | Failure::Lasting(words)) => return Err(words),
            }
        }
    }

    async fn attempt(&self, body: &str, key: &str) -> Result<Value, Failure> {
        let limited = tokio::time::timeout(self.timeout, self.exchange(body, key)).await;
        let late = || Failure::Passing("the service did not answer in time".to_owned());
        limited.unwrap_or_else(|_| Err(late()))
    }

    async fn exchange(&self, body: &str, key: &str) -> Result<Value, Failure> {
        let lost = |_| Failure::Passing("the service cannot be reached".to_owned());
        let mut request = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json");
        request = request.header(IDEMPOTENCY_KEY, key);
        if let Some(secret) = &self.secret {
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            request = request.header(SIGNATURE, sign(secret, now.as_secs(), body));
        }
        let mut answer = request.body(body.to_owned()).send().await.map_err(lost)?;
        let status = answer.status();
        if !status.is_success() {
            let words = format!("the service refused (HTTP {})", status.as_u16());
            return Err(if may_pass(status) {
                Failure::Passing(words)
            } else {
                Failure::Lasting(words)
            });
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(lost)? {
            if bytes.len() + chunk.len() > LONGEST_ANSWER {
                return Err(Failure::Lasting(
                    "the service's answer is too long".to_owned(),
                ));
            }
            bytes.extend_from_slice(&chunk);
        }
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes)
            .map_err(|_| Failure::Lasting("the service's answer is no JSON".to_owned()))
    }
}

fn may_pass(status: StatusCode) -> bool {
    status.is_server_error()
        || [
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::TOO_EARLY,
            StatusCode::TOO_MANY_REQUESTS,
        ]
        .contains(&status)
}

fn sign(secret: &SecretString, seconds: u64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(format!("{seconds}.{body}").as_bytes());
    let digest: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("t={seconds},v1={digest}")
}

const MOST_RETRIES: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// More than any model should read aloud.
const LONGEST_ANSWER: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_hmac_sha256_of_time_and_body() {
        // As `printf '1.{}' | openssl dgst -sha256 -hmac key` prints.
        let expected = "t=1,v1=1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224";
        assert_eq!(sign(&"key".into(), 1, "{}"), expected);
    }
}
