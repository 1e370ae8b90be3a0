//! Too loud, too quiet, off centre or noisy.

use super::words::{places, signed, times};
use super::{Evidence, problem, warning};
use crate::report::{Finding, Report};

pub(super) fn clipping(report: &Report) -> Option<Finding> {
    let clipped = &report.clipping;
    if clipped.runs == 0 {
        return None;
    }
    let part = clipped.samples as f64 / report.samples.max(1) as f64;
    let longest = clipped.longest as f64 / f64::from(report.rate) * 1_000.0;
    let message = format!(
        "it is clipped in {} ({:.2} % of the samples, {longest:.1} ms at the longest), first at {}",
        places(clipped.runs),
        part * 100.0,
        times(&clipped.at)
    );
    let advice = "Record at a lower level: what is cut off cannot be brought back";
    Some(if part > 0.001 || longest > 1.0 {
        problem("clipping", message, advice)
    } else {
        warning("clipping", message, advice)
    })
}

pub(super) fn level(report: &Report) -> Option<Finding> {
    let speech = report.level.speech_dbov?;
    let (below, headroom) = (USUAL_DBOV - speech, -report.level.peak_dbfs);
    if speech < QUIET_DBOV {
        let message = format!(
            "it is quiet: speech at {} dBov, {below:.0} dB below the usual −26 to −20",
            signed(speech, 0)
        );
        let gain = below.min(headroom).floor();
        let advice = if gain >= 1.0 {
            format!("Raise it by {gain:.0} dB, and look for the loss before it was recorded")
        } else {
            "Its peaks leave no room to raise it: look for the loss before it was recorded"
                .to_owned()
        };
        return Some(if speech < QUIET_DBOV - 12.0 {
            problem("quiet", message, &advice)
        } else {
            warning("quiet", message, &advice)
        });
    }
    (speech > LOUD_DBOV).then(|| {
        let message = format!(
            "it is very loud: speech at {} dBov, {:.0} dB above the usual",
            signed(speech, 0),
            -below
        );
        warning("loud", message, &format!("Lower it by {:.0} dB", -below))
    })
}

pub(super) fn dc(report: &Report) -> Option<Finding> {
    let dc = report.level.dc;
    let message = format!(
        "it has a constant offset of {} % of full scale",
        signed(dc * 100.0, 1)
    );
    let advice =
        "Filter out what is below 50 Hz; the offset clicks at every cut and wastes headroom";
    match dc.abs() {
        size if size > 0.02 => Some(problem("dc", message, advice)),
        size if size > 0.004 => Some(warning("dc", message, advice)),
        _ => None,
    }
}

pub(super) fn noise(report: &Report, evidence: &Evidence) -> Option<Finding> {
    let (speech, floor) = (report.level.speech_dbov?, report.level.noise_floor_dbov?);
    let distance = speech - floor;
    // A steady sound has no quiet moments, so its quietest tenth is no noise.
    (evidence.spread_db? >= 6.0 && distance < 20.0).then(|| {
        let message =
            format!("it is noisy: its quietest moments are only {distance:.0} dB below the speech");
        let advice = "Move nearer to the microphone, or find the hum or the fan";
        if distance < 10.0 {
            problem("noise", message, advice)
        } else {
            warning("noise", message, advice)
        }
    })
}

/// Speech in telephony lies at −26 to −20 dBov.
const USUAL_DBOV: f64 = -23.0;
const QUIET_DBOV: f64 = -36.0;
const LOUD_DBOV: f64 = -12.0;
