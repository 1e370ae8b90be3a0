//! The command line: arguments (no side effects) become a plan, and a plan is run.
//!
//! Exit codes: 0 success, also when the reader of our output went away; 1 something went wrong; 2 wrong usage.

mod args;
mod commands;
mod inspect;
mod plan;
mod printer;
mod progress;
mod signals;

use std::panic;
use std::process::ExitCode;

use crate::args::Arguments;
use crate::plan::Plan;
use crate::printer::Printer;

fn main() -> ExitCode {
    quiet_decoder_panics();
    let plan = Plan::from(Arguments::from_command_line());
    let printer = Printer::new(plan.level());
    if plan.writes_files()
        && let Err(error) = signals::remove_unfinished_files()
    {
        printer.warning(&format!(
            "a signal may leave a temporary file behind: {error}"
        ));
    }
    match plan.run(&printer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if commands::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) if error.is::<inspect::Told>() || error.is::<commands::Unmet>() => {
            ExitCode::from(1)
        }
        Err(error) => {
            printer.error(&error);
            ExitCode::from(if commands::is_usage(&error) { 2 } else { 1 })
        }
    }
}

/// A decoder's panic on a damaged file is caught and told as an error; only ours are worth a trace.
fn quiet_decoder_panics() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let is_decoder = panic
            .location()
            .is_some_and(|place| place.file().contains("symphonia"));
        if !is_decoder {
            print(panic);
        }
    }));
}
