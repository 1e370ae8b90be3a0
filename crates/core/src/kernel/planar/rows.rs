//! Where a block's inputs become rows of pairs, and planes of outputs become a stream again.

use alloc::vec::Vec;

use fearless_simd::prelude::*;

/// Room for one block: what a kernel works in and what it makes. It lives on the stack of one call, so that an
/// instance keeps nothing but its history. Two sizes, since clearing it costs time.
pub(crate) struct Room<const INPUTS: usize, const ROWS: usize, const OUTPUTS: usize> {
    /// The block's inputs, from the stream's origin on.
    pub(crate) inputs: [i16; INPUTS],
    pub(super) rows: [i16; ROWS],
    /// [`MOST_CYCLES`] samples for each output of a cycle.
    pub(super) planes: [i16; OUTPUTS],
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
pub(super) const SMALL_REACH: usize = 36;
pub(super) const LARGE_REACH: usize = 92;
/// Samples in a row: pairs for the block's cycles, one cycle more, and the window.
pub(super) const SMALL_ROW: usize = 2 * (MOST_CYCLES + 1 + SMALL_REACH);
pub(super) const LARGE_ROW: usize = 2 * (MOST_CYCLES + 1 + LARGE_REACH);

impl<const INPUTS: usize, const ROWS: usize, const OUTPUTS: usize> Room<INPUTS, ROWS, OUTPUTS> {
    pub(crate) const fn new() -> Self {
        Self {
            inputs: [0; INPUTS],
            rows: [0; ROWS],
            planes: [0; OUTPUTS],
        }
    }
}

/// Lays the inputs out as rows of so many pairs, each row `row` samples after the last; `plane` is room to work in.
#[inline(always)]
pub(super) fn fill<S: Simd>(
    simd: S,
    down: usize,
    inputs: &[i16],
    rows: &mut [i16],
    row: usize,
    pairs: usize,
    plane: &mut [i16],
) {
    match down {
        1 => fill_successors(simd, inputs, &mut rows[..2 * pairs]),
        3 => fill_rows::<S, 3>(simd, inputs, rows, row, pairs, plane),
        4 => fill_rows::<S, 4>(simd, inputs, rows, row, pairs, plane),
        5 => fill_rows::<S, 5>(simd, inputs, rows, row, pairs, plane),
        _ => fill_rows::<S, 6>(simd, inputs, rows, row, pairs, plane),
    }
}

/// Rows of neighbouring phases, and where one phase is left over a row of its samples with their successors; `plane` is
/// room for that phase.
#[inline(always)]
fn fill_rows<S: Simd, const DOWN: usize>(
    simd: S,
    inputs: &[i16],
    rows: &mut [i16],
    row: usize,
    pairs: usize,
    plane: &mut [i16],
) {
    let (cycles, _) = inputs.as_chunks::<DOWN>();
    for index in 0..DOWN / 2 {
        let (pairs, _) = rows[index * row..][..2 * pairs].as_chunks_mut::<2>();
        for (pair, cycle) in pairs.iter_mut().zip(cycles) {
            *pair = [cycle[2 * index], cycle[2 * index + 1]];
        }
    }
    if DOWN % 2 == 1 {
        let plane = &mut plane[..pairs + 1];
        for (sample, cycle) in plane.iter_mut().zip(cycles) {
            *sample = cycle[DOWN - 1];
        }
        fill_successors(simd, plane, &mut rows[DOWN / 2 * row..][..2 * pairs]);
    }
}

/// Pairs of each sample and the next.
#[inline(always)]
fn fill_successors<S: Simd>(simd: S, samples: &[i16], row: &mut [i16]) {
    let lanes = S::i16s::LEN;
    let (next, mut at) = (&samples[1..], 0);
    let mut vectors = row.chunks_exact_mut(2 * lanes);
    for out in &mut vectors {
        let first = S::i16s::from_slice(simd, &samples[at..][..lanes]);
        let second = S::i16s::from_slice(simd, &next[at..][..lanes]);
        let (low, high) = first.interleave(second);
        low.store_slice(&mut out[..lanes]);
        high.store_slice(&mut out[lanes..]);
        at += lanes;
    }
    let (pairs, _) = vectors.into_remainder().as_chunks_mut::<2>();
    for (pair, (sample, next)) in pairs.iter_mut().zip(samples[at..].iter().zip(&next[at..])) {
        *pair = [*sample, *next];
    }
}

/// Puts the planes of a cycle's outputs back into time order.
#[inline(always)]
pub(super) fn interleave<S: Simd>(simd: S, planes: &[i16], up: usize, out: &mut [i16]) {
    match up {
        2 => interleave_two(simd, planes, out),
        3 => interleave_planes::<3>(planes, out),
        4 => interleave_planes::<4>(planes, out),
        5 => interleave_planes::<5>(planes, out),
        _ => interleave_planes::<6>(planes, out),
    }
}

#[inline(always)]
fn interleave_two<S: Simd>(simd: S, planes: &[i16], out: &mut [i16]) {
    let lanes = S::i16s::LEN;
    let (first, second) = planes.split_at(MOST_CYCLES);
    let mut vectors = out.chunks_exact_mut(2 * lanes);
    let mut at = 0;
    for out in &mut vectors {
        let first = S::i16s::from_slice(simd, &first[at..][..lanes]);
        let second = S::i16s::from_slice(simd, &second[at..][..lanes]);
        let (low, high) = first.interleave(second);
        low.store_slice(&mut out[..lanes]);
        high.store_slice(&mut out[lanes..]);
        at += lanes;
    }
    for (i, sample) in vectors.into_remainder().iter_mut().enumerate() {
        *sample = [first, second][i % 2][at + i / 2];
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
pub(super) struct Place {
    pub(super) row: usize,
    pub(super) cycle: usize,
    /// The two inputs, counted from the cycle's first.
    pub(super) taps: [usize; 2],
}

/// Pairs the inputs `start..end` as the rows do.
pub(super) fn places(start: usize, end: usize, down: usize) -> Vec<Place> {
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
