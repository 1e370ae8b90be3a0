//! Writes the WAV header for one mono stream.

use audio_converter::{Encoding, Format};

use super::parse::{ALAW, FLOAT, MULAW, PCM};

/// The header of a mono WAV file of `format` with so many bytes of samples, or `None` where WAV has no tag for it.
///
/// With `None` bytes, or more than fit into 32 bits, the sizes say "to the end of the stream" (0xFFFFFFFF), which
/// every common reader takes. Otherwise an odd number of bytes needs one zero after the last.
#[must_use]
pub fn header(format: Format, data_bytes: Option<u64>) -> Option<Vec<u8>> {
    let tag = match format.encoding() {
        Encoding::Pcm16 => PCM,
        Encoding::F32 => FLOAT,
        Encoding::ALaw => ALAW,
        Encoding::MuLaw => MULAW,
        _ => return None,
    };
    let bytes = format.bytes_per_sample() as u16;
    let mut fmt = Vec::with_capacity(18);
    fmt.extend(tag.to_le_bytes());
    fmt.extend(1_u16.to_le_bytes());
    fmt.extend(format.rate().to_le_bytes());
    fmt.extend((format.rate() * u32::from(bytes)).to_le_bytes());
    fmt.extend(bytes.to_le_bytes());
    fmt.extend((bytes * 8).to_le_bytes());
    // The standard wants the size of an extension and the count of samples with everything that is not PCM.
    let mut fact = Vec::new();
    if tag != PCM {
        fmt.extend(0_u16.to_le_bytes());
        let samples = data_bytes.and_then(|count| u32::try_from(count / u64::from(bytes)).ok());
        fact.extend(b"fact\x04\0\0\0");
        fact.extend(samples.unwrap_or(u32::MAX).to_le_bytes());
    }
    let before_data = (4 + 8 + fmt.len() + fact.len() + 8) as u64;
    let sizes = data_bytes.and_then(|count| {
        let riff = u32::try_from(before_data + count + count % 2).ok()?;
        Some((riff, count as u32))
    });
    let (riff, data) = sizes.unwrap_or((u32::MAX, u32::MAX));

    let mut header = Vec::with_capacity(58);
    header.extend(b"RIFF");
    header.extend(riff.to_le_bytes());
    header.extend(b"WAVEfmt ");
    header.extend((fmt.len() as u32).to_le_bytes());
    header.extend(fmt);
    header.extend(fact);
    header.extend(b"data");
    header.extend(data.to_le_bytes());
    Some(header)
}
