//! From an open recording to all that is known of it.

use std::io::Read;
use std::path::Path;

use audio_converter_file::{Channel, Source, SourceOptions};

use crate::error::Result;
use crate::meters::Meters;
#[cfg(feature = "plot")]
use crate::plot::Picture;
use crate::report::Report;

/// What [`inspect`] finds out.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// Figures and findings.
    pub report: Report,
    /// The same to look at.
    #[cfg(feature = "plot")]
    pub picture: Picture,
}

/// Inspects a file, or standard input for `-` (a file of that name is `./-`).
///
/// The options say what the samples of a file without a header are, and which channel is looked at.
///
/// ```
/// use audio_converter_file::{SourceOptions, wav};
/// use audio_converter_inspect::inspect;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("call.wav");
/// # let mut file = wav::header("mulaw/8000".parse()?, Some(8_000)).unwrap();
/// # file.extend([0xFF; 8_000]);
/// # std::fs::write(&path, file)?;
/// let report = inspect(&path, &SourceOptions::default())?.report;
/// assert_eq!((report.container.as_str(), report.encoding.as_str()), ("WAV", "µ-law"));
/// assert_eq!((report.rate, report.seconds, report.channel.as_str()), (8_000, 1.0, "mix"));
/// assert_eq!(report.findings[0].kind, "silence");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`Error::File`](crate::Error::File) when it cannot be read, [`Error::Rate`](crate::Error::Rate) when nothing can be
/// measured at its rate. A recording with something wrong with it is no error: that is what the report is for.
pub fn inspect(path: impl AsRef<Path>, options: &SourceOptions) -> Result<Inspection> {
    inspect_source(Source::open(path, options)?, options.channel)
}

/// Inspects what a stream gives up to its end. `name` stands in the report and in messages, and its ending tells as that
/// of a file.
///
/// ```
/// use audio_converter_file::SourceOptions;
/// use audio_converter_inspect::inspect_reader;
///
/// let one_second_of_silence = std::io::Cursor::new(vec![0xFF; 8_000]);
/// let report = inspect_reader("line.ulaw", one_second_of_silence, &SourceOptions::default())?.report;
/// assert_eq!(report.findings[0].message, "there is no sound in it: every sample is zero");
/// # Ok::<(), audio_converter_inspect::Error>(())
/// ```
///
/// # Errors
///
/// As [`inspect`].
pub fn inspect_reader(
    name: &str,
    reader: impl Read + Send + 'static,
    options: &SourceOptions,
) -> Result<Inspection> {
    inspect_source(Source::from_reader(name, reader, options)?, options.channel)
}

fn inspect_source(mut source: Source, channel: Channel) -> Result<Inspection> {
    let mut meters = Meters::new(&source)?;
    let mut bytes = vec![0; BLOCK_BYTES];
    loop {
        match source.read(&mut bytes)? {
            0 => break,
            count => meters.push(&bytes[..count]),
        }
    }
    // Some of what is odd about a file shows only at its end.
    Ok(meters.finish(&source, channel))
}

const BLOCK_BYTES: usize = 1 << 16;
