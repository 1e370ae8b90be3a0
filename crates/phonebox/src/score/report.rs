//! A score as a table for people.

use std::fmt;

use super::{Direction, Score};

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<22} {:>8} {:>8} {:>8} {:>8} {:>8}",
            "added delay, ms", "mean", "p50", "p95", "p99", "max"
        )?;
        writeln!(
            f,
            "{:<22} {}",
            "  to caller, first", self.to_caller.first_delay_ms
        )?;
        writeln!(f, "{:<22} {}", "  to caller, all", self.to_caller.delay_ms)?;
        writeln!(
            f,
            "{:<22} {}",
            "  to model, first", self.to_model.first_delay_ms
        )?;
        writeln!(f, "{:<22} {}", "  to model, all", self.to_model.delay_ms)?;
        writeln!(f)?;
        writeln!(f, "{:<22} {:>12} {:>12}", "sound", "to caller", "to model")?;
        let mut row = |name: &str, value: fn(&Direction) -> String| {
            let (down, up) = (value(&self.to_caller), value(&self.to_model));
            writeln!(f, "  {name:<20} {down:>12} {up:>12}")
        };
        row("heard of said", |way| format!("{}/{}", way.heard, way.said))?;
        row("speech, s", |way| format!("{:.1}", way.speech_ms / 1_000.0))?;
        row("lost, ms", |way| format!("{:.0}", way.lost_ms))?;
        row("gaps", |way| way.gaps.to_string())?;
        row("longest gap, ms", |way| {
            format!("{:.0}", way.longest_gap_ms)
        })?;
        row("clicks", |way| way.clicks.to_string())?;
        row("SNR, dB", |way| decibels(way.snr_db))?;
        row("worst SNR, dB", |way| decibels(way.worst_snr_db))?;
        row("SNR at best, dB", |way| decibels(way.best_snr_db))?;
        for barge_in in &self.barge_ins {
            writeln!(
                f,
                "barge-in in turn {}: silent {:.0} ms after the caller began, {:.0} ms after the model's word",
                barge_in.turn, barge_in.reaction_ms, barge_in.after_interrupted_ms
            )?;
        }
        if let Some(longest) = self.longest_handover_ms {
            writeln!(f, "longest handover: {longest:.0} ms without a model")?;
        }
        if let Some(error) = self.ledger_error_ms {
            writeln!(
                f,
                "the bridge's account of what was heard is off by up to {error:.0} ms"
            )?;
        }
        Ok(())
    }
}

fn decibels(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"))
}
