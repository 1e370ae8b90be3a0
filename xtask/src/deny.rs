//! `cargo xtask deny`: licences, banned crates and sources of all dependencies, by cargo-deny and `deny.toml`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::step::quiet;
use crate::tally::Tally;

/// Checks the dependencies, with `--advisories` also against the database of known faults, which it fetches.
///
/// # Errors
///
/// When a dependency is not allowed.
pub(crate) fn run(advisories: bool) -> Result<(), String> {
    let mut tally = Tally::default();
    check(&mut tally);
    if advisories {
        let mut deny = Command::new(installed()?);
        tally.check(
            "known faults",
            deny.args(["--all-features", "check", "advisories"]),
        );
    }
    tally.finish()
}

/// What can be checked without the database, which only GitHub has.
pub(crate) fn check(tally: &mut Tally) {
    match installed() {
        Ok(program) => {
            let mut deny = Command::new(program);
            deny.args(["--all-features", "check", "licenses", "bans", "sources"]);
            tally.check("licences and sources of dependencies", &mut deny);
        }
        Err(error) => {
            println!("{error}");
            tally.count("licences and sources of dependencies", 0, 1);
        }
    }
}

/// cargo-deny, compiled once into `target/tools`.
fn installed() -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("");
    let tools = root.join("target/tools");
    let program = tools.join(format!("bin/cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if program.exists() {
        return Ok(program);
    }
    println!("== cargo-deny {VERSION} into {}", tools.display());
    let mut install = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    install
        .args([
            "install",
            "cargo-deny",
            "--locked",
            "--no-default-features",
            "--version",
            VERSION,
        ])
        .arg("--root")
        .arg(&tools)
        .arg("--target-dir")
        .arg(tools.join("build"));
    quiet(&mut install)?;
    Ok(program)
}

const VERSION: &str = "0.20.2";
