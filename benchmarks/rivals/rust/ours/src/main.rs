//! The converter of this repository.

use audio_converter::{Converter, Encoding, Format, Quality};
use protocol::{Failure, Rival, Stream};

struct Ours;

/// The converter, and room for what a chunk gives.
struct Conversion {
    converter: Converter,
    room: Vec<u8>,
}

impl Rival for Ours {
    type Stream = Conversion;
    const NAME: &'static str = "ours";
    const VERSION: &'static str = "0.1.0";
    const G711: &'static str = "native";
    const VARIANTS: &'static [&'static str] = &["voice", "low-latency", "transparent"];

    fn open(
        variant: &str,
        from: protocol::Format,
        to: protocol::Format,
        _chunk: usize,
    ) -> Result<Conversion, Failure> {
        let quality = match variant {
            "voice" => Quality::Voice,
            "low-latency" => Quality::LowLatency,
            "transparent" => Quality::Transparent,
            _ => return Err("unknown variant".into()),
        };
        let converter = Converter::with_quality(format(from)?, format(to)?, quality)
            .map_err(|error| error.to_string())?;
        Ok(Conversion {
            converter,
            room: Vec::new(),
        })
    }
}

impl Stream for Conversion {
    fn process(&mut self, input: &[u8], output: &mut Vec<u8>) {
        let most = self.converter.max_output(input.len());
        if self.room.len() < most {
            self.room.resize(most, 0);
        }
        let written = self.converter.process_into(input, &mut self.room).written;
        output.extend_from_slice(&self.room[..written]);
    }

    fn finish(&mut self, output: &mut Vec<u8>) {
        output.extend(self.converter.finish());
    }
}

fn format(format: protocol::Format) -> Result<Format, Failure> {
    let encoding = match format.encoding {
        protocol::Encoding::Pcm16 => Encoding::Pcm16,
        protocol::Encoding::MuLaw => Encoding::MuLaw,
    };
    Format::new(encoding, format.rate).map_err(|error| error.to_string().into())
}

fn main() -> Result<(), Failure> {
    protocol::run::<Ours>()
}
