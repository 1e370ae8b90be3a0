//! The split of coefficients into 16-bit halves.

/// Bits of the coarse half: coefficients up to 2 fit into 16 bits.
pub(crate) const COARSE: u32 = 14;

/// What Σ|fine| may reach: with full-scale samples the sum stays inside 32 bits, the rounding term included.
const MOST_FINE: u32 = 65_000;

/// Two neighbouring taps that one 16-bit multiply-add takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    pub(crate) fine: [i16; 2],
    pub(crate) coarse: [i16; 2],
}

/// Splits the pairs of one phase, with as few coarse halves as the sum of the fine ones allows.
pub(crate) fn split(pairs: &[[i32; 2]], scale: u32) -> alloc::vec::Vec<Split> {
    let size = |pair: &[i32; 2]| pair[0].unsigned_abs() + pair[1].unsigned_abs();
    let halves = |pair: &[i32; 2]| {
        let coarse = pair.map(|c| (c + (1 << (scale - COARSE) >> 1)) >> (scale - COARSE));
        let fine = [0, 1].map(|i| (pair[i] - (coarse[i] << (scale - COARSE))) as i16);
        Split {
            fine,
            coarse: coarse.map(|c| c as i16),
        }
    };
    let fine_size = |split: &Split| {
        split
            .fine
            .iter()
            .map(|c| u32::from(c.unsigned_abs()))
            .sum::<u32>()
    };

    let mut splits: alloc::vec::Vec<Split> = pairs.iter().map(halves).collect();
    let mut total: u32 = splits.iter().map(fine_size).sum();
    let mut smallest_first: alloc::vec::Vec<usize> = (0..pairs.len()).collect();
    smallest_first.sort_by_key(|&i| size(&pairs[i]));
    for i in smallest_first {
        let [Ok(first), Ok(second)] = pairs[i].map(i16::try_from) else {
            break;
        };
        let more = size(&pairs[i]) - fine_size(&splits[i]).min(size(&pairs[i]));
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
