//! State that Python objects share between threads.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use audio_converter::{Converter, Format, Quality};
use pyo3::exceptions::{PyOverflowError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;

/// The state of an object whose `__init__` may not have run.
///
/// Python makes objects in two steps; making the state in the second lets subclasses have constructors of their own, as
/// subclasses of a plain Python class may.
pub(crate) struct Shared<T> {
    state: Mutex<Option<T>>,
    /// Locked for moments only.
    facts: Mutex<Option<Facts>>,
}

impl<T> Shared<T> {
    pub(crate) const fn new() -> Self {
        Self {
            state: Mutex::new(None),
            facts: Mutex::new(None),
        }
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
            None => Err(uninitialised()),
        }
    }

    /// Tells what the object is.
    pub(crate) fn set_facts(&self, facts: Facts) {
        *self.facts.lock().unwrap_or_else(PoisonError::into_inner) = Some(facts);
    }

    /// What the object is.
    ///
    /// # Errors
    ///
    /// `RuntimeError` when `__init__` was not called.
    pub(crate) fn facts(&self) -> PyResult<Facts> {
        let facts = *self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        facts.ok_or_else(uninitialised)
    }

    fn try_lock(&self) -> PyResult<MutexGuard<'_, Option<T>>> {
        match self.state.try_lock() {
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

fn uninitialised() -> PyErr {
    PyRuntimeError::new_err(
        "this object was not initialised: call super().__init__(…) in the subclass",
    )
}

/// What an object is, as opposed to what it is doing: told whatever thread is at work with it.
#[derive(Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) from: Format,
    pub(crate) to: Format,
    pub(crate) quality: Quality,
    pub(crate) latency: Duration,
}

impl From<&Converter> for Facts {
    fn from(converter: &Converter) -> Self {
        Self {
            from: converter.from(),
            to: converter.to(),
            quality: converter.quality(),
            latency: converter.latency(),
        }
    }
}

/// A whole number that may be too large for the machine: that is a wrong value as any other.
pub(crate) fn whole(value: &Bound<'_, PyAny>, name: &str) -> PyResult<i64> {
    value.extract().map_err(|error: PyErr| {
        if error.is_instance_of::<PyOverflowError>(value.py()) {
            PyValueError::new_err(format!("{name} is {value}, which is out of all range"))
        } else {
            error
        }
    })
}
