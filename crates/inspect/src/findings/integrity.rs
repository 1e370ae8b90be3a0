//! Something is lost or was put in between.

use super::words::{places, times};
use super::{note, problem, warning};
use crate::report::{Finding, Report};

pub(super) fn clicks(report: &Report) -> Option<Finding> {
    let clicks = &report.clicks;
    if clicks.count == 0 {
        return None;
    }
    let at: Vec<f64> = clicks.found.iter().map(|click| click.at).collect();
    let what = if clicks.count == 1 {
        "click".to_owned()
    } else {
        format!("{} clicks", clicks.count)
    };
    if let Some(period) = period(&at) {
        let message = format!(
            "{what}, always a multiple of {:.0} ms apart, first at {}",
            period * 1_000.0,
            times(&at)
        );
        let advice = "A converter loses samples or its filter's state at each chunk: keep one converter for the whole stream";
        return Some(problem("clicks", message, advice));
    }
    let message = format!("{what} at {}", times(&at));
    let advice = "Look for lost samples, two recordings joined, or a dirty disc or line";
    Some(if clicks.count as f64 > report.seconds / 5.0 {
        problem("clicks", message, advice)
    } else {
        warning("clicks", message, advice)
    })
}

pub(super) fn gaps(report: &Report) -> Option<Finding> {
    let gaps: Vec<_> = report.gaps.found.iter().filter(|gap| gap.dropout).collect();
    let first = gaps.first()?;
    let total: f64 = gaps.iter().map(|gap| gap.seconds).sum();
    let at: Vec<f64> = gaps.iter().map(|gap| gap.at).collect();
    let message = if gaps.len() == 1 {
        format!(
            "sound is missing for {:.0} ms at {}",
            first.seconds * 1_000.0,
            times(&at)
        )
    } else {
        format!(
            "sound is missing in {}, {:.0} ms together, at {}",
            places(report.gaps.dropouts),
            total * 1_000.0,
            times(&at)
        )
    };
    Some(problem(
        "gaps",
        message,
        "Packets were lost or came late: use a longer jitter buffer, or conceal the gaps",
    ))
}

pub(super) fn edges(report: &Report) -> Option<Finding> {
    let (leading, trailing) = (report.gaps.leading, report.gaps.trailing);
    (leading.max(trailing) > 1.0).then(|| {
        let message = format!(
            "it starts with {leading:.1} s and ends with {trailing:.1} s of digital silence"
        );
        note(
            "silence",
            message,
            "Cut it off if nothing is meant to be there",
        )
    })
}

/// The longest usual chunk length, in seconds, that nearly all distances between the times are multiples of.
fn period(at: &[f64]) -> Option<f64> {
    let apart: Vec<f64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if apart.len() < 5 {
        return None;
    }
    let fits = |period: f64| {
        let near = |apart: &&f64| ((*apart / period).round() * period - **apart).abs() < 0.0004;
        apart.iter().filter(near).count() * 10 >= apart.len() * 8
    };
    CHUNKS
        .into_iter()
        .map(|milliseconds| milliseconds / 1_000.0)
        .find(|&period| fits(period))
}

/// Usual chunks in milliseconds, the longest first.
const CHUNKS: [f64; 14] = [
    1_000.0, 500.0, 250.0, 200.0, 120.0, 100.0, 80.0, 64.0, 60.0, 50.0, 40.0, 32.0, 30.0, 20.0,
];
