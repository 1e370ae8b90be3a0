//! `cargo xtask instructions`: how many instructions a 20 ms chunk takes, which no other load on the machine changes.

use std::path::Path;

use anyhow::Context as _;
use xshell::{Shell, cmd};

/// The conversions to count, as arguments of the example program `chunks`.
const JOBS: [(&str, &str); 7] = [
    ("pcm16/24000", "mulaw/8000"),
    ("mulaw/8000", "pcm16/24000"),
    ("mulaw/8000", "pcm16/16000"),
    ("pcm16/16000", "mulaw/8000"),
    ("pcm16/24000", "pcm16/16000"),
    ("pcm16/48000", "mulaw/8000"),
    ("pcm16/44100", "mulaw/8000"),
];

/// Prints a table. Valgrind knows no AVX-512: what it counts is the AVX2 level.
///
/// # Errors
///
/// When valgrind is not installed, or the example does not build.
pub(crate) fn run() -> Result<(), String> {
    let count = || -> anyhow::Result<()> {
        let shell = Shell::new()?;
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        shell.change_dir(&root);
        cmd!(
            shell,
            "cargo build --quiet --release --package audio-converter --example chunks"
        )
        .run()?;
        let target = shell
            .var("CARGO_TARGET_DIR")
            .unwrap_or_else(|_| "target".to_owned());
        let program = root.join(target).join("release/examples/chunks");
        println!("| from | to | instructions per 20 ms |\n|---|---|--:|");
        for (from, to) in JOBS {
            let total = |chunks: &str| -> anyhow::Result<u64> {
                let output = cmd!(
                    shell,
                    "valgrind --tool=callgrind --callgrind-out-file=/dev/null {program} {from} {to} {chunks}"
                )
                .quiet()
                .output()?;
                let text = String::from_utf8_lossy(&output.stderr);
                let count = text
                    .lines()
                    .find_map(|line| line.split_once("Collected : "));
                let (_, count) = count.context("valgrind printed no count")?;
                Ok(count.trim().parse()?)
            };
            let (few, many) = (total("1000")?, total("3000")?);
            println!("| {from} | {to} | {} |", (many - few) / 2_000);
        }
        Ok(())
    };
    count().map_err(|error| {
        format!("{error:#}\nhint: valgrind is a package of every Linux distribution")
    })
}
