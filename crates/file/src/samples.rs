//! Interleaved samples of any layout to the mono bytes that core takes.

use audio_converter::{Converter, Encoding, Format};

use crate::channel::Channel;

/// How one sample of one channel is written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sample {
    /// 8-bit unsigned PCM, silence at 128.
    U8,
    /// 16-bit PCM, little endian.
    S16,
    /// 16-bit PCM, big endian.
    S16Be,
    /// 24-bit PCM, little endian.
    S24,
    /// 32-bit PCM, little endian.
    S32,
    /// 32-bit float, little endian.
    F32,
    /// 64-bit float, little endian.
    F64,
    /// G.711 µ-law.
    MuLaw,
    /// G.711 A-law.
    ALaw,
}

/// The most channels that a file may have; above it the header is taken for damaged.
pub const MAX_CHANNELS: u16 = 1024;

impl Sample {
    /// Bytes that one sample takes, at most 8.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::MuLaw | Self::ALaw => 1,
            Self::S16 | Self::S16Be => 2,
            Self::S24 => 3,
            Self::S32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// In words for people.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::U8 => "8-bit PCM",
            Self::S16 => "16-bit PCM",
            Self::S16Be => "16-bit big-endian PCM",
            Self::S24 => "24-bit PCM",
            Self::S32 => "32-bit PCM",
            Self::F32 => "32-bit float",
            Self::F64 => "64-bit float",
            Self::MuLaw => "µ-law",
            Self::ALaw => "A-law",
        }
    }

    pub(crate) const fn of(encoding: Encoding) -> Option<Self> {
        Some(match encoding {
            Encoding::Pcm16 => Self::S16,
            Encoding::Pcm16Be => Self::S16Be,
            Encoding::MuLaw => Self::MuLaw,
            Encoding::ALaw => Self::ALaw,
            Encoding::F32 => Self::F32,
            _ => return None,
        })
    }

    /// The encoding in which one channel alone loses least: its own where core has it.
    const fn alone(self) -> Encoding {
        match self {
            Self::U8 | Self::S16 => Encoding::Pcm16,
            Self::S16Be => Encoding::Pcm16Be,
            Self::S24 | Self::S32 | Self::F32 | Self::F64 => Encoding::F32,
            Self::MuLaw => Encoding::MuLaw,
            Self::ALaw => Encoding::ALaw,
        }
    }

    /// Whether a lone sample is already in the bytes of [`Sample::alone`].
    const fn is_core(self) -> bool {
        matches!(
            self,
            Self::S16 | Self::S16Be | Self::F32 | Self::MuLaw | Self::ALaw
        )
    }
}

/// Takes one channel or the mean of all from interleaved frames.
///
/// A channel alone keeps its encoding (8-bit PCM becomes 16-bit; 24 and more bits become float, exact to
/// 24 bits); a mean is float, so that it is rounded once only, by the converter.
#[derive(Debug)]
pub(crate) struct Mono {
    sample: Sample,
    channels: usize,
    take: Option<usize>,
    g711: Option<Box<[f32]>>,
}

impl Mono {
    /// `channels` is at least 1; an index of `channel` beyond them gives `None`.
    pub(crate) fn new(sample: Sample, channels: u16, channel: Channel) -> Option<Self> {
        let take = match channel {
            Channel::One(number) if number.get() > channels => return None,
            Channel::One(number) => Some(usize::from(number.get()) - 1),
            Channel::Mix => (channels == 1).then_some(0),
        };
        let g711 = match (take, sample) {
            (None, Sample::MuLaw) => Some(g711_values(Encoding::MuLaw)),
            (None, Sample::ALaw) => Some(g711_values(Encoding::ALaw)),
            _ => None,
        };
        Some(Self {
            sample,
            channels: usize::from(channels),
            take,
            g711,
        })
    }

    pub(crate) const fn encoding(&self) -> Encoding {
        match self.take {
            Some(_) => self.sample.alone(),
            None => Encoding::F32,
        }
    }

    pub(crate) const fn frame_bytes(&self) -> usize {
        self.channels * self.sample.bytes()
    }

    /// Converts as many whole frames as there are in `frames` and fit into `out`. Returns their number.
    pub(crate) fn convert(&self, frames: &[u8], out: &mut [u8]) -> usize {
        let (frame, width) = (self.frame_bytes(), self.encoding().bytes_per_sample());
        let count = (frames.len() / frame).min(out.len() / width);
        let (frames, out) = (&frames[..count * frame], &mut out[..count * width]);
        if self.channels == 1 && self.sample.is_core() {
            out.copy_from_slice(frames);
            return count;
        }
        let size = self.sample.bytes();
        let pairs = frames.chunks_exact(frame).zip(out.chunks_exact_mut(width));
        match self.take {
            Some(index) => {
                let at = index * size;
                for (frame, out) in pairs {
                    self.copy_one(&frame[at..at + size], out);
                }
            }
            None => {
                let scale = 1.0 / self.channels as f64;
                for (frame, out) in pairs {
                    let sum: f64 = frame
                        .chunks_exact(size)
                        .map(|one| f64::from(self.value(one)))
                        .sum();
                    out.copy_from_slice(&((sum * scale) as f32).to_le_bytes());
                }
            }
        }
        count
    }

    fn copy_one(&self, sample: &[u8], out: &mut [u8]) {
        match self.sample {
            Sample::U8 => out.copy_from_slice(&((i16::from(sample[0]) - 128) << 8).to_le_bytes()),
            Sample::S24 | Sample::S32 | Sample::F64 => {
                out.copy_from_slice(&self.value(sample).to_le_bytes())
            }
            Sample::S16 | Sample::S16Be | Sample::F32 | Sample::MuLaw | Sample::ALaw => {
                out.copy_from_slice(sample)
            }
        }
    }

    /// One sample as a float with full scale at ±1.
    fn value(&self, s: &[u8]) -> f32 {
        match self.sample {
            Sample::U8 => (f32::from(s[0]) - 128.0) / 128.0,
            Sample::S16 => f32::from(i16::from_le_bytes([s[0], s[1]])) / 32_768.0,
            Sample::S16Be => f32::from(i16::from_be_bytes([s[0], s[1]])) / 32_768.0,
            Sample::S24 => i32::from_le_bytes([0, s[0], s[1], s[2]]) as f32 / 2_147_483_648.0,
            Sample::S32 => i32::from_le_bytes([s[0], s[1], s[2], s[3]]) as f32 / 2_147_483_648.0,
            Sample::F32 => finite(f32::from_le_bytes([s[0], s[1], s[2], s[3]])),
            Sample::F64 => {
                finite(f64::from_le_bytes([s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]]) as f32)
            }
            Sample::MuLaw | Sample::ALaw => self
                .g711
                .as_ref()
                .map_or(0.0, |values| values[usize::from(s[0])]),
        }
    }
}

/// As core reads floats: limited to ±128, NaN as silence. Else one NaN would silence every channel of a mix.
fn finite(value: f32) -> f32 {
    if value.is_nan() {
        0.0
    } else {
        value.clamp(-128.0, 128.0)
    }
}

/// What each of the 256 codes decodes to, asked from core so that the law is written once only.
fn g711_values(encoding: Encoding) -> Box<[f32]> {
    let codes: Vec<u8> = (0..=255).collect();
    let format = |encoding| Format::new(encoding, 8_000);
    let converter =
        format(encoding).and_then(|from| Converter::new(from, format(Encoding::Pcm16)?));
    let mut bytes = converter.map_or_else(
        |_| Vec::new(),
        |mut converter| {
            let mut bytes = converter.process(&codes);
            bytes.extend(converter.finish());
            bytes
        },
    );
    bytes.resize(512, 0);
    bytes
        .chunks_exact(2)
        .map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mono(sample: Sample, channels: u16, channel: &str, frames: &[u8]) -> (Encoding, Vec<u8>) {
        let mono = Mono::new(sample, channels, channel.parse().unwrap()).unwrap();
        let mut out = vec![0; 64];
        let count = mono.convert(frames, &mut out);
        out.truncate(count * mono.encoding().bytes_per_sample());
        (mono.encoding(), out)
    }

    #[test]
    fn a_channel_alone_is_not_touched() {
        assert_eq!(
            mono(Sample::S16, 2, "2", &[1, 2, 3, 4, 5, 6, 7, 8, 9]),
            (Encoding::Pcm16, vec![3, 4, 7, 8])
        );
        assert_eq!(
            mono(Sample::MuLaw, 1, "mix", &[9, 8, 7]),
            (Encoding::MuLaw, vec![9, 8, 7])
        );
        assert_eq!(
            mono(Sample::S16Be, 1, "1", &[9, 8, 7]),
            (Encoding::Pcm16Be, vec![9, 8])
        );
    }

    #[test]
    fn eight_bits_become_sixteen() {
        let expected: Vec<u8> = [-32_768_i16, 0, 32_512]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        assert_eq!(
            mono(Sample::U8, 1, "mix", &[0, 128, 255]),
            (Encoding::Pcm16, expected)
        );
    }

    #[test]
    fn wide_samples_become_float() {
        let float = |value: f32| (Encoding::F32, value.to_le_bytes().to_vec());
        assert_eq!(mono(Sample::S24, 1, "1", &[0, 0, 0x40]), float(0.5));
        assert_eq!(
            mono(Sample::S24, 1, "1", &[1, 0, 0x80]),
            float(-1.0 + 1.0 / 8_388_608.0)
        );
        assert_eq!(mono(Sample::S32, 1, "1", &[0, 0, 0, 0xC0]), float(-0.5));
        assert_eq!(
            mono(Sample::F64, 1, "1", &0.25_f64.to_le_bytes()),
            float(0.25)
        );
        assert_eq!(
            mono(Sample::F64, 1, "1", &f64::NAN.to_le_bytes()),
            float(0.0)
        );
    }

    #[test]
    fn a_mix_is_the_mean() {
        let frames: Vec<u8> = [100_i16, 201, -300, -300]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        let expected: Vec<u8> = [150.5_f32 / 32_768.0, -300.0 / 32_768.0]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        assert_eq!(
            mono(Sample::S16, 2, "mix", &frames),
            (Encoding::F32, expected)
        );
    }

    #[test]
    fn there_is_no_channel_beyond_the_last() {
        assert!(Mono::new(Sample::S16, 2, "3".parse().unwrap()).is_none());
    }
}
