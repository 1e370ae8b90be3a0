//! `inspect`: a report on each file, and a picture of one.

use std::path::{Path, PathBuf};

use audio_converter::Format;
use audio_converter_file::{Channel, SourceOptions};
use audio_converter_inspect::{Error, Inspection, inspect};

use crate::commands::print;
use crate::printer::Printer;

/// What to inspect, and how to tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) files: &'a [PathBuf],
    /// What the samples are where a file has no header.
    pub(crate) from: Option<Format>,
    pub(crate) channel: Channel,
    /// One JSON object a line and file, or else text.
    pub(crate) json: bool,
    /// An `.svg` or `.png` to draw the one recording into.
    pub(crate) plot: Option<&'a Path>,
}

/// Prints a report on each file to standard output, and draws the plot. A file that cannot be read is told of, and
/// the others follow.
pub(crate) fn run(request: &Request<'_>, printer: &Printer) -> anyhow::Result<()> {
    let options = request
        .from
        .map_or_else(SourceOptions::default, SourceOptions::raw)
        .with_channel(request.channel);
    let mut is_first = true;
    let mut result = Ok(());
    for file in request.files {
        let Inspection {
            report, picture, ..
        } = match inspect(file, &options) {
            Ok(inspection) => inspection,
            Err(error) => {
                printer.error(&told_as_of_the_file(error));
                result = Err(Told.into());
                continue;
            }
        };
        let text = if request.json {
            format!("{}\n", serde_json::to_string(&report)?)
        } else {
            format!("{}{report:#}", if is_first { "" } else { "\n" })
        };
        is_first = false;
        print(text.as_bytes())?;
        if let Some(plot) = request.plot {
            picture.write(plot, &[file]).map_err(told_as_of_the_file)?;
        }
    }
    result
}

/// The file's own error, where it is one: it has a hint, and an exit code.
fn told_as_of_the_file(error: Error) -> anyhow::Error {
    match error {
        Error::File(error) => error.into(),
        other => other.into(),
    }
}

/// Something went wrong, and has been told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told;

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("some files could not be inspected")
    }
}

impl std::error::Error for Told {}
