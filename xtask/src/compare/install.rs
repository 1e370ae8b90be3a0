//! `--install`: fetches the rivals into the system and into `benchmarks/.rivals`.

use std::ffi::OsStr;
use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::Places;

const DEBIAN: &[&str] = &[
    "libsoxr-dev",
    "libswresample-dev",
    "libspeexdsp-dev",
    "libsamplerate0-dev",
    "pkg-config",
    "ffmpeg",
    "sox",
];
const PYTHON: &[&str] = &["numpy", "scipy", "soxr", "av", "pesq"];
const NODE: &[&str] = &["speex-resampler", "wave-resampler"];

/// One source of rivals.
type Step = fn(&Places) -> Result<()>;

/// Tries all three sources; what fails is reported and leaves the others alone.
pub(super) fn install(places: &Places) -> Result<()> {
    fs::create_dir_all(&places.rivals)
        .with_context(|| format!("cannot make {}", places.rivals.display()))?;
    let steps: [(&str, Step); 3] = [
        ("Debian packages", debian),
        ("Python packages", python),
        ("Node packages", node),
    ];
    for (what, step) in steps {
        match step(places) {
            Ok(()) => println!("{what}: installed"),
            Err(error) => println!("{what}: not installed: {error:#}"),
        }
    }
    println!("the rivals in Rust and C are built by the comparison itself");
    Ok(())
}

fn debian(_places: &Places) -> Result<()> {
    run(
        "apt-get",
        ["install", "-y", "--no-install-recommends"]
            .iter()
            .chain(DEBIAN),
    )
}

fn python(places: &Places) -> Result<()> {
    let venv = places.rivals.join("venv");
    run(
        "python3",
        [OsStr::new("-m"), OsStr::new("venv"), venv.as_os_str()],
    )?;
    run(
        venv.join("bin/python"),
        ["-m", "pip", "install", "--quiet", "--upgrade"]
            .iter()
            .chain(PYTHON),
    )
}

fn node(places: &Places) -> Result<()> {
    let folder = places.rivals.join("npm");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("package.json"), "{ \"private\": true }\n")?;
    let options = [
        "install",
        "--no-package-lock",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--prefix",
    ];
    let arguments = options
        .iter()
        .map(OsStr::new)
        .chain([folder.as_os_str()])
        .chain(NODE.iter().map(OsStr::new));
    run("npm", arguments)
}

fn run<A: AsRef<OsStr>>(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = A>,
) -> Result<()> {
    let name = program.as_ref().to_string_lossy().into_owned();
    let status = Command::new(program)
        .args(arguments)
        .status()
        .with_context(|| format!("cannot run {name}"))?;
    ensure!(status.success(), "{name} failed ({status})");
    Ok(())
}
