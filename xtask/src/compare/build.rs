//! From a rival in the list to programs that can be run, one for each variant.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, anyhow, ensure};
use serde::Deserialize;

use super::Places;
use super::program::{Program, Runner};
use super::rivals::{Command as Tool, Kind, Rival};

/// What `info` prints.
#[derive(Deserialize)]
struct Info {
    name: String,
    version: String,
    language: String,
    g711: String,
    stateful: bool,
    variants: Vec<String>,
}

/// Builds a rival; an error is the reason why it cannot take part.
pub(super) fn build(places: &Places, rival: &Rival) -> Result<Vec<Program>> {
    let command: Vec<OsString> = match rival.kind {
        Kind::C { source, libraries } => vec![compile(places, source, libraries)?.into()],
        Kind::Rust { package } => vec![cargo(places, package)?.into()],
        Kind::Python { script } => {
            vec![
                places.python().into(),
                places.benchmarks.join("rivals/python").join(script).into(),
            ]
        }
        Kind::Node { script } => {
            vec![
                "node".into(),
                "--expose-gc".into(),
                places.benchmarks.join("rivals/node").join(script).into(),
            ]
        }
        Kind::Command { command } => return Ok(vec![tool(rival, command)?]),
    };
    let output = capture(Command::new(&command[0]).args(&command[1..]).arg("info"))?;
    let info: Info = serde_json::from_slice(&output.stdout)
        .context("its `info` is not what the protocol says")?;
    let program = |variant: &String| Program {
        key: rival.key.to_owned(),
        name: info.name.clone(),
        version: info.version.clone(),
        language: info.language.clone(),
        g711: info.g711.clone(),
        is_stateful: info.stateful,
        variant: variant.clone(),
        runner: Runner::Protocol(command.clone()),
    };
    Ok(info.variants.iter().map(program).collect())
}

fn compile(places: &Places, source: &str, libraries: &[&str]) -> Result<PathBuf> {
    let folder = places.rivals.join("bin");
    fs::create_dir_all(&folder)?;
    let (program, sources) = (folder.join(source), places.benchmarks.join("rivals/c"));
    let mut command = Command::new("cc");
    command.args(["-std=c11", "-O2", "-Wall", "-Wextra"]);
    if let Some(version) = library_version(libraries[0]) {
        // speexdsp cannot be asked for its version at run time.
        command.arg(format!("-DLIBRARY_VERSION=\"{version}\""));
    }
    command
        .arg("-o")
        .arg(&program)
        .arg(sources.join("rival.c"))
        .arg(sources.join(format!("{source}.c")));
    command
        .args(libraries.iter().map(|library| format!("-l{library}")))
        .arg("-lm");
    capture(&mut command)?;
    Ok(program)
}

fn library_version(library: &str) -> Option<String> {
    let output = Command::new("pkg-config")
        .args(["--modversion", library])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}

fn cargo(places: &Places, package: &str) -> Result<PathBuf> {
    let target = places.rivals.join("target");
    let mut command = Command::new("cargo");
    command
        .args(["build", "--release", "--quiet", "--package", package])
        .arg("--target-dir")
        .arg(&target);
    // Neither the linting nor the target of whoever calls belongs to the measurement.
    command
        .env_remove("RUSTFLAGS")
        .current_dir(places.benchmarks.join("rivals/rust"));
    capture(&mut command)?;
    Ok(target.join("release").join(package))
}

fn tool(rival: &Rival, command: Tool) -> Result<Program> {
    let (executable, argument, name) = match command {
        Tool::Ffmpeg => ("ffmpeg", "-version", "ffmpeg (command)"),
        Tool::Sox => ("sox", "--version", "sox (command)"),
    };
    let output = capture(Command::new(executable).arg(argument))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // "ffmpeg version 5.1.9 Copyright …", "sox:      SoX v14.4.2"
    let word = match command {
        Tool::Ffmpeg => text.split_whitespace().nth(2),
        Tool::Sox => text.split_whitespace().last(),
    };
    let version = word.unwrap_or("unknown").trim_start_matches('v');
    Ok(Program {
        key: rival.key.to_owned(),
        name: name.to_owned(),
        version: version.split("-0+").next().unwrap_or(version).to_owned(),
        language: "command".to_owned(),
        g711: "native".to_owned(),
        is_stateful: true,
        variant: "default".to_owned(),
        runner: Runner::WholeFile(command),
    })
}

/// Runs to the end; the error of a failure is the last line that the program said.
fn capture(command: &mut Command) -> Result<Output> {
    let name = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let output = command
        .output()
        .with_context(|| format!("cannot run {name}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let telling = |line: &&str| line.contains("error") || line.contains("Error");
    let line = said
        .lines()
        .find(telling)
        .or_else(|| said.lines().last())
        .unwrap_or("failed")
        .trim()
        .to_owned();
    ensure!(output.status.success(), anyhow!("{name}: {line}"));
    Ok(output)
}
