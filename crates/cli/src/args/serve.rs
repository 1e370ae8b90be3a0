//! Arguments of `serve`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ServeArgs {
    /// The configuration, a TOML file
    #[arg(long, value_name = "FILE", env = "ASC_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// Set a key of the configuration, as in server.listen=0.0.0.0:80 (may be repeated)
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) set: Vec<(String, String)>,

    /// Check the configuration, print what is in effect with secrets hidden, and end
    #[arg(long)]
    pub(crate) check: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) = pair.ok_or("give a key and its value, as in limits.calls=100")?;
    Ok((key.to_owned(), value.to_owned()))
}

const EXAMPLES: &str = "\
Examples:
  audio-stream-converter serve --config gateway.toml --check
  audio-stream-converter serve --config gateway.toml --set server.listen=127.0.0.1:8080

Keys are also taken from the environment: ASC_SERVER__LISTEN is server.listen. SIGTERM and Ctrl-C let calls finish first.";
