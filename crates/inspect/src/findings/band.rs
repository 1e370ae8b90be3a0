//! Less in it than its rate could hold.

use super::note;
use super::words::kilo;
use crate::report::{Finding, Report};

pub(super) fn bandwidth(report: &Report) -> Option<Finding> {
    let (edge, half) = (report.spectrum.bandwidth_hz?, f64::from(report.rate) / 2.0);
    if edge > 0.75 * half || edge < 100.0 {
        return None;
    }
    let sampled = format!(
        "it is sampled at {} kHz, but there is nothing above {:.1} kHz",
        kilo(f64::from(report.rate)),
        edge / 1_000.0
    );
    Some(if report.spectrum.cliff_hz.is_none() {
        note(
            "bandwidth",
            sampled,
            "It may simply hold no higher sounds; a lower rate would lose nothing",
        )
    } else if (2_800.0..=4_450.0).contains(&edge) {
        let message = format!("{sampled}: telephone speech, up-sampled");
        note(
            "bandwidth",
            message,
            "Keep it at 8 kHz: the higher rate carries nothing, and wide-band models may expect more",
        )
    } else {
        note(
            "bandwidth",
            format!("{sampled}: it was filtered or up-sampled"),
            "A lower rate would lose nothing",
        )
    })
}
