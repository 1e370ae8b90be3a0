//! One stream: a converter behind an opaque handle.

use std::cell::RefCell;

use audio_converter::{Converter, Format, Progress, Quality};
use napi::bindgen_prelude::{BufferSlice, Error, External, Result};
use napi_derive::napi;

/// A converter, and what the last call took that had too little room.
pub struct Stream {
    converter: Converter,
    consumed: usize,
}

/// What JavaScript holds. The collector must know that it is more than a pointer.
type Handle = External<RefCell<Stream>>;

fn handle(converter: Converter) -> Handle {
    let stream = Stream {
        converter,
        consumed: 0,
    };
    External::new_with_size_hint(RefCell::new(stream), SIZE_HINT)
}

/// The canonical text of a format.
#[napi]
pub fn format(text: String) -> Result<String> {
    let format: Format = text.parse().map_err(reason)?;
    Ok(format.to_string())
}

/// The canonical name of a quality.
#[napi]
pub fn quality(text: String) -> Result<String> {
    let quality: Quality = text.parse().map_err(reason)?;
    Ok(quality.to_string())
}

/// A new stream.
#[napi]
pub fn create(from: String, to: String, quality: String) -> Result<Handle> {
    let (from, to) = (from.parse().map_err(reason)?, to.parse().map_err(reason)?);
    let quality = quality.parse().map_err(reason)?;
    Converter::with_quality(from, to, quality)
        .map(handle)
        .map_err(reason)
}

/// A second stream in the same state.
#[napi]
pub fn fork(stream: &Handle) -> Handle {
    handle(stream.borrow().converter.clone())
}

/// Converts all of `input` into `output` from byte `at` on, and gives the bytes written; −1, having done nothing, when
/// that room might not be enough.
#[napi]
pub fn process(
    stream: &Handle,
    input: BufferSlice<'_>,
    mut output: BufferSlice<'_>,
    at: u32,
) -> i64 {
    let converter = &mut stream.borrow_mut().converter;
    match output.get_mut(at as usize..) {
        Some(room) if room.len() >= converter.max_output(input.len()) => {
            converter.process_into(&input, room).written as i64
        }
        _ => -1,
    }
}

/// Ends the stream, as [`process`].
#[napi]
pub fn finish(stream: &Handle, mut output: BufferSlice<'_>, at: u32) -> i64 {
    let converter = &mut stream.borrow_mut().converter;
    match output.get_mut(at as usize..) {
        Some(room) if room.len() >= converter.max_finish() => {
            converter.finish_into(room).written as i64
        }
        _ => -1,
    }
}

/// Converts what there is room for. A call that is done gives the bytes written; any other −1 less that number, and
/// [`consumed`] then tells the bytes taken.
#[napi]
pub fn process_into(stream: &Handle, input: BufferSlice<'_>, mut output: BufferSlice<'_>) -> i64 {
    let stream = &mut *stream.borrow_mut();
    let progress = stream.converter.process_into(&input, &mut output);
    stream.answer(progress)
}

/// Ends the stream as far as there is room, as [`process_into`].
#[napi]
pub fn finish_into(stream: &Handle, mut output: BufferSlice<'_>) -> i64 {
    let stream = &mut *stream.borrow_mut();
    let progress = stream.converter.finish_into(&mut output);
    stream.answer(progress)
}

/// The bytes that the last call took which was not done.
#[napi]
pub fn consumed(stream: &Handle) -> i64 {
    stream.borrow().consumed as i64
}

/// Forgets the stream.
#[napi]
pub fn reset(stream: &Handle) {
    stream.borrow_mut().converter.reset();
}

/// The most bytes that so many bytes of input give.
#[napi]
pub fn max_output(stream: &Handle, input_bytes: f64) -> f64 {
    stream.borrow().converter.max_output(input_bytes as usize) as f64
}

/// The most bytes that the end gives.
#[napi]
pub fn max_finish(stream: &Handle) -> f64 {
    stream.borrow().converter.max_finish() as f64
}

/// How long the filter holds sound back, in milliseconds.
#[napi]
pub fn latency(stream: &Handle) -> f64 {
    stream.borrow().converter.latency().as_nanos() as f64 / 1e6
}

impl Stream {
    fn answer(&mut self, progress: Progress) -> i64 {
        let written = progress.written as i64;
        if progress.is_done {
            written
        } else {
            self.consumed = progress.consumed;
            -1 - written
        }
    }
}

fn reason(error: audio_converter::Error) -> Error {
    Error::from_reason(error.to_string())
}

/// A stream from 24 to 8 kHz with its history; the filter is shared.
const SIZE_HINT: usize = 512;
