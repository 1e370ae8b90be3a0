//! Whole buffers from one encoding to another at the same rate.

use audio_converter::{Converter, Encoding, Format};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::bytes;
use crate::converter::value_error;

/// Converts all samples of a buffer to another encoding; the native half of `audio_converter.g711`.
#[pyfunction]
pub(crate) fn transcode<'py>(
    py: Python<'py>,
    data: &Bound<'py, PyAny>,
    from_encoding: &str,
    to_encoding: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    // The rate is of no consequence where it does not change.
    let format = |text: &str| {
        let encoding: Encoding = text.parse()?;
        Format::new(encoding, 8_000)
    };
    let from = format(from_encoding).map_err(|error| value_error(&error))?;
    let to = format(to_encoding).map_err(|error| value_error(&error))?;
    let input = bytes::input(data, from.encoding())?;
    if !input.len().is_multiple_of(from.bytes_per_sample()) {
        return Err(PyValueError::new_err(format!(
            "data has {} bytes, which are not whole samples of {} bytes",
            input.len(),
            from.bytes_per_sample()
        )));
    }
    let mut converter = Converter::new(from, to).map_err(|error| value_error(&error))?;
    bytes::process(py, &mut converter, &input)
}
