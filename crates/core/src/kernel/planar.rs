//! Simple ratios: one vector lane an output.
//!
//! Outputs come in *cycles* of `up` outputs over `down` inputs, and output `r` of every cycle has the same
//! coefficients. So for each `r` the kernel makes one output of many cycles at once: lane `i` of a vector belongs to
//! cycle `i`, and nothing is ever summed across lanes.
//!
//! The multiply-add of 16-bit pairs wants, in lane `i`, two samples that belong to cycle `i + j` for some `j`.
//! De-interleaving the inputs once into *rows* of pairs makes each such vector one load, at place `j` of a row:
//!
//! ```text
//! down = 3, inputs x0 x1 x2 | x3 x4 x5 | x6 x7 x8 ...
//! row 0:  (x0 x1) (x3 x4) (x6 x7) ...      two phases of one cycle
//! row 1:  (x2 x5) (x5 x8) (x8 x11) ...     the odd phase left over, with its successor in time
//! ```
//!
//! A filter is then a list of steps, each a place in the rows and a pair of coefficients.

mod rows;
mod sums;

use alloc::boxed::Box;
use alloc::vec::Vec;

use fearless_simd::prelude::*;

use super::split::{size, split};
use crate::filter::{Geometry, Prototype};
use rows::{LARGE_REACH, LARGE_ROW, SMALL_REACH, SMALL_ROW, fill, interleave, places};
pub(crate) use rows::{LargeRoom, MOST_CYCLES, Room, SmallRoom};
use sums::Program;

/// Coefficients of one ratio and quality, as steps through rows of sample pairs.
#[derive(Debug)]
pub(crate) struct Planar {
    up: usize,
    down: usize,
    /// One for each of the `up` outputs of a cycle.
    programs: Box<[Program]>,
    /// Cycles that an output's window can touch, and one more.
    reach: usize,
    /// Samples in a row of the room that this filter works in.
    row: usize,
}

impl Planar {
    /// Whether this filter can be computed in this way: a ratio up to 6 and a window of not too many cycles.
    pub(crate) fn suits(geometry: &Geometry) -> bool {
        geometry.up().max(geometry.down()) <= 6 && Self::reach(geometry) <= LARGE_REACH
    }

    /// Cycles that an output's window can touch.
    fn reach(geometry: &Geometry) -> usize {
        (geometry.window() + geometry.down()).div_ceil(geometry.down())
    }

    pub(crate) fn new(geometry: &Geometry, prototype: &Prototype) -> Self {
        let (up, down) = (geometry.up(), geometry.down());
        let reach = Self::reach(geometry);
        let is_small = up <= 3 && down <= 3 && reach <= SMALL_REACH;
        let row = if is_small { SMALL_ROW } else { LARGE_ROW };
        let program = |r: usize| {
            let (start, phase) = (r * down / up, r * down % up);
            let taps: Vec<i32> = prototype.phase(geometry, phase).collect();
            let tap = |i: usize| {
                if i < start {
                    0
                } else {
                    taps.get(i - start).copied().unwrap_or(0)
                }
            };
            let places = places(start, start + taps.len(), down);
            let offsets = places.iter().map(|place| place.row * row + 2 * place.cycle);
            let pairs: Vec<[i32; 2]> = places.iter().map(|place| place.taps.map(tap)).collect();
            let mut smallest_first: Vec<usize> = (0..pairs.len()).collect();
            smallest_first.sort_by_key(|&i| size(&pairs[i]));
            let splits = split(&pairs, prototype.scale, smallest_first.into_iter());
            Program::new(offsets, &splits, prototype.scale)
        };
        Self {
            up,
            down,
            programs: (0..up).map(program).collect(),
            reach: reach + 1,
            row,
        }
    }

    /// Whether [`SmallRoom`] suffices.
    pub(crate) fn is_small(&self) -> bool {
        self.row == SMALL_ROW
    }

    /// Makes `count` outputs, at most [`MOST_CYCLES`] cycles of them, and gives them as a part of the room.
    ///
    /// `first` is the place of the first output in its cycle. What lies in the room beyond the block's own inputs
    /// is multiplied by zero or dropped.
    #[inline(always)]
    pub(crate) fn run<'a, S: Simd, const INPUTS: usize, const ROWS: usize, const OUTPUTS: usize>(
        &self,
        simd: S,
        room: &'a mut Room<INPUTS, ROWS, OUTPUTS>,
        first: usize,
        count: usize,
    ) -> &'a [i16] {
        let Room {
            inputs,
            rows,
            planes,
        } = room;
        let cycles = count.div_ceil(self.up).next_multiple_of(S::i16s::LEN);
        // Two inputs a cycle are pairs already.
        if self.down != 2 {
            fill(
                simd,
                self.down,
                inputs,
                rows,
                self.row,
                cycles + self.reach,
                planes,
            );
        }
        let pairs: &[i16] = if self.down == 2 { inputs } else { rows };
        for r in 0..self.up.min(count) {
            // In the next cycle everything lies one pair further on.
            let pairs = &pairs[(first + r) / self.up * 2..];
            let plane = &mut planes[r * MOST_CYCLES..][..cycles];
            self.programs[(first + r) % self.up].run(simd, pairs, plane);
        }
        if self.up == 1 {
            return &planes[..count];
        }
        let out = &mut rows[..count];
        interleave(simd, planes, self.up, out);
        out
    }
}
