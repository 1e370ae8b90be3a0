//! Any ratio of 16-bit audio: one output at a time, vector lanes along the window.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;

use fearless_simd::prelude::*;

use super::split::{COARSE, parts, split};
use super::{LANES, Line};
use crate::filter::{Geometry, Prototype};

/// Coefficients of every phase, split into fine and coarse halves.
#[derive(Debug)]
pub(crate) struct Dot {
    fine_shift: u32,
    /// One for each sum; one sum, but for the longest filters.
    fine: Box<[Taps]>,
    coarse: Taps,
}

/// The part of each phase's window outside which all coefficients are zero, filled up to whole vectors.
#[derive(Debug)]
struct Taps {
    /// Where in the window it begins.
    start: usize,
    length: usize,
    /// `length` coefficients for each phase.
    coefficients: Box<[i16]>,
}

impl Dot {
    pub(crate) fn new(geometry: &Geometry, prototype: &Prototype) -> Self {
        let (mut fine, mut coarse) = (Vec::new(), Vec::new());
        let window = geometry.window().next_multiple_of(2);
        // Of every place in the window, the largest |fine| of all phases.
        let mut sizes = alloc::vec![0; window];
        for phase in 0..geometry.up() {
            let mut taps: Vec<i32> = prototype.phase(geometry, phase).collect();
            taps.resize(window, 0);
            let (pairs, _) = taps.as_chunks::<2>();
            // A window's coefficients grow from both ends to the middle, near enough.
            let outside_in = (0..pairs.len().div_ceil(2)).flat_map(|i| [i, pairs.len() - 1 - i]);
            let splits = split(pairs, prototype.scale, outside_in);
            fine.extend(splits.iter().flat_map(|split| split.fine));
            coarse.extend(splits.iter().flat_map(|split| split.coarse));
        }
        for window in fine.chunks_exact(window) {
            for (size, c) in sizes.iter_mut().zip(window) {
                *size = u32::from(c.unsigned_abs()).max(*size);
            }
        }
        Self {
            fine_shift: prototype.scale - COARSE,
            fine: parts(sizes.into_iter())
                .into_iter()
                .map(|part| Taps::new(&fine, window, part))
                .collect(),
            coarse: Taps::new(&coarse, window, 0..window),
        }
    }
}

impl Line for Dot {
    type Sample = i16;

    #[inline(always)]
    fn output<S: Simd>(&self, simd: S, inputs: &[i16], phase: usize) -> i16 {
        // The whole parts of all fine sums, and what their remainders add up to.
        let mut high = 0;
        let mut low = 1 << (self.fine_shift + COARSE) >> 1;
        for part in &self.fine {
            let sum = part.sum_of_products(simd, inputs, phase);
            high += sum >> self.fine_shift;
            low += sum & ((1 << self.fine_shift) - 1);
        }
        let sum =
            high + (low >> self.fine_shift) + self.coarse.sum_of_products(simd, inputs, phase);
        (sum >> COARSE).clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
    }
}

impl Taps {
    /// The taps of the places `part` in every window, without the zeros at both ends.
    fn new(windows: &[i16], window: usize, part: Range<usize>) -> Self {
        let used = |tap: &usize| windows.iter().skip(*tap).step_by(window).any(|c| *c != 0);
        let start = part.clone().find(used).unwrap_or(0);
        let end = part.rev().find(used).map_or(start, |last| last + 1);
        let length = (end - start).next_multiple_of(LANES);
        let mut coefficients = Vec::new();
        for window in windows.chunks_exact(window) {
            coefficients.extend_from_slice(&window[start..end]);
            coefficients.resize(coefficients.len().next_multiple_of(LANES), 0);
        }
        Self {
            start,
            length,
            coefficients: coefficients.into(),
        }
    }

    #[inline(always)]
    fn sum_of_products<S: Simd>(&self, simd: S, inputs: &[i16], phase: usize) -> i32 {
        let lanes = S::i16s::LEN;
        let inputs = &inputs[self.start..][..self.length];
        let coefficients = &self.coefficients[phase * self.length..][..self.length];
        // Two sums, so that one addition need not wait for the last.
        let mut sums = [S::i32s::splat(simd, 0); 2];
        let vectors = inputs
            .chunks_exact(lanes)
            .zip(coefficients.chunks_exact(lanes));
        for (v, (inputs, coefficients)) in vectors.enumerate() {
            let x = S::i16s::from_slice(simd, inputs);
            let c = S::i16s::from_slice(simd, coefficients);
            sums[v % 2] += x.pairwise_dot_product(c);
        }
        (sums[0] + sums[1]).reduce_sum()
    }
}
