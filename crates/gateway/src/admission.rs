//! Which calls are taken: as many as there is room for, and as each model service's quota allows.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use metrics::Gauge;

/// Why a call is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There are as many calls as may be.
    Full,
    /// The model service has as many sessions as it may.
    Quota,
    /// The gateway is leaving.
    Draining,
    /// Nobody answers that number.
    NoRoute,
    /// The model cannot be used.
    NotReady,
    /// Another process had the call, and nothing is remembered of it.
    UnknownCall,
}

impl Refusal {
    /// A word for metrics and logs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Quota => "quota",
            Self::Draining => "draining",
            Self::NoRoute => "no_route",
            Self::NotReady => "not_ready",
            Self::UnknownCall => "unknown_call",
        }
    }
}

/// Counts calls and sessions.
pub(crate) struct Admission {
    most_calls: usize,
    gauge: Gauge,
    counts: Mutex<Counts>,
    draining: AtomicBool,
}

struct Counts {
    calls: usize,
    services: BTreeMap<String, Service>,
}

/// The sessions of a model service.
pub(crate) struct Service {
    pub(crate) most: Option<usize>,
    pub(crate) sessions: usize,
    pub(crate) gauge: Gauge,
}

/// Room for one call, given back when dropped.
pub(crate) struct Permit {
    admission: Arc<Admission>,
    service: String,
}

impl Admission {
    pub(crate) fn new(
        most_calls: usize,
        gauge: Gauge,
        services: BTreeMap<String, Service>,
    ) -> Self {
        let counts = Counts { calls: 0, services };
        Self {
            most_calls,
            gauge,
            counts: Mutex::new(counts),
            draining: AtomicBool::new(false),
        }
    }

    /// Takes no more calls.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether a call would be taken now, as far as calls are counted.
    pub(crate) fn room(&self) -> Result<(), Refusal> {
        if self.draining.load(Ordering::Relaxed) {
            return Err(Refusal::Draining);
        }
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.calls >= self.most_calls {
            return Err(Refusal::Full);
        }
        Ok(())
    }

    /// Takes a call for a model service.
    pub(crate) fn admit(self: &Arc<Self>, service: &str) -> Result<Permit, Refusal> {
        self.room()?;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.calls >= self.most_calls {
            return Err(Refusal::Full);
        }
        if let Some(service) = counts.services.get_mut(service) {
            if service.most.is_some_and(|most| service.sessions >= most) {
                return Err(Refusal::Quota);
            }
            service.sessions += 1;
            service.gauge.increment(1.0);
        }
        counts.calls += 1;
        self.gauge.increment(1.0);
        Ok(Permit {
            admission: Arc::clone(self),
            service: service.to_owned(),
        })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let counts = self.admission.counts.lock();
        let mut counts = counts.unwrap_or_else(PoisonError::into_inner);
        counts.calls -= 1;
        self.admission.gauge.decrement(1.0);
        if let Some(service) = counts.services.get_mut(&self.service) {
            service.sessions -= 1;
            service.gauge.decrement(1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission() -> Arc<Admission> {
        let service = Service {
            most: Some(1),
            sessions: 0,
            gauge: Gauge::noop(),
        };
        let services = BTreeMap::from([("small".to_owned(), service)]);
        Arc::new(Admission::new(2, Gauge::noop(), services))
    }

    #[test]
    fn calls_and_quotas_are_counted_and_given_back() {
        let admission = admission();
        let first = admission.admit("small").expect("there is room");
        assert_eq!(admission.admit("small").err(), Some(Refusal::Quota));
        let _second = admission.admit("large").expect("it has no quota");
        assert_eq!(admission.admit("large").err(), Some(Refusal::Full));
        drop(first);
        assert!(admission.admit("small").is_ok());
    }

    #[test]
    fn nothing_is_taken_while_draining() {
        let admission = admission();
        admission.drain();
        assert_eq!(admission.admit("large").err(), Some(Refusal::Draining));
    }
}
