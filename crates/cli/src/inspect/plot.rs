//! The picture: waveform and spectrogram on one time axis, with the places where something is wrong.

use std::path::Path;

use anyhow::bail;
use audio_converter_file::write_file;
use audio_converter_measure::{Envelope, Spectrogram, amplitude_db, amplitude_of_db};

use super::report::{Report, Severity};
use super::svg::{Anchor, Svg, png};

/// What a plot shows.
#[derive(Debug)]
pub(crate) struct Picture {
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
    pub(crate) fn new(report: &Report, envelope: Envelope, spectrogram: Spectrogram) -> Self {
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

    /// Writes the picture as its name's ending says: `.svg` or `.png`.
    pub(crate) fn write(&self, path: &Path, input: &Path) -> anyhow::Result<()> {
        let bytes = match ending(path).as_str() {
            "svg" => self.svg()?.into_bytes(),
            "png" => png(&self.svg()?, PNG_SCALE)?,
            _ => bail!("{}: {NAMES}", path.display()),
        };
        Ok(write_file(path, &bytes, &[input])?)
    }

    pub(crate) fn svg(&self) -> anyhow::Result<String> {
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
        colour_bar(&mut svg, loudest)?;
        self.marks(&mut svg);
        self.times(&mut svg);
        Ok(svg.finish())
    }

    fn waveform(&self, svg: &mut Svg) {
        let middle = WAVE_TOP + WAVE_HEIGHT / 2.0;
        svg.rectangle(
            [LEFT, WAVE_TOP, PLOT_WIDTH, WAVE_HEIGHT],
            r##"fill="#f6f7fb""##,
        );
        let peak = self
            .envelope
            .columns
            .iter()
            .map(|c| c.highest.max(-c.lowest))
            .fold(0.0_f32, f32::max);
        // Quiet recordings are shown larger, by whole steps of 6 dB.
        let steps = (-amplitude_db(f64::from(peak)) / 6.0)
            .floor()
            .clamp(0.0, 12.0);
        let top_db = -6.0 * steps;
        let full = amplitude_of_db(top_db);
        let reach = WAVE_HEIGHT / 2.0 - 4.0;
        let y = |value: f64| middle - (value / full).clamp(-1.04, 1.04) * reach;
        for (part, label) in [(1.0, top_db), (0.5, top_db - 6.0)] {
            for side in [part, -part] {
                let at = y(side * full);
                svg.line([LEFT, at, LEFT + PLOT_WIDTH, at], GRID);
                svg.text((LEFT - 8.0, at + 4.0), Anchor::End, LABEL, &minus(label));
            }
        }
        svg.text((LEFT - 8.0, middle + 4.0), Anchor::End, LABEL, "−∞");
        upright(svg, (18.0, middle), "level (dBFS)");

        let columns = &self.envelope.columns;
        let step = self.envelope.samples_per_column as f64 / self.rate;
        let x = |column: usize| self.x(((column as f64 + 0.5) * step).min(self.seconds));
        // At least half a pixel thick, so that silence shows as a line.
        let outline = |high: &dyn Fn(usize) -> f64, low: &dyn Fn(usize) -> f64| {
            let there = (0..columns.len()).map(|n| (x(n), high(n) - 0.4));
            let back = (0..columns.len()).rev().map(|n| (x(n), low(n) + 0.4));
            there.chain(back).collect::<Vec<_>>()
        };
        let peaks = outline(&|n| y(columns[n].highest.into()), &|n| {
            y(columns[n].lowest.into())
        });
        svg.shape(&peaks, r##"fill="#7d8bc9""##);
        let rms = |n: usize| columns[n].mean_square.sqrt();
        svg.shape(
            &outline(&|n| y(rms(n)), &|n| y(-rms(n))),
            r##"fill="#3a4a9f""##,
        );
        svg.rectangle([LEFT, WAVE_TOP, PLOT_WIDTH, WAVE_HEIGHT], FRAME);
    }

    /// Draws the spectrogram; the level in dBov that is drawn brightest.
    fn spectrogram(&self, svg: &mut Svg) -> anyhow::Result<f64> {
        let picture = &self.spectrogram;
        let (columns, rows) = (picture.columns(), picture.bins);
        let place = [LEFT, SPECTRUM_TOP, PLOT_WIDTH, SPECTRUM_HEIGHT];
        svg.rectangle(place, r##"fill="#000004""##);
        let top = picture.power.iter().copied().fold(0.0_f32, f32::max);
        let loudest = (10.0 * f64::from(top.max(1e-12)).log10() / 5.0).ceil() * 5.0;
        if columns > 0 && self.seconds > 0.0 {
            let pixel = |row: usize, column: usize| {
                let level = picture.level_dbov(column, rows - 1 - row);
                colour(1.0 + (level - loudest) / RANGE_DB)
            };
            let pixels: Vec<[u8; 3]> = (0..rows)
                .flat_map(|row| (0..columns).map(move |column| (row, column)))
                .map(|(r, c)| pixel(r, c))
                .collect();
            let width = PLOT_WIDTH * columns as f64 * picture.column_seconds / self.seconds;
            svg.image(
                [LEFT, SPECTRUM_TOP, width, SPECTRUM_HEIGHT],
                [columns as u32, rows as u32],
                &pixels,
                place,
            )?;
        }
        let half = self.rate / 2.0;
        for hertz in ticks(half, 6.0) {
            let at = SPECTRUM_TOP + SPECTRUM_HEIGHT * (1.0 - hertz / half);
            svg.line([LEFT - 4.0, at, LEFT, at], AXIS);
            svg.text(
                (LEFT - 8.0, at + 4.0),
                Anchor::End,
                LABEL,
                &short(hertz / 1_000.0),
            );
        }
        if let Some(edge) = self.bandwidth {
            let at = SPECTRUM_TOP + SPECTRUM_HEIGHT * (1.0 - edge / half);
            svg.dashes([LEFT, at, LEFT + PLOT_WIDTH, at], "#7fd6ff");
            let text = format!("nothing above {:.1} kHz", edge / 1_000.0);
            svg.text(
                (LEFT + PLOT_WIDTH - 8.0, at - 7.0),
                Anchor::End,
                r##"fill="#7fd6ff""##,
                &text,
            );
        }
        upright(
            svg,
            (18.0, SPECTRUM_TOP + SPECTRUM_HEIGHT / 2.0),
            "frequency (kHz)",
        );
        svg.rectangle(place, FRAME);
        Ok(loudest)
    }

    /// Dropouts as bands over both plots; clicks and clipping as ticks between them, with a legend for what occurs.
    fn marks(&self, svg: &mut Svg) {
        let bottom = SPECTRUM_TOP + SPECTRUM_HEIGHT;
        for (start, length) in self.gaps.iter().take(MOST_MARKS) {
            let width = (self.x(start + length) - self.x(*start)).max(2.0);
            let place = [self.x(*start), WAVE_TOP, width, bottom - WAVE_TOP];
            svg.rectangle(place, &format!(r#"fill="{GAP}" fill-opacity="0.35""#));
        }
        let lane = WAVE_TOP + WAVE_HEIGHT + 3.0;
        for at in self.clipped.iter().take(MOST_MARKS) {
            svg.rectangle(
                [self.x(*at) - 0.6, lane, 1.2, 7.0],
                &format!(r#"fill="{CLIP}""#),
            );
        }
        for at in self.clicks.iter().take(MOST_MARKS) {
            let (x, y) = (self.x(*at), lane + 16.0);
            svg.shape(
                &[(x, y - 8.0), (x - 4.0, y), (x + 4.0, y)],
                &format!(r#"fill="{CLICK}""#),
            );
        }
        let mut x = LEFT + PLOT_WIDTH;
        for (shown, colour, label) in [
            (!self.gaps.is_empty(), GAP, "sound missing"),
            (!self.clicks.is_empty(), CLICK, "click"),
            (!self.clipped.is_empty(), CLIP, "clipped"),
        ] {
            if shown {
                svg.text((x, 50.0), Anchor::End, r##"fill="#5a5a6e""##, label);
                x -= 5.7 * label.chars().count() as f64 + 10.0;
                svg.rectangle([x - 8.0, 41.0, 9.0, 9.0], &format!(r#"fill="{colour}""#));
                x -= 24.0;
            }
        }
    }

    fn times(&self, svg: &mut Svg) {
        let bottom = SPECTRUM_TOP + SPECTRUM_HEIGHT;
        for at in ticks(self.seconds, 10.0) {
            let x = self.x(at);
            svg.line([x, bottom, x, bottom + 5.0], AXIS);
            svg.line(
                [x, WAVE_TOP + WAVE_HEIGHT, x, WAVE_TOP + WAVE_HEIGHT + 3.0],
                AXIS,
            );
            svg.text((x, bottom + 19.0), Anchor::Middle, LABEL, &short(at));
        }
        svg.text(
            (LEFT + PLOT_WIDTH / 2.0, bottom + 38.0),
            Anchor::Middle,
            NAME,
            "time (s)",
        );
    }

    fn x(&self, seconds: f64) -> f64 {
        LEFT + PLOT_WIDTH * (seconds / self.seconds.max(1e-9)).clamp(0.0, 1.0)
    }
}

/// Whether a plot can have that name.
pub(crate) fn is_name(path: &Path) -> bool {
    matches!(ending(path).as_str(), "svg" | "png")
}

/// Which names a plot can have.
pub(crate) const NAMES: &str = "a plot is an .svg or a .png file";

fn ending(path: &Path) -> String {
    path.extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase()
}

fn colour_bar(svg: &mut Svg, loudest: f64) -> anyhow::Result<()> {
    let place = [
        LEFT + PLOT_WIDTH + 18.0,
        SPECTRUM_TOP,
        14.0,
        SPECTRUM_HEIGHT,
    ];
    let steps = 128;
    for step in 0..steps {
        let part = f64::from(step) / f64::from(steps);
        let [red, green, blue] = colour(part);
        let height = SPECTRUM_HEIGHT / f64::from(steps);
        let y = SPECTRUM_TOP + SPECTRUM_HEIGHT * (1.0 - part) - height;
        // A little overlap hides the seams.
        svg.rectangle(
            [
                place[0],
                y,
                place[2],
                height + if step > 0 { 0.6 } else { 0.0 },
            ],
            &format!(r##"fill="#{red:02x}{green:02x}{blue:02x}""##),
        );
    }
    for step in 0..=4 {
        let part = f64::from(step) / 4.0;
        let y = SPECTRUM_TOP + SPECTRUM_HEIGHT * part;
        svg.text(
            (place[0] + 20.0, y + 4.0),
            Anchor::Start,
            LABEL,
            &minus(loudest - part * RANGE_DB),
        );
    }
    upright(
        svg,
        (WIDTH - 12.0, SPECTRUM_TOP + SPECTRUM_HEIGHT / 2.0),
        "level (dBov a bin)",
    );
    svg.rectangle(place, FRAME);
    Ok(())
}

fn upright(svg: &mut Svg, (x, y): (f64, f64), text: &str) {
    let attributes = format!(r#"{NAME} transform="rotate(-90 {x:.2} {y:.2})""#);
    svg.text((x, y), Anchor::Middle, &attributes, text);
}

/// Round places from 0 to `end`, about `wanted` of them.
fn ticks(end: f64, wanted: f64) -> Vec<f64> {
    if !(end > 0.0 && end.is_finite()) {
        return vec![0.0];
    }
    let rough = end / wanted;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|part| part * power)
        .find(|step| *step >= rough * 0.99)
        .unwrap_or(end);
    (0..=(end / step * 1.000_001) as usize)
        .map(|n| n as f64 * step)
        .collect()
}

/// A number with as few decimals as it needs, three at most.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn minus(value: f64) -> String {
    short(value + 0.0).replace('-', "−")
}

/// Dark to bright for 0 to 1, even to the eye: nine colours of the "magma" map (matplotlib, CC0) and straight lines
/// between them.
fn colour(part: f64) -> [u8; 3] {
    let place = part.clamp(0.0, 1.0) * (MAGMA.len() - 1) as f64;
    let index = (place as usize).min(MAGMA.len() - 2);
    let share = place - index as f64;
    std::array::from_fn(|k| {
        let (low, high) = (f64::from(MAGMA[index][k]), f64::from(MAGMA[index + 1][k]));
        (low + share * (high - low)).round() as u8
    })
}

const MAGMA: [[u8; 3]; 9] = [
    [0, 0, 4],
    [28, 16, 68],
    [79, 18, 123],
    [129, 37, 129],
    [181, 54, 122],
    [229, 80, 100],
    [251, 135, 97],
    [254, 194, 135],
    [252, 253, 191],
];

/// The layout in pixels.
const WIDTH: f64 = 1_200.0;
const HEIGHT: f64 = 640.0;
const LEFT: f64 = 70.0;
const PLOT_WIDTH: f64 = WIDTH - LEFT - 90.0;
const WAVE_TOP: f64 = 66.0;
const WAVE_HEIGHT: f64 = 180.0;
const SPECTRUM_TOP: f64 = WAVE_TOP + WAVE_HEIGHT + 24.0;
const SPECTRUM_HEIGHT: f64 = HEIGHT - SPECTRUM_TOP - 54.0;
const PNG_SCALE: f32 = 2.0;
/// From the brightest to the darkest colour.
const RANGE_DB: f64 = 80.0;
const MOST_MARKS: usize = 2_000;

const GRID: &str = "#d8dbe8";
const AXIS: &str = "#5a5a6e";
const LABEL: &str = r##"fill="#3c3c4e""##;
const NAME: &str = r##"fill="#5a5a6e" font-size="12.5""##;
const FRAME: &str = r##"fill="none" stroke="#9a9db4""##;
const GAP: &str = "#e0a100";
const CLICK: &str = "#d0021b";
const CLIP: &str = "#e8590c";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(
            ticks(4_000.0, 6.0),
            [0.0, 1_000.0, 2_000.0, 3_000.0, 4_000.0]
        );
        assert_eq!(ticks(0.0, 6.0), [0.0]);
        for end in [0.001, 0.37, 11.0, 3_600.0, 1e6] {
            assert!((3..=12).contains(&ticks(end, 10.0).len()), "{end}");
        }
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            (short(2.50), short(10.0), minus(-6.0), minus(-0.0)),
            ("2.5".into(), "10".into(), "−6".into(), "0".into())
        );
    }
}
