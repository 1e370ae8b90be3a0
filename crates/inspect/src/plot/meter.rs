//! The measurements that only a picture needs.

use audio_converter_measure::{EnvelopeMeter, SpectrogramMeter};

use super::Picture;
use crate::report::Report;

pub(crate) struct PictureMeter {
    envelope: EnvelopeMeter,
    spectrogram: SpectrogramMeter,
}

impl PictureMeter {
    pub(crate) fn new(rate: f64) -> Option<Self> {
        let frame = ((rate * SPECTROGRAM_FRAME) as usize).next_power_of_two();
        Some(Self {
            envelope: EnvelopeMeter::new(COLUMNS),
            spectrogram: SpectrogramMeter::new(rate, frame, COLUMNS)?,
        })
    }

    pub(crate) fn push(&mut self, samples: &[f32]) {
        self.envelope.push(samples);
        self.spectrogram.push(samples);
    }

    pub(crate) fn finish(self, report: &Report) -> Picture {
        Picture::new(report, self.envelope.finish(), self.spectrogram.finish())
    }
}

/// Seconds of a frame of the spectrogram.
const SPECTROGRAM_FRAME: f64 = 0.02;
/// At most so many columns of the picture; half as many at least.
const COLUMNS: usize = 1_600;
