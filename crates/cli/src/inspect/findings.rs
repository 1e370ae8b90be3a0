//! From figures to words: what is wrong, how bad it is, and what to do.

use audio_converter_measure::{Misreading, Reading, WrongRate};

use super::report::{Finding, Report, Severity};

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
    let misread = misreading(report, evidence);
    let is_misread = misread.is_some();
    all.extend(misread);
    all.extend(origin(report, evidence));
    all.extend(not_finite(report));
    if report.level.peak_dbfs == f64::NEG_INFINITY {
        let message = "there is no sound in it: every sample is zero".to_owned();
        all.push(problem(
            "silence",
            message,
            "Check that the right channel and the right file were recorded",
        ));
    } else if !is_misread {
        // Figures of bytes that were read wrong mean nothing.
        all.extend(rate(report, evidence));
        all.extend(clipping(report));
        all.extend(level(report));
        all.extend(dc(report));
        all.extend(noise(report, evidence));
        all.extend(clicks(report));
        all.extend(gaps(report));
        all.extend(bandwidth(report));
        all.extend(edges(report));
    }
    all.sort_by_key(|finding| finding.severity);
    all
}

fn misreading(report: &Report, evidence: &Evidence) -> Option<Finding> {
    if let Some(found) = evidence.misread {
        let message = format!(
            "its bytes make sense as {}, not as {}",
            describe(found.better.reading),
            describe(evidence.reading)
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
        describe(found.better.reading),
        describe(declared)
    );
    Some(problem(
        "misread",
        message,
        "Decode the original again with the other law",
    ))
}

fn origin(report: &Report, evidence: &Evidence) -> Option<Finding> {
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
        describe(law)
    );
    Some(note(
        "origin",
        message,
        "Nothing is lost by storing it in that law again, at half the size",
    ))
}

fn not_finite(report: &Report) -> Option<Finding> {
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

fn rate(report: &Report, evidence: &Evidence) -> Option<Finding> {
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

fn clipping(report: &Report) -> Option<Finding> {
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

fn level(report: &Report) -> Option<Finding> {
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

fn dc(report: &Report) -> Option<Finding> {
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

fn noise(report: &Report, evidence: &Evidence) -> Option<Finding> {
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

fn clicks(report: &Report) -> Option<Finding> {
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

fn gaps(report: &Report) -> Option<Finding> {
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

fn bandwidth(report: &Report) -> Option<Finding> {
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

fn edges(report: &Report) -> Option<Finding> {
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

/// "3 places", "one place".
fn places(count: u64) -> String {
    if count == 1 {
        "one place".to_owned()
    } else {
        format!("{count} places")
    }
}

/// "1.234 s", "1.234, 2.500 and 7.125 s", "1.234, 2.500, 7.125 s and later".
fn times(at: &[f64]) -> String {
    let shown: Vec<String> = at
        .iter()
        .take(MOST_TIMES)
        .map(|at| format!("{at:.3}"))
        .collect();
    match (shown.split_last(), at.len() > MOST_TIMES) {
        (Some((last, [])), _) => format!("{last} s"),
        (Some(_), true) => format!("{} s and later", shown.join(", ")),
        (Some((last, rest)), false) => format!("{} and {last} s", rest.join(", ")),
        (None, _) => String::new(),
    }
}

/// A number with a proper minus sign, as in the rest of the text.
fn signed(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}").replace('-', "−")
}

/// Hz as kHz without needless zeros.
fn kilo(hertz: f64) -> String {
    let text = format!("{:.3}", hertz / 1_000.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

const fn describe(reading: Reading) -> &'static str {
    match reading {
        Reading::Pcm16 => "16-bit PCM, little endian",
        Reading::Pcm16Be => "16-bit PCM, big endian",
        Reading::Pcm16Shifted => "16-bit PCM, little endian, after a stray byte",
        Reading::Pcm16BeShifted => "16-bit PCM, big endian, after a stray byte",
        Reading::MuLaw => "µ-law",
        Reading::ALaw => "A-law",
        Reading::F32 => "32-bit float",
        _ => "something else",
    }
}

const fn text_form(reading: Reading) -> &'static str {
    match reading {
        Reading::Pcm16Be => "pcm16be",
        Reading::MuLaw => "mulaw",
        Reading::ALaw => "alaw",
        Reading::F32 => "f32",
        _ => "pcm16",
    }
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

/// How much of the start was looked at for [`Evidence::origin`]: `MOST_SAMPLES` of the meters.
const ORIGIN_SAMPLES: u64 = 3_000_000;
/// Speech in telephony lies at −26 to −20 dBov.
const USUAL_DBOV: f64 = -23.0;
const QUIET_DBOV: f64 = -36.0;
const LOUD_DBOV: f64 = -12.0;
const MOST_TIMES: usize = 3;
/// Usual chunks in milliseconds, the longest first.
const CHUNKS: [f64; 14] = [
    1_000.0, 500.0, 250.0, 200.0, 120.0, 100.0, 80.0, 64.0, 60.0, 50.0, 40.0, 32.0, 30.0, 20.0,
];

#[cfg(test)]
mod tests {
    use audio_converter_measure::{EnvelopeMeter, SpectrogramMeter, misread, signal, wrong_rate};

    use super::super::plot::Picture;
    use super::super::report::{Band, Clicked, Clipped, Gapped, Levels};
    use super::*;

    fn report(rate: u32, samples: u64) -> Report {
        Report {
            file: "a-b.wav".to_owned(),
            container: "WAV".to_owned(),
            encoding: "µ-law".to_owned(),
            channels: 1,
            channel: "mix".to_owned(),
            rate,
            samples,
            seconds: samples as f64 / f64::from(rate),
            level: Levels {
                peak_dbfs: -6.0,
                rms_dbov: -25.0,
                speech_dbov: Some(-23.0),
                speech_activity: Some(0.5),
                noise_floor_dbov: None,
                digital_silence: 0.0,
                dc: 0.0,
                not_finite: 0,
            },
            spectrum: Band {
                bandwidth_hz: None,
                cliff_hz: None,
                cliff_db: None,
                median_pitch_hz: None,
            },
            clipping: Clipped {
                runs: 0,
                samples: 0,
                longest: 0,
                at: Vec::new(),
            },
            clicks: Clicked {
                count: 0,
                found: Vec::new(),
            },
            gaps: Gapped {
                count: 0,
                dropouts: 0,
                seconds: 0.0,
                leading: 0.0,
                trailing: 0.0,
                found: Vec::new(),
            },
            findings: Vec::new(),
        }
    }

    fn evidence() -> Evidence {
        Evidence {
            reading: Reading::Pcm16,
            warnings: Vec::new(),
            origin: None,
            misread: None,
            law_misread: None,
            wrong_rate: None,
            spread_db: None,
        }
    }

    /// The one finding there is.
    fn only(report: &Report, evidence: &Evidence) -> Finding {
        let found = findings(report, evidence);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }

    #[test]
    fn too_fast_is_what_a_lower_rate_would_mend() {
        let voice = signal::voice(8_000.0, 120.0, 80_000, 1);
        let mut evidence = evidence();
        let mut found = wrong_rate(&voice, 24_000.0).unwrap();
        // A low voice at twice its rate: the pitch alone would not tell.
        found.pitch = 140.0;
        evidence.wrong_rate = Some(found);
        let fast = only(&report(24_000, 80_000), &evidence).message;
        assert!(
            fast.contains("too fast") && fast.contains("8000 Hz"),
            "{fast}"
        );
        found.likely_rate = 48_000.0;
        found.pitch = 160.0;
        evidence.wrong_rate = Some(found);
        let slow = only(&report(24_000, 80_000), &evidence).message;
        assert!(
            slow.contains("too slow") && slow.contains("48000 Hz"),
            "{slow}"
        );
    }

    #[test]
    fn the_advice_on_swapped_bytes_can_be_typed() {
        let swapped: Vec<u8> = signal::voice(8_000.0, 120.0, 80_000, 1)
            .iter()
            .flat_map(|x| ((x * 32_767.0) as i16).to_be_bytes())
            .collect();
        let mut evidence = evidence();
        evidence.misread = misread(&swapped, Reading::Pcm16);
        let advice = only(&report(22_050, 80_000), &evidence).advice;
        assert!(advice.ends_with("--from pcm16be/22050"), "{advice}");
    }

    #[test]
    fn only_what_was_looked_at_is_called_a_value_of_a_law() {
        let mut evidence = evidence();
        evidence.origin = Some(Reading::MuLaw);
        let whole = only(&report(8_000, ORIGIN_SAMPLES), &evidence).message;
        assert!(
            whole.starts_with("every sample is a value of µ-law"),
            "{whole}"
        );
        let part = only(&report(8_000, ORIGIN_SAMPLES + 1), &evidence).message;
        assert!(
            part.starts_with("every sample of the first 375 s is a value of µ-law"),
            "{part}"
        );
    }

    #[test]
    fn what_leaves_no_room_is_not_to_be_raised() {
        let mut quiet = report(8_000, 80_000);
        quiet.level.speech_dbov = Some(-43.0);
        let advice = only(&quiet, &evidence()).advice;
        assert!(advice.starts_with("Raise it by 6 dB"), "{advice}");
        for peak in [-0.9, -0.4, 0.0, 3.0] {
            quiet.level.peak_dbfs = peak;
            let advice = only(&quiet, &evidence()).advice;
            assert!(!advice.contains("Raise it by"), "{peak}: {advice}");
        }
    }

    #[test]
    fn there_is_one_minus_sign() {
        let mut report = report(8_000, 80_000);
        report.level.speech_dbov = Some(-43.0);
        report.level.dc = -0.05;
        report.findings = findings(&report, &evidence());
        let text = report.to_string();
        assert!(text.contains("speech at −43 dBov"), "{text}");
        assert!(text.contains("offset of −5.0 %"), "{text}");
        let ascii = |pair: &[char]| pair[0] == '-' && pair[1].is_ascii_digit();
        let letters: Vec<char> = text.chars().collect();
        assert!(!letters.windows(2).any(ascii), "{text}");
        report.level.speech_dbov = Some(-3.0);
        let loud = findings(&report, &evidence());
        assert!(loud.iter().any(|found| found.message.contains("−3 dBov")));
    }

    #[test]
    fn the_plot_keeps_its_hyphens() {
        let spectrogram = SpectrogramMeter::new(8_000.0, 256, 16).unwrap().finish();
        let picture = Picture::new(
            &report(8_000, 80_000),
            EnvelopeMeter::new(16).finish(),
            spectrogram,
        );
        let svg = picture.svg().unwrap();
        assert!(svg.contains("µ-law") && !svg.contains("µ−law"));
        assert!(svg.contains("speech −23.0 dBov"));
    }
}
