//! What a recording is and what is wrong with it: in words, as JSON and as a picture.
//!
//! [`inspect`] takes mono blocks from anything that gives them ([`Blocks`]), in memory that does not grow with
//! the recording, and makes a [`Report`] and a [`Picture`]. [`run`] does it for files and prints.

mod blocks;
mod findings;
mod meters;
mod plot;
mod report;
mod svg;
mod text;

use std::path::{Path, PathBuf};

use audio_converter::Format;
use audio_converter_file::{Channel, Source, SourceOptions};

use self::blocks::Blocks;
use self::meters::Meters;
use self::plot::Picture;
pub(crate) use self::plot::{NAMES as PLOT_NAMES, is_name as is_plot_name};
use self::report::Report;
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
        let inspected = Source::open(file, &options)
            .map_err(anyhow::Error::from)
            .and_then(|source| inspect(&mut (source, request.channel)));
        let (report, picture) = match inspected {
            Ok(inspected) => inspected,
            Err(error) => {
                printer.error(&error);
                result = Err(Told.into());
                continue;
            }
        };
        let text = if request.json {
            format!("{}\n", serde_json::to_string(&report)?)
        } else {
            format!("{}{report}", if is_first { "" } else { "\n" })
        };
        is_first = false;
        print(text.as_bytes())?;
        if let Some(plot) = request.plot {
            picture.write(plot, file)?;
        }
    }
    result
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

/// Reads all of `blocks`: the report, and what a plot of it needs.
fn inspect(blocks: &mut dyn Blocks) -> anyhow::Result<(Report, Picture)> {
    let mut meters = Meters::new(&blocks.describe())?;
    let mut bytes = vec![0; BLOCK_BYTES];
    loop {
        match blocks.read(&mut bytes)? {
            0 => break,
            count => meters.push(&bytes[..count]),
        }
    }
    // Some of what is odd about a file shows only at its end.
    Ok(meters.finish(blocks.describe()))
}

const BLOCK_BYTES: usize = 1 << 16;

#[cfg(test)]
mod tests;
