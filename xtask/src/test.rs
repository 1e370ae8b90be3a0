//! `cargo xtask test`: the gate.

use std::process::Command;

use crate::step::needs_program;
use crate::tally::Tally;
use crate::{deny, node, python, sdks};

/// Runs everything that must be green.
///
/// # Errors
///
/// When a check fails.
pub(crate) fn run() -> Result<(), String> {
    let mut tally = Tally::default();
    rust(&mut tally);
    deny::check(&mut tally);
    python::check(&mut tally);
    node::check(&mut tally);
    sdks::check(&mut tally);
    tally.finish()
}

fn rust(tally: &mut Tally) {
    // A real server for the session store's test.
    if let Err(error) = needs_program("redis-server", "redis-server") {
        println!("{error}");
        tally.count("redis-server", 0, 1);
    }
    tally.check("formatting", &mut cargo("fmt --all --check"));
    tally.check(
        "lints",
        &mut cargo("clippy --workspace --all-targets --all-features -- -D warnings"),
    );
    // Without std the core has its own paths, and the adapter for streams must not need it.
    tally.check(
        "the core without std",
        &mut cargo("clippy --package audio-converter --no-default-features --features futures -- -D warnings"),
    );
    tally.check(
        "the rust rivals' formatting",
        &mut cargo("fmt --manifest-path benchmarks/rivals/rust/Cargo.toml --all --check"),
    );
    // Unit tests, integration tests, examples, and benches as tests.
    tally.tests(
        "tests",
        &mut cargo("test --workspace --all-targets --all-features --no-fail-fast"),
        counts,
    );
    tally.tests(
        "documentation's examples",
        &mut cargo("test --workspace --doc --all-features --no-fail-fast"),
        counts,
    );
    tally.check(
        "documentation",
        &mut cargo("doc --workspace --no-deps --all-features"),
    );
}

fn cargo(arguments: &str) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(arguments.split(' '))
        .env("RUSTDOCFLAGS", "-D warnings");
    command
}

/// The sums of all lines `test result: ok. 12 passed; 1 failed; …`.
fn counts(text: &str) -> (usize, usize) {
    let number = |line: &str, word: &str| -> usize {
        line.split([';', '.'])
            .filter_map(|part| part.trim().strip_suffix(word))
            .find_map(|part| part.trim().parse().ok())
            .unwrap_or(0)
    };
    let results = text.lines().filter(|line| line.starts_with("test result:"));
    results.fold((0, 0), |(passed, failed), line| {
        (
            passed + number(line, "passed"),
            failed + number(line, "failed"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn results_of_all_programs_are_added() {
        let text = "test a ... ok\ntest result: ok. 12 passed; 0 failed; 0 ignored; 0 measured\n\
                    test result: FAILED. 3 passed; 2 failed; 0 ignored\n";
        assert_eq!(counts(text), (15, 2));
    }
}
