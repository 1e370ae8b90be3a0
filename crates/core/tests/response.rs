//! The presets as measured responses: what goes in and what comes out, through `audio-converter-measure`, compared with
//! the promises of `Quality` and with the gain calculated from the plain twin's taps.
//!
//! `cargo test -p audio-converter --test response -- --nocapture` prints the table.

use audio_converter::{Converter, Encoding, Format, Quality};
use audio_converter_measure::{ResponseTest, fit_tone, latency, ripple, signal};
use audio_converter_reference as reference;
use reference::response::{Promise, decibels, gain, promise};

/// The conversions that calls and models need.
const CONVERSIONS: [(u32, u32); 7] = [
    (24_000, 8_000),
    (8_000, 24_000),
    (8_000, 16_000),
    (16_000, 8_000),
    (48_000, 8_000),
    (44_100, 8_000),
    (24_000, 16_000),
];

/// One conversion at one quality, and the twin's filter for it.
struct Subject {
    from: u32,
    to: u32,
    quality: Quality,
    promise: Promise,
    filter: reference::filter::Filter,
}

fn subjects() -> impl Iterator<Item = Subject> {
    CONVERSIONS.into_iter().flat_map(|(from, to)| {
        Quality::ALL.map(|quality| {
            let twin =
                reference::Quality::named(quality.name()).expect("the twin has all qualities");
            let filter = reference::filter::Filter::new(from, to, twin);
            let common =
                reference::filter::COMMON_RATIOS.contains(&(filter.up.max(filter.down) as u32));
            Subject {
                from,
                to,
                quality,
                promise: promise(twin, common),
                filter,
            }
        })
    })
}

impl Subject {
    fn name(&self) -> String {
        format!("{} -> {} {}", self.from, self.to, self.quality.name())
    }

    fn lower(&self) -> f64 {
        f64::from(self.from.min(self.to))
    }

    fn test(&self) -> ResponseTest {
        ResponseTest::new(self.from.into(), self.to.into())
    }

    fn converter(&self, from: Encoding, to: Encoding) -> Converter {
        let format = |encoding, rate| Format::new(encoding, rate).expect("in range");
        Converter::with_quality(format(from, self.from), format(to, self.to), self.quality)
            .expect("a simple ratio")
    }

    /// The converter as a system of signals, between two encodings.
    fn system(&self, from: Encoding, to: Encoding) -> impl FnMut(&[f32]) -> Vec<f32> {
        let mut converter = self.converter(from, to);
        move |input| {
            let mut output = converter.process(&encoded(input, from));
            converter.finish_append(&mut output);
            decoded(&output, to)
        }
    }

    /// The gain in dB at `frequency` Hz that the twin's taps give.
    fn calculated_gain(&self, frequency: f64) -> f64 {
        let scale = self.filter.up as f64 * 2.0_f64.powi(self.filter.bits as i32);
        let rate = f64::from(self.from) * self.filter.up as f64;
        decibels(gain(&self.filter.coefficients, frequency / rate) / scale)
    }

    /// Where the calculated gain falls through `level` dB.
    fn calculated_edge(&self, level: f64) -> f64 {
        let (mut low, mut high) = (
            self.promise.pass * self.lower(),
            self.promise.stop * self.lower(),
        );
        for _ in 0..40 {
            let middle = (low + high) / 2.0;
            if self.calculated_gain(middle) > level {
                low = middle
            } else {
                high = middle
            }
        }
        low
    }
}

fn encoded(signal: &[f32], encoding: Encoding) -> Vec<u8> {
    let format =
        |encoding| reference::Format::named(&format!("{encoding}/8000")).expect("a format");
    let bytes: Vec<u8> = signal.iter().flat_map(|x| x.to_le_bytes()).collect();
    reference::convert(
        format(Encoding::F32),
        format(encoding),
        reference::Quality::Voice,
        &bytes,
    )
}

fn decoded(bytes: &[u8], encoding: Encoding) -> Vec<f32> {
    let format =
        |encoding| reference::Format::named(&format!("{encoding}/8000")).expect("a format");
    let floats = reference::convert(
        format(encoding),
        format(Encoding::F32),
        reference::Quality::Voice,
        bytes,
    );
    floats
        .chunks(4)
        .map(|x| f32::from_le_bytes(x.try_into().expect("four bytes")))
        .collect()
}

/// `count` frequencies from `low` to `high`.
fn sweep(low: f64, high: f64, count: usize) -> Vec<f64> {
    (0..count)
        .map(|n| low + (high - low) * n as f64 / (count - 1) as f64)
        .collect()
}

/// Every subject keeps a property, which gives what to print of it.
fn check(property: impl Fn(&Subject) -> String) {
    for subject in subjects() {
        println!("{:<28} {}", subject.name(), property(&subject));
    }
}

/// The pass band is flat as promised, and each gain is the one calculated.
#[test]
fn pass_band() {
    check(|subject| {
        let mut system = subject.system(Encoding::F32, Encoding::F32);
        let pass = subject.promise.pass * subject.lower();
        let points = subject.test().response(&mut system, &sweep(40.0, pass, 61));
        assert_eq!(points.len(), 61);
        for point in &points {
            let calculated = subject.calculated_gain(point.frequency);
            assert!(
                (point.gain_db - calculated).abs() < 2e-4,
                "{}: {point:?} for {calculated}",
                subject.name()
            );
        }
        let found = ripple(&points, 0.0, pass)
            .expect("there are points")
            .deviation_db();
        assert!(
            found <= subject.promise.ripple,
            "{}: ±{found} dB",
            subject.name()
        );
        format!("±{found:.4} dB to {pass:.0} Hz")
    });
}

/// The −0.1, −1 and −3 dB points are where the taps put them, beyond the pass band.
#[test]
fn edges() {
    check(|subject| {
        let mut system = subject.system(Encoding::F32, Encoding::F32);
        let (pass, stop) = (
            subject.promise.pass * subject.lower(),
            subject.promise.stop * subject.lower(),
        );
        let marks = [-0.1, -1.0, -3.0].map(|level| {
            let found = subject
                .test()
                .edge(&mut system, level, pass, stop)
                .expect("the gain falls here");
            let calculated = subject.calculated_edge(level);
            assert!(
                (found - calculated).abs() < 0.002 * (stop - pass),
                "{}: {found} for {calculated}",
                subject.name()
            );
            assert!(
                found > pass && found < subject.lower() / 2.0,
                "{}: {found}",
                subject.name()
            );
            format!("{level} dB {found:.0} Hz")
        });
        marks.join(", ")
    });
}

/// Nothing from the stop band comes back: the worst alias of tones above it, when the rate goes down.
#[test]
fn aliases() {
    check(|subject| {
        let stop = subject.promise.stop * subject.lower();
        if subject.from < subject.to {
            return "".into();
        }
        let mut system = subject.system(Encoding::F32, Encoding::F32);
        let spur = subject
            .test()
            .worst_alias(&mut system, stop, 120)
            .expect("tones can fold");
        assert!(
            spur.level_db <= -subject.promise.rejection,
            "{}: {spur:?}",
            subject.name()
        );
        format!(
            "worst alias {:.1} dB, {:.0} -> {:.0} Hz",
            spur.level_db, spur.input_frequency, spur.output_frequency
        )
    });
}

/// Nothing is added above the stop edge: the worst image of tones in the pass band, when the rate goes up or the
/// filter runs between the rates (3:2).
#[test]
fn images() {
    check(|subject| {
        let (pass, stop) = (
            subject.promise.pass * subject.lower(),
            subject.promise.stop * subject.lower(),
        );
        // A plain division of the rate makes no images.
        if subject.from.is_multiple_of(subject.to) {
            return "".into();
        }
        // Going down by 3:2, what is not the tone is an image wherever it falls.
        let stop = if subject.from > subject.to { 0.0 } else { stop };
        let mut system = subject.system(Encoding::F32, Encoding::F32);
        let spur = subject
            .test()
            .worst_image(&mut system, 40.0, pass, stop, 120)
            .expect("tones have images");
        assert!(
            spur.level_db <= -subject.promise.rejection,
            "{}: {spur:?}",
            subject.name()
        );
        format!(
            "worst image {:.1} dB, {:.0} -> {:.0} Hz",
            spur.level_db, spur.input_frequency, spur.output_frequency
        )
    });
}

/// The 16-bit kernels reach as deep, as far as 16 bits can show: ten seconds under noise of one step, in which a
/// component far below a step is still found.
///
/// Going up, an output that stands where an input stands differs from it only by the filter's ripple, a few steps
/// without any noise; rounding that is not random and leaves images of its own down to −107 dBFS.
#[test]
fn sixteen_bits_reach_as_deep() {
    check(|subject| {
        let (pass, stop) = (
            subject.promise.pass * subject.lower(),
            subject.promise.stop * subject.lower(),
        );
        let mut system = subject.system(Encoding::Pcm16, Encoding::Pcm16);
        let test = ResponseTest {
            amplitude: 0.9,
            dither: 1.0 / 32_768.0,
            duration: 10.0,
            ..subject.test()
        };
        let spur = if subject.from > subject.to {
            test.worst_alias(&mut system, stop, 14)
        } else {
            test.worst_image(&mut system, 200.0, pass, stop, 14)
        };
        let spur = spur.expect("there are aliases or images");
        assert!(
            spur.level_db <= -subject.promise.rejection.min(104.0),
            "{}: {spur:?}",
            subject.name()
        );
        format!("worst in 16 bits {:.1} dB", spur.level_db)
    });
}

/// SINAD of 1020 Hz at −3 and −10 dBFS is what the encodings leave: the noise of encoding the ideal tone at the input
/// (as far as it lies in the output's band) and of encoding it at the output, and two images at the promised depth.
#[test]
fn sinad() {
    use Encoding::{ALaw, MuLaw, Pcm16};
    check(|subject| {
        let mut told = Vec::new();
        for (from, to) in [
            (Pcm16, Pcm16),
            (Pcm16, MuLaw),
            (Pcm16, ALaw),
            (MuLaw, Pcm16),
            (ALaw, Pcm16),
            (MuLaw, MuLaw),
        ] {
            // Telephone codes come at the lower rate; at a higher one their noise, which is all harmonics, would
            // partly fold and partly go, and have no simple bound.
            if from != Pcm16 && subject.from > subject.to {
                continue;
            }
            for level in [-3.0, -10.0_f64] {
                let amplitude = 10.0_f64.powf(level / 20.0);
                let tone =
                    |rate: u32| signal::tone(rate.into(), 1_020.0, amplitude, 2 * rate as usize);
                // Encoded and decoded again, at either rate.
                let noise = |rate: u32, encoding| {
                    let coded = decoded(&encoded(&tone(rate), encoding), encoding);
                    fit_tone(&coded, rate.into(), 1_020.0)
                        .expect("a tone")
                        .residual_rms
                        .powi(2)
                };
                let kept = (f64::from(subject.to) / f64::from(subject.from)).min(1.0);
                let images =
                    amplitude * amplitude * 10.0_f64.powf(-subject.promise.rejection / 10.0);
                let bound = noise(subject.from, from) * kept + noise(subject.to, to) + images;
                let bound = 10.0 * (amplitude * amplitude / 2.0 / bound).log10();

                let output = subject.system(from, to)(&tone(subject.from));
                let settled =
                    &output[subject.to as usize / 2..output.len() - subject.to as usize / 2];
                let found = fit_tone(settled, subject.to.into(), 1_020.0)
                    .expect("a tone")
                    .sinad_db();
                assert!(
                    found > bound - 1.0,
                    "{} {from} -> {to} at {level} dBFS: {found} dB of {bound} dB",
                    subject.name(),
                );
                if from == Pcm16 && matches!(to, Pcm16 | MuLaw) {
                    told.push(format!("{to} {level} dBFS {found:.1} of {bound:.1}"));
                }
            }
        }
        told.join(", ")
    });
}

/// Latency, by an impulse: it stands where it stood, and its peak leaves no later than promised, one sample given at a
/// time.
#[test]
fn latency_by_impulse() {
    check(|subject| {
        let mut system = subject.system(Encoding::F32, Encoding::F32);
        let moved = latency(&mut system, subject.from.into(), subject.to.into(), 0.2)
            .expect("an impulse comes out");
        // The impulse lies between two outputs in general, where the peak is found to some hundredths of a sample.
        assert!(
            (moved * subject.lower()).abs() < 0.1,
            "{}: moved by {moved} s",
            subject.name()
        );

        // At a multiple of `down` the impulse's peak is itself an output.
        let at = 2 * subject.filter.down;
        let mut converter = subject.converter(Encoding::Pcm16, Encoding::Pcm16);
        let mut outputs = Vec::new();
        for n in 0..at + 8_000 {
            let sample = if n == at { 20_000_i16 } else { 0 };
            let leaving = converter.process(&sample.to_le_bytes());
            outputs.extend(
                leaving
                    .chunks(2)
                    .map(|y| (i16::from_le_bytes([y[0], y[1]]), n)),
            );
        }
        let (peak, &(_, left)) = outputs
            .iter()
            .enumerate()
            .max_by_key(|(_, (y, _))| *y)
            .expect("outputs");
        assert_eq!(
            peak as u64,
            2 * subject.filter.up,
            "{}: the peak is at its instant",
            subject.name()
        );
        let late = (left - at) as f64 / f64::from(subject.from);
        let stated = converter.latency().as_secs_f64();
        assert!(
            late <= stated + 1e-9 && stated - late < 1.0 / f64::from(subject.from),
            "{}: {late} s",
            subject.name()
        );
        assert!(
            stated * subject.lower() <= subject.promise.latency,
            "{}: {stated} s",
            subject.name()
        );
        format!("{:.3} ms", stated * 1e3)
    });
}
