//! All measurements in one pass, in memory that does not grow with the recording.

use anyhow::Context as _;
use audio_converter_measure::{
    ClickMeter, ClippingMeter, EnvelopeMeter, FULL_SCALE, FrameLevelMeter, G711_FULL_SCALE,
    GapKind, GapMeter, LevelMeter, Reading, SpectrogramMeter, SpectrumMeter, SpeechMeter,
    g711_bytes, g711_origin, median_pitch, misread, wrong_rate,
};

use super::blocks::Description;
use super::findings::{Evidence, findings};
use super::plot::Picture;
use super::report::{Band, Click, Clicked, Clipped, Gap, Gapped, Levels, Report};

pub(crate) struct Meters {
    reading: Reading,
    level: LevelMeter,
    speech: SpeechMeter,
    frames: FrameLevelMeter,
    clipping: ClippingMeter,
    clicks: ClickMeter,
    gaps: GapMeter,
    spectrum: SpectrumMeter,
    spectrogram: SpectrogramMeter,
    envelope: EnvelopeMeter,
    /// The start of the recording, for what needs a second look.
    bytes: Vec<u8>,
    start: Vec<f32>,
}

impl Meters {
    pub(crate) fn new(description: &Description) -> anyhow::Result<Self> {
        let rate = f64::from(description.rate);
        let ceiling = match description.reading {
            Reading::MuLaw | Reading::ALaw => G711_FULL_SCALE,
            _ => FULL_SCALE,
        };
        let frame = ((rate * SPECTROGRAM_FRAME) as usize).next_power_of_two();
        let meters = || {
            Some(Self {
                reading: description.reading,
                level: LevelMeter::default(),
                speech: SpeechMeter::new(rate)?,
                frames: FrameLevelMeter::new(rate)?,
                clipping: ClippingMeter::new(ceiling),
                clicks: ClickMeter::new(rate)?,
                gaps: GapMeter::new(rate, SHORTEST_GAP)?,
                spectrum: SpectrumMeter::new(rate)?,
                spectrogram: SpectrogramMeter::new(rate, frame, COLUMNS)?,
                envelope: EnvelopeMeter::new(COLUMNS),
                bytes: Vec::new(),
                start: Vec::new(),
            })
        };
        meters().with_context(|| {
            format!(
                "{}: a rate of {rate} Hz cannot be measured",
                description.name
            )
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
        self.spectrogram.push(&samples);
        self.envelope.push(&samples);
        let room = MOST_BYTES.saturating_sub(self.bytes.len());
        self.bytes
            .extend_from_slice(&bytes[..room.min(bytes.len())]);
        let room = MOST_SAMPLES.saturating_sub(self.start.len());
        self.start
            .extend_from_slice(&samples[..room.min(samples.len())]);
    }

    pub(crate) fn finish(self, description: Description) -> (Report, Picture) {
        let rate = f64::from(description.rate);
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
            warnings: description.warnings,
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
            file: description.name,
            container: description.container,
            encoding: description.encoding,
            channels: description.channels,
            channel: description.channel,
            rate: description.rate,
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
        let picture = Picture::new(&report, self.envelope.finish(), self.spectrogram.finish());
        (report, picture)
    }
}

/// Seconds of a gap that is worth telling, and of a frame of the spectrogram.
const SHORTEST_GAP: f64 = 0.005;
const SPECTROGRAM_FRAME: f64 = 0.02;
/// At most so many columns of the picture; half as many at least.
const COLUMNS: usize = 1_600;
/// How much of the start is looked at again for signs of misreading.
const MOST_BYTES: usize = 1_000_000;
const MOST_SAMPLES: usize = 3_000_000;
