//! The one way this crate takes spectra: real FFTs in f64 with a chosen window.

use std::f64::consts::PI;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

/// A planned forward transform of one length, with its buffers.
pub(crate) struct Forward {
    plan: Arc<dyn RealToComplex<f64>>,
    input: Vec<f64>,
    output: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
}

impl Forward {
    pub(crate) fn new(length: usize) -> Self {
        let plan = RealFftPlanner::<f64>::new().plan_fft_forward(length.max(1));
        Self {
            input: plan.make_input_vec(),
            output: plan.make_output_vec(),
            scratch: plan.make_scratch_vec(),
            plan,
        }
    }

    /// The spectrum of `samples`, cut or padded with zeros to the planned length: length / 2 + 1 bins.
    pub(crate) fn run(&mut self, samples: impl Iterator<Item = f64>) -> &[Complex<f64>] {
        self.input.fill(0.0);
        for (slot, sample) in self.input.iter_mut().zip(samples) {
            *slot = sample;
        }
        self.plan
            .process_with_scratch(&mut self.input, &mut self.output, &mut self.scratch)
            .expect("the plan made these buffers");
        &self.output
    }
}

impl std::fmt::Debug for Forward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forward")
            .field("length", &self.input.len())
            .finish()
    }
}

/// The inverse of a half spectrum, not scaled: `length` real samples.
pub(crate) fn inverse(mut spectrum: Vec<Complex<f64>>, length: usize) -> Vec<f64> {
    let plan = RealFftPlanner::<f64>::new().plan_fft_inverse(length.max(1));
    let mut output = plan.make_output_vec();
    spectrum.resize(length.max(1) / 2 + 1, Complex::default());
    // A real signal's first and last bin are real; rounding may leave a trace that realfft complains of.
    if let Some(first) = spectrum.first_mut() {
        first.im = 0.0;
    }
    if length.is_multiple_of(2)
        && let Some(last) = spectrum.last_mut()
    {
        last.im = 0.0;
    }
    plan.process(&mut spectrum, &mut output)
        .expect("the plan made these buffers");
    output
}

/// The Hann window, periodic, for averages and pictures: side lobes from −31 dB, falling 18 dB an octave.
pub(crate) fn hann(length: usize) -> Vec<f64> {
    (0..length)
        .map(|n| 0.5 - 0.5 * (2.0 * PI * n as f64 / length as f64).cos())
        .collect()
}

/// The Kaiser window of β = 20, for telling components apart: side lobes below −150 dB, main lobe
/// ±[`KAISER_LOBE`] bins.
pub(crate) fn kaiser(length: usize) -> Vec<f64> {
    const BETA: f64 = 20.0;
    let scale = 1.0 / bessel_i0(BETA);
    (0..length)
        .map(|n| {
            let x = (2.0 * n as f64 + 1.0) / length as f64 - 1.0;
            bessel_i0(BETA * (1.0 - x * x).max(0.0).sqrt()) * scale
        })
        .collect()
}

/// Half the width of [`kaiser`]'s main lobe, in cycles per window length.
pub(crate) const KAISER_LOBE: f64 = 6.5;

/// The modified Bessel function of order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..200 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
        if term < sum * 1e-18 {
            break;
        }
    }
    sum
}
