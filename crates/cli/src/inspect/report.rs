//! The report. Its fields are what `--json` prints, and stable: levels in dB, times in seconds, frequencies in Hz; a
//! level of digital silence is `null`.

use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) file: String,
    /// The kind of file, and how its samples are written, in words.
    pub(crate) container: String,
    pub(crate) encoding: String,
    pub(crate) channels: u16,
    /// Which channel was looked at: `mix` or its number from 1.
    pub(crate) channel: String,
    pub(crate) rate: u32,
    /// Samples a channel that were really there, and how long they take.
    pub(crate) samples: u64,
    pub(crate) seconds: f64,
    pub(crate) level: Levels,
    pub(crate) spectrum: Band,
    pub(crate) clipping: Clipped,
    pub(crate) clicks: Clicked,
    pub(crate) gaps: Gapped,
    /// The worst first.
    pub(crate) findings: Vec<Finding>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Levels {
    pub(crate) peak_dbfs: f64,
    pub(crate) rms_dbov: f64,
    /// By ITU-T P.56 method B, with the part of the time that is speech (0 to 1).
    pub(crate) speech_dbov: Option<f64>,
    pub(crate) speech_activity: Option<f64>,
    /// The 10th percentile of the levels of 20 ms frames, digital silence left out.
    pub(crate) noise_floor_dbov: Option<f64>,
    /// The part of the frames that is digital silence, 0 to 1.
    pub(crate) digital_silence: f64,
    /// The mean, −1 to 1.
    pub(crate) dc: f64,
    pub(crate) not_finite: u64,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Band {
    /// The frequency above which the sound is gone.
    pub(crate) bandwidth_hz: Option<f64>,
    /// Where the spectrum falls off suddenly, and how far.
    pub(crate) cliff_hz: Option<f64>,
    pub(crate) cliff_db: Option<f64>,
    pub(crate) median_pitch_hz: Option<f64>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Clipped {
    /// Runs of at least 3 samples at full scale, the samples in them, and the longest run in samples.
    pub(crate) runs: u64,
    pub(crate) samples: u64,
    pub(crate) longest: u64,
    /// Where the first runs are.
    pub(crate) at: Vec<f64>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Clicked {
    pub(crate) count: u64,
    pub(crate) found: Vec<Click>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Click {
    pub(crate) at: f64,
    /// 1.0 is full scale.
    pub(crate) size: f64,
    pub(crate) prominence: f64,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Gapped {
    /// All stretches of 5 ms and more without sound, and those that cut sound off.
    pub(crate) count: u64,
    pub(crate) dropouts: u64,
    pub(crate) seconds: f64,
    /// Digital silence at the start and at the end.
    pub(crate) leading: f64,
    pub(crate) trailing: f64,
    pub(crate) found: Vec<Gap>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Gap {
    pub(crate) at: f64,
    pub(crate) seconds: f64,
    /// `silence`, `stuck` or `collapse`.
    pub(crate) kind: &'static str,
    pub(crate) dropout: bool,
}

/// How bad a [`Finding`] is. Ordered: the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// Anybody hears it, or the recording is not what it says.
    Problem,
    /// It costs quality.
    Warning,
    /// Worth knowing.
    Note,
}

/// Something that a person should know.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    /// What it is, for programs: `clipping`, `clicks`, `gaps`, `quiet`, `loud`, `dc`, `noise`, `silence`, `misread`, `origin`,
    /// `rate`, `bandwidth`, `header` or `not-finite`.
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) advice: String,
}
