//! Why there is no report, or no picture.

use audio_converter_file as file;

/// Why a recording could not be inspected, or its picture not be made.
///
/// ```
/// use audio_converter_file::SourceOptions;
/// use audio_converter_inspect::{Error, inspect};
///
/// let error = inspect("no-such.wav", &SourceOptions::default()).unwrap_err();
/// assert_eq!(error.to_string(), "cannot read no-such.wav: no such file or directory");
/// // What to do about it, the error of the file tells.
/// assert!(matches!(error, Error::File(error) if error.hint().is_some()));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The recording could not be read, or the picture not be written.
    #[error(transparent)]
    File(#[from] file::Error),
    /// Nothing can be measured at such a rate.
    #[error("{name}: a rate of {rate} Hz cannot be measured")]
    Rate {
        /// The recording.
        name: String,
        /// Its rate in Hz.
        rate: u32,
    },
    /// The name of the picture does not end in `.svg` or `.png`.
    #[cfg(feature = "plot")]
    #[error("{name}: {}", crate::Picture::NAMES)]
    PictureName {
        /// The picture.
        name: String,
    },
    /// The picture could not be drawn.
    #[cfg(feature = "plot")]
    #[error("{problem}")]
    Picture {
        /// What is wrong with it.
        problem: String,
    },
}

/// What every function of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(feature = "plot")]
impl Error {
    pub(crate) fn picture(problem: &(impl ToString + ?Sized)) -> Self {
        Self::Picture {
            problem: problem.to_string(),
        }
    }
}
