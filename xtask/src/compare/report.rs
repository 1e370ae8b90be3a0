//! The figures of one comparison, as they are kept between measuring and laying out.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// Everything that one run found.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Report {
    pub(super) machine: Vec<(String, String)>,
    pub(super) date: String,
    pub(super) is_quick: bool,
    pub(super) rounds: usize,
    pub(super) entries: Vec<Entry>,
    pub(super) missing: Vec<Missing>,
    /// The score of the ideal filter followed by G.711 alone.
    pub(super) pesq_ceiling: Option<f64>,
}

/// One variant of one rival: a line of the table.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) variant: String,
    pub(super) version: String,
    pub(super) language: String,
    pub(super) g711: String,
    pub(super) is_stateful: bool,
    pub(super) is_whole_file: bool,
    /// In the order of `directions::SPEED`.
    pub(super) speed: Vec<Speed>,
    pub(super) latency: Option<Latency>,
    /// The same for 8 to 24 kHz.
    pub(super) latency_back: Option<Latency>,
    /// In the order of `directions::QUALITY`.
    pub(super) quality: Vec<Quality>,
    pub(super) sinad_db: Option<f64>,
    /// Bytes an instance.
    pub(super) memory: Option<f64>,
    pub(super) cuts: Option<Cuts>,
    pub(super) pesq: Option<f64>,
}

impl Entry {
    /// Name and variant.
    pub(super) fn label(&self) -> String {
        if matches!(self.variant.as_str(), "default" | "linear" | "ratecv") {
            self.name.clone()
        } else {
            format!("{} {}", self.name, self.variant)
        }
    }

    /// Whether this is the converter of this repository.
    pub(super) fn is_ours(&self) -> bool {
        self.key.starts_with("ours")
    }
}

/// Nanoseconds for 20 ms.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Speed {
    pub(super) best: f64,
    pub(super) median: f64,
}

/// How long sound is held back, in seconds (see `latency`).
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Latency {
    /// In the smallest chunks; `None` for what remembers nothing between chunks.
    pub(super) smallest: Option<Held>,
    /// In chunks of 20 ms, the waiting for the chunk included.
    pub(super) chunked: Held,
    /// The first sample: how much input it took until anything came out, in the smallest chunks.
    pub(super) first: Option<f64>,
}

/// Seconds between a sound's arrival and its departure.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) mean: f64,
    pub(super) worst: f64,
}

/// The measured filter of one pair of rates.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Quality {
    pub(super) from: u32,
    pub(super) to: u32,
    /// The greatest departure from 0 dB in the pass band.
    pub(super) ripple_db: Option<f64>,
    /// The strongest alias of a tone beyond the stop band's beginning.
    pub(super) alias_db: Option<f64>,
    /// The strongest image of a tone in the pass band.
    pub(super) image_db: Option<f64>,
    /// Frequency (Hz) and gain (dB) in the pass band.
    pub(super) response: Vec<(f64, f64)>,
    /// Frequency and level of the alias beyond half the output rate.
    pub(super) aliases: Vec<(f64, f64)>,
    /// Frequency and level of the strongest image.
    pub(super) images: Vec<(f64, f64)>,
}

/// What another cutting of the same input does to the output.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Cuts {
    /// Nothing: the same bytes.
    Same,
    /// The samples differ by up to so many steps of 16 bits.
    Differ(u32),
    /// Even the number of samples differs, by so many.
    Lengths(i64),
    /// There are no chunks.
    NotApplicable,
}

/// What could not be measured, and why.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Missing {
    pub(super) name: String,
    pub(super) reason: String,
}

impl Missing {
    pub(super) fn new(name: &str, what: &str, reason: &anyhow::Error) -> Self {
        Self {
            name: name.to_owned(),
            reason: format!("{what}: {reason:#}"),
        }
    }
}

impl Report {
    pub(super) fn load(path: &Path) -> Result<Self> {
        let text = fs::read(path)
            .with_context(|| format!("no figures of a former run: {}", path.display()))?;
        serde_json::from_slice(&text).context("these figures were written by another version")
    }

    pub(super) fn save(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, serde_json::to_vec(self)?)
            .with_context(|| format!("cannot write {}", path.display()))
    }
}
