//! What the ending of a file's name tells.

use std::path::Path;

use audio_converter::{Encoding, Format};

use crate::error::{Error, Result};
use crate::name::output as display;

/// How the bytes of an output are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// A WAV file.
    Wav,
    /// Samples alone, without a header.
    Raw,
}

/// The encoding, and the rate where the ending implies one, of a file of raw samples by its name.
///
/// ```
/// use audio_converter::Encoding;
/// use audio_converter_file::raw_ending;
///
/// assert_eq!(raw_ending("call.ulaw"), Some((Encoding::MuLaw, Some(8_000))));
/// assert_eq!(raw_ending("voice.PCM"), Some((Encoding::Pcm16, None)));
/// assert_eq!(raw_ending("voice.wav"), None);
/// ```
pub fn raw_ending(path: impl AsRef<Path>) -> Option<(Encoding, Option<u32>)> {
    Some(match ending(path.as_ref())?.as_str() {
        "ulaw" | "ul" | "mulaw" | "pcmu" | "mu" => (Encoding::MuLaw, Some(8_000)),
        "alaw" | "al" | "pcma" => (Encoding::ALaw, Some(8_000)),
        "pcm" | "raw" | "s16" | "s16le" => (Encoding::Pcm16, None),
        "s16be" => (Encoding::Pcm16Be, None),
        "f32" | "f32le" => (Encoding::F32, None),
        _ => return None,
    })
}

/// The container and format that an output shall have: what was asked for, else what its name tells, else, at a
/// rate that neither tells, the input's rate.
///
/// # Errors
///
/// When nothing tells, or the name asks for a kind of file that cannot be written.
///
/// ```
/// use audio_converter_file::{Container, output_format};
///
/// let speech = "f32/44100".parse()?;
/// assert_eq!(output_format("call.ulaw", None, None, speech)?, (Container::Raw, "mulaw/8000".parse()?));
/// assert_eq!(output_format("speech.wav", None, None, speech)?, (Container::Wav, "pcm16/44100".parse()?));
/// assert!(output_format("speech.mp3", None, None, speech).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn output_format(
    path: impl AsRef<Path>,
    to: Option<Format>,
    container: Option<Container>,
    input: Format,
) -> Result<(Container, Format)> {
    let path = path.as_ref();
    let ending = ending(path);
    let by_name = match ending.as_deref() {
        Some("wav" | "wave") => Some(Container::Wav),
        Some(other) if is_media(other) && container.is_none() => {
            return Err(Error::OutputUnsupported {
                name: display(path),
                ending: other.to_owned(),
            });
        }
        _ => raw_ending(path).map(|_| Container::Raw),
    };
    let format = match (to, raw_ending(path), container.or(by_name)) {
        (Some(to), _, _) => to,
        (None, Some((encoding, rate)), _) => Format::new(encoding, rate.unwrap_or(input.rate()))
            .map_err(|source| Error::Convert {
                name: display(path),
                source,
            })?,
        (None, None, Some(Container::Wav)) => {
            Format::new(Encoding::Pcm16, input.rate()).map_err(|source| Error::Convert {
                name: display(path),
                source,
            })?
        }
        (None, None, _) => {
            return Err(Error::OutputUnknown {
                name: display(path),
            });
        }
    };
    let container = container.or(by_name).unwrap_or(Container::Raw);
    if container == Container::Wav && format.encoding() == Encoding::Pcm16Be {
        return Err(Error::NotInWav {
            name: display(path),
            encoding: format.encoding(),
        });
    }
    Ok((container, format))
}

/// The ending in lower case, without its dot.
pub(crate) fn ending(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

/// Endings under which anything but that kind of file would mislead.
fn is_media(ending: &str) -> bool {
    const MEDIA: [&str; 22] = [
        "mp3", "mp2", "flac", "ogg", "oga", "opus", "m4a", "mp4", "m4b", "aac", "caf", "aif",
        "aiff", "aifc", "wma", "webm", "mka", "mkv", "au", "snd", "amr", "gsm",
    ];
    MEDIA.contains(&ending)
}
