//! Any ratio with a float on either side.
//!
//! Samples are integers on a grid of 2^−24, limited to ±8, coefficients have up to 24 bits and their magnitudes add
//! up to less than 2.5: every product and every partial sum is an integer below 2^53, so `f64` computes the exact
//! sum whatever its order.

use alloc::boxed::Box;
use alloc::vec::Vec;

use fearless_simd::prelude::*;

use super::{LANES, Line};
use crate::filter::{Geometry, Prototype};

/// Coefficients of every phase as whole numbers, filled up with zeros to whole vectors.
#[derive(Debug)]
pub(crate) struct Wide {
    window: usize,
    /// 2^−(T + 24): takes the sum of integers to ±1.0.
    unit: f64,
    taps: Box<[f64]>,
}

impl Wide {
    pub(crate) fn new(geometry: &Geometry, prototype: &Prototype) -> Self {
        let window = geometry.window().next_multiple_of(LANES);
        let mut taps = Vec::new();
        for phase in 0..geometry.up() {
            taps.extend(prototype.phase(geometry, phase).map(f64::from));
            taps.resize((phase + 1) * window, 0.0);
        }
        let unit = 1.0 / (f64::from(1u32 << 24) * f64::from(1u32 << prototype.scale));
        Self {
            window,
            unit,
            taps: taps.into(),
        }
    }
}

impl Line for Wide {
    type Sample = f64;

    /// Inputs are whole steps of 2^−24, the output has full scale ±1.0.
    #[inline(always)]
    fn output<S: Simd>(&self, simd: S, inputs: &[f64], phase: usize) -> f64 {
        let lanes = S::f64s::LEN;
        let inputs = &inputs[..self.window];
        let taps = &self.taps[phase * self.window..][..self.window];
        // Four sums, so that one addition need not wait for the last.
        let mut sums = [S::f64s::splat(simd, 0.0); 4];
        for (inputs, taps) in inputs
            .chunks_exact(4 * lanes)
            .zip(taps.chunks_exact(4 * lanes))
        {
            for (v, sum) in sums.iter_mut().enumerate() {
                let x = S::f64s::from_slice(simd, &inputs[v * lanes..][..lanes]);
                let c = S::f64s::from_slice(simd, &taps[v * lanes..][..lanes]);
                *sum += x * c;
            }
        }
        let sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        sum.as_slice().iter().sum::<f64>() * self.unit
    }
}
