//! Arguments of `inspect`.

use std::path::PathBuf;

use audio_converter::Format;
use audio_converter_file::Channel;
use clap::Args;

use super::values;

/// Arguments of `inspect`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  audio-stream-converter inspect call.wav\n  \
                        audio-stream-converter inspect out.ulaw --plot out.png\n  \
                        audio-stream-converter inspect *.wav --json"
)]
pub(crate) struct InspectArgs {
    /// The recordings, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// What the samples are, where a file has no header: encoding/rate
    #[arg(long, value_name = "FORMAT")]
    pub(crate) from: Option<Format>,

    /// Which channel to look at: 1 for the first and so on, or mix for the mean of all
    #[arg(long, value_name = "N|mix", default_value_t = Channel::Mix)]
    pub(crate) channel: Channel,

    /// Print JSON for programs: one object a line and file
    #[arg(long)]
    pub(crate) json: bool,

    /// Draw waveform and spectrogram into an .svg or .png file (of one recording)
    #[arg(long, value_name = "IMAGE", value_parser = values::plot())]
    pub(crate) plot: Option<PathBuf>,
}
