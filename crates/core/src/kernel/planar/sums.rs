//! The inner loop: where nearly all the time goes.
//!
//! Vectors of pairs are loaded from any place in a row, and such loads, not the multiplications, are what a CPU has too
//! few of. So a step whose coefficients have both halves loads its pairs once and multiplies them twice, and as many
//! vectors as there are registers for share the loading of the coefficients.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;

use fearless_simd::prelude::*;

use crate::kernel::split::{COARSE, Split, parts};

/// One output of a cycle: what to multiply with what.
#[derive(Debug)]
pub(super) struct Program {
    /// Bits below the coarse half.
    fine_shift: u32,
    /// One for each sum of fine halves: one, but for the longest filters.
    parts: Box<[Part]>,
    small: Box<[Small]>,
    large: Box<[Large]>,
}

/// The steps of one sum of fine halves.
#[derive(Debug)]
struct Part {
    small: Range<usize>,
    large: Range<usize>,
}

/// A pair of coefficients that are all fine, and where their samples lie: from the start of the rows.
#[derive(Clone, Copy, Debug)]
struct Small {
    offset: u32,
    fine: i32,
}

/// A pair of coefficients with both halves.
#[derive(Clone, Copy, Debug)]
struct Large {
    offset: u32,
    fine: i32,
    coarse: i32,
}

impl Program {
    /// From each pair's place in the rows and its coefficients, multiples of 2^−`scale`.
    pub(super) fn new(offsets: impl Iterator<Item = usize>, splits: &[Split], scale: u32) -> Self {
        let (mut small, mut large) = (Vec::new(), Vec::new());
        let steps: Vec<(u32, &Split)> = offsets.map(|offset| offset as u32).zip(splits).collect();
        let parts = parts(splits.iter().map(Split::fine_size));
        let parts = parts.into_iter().map(|part| {
            let (first_small, first_large) = (small.len(), large.len());
            for (offset, split) in &steps[part] {
                let (offset, fine, coarse) = (*offset, packed(split.fine), packed(split.coarse));
                if coarse != 0 {
                    large.push(Large {
                        offset,
                        fine,
                        coarse,
                    });
                } else if fine != 0 {
                    small.push(Small { offset, fine });
                }
            }
            Part {
                small: first_small..small.len(),
                large: first_large..large.len(),
            }
        });
        let parts = parts.collect();
        Self {
            fine_shift: scale - COARSE,
            parts,
            small: small.into(),
            large: large.into(),
        }
    }

    /// Makes this output for every cycle of `plane`, whose length is a multiple of a vector's lanes, from rows of pairs.
    #[inline(always)]
    pub(super) fn run<S: Simd>(&self, simd: S, rows: &[i16], plane: &mut [i16]) {
        // Two sums a vector of pairs: 20 of 32 registers with AVX-512, 8 of 16 elsewhere.
        if S::i16s::LEN == 32 {
            self.run_by::<S, 10>(simd, rows, plane);
        } else {
            self.run_by::<S, 4>(simd, rows, plane);
        }
    }

    #[inline(always)]
    fn run_by<S: Simd, const VECTORS: usize>(&self, simd: S, rows: &[i16], plane: &mut [i16]) {
        let lanes = S::i16s::LEN;
        let mut groups = plane.chunks_exact_mut(VECTORS / 2 * lanes);
        let mut at = 0;
        for group in &mut groups {
            self.group::<S, VECTORS>(simd, &rows[at..], group);
            at += VECTORS * lanes;
        }
        for group in groups.into_remainder().chunks_exact_mut(lanes) {
            self.group::<S, 2>(simd, &rows[at..], group);
            at += 2 * lanes;
        }
    }

    // Plain loops throughout: closures over arrays of vectors are not always compiled into their caller.
    #[inline(always)]
    fn group<S: Simd, const VECTORS: usize>(&self, simd: S, rows: &[i16], out: &mut [i16]) {
        let zero = [S::i32s::splat(simd, 0); VECTORS];
        let mut fine = [S::i32s::splat(simd, 1 << (self.fine_shift + COARSE) >> 1); VECTORS];
        let mut coarse = zero;
        if let [part] = &*self.parts {
            self.add(simd, part, rows, &mut fine, &mut coarse);
            for sum in &mut fine {
                *sum >>= self.fine_shift;
            }
        } else {
            // The whole parts of all fine sums, and what their remainders add up to.
            let (mut high, mut low) = (zero, zero);
            for part in &self.parts {
                self.add(simd, part, rows, &mut fine, &mut coarse);
                for v in 0..VECTORS {
                    high[v] += fine[v] >> self.fine_shift;
                    low[v] += fine[v] & ((1 << self.fine_shift) - 1);
                }
                fine = zero;
            }
            for v in 0..VECTORS {
                fine[v] = high[v] + (low[v] >> self.fine_shift);
            }
        }
        for (v, out) in out.chunks_exact_mut(S::i16s::LEN).enumerate() {
            let low = (fine[2 * v] + coarse[2 * v]) >> COARSE;
            let high = (fine[2 * v + 1] + coarse[2 * v + 1]) >> COARSE;
            low.saturating_narrow(high).store_slice(out);
        }
    }

    #[inline(always)]
    fn add<S: Simd, const VECTORS: usize>(
        &self,
        simd: S,
        part: &Part,
        rows: &[i16],
        fine: &mut [S::i32s; VECTORS],
        coarse: &mut [S::i32s; VECTORS],
    ) {
        let lanes = S::i16s::LEN;
        for step in &self.small[part.small.clone()] {
            let rows = &rows[step.offset as usize..][..VECTORS * lanes];
            let factor: S::i16s = S::i32s::splat(simd, step.fine).bitcast();
            for v in 0..VECTORS {
                let pairs = S::i16s::from_slice(simd, &rows[v * lanes..][..lanes]);
                fine[v] += pairs.pairwise_dot_product(factor);
            }
        }
        for step in &self.large[part.large.clone()] {
            let rows = &rows[step.offset as usize..][..VECTORS * lanes];
            let fine_factor: S::i16s = S::i32s::splat(simd, step.fine).bitcast();
            let coarse_factor: S::i16s = S::i32s::splat(simd, step.coarse).bitcast();
            for v in 0..VECTORS {
                let pairs = S::i16s::from_slice(simd, &rows[v * lanes..][..lanes]);
                fine[v] += pairs.pairwise_dot_product(fine_factor);
                coarse[v] += pairs.pairwise_dot_product(coarse_factor);
            }
        }
    }
}

/// Two coefficients as the 32-bit number that a vector is filled with, the first in the low half.
fn packed([first, second]: [i16; 2]) -> i32 {
    i32::from(second) << 16 | i32::from(first as u16)
}
