//! The sums. Each kernel computes the same exact number for a filter and its inputs; they differ in how many
//! outputs they make at a time and in the width of a sample.
//!
//! A coefficient has up to 24 bits, a sample 16, and the multiply-add that a phone call's worth of audio wants is
//! the one of 16 by 16 bits, exact in any order. So a coefficient `c`, a multiple of 2^−T, is split in two:
//!
//! ```text
//! c = fine + coarse · 2^(T−14)        sum = ⌊(Σ fine·x + 2^(T−1)) / 2^(T−14)⌋ + Σ coarse·x        y = ⌊sum / 2^14⌋
//! ```
//!
//! Small coefficients are all `fine`. The nested floors are those of the whole quotient, so `y` is the exact sum
//! rounded to nearest, in 32-bit arithmetic throughout.

mod dot;
mod planar;
mod split;
mod wide;

use fearless_simd::Simd;

use crate::codec::Sample;
pub(crate) use dot::Dot;
pub(crate) use planar::{LargeRoom, MOST_CYCLES, Planar, Room, SmallRoom};
pub(crate) use wide::Wide;

/// What windows are filled up to a multiple of: the 16-bit lanes of the widest vector, and four vectors of `f64`.
pub(crate) const LANES: usize = 32;

/// A kernel that makes one output from one slice of inputs.
pub(crate) trait Line {
    /// What it computes with.
    type Sample: Sample;

    /// The output of `phase` whose window begins with `inputs`, which go on for [`LANES`] samples beyond the window:
    /// there, whatever they are, they meet zeros.
    fn output<S: Simd>(&self, simd: S, inputs: &[Self::Sample], phase: usize) -> Self::Sample;
}
