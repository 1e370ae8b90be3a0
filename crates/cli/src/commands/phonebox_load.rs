//! `phonebox load`: many calls to a bridge at once.

use std::sync::Arc;
use std::time::Duration;

use phonebox::load::{LoadLimits, LoadOptions, Progress, Target, run};
use phonebox::tls::Authority;
use tokio::runtime;

use super::Unmet;
use crate::args::{LoadArgs, LoadLimitArgs};
use crate::commands::print;
use crate::printer::Printer;

pub(crate) fn load(args: LoadArgs, printer: &Printer) -> anyhow::Result<()> {
    let (limits, json) = (args.limits.into(), args.json);
    let options = options(args, limits)?;
    // One thread: the box shall not take the bridge's core.
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut shown = String::new();
    let report = runtime.block_on(run(options, |progress| {
        let line = line(progress);
        if line != shown {
            printer.info(&line);
            shown = line;
        }
    }))?;
    if json {
        print(format!("{}\n", serde_json::to_string(&report)?).as_bytes())?;
    } else {
        print(report.to_string().as_bytes())?;
    }
    Unmet::check(&report.violations, printer)
}

fn options(args: LoadArgs, limits: LoadLimits) -> anyhow::Result<LoadOptions> {
    let mut options = LoadOptions::new(args.url);
    options.calls = args.calls;
    options.steady = args.seconds;
    options.ramp = args.ramp;
    options.model.plain = Some(args.model);
    if let Some(address) = args.model_tls {
        options.model.tls = Some(address);
        options.model.authority = Some(Arc::new(Authority::load_or_create(&args.ca_dir)?));
    }
    args.reach.apply(&mut options.network);
    options.target = match args.pid {
        Some(pid) => Target::Process(pid),
        None if args.command.is_empty() => Target::Unknown,
        None => Target::Command {
            command: args.command,
            core: args.core,
            patience: PATIENCE,
        },
    };
    options.talk.barge_ins = args.barge_ins;
    options.sampled = args.sample;
    options.seed = args.seed;
    options.limits = limits;
    Ok(options)
}

/// What is going on, told when it changes.
fn line(progress: Progress) -> String {
    match progress {
        Progress::Listening { plain, tls } => {
            let addresses = [
                plain.map(|it| format!("http://{it}")),
                tls.map(|it| format!("https://localhost:{}", it.port())),
            ];
            let addresses: Vec<_> = addresses.into_iter().flatten().collect();
            format!("the model is served at {}", addresses.join(" and "))
        }
        Progress::Ramp { .. } => "calls begin".to_owned(),
        Progress::Steady { .. } => "all calls talk: measuring".to_owned(),
        Progress::Ending { .. } => "the last exchanges end".to_owned(),
        _ => "going on".to_owned(),
    }
}

impl From<LoadLimitArgs> for LoadLimits {
    fn from(args: LoadLimitArgs) -> Self {
        Self {
            max_failed: Some(args.max_failed),
            max_mean_delay_ms: args.max_mean_delay_ms,
            max_p99_delay_ms: args.max_p99_delay_ms,
            max_lost_percent: args.max_lost_percent,
            max_gaps: args.max_gaps,
            min_snr_db: args.min_snr_db,
            max_core_percent: args.max_core_percent,
            max_kb: args.max_kb,
        }
    }
}

/// How long the bridge's command may take until it accepts connections: some are slow to import what they need.
const PATIENCE: Duration = Duration::from_secs(30);
