//! Other media files (mp3, flac, ogg, m4a, aac, caf, aiff …) by symphonia, behind the feature `media`.

#[cfg(feature = "media")]
pub(crate) use with_symphonia::{Decoder, open};
#[cfg(not(feature = "media"))]
pub(crate) use without::{Decoder, open};

#[cfg(feature = "media")]
mod with_symphonia {
    use std::io::{self, Read, Seek, SeekFrom};
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::{Mutex, PoisonError};

    use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
    use symphonia::core::errors::Error;
    use symphonia::core::formats::probe::Hint;
    use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
    use symphonia::core::io::{MediaSource, MediaSourceStream};
    use symphonia::core::meta::MetadataOptions;

    use crate::info::Info;
    use crate::input::Reader;
    use crate::samples::MAX_CHANNELS;

    /// A media file as interleaved 32-bit float samples, little endian.
    pub(crate) struct Decoder {
        format: Box<dyn FormatReader>,
        decoder: Box<dyn AudioDecoder>,
        track: u32,
        channels: usize,
        rate: u32,
        /// Bytes decoded and not yet read: `bytes[at..]`. As long as the longest packet.
        bytes: Vec<u8>,
        at: usize,
        damaged: u64,
        is_cut: bool,
    }

    /// Recognises the file and decodes its first packet, since some encodings tell their channels only there.
    pub(crate) fn open(reader: Reader, ending: Option<&str>) -> Result<(Decoder, Info), String> {
        guarded(|| open_unguarded(reader, ending))
            .unwrap_or_else(|Damaged| Err(Damaged.to_string()))
    }

    fn open_unguarded(reader: Reader, ending: Option<&str>) -> Result<(Decoder, Info), String> {
        let mut hint = Hint::new();
        if let Some(ending) = ending {
            hint.with_extension(ending);
        }
        let stream =
            MediaSourceStream::new(Box::new(Media(Mutex::new(reader))), Default::default());
        let format = symphonia::default::get_probe()
            .probe(
                &hint,
                stream,
                FormatOptions::default(),
                MetadataOptions::default(),
            )
            .map_err(|error| words(&error))?;
        let track = format
            .default_track(TrackType::Audio)
            .ok_or("there is no sound in it")?;
        let parameters = track
            .codec_params
            .as_ref()
            .and_then(|parameters| parameters.audio());
        let parameters = parameters.ok_or("its encoding is unknown to us")?;
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|error| words(&error))?;
        let (track, frames, bits) = (track.id, track.num_frames, parameters.bits_per_sample);
        let mut decoder = Decoder {
            format,
            decoder,
            track,
            channels: 0,
            rate: 0,
            bytes: Vec::new(),
            at: 0,
            damaged: 0,
            is_cut: false,
        };
        decoder.next_packet().map_err(|error| error.to_string())?;
        let channels = u16::try_from(decoder.channels).unwrap_or(u16::MAX);
        if channels == 0 || channels > MAX_CHANNELS || decoder.rate == 0 {
            return Err("no sound could be decoded from it".to_owned());
        }
        let info = Info {
            container: container_words(decoder.format.format_info().short_name),
            encoding: decoder.decoder.codec_info().short_name.to_owned(),
            bits,
            channels,
            rate: decoder.rate,
            frames,
            warnings: Vec::new(),
        };
        Ok((decoder, info))
    }

    impl Decoder {
        /// Decodes packets until one gives samples. Returns false at the end.
        fn next_packet(&mut self) -> io::Result<bool> {
            self.at = 0;
            self.bytes.clear();
            loop {
                let packet = match self.format.next_packet() {
                    Ok(Some(packet)) => packet,
                    Ok(None) => return Ok(false),
                    Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                        self.is_cut = true;
                        return Ok(false);
                    }
                    Err(Error::IoError(error)) => return Err(error),
                    Err(error) => return Err(io::Error::other(words(&error))),
                };
                if packet.track_id != self.track {
                    continue;
                }
                match self.decoder.decode(&packet) {
                    Ok(samples) if samples.frames() == 0 => {}
                    Ok(samples) => {
                        let spec = samples.spec();
                        let (channels, rate) = (spec.channels().count(), spec.rate());
                        if self.channels == 0 {
                            (self.channels, self.rate) = (channels, rate);
                        }
                        if (self.channels, self.rate) != (channels, rate) {
                            return Err(io::Error::other(
                                "its rate or channels change in its midst",
                            ));
                        }
                        samples.copy_bytes_to_vec_interleaved_as::<f32>(&mut self.bytes);
                        to_little_endian(&mut self.bytes);
                        return Ok(true);
                    }
                    Err(Error::DecodeError(_) | Error::IoError(_)) => self.damaged += 1,
                    Err(error) => return Err(io::Error::other(words(&error))),
                }
            }
        }

        /// What went wrong on the way, once the end is reached.
        pub(crate) fn complaint(&self) -> Option<String> {
            match self.damaged {
                0 if self.is_cut => {
                    Some("it is cut short: its last packet is incomplete".to_owned())
                }
                0 => None,
                1 => Some("1 damaged packet was left out".to_owned()),
                more => Some(format!("{more} damaged packets were left out")),
            }
        }
    }

    impl Read for Decoder {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            if self.at == self.bytes.len()
                && !guarded(|| self.next_packet()).map_err(io::Error::other)??
            {
                return Ok(0);
            }
            let count = out.len().min(self.bytes.len() - self.at);
            out[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
            self.at += count;
            Ok(count)
        }
    }

    /// Symphonia (0.6) panics on some damaged files, by overflow for example. That must not end a program that reads
    /// strangers' files, so it is caught here; what panicked is not used again, since the error ends the reading.
    fn guarded<T>(decode: impl FnOnce() -> T) -> Result<T, Damaged> {
        catch_unwind(AssertUnwindSafe(decode)).map_err(|_| Damaged)
    }

    #[derive(Debug, thiserror::Error)]
    #[error("it is damaged")]
    struct Damaged;

    fn container_words(short_name: &str) -> String {
        match short_name {
            "isomp4" => "MP4".to_owned(),
            "wave" => "WAV".to_owned(),
            "matroska" => "Matroska".to_owned(),
            other => other.to_ascii_uppercase(),
        }
    }

    /// Symphonia gives the machine's byte order.
    fn to_little_endian(bytes: &mut [u8]) {
        if cfg!(target_endian = "big") {
            bytes.chunks_exact_mut(4).for_each(<[u8]>::reverse);
        }
    }

    /// Symphonia shares its source between threads, which a boxed reader cannot be: the lock is never waited for.
    struct Media(Mutex<Reader>);

    impl Media {
        fn reader(&mut self) -> &mut Reader {
            self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
        }
    }

    impl Read for Media {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.reader().read(buffer)
        }
    }

    impl Seek for Media {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            match self.reader() {
                Reader::File(file, _) => file.seek(to),
                Reader::Stream(..) => Err(io::ErrorKind::NotSeekable.into()),
            }
        }
    }

    impl MediaSource for Media {
        fn is_seekable(&self) -> bool {
            self.byte_len().is_some()
        }

        fn byte_len(&self) -> Option<u64> {
            match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
                Reader::File(_, length) => *length,
                Reader::Stream(..) => None,
            }
        }
    }

    fn words(error: &Error) -> String {
        match error {
            Error::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                "it is cut short".to_owned()
            }
            Error::Unsupported(_) => "its encoding is unknown to us".to_owned(),
            other => other.to_string(),
        }
    }
}

#[cfg(not(feature = "media"))]
mod without {
    use std::io::{self, Read};

    use crate::info::Info;
    use crate::input::Reader;

    /// Never made.
    pub(crate) enum Decoder {}

    pub(crate) fn open(_: Reader, _: Option<&str>) -> Result<(Decoder, Info), String> {
        Err("this program was built without the feature `media`".to_owned())
    }

    impl Decoder {
        pub(crate) fn complaint(&self) -> Option<String> {
            match *self {}
        }
    }

    impl Read for Decoder {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            match *self {}
        }
    }
}
