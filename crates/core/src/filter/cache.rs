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
/// Filters in use stay. Those that nobody uses are kept as well, since the next call will want them, as long as
/// together they take at most 1 MiB.
#[cfg(feature = "std")]
pub(crate) fn shared(key: Key) -> Arc<Filter> {
    use std::sync::{Mutex, PoisonError};
    use std::vec::Vec;

    const MOST_UNUSED_BYTES: usize = 1 << 20;
    static FILTERS: Mutex<Vec<(Key, Arc<Filter>)>> = Mutex::new(Vec::new());

    let find = |filters: &Vec<(Key, Arc<Filter>)>| {
        filters
            .iter()
            .find(|(known, _)| *known == key)
            .map(|(_, filter)| Arc::clone(filter))
    };
    if let Some(filter) = find(&FILTERS.lock().unwrap_or_else(PoisonError::into_inner)) {
        return filter;
    }
    // Made outside the lock: a large filter must not hold up the calls that need none. If two threads make the
    // same one, the first to come back wins.
    let made = Arc::new(Filter::new(key));
    let mut filters = FILTERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(filter) = find(&filters) {
        return filter;
    }
    let mut unused = made.size();
    filters.retain(|(_, filter)| {
        let in_use = Arc::strong_count(filter) > 1;
        if !in_use {
            unused += filter.size();
        }
        in_use || unused <= MOST_UNUSED_BYTES
    });
    filters.push((key, Arc::clone(&made)));
    made
}
