//! The arguments of `cargo xtask compare`.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::machine;

pub(super) const HELP: &str = "\
cargo xtask compare [options]

  --install        install the rivals (apt-get, pip into a virtual environment, npm) and stop
  --only A,B       only these rivals, by key (for instance ours,soxr,rubato)
  --quick          fewer rounds and one direction: for development, not for publication
  --rounds N       rounds of the speed measurement (default 9, at least 7 for publication)
  --core N         the core that everything is pinned to (default: the last one allowed)
  --output FOLDER  where to write (default benchmarks/results)
  --redraw         lay out the figures of the last run again, measuring nothing
";

/// What was asked for.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) install: bool,
    pub(super) redraw: bool,
    pub(super) is_quick: bool,
    pub(super) rounds: usize,
    pub(super) core: String,
    pub(super) output: Option<PathBuf>,
    only: Option<Vec<String>>,
}

impl Options {
    /// `None` when help was asked for.
    pub(super) fn parse(arguments: &[String]) -> Result<Option<Self>> {
        let mut options = Self {
            install: false,
            redraw: false,
            is_quick: false,
            rounds: 0,
            core: machine::last_core(),
            output: None,
            only: None,
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || {
                rest.next()
                    .with_context(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--install" => options.install = true,
                "--redraw" => options.redraw = true,
                "--quick" => options.is_quick = true,
                "--rounds" => {
                    options.rounds = value()?.parse().context("--rounds needs a number")?
                }
                "--core" => options.core.clone_from(value()?),
                "--output" => options.output = Some(value()?.into()),
                "--only" => options.only = Some(value()?.split(',').map(str::to_owned).collect()),
                "--help" | "-h" => return Ok(None),
                _ => bail!("unknown option {argument}\n\n{HELP}"),
            }
        }
        if options.rounds == 0 {
            options.rounds = if options.is_quick { 3 } else { 9 };
        }
        Ok(Some(options))
    }

    /// Whether the rival of this key takes part.
    pub(super) fn wants(&self, key: &str) -> bool {
        self.only
            .as_ref()
            .is_none_or(|keys| keys.iter().any(|wanted| wanted == key))
    }
}

#[cfg(test)]
mod tests {
    use super::Options;

    fn parse(line: &str) -> anyhow::Result<Option<Options>> {
        Options::parse(
            &line
                .split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn options_are_read() {
        let options = parse("--only ours,soxr --quick").unwrap().unwrap();
        assert!(options.is_quick && options.wants("soxr") && !options.wants("rubato"));
        assert_eq!(options.rounds, 3);
        assert!(parse("--help").unwrap().is_none());
        assert!(parse("--nonsense").is_err() && parse("--rounds").is_err());
    }
}
