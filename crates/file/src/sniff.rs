//! Tells kinds of files apart by their first bytes.

/// What the first bytes of a file are for certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// RIFF WAVE, or its 64-bit kinds.
    Wav,
    /// Another media file, by a signature too long to come about by chance in samples.
    Media,
    /// A media file that only ffmpeg reads.
    Foreign,
    /// Plain text.
    Text,
    /// Samples, or something that has no signature.
    Unknown,
}

pub(crate) fn kind(head: &[u8]) -> Kind {
    let at = |offset: usize, signature: &[u8]| {
        head.get(offset..offset + signature.len())
            .is_some_and(|bytes| bytes == signature)
    };
    if (at(0, b"RIFF") || at(0, b"RF64") || at(0, b"BW64")) && at(8, b"WAVE") {
        Kind::Wav
    } else if FOREIGN
        .iter()
        .any(|(offset, signature)| at(*offset, signature))
    {
        Kind::Foreign
    } else if MEDIA
        .iter()
        .any(|(offset, signature)| at(*offset, signature))
    {
        Kind::Media
    } else if is_text(head) {
        Kind::Text
    } else {
        Kind::Unknown
    }
}

/// Whether the bytes are text in UTF-8 (possibly cut within a letter). Samples can look like it by chance only when
/// there are very few of them, or when they are all alike; those count as samples.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let is_plain = |letter: char| {
        !letter.is_control() || matches!(letter, '\t' | '\n' | '\r' | '\x0C' | '\x1B')
    };
    let mut kinds = text.bytes().collect::<Vec<_>>();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.len() >= 4
        && text.chars().all(is_plain)
        && text.chars().filter(char::is_ascii).count() * 2 > text.chars().count()
}

const MEDIA: [(usize, &[u8]); 10] = [
    (0, b"fLaC"),
    (0, b"OggS\0"),
    (0, b"ID3\x02"),
    (0, b"ID3\x03"),
    (0, b"ID3\x04"),
    (8, b"AIFF"),
    (8, b"AIFC"),
    (0, b"caff\0\x01"),
    (4, b"ftyp"),
    (0, b"\x1A\x45\xDF\xA3"),
];

/// Sun audio, big-endian WAV, Sony's and Microsoft's containers, AMR, and Opus and Speex in an Ogg file.
const FOREIGN: [(usize, &[u8]); 8] = [
    (0, b".snd\0\0\0"),
    (0, b"RIFX"),
    (0, b"riff\x2E\x91\xCF\x11"),
    (0, b"\x30\x26\xB2\x75\x8E\x66\xCF\x11"),
    (0, b"#!AMR"),
    (0, b"#!SILK"),
    (28, b"OpusHead"),
    (28, b"Speex   "),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        let cases: [(&[u8], Kind); 10] = [
            (b"RIFF\xFF\xFF\xFF\xFFWAVEfmt ", Kind::Wav),
            (b"RF64\xFF\xFF\xFF\xFFWAVEds64", Kind::Wav),
            (b"RIFF\0\0\0\0AVI ", Kind::Unknown),
            (b"fLaC\0\0\0\x22", Kind::Media),
            (b"\0\0\0\x20ftypM4A ", Kind::Media),
            (b".snd\0\0\0\x18", Kind::Foreign),
            ("Grüße, text\n".as_bytes(), Kind::Text),
            (&"Grü".as_bytes()[..3], Kind::Unknown),
            (&[0xFF; 160], Kind::Unknown),
            (&[b'A'; 160], Kind::Unknown),
        ];
        for (head, expected) in cases {
            assert_eq!(kind(head), expected, "{head:?}");
        }
    }
}
