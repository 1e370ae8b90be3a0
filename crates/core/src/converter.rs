//! The streaming converter: bytes in one format in, bytes in another out.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::filter::Key;
use crate::level::{Level, detected};
use crate::recode::recode;
use crate::resampler::{Inputs, Resampler, Step};
use crate::{Error, Format, Quality};

/// Converts a mono stream of bytes from one [`Format`] to another.
///
/// The stream may be cut anywhere, also inside a sample: the output has the same bytes. Each output sample leaves
/// with the call that brought the last input sample that the filter's window reaches, and stands at the instant that its number
/// says: the filter's delay is taken out. After [`finish`](Self::finish), `N` whole input samples have become
/// exactly ⌈N · output rate / input rate⌉.
///
/// Converting cannot fail and allocates nothing ([`process`](Self::process) and its relatives allocate their result).
/// A converter is one stream in one direction, 0.3 KB for 24 to 8 kHz; the filter is shared. `clone` forks the
/// stream.
///
/// ```
/// use audio_converter::Converter;
///
/// // What a voice model says, for a phone line: 20 ms chunks.
/// let mut converter = Converter::new("pcm16/24000".parse()?, "mulaw/8000".parse()?)?;
/// let silence = [0; 960];
/// let mut codes = [0; 256];
/// assert!(converter.max_output(silence.len()) <= codes.len());
///
/// let progress = converter.process_into(&silence, &mut codes);
/// // The first chunk lacks the last 1.96 ms, which the filter must wait for.
/// assert_eq!((progress.consumed, progress.written), (960, 145));
/// assert_eq!(converter.process_into(&silence, &mut codes).written, 160);
/// assert_eq!(converter.finish_into(&mut codes).written, 15);
/// # Ok::<(), audio_converter::Error>(())
/// ```
#[derive(Clone)]
pub struct Converter {
    from: Format,
    to: Format,
    quality: Quality,
    level: Level,
    /// None where the rates are equal.
    resampler: Option<Resampler>,
    partial: Partial,
    /// Where the last input lies when the stream has ended and outputs may still be owed.
    ending: Option<i64>,
}

/// What one call has taken and given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the output may have been too small"]
pub struct Progress {
    /// Bytes taken from the input; all of them unless the output was too small.
    pub consumed: usize,
    /// Bytes written to the start of the output, whole samples.
    pub written: usize,
    /// Whether the call is complete. When the output was too small it is false: call again, with the rest of the
    /// input and more room.
    pub is_done: bool,
}

/// The bytes of a sample whose other bytes have not come yet.
#[derive(Clone, Copy, Debug, Default)]
struct Partial {
    bytes: [u8; 4],
    length: usize,
}

/// Names the formats and the quality: the samples that a stream holds are somebody's speech.
impl fmt::Debug for Converter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            from, to, quality, ..
        } = self;
        f.debug_struct("Converter")
            .field("from", &format_args!("{from}"))
            .field("to", &format_args!("{to}"))
            .field("quality", quality)
            .finish_non_exhaustive()
    }
}

impl Converter {
    /// A converter with the default quality, [`Quality::Voice`].
    ///
    /// Takes some 40 ns when a converter of the same ratio exists or was made lately. A new filter takes some µs at the
    /// common ratios and 0.1 to 1 ms at the rates of audio files (`cargo bench -p audio-converter`).
    ///
    /// # Errors
    ///
    /// When the rates have no simple ratio, so that the filter would have more than 2²⁰ coefficients
    /// ([`ErrorKind::Ratio`](crate::ErrorKind::Ratio)).
    pub fn new(from: Format, to: Format) -> Result<Self, Error> {
        Self::with_quality(from, to, Quality::default())
    }

    /// A converter with a filter of the given quality; where the rates are equal there is none.
    ///
    /// # Errors
    ///
    /// As [`Converter::new`].
    pub fn with_quality(from: Format, to: Format, quality: Quality) -> Result<Self, Error> {
        Self::__with_level(from, to, quality, detected())
    }

    /// For tests: on a chosen SIMD level.
    #[doc(hidden)]
    pub fn __with_level(
        from: Format,
        to: Format,
        quality: Quality,
        level: Level,
    ) -> Result<Self, Error> {
        let wide = [from, to]
            .iter()
            .any(|format| format.encoding() == crate::Encoding::F32);
        let resampler = if from.rate() == to.rate() {
            None
        } else {
            Some(Resampler::new(Key::new(
                from.rate(),
                to.rate(),
                quality,
                wide,
            )?))
        };
        Ok(Self {
            from,
            to,
            quality,
            level,
            resampler,
            partial: Partial::default(),
            ending: None,
        })
    }

    /// The format of the input.
    #[must_use]
    pub const fn from(&self) -> Format {
        self.from
    }

    /// The format of the output.
    #[must_use]
    pub const fn to(&self) -> Format {
        self.to
    }

    /// The quality of the filter.
    #[must_use]
    pub const fn quality(&self) -> Quality {
        self.quality
    }

    /// How long the filter holds sound back: half its length, to the nearest nanosecond.
    ///
    /// An output sample leaves as soon as the input that lies this much after its own instant has come, to which the
    /// filter's window reaches. Zero where
    /// the rates are equal.
    ///
    /// ```
    /// # use audio_converter::Converter;
    /// let converter = Converter::new("pcm16/24000".parse()?, "mulaw/8000".parse()?)?;
    /// assert_eq!(converter.latency().as_nanos(), 1_958_333); // 47 samples at 24 kHz
    /// # Ok::<(), audio_converter::Error>(())
    /// ```
    #[must_use]
    pub fn latency(&self) -> Duration {
        let Some(resampler) = &self.resampler else {
            return Duration::ZERO;
        };
        let (half, up) = resampler.latency();
        let rate = u128::from(self.from.rate()) * u128::from(up);
        Duration::from_nanos(((u128::from(half) * 1_000_000_000 + rate / 2) / rate) as u64)
    }

    /// The most bytes that the next [`process_into`](Self::process_into) writes for so many bytes of input.
    #[must_use]
    pub fn max_output(&self, input_bytes: usize) -> usize {
        let samples =
            input_bytes.saturating_add(self.partial.length) / self.from.bytes_per_sample();
        let outputs = self.resampler.as_ref().map_or(samples, |resampler| {
            resampler
                .most_outputs(samples)
                .saturating_add(resampler.outputs_waiting())
        });
        let owed = self.ending.map_or(0, |_| self.max_finish());
        outputs
            .saturating_mul(self.to.bytes_per_sample())
            .saturating_add(owed)
    }

    /// The most bytes that [`finish_into`](Self::finish_into) writes.
    #[must_use]
    pub fn max_finish(&self) -> usize {
        self.resampler.as_ref().map_or(0, Resampler::most_owed) * self.to.bytes_per_sample()
    }

    /// Converts as much of `input` as `output` has room for.
    ///
    /// With [`max_output`](Self::max_output) bytes of room all input is consumed and all output written. With less,
    /// the output is filled; [`is_done`](Progress::is_done) is false, and the rest of the input waits to be given
    /// again (which may be none, where only output is left).
    ///
    /// After an incomplete [`finish_into`](Self::finish_into) the rest of the finished stream is written first, and
    /// `input` begins a new one.
    pub fn process_into(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        let mut written = 0;
        if self.ending.is_some() {
            let tail = self.finish_into(output);
            if !tail.is_done {
                return tail;
            }
            written = tail.written;
        }
        let (bytes_in, bytes_out) = (self.from.bytes_per_sample(), self.to.bytes_per_sample());
        let mut consumed = 0;
        loop {
            let (waiting, rest) = (self.partial.length, &input[consumed..]);
            let available = (waiting + rest.len()) / bytes_in;
            let room = (output.len() - written) / bytes_out;
            let step = match &self.resampler {
                Some(resampler) => resampler.plan(available, room),
                None => Step {
                    inputs: available.min(room),
                    outputs: available.min(room),
                },
            };
            if step
                == (Step {
                    inputs: 0,
                    outputs: 0,
                })
            {
                break;
            }
            // The sample that came in pieces, if this step takes any; then whole ones.
            let missing = if waiting > 0 && step.inputs > 0 {
                bytes_in - waiting
            } else {
                0
            };
            let (last_piece, rest) = rest.split_at(missing);
            self.partial.push(last_piece);
            let first = (missing > 0).then_some(&self.partial.bytes[..bytes_in]);
            let whole = step.inputs - usize::from(first.is_some());
            let rest = &rest[..whole * bytes_in];
            let output = &mut output[written..][..step.outputs * bytes_out];
            let inputs = Inputs::Bytes {
                encoding: self.from.encoding(),
                first,
                rest,
            };
            match &mut self.resampler {
                Some(resampler) => {
                    resampler.take(self.level, inputs, self.to.encoding(), output);
                }
                None => recode(self.level, inputs, self.to.encoding(), output),
            }
            consumed += missing + rest.len();
            written += output.len();
            if missing > 0 {
                self.partial.length = 0;
            }
        }
        // What is left is part of a sample, or more than the output has room for.
        let rest = &input[consumed..];
        if self.partial.length + rest.len() < bytes_in {
            self.partial.push(rest);
            consumed = input.len();
        }
        let waiting = self
            .resampler
            .as_ref()
            .map_or(0, Resampler::outputs_waiting);
        Progress {
            consumed,
            written,
            is_done: consumed == input.len() && waiting == 0,
        }
    }

    /// Ends the stream: writes what the filter still owes. Then the converter is as new.
    ///
    /// With [`max_finish`](Self::max_finish) bytes of room one call is enough; with less, call again until
    /// [`is_done`](Progress::is_done). Part of a sample at the end of the stream is dropped.
    pub fn finish_into(&mut self, output: &mut [u8]) -> Progress {
        let mut written = 0;
        if let Some(resampler) = &mut self.resampler {
            let end = self.ending.unwrap_or_else(|| resampler.end());
            let (bytes, owed_from) = resampler.finish(self.level, end, self.to.encoding(), output);
            written = bytes;
            if let Some(end) = owed_from {
                self.ending = Some(end);
                return Progress {
                    consumed: 0,
                    written,
                    is_done: false,
                };
            }
        }
        self.reset();
        Progress {
            consumed: 0,
            written,
            is_done: true,
        }
    }

    /// Forgets the stream: the converter is as new.
    pub fn reset(&mut self) {
        if let Some(resampler) = &mut self.resampler {
            resampler.reset();
        }
        self.partial = Partial::default();
        self.ending = None;
    }

    /// Converts all of `input` and appends the result to `output`.
    pub fn process_append(&mut self, input: &[u8], output: &mut Vec<u8>) {
        append(output, self.max_output(input.len()), |room| {
            self.process_into(input, room)
        });
    }

    /// Converts all of `input`.
    ///
    /// ```
    /// # use audio_converter::Converter;
    /// let mut converter = Converter::new("pcm16/8000".parse()?, "mulaw/8000".parse()?)?;
    /// assert_eq!(converter.process(&[0xE8]), []); // half a sample waits for the rest
    /// assert_eq!(converter.process(&[0x03]), [0xCE]);
    /// # Ok::<(), audio_converter::Error>(())
    /// ```
    #[must_use]
    pub fn process(&mut self, input: &[u8]) -> Vec<u8> {
        let mut output = Vec::new();
        self.process_append(input, &mut output);
        output
    }

    /// Ends the stream and appends what the filter still owes to `output`; then the converter is as new.
    pub fn finish_append(&mut self, output: &mut Vec<u8>) {
        append(output, self.max_finish(), |room| self.finish_into(room));
    }

    /// Ends the stream and gives what the filter still owes; then the converter is as new.
    #[must_use]
    pub fn finish(&mut self) -> Vec<u8> {
        let mut output = Vec::new();
        self.finish_append(&mut output);
        output
    }
}

impl Partial {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes[self.length..][..bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }
}

/// Makes room for `most` bytes at the end of `output`, lets `write` use it, and gives back what it did not use.
fn append(output: &mut Vec<u8>, most: usize, write: impl FnOnce(&mut [u8]) -> Progress) {
    let start = output.len();
    output.resize(start + most, 0);
    let progress = write(&mut output[start..]);
    debug_assert!(
        progress.is_done,
        "there was room for the most that can be written"
    );
    output.truncate(start + progress.written);
}
