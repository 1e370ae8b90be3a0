//! Arguments of `convert`.

use std::path::PathBuf;

use audio_converter::{Format, Quality};
use audio_converter_file::{Channel, Container};
use clap::Args;

use super::values;

/// Arguments of `convert`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, after_long_help = LONG_HELP)]
pub(crate) struct ConvertArgs {
    /// The file to read, or - for standard input
    pub(crate) input: PathBuf,

    /// The file to write, or - for standard output
    pub(crate) output: PathBuf,

    /// What the input's samples are, where it has no header: encoding/rate
    #[arg(long, value_name = "FORMAT")]
    pub(crate) from: Option<Format>,

    /// What to convert to: encoding/rate [default: as OUTPUT's name tells]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<Format>,

    /// How sharp and how late the filter is
    #[arg(long, value_name = "PRESET", default_value = "voice", value_parser = values::quality())]
    pub(crate) quality: Quality,

    /// Which channel to take: 1 for the first and so on, or mix for the mean of all
    #[arg(long, value_name = "N|mix", default_value_t = Channel::Mix)]
    pub(crate) channel: Channel,

    /// Write a WAV file or raw samples, whatever OUTPUT's name tells
    #[arg(long, value_name = "KIND", value_parser = values::container())]
    pub(crate) container: Option<Container>,

    /// Leave OUTPUT alone when it exists
    #[arg(short, long)]
    pub(crate) no_clobber: bool,

    /// Print errors only
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

macro_rules! examples {
    () => {
        "\
Examples:
  audio-stream-converter convert speech.wav call.ulaw
  audio-stream-converter convert call.ulaw back.wav --to pcm16/24000
  audio-stream-converter convert stereo.flac agent.wav --channel 2
  audio-stream-converter convert voice.pcm voice.wav --from pcm16/24000
  arecord -t raw -f S16_LE -r 16000 |
    audio-stream-converter convert - out.ulaw --from pcm16/16000"
    };
}

const EXAMPLES: &str = examples!();

const LONG_HELP: &str = concat!(
    "\
Formats: encoding/rate, where the encoding is mulaw, alaw, pcm16, pcm16be or f32, and the rate is in Hz: mulaw/8000, \
pcm16/24000.

Input: what the file is, its content decides where that is unmistakable (WAV, MP3, FLAC, OGG, MP4 ...), else --from, \
else the name's ending: .ulaw .ul .mulaw .pcmu (mulaw/8000), .alaw .al .pcma (alaw/8000), .pcm .raw .s16 .s16le \
.s16be .f32 (give --from for the rate).

Output: --to, else the name's ending as above, with the input's rate where the ending tells none; .wav is 16-bit PCM \
at the input's rate. The output is one channel. It appears whole or not at all, in place of a file of that name.

",
    examples!()
);
