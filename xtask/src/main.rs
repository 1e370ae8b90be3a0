//! Every chore of the project, in Rust: `cargo xtask` lists them.

mod compare;
mod deny;
mod fuzz;
mod instructions;
mod node;
mod python;
mod sdks;
mod step;
mod tables;
mod tally;
mod test;
mod vectors;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask CHORE

  test             everything that must be green: formatting, lints, tests, docs, benches as tests
  python           the Python package: wheel and sdist built, installed in fresh environments, tested
  node             the Node package: built, packed, installed in a fresh project, tested
  sdks             Google's SDKs in Python and JavaScript hold sessions with the emulated model
  deny [--advisories]  licences and sources of all dependencies, and their known faults (needs the network)
  fuzz [SECONDS]   the real fuzzer on every target (needs cargo-fuzz, which it installs)
  compare          our converter beside its rivals, into benchmarks/results (--install gets the rivals)
  instructions     instructions per 20 ms chunk, counted by valgrind
  vectors [--check]  testdata/vectors.json from the plain twin
  tables [--check]   the equiripple filters of crates/core/src/filter/tables.rs
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((chore, rest)) = arguments.split_first() else {
        print!("{USAGE}");
        return ExitCode::SUCCESS;
    };
    let check = rest.iter().any(|argument| argument == "--check");
    let result = match chore.as_str() {
        "test" => test::run(),
        "python" => python::run(),
        "node" => node::run(),
        "sdks" => sdks::run(),
        "deny" => deny::run(rest.iter().any(|argument| argument == "--advisories")),
        "fuzz" => fuzz::run(rest.first().map(String::as_str)),
        "compare" => compare::run(rest),
        "instructions" => instructions::run(),
        "vectors" => vectors::run(check),
        "tables" => tables::run(check),
        "--help" | "-h" | "help" => {
            print!("{USAGE}");
            Ok(())
        }
        _ => Err(format!("there is no chore {chore:?}\n\n{USAGE}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
