//! rubato: its FFT resampler over blocks of 20 ms, and its sinc resampler with its defaults and as its manual advises
//! for fixed ratios.

use audioadapter_buffers::direct::InterleavedSlice;
use protocol::{Failure, Format, Rival, Stream, mulaw::Tables};
use rubato::{
    Async, Fft, FixedAsync, FixedSync, Indexing, Resampler, SincInterpolationParameters,
    SincInterpolationType, WindowFunction,
};
use std::rc::Rc;

struct Rubato;

/// rubato takes blocks of a fixed size: what does not fill one waits here.
struct Blocks {
    tables: Rc<Tables>,
    from: Format,
    to: Format,
    resampler: Box<dyn Resampler<f32>>,
    samples: Vec<i16>,
    waiting: Vec<f32>,
    block: Vec<f32>,
    converted: Vec<i16>,
    /// Output samples of delay still to be dropped, so that sound stays where it was.
    delay: usize,
    /// Samples taken and given, to know where the stream ends.
    taken: u64,
    given: u64,
}

impl Rival for Rubato {
    type Stream = Blocks;
    const NAME: &'static str = "rubato";
    const VERSION: &'static str = "5.0.1";
    const G711: &'static str = "table";
    const VARIANTS: &'static [&'static str] = &["fft", "sinc", "sinc-exact"];

    fn open(variant: &str, from: Format, to: Format, chunk: usize) -> Result<Blocks, Failure> {
        thread_local!(static TABLES: Rc<Tables> = Rc::new(Tables::new()));
        let resampler: Box<dyn Resampler<f32>> = match variant {
            "fft" => Box::new(fft(from, to)?),
            "sinc" => Box::new(sinc(
                from,
                to,
                chunk,
                SincInterpolationParameters::default(),
            )?),
            "sinc-exact" => {
                // As its manual advises for small fractions: a table that holds each phase exactly.
                let phases = (to.rate / greatest_common_divisor(from.rate, to.rate)) as usize;
                // Its length counts input samples: 16 ms at 8 kHz, whichever way.
                let length = 128 * (from.rate / to.rate).max(1) as usize;
                let parameters =
                    SincInterpolationParameters::new(length, WindowFunction::BlackmanHarris2)
                        .oversampling_factor(phases)
                        .interpolation(SincInterpolationType::Nearest);
                Box::new(sinc(from, to, chunk, parameters)?)
            }
            _ => return Err("unknown variant".into()),
        };
        let delay = resampler.output_delay();
        let block = vec![0.0; resampler.output_frames_max()];
        Ok(Blocks {
            tables: TABLES.with(Clone::clone),
            from,
            to,
            resampler,
            samples: Vec::new(),
            waiting: Vec::new(),
            block,
            converted: Vec::new(),
            delay,
            taken: 0,
            given: 0,
        })
    }
}

/// One block a call: the defaults would cut the longer blocks of higher rates in parts, with a poorer filter each.
fn fft(from: Format, to: Format) -> Result<Fft<f32>, Failure> {
    let (input, output) = (from.rate as usize, to.rate as usize);
    let window = WindowFunction::BlackmanHarris2;
    Ok(Fft::new_custom(
        input,
        output,
        input / 50,
        1,
        1,
        window,
        FixedSync::Input,
    )?)
}

fn sinc(
    from: Format,
    to: Format,
    chunk: usize,
    parameters: SincInterpolationParameters,
) -> Result<Async<f32>, Failure> {
    let block = if (1..=8192).contains(&chunk) {
        chunk
    } else {
        1024
    };
    let ratio = f64::from(to.rate) / f64::from(from.rate);
    Ok(Async::new_sinc(
        ratio,
        1.0,
        &parameters,
        block,
        1,
        FixedAsync::Input,
    )?)
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

impl Blocks {
    /// Converts the blocks that are full, into `converted`.
    fn convert_blocks(&mut self) {
        let mut at = 0;
        self.converted.clear();
        loop {
            let needed = self.resampler.input_frames_next();
            let Some(input) = self.waiting.get(at..at + needed) else {
                break;
            };
            let room = self.block.len();
            let input = InterleavedSlice::new(input, 1, needed).expect("a slice of that length");
            let mut output = InterleavedSlice::new_mut(&mut self.block, 1, room)
                .expect("a slice of that length");
            let (_, written) = self
                .resampler
                .process_into_buffer(&input, &mut output, Some(&Indexing::new()))
                .expect("the sizes it asked for");
            let skipped = self.delay.min(written);
            self.delay -= skipped;
            self.converted.extend(
                self.block[skipped..written]
                    .iter()
                    .map(|&value| to_i16(value)),
            );
            at += needed;
        }
        self.waiting.drain(..at);
    }
}

fn to_i16(value: f32) -> i16 {
    (value * 32_768.0).round_ties_even() as i16 // `as` saturates
}

impl Stream for Blocks {
    fn process(&mut self, input: &[u8], output: &mut Vec<u8>) {
        self.tables.decode(self.from, input, &mut self.samples);
        self.waiting.extend(
            self.samples
                .iter()
                .map(|&sample| f32::from(sample) * (1.0 / 32_768.0)),
        );
        self.convert_blocks();
        self.taken += self.samples.len() as u64;
        self.given += self.converted.len() as u64;
        self.tables.encode(self.to, &self.converted, output);
    }

    /// Silence pushes out what is held, to the length that the input stands for.
    fn finish(&mut self, output: &mut Vec<u8>) {
        let wanted = (self.taken * u64::from(self.to.rate)).div_ceil(u64::from(self.from.rate));
        while self.given < wanted {
            let needed = self.resampler.input_frames_next();
            self.waiting.resize(needed, 0.0);
            self.convert_blocks();
            self.converted.truncate((wanted - self.given) as usize);
            self.given += self.converted.len() as u64;
            self.tables.encode(self.to, &self.converted, output);
        }
    }
}

fn main() -> Result<(), Failure> {
    protocol::run::<Rubato>()
}
