//! `cargo xtask fuzz`: the coverage-guided fuzzer on every target, each for some seconds.

use xshell::{Shell, cmd};

/// Runs every target of `fuzz/` for `seconds`, by default 60.
///
/// # Errors
///
/// When the fuzzer cannot be installed or finds something.
pub(crate) fn run(seconds: Option<&str>) -> Result<(), String> {
    let seconds = seconds.unwrap_or("60");
    let fuzz = || -> xshell::Result<()> {
        let shell = Shell::new()?;
        if cmd!(shell, "cargo fuzz --version")
            .quiet()
            .ignore_stderr()
            .read()
            .is_err()
        {
            cmd!(shell, "cargo install --locked cargo-fuzz").run()?;
        }
        // The fuzzer needs instrumentation that stable compilers keep behind this switch.
        shell.set_var("RUSTC_BOOTSTRAP", "1");
        let targets = cmd!(shell, "cargo fuzz list").read()?;
        for target in targets.lines() {
            cmd!(
                shell,
                "cargo fuzz run {target} -- -max_total_time={seconds}"
            )
            .run()?;
        }
        Ok(())
    };
    fuzz().map_err(|error| error.to_string())
}
