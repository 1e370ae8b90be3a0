//! One file to another.

use std::fs::{self, Metadata};
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use audio_converter::{Converter, Format, Quality};
use same_file::Handle;

use crate::ending::{Container, output_format};
use crate::error::{Error, Result};
use crate::info::{Info, duration};
use crate::name;
use crate::sink::{Place, Sink, place};
use crate::source::{Source, SourceOptions};

/// What to convert to, and how.
///
/// ```
/// use audio_converter_file::Conversion;
///
/// let mut conversion = Conversion::default();
/// conversion.to = Some("pcm16/16000".parse()?);
/// # Ok::<(), audio_converter::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Conversion {
    /// How to read the input.
    pub source: SourceOptions,
    /// The output's format. Without it the output's name tells, see [`output_format`].
    pub to: Option<Format>,
    /// Whether the output is a WAV file. Without it the output's name tells.
    pub container: Option<Container>,
    /// How sharp and how late the filter is.
    pub quality: Quality,
    /// How many samples are read at once; the output does not depend on it. Without it, some thousand.
    pub chunk_samples: Option<usize>,
    /// Leave an existing output alone.
    pub keep_existing: bool,
}

/// How far a conversion has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// The sound converted so far.
    pub done: Duration,
    /// All of it, where the input's header or size tell.
    pub total: Option<Duration>,
}

/// What a conversion did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The input's name as it stands in messages.
    pub name: String,
    /// What the input was, with all warnings.
    pub info: Info,
    /// The format in which the input was taken.
    pub from: Format,
    /// The output's format.
    pub to: Format,
    /// The output's container.
    pub container: Container,
    /// Samples read, each standing for all channels.
    pub samples_read: u64,
    /// Samples written.
    pub samples_written: u64,
    /// The duration of what was read.
    pub duration: Duration,
}

/// Converts `input` to `output`; `-` is standard input and output. `progress` is told after each
/// chunk, and may break off.
///
/// The output appears whole or not at all. Memory is constant, whatever the size.
///
/// # Errors
///
/// As [`Source::open`], [`Source::read`], [`Sink::create`] and [`Sink::write`]; and when input and output are one
/// file, no filter can be made between the two rates, or `progress` breaks off.
///
/// ```
/// use core::ops::ControlFlow;
/// use audio_converter_file::{Conversion, SourceOptions, convert_file};
///
/// let folder = tempfile::tempdir()?;
/// let (input, output) = (folder.path().join("call.ulaw"), folder.path().join("call.wav"));
/// std::fs::write(&input, [0xFF; 800])?;
///
/// let report = convert_file(&input, &output, &Conversion::default(), &mut |_| ControlFlow::Continue(()))?;
/// assert_eq!(report.to, "pcm16/8000".parse()?);
/// assert_eq!(report.samples_written, 800);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn convert_file(
    input: impl AsRef<Path>,
    output: impl AsRef<Path>,
    conversion: &Conversion,
    progress: &mut dyn FnMut(Position) -> ControlFlow<()>,
) -> Result<Report> {
    let (input, output) = (input.as_ref(), output.as_ref());
    let source = Source::open(input, &conversion.source)?;
    refuse_same_file(input, output)?;
    if conversion.keep_existing && matches!(place(output), Ok(Place::File(path)) if path.exists()) {
        return Err(Error::Exists {
            name: name::output(output),
        });
    }
    let (container, to) =
        output_format(output, conversion.to, conversion.container, source.format())?;
    let converter =
        Converter::with_quality(source.format(), to, conversion.quality).map_err(|error| {
            Error::Convert {
                name: source.name().to_owned(),
                source: error,
            }
        })?;
    let sink = Sink::create(output, container, to)?.keeping_existing(conversion.keep_existing);
    convert_stream(
        source,
        sink,
        converter,
        container,
        conversion.chunk_samples,
        progress,
    )
}

fn convert_stream(
    mut source: Source,
    mut sink: Sink,
    mut converter: Converter,
    container: Container,
    chunk_samples: Option<usize>,
    progress: &mut dyn FnMut(Position) -> ControlFlow<()>,
) -> Result<Report> {
    let from = source.format();
    let chunk_samples = chunk_samples
        .unwrap_or(CHUNK_SAMPLES)
        .clamp(1, MAX_CHUNK_SAMPLES);
    let mut samples = vec![0; chunk_samples * from.bytes_per_sample()];
    // As large for any ratio: what does not fit comes with the next step.
    let mut converted = vec![0; OUTPUT_BYTES];
    let total = source.info().duration();
    let mut bytes_read = 0;
    loop {
        let count = source.read(&mut samples)?;
        if count == 0 {
            break;
        }
        let mut rest = &samples[..count];
        loop {
            let step = converter.process_into(rest, &mut converted);
            sink.write(&converted[..step.written])?;
            rest = &rest[step.consumed..];
            if step.is_done {
                break;
            }
        }
        bytes_read += count as u64;
        let done = duration(bytes_read / from.bytes_per_sample() as u64, from.rate());
        if progress(Position { done, total }).is_break() {
            return Err(Error::Cancelled {
                name: sink.name().to_owned(),
            });
        }
    }
    loop {
        let step = converter.finish_into(&mut converted);
        sink.write(&converted[..step.written])?;
        if step.is_done {
            break;
        }
    }
    let to = sink.format();
    let bytes_written = sink.finish()?;
    let samples_read = bytes_read / from.bytes_per_sample() as u64;
    Ok(Report {
        name: source.name().to_owned(),
        info: source.info().clone(),
        from,
        to,
        container,
        samples_read,
        samples_written: bytes_written / to.bytes_per_sample() as u64,
        duration: duration(samples_read, from.rate()),
    })
}

/// Fails when both are one file, by whatever names or links. Devices and pipes may well be both, and are not opened
/// for this: that alone would wait for the other side of a named pipe.
pub(crate) fn refuse_same_file(input: &Path, output: &Path) -> Result<()> {
    match (handle(input, Handle::stdin), handle(output, Handle::stdout)) {
        (Some(from), Some(to)) if from == to => Err(Error::SameFile {
            name: name::output(output),
        }),
        _ => Ok(()),
    }
}

fn handle(path: &Path, standard: fn() -> io::Result<Handle>) -> Option<Handle> {
    let is_file = |metadata: &Metadata| metadata.is_file();
    if name::is_dash(path) {
        standard().ok().filter(|handle| {
            handle
                .as_file()
                .metadata()
                .is_ok_and(|metadata| is_file(&metadata))
        })
    } else {
        fs::metadata(path)
            .ok()
            .filter(is_file)
            .and_then(|_| Handle::from_path(path).ok())
    }
}

const CHUNK_SAMPLES: usize = 1 << 14;
const MAX_CHUNK_SAMPLES: usize = 1 << 20;
const OUTPUT_BYTES: usize = 1 << 16;
