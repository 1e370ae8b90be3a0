//! What the bytes are, whatever the file says of them.

use audio_converter_measure::Reading;

use super::words::{encoding, text_form};
use super::{Evidence, note, problem, warning};
use crate::report::{Finding, Report};

pub(super) fn misreading(report: &Report, evidence: &Evidence) -> Option<Finding> {
    if let Some(found) = evidence.misread {
        let message = format!(
            "its bytes make sense as {}, not as {}",
            encoding(found.better.reading),
            encoding(evidence.reading)
        );
        let advice = match found.better.reading {
            Reading::Pcm16Shifted | Reading::Pcm16BeShifted => {
                "Drop the first byte: the samples are shifted by half".to_owned()
            }
            other => format!(
                "Correct the header, or read it raw with --from {}/{}",
                text_form(other),
                report.rate
            ),
        };
        return Some(problem("misread", message, &advice));
    }
    let found = evidence.law_misread?;
    let declared = evidence.origin.unwrap_or(evidence.reading);
    let message = format!(
        "it holds {} that somebody decoded as {}",
        encoding(found.better.reading),
        encoding(declared)
    );
    Some(problem(
        "misread",
        message,
        "Decode the original again with the other law",
    ))
}

pub(super) fn origin(report: &Report, evidence: &Evidence) -> Option<Finding> {
    let law = evidence.origin.filter(|_| evidence.law_misread.is_none())?;
    let of_what = if report.samples > ORIGIN_SAMPLES {
        format!(
            " of the first {:.0} s",
            ORIGIN_SAMPLES as f64 / f64::from(report.rate)
        )
    } else {
        String::new()
    };
    let message = format!(
        "every sample{of_what} is a value of {}: it was telephone audio once",
        encoding(law)
    );
    Some(note(
        "origin",
        message,
        "Nothing is lost by storing it in that law again, at half the size",
    ))
}

pub(super) fn not_finite(report: &Report) -> Option<Finding> {
    let count = report.level.not_finite;
    (count > 0).then(|| {
        let message =
            format!("{count} samples are not numbers or infinite; they were taken for silence");
        problem(
            "not-finite",
            message,
            "Look for a division by zero where it was made",
        )
    })
}

pub(super) fn rate(report: &Report, evidence: &Evidence) -> Option<Finding> {
    let found = evidence.wrong_rate?;
    let speed = if found.likely_rate < f64::from(report.rate) {
        "fast"
    } else {
        "slow"
    };
    let message = format!(
        "if this is speech, it plays too {speed}: by its pitch ({:.0} Hz) and spectrum, {:.0} Hz would be a likelier rate",
        found.pitch, found.likely_rate
    );
    Some(warning(
        "rate",
        message,
        "Check the sample rate that it was recorded at; do not trust the header",
    ))
}

/// How much of the start was looked at for [`Evidence::origin`]: `MOST_SAMPLES` of the meters.
pub(super) const ORIGIN_SAMPLES: u64 = 3_000_000;
