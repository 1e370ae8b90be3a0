//! A flag that JavaScript raises and a thread of the pool looks at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use napi::bindgen_prelude::External;
use napi_derive::napi;

/// Whether a conversion shall stop.
#[derive(Clone, Default)]
pub struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    pub(crate) fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A flag that is not raised.
#[napi]
pub fn cancellation() -> External<Cancellation> {
    External::new(Cancellation::default())
}

/// Raises it.
#[napi]
pub fn cancel(cancellation: &External<Cancellation>) {
    cancellation.0.store(true, Ordering::Relaxed);
}
