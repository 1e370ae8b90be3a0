//! The commands, one function each.

mod convert;
mod demo;
mod docs;
mod live_view;
mod phonebox_call;
mod phonebox_load;
mod phonebox_model;
mod runtime;
mod serve;
mod unmet;

use std::io::{self, Write};

use audio_converter_file as file;

pub(crate) use convert::convert;
pub(crate) use demo::demo;
pub(crate) use docs::{completions, man};
pub(crate) use phonebox_call::call;
pub(crate) use phonebox_load::load;
pub(crate) use phonebox_model::model;
pub(crate) use serve::serve;
pub(crate) use unmet::Unmet;

/// All of this on standard output, with its colours only where they are wanted.
pub(crate) fn print(bytes: &[u8]) -> Result<(), file::Error> {
    let mut output = anstream::stdout().lock();
    output
        .write_all(bytes)
        .and_then(|()| output.flush())
        .map_err(|source| file::Error::Write {
            name: "standard output".to_owned(),
            source,
        })
}

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
