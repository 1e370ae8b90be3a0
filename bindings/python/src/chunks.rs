//! The original's streams: like a converter, but with nothing until 10 ms wait, and `None` for nothing.

use audio_converter::{Converter, Encoding, Format};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use crate::bytes;
use crate::converter::{converter, value_error};
use crate::shared::{Facts, Shared, whole};

/// The native half of the classes that convert chunk by chunk.
#[pyclass(frozen, subclass, module = "audio_converter._native")]
pub(crate) struct ChunkConverter(Shared<State>);

#[derive(Clone)]
struct State {
    converter: Converter,
    chunk_size: usize,
    /// In samples.
    min_chunk_size: usize,
    /// What the converter has not seen: less than `min_chunk_size` samples, or a part of one.
    waiting: Vec<u8>,
}

#[pymethods]
impl ChunkConverter {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self(Shared::new())
    }

    fn __init__(
        &self,
        input_rate: &Bound<'_, PyAny>,
        output_rate: &Bound<'_, PyAny>,
        chunk_size: &Bound<'_, PyAny>,
        from_encoding: &str,
        to_encoding: &str,
        quality: &str,
    ) -> PyResult<()> {
        let from = format(from_encoding, "input_rate", input_rate)?;
        let to = format(to_encoding, "output_rate", output_rate)?;
        let chunk_size = usize::try_from(whole(chunk_size, "chunk_size")?).unwrap_or(0);
        if chunk_size == 0 {
            return Err(PyValueError::new_err("chunk_size must be 1 sample or more"));
        }
        let converter = converter(from, to, quality)?;
        let facts = Facts::from(&converter);
        self.0.set(State {
            converter,
            chunk_size,
            min_chunk_size: min_chunk_size(from),
            waiting: Vec::new(),
        })?;
        self.0.set_facts(facts);
        Ok(())
    }

    /// Converts the next chunk of the stream.
    ///
    /// data: bytes, or any buffer of bytes or of the format's samples, of any length; an odd byte waits for its other
    /// half.
    ///
    /// Returns the converted bytes, or None while fewer than min_chunk_size samples (10 ms) wait.
    /// Raises TypeError for another kind of buffer, and RuntimeError while another thread uses this object.
    fn convert_chunk<'py>(
        &self,
        py: Python<'py>,
        data: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        self.0.with(|state| {
            let input = bytes::input(data, state.converter.from().encoding())?;
            state.push(py, &input)
        })
    }

    /// Ends the stream: converts what waits and what the filter still owes. Returns the bytes, or None if there are
    /// none. An odd byte is dropped. The next convert_chunk() begins a new stream.
    fn flush<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        self.0.with(|state| {
            let waiting = std::mem::take(&mut state.waiting);
            let mut output = state.converter.process(&waiting);
            state.converter.finish_append(&mut output);
            Ok((!output.is_empty()).then(|| PyBytes::new(py, &output)))
        })
    }

    /// Forgets the stream and all that waits: the next convert_chunk() begins a new one.
    fn reset(&self) -> PyResult<()> {
        self.0.with(|state| {
            state.waiting.clear();
            state.converter.reset();
            Ok(())
        })
    }

    /// Samples per second in.
    #[getter]
    fn input_rate(&self) -> PyResult<u32> {
        Ok(self.0.facts()?.from.rate())
    }

    /// Samples per second out.
    #[getter]
    fn output_rate(&self) -> PyResult<u32> {
        Ok(self.0.facts()?.to.rate())
    }

    /// How many samples the file functions read at once. The bytes that come out do not depend on it.
    #[getter]
    fn chunk_size(&self) -> PyResult<usize> {
        self.0.with(|state| Ok(state.chunk_size))
    }

    /// How many samples must wait before convert_chunk() returns any: 10 ms, rounded up.
    #[getter]
    fn min_chunk_size(&self) -> PyResult<usize> {
        Ok(min_chunk_size(self.0.facts()?.from))
    }

    /// How long the filter holds speech back, in seconds.
    #[getter]
    fn latency(&self) -> PyResult<f64> {
        Ok(self.0.facts()?.latency.as_secs_f64())
    }

    /// "low-latency", "voice" or "transparent".
    #[getter]
    fn quality(&self) -> PyResult<String> {
        Ok(self.0.facts()?.quality.to_string())
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

    /// The bytes that wait.
    #[getter]
    fn _waiting<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.0.with(|state| Ok(PyBytes::new(py, &state.waiting)))
    }

    /// Takes over the state of `other`.
    fn _fork_from(&self, other: &Bound<'_, Self>) -> PyResult<()> {
        let state = other.get().0.with(|state| Ok(state.clone()))?;
        let facts = Facts::from(&state.converter);
        self.0.set(state)?;
        self.0.set_facts(facts);
        Ok(())
    }
}

impl State {
    fn push<'py>(
        &mut self,
        py: Python<'py>,
        input: &[u8],
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let sample = self.converter.from().bytes_per_sample();
        let total = self.waiting.len() + input.len();
        if total < self.min_chunk_size * sample {
            self.waiting.extend_from_slice(input);
            return Ok(None);
        }
        // Only whole samples go in, so that what waits can be counted and shown.
        let (whole, rest) = input.split_at(input.len() - total % sample);
        let output = if self.waiting.is_empty() {
            bytes::process(py, &mut self.converter, whole)?
        } else {
            let joined = [&self.waiting, whole].concat();
            bytes::process(py, &mut self.converter, &joined)?
        };
        self.waiting.clear();
        self.waiting.extend_from_slice(rest);
        // At rates far apart 10 ms may be less than one sample out.
        Ok((!output.as_bytes().is_empty()).then_some(output))
    }
}

/// 10 ms, in samples.
const fn min_chunk_size(from: Format) -> usize {
    from.rate().div_ceil(100) as usize
}

fn format(encoding: &str, argument: &str, rate: &Bound<'_, PyAny>) -> PyResult<Format> {
    let rate = whole(rate, argument)?;
    let encoding: Encoding = encoding.parse().map_err(|error| value_error(&error))?;
    u32::try_from(rate)
        .ok()
        .and_then(|rate| Format::new(encoding, rate).ok())
        .ok_or_else(|| {
            PyValueError::new_err(format!(
                "{argument} is {rate}: give a rate from 1 to {} Hz",
                Format::MAX_RATE
            ))
        })
}
