//! `phonebox call`: one call to a bridge.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use phonebox::carrier::{
    self, Act, CallOptions, CallRecord, Caller, Cue, LineSettings, NetworkOptions, Recording, When,
};
use phonebox::demo::{Line, Story, Told};
use phonebox::model::{Model, Server, ServerOptions};
use phonebox::score::{CallerSide, Limits, Score, Violation, write_stereo};
use phonebox::tls::Authority;
use phonebox::voice;
use serde::Serialize;
use voice_call::redact::Pii;

use super::Unmet;
use super::phonebox_model::behaviour;
use super::runtime::block_on;
use crate::args::{CallArgs, LimitArgs, ReachArgs};
use crate::commands::print;
use crate::printer::Printer;

/// What is printed for programs.
#[derive(Serialize)]
struct Report<'a> {
    call: &'a CallRecord,
    caller_side: Option<&'a CallerSide>,
    score: Option<&'a Score>,
    transcript: Vec<Line<'a>>,
    events: Vec<Told<'a>>,
    violations: &'a [Violation],
}

pub(crate) fn call(args: &CallArgs, printer: &Printer) -> anyhow::Result<()> {
    let mut options = options(args)?;
    let (record, story) = block_on(async {
        let server = serve(args).await?;
        options.epoch = server.as_ref().map(Server::epoch);
        let record = carrier::run(options).await?;
        let story = match server {
            None => None,
            Some(server) => {
                let mut sessions = server.shutdown().await;
                sessions.sort_by_key(|session| session.number);
                Some(Story::new(&streams(&record), sessions, &[]))
            }
        };
        Ok((record, story))
    })?;
    let line = Recording::joined(&streams(&record));
    // The log of the last stream; the sound of all.
    let side = streams(&record).last().map(CallerSide::of);
    let limits = Limits::from(args.limits);
    let score = story.as_ref().map(Story::score);
    let violations = match (score, &side) {
        (Some(score), _) => limits.check(score),
        (None, Some(side)) => check(&limits, side),
        (None, None) => Vec::new(),
    };
    let report = Report {
        call: &record,
        caller_side: side.as_ref(),
        score,
        transcript: story.as_ref().map(Story::lines).unwrap_or_default(),
        events: story.as_ref().map(Story::events).unwrap_or_default(),
        violations: &violations,
    };
    if let Some(folder) = &args.record {
        keep(folder, line.as_ref(), story.as_ref(), &report)?;
    }
    if args.json {
        print(format!("{}\n", serde_json::to_string(&report)?).as_bytes())?;
    } else {
        print(text(&report, story.as_ref()).as_bytes())?;
    }
    for warning in &record.warnings {
        printer.warning(&format!("{} ({})", warning.text, warning.code));
    }
    if line.is_none() {
        anyhow::bail!("no stream was opened: the call ended with {:?}", record.end);
    }
    Unmet::check(&violations, printer)
}

fn options(args: &CallArgs) -> anyhow::Result<CallOptions> {
    let mut options = CallOptions::new(args.url.clone());
    options.line = match &args.line {
        Some(path) => read(path, |text| Ok(toml::from_str::<LineSettings>(text)?))?,
        None => LineSettings::default(),
    };
    options.line.limit = options.line.limit.min(args.longest);
    options.caller = match &args.caller {
        Some(path) if path.extension().is_some_and(|it| it == "toml") => {
            let folder = path.parent().unwrap_or(Path::new("."));
            read(path, |text| Ok(Caller::read(text, folder)?))?
        }
        Some(path) => says(&[carrier::read_sound(path)?]),
        None => {
            let phrases = voice::caller_phrases().into_iter();
            says(&phrases.map(|it| mulaw(&it.samples)).collect::<Vec<_>>())
        }
    };
    args.reach.apply(&mut options.network);
    if let Some(account) = &args.account {
        options.account_sid = Pii::new(account.clone());
    }
    if let Some(to) = &args.to {
        options.to = Pii::new(to.clone());
    }
    Ok(options)
}

impl ReachArgs {
    /// Puts what was given in the place of the defaults.
    pub(super) fn apply(&self, network: &mut NetworkOptions) {
        if let Some(token) = &self.token {
            network.auth_token = token.clone();
        }
        network.public_origin.clone_from(&self.public_origin);
        network.roots.clone_from(&self.root);
        network.allows_plain = self.allow_plain;
    }
}

fn read<T>(path: &Path, parse: impl FnOnce(&str) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let text = fs::read_to_string(path);
    let text = text.with_context(|| format!("{} cannot be read", path.display()))?;
    parse(&text).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))
}

/// Who says one thing after another, each when the agent has spoken, and then hangs up.
fn says(sounds: &[Arc<[u8]>]) -> Caller {
    let after = |ms| When::AfterAgent(Duration::from_millis(ms));
    let mut cues: Vec<_> = sounds
        .iter()
        .map(|sound| Cue {
            when: after(700),
            act: Act::Say(sound.clone()),
        })
        .collect();
    cues.push(Cue {
        when: after(1_500),
        act: Act::HangUp,
    });
    Caller { cues }
}

fn mulaw(samples: &[i16]) -> Arc<[u8]> {
    let samples = samples.iter();
    samples
        .map(|it| audio_converter::g711::encode_mulaw(*it))
        .collect()
}

async fn serve(args: &CallArgs) -> anyhow::Result<Option<Server>> {
    let Some(address) = args.listen_model else {
        return Ok(None);
    };
    let mut behaviour = behaviour(&args.behaviour)?;
    behaviour.recording.heard = args.longest;
    let mut options = ServerOptions {
        plain: Some(address),
        ..ServerOptions::default()
    };
    if let Some(address) = args.model_tls {
        options.tls = Some(address);
        options.authority = Some(Arc::new(Authority::load_or_create(&args.ca_dir)?));
    }
    Ok(Some(Server::bind(Model::new(behaviour)?, options).await?))
}

fn streams(record: &CallRecord) -> Vec<Recording> {
    let both_ways = record.streams.iter().filter(|it| !it.is_unidirectional);
    both_ways.filter_map(|it| it.recording.clone()).collect()
}

/// The limits that can be seen to from the caller's side alone.
fn check(limits: &Limits, side: &CallerSide) -> Vec<Violation> {
    let mut score = Score::default();
    (score.to_caller.gaps, score.to_caller.clicks) = (side.gaps, side.clicks);
    limits.check(&score)
}

fn keep(
    folder: &Path,
    line: Option<&Recording>,
    story: Option<&Story>,
    report: &Report<'_>,
) -> anyhow::Result<()> {
    let cannot = || format!("cannot write into {}", folder.display());
    fs::create_dir_all(folder).with_context(cannot)?;
    let text = serde_json::to_string_pretty(report)?;
    fs::write(folder.join("record.json"), text).with_context(cannot)?;
    if let Some(story) = story {
        story.write(folder)?;
    } else if let Some(line) = line {
        write_stereo(&folder.join("call.wav"), line).with_context(cannot)?;
    }
    Ok(())
}

fn text(report: &Report<'_>, story: Option<&Story>) -> String {
    let record = report.call;
    let mut text = format!(
        "ended with {:?} after {:.1} s\n",
        record.end,
        record.length.as_secs_f64()
    );
    for request in &record.requests {
        let status = request
            .status
            .map_or_else(|| "no answer".to_owned(), |it| it.to_string());
        let took = request.took.as_secs_f64() * 1_000.0;
        text += &format!(
            "  {:?} {}: {status} after {took:.0} ms\n",
            request.purpose, request.url
        );
    }
    for stream in &record.streams {
        let late = stream.lateness.quantile(0.99).as_secs_f64() * 1_000.0;
        text += &format!(
            "  a stream; the box itself was late by up to {late:.1} ms in 99 % of its frames\n"
        );
    }
    if let Some(story) = story {
        text += &format!("\n{}", story.transcript());
    }
    if let Some(side) = report.caller_side {
        text += &format!("\n{side}");
    }
    if let Some(score) = report.score {
        text += &format!("\n{score}");
    }
    text
}

impl From<LimitArgs> for Limits {
    fn from(args: LimitArgs) -> Self {
        Self {
            max_mean_delay_ms: args.max_mean_delay_ms,
            max_p99_delay_ms: args.max_p99_delay_ms,
            max_gaps: args.max_gaps,
            max_clicks: args.max_clicks,
            max_lost_ms: args.max_lost_ms,
            min_snr_db: args.min_snr_db,
            max_barge_in_ms: args.max_barge_in_ms,
            max_handover_ms: args.max_handover_ms,
            ..Self::default()
        }
    }
}
