//! From figures to words: what is wrong, how bad it is, and what to do.

mod band;
mod bytes;
mod integrity;
mod level;
mod words;

use audio_converter_measure::{Misreading, Reading, WrongRate};

use crate::report::{Finding, Report, Severity};

/// What was found besides the report's figures.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    pub(crate) reading: Reading,
    pub(crate) warnings: Vec<String>,
    /// The law that PCM was expanded from.
    pub(crate) origin: Option<Reading>,
    pub(crate) misread: Option<Misreading>,
    pub(crate) law_misread: Option<Misreading>,
    pub(crate) wrong_rate: Option<WrongRate>,
    /// The distance of loud moments (95th percentile) from quiet ones (10th).
    pub(crate) spread_db: Option<f64>,
}

/// All findings, the worst first.
pub(crate) fn findings(report: &Report, evidence: &Evidence) -> Vec<Finding> {
    let mut all: Vec<Finding> = evidence
        .warnings
        .iter()
        .map(|text| {
            warning(
                "header",
                format!("the file is odd: {text}"),
                "Ask whoever wrote it; what is there was read",
            )
        })
        .collect();
    let misread = bytes::misreading(report, evidence);
    let is_misread = misread.is_some();
    all.extend(misread);
    all.extend(bytes::origin(report, evidence));
    all.extend(bytes::not_finite(report));
    if report.level.peak_dbfs == f64::NEG_INFINITY {
        let message = "there is no sound in it: every sample is zero".to_owned();
        all.push(problem(
            "silence",
            message,
            "Check that the right channel and the right file were recorded",
        ));
    } else if !is_misread {
        // Figures of bytes that were read wrong mean nothing.
        all.extend(bytes::rate(report, evidence));
        all.extend(level::clipping(report));
        all.extend(level::level(report));
        all.extend(level::dc(report));
        all.extend(level::noise(report, evidence));
        all.extend(integrity::clicks(report));
        all.extend(integrity::gaps(report));
        all.extend(band::bandwidth(report));
        all.extend(integrity::edges(report));
    }
    all.sort_by_key(|finding| finding.severity);
    all
}

fn problem(kind: &'static str, message: String, advice: &str) -> Finding {
    Finding {
        severity: Severity::Problem,
        kind,
        message,
        advice: advice.to_owned(),
    }
}

fn warning(kind: &'static str, message: String, advice: &str) -> Finding {
    Finding {
        severity: Severity::Warning,
        kind,
        message,
        advice: advice.to_owned(),
    }
}

fn note(kind: &'static str, message: String, advice: &str) -> Finding {
    Finding {
        severity: Severity::Note,
        kind,
        message,
        advice: advice.to_owned(),
    }
}

#[cfg(test)]
mod tests;
