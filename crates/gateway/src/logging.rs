//! What is logged, and what never is.
//!
//! Other crates log frames and headers at their finest levels, and those hold numbers, tokens and voices. Whatever
//! level is asked for, only this project's crates log finer than `info`.

use std::str::FromStr as _;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use crate::config::{LogConfig, LogFormat};

/// Why nothing can be logged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// Something else logs in this process.
    #[error("the log cannot be installed: {0}")]
    Installed(#[from] TryInitError),
    /// Spans cannot be sent.
    #[error("log.otlp: spans cannot be sent: {0}")]
    Otlp(String),
}

/// Installs what writes the log of a configuration to a writer, as in `logging::install(&config.log, std::io::stderr)`, and
/// what sends spans if it says so.
///
/// # Errors
///
/// When something else was installed before in this process, or spans cannot be sent.
pub fn install<W>(config: &LogConfig, writer: W) -> Result<(), LogError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let level = Level::from_str(&config.level).unwrap_or(Level::INFO);
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match config.format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text => lines.with_ansi(false).boxed(),
    };
    let logged = registry().with(lines.with_filter(harmless(level)));
    #[cfg(feature = "otel")]
    if let Some(endpoint) = &config.otlp {
        let layer = crate::otel::layer(endpoint).map_err(LogError::Otlp)?;
        logged.with(layer.with_filter(harmless(level))).try_init()?;
        return Ok(());
    }
    Ok(logged.try_init()?)
}

fn harmless(level: Level) -> FilterFn<impl Fn(&Metadata<'_>) -> bool + Clone> {
    filter_fn(move |metadata| {
        let target = metadata.target();
        let is_ours = ["voice_", "audio_"]
            .iter()
            .any(|name| target.starts_with(name));
        *metadata.level()
            <= if is_ours {
                level
            } else {
                level.min(Level::INFO)
            }
    })
}
