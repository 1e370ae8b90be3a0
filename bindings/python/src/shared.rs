//! State that Python objects share between threads.

use std::sync::{Mutex, MutexGuard, TryLockError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// The state of an object whose `__init__` may not have run.
///
/// Python makes objects in two steps; making the state in the second lets subclasses have constructors of their own, as
/// subclasses of a plain Python class may.
pub(crate) struct Shared<T>(Mutex<Option<T>>);

impl<T> Shared<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Sets or replaces the state.
    pub(crate) fn set(&self, state: T) -> PyResult<()> {
        *self.try_lock()? = Some(state);
        Ok(())
    }

    /// Calls `work` with the state.
    ///
    /// # Errors
    ///
    /// `RuntimeError` when another thread is at it, or `__init__` was not called.
    #[inline]
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> PyResult<R>) -> PyResult<R> {
        match self.try_lock()?.as_mut() {
            Some(state) => work(state),
            None => Err(PyRuntimeError::new_err(
                "this object was not initialised: call super().__init__(…) in the subclass",
            )),
        }
    }

    fn try_lock(&self) -> PyResult<MutexGuard<'_, Option<T>>> {
        match self.0.try_lock() {
            Ok(guard) => Ok(guard),
            Err(TryLockError::WouldBlock) => Err(PyRuntimeError::new_err(
                "this stream is in use by another thread: give each thread a converter of its own, or put a lock \
                 around this one",
            )),
            // A panic in the middle of a chunk is a fault of ours; the stream it left behind cannot be trusted.
            Err(TryLockError::Poisoned(_)) => Err(PyRuntimeError::new_err(
                "an internal error broke this stream: make a new converter",
            )),
        }
    }
}
