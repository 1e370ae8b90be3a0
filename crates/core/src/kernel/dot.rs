//! Any ratio of 16-bit audio: one output at a time, vector lanes along the window.

use alloc::boxed::Box;
use alloc::vec::Vec;

use fearless_simd::prelude::*;

use super::Line;
use super::split::{COARSE, split};
use crate::filter::{Geometry, Prototype};

/// Coefficients of every phase, split into fine and coarse halves.
#[derive(Debug)]
pub(crate) struct Dot {
    window: usize,
    fine_shift: u32,
    /// `up` phases of `window` coefficients.
    fine: Box<[i16]>,
    coarse: Box<[i16]>,
}

impl Dot {
    pub(crate) fn new(geometry: &Geometry, prototype: &Prototype) -> Self {
        let window = geometry.window();
        let (mut fine, mut coarse) = (Vec::new(), Vec::new());
        for phase in 0..geometry.up() {
            let mut taps: Vec<i32> = prototype.phase(geometry, phase).collect();
            if window % 2 == 1 {
                taps.push(0);
            }
            let (pairs, _) = taps.as_chunks::<2>();
            let splits = split(pairs, prototype.scale);
            fine.extend(splits.iter().flat_map(|split| split.fine).take(window));
            coarse.extend(splits.iter().flat_map(|split| split.coarse).take(window));
        }
        Self {
            window,
            fine_shift: prototype.scale - COARSE,
            fine: fine.into(),
            coarse: coarse.into(),
        }
    }
}

impl Line for Dot {
    type Sample = i16;

    #[inline(always)]
    fn output<S: Simd>(&self, simd: S, inputs: &[i16], phase: usize) -> i16 {
        let fine = &self.fine[phase * self.window..][..self.window];
        let coarse = &self.coarse[phase * self.window..][..self.window];
        let half = 1 << (self.fine_shift + COARSE) >> 1;
        let sum = (sum_of_products(simd, inputs, fine) + half) >> self.fine_shift;
        let sum = (sum + sum_of_products(simd, inputs, coarse)) >> COARSE;
        sum.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
    }
}

#[inline(always)]
fn sum_of_products<S: Simd>(simd: S, inputs: &[i16], coefficients: &[i16]) -> i32 {
    let lanes = S::i16s::LEN;
    let length = inputs.len().min(coefficients.len());
    let (inputs, coefficients) = (&inputs[..length], &coefficients[..length]);
    let mut sums = [S::i32s::splat(simd, 0); 4];
    let groups = inputs
        .chunks_exact(4 * lanes)
        .zip(coefficients.chunks_exact(4 * lanes));
    for (inputs, coefficients) in groups {
        for (v, sum) in sums.iter_mut().enumerate() {
            let x = S::i16s::from_slice(simd, &inputs[v * lanes..][..lanes]);
            let c = S::i16s::from_slice(simd, &coefficients[v * lanes..][..lanes]);
            *sum += x.pairwise_dot_product(c);
        }
    }
    let done = length - length % (4 * lanes);
    for (inputs, coefficients) in inputs[done..]
        .chunks_exact(lanes)
        .zip(coefficients[done..].chunks_exact(lanes))
    {
        let x = S::i16s::from_slice(simd, inputs);
        let c = S::i16s::from_slice(simd, coefficients);
        sums[0] += x.pairwise_dot_product(c);
    }
    let done = length - length % lanes;
    let rest = inputs[done..]
        .iter()
        .zip(&coefficients[done..])
        .map(|(x, c)| i32::from(*x) * i32::from(*c));
    ((sums[0] + sums[1]) + (sums[2] + sums[3])).reduce_sum() + rest.sum::<i32>()
}
