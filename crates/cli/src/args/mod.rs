//! The arguments, as typed. Nothing here has side effects.

mod convert;
mod demo;
mod inspect;
mod original;
mod phonebox;
mod serve;
mod values;

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use convert::ConvertArgs;
pub(crate) use demo::DemoArgs;
pub(crate) use inspect::InspectArgs;
pub(crate) use original::{Direction, OriginalArgs};
pub(crate) use phonebox::{
    CallArgs, LimitArgs, LoadArgs, LoadLimitArgs, ModelArgs, PhoneboxArgs, PhoneboxCommand,
    ReachArgs,
};
pub(crate) use serve::ServeArgs;
pub(crate) use values::LogLevel;

/// Convert, pipe and inspect telephone and voice-model audio.
#[derive(Debug, Parser)]
#[command(
    name = "audio-stream-converter",
    version,
    about,
    long_about = LONG_ABOUT,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 100,
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) original: Option<OriginalArgs>,
}

impl Arguments {
    /// The program's own arguments; wrong ones end it.
    pub(crate) fn from_command_line() -> Self {
        let arguments = Self::parse();
        if let Some(Command::Inspect(InspectArgs {
            files,
            plot: Some(_),
            ..
        })) = &arguments.command
            && files.len() > 1
        {
            let text = format!(
                "a plot shows one recording: inspect {} files without --plot",
                files.len()
            );
            Self::command()
                .error(ErrorKind::ArgumentConflict, text)
                .exit()
        }
        arguments
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Convert a file or a pipe from any format to any
    Convert(ConvertArgs),
    /// Tell what is in recordings and what is wrong with them
    Inspect(InspectArgs),
    /// Hold one emulated call from end to end, and tell how it was
    Demo(DemoArgs),
    /// Answer Twilio calls with a Gemini Live voice agent
    Serve(ServeArgs),
    /// A phone network and a voice model in a box, to test any bridge between them
    Phonebox(PhoneboxArgs),
    /// Print the completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man(ManArgs),
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  audio-stream-converter completions bash > \
                        ~/.local/share/bash-completion/completions/audio-stream-converter")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  audio-stream-converter man | man -l -\n  \
                        audio-stream-converter man --dir ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Write a page for each command into this folder instead
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

const LONG_ABOUT: &str = "\
Convert, pipe and inspect telephone and voice-model audio.

A phone line carries µ-law or A-law at 8 kHz, a voice model speaks 16-bit PCM at 16 or 24 kHz. `convert` turns one \
into the other, and reads most audio files. Without a subcommand, INPUT OUTPUT [OPTIONS] converts raw 16-bit PCM to \
µ-law or back.";

const EXAMPLES: &str = "\
Examples:
  audio-stream-converter convert speech.wav call.ulaw              speech for a phone line
  audio-stream-converter convert call.ulaw back.wav --to pcm16/24000
  audio-stream-converter convert - - --from pcm16/24000 --to mulaw/8000 < in.pcm > out.ulaw
  audio-stream-converter inspect call.wav                          what is in it, what is wrong
  audio-stream-converter demo --fast                               one call from end to end
  audio-stream-converter in.pcm out.ulaw                           24 kHz PCM to 8 kHz µ-law
  audio-stream-converter in.ulaw out.pcm --direction ulaw-to-pcm   and back

Exit codes: 0 success, 1 something went wrong, 2 wrong usage.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn the_first_argument_selects_the_form() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        let is_original = |line: &str| parse(line).unwrap().command.is_none();
        assert!(!is_original("a convert in.wav out.ulaw"));
        assert!(is_original("a ./convert out.ulaw"));
        assert!(is_original("a in.pcm convert"));
        assert!(is_original("a --direction ulaw-to-pcm in.pcm out.pcm"));
        assert!(is_original("a - -"));
        assert!(parse("a in.pcm").is_err());
        assert!(parse("a").is_err());
    }
}
