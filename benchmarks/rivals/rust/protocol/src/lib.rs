//! The protocol of all rivals (see `benchmarks/README.md`), for programs in Rust.
//!
//! ```text
//! info
//! convert VARIANT FROM TO CHUNK [COUNTS]     < bytes > bytes
//! bench   VARIANT FROM TO CHUNK BATCHES MS   < bytes
//! memory  VARIANT FROM TO CHUNK INSTANCES    < bytes
//! ```

pub mod mulaw;

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::time::Instant;

/// What went wrong, for a person.
pub type Failure = Box<dyn Error>;

/// How a sample is written: the two encodings of the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// 16 bits, little endian.
    Pcm16,
    /// G.711 µ-law.
    MuLaw,
}

/// `pcm16/24000` or `mulaw/8000`.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// How a sample is written.
    pub encoding: Encoding,
    /// Samples a second.
    pub rate: u32,
}

impl Format {
    fn parse(text: &str) -> Result<Self, Failure> {
        let (encoding, rate) = text.split_once('/').ok_or("a format is ENCODING/RATE")?;
        let encoding = match encoding {
            "pcm16" => Encoding::Pcm16,
            "mulaw" => Encoding::MuLaw,
            _ => return Err("the encodings are pcm16 and mulaw".into()),
        };
        Ok(Self {
            encoding,
            rate: rate.parse()?,
        })
    }

    /// Bytes that one sample takes.
    #[must_use]
    pub fn sample_bytes(self) -> usize {
        match self.encoding {
            Encoding::Pcm16 => 2,
            Encoding::MuLaw => 1,
        }
    }
}

/// One conversion from bytes to bytes, in one direction of a call.
pub trait Stream {
    /// Converts a chunk of whole samples, appending to `output`.
    fn process(&mut self, input: &[u8], output: &mut Vec<u8>);
    /// Ends the stream.
    fn finish(&mut self, output: &mut Vec<u8>);
}

/// One program's answer to the protocol.
pub trait Rival {
    /// The conversion that is measured.
    type Stream: Stream;
    /// The name in the table.
    const NAME: &'static str;
    /// The version in the table.
    const VERSION: &'static str;
    /// `native` when the library brings G.711 itself, `table` when this program added it.
    const G711: &'static str;
    /// The settings that are compared.
    const VARIANTS: &'static [&'static str];
    /// A new stream; `chunk` is the number of samples in each call, 0 when unknown.
    ///
    /// # Errors
    ///
    /// When the variant is unknown or refused by the library.
    fn open(variant: &str, from: Format, to: Format, chunk: usize)
    -> Result<Self::Stream, Failure>;
}

/// Runs the program.
///
/// # Errors
///
/// When the arguments are wrong, or the streams fail.
pub fn run<R: Rival>() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments.as_slice() {
        ["info"] => {
            let variants: Vec<String> = R::VARIANTS
                .iter()
                .map(|name| format!("\"{name}\""))
                .collect();
            println!(
                r#"{{"name":"{}","version":"{}","language":"Rust","g711":"{}","stateful":true,"variants":[{}]}}"#,
                R::NAME,
                R::VERSION,
                R::G711,
                variants.join(",")
            );
            Ok(())
        }
        ["convert", variant, from, to, chunk] => {
            Job::<R>::new(variant, from, to, chunk)?.convert(None)
        }
        ["convert", variant, from, to, chunk, counts] => {
            Job::<R>::new(variant, from, to, chunk)?.convert(Some(counts))
        }
        ["bench", variant, from, to, chunk, batches, millis] => {
            Job::<R>::new(variant, from, to, chunk)?.bench(batches.parse()?, millis.parse()?)
        }
        ["memory", variant, from, to, chunk, instances] => {
            Job::<R>::new(variant, from, to, chunk)?.memory(instances.parse()?)
        }
        _ => Err("see benchmarks/README.md for the protocol".into()),
    }
}

struct Job<'a, R: Rival> {
    variant: &'a str,
    from: Format,
    to: Format,
    chunk: usize,
    input: Vec<u8>,
    rival: std::marker::PhantomData<R>,
}

impl<'a, R: Rival> Job<'a, R> {
    fn new(variant: &'a str, from: &str, to: &str, chunk: &str) -> Result<Self, Failure> {
        let mut input = Vec::new();
        std::io::stdin().read_to_end(&mut input)?;
        let (from, to) = (Format::parse(from)?, Format::parse(to)?);
        Ok(Self {
            variant,
            from,
            to,
            chunk: chunk.parse()?,
            input,
            rival: std::marker::PhantomData,
        })
    }

    fn open(&self) -> Result<R::Stream, Failure> {
        R::open(self.variant, self.from, self.to, self.chunk)
    }

    fn chunk_bytes(&self) -> usize {
        let samples = if self.chunk == 0 {
            self.input.len().max(1)
        } else {
            self.chunk
        };
        samples * self.from.sample_bytes()
    }

    fn convert(&self, counts_path: Option<&str>) -> Result<(), Failure> {
        let mut stream = self.open()?;
        let (mut output, mut counts) = (Vec::new(), Vec::new());
        for chunk in self.input.chunks(self.chunk_bytes()) {
            let before = output.len();
            stream.process(chunk, &mut output);
            let produced = (output.len() - before) / self.to.sample_bytes();
            counts.extend_from_slice(&u32::try_from(produced)?.to_le_bytes());
        }
        stream.finish(&mut output);
        if let Some(path) = counts_path {
            std::fs::write(path, counts)?;
        }
        std::io::stdout().write_all(&output)?;
        Ok(())
    }

    /// Batches of about `millis` milliseconds after one that warms up; prints nanoseconds a chunk for each.
    fn bench(&self, batches: usize, millis: f64) -> Result<(), Failure> {
        let mut stream = self.open()?;
        let mut output = Vec::with_capacity(self.chunk_bytes() * 8 + 65_536);
        let mut chunks = self.input.chunks_exact(self.chunk_bytes()).cycle();
        for batch in 0..=batches {
            let start = Instant::now();
            let mut done = 0_u32;
            while start.elapsed().as_secs_f64() * 1e3 < millis {
                for chunk in chunks.by_ref().take(50) {
                    output.clear();
                    stream.process(chunk, &mut output);
                    std::hint::black_box(output.as_slice());
                }
                done += 50;
            }
            if batch > 0 {
                println!(
                    "{:.1}",
                    start.elapsed().as_secs_f64() * 1e9 / f64::from(done)
                );
            }
        }
        Ok(())
    }

    /// Growth of the resident set by `instances` that have each converted five chunks, over their number.
    fn memory(&self, instances: usize) -> Result<(), Failure> {
        let mut output = Vec::with_capacity(self.chunk_bytes() * 40 + 65_536);
        let mut streams = Vec::with_capacity(instances + 1);
        streams.resize_with(instances + 1, || None); // touches the list itself before the counting starts
        let mut before = 0.0;
        for (index, place) in streams.iter_mut().enumerate() {
            let mut stream = self.open()?;
            for chunk in self.input.chunks_exact(self.chunk_bytes()).take(5) {
                output.clear();
                stream.process(chunk, &mut output);
            }
            *place = Some(Box::new(stream));
            if index == 0 {
                before = resident_bytes()?; // the first one pays for what all of them share
            }
        }
        println!("{:.0}", (resident_bytes()? - before) / instances as f64);
        Ok(())
    }
}

fn resident_bytes() -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
}
