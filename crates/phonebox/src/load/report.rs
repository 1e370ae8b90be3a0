//! What a load test came to.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::score::load::{Figures, ProcessUse};
use crate::score::probe::Passage;
use crate::score::{Score, Violation};

/// The outcome of a load test. `Display` is a table for people, `Serialize` is for machines.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct LoadReport {
    /// How many calls were made.
    pub started: u64,
    /// How many of them went on to the end of the test.
    pub completed: u64,
    /// How many of the others there are for each reason.
    pub failed: BTreeMap<String, u64>,
    /// How many more sessions at the model there were than calls that had one.
    pub reconnected: u64,
    /// Both directions, the bridge's use of the machine in the steady state, and the phone box's lateness.
    #[serde(flatten)]
    pub figures: Figures,
    /// What the phone box itself used in the steady state.
    pub phone_box: Option<ProcessUse>,
    /// Full scores of some calls.
    pub sampled: Vec<Score>,
    /// Why the delays should not be believed; empty when they can be.
    pub doubts: Vec<String>,
    /// Which limits were not kept; empty when all were.
    pub violations: Vec<Violation>,
}

/// What must be kept; what is `None` is not looked at.
///
/// ```
/// use phonebox::load::{LoadLimits, LoadReport};
///
/// let limits: LoadLimits = toml::from_str("max_p99_delay_ms = 20.0\nmin_snr_db = 30.0")?;
/// // That no call fails is asked for as long as nothing else is said.
/// assert_eq!(limits.max_failed, Some(0.0));
/// // Without calls, nothing can be known.
/// assert_eq!(limits.check(&LoadReport::default()).len(), 2);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoadLimits {
    /// Calls that did not go on to the end. 0.
    pub max_failed: Option<f64>,
    /// Mean added delay, either way.
    pub max_mean_delay_ms: Option<f64>,
    /// The 99th percentile of the added delay, either way.
    pub max_p99_delay_ms: Option<f64>,
    /// Sound that was lost, both ways together, as part of what was said.
    pub max_lost_percent: Option<f64>,
    /// Times at which the carrier had nothing left to play although more had been said.
    pub max_gaps: Option<f64>,
    /// Signal to noise of the worst turn of the sampled calls, either way.
    pub min_snr_db: Option<f64>,
    /// Of a core, for each call.
    pub max_core_percent: Option<f64>,
    /// Memory for each call.
    pub max_kb: Option<f64>,
}

impl Default for LoadLimits {
    fn default() -> Self {
        Self {
            max_failed: Some(0.0),
            max_mean_delay_ms: None,
            max_p99_delay_ms: None,
            max_lost_percent: None,
            max_gaps: None,
            min_snr_db: None,
            max_core_percent: None,
            max_kb: None,
        }
    }
}

impl LoadLimits {
    /// The limits that were not kept. What could not be measured was not kept.
    #[must_use]
    pub fn check(&self, report: &LoadReport) -> Vec<Violation> {
        let ways = [&report.figures.to_model, &report.figures.to_caller];
        let delay = |pick: fn(&crate::score::load::Summary) -> f64| {
            let [one, two] = ways.map(|way| Some(pick(&way.delay.summary()?)));
            Some(one?.max(two?))
        };
        let bridge = report.figures.bridge;
        let at_most = [
            (
                "failed calls",
                Some(report.failed() as f64),
                self.max_failed,
            ),
            (
                "mean delay_ms",
                delay(|it| it.mean_ms),
                self.max_mean_delay_ms,
            ),
            ("p99 delay_ms", delay(|it| it.p99_ms), self.max_p99_delay_ms),
            (
                "lost sound in percent",
                report.lost_percent(),
                self.max_lost_percent,
            ),
            ("gaps", Some(ways[1].underruns as f64), self.max_gaps),
            (
                "percent of a core for a call",
                bridge.map(|it| 100.0 * it.core_share_per_call),
                self.max_core_percent,
            ),
            (
                "KB for a call",
                bridge.map(|it| it.kb_per_call),
                self.max_kb,
            ),
        ];
        let at_most = at_most.into_iter().filter_map(|(what, measured, limit)| {
            let limit = limit?;
            let is_kept = measured.is_some_and(|measured| measured <= limit);
            (!is_kept).then_some(Violation {
                what,
                measured,
                limit,
                is_minimum: false,
            })
        });
        let measured = report.worst_snr_db();
        let snr = self
            .min_snr_db
            .filter(|limit| measured.is_none_or(|it| it < *limit));
        let snr = snr.map(|limit| Violation {
            what: "snr_db",
            measured,
            limit,
            is_minimum: true,
        });
        at_most.chain(snr).collect()
    }
}

impl LoadReport {
    /// How many calls failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.failed.values().sum()
    }

    /// How much of what was said was not heard, both ways; none if nothing was said.
    #[must_use]
    pub fn lost_percent(&self) -> Option<f64> {
        let ways = [&self.figures.to_model, &self.figures.to_caller];
        let sum = |pick: fn(&Passage) -> u64| ways.map(pick).iter().sum::<u64>() as f64;
        let said = sum(|way| way.said);
        (said > 0.0).then(|| 100.0 * sum(|way| way.missing + way.unheard) / said)
    }

    /// Signal to noise of the worst turn of the sampled calls, either way.
    #[must_use]
    pub fn worst_snr_db(&self) -> Option<f64> {
        let ways = self
            .sampled
            .iter()
            .flat_map(|score| [&score.to_model, &score.to_caller]);
        ways.filter_map(|way| way.worst_snr_db).reduce(f64::min)
    }

    /// Says why the delays should not be believed: when the phone box was as late as the bridge may have been.
    pub(super) fn judge(&mut self) {
        let Some(late) = self.figures.lateness.summary() else {
            self.doubts.push("nothing was measured".to_owned());
            return;
        };
        let ways = [&self.figures.to_model, &self.figures.to_caller];
        let delays = ways.map(|way| way.delay.summary().map_or(0.0, |delay| delay.p99_ms));
        let most = (delays[0].min(delays[1]) / 4.0).max(HARMLESS_MS);
        if late.p99_ms > most {
            self.doubts.push(format!(
                "the phone box was late by {:.1} ms (p99), and may be so by {most:.1} ms: give it a core of its own, or make fewer calls",
                late.p99_ms
            ));
        }
        if self.phone_box.is_some_and(|it| it.core_share > FULL) {
            self.doubts.push("the phone box was busy nearly all the time: give it a core of its own, or make fewer calls".to_owned());
        }
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "calls: {} started, {} completed, {} failed; {} sessions more than calls",
            self.started,
            self.completed,
            self.failed(),
            self.reconnected,
        )?;
        for (reason, count) in &self.failed {
            writeln!(f, "  {count} × {reason}")?;
        }
        write!(f, "{}", self.figures)?;
        if let Some(own) = &self.phone_box {
            writeln!(
                f,
                "phone box: {:.1} % of a core ({:.3} % a call)",
                100.0 * own.core_share,
                100.0 * own.core_share_per_call,
            )?;
        }
        if !self.sampled.is_empty() {
            let db = |value: Option<f64>| value.map_or("–".to_owned(), |it| format!("{it:.1}"));
            let worst = |pick: fn(&Score) -> Option<f64>| {
                db(self.sampled.iter().filter_map(pick).reduce(f64::min))
            };
            writeln!(
                f,
                "signal to noise (dB) of {} calls, worst turn: {} to the model (at best {}), {} to the caller (at best {})",
                self.sampled.len(),
                worst(|score| score.to_model.worst_snr_db),
                worst(|score| score.to_model.best_snr_db),
                worst(|score| score.to_caller.worst_snr_db),
                worst(|score| score.to_caller.best_snr_db),
            )?;
        }
        for doubt in &self.doubts {
            writeln!(f, "not to be believed: {doubt}")?;
        }
        for violation in &self.violations {
            writeln!(f, "limit: {violation}")?;
        }
        Ok(())
    }
}

/// No figure of a bridge is worse by this.
const HARMLESS_MS: f64 = 3.0;
/// From this share of a core on, nobody is on time.
const FULL: f64 = 0.9;
