//! The split of coefficients into 16-bit halves.

use alloc::vec::Vec;
use core::ops::Range;

/// Bits of the coarse half: coefficients up to 2 fit into 16 bits.
pub(crate) const COARSE: u32 = 14;

/// What Σ|fine| may reach in one sum: with full-scale samples it stays inside 32 bits, the rounding term included.
/// Where a long filter has more, there are several sums ([`parts`]).
const MOST_FINE: u32 = 65_000;

/// Two neighbouring taps that one 16-bit multiply-add takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    pub(crate) fine: [i16; 2],
    pub(crate) coarse: [i16; 2],
}

impl Split {
    /// What this pair adds to Σ|fine|.
    pub(crate) fn fine_size(&self) -> u32 {
        self.fine.iter().map(|c| u32::from(c.unsigned_abs())).sum()
    }
}

/// The sum of a pair's magnitudes.
pub(crate) fn size(pair: &[i32; 2]) -> u32 {
    pair[0].unsigned_abs() + pair[1].unsigned_abs()
}

/// Splits the pairs of one phase. Those that come first in `smallest_first` have no coarse halves, as many as the sum of
/// the fine ones allows.
pub(crate) fn split(
    pairs: &[[i32; 2]],
    scale: u32,
    smallest_first: impl Iterator<Item = usize>,
) -> Vec<Split> {
    let halves = |pair: &[i32; 2]| {
        let coarse = pair.map(|c| (c + (1 << (scale - COARSE) >> 1)) >> (scale - COARSE));
        let fine = [0, 1].map(|i| (pair[i] - (coarse[i] << (scale - COARSE))) as i16);
        Split {
            fine,
            coarse: coarse.map(|c| c as i16),
        }
    };

    let mut splits: Vec<Split> = pairs.iter().map(halves).collect();
    let mut total: u32 = splits.iter().map(Split::fine_size).sum();
    for i in smallest_first {
        let [Ok(first), Ok(second)] = pairs[i].map(i16::try_from) else {
            break;
        };
        let more = size(&pairs[i]) - splits[i].fine_size().min(size(&pairs[i]));
        if total + more > MOST_FINE {
            break;
        }
        total += more;
        splits[i] = Split {
            fine: [first, second],
            coarse: [0, 0],
        };
    }
    splits
}

/// Cuts a list into as few runs as keep each one's sum of sizes within what one sum of fine halves may reach; at least
/// one run.
pub(crate) fn parts(sizes: impl Iterator<Item = u32>) -> Vec<Range<usize>> {
    let mut parts = alloc::vec![0..0];
    let mut sum = 0;
    for (index, size) in sizes.enumerate() {
        sum += size;
        if sum > MOST_FINE {
            parts.push(index..index);
            sum = size;
        }
        if let Some(last) = parts.last_mut() {
            last.end = index + 1;
        }
    }
    parts
}
