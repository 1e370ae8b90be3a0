//! What proves to a model's service who we are, fresh for each connection.

use std::process::Stdio;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;
use tokio::process::Command;

use crate::secret::Secret;

/// Where a credential comes from.
#[derive(Clone, Debug)]
pub(super) enum CredentialSource {
    /// A key, or a token that somebody else keeps fresh.
    Secret(Secret),
    /// What a command prints.
    Command(Vec<String>),
    /// The metadata server of Google's cloud.
    Metadata {
        origin: String,
        http: reqwest::Client,
    },
}

/// Why there is no credential. Holds no part of one.
#[derive(Debug, thiserror::Error)]
pub(super) enum CredentialError {
    #[error(transparent)]
    Secret(#[from] crate::secret::SecretError),
    #[error("the command {0} for a token cannot be run or failed")]
    Command(String),
    #[error("the metadata server gives no token")]
    Metadata,
    #[error("no token came in time")]
    TooLate,
}

impl CredentialSource {
    /// A credential that is valid now.
    pub(super) async fn obtain(&self) -> Result<SecretString, CredentialError> {
        let obtained = async {
            match self {
                Self::Secret(secret) => Ok(secret.read()?),
                Self::Command(words) => run(words).await,
                Self::Metadata { origin, http } => ask(origin, http).await,
            }
        };
        let limited = tokio::time::timeout(LONGEST, obtained).await;
        limited.unwrap_or(Err(CredentialError::TooLate))
    }
}

async fn run(words: &[String]) -> Result<SecretString, CredentialError> {
    let (program, arguments) = words
        .split_first()
        .unwrap_or((const { &String::new() }, &[]));
    let error = || CredentialError::Command(program.clone());
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let output = command.output().await.map_err(|_| error())?;
    let token = std::str::from_utf8(&output.stdout)
        .map_err(|_| error())?
        .trim();
    if !output.status.success() || token.is_empty() {
        return Err(error());
    }
    Ok(token.into())
}

async fn ask(origin: &str, http: &reqwest::Client) -> Result<SecretString, CredentialError> {
    #[derive(Deserialize)]
    struct Token {
        access_token: String,
    }
    let url = format!(
        "{}/computeMetadata/v1/instance/service-accounts/default/token",
        origin.trim_end_matches('/')
    );
    // The server keeps tokens itself and gives a new one minutes before the last one's end.
    let request = http.get(url).header("Metadata-Flavor", "Google");
    let answer = request
        .send()
        .await
        .and_then(reqwest::Response::error_for_status);
    let answer = answer.map_err(|_| CredentialError::Metadata)?;
    let token: Token = answer.json().await.map_err(|_| CredentialError::Metadata)?;
    Ok(token.access_token.into())
}

const LONGEST: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[tokio::test]
    async fn a_command_prints_the_token() {
        let source = CredentialSource::Command(vec!["echo".to_owned(), "ya29.x".to_owned()]);
        assert_eq!(source.obtain().await.unwrap().expose_secret(), "ya29.x");
        let source = CredentialSource::Command(vec!["false".to_owned()]);
        let error = source.obtain().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the command false for a token cannot be run or failed"
        );
    }

    #[tokio::test]
    async fn a_file_is_read_again() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let source =
            CredentialSource::Secret(Secret::from(format!("file:{}", file.path().display())));
        assert!(
            source
                .obtain()
                .await
                .unwrap_err()
                .to_string()
                .contains("it is empty")
        );
        for token in ["one", "two\n"] {
            std::fs::write(file.path(), token).unwrap();
            assert_eq!(source.obtain().await.unwrap().expose_secret(), token.trim());
        }
    }
}
