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

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::bail;
use audio_converter::Format;
use audio_converter_file::{Channel, Source, SourceOptions};

use self::blocks::Blocks;
use self::meters::Meters;
use self::plot::Picture;
use self::report::Report;

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

/// Prints a report on each file to standard output, and draws the plot.
pub(crate) fn run(request: &Request<'_>) -> anyhow::Result<()> {
    if let Some(plot) = request.plot {
        plot::check_name(plot)?;
        if request.files.len() > 1 {
            bail!(
                "a plot shows one recording: inspect {} files without --plot",
                request.files.len()
            );
        }
    }
    let options = request
        .from
        .map_or_else(SourceOptions::default, SourceOptions::raw)
        .with_channel(request.channel);
    for (index, file) in request.files.iter().enumerate() {
        let source = Source::open(file, &options)?;
        let (report, picture) = inspect(&mut (source, request.channel))?;
        let mut output = anstream::stdout().lock();
        if request.json {
            writeln!(output, "{}", serde_json::to_string(&report)?)?;
        } else {
            write!(output, "{}{report}", if index > 0 { "\n" } else { "" })?;
        }
        output.flush()?;
        if let Some(plot) = request.plot {
            picture.write(plot)?;
        }
    }
    Ok(())
}

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
