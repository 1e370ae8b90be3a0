//! Steps of a chore that have no news but of their failure.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs a command and keeps what it prints, unless it fails.
pub(crate) fn quiet(command: &mut Command) -> Result<(), String> {
    let arguments: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
    let program = command.get_program().to_string_lossy();
    let name = format!("{program} {}", arguments.join(" "));
    let output = command
        .output()
        .map_err(|error| format!("cannot run {name}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    Err(format!("{name} failed:\n{out}{err}"))
}

/// An empty folder in place of what stands there.
pub(crate) fn renew(folder: &Path) -> Result<(), String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| failure(folder, &error))?;
    }
    fs::create_dir_all(folder).map_err(|error| failure(folder, &error))
}

/// What the system said of a file or folder.
pub(crate) fn failure(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// The variable by which tests in other languages get our command line tool.
pub(crate) const CLI: &str = "AUDIO_STREAM_CONVERTER";

/// Builds our command line tool as the tests in Rust do. It stands beside this program.
pub(crate) fn command_line_tool() -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--package", NAME, "--all-features"]);
    quiet(build.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("")))?;
    let this = std::env::current_exe().map_err(|error| format!("where is xtask? {error}"))?;
    let tool = this.with_file_name(format!("{NAME}{}", std::env::consts::EXE_SUFFIX));
    if tool.is_file() {
        Ok(tool)
    } else {
        Err(format!("cargo has built no {}", tool.display()))
    }
}

const NAME: &str = "audio-stream-converter";

/// Has a program that Debian packages: installs its package when it is missing.
///
/// # Errors
///
/// When it is missing and cannot be installed.
pub(crate) fn needs_program(program: &str, package: &str) -> Result<(), String> {
    let is_there = || {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
    };
    if is_there() {
        return Ok(());
    }
    println!("== {package}, for {program}");
    let apt = |arguments: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.args(["-qq", "-o", "Dpkg::Use-Pty=0"]).args(arguments);
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        quiet(&mut apt)
    };
    let installed =
        apt(&["update"]).and_then(|()| apt(&["install", "-y", "--no-install-recommends", package]));
    match installed {
        Ok(()) if is_there() => Ok(()),
        Ok(()) => Err(format!("{package} has no {program}")),
        Err(error) => Err(format!(
            "{error}\nthe tests need {program}: install it (Debian: apt install {package})"
        )),
    }
}
