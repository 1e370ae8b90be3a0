//! Writing: a stream of mono samples as a WAV or raw file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use audio_converter::Format;

use crate::convert::refuse_same_file;
use crate::ending::Container;
use crate::error::{Error, Result};
use crate::name;
use crate::wav;
use crate::whole::Whole;

/// An output in the making.
///
/// A file appears under its name at [`Sink::finish`], whole, in place of the file that was there; dropped before,
/// the sink leaves nothing behind. Pipes, devices and standard output are written to as the samples come, with a WAV
/// header of open length.
///
/// ```
/// use audio_converter_file::{Container, Sink, Source, SourceOptions};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("silence.wav");
/// let mut sink = Sink::create(&path, Container::Wav, "mulaw/8000".parse()?)?;
/// sink.write(&[0xFF; 8_000])?;
/// assert!(!path.exists());
/// sink.finish()?;
///
/// let source = Source::open(&path, &SourceOptions::default())?;
/// assert_eq!(source.info().frames, Some(8_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Sink {
    name: String,
    format: Format,
    container: Container,
    output: Output,
    keeps_existing: bool,
    is_begun: bool,
    samples_bytes: u64,
}

enum Output {
    /// Appears at the end.
    Whole(Whole),
    /// Is written to directly.
    Stream(Box<dyn Write + Send>),
}

impl Sink {
    /// Starts an output at `path`, or on standard output for `-` (a file of that name is `./-`).
    ///
    /// Links are followed, so that a link stays one. Devices and named pipes are written to directly.
    ///
    /// # Errors
    ///
    /// When it may not be created, its folder does not exist, it is a folder, or a WAV file cannot hold the format.
    pub fn create(path: impl AsRef<Path>, container: Container, format: Format) -> Result<Self> {
        let path = path.as_ref();
        let name = name::output(path);
        let output = match place(path).map_err(|error| Error::write(&name, error))? {
            Place::StandardOutput => Ok(Output::Stream(Box::new(io::stdout()))),
            Place::Direct(path) => open_direct(&path).map(|file| Output::Stream(Box::new(file))),
            Place::File(target) => Whole::create(&target).map(Output::Whole),
        };
        Self::new(
            output.map_err(|error| Error::write(&name, error))?,
            name,
            container,
            format,
        )
    }

    /// Writes to a stream, as the samples come. `name` stands in messages.
    ///
    /// # Errors
    ///
    /// When a WAV file cannot hold the format.
    pub fn from_writer(
        name: &str,
        writer: impl Write + Send + 'static,
        container: Container,
        format: Format,
    ) -> Result<Self> {
        Self::new(
            Output::Stream(Box::new(writer)),
            name.to_owned(),
            container,
            format,
        )
    }

    fn new(output: Output, name: String, container: Container, format: Format) -> Result<Self> {
        if container == Container::Wav && wav::header(format, None).is_none() {
            return Err(Error::NotInWav {
                name,
                encoding: format.encoding(),
            });
        }
        Ok(Self {
            name,
            format,
            container,
            output,
            keeps_existing: false,
            is_begun: false,
            samples_bytes: 0,
        })
    }

    /// Leaves alone a file that stands in the output's place at the end: [`Sink::finish`] is then an error.
    pub(crate) const fn keeping_existing(mut self, keeps_existing: bool) -> Self {
        self.keeps_existing = keeps_existing;
        self
    }

    /// What [`Sink::write`] takes.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The name that stands in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Writes samples of [`Sink::format`]. A pipe has them when this returns.
    ///
    /// # Errors
    ///
    /// When the system refuses; the output is then lost, and the sink of no more use.
    pub fn write(&mut self, samples: &[u8]) -> Result<()> {
        if samples.is_empty() {
            return Ok(());
        }
        self.begin()?;
        self.samples_bytes += samples.len() as u64;
        self.put(samples)
    }

    /// Ends the output, and puts a file in its place. Returns the bytes of samples written.
    ///
    /// # Errors
    ///
    /// When the system refuses, with a full disk for example; nothing is then left behind.
    pub fn finish(mut self) -> Result<u64> {
        self.begin()?;
        let header = wav::header(self.format, Some(self.samples_bytes))
            .filter(|_| self.container == Container::Wav);
        if let (Output::Whole(_), Some(_), false) =
            (&self.output, &header, self.samples_bytes.is_multiple_of(2))
        {
            // In a stream of open length the padding would count as a sample.
            self.put(&[0])?;
        }
        let result = match self.output {
            Output::Stream(mut stream) => stream.flush(),
            Output::Whole(mut whole) => header
                .map_or(Ok(()), |header| whole.rewrite_start(&header))
                .and_then(|()| whole.finish(self.keeps_existing)),
        };
        result.map_err(|error| {
            if self.keeps_existing && error.kind() == io::ErrorKind::AlreadyExists {
                Error::Exists {
                    name: self.name.clone(),
                }
            } else {
                Error::write(&self.name, error)
            }
        })?;
        Ok(self.samples_bytes)
    }

    /// Writes the header before the first sample, with an open length for the time being.
    fn begin(&mut self) -> Result<()> {
        if self.is_begun {
            return Ok(());
        }
        self.is_begun = true;
        match (self.container, wav::header(self.format, None)) {
            (Container::Wav, Some(header)) => self.put(&header),
            _ => Ok(()),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        let result = match &mut self.output {
            Output::Whole(whole) => whole.write_all(bytes),
            Output::Stream(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        };
        result.map_err(|error| Error::write(&self.name, error))
    }
}

impl std::fmt::Debug for Sink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sink")
            .field("name", &self.name)
            .field("format", &self.format)
            .field("container", &self.container)
            .finish_non_exhaustive()
    }
}

/// Where a path leads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    StandardOutput,
    /// A device, pipe or the like.
    Direct(PathBuf),
    /// A file, there or not, behind all links.
    File(PathBuf),
}

/// Follows links by hand, since the last one may lead to a file that does not exist yet, and since what lies below
/// `/dev` and `/proc` is not to be replaced, even where it leads to a file in the end.
pub(crate) fn place(path: &Path) -> io::Result<Place> {
    if name::is_dash(path) {
        return Ok(Place::StandardOutput);
    }
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        if ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]
            .iter()
            .any(|name| path == Path::new(name))
        {
            return Ok(Place::StandardOutput);
        }
        if path.starts_with("/proc")
            || path.starts_with("/dev/fd")
            || path == Path::new("/dev/stderr")
        {
            return Ok(Place::Direct(path));
        }
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => {
                let target = fs::read_link(&path)?;
                path = path
                    .parent()
                    .map_or_else(|| target.clone(), |folder| folder.join(&target));
            }
            Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(metadata) if metadata.is_file() => return Ok(Place::File(path)),
            Ok(_) => return Ok(Place::Direct(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Place::File(path)),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many links"))
}

/// Writes all of a file that is no sound (a picture, a page) as a [`Sink`] does: whole or not at all, and never over
/// one of the `inputs`, by whatever names or links.
///
/// ```
/// use audio_converter_file::{Error, write_file};
///
/// let folder = tempfile::tempdir()?;
/// let (sound, picture) = (folder.path().join("a.wav"), folder.path().join("a.svg"));
/// std::fs::write(&sound, b"sound")?;
/// write_file(&picture, b"<svg/>", &[&sound])?;
/// assert!(matches!(write_file(&sound, b"<svg/>", &[&sound]), Err(Error::SameFile { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// When the output is one of the inputs, or the system refuses.
pub fn write_file(path: impl AsRef<Path>, bytes: &[u8], inputs: &[&Path]) -> Result<()> {
    let path = path.as_ref();
    for input in inputs {
        refuse_same_file(input, path)?;
    }
    let write = || match place(path)? {
        Place::StandardOutput => io::stdout().write_all(bytes),
        Place::Direct(path) => open_direct(&path)?.write_all(bytes),
        Place::File(target) => {
            let mut whole = Whole::create(&target)?;
            whole.write_all(bytes)?;
            whole.finish(false)
        }
    };
    write().map_err(|error| Error::write(&name::output(path), error))
}

fn open_direct(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).open(path)
}

const MAX_LINKS: usize = 40;
