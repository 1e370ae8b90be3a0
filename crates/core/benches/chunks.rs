//! Time of one 20 ms chunk, on each SIMD level: `cargo bench -p audio-converter`.

use audio_converter::{__levels, Converter, Encoding, Format, Quality};
use divan::Bencher;
use divan::counter::BytesCount;

fn main() {
    divan::main();
}

const JOBS: [&str; 7] = [
    "pcm16/24000 mulaw/8000",
    "mulaw/8000 pcm16/24000",
    "mulaw/8000 pcm16/16000",
    "pcm16/16000 mulaw/8000",
    "pcm16/48000 mulaw/8000",
    "pcm16/44100 mulaw/8000",
    "f32/24000 pcm16/8000",
];

fn formats(job: &str) -> (Format, Format) {
    let (from, to) = job.split_once(' ').expect("two formats");
    (
        from.parse().expect("a format"),
        to.parse().expect("a format"),
    )
}

fn chunk(bencher: Bencher<'_, '_>, job: &str, level: usize) {
    let (from, to) = formats(job);
    let levels = __levels();
    let Some(level) = levels.get(level) else {
        return;
    };
    let mut converter =
        Converter::__with_level(from, to, Quality::Voice, *level).expect("simple rates");
    let bytes = from.rate() as usize / 50 * from.bytes_per_sample();
    let noise: Vec<u8> = (0..bytes as u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 26) as u8)
        .collect();
    let mut output = vec![0; converter.max_output(bytes)];
    bencher
        .counter(BytesCount::new(bytes))
        .bench_local(|| converter.process_into(divan::black_box(&noise), &mut output));
}

#[divan::bench(args = JOBS)]
fn best_level(bencher: Bencher<'_, '_>, job: &str) {
    chunk(bencher, job, __levels().len() - 1);
}

#[divan::bench(args = JOBS)]
fn lowest_level(bencher: Bencher<'_, '_>, job: &str) {
    chunk(bencher, job, 0);
}

/// A converter whose filter is known already.
#[divan::bench]
fn construction_known(bencher: Bencher<'_, '_>) {
    let (from, to) = formats(JOBS[0]);
    let _keeps_the_filter = Converter::new(from, to);
    bencher.bench_local(|| Converter::new(from, to));
}

/// A converter whose filter must be made: like 44.1 to 8 kHz, 80 phases of some 240 coefficients, but another ratio each
/// time, so that none is known.
#[divan::bench(sample_count = 100, sample_size = 1)]
fn construction_new(bencher: Bencher<'_, '_>) {
    let pcm = |rate| Format::new(Encoding::Pcm16, rate).expect("in range");
    let ratios = (441..).filter(|down| down % 2 == 1 && down % 5 != 0);
    let ratios = std::cell::RefCell::new(ratios);
    bencher
        .with_inputs(|| ratios.borrow_mut().next().expect("endless"))
        .bench_local_values(|down| Converter::new(pcm(100 * down), pcm(8_000)));
}
