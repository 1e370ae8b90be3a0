//! Which channel of a recording to take.

use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

/// What becomes of the channels of a recording, since all conversion here is mono.
///
/// ```
/// use audio_converter_file::Channel;
///
/// assert_eq!("mix".parse(), Ok(Channel::Mix));
/// assert_eq!("left".parse::<Channel>(), "1".parse());
/// assert!("0".parse::<Channel>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The mean of all channels.
    #[default]
    Mix,
    /// One channel alone, the first being 1. Its samples are not touched.
    One(NonZeroU16),
}

/// The text that is no [`Channel`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a channel: give 1 for the first, 2 for the second and so on, left, right or mix"
)]
pub struct ChannelError(String);

impl FromStr for Channel {
    type Err = ChannelError;

    fn from_str(text: &str) -> Result<Self, ChannelError> {
        const SECOND: NonZeroU16 = NonZeroU16::MIN.saturating_add(1);
        match text {
            "mix" => Ok(Self::Mix),
            "left" => Ok(Self::One(NonZeroU16::MIN)),
            "right" => Ok(Self::One(SECOND)),
            number => number
                .parse()
                .map(Self::One)
                .map_err(|_| ChannelError(number.to_owned())),
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mix => f.pad("mix"),
            Self::One(number) => number.fmt(f),
        }
    }
}
