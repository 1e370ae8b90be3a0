//! Where the Live API is found, and how a client proves who it is.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

use super::request::Credential;

/// Which of the two services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// The Gemini Developer API.
    Developer,
    /// Vertex AI.
    Vertex,
}

/// The version of the API. Vertex AI spells them with a 1 behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// `v1`, which the official Python SDK uses.
    V1,
    /// `v1beta` or `v1beta1`, which the documentation and the JavaScript SDK use.
    V1Beta,
    /// `v1alpha` or `v1alpha1`.
    V1Alpha,
}

/// A service at a version: what decides which features exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Surface {
    /// Which service.
    pub service: Service,
    /// At which version.
    pub version: Version,
}

/// Where to connect to, with which headers. Secrets do not show in `Debug`.
///
/// ```
/// use voice_call::gemini::Endpoint;
///
/// let endpoint = Endpoint::vertex("bakery", "europe-west4", "ya29.token")?;
/// assert_eq!(endpoint.url(), concat!(
///     "wss://europe-west4-aiplatform.googleapis.com",
///     "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent",
/// ));
/// assert_eq!(endpoint.headers()[0].name, "Authorization");
/// assert!(!format!("{endpoint:?}").contains("ya29"));
/// # Ok::<(), voice_call::gemini::EndpointError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Endpoint {
    place: Place,
    version: Version,
    credential: Credential,
    base: Option<String>,
    user_project: Option<String>,
}

/// A header of the request, whose value may be a secret.
#[derive(Clone, Debug)]
pub struct Header {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: SecretString,
}

/// Why an endpoint cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointError {
    /// A base URL is not `https://`, `wss://`, `http://` or `ws://` with a host.
    BaseUrl,
    /// A base URL has a query or a fragment.
    BaseQuery,
    /// Ephemeral tokens work at `v1alpha` only.
    TokenVersion,
    /// A project or a location has other characters than letters, digits, `-`, `.`, `:` and `_`.
    Name,
}

#[derive(Clone, Debug)]
enum Place {
    Developer,
    Constrained,
    Vertex { project: String, location: String },
    Express,
}

impl Endpoint {
    /// The Developer API with an API key, at `v1beta` as the documentation has it.
    pub fn developer(key: impl Into<SecretString>) -> Self {
        let credential = Credential::ApiKey(key.into());
        Self::new(Place::Developer, Version::V1Beta, credential)
    }

    /// The Developer API with an ephemeral token (`auth_tokens/…`), which works at `v1alpha` only.
    pub fn ephemeral(token: impl Into<SecretString>) -> Self {
        let credential = Credential::EphemeralToken(token.into());
        Self::new(Place::Constrained, Version::V1Alpha, credential)
    }

    /// Vertex AI with a project, a location (a region, `us`, `eu` or `global`) and an OAuth token. Tokens live for an
    /// hour: see [`Endpoint::with_token`].
    ///
    /// # Errors
    ///
    /// When the project or the location is no name.
    pub fn vertex(
        project: &str,
        location: &str,
        token: impl Into<SecretString>,
    ) -> Result<Self, EndpointError> {
        let is_name = |text: &str, more: &str| {
            let fits = |letter: char| letter.is_ascii_alphanumeric() || more.contains(letter);
            !text.is_empty() && text.chars().all(fits)
        };
        // The location becomes a part of the host, a project may belong to a domain (`example.com:bakery`).
        if !is_name(project, "-.:_") || !is_name(location, "-") {
            return Err(EndpointError::Name);
        }
        let place = Place::Vertex {
            project: project.to_owned(),
            location: location.to_owned(),
        };
        let credential = Credential::Bearer(token.into());
        Ok(Self::new(place, Version::V1Beta, credential))
    }

    /// Vertex AI in express mode, with an API key.
    pub fn vertex_express(key: impl Into<SecretString>) -> Self {
        let credential = Credential::ApiKey(key.into());
        Self::new(Place::Express, Version::V1Beta, credential)
    }

    const fn new(place: Place, version: Version, credential: Credential) -> Self {
        Self {
            place,
            version,
            credential,
            base: None,
            user_project: None,
        }
    }

    /// The same at another version.
    ///
    /// # Errors
    ///
    /// For an ephemeral token at another version than `v1alpha`.
    pub fn with_version(mut self, version: Version) -> Result<Self, EndpointError> {
        if matches!(self.place, Place::Constrained) && version != Version::V1Alpha {
            return Err(EndpointError::TokenVersion);
        }
        self.version = version;
        Ok(self)
    }

    /// The same on another host, for a proxy or an emulated model: `https://` becomes `wss://`, `http://` becomes
    /// `ws://`, and a path goes before the API's.
    ///
    /// # Errors
    ///
    /// When the URL is none, or has a query.
    pub fn with_base_url(mut self, url: &str) -> Result<Self, EndpointError> {
        let (scheme, rest) = url.split_once("://").ok_or(EndpointError::BaseUrl)?;
        let scheme = match scheme {
            "https" | "wss" => "wss",
            "http" | "ws" => "ws",
            _ => return Err(EndpointError::BaseUrl),
        };
        if rest.contains(['?', '#']) {
            return Err(EndpointError::BaseQuery);
        }
        let rest = rest.trim_end_matches('/');
        let is_odd = |letter: char| letter.is_whitespace() || letter.is_control();
        if rest.is_empty() || rest.starts_with('/') || rest.contains(is_odd) {
            return Err(EndpointError::BaseUrl);
        }
        self.base = Some(format!("{scheme}://{rest}"));
        Ok(self)
    }

    /// The same, charged to a project (`x-goog-user-project`). For Vertex AI.
    #[must_use]
    pub fn with_user_project(mut self, project: &str) -> Self {
        self.user_project = Some(project.to_owned());
        self
    }

    /// The same with a fresh credential of the same kind.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<SecretString>) -> Self {
        let token = token.into();
        self.credential = match self.credential {
            Credential::ApiKey(_) => Credential::ApiKey(token),
            Credential::EphemeralToken(_) => Credential::EphemeralToken(token),
            Credential::Bearer(_) => Credential::Bearer(token),
        };
        self
    }

    /// Which service at which version.
    #[must_use]
    pub const fn surface(&self) -> Surface {
        let service = match self.place {
            Place::Developer | Place::Constrained => Service::Developer,
            Place::Vertex { .. } | Place::Express => Service::Vertex,
        };
        Surface {
            service,
            version: self.version,
        }
    }

    /// Where to connect to. Holds no secret.
    #[must_use]
    pub fn url(&self) -> String {
        let version = self.surface().version_name();
        let path = match self.place {
            Place::Developer => format!(
                "/ws/google.ai.generativelanguage.{version}.GenerativeService.BidiGenerateContent"
            ),
            Place::Constrained => format!(
                "/ws/google.ai.generativelanguage.{version}.GenerativeService.BidiGenerateContentConstrained"
            ),
            Place::Vertex { .. } | Place::Express => {
                format!("/ws/google.cloud.aiplatform.{version}.LlmBidiService/BidiGenerateContent")
            }
        };
        let base = self
            .base
            .clone()
            .unwrap_or_else(|| format!("wss://{}", self.host()));
        base + &path
    }

    /// The headers to connect with. Keys go there and not into the URL, which proxies write to logs.
    #[must_use]
    pub fn headers(&self) -> Vec<Header> {
        let header = |name, value: String| Header {
            name,
            value: value.into(),
        };
        let mut headers = match &self.credential {
            Credential::ApiKey(key) => vec![header(API_KEY, key.expose_secret().to_owned())],
            Credential::EphemeralToken(token) => vec![
                header("Authorization", format!("Token {}", token.expose_secret())),
                header(API_KEY, token.expose_secret().to_owned()),
            ],
            Credential::Bearer(token) => {
                vec![header(
                    "Authorization",
                    format!("Bearer {}", token.expose_secret()),
                )]
            }
        };
        if let Some(project) = &self.user_project {
            headers.push(header("x-goog-user-project", project.clone()));
        }
        headers
    }

    /// A model's full name there. A name with a `/` is taken to be one already.
    ///
    /// ```
    /// use voice_call::gemini::Endpoint;
    ///
    /// let endpoint = Endpoint::vertex("bakery", "us-central1", "token")?;
    /// assert_eq!(
    ///     endpoint.model_resource("gemini-3.8-live"),
    ///     "projects/bakery/locations/us-central1/publishers/google/models/gemini-3.8-live",
    /// );
    /// assert_eq!(Endpoint::developer("key").model_resource("gemini-3.8-live"), "models/gemini-3.8-live");
    /// # Ok::<(), voice_call::gemini::EndpointError>(())
    /// ```
    #[must_use]
    pub fn model_resource(&self, model: &str) -> String {
        if model.contains('/') || model.is_empty() {
            return model.to_owned();
        }
        match &self.place {
            Place::Developer | Place::Constrained => format!("models/{model}"),
            Place::Vertex { project, location } => {
                format!("projects/{project}/locations/{location}/publishers/google/models/{model}")
            }
            Place::Express => format!("publishers/google/models/{model}"),
        }
    }

    fn host(&self) -> String {
        match &self.place {
            Place::Developer | Place::Constrained => "generativelanguage.googleapis.com".to_owned(),
            Place::Express => "aiplatform.googleapis.com".to_owned(),
            Place::Vertex { location, .. } => match location.as_str() {
                "global" => "aiplatform.googleapis.com".to_owned(),
                "us" | "eu" => format!("aiplatform.{location}.rep.googleapis.com"),
                _ => format!("{location}-aiplatform.googleapis.com"),
            },
        }
    }
}

impl Surface {
    /// The version as the service spells it.
    #[must_use]
    pub const fn version_name(self) -> &'static str {
        match (self.service, self.version) {
            (_, Version::V1) => "v1",
            (Service::Developer, Version::V1Beta) => "v1beta",
            (Service::Developer, Version::V1Alpha) => "v1alpha",
            (Service::Vertex, Version::V1Beta) => "v1beta1",
            (Service::Vertex, Version::V1Alpha) => "v1alpha1",
        }
    }
}

impl fmt::Display for EndpointError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::BaseUrl => {
                "a base URL must begin with https://, wss://, http:// or ws:// and a host"
            }
            Self::BaseQuery => "a base URL must have no query and no fragment",
            Self::TokenVersion => "an ephemeral token works at API version v1alpha only",
            Self::Name => {
                "a project or location has only letters, digits and hyphens (a project also '.', ':' and '_')"
            }
        })
    }
}

impl std::error::Error for EndpointError {}

const API_KEY: &str = "x-goog-api-key";

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
