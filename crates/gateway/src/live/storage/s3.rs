//! Buckets at S3, and at what speaks its protocol.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Body, Response, StatusCode};
use rusty_s3::{Credentials, S3Action as _, UrlStyle};
use secrecy::ExposeSecret as _;
use url::Url;

use super::{Bucket, Content, PutError, PutFuture};
use crate::config::ConfigError;
use crate::live::shared_config::StorageConfig;
use crate::secret::{Secret, SecretError};

/// A bucket, and the key to it.
#[derive(Debug)]
pub(super) struct S3 {
    bucket: rusty_s3::Bucket,
    http: reqwest::Client,
    access_key_id: Secret,
    secret_access_key: Secret,
    session_token: Option<Secret>,
}

impl S3 {
    pub(super) fn new(config: &StorageConfig, http: &reqwest::Client) -> Result<Self, ConfigError> {
        let wrong = |field: &str, problem: String| {
            ConfigError::new(format!("shared.storage.{field}"), problem)
        };
        for (field, value) in [("bucket", &config.bucket), ("region", &config.region)] {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            if value.is_empty() || !value.bytes().all(is_plain) {
                let problem = "it must be letters, digits and any of - _ .";
                return Err(wrong(field, problem.to_owned()));
            }
        }
        let of_region = || format!("https://s3.{}.amazonaws.com", config.region);
        let endpoint = config.endpoint.clone().unwrap_or_else(of_region);
        let no_url = |problem: &dyn std::fmt::Display| {
            let problem = format!(
                "it is no address of a server ({problem}): write it as in \"https://minio.example.com:9000\""
            );
            wrong("endpoint", problem)
        };
        let endpoint = Url::parse(&endpoint).map_err(|error| no_url(&error))?;
        let style = match config.path_style {
            true => UrlStyle::Path,
            false => UrlStyle::VirtualHost,
        };
        let bucket = rusty_s3::Bucket::new(
            endpoint,
            style,
            config.bucket.clone(),
            config.region.clone(),
        )
        .map_err(|error| no_url(&error))?;
        let s3 = Self {
            bucket,
            http: http.clone(),
            access_key_id: config.access_key_id.clone(),
            secret_access_key: config.secret_access_key.clone(),
            session_token: config.session_token.clone(),
        };
        s3.credentials()
            .map_err(|(field, error)| wrong(field, error.to_string()))?;
        Ok(s3)
    }

    /// As they are now; else which of them cannot be had.
    fn credentials(&self) -> Result<Credentials, (&'static str, SecretError)> {
        let read = |field, secret: &Secret| secret.read().map_err(|error| (field, error));
        let id = read("access_key_id", &self.access_key_id)?;
        let key = read("secret_access_key", &self.secret_access_key)?;
        let token = self.session_token.as_ref();
        let token = token
            .map(|token| read("session_token", token))
            .transpose()?;
        let (id, key) = (id.expose_secret(), key.expose_secret());
        Ok(match token {
            Some(token) => Credentials::new_with_token(id, key, token.expose_secret()),
            None => Credentials::new(id, key),
        })
    }

    async fn put(&self, key: &str, content: Content) -> Result<(), PutError> {
        let credentials = self
            .credentials()
            .map_err(|(_, error)| PutError::AccessKey(error.to_string()))?;
        let mut action = self.bucket.put_object(Some(&credentials), key);
        action
            .headers_mut()
            .insert("content-type", content.media_type);
        let sent = self
            .http
            .put(action.sign(SIGNATURE_LIFETIME))
            .header(CONTENT_TYPE, content.media_type)
            .header(CONTENT_LENGTH, content.bytes)
            .body(Body::from(content.file))
            .send();
        match sent.await {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => Err(refusal(response).await),
            Err(error) => Err(PutError::Unreachable(reason(error))),
        }
    }
}

impl Bucket for S3 {
    fn put<'a>(&'a self, key: &'a str, content: Content) -> PutFuture<'a> {
        Box::pin(Self::put(self, key, content))
    }
}

/// What an answer means.
async fn refusal(response: Response) -> PutError {
    let status = response.status();
    let code = code(response).await;
    let said = format!("{code} (status {})", status.as_u16());
    match (status, &*code) {
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _)
        | (_, "ExpiredToken" | "InvalidToken") => PutError::AccessKey(said),
        (StatusCode::NOT_FOUND | StatusCode::MOVED_PERMANENTLY, _)
        | (_, "AuthorizationHeaderMalformed" | "InvalidBucketName") => PutError::NoBucket(said),
        _ => PutError::Refused {
            status: status.as_u16(),
            code,
        },
    }
}

/// The word for machines in an answer's XML. The rest of it tells the key's id and what was signed, so it is left out.
async fn code(mut response: Response) -> String {
    let mut body = Vec::new();
    while body.len() < MOST_OF_ANSWER
        && let Ok(Some(chunk)) = response.chunk().await
    {
        body.extend_from_slice(&chunk);
    }
    let body = String::from_utf8_lossy(&body);
    let code = body
        .split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once("</Code>"))
        .map(|(code, _)| code)
        .filter(|code| code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    code.unwrap_or("no code").to_owned()
}

/// Why there is no answer. Without the URL, which holds the signature.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// A request that was begun within it may take longer.
const SIGNATURE_LIFETIME: Duration = Duration::from_secs(900);
const MOST_OF_ANSWER: usize = 4 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_stands_in_the_host_or_in_the_path() {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(crate::tls::client().unwrap())
            .build()
            .unwrap();
        let address = |more: &str| {
            let config = format!(
                "bucket = 'calls'\nregion = 'eu-west-1'\naccess_key_id = 'a'\nsecret_access_key = 'b'\n{more}"
            );
            let s3 = S3::new(&toml::from_str(&config).unwrap(), &http).unwrap();
            s3.bucket.object_url("2026/01/02/x.wav").to_string()
        };
        let object = "2026/01/02/x.wav";
        assert_eq!(
            address(""),
            format!("https://calls.s3.eu-west-1.amazonaws.com/{object}")
        );
        assert_eq!(
            address("endpoint = 'https://minio.test:9000'\npath_style = true"),
            format!("https://minio.test:9000/calls/{object}")
        );
    }
}
