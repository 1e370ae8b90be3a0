//! A client's request for a session, recognised by an emulated model.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

use super::endpoint::{Service, Surface, Version};

/// A client's request for a session.
///
/// ```
/// use voice_call::gemini::{Request, Service, Version};
///
/// // As the JavaScript SDK asks: two slashes, and the key in the query.
/// let path = "//ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=K1";
/// let request = Request::recognise(path, [("user-agent", "…")])?;
/// assert_eq!(request.surface.service, Service::Developer);
/// assert_eq!(request.surface.version, Version::V1Beta);
/// assert_eq!(request.credential.expect("a key").expose(), "K1");
/// # Ok::<(), voice_call::gemini::RequestError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Request {
    /// Which service at which version it asks for.
    pub surface: Surface,
    /// Whether it asks for the method that takes ephemeral tokens.
    pub is_constrained: bool,
    /// How it proves who it is, if it does.
    pub credential: Option<Credential>,
    /// Which project is to be charged, if it says so.
    pub user_project: Option<String>,
}

/// How a client proves who it is. The secret does not show in `Debug`.
#[derive(Clone, Debug)]
pub enum Credential {
    /// An API key: of the Developer API, or of Vertex AI in express mode.
    ApiKey(SecretString),
    /// An ephemeral token of the Developer API.
    EphemeralToken(SecretString),
    /// An OAuth token of Vertex AI.
    Bearer(SecretString),
}

/// Why a request is none for a session. A server would answer 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// The path is not one of the Live API.
    Path,
    /// The path is one of the Live API but for its version.
    Version,
}

impl Request {
    /// Recognises a request by its path with query, as it stands in the request line, and by its headers. Names of
    /// headers have no case; a path before `/ws/` is ignored.
    ///
    /// # Errors
    ///
    /// When the path is not one of the Live API.
    pub fn recognise<'a>(
        target: &str,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, RequestError> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (surface, is_constrained) = method(path)?;
        let mut found = Found::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "access_token" => found.query_token = Some(percent_decoded(value)),
                "key" => found.query_key = Some(percent_decoded(value)),
                _ => {}
            }
        }
        for (name, value) in headers {
            if name.eq_ignore_ascii_case("authorization") {
                found.authorization = Some(value.to_owned());
            } else if name.eq_ignore_ascii_case("x-goog-api-key") {
                found.header_key = Some(value.to_owned());
            } else if name.eq_ignore_ascii_case("x-goog-user-project") {
                found.user_project = Some(value.to_owned());
            }
        }
        Ok(Self {
            surface,
            is_constrained,
            user_project: found.user_project.take(),
            credential: found.credential(),
        })
    }
}

impl Credential {
    /// The secret itself, to compare and not to log.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::ApiKey(secret) | Self::EphemeralToken(secret) | Self::Bearer(secret) => {
                secret.expose_secret()
            }
        }
    }

    fn from_key(key: String) -> Self {
        if key.starts_with("auth_tokens/") {
            Self::EphemeralToken(key.into())
        } else {
            Self::ApiKey(key.into())
        }
    }
}

/// What a request brings of all that may prove who it is.
#[derive(Default)]
struct Found {
    query_token: Option<String>,
    query_key: Option<String>,
    authorization: Option<String>,
    header_key: Option<String>,
    user_project: Option<String>,
}

impl Found {
    /// The most particular one: the Python SDK sends a token as a key too.
    fn credential(self) -> Option<Credential> {
        let authorization = self.authorization.as_deref();
        let authorization = authorization.and_then(|value| value.split_once(' '));
        let authorization = authorization.and_then(|(scheme, secret)| {
            let secret = SecretString::from(secret.trim());
            match scheme.to_ascii_lowercase().as_str() {
                "token" => Some(Credential::EphemeralToken(secret)),
                "bearer" => Some(Credential::Bearer(secret)),
                _ => None,
            }
        });
        let token = self.query_token.map(SecretString::from);
        token
            .map(Credential::EphemeralToken)
            .or(authorization)
            .or(self.query_key.or(self.header_key).map(Credential::from_key))
            .filter(|credential| !credential.expose().is_empty())
    }
}

/// The service, version and method of a path.
fn method(path: &str) -> Result<(Surface, bool), RequestError> {
    let start = path.find("/ws/").ok_or(RequestError::Path)?;
    let method = &path[start + "/ws/".len()..];
    let (service, rest) = if let Some(rest) = method.strip_prefix(DEVELOPER) {
        (Service::Developer, rest)
    } else if let Some(rest) = method.strip_prefix(VERTEX) {
        (Service::Vertex, rest)
    } else {
        return Err(RequestError::Path);
    };
    let (version, rest) = rest.split_once('.').ok_or(RequestError::Path)?;
    let is_constrained = match (service, rest) {
        (Service::Developer, "GenerativeService.BidiGenerateContent")
        | (Service::Vertex, "LlmBidiService/BidiGenerateContent") => false,
        (Service::Developer, "GenerativeService.BidiGenerateContentConstrained") => true,
        _ => return Err(RequestError::Path),
    };
    let versions = [Version::V1, Version::V1Beta, Version::V1Alpha];
    let mut surfaces = versions
        .map(|version| Surface { service, version })
        .into_iter();
    let surface = surfaces.find(|surface| surface.version_name() == version);
    Ok((surface.ok_or(RequestError::Version)?, is_constrained))
}

/// A query's value with its `%` escapes resolved. Wrong escapes stay as they are.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after
            .get(..2)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl fmt::Display for RequestError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Path => "the path is not one of the Live API",
            Self::Version => "the Live API has no such version",
        })
    }
}

impl std::error::Error for RequestError {}

const DEVELOPER: &str = "google.ai.generativelanguage.";
const VERTEX: &str = "google.cloud.aiplatform.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_are_none() {
        let error = |path: &str| {
            Request::recognise(path, [])
                .map(|_| ())
                .expect_err("no path")
        };
        for path in [
            "",
            "/",
            "/any/path",
            "/ws/",
            "/ws/google.ai.generativelanguage",
            "/ws/google.cloud.aiplatform.v1beta1.GenerativeService.BidiGenerateContent",
        ] {
            assert_eq!(error(path), RequestError::Path, "{path}");
        }
        let path = "/ws/google.ai.generativelanguage.v7.GenerativeService.BidiGenerateContent";
        assert_eq!(error(path), RequestError::Version);
    }

    #[test]
    fn credentials_by_how_particular_they_are() {
        let path = "/a/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContentConstrained";
        let credential = |query: &str, headers: &[(&'static str, &'static str)]| {
            let request = Request::recognise(&format!("{path}{query}"), headers.iter().copied());
            request.expect("a path").credential
        };
        let token = credential("?access_token=auth_tokens%2Fx%zz", &[]);
        assert!(
            matches!(&token, Some(Credential::EphemeralToken(_)))
                && token.is_some_and(|it| it.expose() == "auth_tokens/x%zz")
        );
        let both = [
            ("X-Goog-Api-Key", "auth_tokens/y"),
            ("AUTHORIZATION", "token auth_tokens/y"),
        ];
        assert!(matches!(
            credential("", &both),
            Some(Credential::EphemeralToken(_))
        ));
        assert!(matches!(
            credential("", &both[..1]),
            Some(Credential::EphemeralToken(_))
        ));
        assert!(matches!(
            credential("?key=k", &[("authorization", "Basic x")]),
            Some(Credential::ApiKey(_))
        ));
        assert!(credential("?key=", &[]).is_none());
        assert!(credential("", &[]).is_none());
    }
}
