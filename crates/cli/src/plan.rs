//! What the arguments ask for, with all defaults filled in.

use std::path::PathBuf;

use audio_converter::{Encoding, Format};
use audio_converter_file::{Conversion, SourceOptions, raw_ending};

use crate::args::{
    Arguments, CallArgs, Command, ConvertArgs, DemoArgs, Direction, InspectArgs, LoadArgs,
    LogLevel, ModelArgs, OriginalArgs, PhoneboxCommand, ServeArgs,
};
use crate::commands;
use crate::inspect;
use crate::printer::Printer;

/// One thing to do.
#[derive(Debug)]
pub(crate) enum Plan {
    Convert(ConvertPlan),
    Inspect(InspectArgs),
    Demo(DemoArgs),
    Serve(ServeArgs),
    Model(ModelArgs),
    Call(Box<CallArgs>),
    Load(Box<LoadArgs>),
    Completions(clap_complete::Shell),
    Man(Option<PathBuf>),
}

/// A conversion.
#[derive(Debug)]
pub(crate) struct ConvertPlan {
    pub(crate) input: PathBuf,
    pub(crate) output: PathBuf,
    pub(crate) conversion: Conversion,
    pub(crate) level: LogLevel,
    /// What is odd about the request itself.
    pub(crate) warning: Option<String>,
}

impl Plan {
    pub(crate) const fn level(&self) -> LogLevel {
        match self {
            Self::Convert(plan) => plan.level,
            _ => LogLevel::Info,
        }
    }

    /// Whether a signal may leave a temporary file behind.
    pub(crate) const fn writes_files(&self) -> bool {
        matches!(self, Self::Convert(_) | Self::Inspect(_) | Self::Man(_))
    }

    pub(crate) fn run(self, printer: &Printer) -> anyhow::Result<()> {
        match self {
            Self::Convert(plan) => commands::convert(&plan, printer),
            Self::Inspect(args) => inspect::run(
                &inspect::Request {
                    files: &args.files,
                    from: args.from,
                    channel: args.channel,
                    json: args.json,
                    plot: args.plot.as_deref(),
                },
                printer,
            ),
            Self::Demo(args) => commands::demo(&args, printer),
            Self::Serve(args) => commands::serve(&args, printer),
            Self::Model(args) => commands::model(&args, printer),
            Self::Call(args) => commands::call(&args, printer),
            Self::Load(args) => commands::load(*args, printer),
            Self::Completions(shell) => commands::completions(shell),
            Self::Man(folder) => commands::man(folder.as_deref()),
        }
    }
}

impl From<Arguments> for Plan {
    fn from(arguments: Arguments) -> Self {
        match (arguments.command, arguments.original) {
            (Some(Command::Convert(args)), _) => Self::Convert(args.into()),
            (Some(Command::Inspect(args)), _) => Self::Inspect(args),
            (Some(Command::Demo(args)), _) => Self::Demo(args),
            (Some(Command::Serve(args)), _) => Self::Serve(args),
            (Some(Command::Phonebox(args)), _) => match args.command {
                PhoneboxCommand::Model(args) => Self::Model(args),
                PhoneboxCommand::Call(args) => Self::Call(args),
                PhoneboxCommand::Load(args) => Self::Load(args),
            },
            (Some(Command::Completions(args)), _) => Self::Completions(args.shell),
            (Some(Command::Man(args)), _) => Self::Man(args.dir),
            (None, Some(args)) => Self::Convert(args.into()),
            (None, None) => unreachable!("clap prints the help when there is no argument"),
        }
    }
}

impl From<ConvertArgs> for ConvertPlan {
    fn from(args: ConvertArgs) -> Self {
        let mut conversion = Conversion::default();
        conversion.source = args
            .from
            .map_or_else(SourceOptions::default, SourceOptions::raw)
            .with_channel(args.channel);
        conversion.to = args.to;
        conversion.container = args.container;
        conversion.quality = args.quality;
        conversion.keep_existing = args.no_clobber;
        let level = if args.quiet {
            LogLevel::Error
        } else {
            LogLevel::Info
        };
        Self {
            input: args.input,
            output: args.output,
            conversion,
            level,
            warning: None,
        }
    }
}

impl From<OriginalArgs> for ConvertPlan {
    fn from(args: OriginalArgs) -> Self {
        let (from, to, chunk_samples) = match args.direction {
            Direction::PcmToUlaw => ((Encoding::Pcm16, 24_000), (Encoding::MuLaw, 8_000), 4_800),
            Direction::UlawToPcm => ((Encoding::MuLaw, 8_000), (Encoding::Pcm16, 24_000), 1_600),
        };
        // The arguments' parser keeps rates in the range of a format.
        let format = |(encoding, default), rate: Option<u32>| {
            Format::new(encoding, rate.unwrap_or(default)).ok()
        };
        let mut conversion = Conversion::default();
        conversion.source.from = format(from, args.input_rate);
        conversion.to = format(to, args.output_rate);
        conversion.chunk_samples = Some(args.chunk_samples.unwrap_or(chunk_samples));
        let warning = match (args.direction, raw_ending(&args.input)) {
            (Direction::PcmToUlaw, Some((Encoding::MuLaw, _))) => {
                Some("by its name it is µ-law, but is read as PCM: for µ-law give --direction ulaw-to-pcm".to_owned())
            }
            _ => None,
        };
        Self {
            input: args.input,
            output: args.output,
            conversion,
            level: args.log_level,
            warning,
        }
    }
}
