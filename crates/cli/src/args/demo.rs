//! Arguments of `demo`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `demo`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DemoArgs {
    /// The folder for call.wav, transcript.txt, report.json and call.png
    #[arg(long, value_name = "DIR", default_value = "demo")]
    pub(crate) output: PathBuf,

    /// Hold the call in virtual time, without sockets: a moment instead of 25 s
    #[arg(long)]
    pub(crate) fast: bool,

    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

const EXAMPLES: &str = "\
Examples:
  audio-stream-converter demo          one call over loopback sockets, as it happens
  audio-stream-converter demo --fast   the same in a moment

Exit codes: 0 the call was as good as it must be, 1 it was not, 2 wrong usage.";
