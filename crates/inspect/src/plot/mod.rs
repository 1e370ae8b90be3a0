//! The picture: waveform and spectrogram on one time axis, with the places where something is wrong.

mod colour;
mod layout;
mod marks;
mod meter;
mod spectrum;
mod svg;
mod ticks;
mod time;
mod waveform;

/// What pictures are drawn with, for pictures of other things.
pub mod draw {
    pub use super::colour::colour;
    pub use super::svg::{Anchor, Svg, png};
    pub use super::ticks::{minus, short, ticks};
}

use std::path::Path;

use audio_converter_file::write_file;
use audio_converter_measure::{Envelope, Spectrogram};

use self::layout::{HEIGHT, LEFT, WIDTH};
pub(crate) use self::meter::PictureMeter;
use self::svg::{Anchor, Svg};
use crate::error::{Error, Result};
use crate::report::{Report, Severity};

/// Waveform and spectrogram on one time axis, with the places where something is wrong.
///
/// ```
/// use audio_converter_file::SourceOptions;
/// use audio_converter_inspect::inspect_reader;
///
/// let silence = std::io::Cursor::new(vec![0xFF; 8_000]);
/// let picture = inspect_reader("line.ulaw", silence, &SourceOptions::default())?.picture;
/// assert!(picture.svg()?.contains("line.ulaw"));
/// assert!(picture.png()?.starts_with(b"\x89PNG"));
/// # Ok::<(), audio_converter_inspect::Error>(())
/// ```
#[derive(Debug)]
pub struct Picture {
    title: String,
    subtitle: String,
    seconds: f64,
    rate: f64,
    envelope: Envelope,
    spectrogram: Spectrogram,
    clicks: Vec<f64>,
    clipped: Vec<f64>,
    gaps: Vec<(f64, f64)>,
    bandwidth: Option<f64>,
}

impl Picture {
    fn new(report: &Report, envelope: Envelope, spectrogram: Spectrogram) -> Self {
        let name = Path::new(&report.file)
            .file_name()
            .map_or(report.file.clone().into(), |name| name.to_string_lossy());
        let count = |severity| {
            report
                .findings
                .iter()
                .filter(|finding| finding.severity == severity)
                .count()
        };
        let plural = |count: usize, what: &str| {
            format!("{count} {what}{}", if count == 1 { "" } else { "s" })
        };
        let speech = report.level.speech_dbov.map_or(String::new(), |speech| {
            format!(" · speech {speech:.1} dBov")
        });
        let subtitle = format!(
            "{} · {} Hz · {:.2} s{speech} · {}, {}",
            report.encoding,
            report.rate,
            report.seconds,
            plural(count(Severity::Problem), "problem"),
            plural(count(Severity::Warning), "warning"),
        );
        let dropouts = report.gaps.found.iter().filter(|gap| gap.dropout);
        Self {
            title: name.into_owned(),
            subtitle: subtitle.replace("speech -", "speech −"),
            seconds: report.seconds,
            rate: f64::from(report.rate),
            envelope,
            spectrogram,
            clicks: report.clicks.found.iter().map(|click| click.at).collect(),
            clipped: report.clipping.at.clone(),
            gaps: dropouts.map(|gap| (gap.at, gap.seconds)).collect(),
            bandwidth: report
                .spectrum
                .cliff_hz
                .filter(|edge| *edge < 0.75 * f64::from(report.rate) / 2.0),
        }
    }

    /// Which names a picture can have, in words.
    pub const NAMES: &'static str = "a plot is an .svg or a .png file";

    /// Whether a picture can have that name.
    ///
    /// ```
    /// use audio_converter_inspect::Picture;
    ///
    /// assert!(Picture::is_name("call.PNG".as_ref()));
    /// assert!(!Picture::is_name("call.jpg".as_ref()));
    /// ```
    #[must_use]
    pub fn is_name(path: &Path) -> bool {
        matches!(ending(path).as_str(), "svg" | "png")
    }

    /// Writes the picture as its name's ending says: `.svg` or `.png`. It appears whole or not at all.
    ///
    /// # Errors
    ///
    /// [`Error::PictureName`] for another ending; [`Error::File`] when the picture is one of the `inputs` or the system
    /// refuses; those of [`svg`](Self::svg) and [`png`](Self::png).
    pub fn write(&self, path: impl AsRef<Path>, inputs: &[&Path]) -> Result<()> {
        let path = path.as_ref();
        let bytes = match ending(path).as_str() {
            "svg" => self.svg()?.into_bytes(),
            "png" => self.png()?,
            _ => {
                return Err(Error::PictureName {
                    name: path.display().to_string(),
                });
            }
        };
        Ok(write_file(path, &bytes, inputs)?)
    }

    /// The picture as PNG, with a font that the program carries.
    ///
    /// # Errors
    ///
    /// [`Error::Picture`] when it cannot be drawn.
    pub fn png(&self) -> Result<Vec<u8>> {
        svg::png(&self.svg()?, PNG_SCALE)
    }

    /// The picture as SVG.
    ///
    /// # Errors
    ///
    /// [`Error::Picture`] when it cannot be drawn.
    pub fn svg(&self) -> Result<String> {
        let mut svg = Svg::new(WIDTH, HEIGHT);
        svg.rectangle([0.0, 0.0, WIDTH, HEIGHT], r##"fill="#ffffff""##);
        svg.text(
            (LEFT, 30.0),
            Anchor::Start,
            r##"font-size="18" fill="#1b1b2f""##,
            &self.title,
        );
        svg.text(
            (LEFT, 50.0),
            Anchor::Start,
            r##"fill="#5a5a6e""##,
            &self.subtitle,
        );
        self.waveform(&mut svg);
        let loudest = self.spectrogram(&mut svg)?;
        spectrum::colour_bar(&mut svg, loudest);
        self.marks(&mut svg);
        self.times(&mut svg);
        Ok(svg.finish())
    }
}

fn ending(path: &Path) -> String {
    path.extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase()
}

const PNG_SCALE: f32 = 2.0;
