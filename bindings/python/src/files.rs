//! Audio files.

#![expect(
    clippy::needless_pass_by_value,
    reason = "PyO3 makes paths from Python's as owned values"
)]

use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;

use audio_converter_file::{
    Channel, Container, Conversion, Error, Info, Sink, Source, SourceOptions,
};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use crate::bytes;
use crate::converter::{format, value_error};
use crate::shared::Shared;

/// The native half of `audio_converter.AudioReader`.
#[pyclass(frozen, subclass, module = "audio_converter._native")]
pub(crate) struct AudioReader(Shared<Reader>);

/// Open until the end or `close`.
struct Reader {
    source: Option<Source>,
    format: String,
    info: Info,
}

#[pymethods]
impl AudioReader {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self(Shared::new())
    }

    #[pyo3(signature = (path, from_format = None, channel = "mix", *, accepts_text = true, accepts_empty = false))]
    fn __init__(
        &self,
        py: Python<'_>,
        path: PathBuf,
        from_format: Option<&str>,
        channel: &str,
        accepts_text: bool,
        accepts_empty: bool,
    ) -> PyResult<()> {
        let mut options = options(from_format, channel)?;
        options.accepts_text &= accepts_text;
        options.accepts_empty = accepts_empty;
        let source = py
            .detach(|| Source::open(&path, &options))
            .map_err(|error| file_error(&error))?;
        self.0.set(Reader {
            format: source.format().to_string(),
            info: source.info().clone(),
            source: Some(source),
        })
    }

    /// The next samples as bytes of `format`: so many, or what is left; b"" at the end and after close().
    #[pyo3(signature = (samples = 16_384))]
    fn read<'py>(&self, py: Python<'py>, samples: i64) -> PyResult<Bound<'py, PyBytes>> {
        let samples = usize::try_from(samples).unwrap_or(0);
        if samples == 0 {
            return Err(PyValueError::new_err("samples must be 1 or more"));
        }
        self.0.with(|reader| {
            let Some(source) = &mut reader.source else {
                return Ok(PyBytes::new(py, &[]));
            };
            let size = samples.min(MAX_SAMPLES) * source.format().bytes_per_sample();
            let mut block = vec![0; size];
            let mut count = 0;
            while count < size {
                let more = py.detach(|| source.read(&mut block[count..]));
                match more.map_err(|error| file_error(&error))? {
                    0 => break,
                    more => count += more,
                }
                py.check_signals()?;
            }
            if count == 0 {
                // Some of what is odd about a file shows only at its end.
                reader.info = source.info().clone();
                reader.source = None;
            }
            Ok(PyBytes::new(py, &block[..count]))
        })
    }

    /// Closes the file.
    fn close(&self) -> PyResult<()> {
        self.0.with(|reader| {
            reader.source = None;
            Ok(())
        })
    }

    /// The format of what read() returns, as in "pcm16/24000".
    #[getter]
    fn format(&self) -> PyResult<String> {
        self.0.with(|reader| Ok(reader.format.clone()))
    }

    /// The rate of what read() returns, in Hz.
    #[getter]
    fn rate(&self) -> PyResult<u32> {
        self.0.with(|reader| Ok(reader.info.rate))
    }

    /// What the file says about itself: container, encoding, bits, channels, rate, frames, warnings.
    #[getter]
    fn info<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.0.with(|reader| {
            let (info, dict) = (&reader.info, PyDict::new(py));
            dict.set_item("container", &info.container)?;
            dict.set_item("encoding", &info.encoding)?;
            dict.set_item("bits", info.bits)?;
            dict.set_item("channels", info.channels)?;
            dict.set_item("rate", info.rate)?;
            dict.set_item("frames", info.frames)?;
            dict.set_item("warnings", &info.warnings)?;
            Ok(dict)
        })
    }
}

/// The native half of `audio_converter.AudioWriter`.
#[pyclass(frozen, subclass, module = "audio_converter._native")]
pub(crate) struct AudioWriter(Shared<Option<Sink>>);

#[pymethods]
impl AudioWriter {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self(Shared::new())
    }

    #[pyo3(signature = (path, to_format, container = None))]
    fn __init__(&self, path: PathBuf, to_format: &str, container: Option<&str>) -> PyResult<()> {
        let to = format(to_format)?;
        let container = container.map(parse_container).transpose()?;
        let (container, to) = audio_converter_file::output_format(&path, Some(to), container, to)
            .map_err(|error| file_error(&error))?;
        let sink = Sink::create(&path, container, to).map_err(|error| file_error(&error))?;
        self.0.set(Some(sink))
    }

    /// Writes samples of the format: bytes, or any buffer of bytes or samples.
    fn write(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        self.0.with(|sink| {
            let Some(open) = sink else {
                return Err(PyValueError::new_err(
                    "the writer is closed: open another file",
                ));
            };
            let input = bytes::input(data, open.format().encoding())?;
            let result = py.detach(|| open.write(&input));
            result.map_err(|error| {
                *sink = None;
                file_error(&error)
            })
        })
    }

    /// Completes the file: it appears now. A second call does nothing.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.0.with(|sink| match sink.take() {
            Some(sink) => {
                let result = py.detach(|| sink.finish());
                result.map(drop).map_err(|error| file_error(&error))
            }
            None => Ok(()),
        })
    }

    /// Forgets the file: nothing of it is left behind.
    fn discard(&self) -> PyResult<()> {
        self.0.with(|sink| {
            *sink = None;
            Ok(())
        })
    }
}

/// Converts a file; the native half of `audio_converter.convert_audio`. Returns what it was, what it became, and how many
/// samples were read and written, and what is odd about the input.
#[pyfunction]
#[pyo3(signature = (input_path, output_path, from_format, to_format, quality, channel, container, chunk_samples, is_original))]
#[expect(clippy::too_many_arguments, reason = "they have names in Python")]
pub(crate) fn convert_audio(
    py: Python<'_>,
    input_path: PathBuf,
    output_path: PathBuf,
    from_format: Option<&str>,
    to_format: Option<&str>,
    quality: &str,
    channel: &str,
    container: Option<&str>,
    chunk_samples: Option<usize>,
    is_original: bool,
) -> PyResult<(String, String, u64, u64, Vec<String>)> {
    let mut conversion = Conversion::default();
    conversion.source = options(from_format, channel)?;
    // The original's functions name the format by default, not because they know: a text is then no sound.
    conversion.source.accepts_text &= !is_original;
    conversion.source.accepts_empty = is_original;
    conversion.to = to_format.map(format).transpose()?;
    conversion.quality = quality.parse().map_err(|error| value_error(&error))?;
    conversion.container = container.map(parse_container).transpose()?;
    conversion.chunk_samples = chunk_samples;
    let mut interruption = None;
    let mut progress = |_| match Python::attach(|py| py.check_signals()) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            interruption = Some(error);
            ControlFlow::Break(())
        }
    };
    let result = py.detach(|| {
        audio_converter_file::convert_file(input_path, output_path, &conversion, &mut progress)
    });
    if let Some(interruption) = interruption {
        return Err(interruption);
    }
    let report = result.map_err(|error| file_error(&error))?;
    Ok((
        report.from.to_string(),
        report.to.to_string(),
        report.samples_read,
        report.samples_written,
        report.info.warnings,
    ))
}

/// Inspects a file; the native half of `audio_converter.inspect`. Returns JSON.
#[pyfunction]
pub(crate) fn inspect(
    py: Python<'_>,
    path: PathBuf,
    from_format: Option<&str>,
    channel: &str,
) -> PyResult<String> {
    let options = options(from_format, channel)?;
    let inspection = py
        .detach(|| audio_converter_inspect::inspect(path, &options))
        .map_err(|error| match error {
            audio_converter_inspect::Error::File(error) => file_error(&error),
            other => PyValueError::new_err(other.to_string()),
        })?;
    serde_json::to_string(&inspection.report)
        .map_err(|error| PyValueError::new_err(error.to_string()))
}

fn options(from_format: Option<&str>, channel: &str) -> PyResult<SourceOptions> {
    let channel: Channel = channel
        .parse()
        .map_err(|error| PyValueError::new_err(format!("{error}")))?;
    let options = match from_format {
        Some(text) => SourceOptions::raw(format(text)?),
        None => SourceOptions::default(),
    };
    Ok(options.with_channel(channel))
}

fn parse_container(text: &str) -> PyResult<Container> {
    match text {
        "wav" => Ok(Container::Wav),
        "raw" => Ok(Container::Raw),
        other => Err(PyValueError::new_err(format!(
            "container is {other:?}: give \"wav\" or \"raw\""
        ))),
    }
}

/// What the system refused is the `OSError` that Python's own `open` would raise; what is wrong with the file or the
/// request, a `ValueError`. Both say what to do, in Python's terms.
fn file_error(error: &Error) -> PyErr {
    let system = match error {
        Error::Read { name, source } | Error::Write { name, source } => {
            let text = source.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            number(source).map(|number| (number, text.to_owned(), name.clone()))
        }
        Error::Folder { name } => Some((EISDIR, "Is a directory".to_owned(), name.clone())),
        _ => None,
    };
    if let Some(arguments) = system {
        return PyOSError::new_err(arguments);
    }
    let hint = match error {
        Error::Text { .. } | Error::Unknown { .. } | Error::Header { .. } => {
            Some("if its bytes are samples, say which: from_format=\"pcm16/24000\"".to_owned())
        }
        Error::RateUnknown { encoding, .. } => {
            Some(format!("give it: from_format=\"{encoding}/24000\""))
        }
        Error::NoChannel { channels, .. } => Some(format!(
            "give channel a number from 1 to {channels}, or \"mix\""
        )),
        Error::OutputUnknown { .. } => {
            Some("give to_format=\"mulaw/8000\", or an ending such as .wav or .ulaw".to_owned())
        }
        Error::NotInWav { .. } => {
            Some("give a format of pcm16, or a name that does not end in .wav".to_owned())
        }
        Error::Convert { source, .. } => Some(source.to_string()),
        other => other.hint(),
    };
    PyValueError::new_err(match hint {
        Some(hint) => format!("{error}: {hint}"),
        None => error.to_string(),
    })
}

/// The system's number for what it refused, by which Python chooses the kind of `OSError`.
fn number(error: &io::Error) -> Option<i32> {
    error.raw_os_error().or(match error.kind() {
        io::ErrorKind::NotFound => Some(ENOENT),
        io::ErrorKind::PermissionDenied => Some(EACCES),
        io::ErrorKind::IsADirectory => Some(EISDIR),
        _ => None,
    })
}

// The same on Linux, macOS and Windows.
const ENOENT: i32 = 2;
const EACCES: i32 = 13;
const EISDIR: i32 = 21;
const MAX_SAMPLES: usize = 1 << 20;
