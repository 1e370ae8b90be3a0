//! A rival's variant that can be run: the driver's side of the protocol.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};

use super::directions::Job;
use super::report::Entry;
use super::rivals::Command as Tool;

/// One variant of one rival.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) language: String,
    pub(super) g711: String,
    /// Whether anything is remembered from chunk to chunk.
    pub(super) is_stateful: bool,
    pub(super) variant: String,
    pub(super) runner: Runner,
}

/// How to run it.
#[derive(Clone, Debug)]
pub(super) enum Runner {
    /// A program that speaks the protocol, with its first arguments.
    Protocol(Vec<OsString>),
    /// A command that converts a whole file.
    WholeFile(Tool),
}

/// How the input is cut.
#[derive(Clone, Copy, Debug)]
pub(super) enum Chunk {
    Whole,
    Samples(usize),
}

impl Program {
    /// Whether it cannot take chunks.
    pub(super) fn is_whole_file(&self) -> bool {
        matches!(self.runner, Runner::WholeFile(_))
    }

    /// Its line in the table, still empty.
    pub(super) fn entry(&self) -> Entry {
        Entry {
            key: self.key.clone(),
            name: self.name.clone(),
            variant: self.variant.clone(),
            version: self.version.clone(),
            language: self.language.clone(),
            g711: self.g711.clone(),
            is_stateful: self.is_stateful,
            is_whole_file: self.is_whole_file(),
            ..Entry::default()
        }
    }

    /// Converts a stream of bytes.
    pub(super) fn convert(&self, job: Job, chunk: Chunk, input: &[u8]) -> Result<Vec<u8>> {
        match &self.runner {
            Runner::Protocol(_) => self.call(None, "convert", job, chunk, &[], input),
            Runner::WholeFile(tool) => run(tool_command(*tool, job, None), input),
        }
    }

    /// How many samples come out of each call.
    pub(super) fn counts(&self, job: Job, chunk: usize, input: &[u8]) -> Result<Vec<u32>> {
        let file = tempfile::NamedTempFile::new()?;
        let path = file
            .path()
            .to_str()
            .context("the temporary folder's name is not text")?;
        self.call(None, "convert", job, Chunk::Samples(chunk), &[path], input)?;
        let bytes = std::fs::read(file.path())?;
        Ok(bytes
            .as_chunks()
            .0
            .iter()
            .map(|&count| u32::from_le_bytes(count))
            .collect())
    }

    /// Nanoseconds for each 20 ms chunk, one figure a batch.
    pub(super) fn bench(
        &self,
        core: &str,
        job: Job,
        batches: usize,
        millis: usize,
        input: &[u8],
    ) -> Result<Vec<f64>> {
        let more = [batches.to_string(), millis.to_string()];
        let output = self.call(
            Some(core),
            "bench",
            job,
            job.chunk(),
            &[more[0].as_str(), more[1].as_str()],
            input,
        )?;
        let text = String::from_utf8(output)?;
        text.lines()
            .map(|line| line.trim().parse().context("a batch is not a number"))
            .collect()
    }

    /// Bytes that an instance takes.
    pub(super) fn memory(&self, job: Job, instances: usize, input: &[u8]) -> Result<f64> {
        let output = self.call(
            None,
            "memory",
            job,
            job.chunk(),
            &[instances.to_string().as_str()],
            input,
        )?;
        String::from_utf8(output)?
            .trim()
            .parse()
            .context("the memory is not a number")
    }

    /// Seconds for a whole file, start of the command included.
    pub(super) fn whole_file(&self, core: &str, job: Job, input: &[u8]) -> Result<f64> {
        let Runner::WholeFile(tool) = &self.runner else {
            bail!("{} takes chunks", self.name)
        };
        let start = Instant::now();
        run(tool_command(*tool, job, Some(core)), input)?;
        Ok(start.elapsed().as_secs_f64())
    }

    fn call(
        &self,
        core: Option<&str>,
        verb: &str,
        job: Job,
        chunk: Chunk,
        more: &[&str],
        input: &[u8],
    ) -> Result<Vec<u8>> {
        let Runner::Protocol(first) = &self.runner else {
            bail!("{} takes whole files only", self.name)
        };
        let mut command = pinned(core, &first[0]);
        command.args(&first[1..]).args([
            verb,
            &self.variant,
            &job.from.to_string(),
            &job.to.to_string(),
        ]);
        let samples = match chunk {
            Chunk::Whole => 0,
            Chunk::Samples(samples) => samples,
        };
        command.arg(samples.to_string()).args(more);
        run(command, input).with_context(|| format!("{} {} {verb}", self.name, self.variant))
    }
}

/// A command on one core, where `taskset` exists.
fn pinned(core: Option<&str>, program: impl Into<OsString>) -> Command {
    let program = program.into();
    match core {
        Some(core) if super::machine::has_taskset() => {
            let mut command = Command::new("taskset");
            command.args(["--cpu-list", core]).arg(program);
            command
        }
        _ => Command::new(program),
    }
}

fn tool_command(tool: Tool, job: Job, core: Option<&str>) -> Command {
    let (from, to) = (job.from.rate.to_string(), job.to.rate.to_string());
    match tool {
        Tool::Ffmpeg => {
            let mut command = pinned(core, "ffmpeg");
            let name = |is_mulaw| if is_mulaw { "mulaw" } else { "s16le" };
            command.args([
                "-v",
                "error",
                "-f",
                name(job.from.is_mulaw),
                "-ar",
                &from,
                "-ac",
                "1",
                "-i",
                "pipe:0",
            ]);
            command.args([
                "-f",
                name(job.to.is_mulaw),
                "-ar",
                &to,
                "-ac",
                "1",
                "pipe:1",
            ]);
            command
        }
        Tool::Sox => {
            let mut command = pinned(core, "sox");
            let encoding = |is_mulaw| {
                if is_mulaw {
                    ["mu-law", "-b", "8"]
                } else {
                    ["signed", "-b", "16"]
                }
            };
            command
                .args(["-t", "raw", "-c", "1", "-r", &from, "-e"])
                .args(encoding(job.from.is_mulaw))
                .arg("-");
            command
                .args(["-t", "raw", "-c", "1", "-r", &to, "-e"])
                .args(encoding(job.to.is_mulaw))
                .arg("-");
            command
        }
    }
}

/// No program needs as long as this for anything that it is asked.
const PATIENCE: Duration = Duration::from_secs(300);

/// Feeds `input`, waits, and gives what the program wrote.
fn run(mut command: Command, input: &[u8]) -> Result<Vec<u8>> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().context("cannot be started")?;
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(mut stdin), Some(mut stdout), Some(mut stderr)) = pipes else {
        bail!("no pipes to it")
    };
    thread::scope(|scope| {
        // A program that stops early fails by its status, not by our broken pipe.
        scope.spawn(move || drop(stdin.write_all(input)));
        let (mut written, mut said) = (Vec::new(), Vec::new());
        let written = scope.spawn(move || stdout.read_to_end(&mut written).map(|_| written));
        let said = scope.spawn(move || stderr.read_to_end(&mut said).map(|_| said));
        let status = wait(&mut child)?;
        let said = said.join().map_err(|_| anyhow!("reading it failed"))??;
        let said = String::from_utf8_lossy(&said);
        ensure!(
            status.success(),
            "{} ({status})",
            said.lines().last().unwrap_or("failed")
        );
        Ok(written.join().map_err(|_| anyhow!("reading it failed"))??)
    })
}

/// Waits with an end to patience: a program that hangs must not stop the comparison.
fn wait(child: &mut Child) -> Result<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            bail!("no answer after {} seconds", PATIENCE.as_secs());
        }
        thread::sleep(Duration::from_millis(1));
    }
}
