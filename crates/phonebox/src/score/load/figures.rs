//! The outcome of a load test.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::{Histogram, ProcessUse};
use crate::score::probe::Passage;

/// What many calls at once came to. `Display` is a table for people, `Serialize` is for machines.
///
/// ```
/// use phonebox::score::load::Figures;
/// use phonebox::score::probe::Probe;
/// use voice_call::Time;
///
/// let mut figures = Figures::default();
/// # let (to_model, to_caller) = (Probe::to_model(0), Probe::to_caller(0));
/// figures.add(&to_model.finish(), &to_caller.finish());
/// assert_eq!(figures.calls, 1);
/// println!("{figures}");
/// ```
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Figures {
    /// How many calls.
    pub calls: u64,
    /// From the caller's mouth to the model, all calls together.
    pub to_model: Passage,
    /// From the model to the caller's ear, all calls together.
    pub to_caller: Passage,
    /// What the bridge used, if it could be read.
    pub bridge: Option<ProcessUse>,
    /// How late the phone box itself was with what it sent: no delay is known better than this.
    pub lateness: Histogram,
}

impl Figures {
    /// Adds a call that is over.
    pub fn add(&mut self, to_model: &Passage, to_caller: &Passage) {
        self.calls += 1;
        self.to_model.merge(to_model);
        self.to_caller.merge(to_caller);
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ways = [&self.to_model, &self.to_caller];
        let mut row = |name: &str, value: &dyn Fn(&Passage) -> String| {
            writeln!(f, "{name:<22}{:>14}{:>14}", value(ways[0]), value(ways[1]))
        };
        let delay = |pick: fn(&super::Summary) -> f64| {
            move |way: &Passage| {
                let summary = way.delay.summary();
                summary.map_or("–".to_owned(), |summary| format!("{:.2}", pick(&summary)))
            }
        };
        let count = |pick: fn(&Passage) -> u64| move |way: &Passage| pick(way).to_string();
        let sound = |pick: fn(&Passage) -> u64| {
            move |way: &Passage| format!("{:.3}", pick(way) as f64 / 8_000.0)
        };
        row(&format!("{} calls", self.calls), &|way| {
            let is_first = std::ptr::eq(way, ways[0]);
            if is_first {
                "to the model"
            } else {
                "to the caller"
            }
            .to_owned()
        })?;
        row("said (s)", &sound(|way| way.said))?;
        row("delay, mean (ms)", &delay(|delay| delay.mean_ms))?;
        row("  p50", &delay(|delay| delay.p50_ms))?;
        row("  p95", &delay(|delay| delay.p95_ms))?;
        row("  p99", &delay(|delay| delay.p99_ms))?;
        row("  max", &delay(|delay| delay.max_ms))?;
        row("missing (samples)", &count(|way| way.missing))?;
        row("doubled (samples)", &count(|way| way.doubled))?;
        row("interrupted (samples)", &count(|way| way.interrupted))?;
        row("never heard (samples)", &count(|way| way.unheard))?;
        row("made silence (s)", &sound(|way| way.silence))?;
        row("other sound (s)", &sound(|way| way.foreign))?;
        row("buffer ran dry", &count(|way| way.underruns))?;
        row("  for (s)", &|way| seconds(way.dry))?;
        if let Some(bridge) = &self.bridge {
            writeln!(
                f,
                "bridge: {:.1} % of a core ({:.3} % a call), {} KB ({:.1} KB a call)",
                100.0 * bridge.core_share,
                100.0 * bridge.core_share_per_call,
                bridge.resident_kb,
                bridge.kb_per_call,
            )?;
        }
        if let Some(lateness) = self.lateness.summary() {
            writeln!(f, "phone box, late by: {lateness}")?;
        }
        Ok(())
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.3}", duration.as_secs_f64())
}
