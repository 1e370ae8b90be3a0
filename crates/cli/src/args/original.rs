//! Arguments of the original program: two files and options, without a subcommand.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::values::{self, LogLevel};

/// Arguments of the form without a subcommand.
#[derive(Debug, Args)]
pub(crate) struct OriginalArgs {
    /// The file to read, or - for standard input: raw samples, unless it has a header
    pub(crate) input: PathBuf,

    /// The file to write, or - for standard output: raw samples, or WAV when its name ends in .wav
    pub(crate) output: PathBuf,

    /// Which way to convert
    #[arg(long, value_enum, default_value_t = Direction::PcmToUlaw)]
    pub(crate) direction: Direction,

    /// Samples a second of the input, in Hz [default: 24000, or 8000 from µ-law]
    #[arg(long, value_name = "N", value_parser = values::rate)]
    pub(crate) input_rate: Option<u32>,

    /// Samples a second of the output, in Hz [default: 8000, or 24000 from µ-law]
    #[arg(long, value_name = "N", value_parser = values::rate)]
    pub(crate) output_rate: Option<u32>,

    /// Samples converted at once; the output does not depend on it [default: 4800, or 1600 from µ-law]
    #[arg(long, value_name = "N", value_parser = values::chunk_samples)]
    pub(crate) chunk_samples: Option<usize>,

    /// How much to tell: debug, info, warning or error
    #[arg(long, value_name = "LEVEL", default_value = "info", ignore_case = true)]
    pub(crate) log_level: LogLevel,
}

/// Which way the original form converts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Direction {
    /// 16-bit PCM, little endian, to µ-law
    PcmToUlaw,
    /// µ-law to 16-bit PCM, little endian
    UlawToPcm,
}
