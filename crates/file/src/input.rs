//! An input opened and looked at, before anybody decides what it is.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::name;

/// An open input and its first bytes.
pub(crate) struct Input {
    pub(crate) name: String,
    /// Where it was opened from, when it has a name in the file system.
    pub(crate) path: Option<PathBuf>,
    /// The first bytes: enough to tell kinds of files apart, at most [`HEAD_BYTES`].
    pub(crate) head: Vec<u8>,
    body: Body,
}

enum Body {
    /// A file that can be read again from its start.
    File { file: File, length: Option<u64> },
    /// A pipe, terminal, device or reader, from behind the head.
    Stream(Box<dyn Read + Send>),
}

impl Input {
    /// Opens a file, or standard input for `-`.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let name = name::input(path);
        if name::is_dash(path) {
            return Self::standard(name);
        }
        let file = File::open(path).map_err(|error| Error::read(&name, error))?;
        Self::file(name, Some(path.to_owned()), file)
    }

    /// An input read from its start.
    pub(crate) fn stream(name: String, mut reader: Box<dyn Read + Send>) -> Result<Self> {
        let head = peek(&mut reader).map_err(|error| Error::read(&name, error))?;
        Ok(Self {
            name,
            path: None,
            head,
            body: Body::Stream(reader),
        })
    }

    fn file(name: String, path: Option<PathBuf>, mut file: File) -> Result<Self> {
        let metadata = file.metadata().map_err(|error| Error::read(&name, error))?;
        if metadata.is_dir() {
            return Err(Error::Folder { name });
        }
        if !metadata.is_file() {
            return Ok(Self {
                path,
                ..Self::stream(name, Box::new(file))?
            });
        }
        let head = peek(&mut file).and_then(|head| file.rewind().map(|()| head));
        let head = head.map_err(|error| Error::read(&name, error))?;
        // Files of /proc and the like have bytes, but no length.
        let length = Some(metadata.len()).filter(|length| *length > 0);
        Ok(Self {
            name,
            path,
            head,
            body: Body::File { file, length },
        })
    }

    /// Standard input: a file again when it was redirected from one, so that formats that need to seek can.
    fn standard(name: String) -> Result<Self> {
        #[cfg(unix)]
        {
            use std::os::fd::AsFd;
            if let Ok(descriptor) = io::stdin().as_fd().try_clone_to_owned() {
                let mut file = File::from(descriptor);
                let is_fresh = matches!(file.stream_position(), Ok(0));
                let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
                return if is_file && is_fresh {
                    Self::file(name, None, file)
                } else {
                    Self::stream(name, Box::new(file))
                };
            }
        }
        Self::stream(name, Box::new(io::stdin()))
    }

    /// Bytes in the file, where that is known.
    pub(crate) const fn length(&self) -> Option<u64> {
        match &self.body {
            Body::File { length, .. } => *length,
            Body::Stream(_) => None,
        }
    }

    pub(crate) const fn is_file(&self) -> bool {
        matches!(self.body, Body::File { .. })
    }

    /// Puts back what was read of a stream; a file starts anew anyway.
    pub(crate) fn give_back(&mut self, read: Vec<u8>, rest: Reader) {
        if let Body::Stream(stream) = &mut self.body {
            self.head = read;
            *stream = Box::new(rest);
        }
    }

    /// The whole input from its first byte. A file can be taken again and again, from its start each time.
    pub(crate) fn reader(&mut self) -> io::Result<Reader> {
        match &mut self.body {
            Body::File { file, length } => {
                let mut file = file.try_clone()?;
                file.rewind()?;
                Ok(Reader::File(file, *length))
            }
            Body::Stream(stream) => {
                let head = Cursor::new(std::mem::take(&mut self.head));
                let rest = std::mem::replace(stream, Box::new(io::empty()));
                Ok(Reader::Stream(head, rest))
            }
        }
    }
}

/// The bytes of an [`Input`].
pub(crate) enum Reader {
    /// With its length where that is known.
    File(
        File,
        #[cfg_attr(
            not(feature = "media"),
            expect(dead_code, reason = "only media decoders ask for it")
        )]
        Option<u64>,
    ),
    /// The head that was looked at, and what follows it.
    Stream(Cursor<Vec<u8>>, Box<dyn Read + Send>),
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file, _) => file.read(buffer),
            Self::Stream(head, rest) => match head.read(buffer)? {
                0 => rest.read(buffer),
                count => Ok(count),
            },
        }
    }
}

/// Reads until there are enough bytes to recognise a file by. A slow pipe is not waited for any longer.
fn peek(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = vec![0; HEAD_BYTES];
    let mut filled = 0;
    while filled < ENOUGH_BYTES {
        match reader.read(&mut head[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    head.truncate(filled);
    Ok(head)
}

const HEAD_BYTES: usize = 4096;
/// `RIFF`, a size and `WAVE`.
const ENOUGH_BYTES: usize = 12;
