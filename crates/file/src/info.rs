//! What a file says about itself.

use std::time::Duration;

/// What a [`Source`](crate::Source) found out about its input.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// The kind of file in words: `WAV`, `RF64`, `raw`, or what the media decoder calls it.
    pub container: String,
    /// How its samples are written, in words: `16-bit PCM`, `µ-law`, `mp3`.
    pub encoding: String,
    /// Bits a sample, where that means something.
    pub bits: Option<u32>,
    /// Channels in the file, before one is chosen or all are mixed.
    pub channels: u16,
    /// Samples a second and channel, in Hz.
    pub rate: u32,
    /// Samples a channel, where the header or the file's size tell; it is a promise, not a count.
    pub frames: Option<u64>,
    /// What is odd about the file, each a sentence without a full stop. Some are known only at the end of it.
    pub warnings: Vec<String>,
}

impl Info {
    /// The duration that the header or the file's size promise.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        let frames = self.frames?;
        (self.rate > 0).then(|| duration(frames, self.rate))
    }

    /// One line, as in `WAV, 16-bit PCM, 2 channels, 44100 Hz`.
    #[must_use]
    pub fn describe(&self) -> String {
        let channels = match self.channels {
            1 => "mono".to_owned(),
            2 => "stereo".to_owned(),
            more => format!("{more} channels"),
        };
        format!(
            "{}, {}, {channels}, {} Hz",
            self.container, self.encoding, self.rate
        )
    }
}

/// How long so many samples at `rate` take. `rate` is above 0.
pub(crate) fn duration(samples: u64, rate: u32) -> Duration {
    let rate = u64::from(rate.max(1));
    let nanos = (samples % rate) * 1_000_000_000 / rate;
    Duration::from_secs(samples / rate) + Duration::from_nanos(nanos)
}
