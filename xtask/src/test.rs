//! `cargo xtask test`: the gate. Every check runs, whatever failed before it; the last line counts them all.

use std::process::{Command, Stdio};

/// How many checks passed and failed. A lint or a documentation build is one check, a test program as many as it has
/// tests.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

/// Runs everything that must be green.
///
/// # Errors
///
/// When a check fails.
pub(crate) fn run() -> Result<(), String> {
    let mut tally = Tally::default();
    tally.check("formatting", &["fmt", "--all", "--check"]);
    tally.check(
        "lints",
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "-D",
            "warnings",
        ],
    );
    // Without std the core has its own paths, and the adapter for streams must not need it.
    tally.check(
        "the core without std",
        &[
            "clippy",
            "--package",
            "audio-converter",
            "--no-default-features",
            "--features",
            "futures",
            "--",
            "-D",
            "warnings",
        ],
    );
    tally.check(
        "the rust rivals' formatting",
        &[
            "fmt",
            "--manifest-path",
            "benchmarks/rivals/rust/Cargo.toml",
            "--all",
            "--check",
        ],
    );
    // Unit tests, integration tests, examples, and benches as tests.
    tally.tests(
        "tests",
        &[
            "test",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--no-fail-fast",
        ],
    );
    tally.tests(
        "documentation's examples",
        &[
            "test",
            "--workspace",
            "--doc",
            "--all-features",
            "--no-fail-fast",
        ],
    );
    tally.check(
        "documentation",
        &["doc", "--workspace", "--no-deps", "--all-features"],
    );
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed == 0 {
        Ok(())
    } else {
        Err("not green".to_owned())
    }
}

impl Tally {
    /// One cargo command that succeeds or not.
    fn check(&mut self, name: &str, arguments: &[&str]) {
        println!("== {name}: cargo {}", arguments.join(" "));
        let green = cargo(arguments)
            .status()
            .is_ok_and(|status| status.success());
        self.count(name, usize::from(green), usize::from(!green));
    }

    /// One cargo command that runs test programs, whose own counts are taken from what they print.
    fn tests(&mut self, name: &str, arguments: &[&str]) {
        println!("== {name}: cargo {}", arguments.join(" "));
        let output = cargo(arguments).stderr(Stdio::inherit()).output();
        let Ok(output) = output else {
            return self.count(name, 0, 1);
        };
        let text = String::from_utf8_lossy(&output.stdout);
        let (passed, failed) = counts(&text);
        for line in text
            .lines()
            .filter(|line| !line.is_empty() && !line.ends_with("... ok"))
        {
            println!("{line}");
        }
        // A program that did not compile, or that died, has no count.
        let lost = !output.status.success() && failed == 0;
        self.count(name, passed, failed + usize::from(lost));
    }

    fn count(&mut self, name: &str, passed: usize, failed: usize) {
        self.passed += passed;
        self.failed += failed;
        if failed > 0 {
            println!("== {name}: {failed} FAILED");
        }
    }
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).env("RUSTDOCFLAGS", "-D warnings");
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
