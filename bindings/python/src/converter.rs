//! One stream from any format to any.

use audio_converter::{Format, Quality};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use crate::bytes::{self, Output};
use crate::shared::{Facts, Shared};

/// The native half of `audio_converter.Converter`.
#[pyclass(frozen, subclass, module = "audio_converter._native")]
pub(crate) struct Converter(Shared<audio_converter::Converter>);

#[pymethods]
impl Converter {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self(Shared::new())
    }

    #[pyo3(signature = (from_format, to_format, quality = "voice"))]
    fn __init__(&self, from_format: &str, to_format: &str, quality: &str) -> PyResult<()> {
        let (from, to) = (format(from_format)?, format(to_format)?);
        let converter = converter(from, to, quality)?;
        let facts = Facts::from(&converter);
        self.0.set(converter)?;
        self.0.set_facts(facts);
        Ok(())
    }

    /// Converts the next piece of the stream.
    ///
    /// data: bytes, or any buffer of bytes or of the format's samples (int16 for pcm16, float32 for f32), of any length
    /// and cut anywhere, also inside a sample.
    ///
    /// Returns what can be said so far; the last few samples (see latency) come with the next piece or with finish().
    /// Raises TypeError for another kind of buffer, and RuntimeError while another thread uses this object.
    fn process<'py>(
        &self,
        py: Python<'py>,
        data: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        self.0.with(|converter| {
            let input = bytes::input(data, converter.from().encoding())?;
            bytes::process(py, converter, &input)
        })
    }

    /// Converts into a buffer of yours, as far as it has room. For a new result, process() is faster.
    ///
    /// data: as for process(). output: a writable contiguous buffer (bytearray, memoryview, array) of bytes or samples.
    ///
    /// Returns (consumed, written, is_done): bytes taken, bytes written from the start of output, and whether that was
    /// all. When it was not, output was too small: call again with data[consumed:], b"" included.
    fn process_into(
        &self,
        data: &Bound<'_, PyAny>,
        output: &Bound<'_, PyAny>,
    ) -> PyResult<(usize, usize, bool)> {
        self.0.with(|converter| {
            let input = bytes::input(data, converter.from().encoding())?;
            let output = Output::new(output, converter.to().encoding())?;
            let room = converter.max_output(input.len());
            let progress = output.fill(room, |block| converter.process_into(&input, block))?;
            Ok((progress.consumed, progress.written, progress.is_done))
        })
    }

    /// Ends the stream: returns the samples that the filter still owes, so that N samples in have become exactly
    /// ceil(N * output rate / input rate). A part of a sample is dropped. The next process() begins a new stream.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.0.with(|converter| bytes::finish(py, converter))
    }

    /// Ends the stream into a buffer of yours. Returns (bytes written, whether that was all); when it was not, call
    /// again.
    fn finish_into(&self, output: &Bound<'_, PyAny>) -> PyResult<(usize, bool)> {
        self.0.with(|converter| {
            let output = Output::new(output, converter.to().encoding())?;
            let room = converter.max_finish();
            let progress = output.fill(room, |block| converter.finish_into(block))?;
            Ok((progress.written, progress.is_done))
        })
    }

    /// Forgets the stream: the next process() begins a new one.
    fn reset(&self) -> PyResult<()> {
        self.0.with(|converter| {
            converter.reset();
            Ok(())
        })
    }

    /// The most bytes that the next process() can return for so many bytes of input.
    fn max_output(&self, input_bytes: usize) -> PyResult<usize> {
        self.0
            .with(|converter| Ok(converter.max_output(input_bytes)))
    }

    /// How long the filter holds speech back, in seconds: an output sample needs the input this far ahead of it.
    #[getter]
    fn latency(&self) -> PyResult<f64> {
        Ok(self.0.facts()?.latency.as_secs_f64())
    }

    /// The input's format, as in "pcm16/24000".
    #[getter(from_format)]
    fn input_format(&self) -> PyResult<String> {
        Ok(self.0.facts()?.from.to_string())
    }

    /// The output's format, as in "mulaw/8000".
    #[getter(to_format)]
    fn output_format(&self) -> PyResult<String> {
        Ok(self.0.facts()?.to.to_string())
    }

    /// "low-latency", "voice" or "transparent".
    #[getter]
    fn quality(&self) -> PyResult<String> {
        Ok(self.0.facts()?.quality.to_string())
    }

    /// Takes over the state of `other`.
    fn _fork_from(&self, other: &Bound<'_, Self>) -> PyResult<()> {
        let state = other.get().0.with(|converter| Ok(converter.clone()))?;
        let facts = Facts::from(&state);
        self.0.set(state)?;
        self.0.set_facts(facts);
        Ok(())
    }
}

/// The converter for a quality given as text.
pub(crate) fn converter(
    from: Format,
    to: Format,
    quality: &str,
) -> PyResult<audio_converter::Converter> {
    let quality: Quality = quality.parse().map_err(|error| value_error(&error))?;
    audio_converter::Converter::with_quality(from, to, quality).map_err(|error| value_error(&error))
}

/// A format given as text.
pub(crate) fn format(text: &str) -> PyResult<Format> {
    text.parse().map_err(|error| value_error(&error))
}

pub(crate) fn value_error(error: &audio_converter::Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}
