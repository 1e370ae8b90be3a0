//! Bytes between Python's buffers and the converter.

use std::ops::Deref;

use audio_converter::{Converter, Encoding, Progress};
use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::{PyMemoryError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMemoryView, PySlice};

/// Bytes that do not change while they are read.
///
/// `bytes` never do, and are borrowed. Anything else is copied once (some 30 ns for a chunk of 20 ms, a tenth of the
/// conversion): another thread may write to it meanwhile.
pub(crate) enum Input<'a> {
    Borrowed(&'a [u8]),
    Bytes(Vec<u8>),
    SignedBytes(Vec<i8>),
    Words(Vec<i16>),
    Floats(Vec<f32>),
}

impl Deref for Input<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Bytes(bytes) => bytes,
            Self::SignedBytes(bytes) => bytemuck::cast_slice(bytes),
            Self::Words(words) => bytemuck::cast_slice(words),
            Self::Floats(floats) => bytemuck::cast_slice(floats),
        }
    }
}

/// The bytes of `data`, which holds samples of `encoding`.
///
/// # Errors
///
/// `TypeError` when it is no buffer, or one of other elements than the encoding's, or of more than one dimension.
#[inline]
pub(crate) fn input<'a>(data: &'a Bound<'_, PyAny>, encoding: Encoding) -> PyResult<Input<'a>> {
    match data.cast_exact::<PyBytes>() {
        Ok(bytes) => Ok(Input::Borrowed(bytes.as_bytes())),
        Err(_) => copied(data, encoding),
    }
}

fn copied<'a>(data: &Bound<'_, PyAny>, encoding: Encoding) -> PyResult<Input<'a>> {
    let py = data.py();
    let buffer = buffer(data, "data", encoding)?;
    Ok(match elements(&buffer, encoding) {
        Some(Elements::Bytes) => Input::Bytes(buffer.as_typed()?.to_vec(py)?),
        Some(Elements::SignedBytes) => Input::SignedBytes(buffer.as_typed()?.to_vec(py)?),
        Some(Elements::Words) => Input::Words(buffer.as_typed()?.to_vec(py)?),
        Some(Elements::Floats) => Input::Floats(buffer.as_typed()?.to_vec(py)?),
        None => return Err(wrong_elements(&buffer, "data", encoding)),
    })
}

/// Everything that `input` makes of the stream.
#[inline]
pub(crate) fn process<'py>(
    py: Python<'py>,
    converter: &mut Converter,
    input: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    let room = converter.max_output(input.len());
    if room <= SMALL {
        let mut output = [0; SMALL];
        let progress = converter.process_into(input, &mut output);
        debug_assert!(progress.is_done, "max_output is enough");
        return Ok(PyBytes::new(py, &output[..progress.written]));
    }
    let mut output = reserved(room)?;
    if room.max(input.len()) < DETACH_BYTES {
        converter.process_append(input, &mut output);
    } else {
        py.detach(|| converter.process_append(input, &mut output));
    }
    Ok(PyBytes::new(py, &output))
}

/// The rest of the stream.
pub(crate) fn finish<'py>(
    py: Python<'py>,
    converter: &mut Converter,
) -> PyResult<Bound<'py, PyBytes>> {
    let mut output = reserved(converter.max_finish())?;
    converter.finish_append(&mut output);
    Ok(PyBytes::new(py, &output))
}

fn reserved(room: usize) -> PyResult<Vec<u8>> {
    let mut output = Vec::new();
    output.try_reserve_exact(room).map_err(|_| {
        PyMemoryError::new_err(format!(
            "no room for {room} bytes of output: convert in smaller chunks"
        ))
    })?;
    Ok(output)
}

/// A caller's buffer to write to, of samples of one encoding or bytes of them.
pub(crate) struct Output<'py> {
    bytes: Bound<'py, PyAny>,
    length: usize,
}

impl<'py> Output<'py> {
    /// # Errors
    ///
    /// `TypeError` when `object` is no buffer, read-only, not contiguous, or of other elements than the encoding's.
    pub(crate) fn new(object: &Bound<'py, PyAny>, encoding: Encoding) -> PyResult<Self> {
        let buffer = buffer(object, "output", encoding)?;
        if buffer.readonly() {
            return Err(PyTypeError::new_err(
                "output is read-only: give a bytearray or a writable array",
            ));
        }
        if !buffer.is_c_contiguous() {
            return Err(PyTypeError::new_err(
                "output is not contiguous: give a bytearray or an array without steps",
            ));
        }
        let Some(elements) = elements(&buffer, encoding) else {
            return Err(wrong_elements(&buffer, "output", encoding));
        };
        let view = PyMemoryView::from(object)?.into_any();
        let bytes = match elements {
            Elements::Bytes => view,
            Elements::SignedBytes | Elements::Words | Elements::Floats => {
                view.call_method1("cast", ("B",))?
            }
        };
        Ok(Self {
            bytes,
            length: buffer.len_bytes(),
        })
    }

    /// Calls `work` with room for at most `room` bytes and writes what it made. It goes through memory of ours, since
    /// another thread may look at the buffer meanwhile.
    pub(crate) fn fill(
        &self,
        room: usize,
        work: impl FnOnce(&mut [u8]) -> Progress + Send,
    ) -> PyResult<Progress> {
        let room = room.min(self.length);
        let progress;
        if room <= SMALL {
            let mut block = [0; SMALL];
            progress = work(&mut block[..room]);
            self.write(&block[..progress.written])?;
        } else {
            let mut block = reserved(room)?;
            block.resize(room, 0);
            progress = if room < DETACH_BYTES {
                work(&mut block)
            } else {
                self.bytes.py().detach(|| work(&mut block))
            };
            self.write(&block[..progress.written])?;
        }
        Ok(progress)
    }

    fn write(&self, bytes: &[u8]) -> PyResult<()> {
        let py = self.bytes.py();
        let part = PySlice::new(py, 0, bytes.len().cast_signed(), 1);
        self.bytes.set_item(part, PyBytes::new(py, bytes))
    }
}

/// What a buffer's elements are.
#[derive(Clone, Copy)]
enum Elements {
    Bytes,
    SignedBytes,
    Words,
    Floats,
}

/// The elements of a buffer, if they can be samples of `encoding` or bytes of them.
fn elements(buffer: &PyUntypedBuffer, encoding: Encoding) -> Option<Elements> {
    // PyO3 tells the type, but not the order of the bytes.
    let is_big = match buffer.format().to_bytes().first() {
        Some(b'<') => false,
        Some(b'>' | b'!') => true,
        _ => cfg!(target_endian = "big"),
    };
    let is_in_order = is_big == (encoding == Encoding::Pcm16Be);
    if buffer.as_typed::<u8>().is_ok() {
        Some(Elements::Bytes)
    } else if buffer.as_typed::<i8>().is_ok() {
        Some(Elements::SignedBytes)
    } else if !is_in_order {
        None
    } else if matches!(encoding, Encoding::Pcm16 | Encoding::Pcm16Be)
        && buffer.as_typed::<i16>().is_ok()
    {
        Some(Elements::Words)
    } else if encoding == Encoding::F32 && buffer.as_typed::<f32>().is_ok() {
        Some(Elements::Floats)
    } else {
        None
    }
}

fn buffer(
    object: &Bound<'_, PyAny>,
    argument: &str,
    encoding: Encoding,
) -> PyResult<PyUntypedBuffer> {
    let buffer = PyUntypedBuffer::get(object).map_err(|cause| {
        let kind = object
            .get_type()
            .name()
            .map_or_else(|_| "object".to_owned(), |name| name.to_string());
        let error = PyTypeError::new_err(format!(
            "{argument} is of type {kind}: give bytes, or a buffer of {}",
            wanted(encoding)
        ));
        error.set_cause(object.py(), Some(cause));
        error
    })?;
    if buffer.dimensions() == 1 {
        Ok(buffer)
    } else {
        Err(PyTypeError::new_err(format!(
            "{argument} has {} dimensions: give one channel, as a flat buffer",
            buffer.dimensions()
        )))
    }
}

fn wrong_elements(buffer: &PyUntypedBuffer, argument: &str, encoding: Encoding) -> PyErr {
    PyTypeError::new_err(format!(
        "{argument} holds elements of format {:?}, but {encoding} wants bytes or {}",
        buffer.format().to_string_lossy(),
        wanted(encoding)
    ))
}

const fn wanted(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Pcm16 => "16-bit signed integers (int16)",
        Encoding::F32 => "32-bit floats (float32)",
        _ => "bytes (uint8)",
    }
}

/// Output up to here is made on the stack: 20 ms at 48 kHz are 1 920 bytes.
const SMALL: usize = 2_048;

/// From so many bytes on, in or out, other threads run meanwhile. Getting the interpreter back costs up to 5 ms (Python's switch
/// interval) when another thread is busy with Python, which no live chunk may pay; and holding it for less delays others
/// by about a millisecond at most. Figures: `benchmarks/python/threads.py`.
const DETACH_BYTES: usize = 1 << 18;
