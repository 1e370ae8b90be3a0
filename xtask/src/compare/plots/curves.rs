//! The pictures of curves over frequency.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{Drawn, FONT, INK, OURS, PALE};
use crate::compare::report::{Entry, Report};

/// Rivals drawn in the curves, by key and variant: one of each algorithm, as wrappers would only cover each other.
const CURVES: &[(&str, &str)] = &[
    ("soxr", "hq"),
    ("swresample", "default"),
    ("speexdsp", "q5"),
    ("samplerate", "fastest"),
    ("rubato", "fft"),
    ("rubato", "sinc-exact"),
    ("scipy", "default"),
    ("audioop", "ratecv"),
    ("node-wave", "cubic"),
];

const OTHERS: [RGBColor; 9] = [
    RGBColor(31, 119, 180),
    RGBColor(44, 140, 60),
    RGBColor(148, 103, 189),
    RGBColor(140, 86, 75),
    RGBColor(230, 140, 20),
    RGBColor(190, 170, 20),
    RGBColor(23, 175, 195),
    RGBColor(110, 110, 110),
    RGBColor(225, 110, 190),
];
const SIZE: (u32, u32) = (1000, 520);
const LEGEND_WIDTH: i32 = 225;

/// The pass band.
pub(super) fn response(report: &Report, path: &Path) -> Drawn {
    let curves = curves(report, |entry| {
        entry
            .quality
            .first()
            .map(|quality| quality.response.clone())
    });
    let frame = Frame {
        title: "Pass band, 24 → 8 kHz",
        x: ("input frequency, kHz", 0.0..4.0),
        y: ("gain, dB", -3.0..0.5),
        marks: &[(3.4, "3.4 kHz: the telephone band ends")],
    };
    lines(path, &frame, &curves)
}

/// The aliases beyond it.
pub(super) fn aliases(report: &Report, path: &Path) -> Drawn {
    let curves = curves(report, |entry| {
        entry
            .quality
            .first()
            .map(|quality| envelope(&quality.aliases))
    });
    let frame = Frame {
        title: "What remains of sound above 4 kHz, 24 → 8 kHz",
        x: ("input frequency, kHz", 4.0..12.0),
        y: ("level of its alias, dB", -130.0..10.0),
        marks: &[(4.6, "4.6 kHz: aliases fall into the telephone band")],
    };
    lines(path, &frame, &curves)
}

/// Beyond the transition each level becomes the highest of itself and its neighbours: the outline of the lobes, as
/// the test tones hit their peaks and gaps by chance.
fn envelope(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let highest = |at: usize| {
        let near = &points[at.saturating_sub(1)..(at + 2).min(points.len())];
        let smooth = near
            .iter()
            .filter(|(frequency, _)| *frequency >= 4_800.0)
            .map(|point| point.1);
        smooth.fold(points[at].1, f64::max)
    };
    (0..points.len())
        .map(|at| (points[at].0, highest(at)))
        .collect()
}

/// A named curve.
struct Curve {
    label: String,
    color: RGBColor,
    width: u32,
    points: Vec<(f64, f64)>,
}

fn curves(report: &Report, points: impl Fn(&Entry) -> Option<Vec<(f64, f64)>>) -> Vec<Curve> {
    let curve = |entry: &Entry, color, width| {
        let points = points(entry)?
            .into_iter()
            .map(|(frequency, level)| (frequency / 1e3, level))
            .collect();
        Some(Curve {
            label: entry.label(),
            color,
            width,
            points,
        })
    };
    let ours = report
        .entries
        .iter()
        .filter(|entry| entry.key == "ours")
        .zip(OURS);
    let mut all: Vec<Curve> = CURVES
        .iter()
        .zip(OTHERS)
        .filter_map(|((key, variant), color)| {
            let entry = report
                .entries
                .iter()
                .find(|entry| entry.key == *key && entry.variant == *variant)?;
            curve(entry, color, 2)
        })
        .collect();
    // Ours last, so that it lies on top.
    all.extend(
        ours.enumerate().filter_map(|(index, (entry, color))| {
            curve(entry, color, if index == 0 { 4 } else { 2 })
        }),
    );
    all
}

/// The axes of a picture of curves.
struct Frame<'a> {
    title: &'a str,
    x: (&'a str, std::ops::Range<f64>),
    y: (&'a str, std::ops::Range<f64>),
    /// Vertical lines with what they mean.
    marks: &'a [(f64, &'a str)],
}

fn lines(path: &Path, frame: &Frame<'_>, curves: &[Curve]) -> Drawn {
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let (left, right) = root.split_horizontally(SIZE.0 as i32 - LEGEND_WIDTH);
    let mut chart = ChartBuilder::on(&left)
        .caption(frame.title, (FONT, 21).into_font().color(&INK))
        .margin(12)
        .x_label_area_size(46)
        .y_label_area_size(62)
        .build_cartesian_2d(frame.x.1.clone(), frame.y.1.clone())?;
    chart
        .configure_mesh()
        .x_desc(frame.x.0)
        .y_desc(frame.y.0)
        .axis_desc_style((FONT, 15).into_font().color(&INK))
        .label_style((FONT, 14).into_font().color(&INK))
        .light_line_style(TRANSPARENT)
        .bold_line_style(PALE)
        .y_label_formatter(&|value| minus(*value))
        .draw()?;
    let (bottom, top) = (frame.y.1.start, frame.y.1.end);
    for &(x, meaning) in frame.marks {
        let style = ShapeStyle {
            color: INK.mix(0.5),
            filled: false,
            stroke_width: 1,
        };
        chart.draw_series(DashedLineSeries::new([(x, bottom), (x, top)], 4, 4, style))?;
        let left_half = x < (frame.x.1.start + frame.x.1.end) / 2.0;
        let anchor = Pos::new(if left_half { HPos::Left } else { HPos::Right }, VPos::Top);
        let style = (FONT, 13).into_font().color(&INK).pos(anchor);
        let shift = if left_half { 6 } else { -6 };
        let text = EmptyElement::at((x, top)) + Text::new(meaning.to_owned(), (shift, 4), style);
        chart.draw_series([text])?;
    }
    for curve in curves {
        let style = ShapeStyle {
            color: curve.color.to_rgba(),
            filled: false,
            stroke_width: curve.width,
        };
        for part in inside(&curve.points, bottom, top) {
            chart.draw_series(LineSeries::new(part, style))?;
        }
    }
    legend(&right, curves)?;
    root.present()?;
    Ok(())
}

/// The parts of a curve between two heights, cut where it crosses them: the backend would draw it flat along the edge.
fn inside(points: &[(f64, f64)], bottom: f64, top: f64) -> Vec<Vec<(f64, f64)>> {
    let (mut parts, mut part): (Vec<Vec<_>>, Vec<_>) = (Vec::new(), Vec::new());
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        // The stretch of this line, from 0 to 1, that lies between the heights.
        let place = |height: f64| (height - y0) / (y1 - y0);
        let (a, b) = if y0 == y1 {
            (f64::NEG_INFINITY, f64::INFINITY)
        } else {
            (place(bottom), place(top))
        };
        let (enter, leave) = (a.min(b).max(0.0), a.max(b).min(1.0));
        let flat_outside = y0 == y1 && !(bottom..=top).contains(&y0);
        if enter > leave || flat_outside {
            parts.push(std::mem::take(&mut part));
            continue;
        }
        let at = |t: f64| (x0 + t * (x1 - x0), y0 + t * (y1 - y0));
        if part.is_empty() || enter > 0.0 {
            parts.push(std::mem::take(&mut part));
            part.push(at(enter));
        }
        part.push(at(leave));
        if leave < 1.0 {
            parts.push(std::mem::take(&mut part));
        }
    }
    parts.push(part);
    parts.retain(|part| part.len() > 1);
    parts
}

fn legend(area: &DrawingArea<SVGBackend<'_>, Shift>, curves: &[Curve]) -> Drawn {
    // Ours on top.
    let (ours, others): (Vec<&Curve>, Vec<&Curve>) = curves
        .iter()
        .partition(|curve| curve.label.starts_with("ours"));
    for (row, curve) in ours.into_iter().chain(others).enumerate() {
        let y = 62 + 24 * row as i32;
        let style = ShapeStyle {
            color: curve.color.to_rgba(),
            filled: false,
            stroke_width: curve.width,
        };
        area.draw(&PathElement::new([(4, y), (28, y)], style))?;
        let text = (FONT, 14)
            .into_font()
            .color(&INK)
            .pos(Pos::new(HPos::Left, VPos::Center));
        area.draw(&Text::new(curve.label.clone(), (36, y), text))?;
    }
    Ok(())
}

fn minus(value: f64) -> String {
    let text = if value.fract().abs() < 1e-9 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    };
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn curves_are_cut_at_the_edges() {
        let points = [(0.0, 0.0), (1.0, -20.0), (2.0, 0.0)];
        let parts = inside(&points, -10.0, 5.0);
        assert_eq!(
            parts,
            [
                vec![(0.0, 0.0), (0.5, -10.0)],
                vec![(1.5, -10.0), (2.0, 0.0)]
            ]
        );
        assert_eq!(inside(&points[..2], -30.0, 5.0), [points[..2].to_vec()]);
        assert!(inside(&points, 10.0, 20.0).is_empty());
    }
}
