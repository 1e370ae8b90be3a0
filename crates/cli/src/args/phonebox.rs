//! Arguments of `phonebox`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use secrecy::SecretString;
use url::Url;

/// Arguments of `phonebox`.
#[derive(Debug, Args)]
pub(crate) struct PhoneboxArgs {
    #[command(subcommand)]
    pub(crate) command: PhoneboxCommand,
}

/// What to emulate.
#[derive(Debug, Subcommand)]
pub(crate) enum PhoneboxCommand {
    /// Serve a Gemini Live model on this machine, for any client
    Model(ModelArgs),
    /// Call a bridge as Twilio would, and tell how it was
    Call(Box<CallArgs>),
    /// Call a bridge many times at once, and measure what it costs
    Load(Box<LoadArgs>),
}

/// Arguments of `phonebox model`.
#[derive(Debug, Args)]
#[command(after_help = MODEL_EXAMPLES)]
pub(crate) struct ModelArgs {
    /// Where to serve without TLS
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8765")]
    pub(crate) listen: SocketAddr,

    /// Where to serve with TLS as well
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) tls: Option<SocketAddr>,

    /// The folder of the certificate authority, which is made if there is none
    #[arg(
        long,
        value_name = "DIR",
        default_value = "phonebox-ca",
        requires = "tls"
    )]
    pub(crate) ca_dir: PathBuf,

    /// Names of this server for its certificate, besides localhost
    #[arg(long, value_name = "NAME", requires = "tls")]
    pub(crate) name: Vec<String>,

    /// What the model does: parrot, echo, or a TOML file
    #[arg(long, value_name = "KIND|FILE", default_value = "parrot")]
    pub(crate) behaviour: PathBuf,

    /// The only key that is let in
    #[arg(long, value_name = "KEY", env = "PHONEBOX_KEY", hide_env_values = true)]
    pub(crate) key: Option<String>,

    /// How long a connection lasts, in seconds, with notice at nine tenths of it [default: as the behaviour says]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) connection_limit: Option<Duration>,
}

/// Arguments of `phonebox call`.
#[derive(Debug, Args)]
#[command(after_help = CALL_EXAMPLES)]
pub(crate) struct CallArgs {
    /// The bridge: its webhook (http, https) or its stream (ws, wss)
    pub(crate) url: Url,

    /// What the caller does: a TOML script, or a sound file to say [default: a bundled caller]
    #[arg(long, value_name = "FILE")]
    pub(crate) caller: Option<PathBuf>,

    /// How the line behaves and what goes wrong on it: a TOML file
    #[arg(long, value_name = "FILE")]
    pub(crate) line: Option<PathBuf>,

    /// The account's id
    #[arg(long, value_name = "SID")]
    pub(crate) account: Option<String>,

    /// The number that is called
    #[arg(long, value_name = "NUMBER")]
    pub(crate) to: Option<String>,

    #[command(flatten)]
    pub(crate) reach: ReachArgs,

    /// When the caller hangs up at last, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    pub(crate) longest: Duration,

    /// Serve the model here too, so that all can be scored; the bridge must use it
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen_model: Option<SocketAddr>,

    /// Serve that model with TLS as well, here
    #[arg(long, value_name = "ADDRESS", requires = "listen_model")]
    pub(crate) model_tls: Option<SocketAddr>,

    /// The folder of the certificate authority, which is made if there is none
    #[arg(
        long,
        value_name = "DIR",
        default_value = "phonebox-ca",
        requires = "model_tls"
    )]
    pub(crate) ca_dir: PathBuf,

    /// What that model does: parrot, echo, or a TOML file
    #[arg(
        long,
        value_name = "KIND|FILE",
        default_value = "parrot",
        requires = "listen_model"
    )]
    pub(crate) behaviour: PathBuf,

    /// Write call.wav and record.json into this folder, and with --listen-model also transcript.txt, report.json and call.png
    #[arg(long, value_name = "DIR")]
    pub(crate) record: Option<PathBuf>,

    /// Print JSON for programs
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

/// How a bridge is reached.
#[derive(Debug, Args)]
pub(crate) struct ReachArgs {
    /// The auth token that requests are signed with
    #[arg(
        long,
        value_name = "TOKEN",
        env = "TWILIO_AUTH_TOKEN",
        hide_env_values = true
    )]
    pub(crate) token: Option<SecretString>,

    /// The origin that the bridge believes to be reached at, scheme and host: requests are signed for it
    #[arg(long, value_name = "URL")]
    pub(crate) public_origin: Option<Url>,

    /// A PEM file of certificates to trust besides the usual ones
    #[arg(long, value_name = "FILE")]
    pub(crate) root: Vec<PathBuf>,

    /// Allow http and ws elsewhere than on this machine
    #[arg(long)]
    pub(crate) allow_plain: bool,
}

/// The worst that is allowed.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Limits (exit code 1 when one is passed)")]
pub(crate) struct LimitArgs {
    /// Gaps in speech
    #[arg(long, value_name = "N")]
    pub(crate) max_gaps: Option<f64>,

    /// Clicks
    #[arg(long, value_name = "N")]
    pub(crate) max_clicks: Option<f64>,

    /// Mean added delay, either way
    #[arg(long, value_name = "MS", requires = "listen_model")]
    pub(crate) max_mean_delay_ms: Option<f64>,

    /// The 99th percentile of the added delay, either way
    #[arg(long, value_name = "MS", requires = "listen_model")]
    pub(crate) max_p99_delay_ms: Option<f64>,

    /// Speech that was lost, both ways together
    #[arg(long, value_name = "MS", requires = "listen_model")]
    pub(crate) max_lost_ms: Option<f64>,

    /// Signal to noise at the caller's ear
    #[arg(long, value_name = "DB", requires = "listen_model")]
    pub(crate) min_snr_db: Option<f64>,

    /// From the caller's first sound of a barge-in to the agent's last
    #[arg(long, value_name = "MS", requires = "listen_model")]
    pub(crate) max_barge_in_ms: Option<f64>,

    /// Without a model
    #[arg(long, value_name = "MS", requires = "listen_model")]
    pub(crate) max_handover_ms: Option<f64>,
}

/// Arguments of `phonebox load`.
#[derive(Debug, Args)]
#[command(after_help = LOAD_EXAMPLES)]
pub(crate) struct LoadArgs {
    /// The bridge: its webhook (http, https) or its stream (ws, wss). It must use the model that is served here
    pub(crate) url: Url,

    /// How many calls there are at once
    #[arg(long, value_name = "N", default_value = "10")]
    pub(crate) calls: u64,

    /// How long is measured, in seconds, from when all calls talk
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) seconds: Duration,

    /// Within how many seconds the calls begin
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) ramp: Duration,

    /// Where the model is served without TLS
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8765")]
    pub(crate) model: SocketAddr,

    /// Where the model is served with TLS as well
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) model_tls: Option<SocketAddr>,

    /// The folder of the certificate authority, which is made if there is none
    #[arg(
        long,
        value_name = "DIR",
        default_value = "phonebox-ca",
        requires = "model_tls"
    )]
    pub(crate) ca_dir: PathBuf,

    #[command(flatten)]
    pub(crate) reach: ReachArgs,

    /// The process whose use of CPU and memory is measured
    #[arg(long, value_name = "PID", conflicts_with = "command")]
    pub(crate) pid: Option<u32>,

    /// The core that the bridge's command is given, by taskset
    #[arg(long, value_name = "CORE", requires = "command")]
    pub(crate) core: Option<usize>,

    /// In which part of the model's turns the caller interrupts, 0 to 1
    #[arg(long, value_name = "PART", default_value = "0")]
    pub(crate) barge_ins: f64,

    /// Of how many calls the sound is kept and scored in full
    #[arg(long, value_name = "N", default_value = "2")]
    pub(crate) sample: u64,

    /// What everything that is random depends on
    #[arg(long, value_name = "N", default_value = "0")]
    pub(crate) seed: u64,

    /// Print JSON for programs
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) limits: LoadLimitArgs,

    /// The bridge's command, to be started for the test and ended after it
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// The worst that is allowed of many calls.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Limits (exit code 1 when one is passed)")]
pub(crate) struct LoadLimitArgs {
    /// Calls that did not go on to the end
    #[arg(long, value_name = "N", default_value = "0")]
    pub(crate) max_failed: f64,

    /// Mean added delay, either way
    #[arg(long, value_name = "MS")]
    pub(crate) max_mean_delay_ms: Option<f64>,

    /// The 99th percentile of the added delay, either way
    #[arg(long, value_name = "MS")]
    pub(crate) max_p99_delay_ms: Option<f64>,

    /// Speech that was lost, both ways together, of what was said
    #[arg(long, value_name = "PERCENT")]
    pub(crate) max_lost_percent: Option<f64>,

    /// Times at which the carrier had nothing to play although more had been said
    #[arg(long, value_name = "N")]
    pub(crate) max_gaps: Option<f64>,

    /// Signal to noise of the worst sampled turn, either way
    #[arg(long, value_name = "DB")]
    pub(crate) min_snr_db: Option<f64>,

    /// Of a core, for each call
    #[arg(long, value_name = "PERCENT")]
    pub(crate) max_core_percent: Option<f64>,

    /// Memory for each call
    #[arg(long, value_name = "KB")]
    pub(crate) max_kb: Option<f64>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.strip_suffix('s').unwrap_or(text).parse().ok();
    seconds
        .filter(|seconds| (0.1..=86_400.0).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "give seconds from 0.1 to 86400, as in 60 or 2.5".to_owned())
}

const MODEL_EXAMPLES: &str = "\
Examples:
  audio-stream-converter phonebox model
  audio-stream-converter phonebox model --tls 127.0.0.1:8766 --behaviour bakery.toml --connection-limit 60";

const CALL_EXAMPLES: &str = "\
Examples:
  audio-stream-converter phonebox call ws://127.0.0.1:8080/media
  audio-stream-converter phonebox call http://127.0.0.1:8080/voice --public-origin https://voice.example.com --token secret
  audio-stream-converter phonebox call http://127.0.0.1:8080/voice --listen-model 127.0.0.1:8765 --max-gaps 0 --min-snr-db 30";

const LOAD_EXAMPLES: &str = "\
Examples:
  audio-stream-converter phonebox load http://127.0.0.1:8080/voice --calls 300 --seconds 60 --pid 4711
  audio-stream-converter phonebox load ws://127.0.0.1:7860/media --calls 20 --core 1 -- node bridge.mjs";
