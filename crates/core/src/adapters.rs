//! A converter around a source of bytes: a reader, an iterator of chunks, an asynchronous stream of chunks.

use alloc::vec::Vec;

use crate::Converter;

/// Chunks of converted bytes from chunks of input; made by [`Converter::chunks`].
#[derive(Clone, Debug)]
pub struct Chunks<I> {
    source: I,
    /// None once the tail has been given.
    converter: Option<Converter>,
}

impl Converter {
    /// Converts an iterator of chunks, of any sizes, to an iterator of chunks that are not empty; the last one is
    /// what the filter owes at the end.
    ///
    /// ```
    /// use audio_converter::Converter;
    ///
    /// let converter = Converter::new("pcm16/16000".parse()?, "mulaw/8000".parse()?)?;
    /// let input = vec![0_u8; 6_400]; // 0.2 s
    /// let codes: Vec<u8> = converter.chunks(input.chunks(333)).flatten().collect();
    /// assert_eq!(codes, [0xFF; 1_600]);
    /// # Ok::<(), audio_converter::Error>(())
    /// ```
    pub fn chunks<I>(self, source: I) -> Chunks<I::IntoIter>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        Chunks {
            source: source.into_iter(),
            converter: Some(self),
        }
    }
}

impl<I> Iterator for Chunks<I>
where
    I: Iterator,
    I::Item: AsRef<[u8]>,
{
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let converter = self.converter.as_mut()?;
        for chunk in self.source.by_ref() {
            let converted = converter.process(chunk.as_ref());
            if !converted.is_empty() {
                return Some(converted);
            }
        }
        let tail = converter.finish();
        self.converter = None;
        (!tail.is_empty()).then_some(tail)
    }
}

#[cfg(feature = "std")]
mod reader {
    use core::ops::Range;
    use std::io::{self, Read};

    use super::Converter;

    /// Bytes read from the source at a time.
    const BLOCK: usize = 4_096;

    /// Converted bytes of another reader; made by [`Converter::reader`].
    #[derive(Debug)]
    pub struct Reader<R> {
        source: R,
        converter: Converter,
        block: [u8; BLOCK],
        /// The part of the block that has been read and not yet converted.
        waiting: Range<usize>,
        /// A converted sample that the caller had no room for as a whole, and the part of it that is still to be given.
        sample: [u8; 4],
        rest: Range<usize>,
        state: State,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum State {
        Reading,
        Finishing,
        Done,
    }

    impl Converter {
        /// Converts all that `source` gives. It reads 4 KiB at a time and keeps no more than that.
        ///
        /// What can be given is given before the source is asked for more.
        ///
        /// ```
        /// use std::io::Read as _;
        /// use audio_converter::Converter;
        ///
        /// let converter = Converter::new("mulaw/8000".parse()?, "pcm16/16000".parse()?)?;
        /// let mut pcm = Vec::new();
        /// converter.reader(&[0xFF_u8; 800][..]).read_to_end(&mut pcm)?;
        /// assert_eq!(pcm, [0; 3_200]);
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        pub fn reader<R: Read>(self, source: R) -> Reader<R> {
            Reader {
                source,
                converter: self,
                block: [0; BLOCK],
                waiting: 0..0,
                sample: [0; 4],
                rest: 0..0,
                state: State::Reading,
            }
        }
    }

    impl<R: Read> Read for Reader<R> {
        fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
            let size = self.converter.to().bytes_per_sample();
            if self.rest.is_empty() && output.len() >= size {
                return self.convert(output);
            }
            if self.rest.is_empty() && !output.is_empty() {
                let mut sample = [0; 4];
                self.rest = 0..self.convert(&mut sample[..size])?;
                self.sample = sample;
            }
            let length = self.rest.len().min(output.len());
            output[..length].copy_from_slice(&self.sample[self.rest.start..][..length]);
            self.rest.start += length;
            Ok(length)
        }
    }

    impl<R: Read> Reader<R> {
        /// Fills what it can of `output`, which has room for a sample; nothing only at the end.
        fn convert(&mut self, output: &mut [u8]) -> io::Result<usize> {
            loop {
                let progress = match self.state {
                    State::Reading => {
                        let block = &self.block[self.waiting.clone()];
                        self.converter.process_into(block, output)
                    }
                    State::Finishing => self.converter.finish_into(output),
                    State::Done => return Ok(0),
                };
                self.waiting.start += progress.consumed;
                if self.state == State::Finishing && progress.is_done {
                    self.state = State::Done;
                }
                if progress.written > 0 {
                    return Ok(progress.written);
                }
                if self.state == State::Reading && self.waiting.is_empty() {
                    self.waiting = 0..self.source.read(&mut self.block)?;
                    if self.waiting.is_empty() {
                        self.state = State::Finishing;
                    }
                }
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use std::io::ErrorKind;
        use std::vec::Vec;

        use super::*;

        /// Gives its bytes once, then has none for now.
        struct Live<'a>(&'a [u8]);

        impl Read for Live<'_> {
            fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
                if self.0.is_empty() {
                    return Err(ErrorKind::WouldBlock.into());
                }
                self.0.read(output)
            }
        }

        #[test]
        fn what_is_ready_is_given_before_the_source_is_asked() {
            for room in [1, 2, 3, 7, 100] {
                let converter = Converter::new(
                    "mulaw/8000".parse().unwrap(),
                    "pcm16/48000".parse().unwrap(),
                )
                .unwrap();
                let ready = converter.clone().process(&[0x55; 160]);
                let mut reader = converter.reader(Live(&[0x55; 160]));
                let (mut got, mut output) = (Vec::new(), [0; 100]);
                while let Ok(length) = reader.read(&mut output[..room]) {
                    got.extend_from_slice(&output[..length]);
                }
                assert_eq!(got, ready, "in reads of {room} bytes");
            }
        }
    }
}

#[cfg(feature = "std")]
pub use reader::Reader;

#[cfg(feature = "futures")]
mod stream {
    use alloc::vec::Vec;
    use core::pin::Pin;
    use core::task::{Context, Poll, ready};

    use futures_core::Stream;

    use super::Converter;

    /// Converted chunks of an asynchronous stream of chunks; made by [`Converter::stream`].
    #[derive(Clone, Debug)]
    pub struct ChunkStream<S> {
        source: S,
        /// None once the tail has been given.
        converter: Option<Converter>,
    }

    impl Converter {
        /// Converts an asynchronous stream of chunks to a stream of chunks that are not empty; the last one is what
        /// the filter owes at the end. Needs the crate feature `futures`.
        pub fn stream<S>(self, source: S) -> ChunkStream<S>
        where
            S: Stream + Unpin,
            S::Item: AsRef<[u8]>,
        {
            ChunkStream {
                source,
                converter: Some(self),
            }
        }
    }

    impl<S> Stream for ChunkStream<S>
    where
        S: Stream + Unpin,
        S::Item: AsRef<[u8]>,
    {
        type Item = Vec<u8>;

        fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Vec<u8>>> {
            let Self {
                source,
                converter: slot,
            } = &mut *self;
            let Some(converter) = slot else {
                return Poll::Ready(None);
            };
            while let Some(chunk) = ready!(Pin::new(&mut *source).poll_next(context)) {
                let converted = converter.process(chunk.as_ref());
                if !converted.is_empty() {
                    return Poll::Ready(Some(converted));
                }
            }
            let tail = converter.finish();
            *slot = None;
            Poll::Ready((!tail.is_empty()).then_some(tail))
        }
    }

    #[cfg(test)]
    mod tests {
        use core::iter;
        use core::task::Waker;

        use super::*;

        /// Every second poll has nothing yet.
        struct Slow<I>(I, bool);

        impl<I: Iterator + Unpin> Stream for Slow<I> {
            type Item = I::Item;

            fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<I::Item>> {
                self.1 = !self.1;
                if self.1 {
                    Poll::Pending
                } else {
                    Poll::Ready(self.0.next())
                }
            }
        }

        #[test]
        fn a_stream_gives_the_bytes_of_the_whole() {
            let converter = Converter::new(
                "pcm16/24000".parse().unwrap(),
                "mulaw/8000".parse().unwrap(),
            )
            .unwrap();
            let input: Vec<u8> = (0..4_801_u32).map(|i| (i * 37 % 251) as u8).collect();
            let mut whole = converter.clone();
            let mut expected = whole.process(&input);
            whole.finish_append(&mut expected);

            let mut stream = converter.stream(Slow(input.chunks(77), false));
            let mut context = Context::from_waker(Waker::noop());
            let polls = iter::repeat_with(|| Pin::new(&mut stream).poll_next(&mut context));
            let mut got = Vec::new();
            for poll in polls {
                match poll {
                    Poll::Pending => {}
                    Poll::Ready(Some(chunk)) => got.extend(chunk),
                    Poll::Ready(None) => break,
                }
            }
            assert_eq!(got, expected);
        }
    }
}

#[cfg(feature = "futures")]
pub use stream::ChunkStream;
