//! A file that appears whole or not at all.
//!
//! It is written under a temporary name in the same folder and takes its own name in one step at the end. Until
//! then it is removed when it is dropped, and by [`remove_unfinished`] when a signal ends the program.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::{NamedTempFile, TempPath};

/// A file in the making.
#[derive(Debug)]
pub(crate) struct Whole {
    writer: BufWriter<File>,
    temporary: Option<TempPath>,
    target: PathBuf,
}

impl Whole {
    /// Starts a file that will stand at `target` in place of whatever file is there.
    pub(crate) fn create(target: &Path) -> io::Result<Self> {
        let existing = match OpenOptions::new().write(true).open(target) {
            Ok(file) => Some(file.metadata()?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut unfinished = unfinished();
        let Some(paths) = &mut *unfinished else {
            return Err(io::Error::other("the program is ending"));
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".audio-stream-converter-").suffix(".part");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As any new file: what the umask leaves of it.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let temporary: NamedTempFile = builder
            .tempfile_in(folder)
            .map_err(|error| without_path(&error))?;
        paths.push(temporary.path().to_owned());
        drop(unfinished);
        let (file, temporary) = temporary.into_parts();
        let whole = Self {
            writer: BufWriter::with_capacity(BUFFER_BYTES, file),
            temporary: Some(temporary),
            target: target.to_owned(),
        };
        if let Some(existing) = existing {
            whole.take_after(&existing)?;
        }
        Ok(whole)
    }

    /// Gives the new file the permissions, and where we may the owner, of the one that it replaces.
    fn take_after(&self, existing: &fs::Metadata) -> io::Result<()> {
        let file = self.writer.get_ref();
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, fchown};
            let own = file.metadata()?;
            if (own.uid(), own.gid()) != (existing.uid(), existing.gid()) {
                // Only the superuser may; for others the file then belongs to whoever wrote it, as with any editor.
                let _ = fchown(file, Some(existing.uid()), Some(existing.gid()));
            }
        }
        file.set_permissions(existing.permissions())
    }

    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(bytes)
    }

    /// Writes over the first bytes.
    pub(crate) fn rewrite_start(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.flush()?;
        let file = self.writer.get_mut();
        file.seek(SeekFrom::Start(0))?;
        file.write_all(bytes)
    }

    /// Puts the file in its place; with `keeps_existing` only when no file is there, even one that has appeared since.
    pub(crate) fn finish(mut self, keeps_existing: bool) -> io::Result<()> {
        self.writer.flush()?;
        // A full disk or a quota can come to light only now; and the name must not appear before the bytes do.
        self.writer.get_ref().sync_all()?;
        let Some(temporary) = self.temporary.take() else {
            return Ok(());
        };
        let mut unfinished = unfinished();
        let path = temporary.to_path_buf();
        let result = if keeps_existing {
            temporary.persist_noclobber(&self.target)
        } else {
            temporary.persist(&self.target)
        };
        let result = result.map_err(|error| error.error);
        forget(&mut unfinished, &path);
        result
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            let mut unfinished = unfinished();
            let path = temporary.to_path_buf();
            drop(temporary);
            forget(&mut unfinished, &path);
        }
    }
}

/// Removes the temporary files of all outputs in the making, and lets nobody start another.
///
/// For a program that is about to end by a signal, where nothing is dropped: call it from the thread that waits for
/// signals (not from a signal handler proper, since it takes a lock), then end the program.
///
/// ```no_run
/// audio_converter_file::remove_unfinished();
/// std::process::exit(130);
/// ```
pub fn remove_unfinished() {
    for path in unfinished().take().unwrap_or_default() {
        // It can only be gone already.
        let _ = fs::remove_file(path);
    }
}

/// The temporary files that exist now; `None` once the program is ending. The lock is held while a file gets its
/// final name, so that it is either finished or removed.
static UNFINISHED: Mutex<Option<Vec<PathBuf>>> = Mutex::new(Some(Vec::new()));

fn unfinished() -> MutexGuard<'static, Option<Vec<PathBuf>>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn forget(unfinished: &mut Option<Vec<PathBuf>>, path: &Path) {
    if let Some(paths) = unfinished {
        paths.retain(|other| other != path);
    }
}

/// Tempfile adds the temporary name to the system's words; people asked for another name.
fn without_path(error: &io::Error) -> io::Error {
    let text = error.to_string();
    io::Error::new(
        error.kind(),
        text.split(" at path ").next().unwrap_or_default(),
    )
}

const BUFFER_BYTES: usize = 1 << 16;
