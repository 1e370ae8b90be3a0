//! The report. Its fields are what `--json` prints, and stable: levels in dB, times in seconds, frequencies in Hz; a
//! level of digital silence is `null`.

use serde::Serialize;

/// What is known of a recording, made by [`inspect`](crate::inspect).
///
/// Its text, by [`Display`](std::fmt::Display), is plain as `{}` and has a terminal's colours as `{:#}`. As JSON it has these fields, and infinite levels are `null`. Levels are in dB,
/// times in seconds from the start, frequencies in Hz.
///
/// ```
/// use audio_converter_file::SourceOptions;
/// use audio_converter_inspect::inspect_reader;
/// use audio_converter_measure::signal;
///
/// // Two seconds into a tone, 20 ms are missing.
/// let mut tone = signal::tone(8_000.0, 440.0, 0.2, 40_000);
/// tone[16_000..16_160].fill(0.0);
/// let bytes: Vec<u8> = tone.iter().flat_map(|x| ((x * 32_767.0) as i16).to_le_bytes()).collect();
/// let options = SourceOptions::raw("pcm16/8000".parse()?);
/// let report = inspect_reader("call.raw", std::io::Cursor::new(bytes), &options)?.report;
///
/// assert_eq!(report.gaps.dropouts, 1);
/// assert_eq!(report.gaps.found[0].at, 2.0);
/// assert!(report.to_string().contains("sound is missing for 20 ms at 2.000 s"));
/// assert!(!report.to_string().contains('\x1b') && format!("{report:#}").contains('\x1b'));
/// assert_eq!(serde_json::to_value(&report)?["findings"][0]["kind"], "gaps");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The name that the recording was given or opened by.
    pub file: String,
    /// The kind of file in words: `WAV`, `raw`, `FLAC`.
    pub container: String,
    /// How its samples are written, in words: `16-bit PCM`, `µ-law`.
    pub encoding: String,
    /// Channels in the file.
    pub channels: u16,
    /// Which channel was looked at: `mix` or its number from 1.
    pub channel: String,
    /// Samples a second and channel, in Hz.
    pub rate: u32,
    /// Samples a channel that were really there.
    pub samples: u64,
    /// How long they take.
    pub seconds: f64,
    /// How loud it is.
    pub level: Levels,
    /// Which frequencies it holds.
    pub spectrum: Band,
    /// Where it is clipped.
    pub clipping: Clipped,
    /// Where it clicks.
    pub clicks: Clicked,
    /// Where sound is missing.
    pub gaps: Gapped,
    /// What is wrong with it, the worst first.
    pub findings: Vec<Finding>,
}

/// How loud a recording is.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Levels {
    /// The largest sample; negative infinity for digital silence.
    pub peak_dbfs: f64,
    /// The mean over all of it; negative infinity for digital silence.
    pub rms_dbov: f64,
    /// The level of the speech by ITU-T P.56 method B, where there is any.
    pub speech_dbov: Option<f64>,
    /// The part of the time that is speech, 0 to 1.
    pub speech_activity: Option<f64>,
    /// The 10th percentile of the levels of 20 ms frames, digital silence left out.
    pub noise_floor_dbov: Option<f64>,
    /// The part of the frames that is digital silence, 0 to 1.
    pub digital_silence: f64,
    /// The mean, −1 to 1.
    pub dc: f64,
    /// Samples that are no numbers or infinite, taken for silence.
    pub not_finite: u64,
}

/// Which frequencies a recording holds.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Band {
    /// The frequency above which the sound is gone.
    pub bandwidth_hz: Option<f64>,
    /// Where the spectrum falls off suddenly.
    pub cliff_hz: Option<f64>,
    /// How far it falls there.
    pub cliff_db: Option<f64>,
    /// The pitch of the voice.
    pub median_pitch_hz: Option<f64>,
}

/// Where a recording is clipped.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Clipped {
    /// Runs of at least 3 samples at full scale.
    pub runs: u64,
    /// The samples in them.
    pub samples: u64,
    /// The longest run in samples.
    pub longest: u64,
    /// Where the first runs are.
    pub at: Vec<f64>,
}

/// Where a recording clicks.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Clicked {
    /// All clicks.
    pub count: u64,
    /// The first of them.
    pub found: Vec<Click>,
}

/// A click.
#[derive(Clone, Copy, Debug, Serialize)]
#[non_exhaustive]
pub struct Click {
    /// Where it is.
    pub at: f64,
    /// How far it is from where it was expected; 1.0 is full scale.
    pub size: f64,
    /// The size over that of the background around: how surely it is a click.
    pub prominence: f64,
}

/// Where sound is missing in a recording.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Gapped {
    /// All stretches of 5 ms and more without sound.
    pub count: u64,
    /// Those that cut sound off.
    pub dropouts: u64,
    /// How long all of them are together.
    pub seconds: f64,
    /// How long it is digitally silent at the start.
    pub leading: f64,
    /// How long it is digitally silent at the end.
    pub trailing: f64,
    /// The first of them.
    pub found: Vec<Gap>,
}

/// A stretch without sound.
#[derive(Clone, Copy, Debug, Serialize)]
#[non_exhaustive]
pub struct Gap {
    /// Where it starts.
    pub at: f64,
    /// How long it is.
    pub seconds: f64,
    /// `silence`, `stuck` or `collapse`.
    pub kind: &'static str,
    /// Whether it cuts sound off.
    pub dropout: bool,
}

/// How bad a [`Finding`] is. Ordered: the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Anybody hears it, or the recording is not what it says.
    Problem,
    /// It costs quality.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// `problem`, `warning` or `note`, as in the report's text and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Problem => "problem",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Something that a person should know.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is, for programs: `clipping`, `clicks`, `gaps`, `quiet`, `loud`, `dc`, `noise`, `silence`, `misread`,
    /// `origin`, `rate`, `bandwidth`, `header` or `not-finite`.
    pub kind: &'static str,
    /// What it is, in words.
    pub message: String,
    /// What to do about it.
    pub advice: String,
}
