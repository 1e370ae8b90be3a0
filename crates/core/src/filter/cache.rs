//! Filters are made once and shared.

use alloc::sync::Arc;

use super::{Filter, Key};

/// The filter for `key`: the one that exists, or a new one.
#[cfg(not(feature = "std"))]
pub(crate) fn shared(key: Key) -> Arc<Filter> {
    // Without a lock there is no common place: clones of a converter share its filter, others don't.
    Arc::new(Filter::new(key))
}

/// The filter for `key`: the one that exists, or a new one.
///
/// Filters in use stay. Those that nobody uses are kept as well, since the next call will want them: when a filter is
/// made, the most recently used of them stay as long as together they take at most 1 MiB.
#[cfg(feature = "std")]
pub(crate) fn shared(key: Key) -> Arc<Filter> {
    use std::sync::{Mutex, PoisonError};
    use std::vec::Vec;

    const MOST_UNUSED_BYTES: usize = 1 << 20;
    /// The most recently used last.
    static FILTERS: Mutex<Vec<(Key, Arc<Filter>)>> = Mutex::new(Vec::new());

    let find = |filters: &mut Vec<(Key, Arc<Filter>)>| {
        let index = filters.iter().rposition(|(known, _)| *known == key)?;
        filters[index..].rotate_left(1);
        filters.last().map(|(_, filter)| Arc::clone(filter))
    };
    if let Some(filter) = find(&mut FILTERS.lock().unwrap_or_else(PoisonError::into_inner)) {
        return filter;
    }
    // Made outside the lock: a large filter must not hold up the calls that need none. If two threads make the
    // same one, the first to come back wins.
    let made = Arc::new(Filter::new(key));
    let mut filters = FILTERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(filter) = find(&mut filters) {
        return filter;
    }
    let mut unused = 0;
    for index in (0..filters.len()).rev() {
        let filter = &filters[index].1;
        if Arc::strong_count(filter) == 1 {
            let size = filter.size();
            if unused + size > MOST_UNUSED_BYTES {
                filters.remove(index);
            } else {
                unused += size;
            }
        }
    }
    filters.push((key, Arc::clone(&made)));
    made
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::Quality;

    #[test]
    fn the_most_recently_used_filters_stay() {
        let key = |up, down| Key {
            up,
            down,
            quality: Quality::Transparent,
            wide: true,
        };
        let recent = key(80, 441);
        let first = Arc::downgrade(&shared(recent));
        // Some 30 MiB of others, and the first one used in between.
        for up in 300..320 {
            drop(shared(key(up, 1_009)));
            drop(shared(recent));
        }
        assert!(first.upgrade().is_some(), "it was used a moment ago");
        let other = Arc::downgrade(&shared(key(300, 1_009)));
        drop(shared(key(301, 1_009)));
        drop(shared(key(302, 1_009)));
        assert!(
            other.upgrade().is_none(),
            "a large filter that nobody uses goes"
        );
    }
}
