//! Where the samples come from.

use audio_converter::Encoding;
use audio_converter_file::{Channel, Source};
use audio_converter_measure::Reading;

/// What a recording says about itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Description {
    pub(crate) name: String,
    /// The kind of file, and how its samples are written, in words.
    pub(crate) container: String,
    pub(crate) encoding: String,
    pub(crate) channels: u16,
    /// Which channel is looked at, in words.
    pub(crate) channel: String,
    pub(crate) rate: u32,
    /// How the bytes of [`Blocks::read`] are to be read.
    pub(crate) reading: Reading,
    /// What is odd about the file, each a sentence without a full stop.
    pub(crate) warnings: Vec<String>,
}

/// A recording as mono blocks of bytes.
pub(crate) trait Blocks {
    fn describe(&self) -> Description;

    /// Fills `bytes` with whole samples; how many bytes it has filled, 0 at the end.
    fn read(&mut self, bytes: &mut [u8]) -> anyhow::Result<usize>;
}

/// A file, and the channel that was asked for.
impl Blocks for (Source, Channel) {
    fn describe(&self) -> Description {
        let (source, channel) = self;
        let info = source.info();
        let reading = match source.format().encoding() {
            Encoding::Pcm16Be => Reading::Pcm16Be,
            Encoding::MuLaw => Reading::MuLaw,
            Encoding::ALaw => Reading::ALaw,
            Encoding::F32 => Reading::F32,
            _ => Reading::Pcm16,
        };
        Description {
            name: source.name().to_owned(),
            container: info.container.clone(),
            encoding: info.encoding.clone(),
            channels: info.channels,
            channel: channel.to_string(),
            rate: source.format().rate(),
            reading,
            warnings: info.warnings.clone(),
        }
    }

    fn read(&mut self, bytes: &mut [u8]) -> anyhow::Result<usize> {
        Ok(self.0.read(bytes)?)
    }
}
