//! Counting what passed: a check that fails does not stop those that can still be made, and the last line counts them all.

use std::process::{Command, Stdio};
use std::time::Instant;

/// How many checks passed and failed. A lint or a documentation build is one check, a test program as many as it has
/// tests.
#[derive(Default)]
pub(crate) struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    /// One command that succeeds or not. Returns whether it did.
    pub(crate) fn check(&mut self, name: &str, command: &mut Command) -> bool {
        announce(name, command);
        let begun = Instant::now();
        let result = command.status();
        print_time(name, begun);
        if let Err(error) = &result {
            println!("{}: {error}", command.get_program().display());
        }
        let green = result.is_ok_and(|status| status.success());
        self.count(name, usize::from(green), usize::from(!green));
        green
    }

    /// One command that runs test programs; `counts` finds the numbers passed and failed in what they print.
    pub(crate) fn tests(
        &mut self,
        name: &str,
        command: &mut Command,
        counts: fn(&str) -> (usize, usize),
    ) {
        announce(name, command);
        let begun = Instant::now();
        let output = match command.stderr(Stdio::inherit()).output() {
            Ok(output) => output,
            Err(error) => {
                println!("{}: {error}", command.get_program().display());
                return self.count(name, 0, 1);
            }
        };
        let text = String::from_utf8_lossy(&output.stdout);
        let (passed, failed) = counts(&text);
        for line in text
            .lines()
            .filter(|line| !line.is_empty() && !line.ends_with("... ok"))
        {
            println!("{line}");
        }
        print_time(name, begun);
        // A program that did not compile, or that died, has no count; and one without tests tests nothing.
        let lost = failed == 0 && (!output.status.success() || passed == 0);
        self.count(name, passed, failed + usize::from(lost));
    }

    /// Adds what a step counted itself.
    pub(crate) fn count(&mut self, name: &str, passed: usize, failed: usize) {
        self.passed += passed;
        self.failed += failed;
        if failed > 0 {
            println!("== {name}: {failed} FAILED");
        }
    }

    /// Prints the sums.
    ///
    /// # Errors
    ///
    /// When something failed.
    pub(crate) fn finish(self) -> Result<(), String> {
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 {
            Ok(())
        } else {
            Err("not green".to_owned())
        }
    }
}

/// What a step took: where the gate's half hour goes.
fn print_time(name: &str, begun: Instant) {
    let seconds = begun.elapsed().as_secs();
    if seconds > 0 {
        println!("== {name}: {seconds} s");
    }
}

fn announce(name: &str, command: &Command) {
    let arguments: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or_default().to_string_lossy();
    println!("== {name}: {program} {}", arguments.join(" "));
}
