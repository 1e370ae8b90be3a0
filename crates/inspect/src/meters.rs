//! All measurements in one pass, in memory that does not grow with the recording.

use audio_converter::Encoding;
use audio_converter_file::{Channel, Source};
use audio_converter_measure::{
    ClickMeter, ClippingMeter, FULL_SCALE, FrameLevelMeter, G711_FULL_SCALE, GapKind, GapMeter,
    LevelMeter, Reading, SpectrumMeter, SpeechMeter, g711_bytes, g711_origin, median_pitch,
    misread, wrong_rate,
};

use crate::error::{Error, Result};
use crate::findings::{Evidence, findings};
use crate::inspection::Inspection;
#[cfg(feature = "plot")]
use crate::plot::PictureMeter;
use crate::report::{Band, Click, Clicked, Clipped, Gap, Gapped, Levels, Report};

pub(crate) struct Meters {
    reading: Reading,
    level: LevelMeter,
    speech: SpeechMeter,
    frames: FrameLevelMeter,
    clipping: ClippingMeter,
    clicks: ClickMeter,
    gaps: GapMeter,
    spectrum: SpectrumMeter,
    #[cfg(feature = "plot")]
    picture: PictureMeter,
    /// The start of the recording, for what needs a second look.
    bytes: Vec<u8>,
    start: Vec<f32>,
}

impl Meters {
    pub(crate) fn new(source: &Source) -> Result<Self> {
        let rate = source.format().rate();
        Self::at_rate(f64::from(rate), reading(source.format().encoding())).ok_or_else(|| {
            Error::Rate {
                name: source.name().to_owned(),
                rate,
            }
        })
    }

    fn at_rate(rate: f64, reading: Reading) -> Option<Self> {
        let ceiling = match reading {
            Reading::MuLaw | Reading::ALaw => G711_FULL_SCALE,
            _ => FULL_SCALE,
        };
        Some(Self {
            reading,
            level: LevelMeter::default(),
            speech: SpeechMeter::new(rate)?,
            frames: FrameLevelMeter::new(rate)?,
            clipping: ClippingMeter::new(ceiling),
            clicks: ClickMeter::new(rate)?,
            gaps: GapMeter::new(rate, SHORTEST_GAP)?,
            spectrum: SpectrumMeter::new(rate)?,
            #[cfg(feature = "plot")]
            picture: PictureMeter::new(rate)?,
            bytes: Vec::new(),
            start: Vec::new(),
        })
    }

    /// Takes the next whole samples.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let samples = self.reading.samples(bytes);
        self.level.push(&samples);
        self.speech.push(&samples);
        self.frames.push(&samples);
        self.clipping.push(&samples);
        self.clicks.push(&samples);
        self.gaps.push(&samples);
        self.spectrum.push(&samples);
        #[cfg(feature = "plot")]
        self.picture.push(&samples);
        let room = MOST_BYTES.saturating_sub(self.bytes.len());
        self.bytes
            .extend_from_slice(&bytes[..room.min(bytes.len())]);
        let room = MOST_SAMPLES.saturating_sub(self.start.len());
        self.start
            .extend_from_slice(&samples[..room.min(samples.len())]);
    }

    /// All that is known of what was pushed, which is all of the source.
    pub(crate) fn finish(self, source: &Source, channel: Channel) -> Inspection {
        let info = source.info();
        let rate = f64::from(source.format().rate());
        let seconds = |samples: u64| samples as f64 / rate;
        let level = self.level.finish();
        let speech = self.speech.finish();
        let frames = self.frames.finish();
        let clipping = self.clipping.finish();
        let clicks = self.clicks.finish();
        let gaps = self.gaps.finish();
        let bandwidth = self.spectrum.finish().bandwidth();
        let origin = (self.reading == Reading::Pcm16)
            .then(|| g711_origin(&self.start))
            .flatten();
        let evidence = Evidence {
            reading: self.reading,
            warnings: info.warnings.clone(),
            origin,
            misread: misread(&self.bytes, self.reading),
            law_misread: origin.and_then(|law| misread(&g711_bytes(&self.start, law)?, law)),
            wrong_rate: wrong_rate(&self.start, rate),
            spread_db: frames
                .percentile(95.0)
                .zip(frames.percentile(10.0))
                .map(|(loud, quiet)| loud - quiet),
        };
        let mut report = Report {
            file: source.name().to_owned(),
            container: info.container.clone(),
            encoding: info.encoding.clone(),
            channels: info.channels,
            channel: channel.to_string(),
            rate: source.format().rate(),
            samples: level.samples,
            seconds: seconds(level.samples),
            level: Levels {
                peak_dbfs: level.peak_dbfs,
                rms_dbov: level.rms_dbov,
                speech_dbov: speech.map(|speech| speech.active_dbov),
                speech_activity: speech.map(|speech| speech.activity),
                noise_floor_dbov: frames.noise_floor_dbov(),
                digital_silence: frames.silent_part(),
                dc: level.dc,
                not_finite: level.not_finite,
            },
            spectrum: Band {
                bandwidth_hz: bandwidth.map(|bandwidth| bandwidth.effective()),
                cliff_hz: bandwidth
                    .and_then(|bandwidth| bandwidth.cliff)
                    .map(|cliff| cliff.frequency),
                cliff_db: bandwidth
                    .and_then(|bandwidth| bandwidth.cliff)
                    .map(|cliff| cliff.fall_db),
                median_pitch_hz: median_pitch(&self.start, rate),
            },
            clipping: Clipped {
                runs: clipping.runs,
                samples: clipping.samples,
                longest: clipping.longest,
                at: clipping
                    .positions
                    .iter()
                    .map(|span| seconds(span.start))
                    .collect(),
            },
            clicks: Clicked {
                count: clicks.count,
                found: clicks
                    .found
                    .iter()
                    .map(|click| Click {
                        at: seconds(click.position),
                        size: click.size,
                        prominence: click.prominence,
                    })
                    .collect(),
            },
            gaps: Gapped {
                count: gaps.count,
                dropouts: gaps.abrupt,
                seconds: seconds(gaps.samples),
                leading: seconds(gaps.leading),
                trailing: seconds(gaps.trailing),
                found: gaps
                    .found
                    .iter()
                    .map(|gap| Gap {
                        at: seconds(gap.span.start),
                        seconds: seconds(gap.span.length),
                        kind: match gap.kind {
                            GapKind::Stuck => "stuck",
                            GapKind::Collapse => "collapse",
                            _ => "silence",
                        },
                        dropout: gap.is_abrupt,
                    })
                    .collect(),
            },
            findings: Vec::new(),
        };
        report.findings = findings(&report, &evidence);
        Inspection {
            #[cfg(feature = "plot")]
            picture: self.picture.finish(&report),
            report,
        }
    }
}

/// How the source's bytes are to be read.
const fn reading(encoding: Encoding) -> Reading {
    match encoding {
        Encoding::Pcm16Be => Reading::Pcm16Be,
        Encoding::MuLaw => Reading::MuLaw,
        Encoding::ALaw => Reading::ALaw,
        Encoding::F32 => Reading::F32,
        _ => Reading::Pcm16,
    }
}

/// Seconds of a gap that is worth telling.
const SHORTEST_GAP: f64 = 0.005;
/// How much of the start is looked at again for signs of misreading.
const MOST_BYTES: usize = 1_000_000;
const MOST_SAMPLES: usize = 3_000_000;
