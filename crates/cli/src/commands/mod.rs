//! The commands, one function each.

mod convert;
mod docs;

use std::io;

use audio_converter_file as file;

pub(crate) use convert::convert;
pub(crate) use docs::{completions, man};

/// Whether the reader of our output went away, as in `… | head`: that is success.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<file::Error>()
        .is_some_and(file::Error::is_broken_pipe)
        || error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Whether other arguments would have helped whatever the files hold.
pub(crate) fn is_usage(error: &anyhow::Error) -> bool {
    use file::Error::{NotInWav, OutputUnknown, OutputUnsupported};
    matches!(
        error.downcast_ref(),
        Some(NotInWav { .. } | OutputUnknown { .. } | OutputUnsupported { .. })
    )
}
