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

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;

use fearless_simd::prelude::*;

use super::split::{COARSE, Split, parts, split};
use crate::filter::{Geometry, Prototype};

/// Coefficients of one ratio and quality, as steps through rows of sample pairs.
#[derive(Debug)]
pub(crate) struct Planar {
    up: usize,
    down: usize,
    /// Bits below the coarse half.
    fine_shift: u32,
    steps: Box<[Step]>,
    /// For each of the `up` outputs of a cycle: its fine steps, then its coarse ones.
    programs: Box<[Program]>,
    /// Cycles that an output's window can touch, and one more.
    reach: usize,
    /// Samples in a row of the room that this filter works in.
    row: usize,
}

#[derive(Debug)]
struct Program {
    /// One run of steps for each sum of fine halves; one, but for the longest filters.
    fine: Box<[Range<usize>]>,
    coarse: Range<usize>,
}

/// Multiply the pairs from `offset` on by `pair`.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// In samples from the start of the rows.
    offset: u32,
    /// Two 16-bit coefficients, the first in the low half.
    pair: i32,
}

/// Room for one block: what a kernel works in and what it makes. It lives on the stack of one call, so that an
/// instance keeps nothing but its history. Two sizes, since clearing it costs time.
pub(crate) struct Room<const INPUTS: usize, const ROWS: usize, const OUTPUTS: usize> {
    /// The block's inputs, from the stream's origin on.
    pub(crate) inputs: [i16; INPUTS],
    rows: [i16; ROWS],
    planes: [i16; OUTPUTS],
}

/// For ratios up to 3 and windows up to [`SMALL_REACH`] cycles: the common telephone rates.
pub(crate) type SmallRoom =
    Room<{ 3 * (SMALL_ROW / 2 + 1) }, { 2 * SMALL_ROW }, { 3 * MOST_CYCLES }>;
/// For every filter that is computed in this way.
pub(crate) type LargeRoom =
    Room<{ 6 * (LARGE_ROW / 2 + 1) }, { 3 * LARGE_ROW }, { 6 * MOST_CYCLES }>;

/// Cycles in one block: 20 ms of 8 kHz, and a multiple of every vector's lanes.
pub(crate) const MOST_CYCLES: usize = 160;
/// Cycles that the longest small window, and the longest of all, span.
const SMALL_REACH: usize = 36;
const LARGE_REACH: usize = 92;
/// Samples in a row: pairs for the block's cycles, one cycle more, and the window.
const SMALL_ROW: usize = 2 * (MOST_CYCLES + 1 + SMALL_REACH);
const LARGE_ROW: usize = 2 * (MOST_CYCLES + 1 + LARGE_REACH);

impl<const INPUTS: usize, const ROWS: usize, const OUTPUTS: usize> Room<INPUTS, ROWS, OUTPUTS> {
    pub(crate) const fn new() -> Self {
        Self {
            inputs: [0; INPUTS],
            rows: [0; ROWS],
            planes: [0; OUTPUTS],
        }
    }
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

        let mut steps = Vec::new();
        let programs = (0..up)
            .map(|r| {
                let (start, phase) = (r * down / up, r * down % up);
                let taps: Vec<i32> = prototype.phase(geometry, phase).collect();
                let places = places(start, start + taps.len(), down);
                let tap = |i: usize| {
                    if i < start {
                        0
                    } else {
                        taps.get(i - start).copied().unwrap_or(0)
                    }
                };
                let pairs: Vec<[i32; 2]> = places.iter().map(|place| place.taps.map(tap)).collect();
                let splits = split(&pairs, prototype.scale);
                let mut add = |places: &[Place], splits: &[Split], half: fn(&Split) -> [i16; 2]| {
                    let begin = steps.len();
                    for (place, split) in places.iter().zip(splits) {
                        let [first, second] = half(split);
                        if [first, second] != [0, 0] {
                            let offset = (place.row * row + 2 * place.cycle) as u32;
                            let pair = i32::from(second) << 16 | i32::from(first as u16);
                            steps.push(Step { offset, pair });
                        }
                    }
                    begin..steps.len()
                };
                let parts = parts(splits.iter().map(Split::fine_size));
                Program {
                    fine: parts
                        .into_iter()
                        .map(|part| add(&places[part.clone()], &splits[part], |split| split.fine))
                        .collect(),
                    coarse: add(&places, &splits, |split| split.coarse),
                }
            })
            .collect();
        Self {
            up,
            down,
            fine_shift: prototype.scale - COARSE,
            steps: steps.into(),
            programs,
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
            self.fill(inputs, rows, planes, cycles + self.reach);
        }
        let pairs: &[i16] = if self.down == 2 { inputs } else { rows };
        for r in 0..self.up.min(count) {
            let program = &self.programs[(first + r) % self.up];
            // In the next cycle everything lies one pair further on.
            let pairs = &pairs[(first + r) / self.up * 2..];
            self.make(
                simd,
                program,
                pairs,
                &mut planes[r * MOST_CYCLES..][..cycles],
            );
        }
        if self.up == 1 {
            return &planes[..count];
        }
        let out = &mut rows[..count];
        interleave(planes, self.up, out);
        out
    }

    /// Lays the inputs out as rows of so many pairs.
    #[inline(always)]
    fn fill(&self, inputs: &[i16], rows: &mut [i16], plane: &mut [i16], pairs: usize) {
        let mut rows = rows
            .chunks_exact_mut(self.row)
            .map(|row| &mut row[..2 * pairs]);
        match self.down {
            1 => rows.take(1).for_each(|row| fill_successors(inputs, row)),
            3 => fill_rows::<3>(inputs, &mut rows, plane),
            4 => fill_rows::<4>(inputs, &mut rows, plane),
            5 => fill_rows::<5>(inputs, &mut rows, plane),
            _ => fill_rows::<6>(inputs, &mut rows, plane),
        }
    }

    /// One output of each cycle.
    #[inline(always)]
    fn make<S: Simd>(&self, simd: S, program: &Program, rows: &[i16], plane: &mut [i16]) {
        let lanes = S::i16s::LEN;
        // Five vectors of sixteen bits at a time: ten sums, which leaves registers for the factors.
        let mut groups = plane.chunks_exact_mut(5 * lanes);
        let mut at = 0;
        for group in &mut groups {
            self.group::<S, 10>(simd, program, &rows[at..], group);
            at += 10 * lanes;
        }
        for group in groups.into_remainder().chunks_exact_mut(lanes) {
            self.group::<S, 2>(simd, program, &rows[at..], group);
            at += 2 * lanes;
        }
    }

    #[inline(always)]
    fn group<S: Simd, const SUMS: usize>(
        &self,
        simd: S,
        program: &Program,
        rows: &[i16],
        out: &mut [i16],
    ) {
        let half = 1 << (self.fine_shift + COARSE) >> 1;
        let mut sums = [S::i32s::splat(simd, half); SUMS];
        let (first, more) = program.fine.split_first().unwrap_or((&(0..0), &[]));
        add_steps(simd, &self.steps[first.clone()], rows, &mut sums);
        if more.is_empty() {
            for sum in &mut sums {
                *sum >>= self.fine_shift;
            }
        } else {
            self.add_parts(simd, more, rows, &mut sums);
        }
        add_steps(simd, &self.steps[program.coarse.clone()], rows, &mut sums);
        for (sums, out) in sums
            .as_chunks::<2>()
            .0
            .iter()
            .zip(out.chunks_exact_mut(S::i16s::LEN))
        {
            (sums[0] >> COARSE)
                .saturating_narrow(sums[1] >> COARSE)
                .store_slice(out);
        }
    }

    /// The whole part of several fine sums, of which `sums` is the first: their whole parts and what their remainders
    /// add up to.
    #[inline(always)]
    fn add_parts<S: Simd, const SUMS: usize>(
        &self,
        simd: S,
        parts: &[Range<usize>],
        rows: &[i16],
        sums: &mut [S::i32s; SUMS],
    ) {
        let remainder = (1 << self.fine_shift) - 1;
        let mut low = sums.map(|sum| sum & remainder);
        let mut high = sums.map(|sum| sum >> self.fine_shift);
        for part in parts {
            *sums = [S::i32s::splat(simd, 0); SUMS];
            add_steps(simd, &self.steps[part.clone()], rows, sums);
            for (v, sum) in sums.iter().enumerate() {
                low[v] += *sum & remainder;
                high[v] += *sum >> self.fine_shift;
            }
        }
        for (v, sum) in sums.iter_mut().enumerate() {
            *sum = high[v] + (low[v] >> self.fine_shift);
        }
    }
}

#[inline(always)]
fn add_steps<S: Simd, const SUMS: usize>(
    simd: S,
    steps: &[Step],
    rows: &[i16],
    sums: &mut [S::i32s; SUMS],
) {
    let lanes = S::i16s::LEN;
    for step in steps {
        let factor: S::i16s = S::i32s::splat(simd, step.pair).bitcast();
        let pairs = &rows[step.offset as usize..][..SUMS * lanes];
        for (v, sum) in sums.iter_mut().enumerate() {
            let pair = S::i16s::from_slice(simd, &pairs[v * lanes..][..lanes]);
            *sum += pair.pairwise_dot_product(factor);
        }
    }
}

/// Rows of neighbouring phases, and where one phase is left over a row of its samples with their successors; `plane` is
/// room for that phase.
#[inline(always)]
fn fill_rows<'a, const DOWN: usize>(
    inputs: &[i16],
    rows: &mut impl Iterator<Item = &'a mut [i16]>,
    plane: &mut [i16],
) {
    let (cycles, _) = inputs.as_chunks::<DOWN>();
    for (index, row) in rows.by_ref().take(DOWN / 2).enumerate() {
        let (pairs, _) = row.as_chunks_mut::<2>();
        for (pair, cycle) in pairs.iter_mut().zip(cycles) {
            *pair = [cycle[2 * index], cycle[2 * index + 1]];
        }
    }
    if DOWN % 2 == 1 {
        for row in rows.take(1) {
            let plane = &mut plane[..row.len() / 2 + 1];
            for (sample, cycle) in plane.iter_mut().zip(cycles) {
                *sample = cycle[DOWN - 1];
            }
            fill_successors(plane, row);
        }
    }
}

/// Pairs of each sample and the next.
#[inline(always)]
fn fill_successors(samples: &[i16], row: &mut [i16]) {
    let (pairs, _) = row.as_chunks_mut::<2>();
    for (pair, (sample, next)) in pairs.iter_mut().zip(samples.iter().zip(&samples[1..])) {
        *pair = [*sample, *next];
    }
}

/// Puts the planes of a cycle's outputs back into time order.
#[inline(always)]
fn interleave(planes: &[i16], up: usize, out: &mut [i16]) {
    match up {
        2 => interleave_planes::<2>(planes, out),
        3 => interleave_planes::<3>(planes, out),
        4 => interleave_planes::<4>(planes, out),
        5 => interleave_planes::<5>(planes, out),
        _ => interleave_planes::<6>(planes, out),
    }
}

#[inline(always)]
fn interleave_planes<const UP: usize>(planes: &[i16], out: &mut [i16]) {
    let (cycles, rest) = out.as_chunks_mut::<UP>();
    let plane = |r: usize| &planes[r * MOST_CYCLES..][..MOST_CYCLES];
    let whole = cycles.len();
    for r in 0..UP {
        for (cycle, sample) in cycles.iter_mut().zip(plane(r)) {
            cycle[r] = *sample;
        }
    }
    for (r, sample) in rest.iter_mut().enumerate() {
        *sample = plane(r)[whole];
    }
}

/// Where a pair of taps lies in the rows.
struct Place {
    row: usize,
    cycle: usize,
    /// The two inputs, counted from the cycle's first.
    taps: [usize; 2],
}

/// Pairs the inputs `start..end` as the rows do.
fn places(start: usize, end: usize, down: usize) -> Vec<Place> {
    let (first_cycle, last_cycle) = (start / down, (end - 1) / down);
    let mut places = Vec::new();
    for row in 0..down / 2 {
        for cycle in first_cycle..=last_cycle {
            let tap = cycle * down + 2 * row;
            places.push(Place {
                row,
                cycle,
                taps: [tap, tap + 1],
            });
        }
    }
    if down % 2 == 1 {
        for cycle in (first_cycle..=last_cycle).step_by(2) {
            let tap = cycle * down + down - 1;
            places.push(Place {
                row: down / 2,
                cycle,
                taps: [tap, tap + down],
            });
        }
    }
    places
}
