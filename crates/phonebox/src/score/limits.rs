//! What a bridge must keep to.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Score;

/// The worst that is allowed; what is not set is not looked at. Lengths of time are in milliseconds.
///
/// ```
/// use phonebox::score::{Limits, Score};
///
/// let limits: Limits = toml::from_str("max_gaps = 0\nmin_snr_db = 30.0")?;
/// // Nothing was said, so nothing was bad, but there is no signal either.
/// let violations = limits.check(&Score::default());
/// assert_eq!(violations.len(), 1);
/// assert_eq!(violations[0].to_string(), "snr_db to the caller was not measured, and is limited to 30 at least");
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Mean added delay, either way.
    pub max_mean_delay_ms: Option<f64>,
    /// The 99th percentile of the added delay, either way.
    pub max_p99_delay_ms: Option<f64>,
    /// Added delay of the first sound of a turn at the caller's ear, at most.
    pub max_first_delay_ms: Option<f64>,
    /// Gaps in speech, both ways together.
    pub max_gaps: Option<f64>,
    /// Clicks, both ways together.
    pub max_clicks: Option<f64>,
    /// Speech that was lost, both ways together.
    pub max_lost_ms: Option<f64>,
    /// Signal to noise at the caller's ear.
    pub min_snr_db: Option<f64>,
    /// From the caller's first sound of a barge-in to the agent's last.
    pub max_barge_in_ms: Option<f64>,
    /// From the model's `interrupted` to the agent's last sound.
    pub max_interrupted_ms: Option<f64>,
    /// Without a model.
    pub max_handover_ms: Option<f64>,
    /// Error of the bridge's account of what was heard.
    pub max_ledger_error_ms: Option<f64>,
}

/// A limit that was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Violation {
    /// What was measured.
    pub what: &'static str,
    /// The figure; none if it could not be measured.
    pub measured: Option<f64>,
    /// The limit.
    pub limit: f64,
    /// Whether the figure must be at least the limit, not at most.
    pub is_minimum: bool,
}

impl Limits {
    /// The limits that a call did not keep.
    #[must_use]
    pub fn check(&self, score: &Score) -> Vec<Violation> {
        let (down, up) = (&score.to_caller, &score.to_model);
        let worst =
            |value: fn(&super::BargeIn) -> f64| score.barge_ins.iter().map(value).reduce(f64::max);
        let both = |one: f64, two: f64| Some(one.max(two));
        let at_most = [
            (
                "mean delay_ms",
                both(down.delay_ms.mean, up.delay_ms.mean),
                self.max_mean_delay_ms,
            ),
            (
                "p99 delay_ms",
                both(down.delay_ms.p99, up.delay_ms.p99),
                self.max_p99_delay_ms,
            ),
            (
                "first_delay_ms to the caller",
                Some(down.first_delay_ms.max),
                self.max_first_delay_ms,
            ),
            ("gaps", Some((down.gaps + up.gaps) as f64), self.max_gaps),
            (
                "clicks",
                Some((down.clicks + up.clicks) as f64),
                self.max_clicks,
            ),
            ("lost_ms", Some(down.lost_ms + up.lost_ms), self.max_lost_ms),
            (
                "reaction_ms of a barge-in",
                worst(|barge_in| barge_in.reaction_ms),
                self.max_barge_in_ms,
            ),
            (
                "after_interrupted_ms of a barge-in",
                worst(|barge_in| barge_in.after_interrupted_ms),
                self.max_interrupted_ms,
            ),
            (
                "longest_handover_ms",
                score.longest_handover_ms,
                self.max_handover_ms,
            ),
            (
                "ledger_error_ms",
                score.ledger_error_ms,
                self.max_ledger_error_ms,
            ),
        ];
        let violation = |(what, measured, limit): (_, Option<f64>, Option<f64>)| {
            // What did not happen was not too long.
            let (measured, limit) = (measured?, limit?);
            (measured > limit).then_some(Violation {
                what,
                measured: Some(measured),
                limit,
                is_minimum: false,
            })
        };
        let mut violations: Vec<_> = at_most.into_iter().filter_map(violation).collect();
        if let Some(limit) = self.min_snr_db
            && down.worst_snr_db.is_none_or(|measured| measured < limit)
        {
            violations.push(Violation {
                what: "snr_db to the caller",
                measured: down.worst_snr_db,
                limit,
                is_minimum: true,
            });
        }
        violations
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, limit, .. } = self;
        let side = if self.is_minimum { "least" } else { "most" };
        match self.measured {
            Some(measured) => write!(
                f,
                "{what} is {measured:.1}, and is limited to {limit} at {side}"
            ),
            None => write!(
                f,
                "{what} was not measured, and is limited to {limit} at {side}"
            ),
        }
    }
}
