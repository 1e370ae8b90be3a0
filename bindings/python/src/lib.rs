//! `audio_converter._native`: the converter for Python. No audio arithmetic is done here, and no Python idiom: the
//! package's Python files, beside this folder in `python/audio_converter`, are what users see.
//!
//! Every object guards its state with a lock that is only ever tried: a second thread in the same stream is a mistake
//! that gets an exception, with or without a global interpreter lock.

mod bytes;
mod chunks;
mod converter;
mod files;
mod g711;
mod shared;

/// The native half of `audio_converter`.
#[pyo3::pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::chunks::ChunkConverter;
    #[pymodule_export]
    use crate::converter::Converter;
    #[pymodule_export]
    use crate::files::{AudioReader, AudioWriter, convert_audio, inspect};
    #[pymodule_export]
    use crate::g711::transcode;

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "the name is Python's")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
