//! A queue of sound that takes no more memory than what waits in it, give or take a block.

use std::collections::VecDeque;

use crate::line::FRAME;

/// µ-law that waits, the oldest first.
///
/// A turn of the model's comes in a burst, and a call has many: were it one buffer, each call would keep the memory of its longest turn to
/// its end.
#[derive(Debug)]
pub(crate) struct CodeQueue {
    /// All but the last are full, and all but an only one have something in them.
    blocks: VecDeque<Vec<u8>>,
    /// How much of the first block was taken.
    taken: usize,
    len: usize,
}

impl CodeQueue {
    pub(crate) const fn new() -> Self {
        Self {
            blocks: VecDeque::new(),
            taken: 0,
            len: 0,
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn push(&mut self, mut codes: impl ExactSizeIterator<Item = u8>) {
        self.len += codes.len();
        while codes.len() > 0 {
            if self.blocks.back().is_none_or(|last| last.len() == BLOCK) {
                self.blocks.push_back(Vec::with_capacity(BLOCK));
            }
            if let Some(last) = self.blocks.back_mut() {
                let room = BLOCK - last.len();
                last.extend(codes.by_ref().take(room));
            }
        }
    }

    /// Takes so many codes, or all if there are fewer, and shows them slice by slice.
    pub(crate) fn take(&mut self, count: usize, mut show: impl FnMut(&[u8])) {
        let mut left = count.min(self.len);
        self.len -= left;
        while left > 0 {
            let is_only = self.blocks.len() == 1;
            let Some(first) = self.blocks.front_mut() else {
                break;
            };
            let end = first.len().min(self.taken + left);
            show(&first[self.taken..end]);
            left -= end - self.taken;
            self.taken = end;
            if end < first.len() {
                break;
            }
            self.taken = 0;
            if is_only {
                // Frames that come and go one by one go through the same block.
                first.clear();
                self.blocks.shrink_to(FEW);
            } else {
                self.blocks.pop_front();
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }
}

/// 120 ms.
const BLOCK: usize = 6 * FRAME;
/// So many blocks are listed without more memory for the list.
const FEW: usize = 4;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_comes_out_is_what_went_in(steps in prop::collection::vec((any::<bool>(), 0_usize..3_000), 0..60)) {
            let (mut queue, mut plain) = (CodeQueue::new(), VecDeque::new());
            let mut next = (0..=u8::MAX).cycle();
            for (is_push, count) in steps {
                if is_push {
                    let codes: Vec<u8> = next.by_ref().take(count).collect();
                    queue.push(codes.iter().copied());
                    plain.extend(codes);
                } else {
                    let mut taken = Vec::new();
                    queue.take(count, |codes| taken.extend_from_slice(codes));
                    let expected: Vec<u8> = plain.drain(..count.min(plain.len())).collect();
                    prop_assert_eq!(taken, expected);
                }
                prop_assert_eq!(queue.len(), plain.len());
                prop_assert_eq!(queue.is_empty(), plain.is_empty());
                let blocks = queue.blocks.iter().map(Vec::capacity).sum::<usize>();
                prop_assert!(blocks < plain.len() + 2 * BLOCK);
            }
        }
    }

    #[test]
    fn the_memory_of_a_long_turn_is_let_go() {
        let mut queue = CodeQueue::new();
        queue.push(std::iter::repeat_n(0, 2_400_000));
        queue.take(2_400_000, |_| ());
        assert!(queue.is_empty());
        assert_eq!(queue.blocks.len(), 1);
        assert!(queue.blocks.capacity() <= 2 * FEW);
    }
}
