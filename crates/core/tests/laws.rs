//! The seven laws of the converter (the crate's page), each a property on every SIMD level and against the plain
//! twin, and what else a stream must keep: small outputs, `reset`, `finish`, `clone`.

use audio_converter::{__Level, __levels, Converter, Encoding, Format, Quality};
use audio_converter_reference as reference;
use proptest::prelude::*;
use proptest::test_runner::Config;

/// One stream to convert.
#[derive(Clone, Debug)]
struct Stream {
    from: Format,
    to: Format,
    quality: Quality,
    bytes: Vec<u8>,
    /// How long its pieces are, in bytes, in turn and again from the first.
    pieces: Vec<usize>,
}

/// Rates that people meet.
const RATES: [u32; 9] = [
    8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000,
];

fn config(cases: u32) -> Config {
    Config {
        failure_persistence: None,
        ..Config::with_cases(cases)
    }
}

fn encodings() -> impl Strategy<Value = Encoding> {
    proptest::sample::select(&Encoding::ALL)
}

fn qualities() -> impl Strategy<Value = Quality> {
    proptest::sample::select(&Quality::ALL)
}

/// Two rates: mostly usual ones, else any small ratio, common (2, 3, 4, 6) or not.
fn rates() -> impl Strategy<Value = (u32, u32)> {
    let usual = (
        proptest::sample::select(&RATES),
        proptest::sample::select(&RATES),
    );
    let small = (1..=13_u32, 1..=13_u32).prop_map(|(up, down)| (1_000 * down, 1_000 * up));
    prop_oneof![2 => usual, 3 => small]
}

/// Bytes of any kind, square waves at full scale, and quiet noise.
fn bytes(encoding: Encoding) -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop::collection::vec(any::<u8>(), 0..=2_000);
    (bytes, 0..3_u8, 1..200_usize).prop_map(move |(mut bytes, kind, period)| {
        let size = encoding.bytes_per_sample();
        for (n, sample) in bytes.chunks_exact_mut(size).enumerate() {
            let loud = if n / period % 2 == 0 {
                i16::MAX
            } else {
                i16::MIN
            };
            let value = if kind == 1 {
                loud
            } else {
                i16::from(sample[0]) - 128
            };
            if kind > 0 {
                sample.copy_from_slice(&sample_of(encoding, value));
            }
        }
        bytes
    })
}

/// One sample in any encoding.
fn sample_of(encoding: Encoding, value: i16) -> Vec<u8> {
    use audio_converter::g711;
    match encoding {
        Encoding::Pcm16Be => value.to_be_bytes().into(),
        Encoding::MuLaw => vec![g711::encode_mulaw(value)],
        Encoding::ALaw => vec![g711::encode_alaw(value)],
        Encoding::F32 => (f32::from(value) / 32_768.0).to_le_bytes().into(),
        _ => value.to_le_bytes().into(),
    }
}

fn streams() -> impl Strategy<Value = Stream> {
    let pieces = prop_oneof![
        prop::collection::vec(1..=9_usize, 1..8),
        prop::collection::vec(0..=500_usize, 1..8)
            .prop_filter("some of it", |pieces| pieces.iter().sum::<usize>() > 0),
    ];
    (encodings(), encodings(), rates(), qualities(), pieces).prop_flat_map(
        |(from, to, rates, quality, pieces)| {
            bytes(from).prop_map(move |bytes| Stream {
                from: Format::new(from, rates.0).expect("in range"),
                to: Format::new(to, rates.1).expect("in range"),
                quality,
                bytes,
                pieces: pieces.clone(),
            })
        },
    )
}

impl Stream {
    fn converter(&self, level: __Level) -> Converter {
        Converter::__with_level(self.from, self.to, self.quality, level).expect("a simple ratio")
    }

    fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &self.bytes[..];
        self.pieces.iter().cycle().map_while(move |&piece| {
            let (now, later) = rest.split_at(piece.min(rest.len()));
            let more = !rest.is_empty();
            rest = later;
            more.then_some(now)
        })
    }

    /// By the plain twin.
    fn twin(&self) -> Vec<u8> {
        let format = |format: Format| {
            reference::Format::named(&format.to_string()).expect("the twin has all formats")
        };
        reference::convert(
            format(self.from),
            format(self.to),
            twin_quality(self.quality),
            &self.bytes,
        )
    }

    /// How many outputs may leave once so many whole inputs have come: by the twin's geometry.
    fn prompt(&self, inputs: u64) -> u64 {
        if self.from.rate() == self.to.rate() {
            return inputs;
        }
        let filter = reference::filter::Filter::new(
            self.from.rate(),
            self.to.rate(),
            twin_quality(self.quality),
        );
        (0..)
            .take_while(|&k| reference::resample::last_input(k, &filter) < inputs)
            .count() as u64
    }
}

fn twin_quality(quality: Quality) -> reference::Quality {
    reference::Quality::named(quality.name()).expect("the twin has all qualities")
}

/// Runs the property on every level; a difference of bytes is told by its place.
fn check(
    stream: &Stream,
    law: impl Fn(__Level) -> Vec<u8>,
    wanted: &[u8],
) -> Result<(), TestCaseError> {
    for level in __levels() {
        let found = law(level);
        let place = found
            .iter()
            .zip(wanted)
            .position(|(found, wanted)| found != wanted);
        prop_assert!(
            found == wanted,
            "{level:?} {} -> {} {:?}: {} bytes for {}, the first difference at {place:?}",
            stream.from,
            stream.to,
            stream.quality,
            found.len(),
            wanted.len(),
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(256))]

    /// 1. Cut the input anywhere, also inside a sample: the output has the same bytes.
    #[test]
    fn cut_law(stream in streams()) {
        let cut = |level| {
            let mut converter = stream.converter(level);
            let mut output: Vec<u8> = stream.pieces().flat_map(|piece| converter.process(piece)).collect();
            converter.finish_append(&mut output);
            output
        };
        check(&stream, cut, &stream.twin())?;
    }

    /// 2. `N` whole input samples give exactly ceil(N · out / in) output samples; a part of a sample gives none.
    #[test]
    fn length_law(stream in streams()) {
        for level in __levels() {
            let mut converter = stream.converter(level);
            let mut bytes = 0;
            for piece in stream.pieces() {
                bytes += converter.process(piece).len();
            }
            bytes += converter.finish().len();
            let inputs = (stream.bytes.len() / stream.from.bytes_per_sample()) as u64;
            let outputs = (inputs * u64::from(stream.to.rate())).div_ceil(u64::from(stream.from.rate()));
            prop_assert_eq!(bytes as u64, outputs * stream.to.bytes_per_sample() as u64, "{:?}", level);
        }
    }

    /// 4. An output leaves with the call that supplied the last input that it depends on: after each piece exactly
    /// the outputs have come that the inputs so far suffice for.
    #[test]
    fn prompt_law(stream in streams()) {
        for level in __levels() {
            let mut converter = stream.converter(level);
            let (mut bytes_in, mut bytes_out) = (0, 0);
            for piece in stream.pieces().take(60) {
                bytes_in += piece.len();
                bytes_out += converter.process(piece).len();
                let outputs = stream.prompt((bytes_in / stream.from.bytes_per_sample()) as u64);
                prop_assert_eq!(bytes_out as u64, outputs * stream.to.bytes_per_sample() as u64, "{:?}", level);
            }
        }
    }

    /// 5. Full scale and beyond clips, never wraps: 16-bit output is the unlimited output of the same filter, limited.
    #[test]
    fn saturation_law(stream in streams()) {
        let pcm = Stream { to: Format::new(Encoding::Pcm16, stream.to.rate()).expect("in range"), ..stream.clone() };
        let float = Stream { to: Format::new(Encoding::F32, stream.to.rate()).expect("in range"), ..stream.clone() };
        for level in __levels() {
            let whole = |stream: &Stream| {
                let mut converter = stream.converter(level);
                let mut output = converter.process(&stream.bytes);
                converter.finish_append(&mut output);
                output
            };
            let (limited, unlimited) = (whole(&pcm), whole(&float));
            prop_assert_eq!(limited.len() * 2, unlimited.len());
            for (n, (limited, unlimited)) in limited.chunks(2).zip(unlimited.chunks(4)).enumerate() {
                let limited = f64::from(i16::from_le_bytes([limited[0], limited[1]]));
                let exact = f64::from(f32::from_le_bytes(unlimited.try_into().expect("four bytes"))) * 32_768.0;
                // At equal float formats nothing is limited, not even what is no number.
                let exact = if exact.is_nan() { 0.0 } else { exact.clamp(-32_768.0, 32_767.0) };
                // The float has been rounded once to its 24 bits, which may move a half.
                prop_assert!((limited - exact).abs() <= 0.501, "{:?}: {} for {} at {}", level, limited, exact, n);
            }
        }
    }

    /// 6. Every level gives the bytes of the twin, in one call with exactly enough room.
    #[test]
    fn same_bytes_law(stream in streams()) {
        let twin = stream.twin();
        let whole = |level| {
            let mut converter = stream.converter(level);
            let mut output = vec![0xEE; twin.len()];
            let first = converter.process_into(&stream.bytes, &mut output);
            assert!(first.is_done && first.consumed == stream.bytes.len());
            let last = converter.finish_into(&mut output[first.written..]);
            assert!(last.is_done && first.written + last.written == twin.len());
            output
        };
        check(&stream, whole, &twin)?;
    }

    /// 7. Equal formats pass untouched, whatever the bytes.
    #[test]
    fn passthrough_law(mut stream in streams()) {
        stream.to = stream.from;
        let whole = stream.bytes.len() / stream.from.bytes_per_sample() * stream.from.bytes_per_sample();
        let pass = |level| {
            let mut converter = stream.converter(level);
            stream.pieces().flat_map(|piece| converter.process(piece)).collect()
        };
        check(&stream, pass, &stream.bytes[..whole])?;
    }

    /// Outputs too small for what comes, down to no room at all, only take more calls.
    #[test]
    fn small_outputs(stream in streams(), rooms in prop::collection::vec(0..40_usize, 1..6)) {
        prop_assume!(rooms.iter().any(|&room| room >= 4));
        let mut rooms = rooms.iter().cycle();
        let twin = stream.twin();
        for level in __levels() {
            let mut converter = stream.converter(level);
            let (mut output, mut calls) = (Vec::<u8>::new(), 0);
            for piece in stream.pieces() {
                let mut rest = piece;
                loop {
                    let mut room = vec![0xEE; *rooms.next().expect("a cycle never ends")];
                    let progress = converter.process_into(rest, &mut room);
                    output.extend(&room[..progress.written]);
                    prop_assert!(room[progress.written..].iter().all(|&byte| byte == 0xEE), "beyond `written`");
                    prop_assert!(!progress.is_done || progress.consumed == rest.len());
                    rest = &rest[progress.consumed..];
                    calls += 1;
                    prop_assert!(calls < 40_000, "it does not end");
                    if progress.is_done {
                        break;
                    }
                }
            }
            loop {
                let mut room = vec![0xEE; *rooms.next().expect("a cycle never ends")];
                let progress = converter.finish_into(&mut room);
                prop_assert_eq!(progress.consumed, 0);
                output.extend(&room[..progress.written]);
                calls += 1;
                prop_assert!(calls < 50_000, "the end does not end");
                if progress.is_done {
                    break;
                }
            }
            prop_assert!(output == twin, "{:?}: {} bytes for {}", level, output.len(), twin.len());
        }
    }

    /// `max_output` and `max_finish` bytes always suffice, and `is_done` says that nothing more is to come.
    #[test]
    fn stated_room_suffices(stream in streams()) {
        for level in __levels() {
            let mut converter = stream.converter(level);
            for piece in stream.pieces() {
                let mut room = vec![0; converter.max_output(piece.len())];
                let progress = converter.process_into(piece, &mut room);
                prop_assert!(progress.is_done && progress.consumed == piece.len(), "{:?}", progress);
                let nothing = converter.process_into(&[], &mut [0; 64]);
                prop_assert!(nothing.is_done && nothing.written == 0, "{:?} after {:?}", nothing, progress);
            }
            let mut room = vec![0; converter.max_finish()];
            prop_assert!(converter.finish_into(&mut room).is_done);
        }
    }

    /// After `reset`, at any moment, and after `finish` the converter is as new; a second `finish` gives nothing.
    #[test]
    fn reset_and_finish_leave_it_as_new(stream in streams(), at in 0..2_000_usize, room in 0..64_usize) {
        let as_new = |level| {
            let mut converter = stream.converter(level);
            let _ = converter.process(&stream.bytes[..at.min(stream.bytes.len())]);
            // An end that is only half drained is forgotten as well.
            let _ = converter.finish_into(&mut vec![0; room]);
            converter.reset();
            assert_eq!(converter.finish(), [], "nothing came after the reset");
            let mut output = converter.process(&stream.bytes);
            converter.finish_append(&mut output);
            assert_eq!(converter.finish(), [], "it was finished");
            let again = [converter.process(&stream.bytes), converter.finish()].concat();
            assert!(again == output, "the second stream is like the first");
            output
        };
        check(&stream, as_new, &stream.twin())?;
    }

    /// What a stream's end still owes is written before the next stream begins.
    #[test]
    fn an_end_without_room_is_not_lost(stream in streams(), room in 0..64_usize) {
        let twice = |level| {
            let mut converter = stream.converter(level);
            let mut output = converter.process(&stream.bytes);
            let mut end = vec![0; room];
            let progress = converter.finish_into(&mut end);
            output.extend(&end[..progress.written]);
            converter.process_append(&stream.bytes, &mut output);
            converter.finish_append(&mut output);
            output
        };
        check(&stream, twice, &stream.twin().repeat(2))?;
    }

    /// A clone goes on from where the original stood, and each goes its own way.
    #[test]
    fn clone_forks(stream in streams(), at in 0..2_000_usize) {
        let (head, tail) = stream.bytes.split_at(at.min(stream.bytes.len()));
        let fork = |level| {
            let mut converter = stream.converter(level);
            let mut output = converter.process(head);
            let mut clone = converter.clone();
            let _ = converter.process(&[0x5A; 333]);
            clone.process_append(tail, &mut output);
            let _ = converter.finish();
            clone.finish_append(&mut output);
            output
        };
        check(&stream, fork, &stream.twin())?;
    }
}

proptest! {
    #![proptest_config(config(40))]

    /// 3. Output `k` belongs to the instant `k` / output rate: three tones of any pitch in the pass band come out as
    /// if they had been sampled at the output rate, and the cross-correlation with that peaks at 0.
    #[test]
    fn time_law(rates in rates(), quality in qualities(), tones in prop::array::uniform3((0.02..0.37, 0.0..1.0))) {
        let (from, to) = rates;
        let lower = f64::from(from.min(to));
        let chord = |rate: u32, samples: usize| -> Vec<f32> {
            let at = |n: usize| {
                let tone = |(pitch, phase): &(f64, f64)| (std::f64::consts::TAU * (pitch * lower * n as f64 / f64::from(rate) + phase)).sin();
                (0.2 * tones.iter().map(tone).sum::<f64>()) as f32
            };
            (0..samples).map(at).collect()
        };
        let format = |rate| Format::new(Encoding::F32, rate).expect("in range");
        let mut converter = Converter::with_quality(format(from), format(to), quality).expect("a simple ratio");
        let input: Vec<u8> = chord(from, (from / 4) as usize).into_iter().flat_map(f32::to_le_bytes).collect();
        let output = [converter.process(&input), converter.finish()].concat();
        let output: Vec<f32> =
            output.chunks(4).map(|sample| f32::from_le_bytes(sample.try_into().expect("four bytes"))).collect();
        let wanted = chord(to, output.len());

        // The filter's reach from either end is left out: there the tones begin and end.
        let edge = (120.0 / lower * f64::from(to)) as usize;
        let middle = edge..output.len() - edge;
        for (n, (found, wanted)) in output.iter().zip(&wanted).enumerate().take(middle.end).skip(middle.start) {
            prop_assert!((found - wanted).abs() < 0.006, "{} for {} at {}", found, wanted, n);
        }
        let found = audio_converter_measure::delay(&wanted[middle.clone()], &output[middle], f64::from(to), 0.01);
        let found = found.expect("there is sound");
        prop_assert!(found.samples.abs() < 0.01 && found.correlation > 0.999, "{:?}", found);
    }
}

/// 4, exactly: for each single output, one input less and it is not there, with that input and it is.
#[test]
fn prompt_law_one_input_at_a_time() {
    for quality in Quality::ALL {
        for (from, to) in [
            (24_000, 8_000),
            (8_000, 24_000),
            (8_000, 16_000),
            (44_100, 8_000),
            (16_000, 24_000),
        ] {
            let format = |rate| Format::new(Encoding::Pcm16, rate).expect("in range");
            let filter = reference::filter::Filter::new(from, to, twin_quality(quality));
            for level in __levels() {
                let mut converter =
                    Converter::__with_level(format(from), format(to), quality, level)
                        .expect("simple");
                let mut outputs = 0;
                for input in 0..1_000 {
                    let written = converter.process(&[1, 2]).len() as u64 / 2;
                    for k in outputs..outputs + written {
                        assert_eq!(
                            reference::resample::last_input(k, &filter),
                            input,
                            "{from} -> {to}: output {k}"
                        );
                    }
                    outputs += written;
                }
                // And none is missing.
                assert!(
                    reference::resample::last_input(outputs, &filter) >= 1_000,
                    "{from} -> {to}: {outputs} is late"
                );
            }
        }
    }
}

/// 5, at its worst: full scale with the signs of the coefficients, so that no sum can be greater, and with the signs of
/// their lower bits, so that no part of a sum can be, however a kernel splits its coefficients.
#[test]
fn saturation_law_on_the_worst_inputs() {
    let conversions = [
        (24_000, 8_000),
        (8_000, 24_000),
        (16_000, 8_000),
        (8_000, 16_000),
        (48_000, 8_000),
        (8_000, 48_000),
        (24_000, 16_000),
        (16_000, 24_000),
        (32_000, 24_000),
        (32_000, 8_000),
        (40_000, 8_000),
        (8_000, 40_000),
        (32_000, 40_000),
        (44_100, 8_000),
        (11_025, 16_000),
    ];
    for (from, to) in conversions {
        for quality in Quality::ALL {
            let filter = reference::filter::Filter::new(from, to, twin_quality(quality));
            let (up, down) = (filter.up as usize, filter.down as usize);
            // The first output of each phase whose window lies inside of the stream; of many phases some.
            let full = filter.coefficients.len().div_ceil(down);
            for k in (full..full + up).step_by(up.div_ceil(6)) {
                let inputs = (k * down + filter.coefficients.len()) / up + 2;
                let tap = |i: usize| {
                    filter
                        .coefficients
                        .get((k * down).abs_diff(i * up))
                        .copied()
                        .unwrap_or(0.0)
                };
                for bits in 0..=16 {
                    // All of the coefficient, or its last bits as a number from -half to half.
                    let half = f64::from(1 << bits) / 2.0;
                    let part = |c: f64| {
                        if bits == 0 {
                            c
                        } else {
                            (c + half).rem_euclid(2.0 * half) - half
                        }
                    };
                    for flip in [false, true] {
                        let up = |i: usize| (part(tap(i)) < 0.0) == flip;
                        let ends = |low: Vec<u8>, high: Vec<u8>| {
                            (0..inputs)
                                .flat_map(|i| if up(i) { high.clone() } else { low.clone() })
                                .collect()
                        };
                        let pcm = Encoding::Pcm16;
                        let loud = ends(sample_of(pcm, i16::MIN), sample_of(pcm, i16::MAX));
                        check_whole((pcm, from), (pcm, to), quality, loud);
                        if bits == 0 {
                            let loud = ends(
                                (-9.0_f32).to_le_bytes().into(),
                                9.0_f32.to_le_bytes().into(),
                            );
                            check_whole(
                                (Encoding::F32, from),
                                (Encoding::F32, to),
                                quality,
                                loud.clone(),
                            );
                            check_whole((Encoding::F32, from), (pcm, to), quality, loud);
                        }
                    }
                }
            }
        }
    }
}

/// One stream in one piece, against the twin.
fn check_whole(from: (Encoding, u32), to: (Encoding, u32), quality: Quality, bytes: Vec<u8>) {
    let format = |(encoding, rate)| Format::new(encoding, rate).expect("in range");
    let stream = Stream {
        from: format(from),
        to: format(to),
        quality,
        bytes,
        pieces: vec![],
    };
    let convert = |level| {
        let mut converter = stream.converter(level);
        [converter.process(&stream.bytes), converter.finish()].concat()
    };
    check(&stream, convert, &stream.twin()).unwrap_or_else(|failure| panic!("{failure}"));
}
