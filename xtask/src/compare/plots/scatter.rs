//! The picture of speed against delay.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{Drawn, FONT, INK, OURS, PALE};
use crate::compare::report::{Entry, Report};

/// A point of the speed picture.
struct Dot {
    label: String,
    color: RGBColor,
    is_ours: bool,
    /// Whether it stops aliases at all.
    filters: bool,
    microseconds: f64,
    milliseconds: f64,
}

/// Aliases above this level are no filter worth the name.
const FILTERS_DB: f64 = -40.0;

const LANGUAGES: [(&str, RGBColor); 4] = [
    ("C", RGBColor(31, 119, 180)),
    ("Rust", RGBColor(180, 90, 20)),
    ("Python", RGBColor(44, 140, 60)),
    ("Node", RGBColor(148, 103, 189)),
];

/// Each rival a dot.
pub(super) fn speed(report: &Report, path: &Path) -> Drawn {
    let dots: Vec<Dot> = report.entries.iter().filter_map(dot).collect();
    let root = SVGBackend::new(path, (1000, 640)).into_drawing_area();
    root.fill(&WHITE)?;
    let x_range = bounds(dots.iter().map(|dot| dot.microseconds));
    let y_range = bounds(dots.iter().map(|dot| dot.milliseconds));
    let mut chart = ChartBuilder::on(&root)
        .caption(
            "Speed and delay: left and down is better",
            (FONT, 21).into_font().color(&INK),
        )
        .margin(12)
        .margin_right(30)
        .x_label_area_size(46)
        .y_label_area_size(62)
        .build_cartesian_2d(x_range.log_scale(), y_range.log_scale())?;
    chart
        .configure_mesh()
        .x_desc("time to convert 20 ms, 24 kHz PCM16 → 8 kHz µ-law, one core, µs")
        .y_desc("sound held back on average, ms")
        .axis_desc_style((FONT, 15).into_font().color(&INK))
        .label_style((FONT, 14).into_font().color(&INK))
        .light_line_style(TRANSPARENT)
        .bold_line_style(PALE)
        .x_label_formatter(&|value| plain(*value))
        .y_label_formatter(&|value| plain(*value))
        .draw()?;

    let mut taken: Vec<Frame> = Vec::new();
    let place = |dot: &Dot| chart.backend_coord(&(dot.microseconds, dot.milliseconds));
    let centres: Vec<(i32, i32)> = dots.iter().map(place).collect();
    taken.extend(centres.iter().map(|&(x, y)| Frame {
        left: x - 6,
        top: y - 6,
        right: x + 6,
        bottom: y + 6,
    }));
    let (width, height) = root.dim_in_pixel();
    let limits = Frame {
        left: 80,
        top: 40,
        right: width as i32 - 10,
        bottom: height as i32 - 62,
    };
    for (dot, &centre) in dots.iter().zip(&centres) {
        let radius = if dot.is_ours { 7 } else { 5 };
        let style = ShapeStyle {
            color: dot.color.to_rgba(),
            filled: dot.filters,
            stroke_width: 2,
        };
        root.draw(&Circle::new(centre, radius, style))?;
        let size = if dot.is_ours { 15 } else { 13 };
        let (at, place) = label_place(&dot.label, size, centre, &taken, &limits);
        taken.push(place);
        let style = (FONT, size)
            .into_font()
            .color(&dot.color)
            .pos(Pos::new(HPos::Left, VPos::Center));
        root.draw(&Text::new(dot.label.clone(), at, style))?;
    }
    key(&root, width as i32)?;
    root.present()?;
    Ok(())
}

fn dot(entry: &Entry) -> Option<Dot> {
    let color = if entry.is_ours() {
        OURS[0]
    } else {
        LANGUAGES
            .iter()
            .find(|(name, _)| *name == entry.language)?
            .1
    };
    let alias = entry.quality.first()?.alias_db?;
    Some(Dot {
        label: entry.label(),
        color,
        is_ours: entry.is_ours(),
        filters: alias < FILTERS_DB,
        microseconds: entry.speed.first()?.best / 1e3,
        milliseconds: entry.latency?.smallest?.mean * 1e3,
    })
}

/// What colours and rings mean, below the caption on the right.
fn key(root: &DrawingArea<SVGBackend<'_>, Shift>, width: i32) -> Drawn {
    let left = width - 290;
    let colors = std::iter::once(("ours", OURS[0])).chain(LANGUAGES);
    for (index, (name, color)) in colors.enumerate() {
        let x = left + 58 * index as i32;
        root.draw(&Circle::new((x, 20), 5, color.filled()))?;
        let style = (FONT, 14)
            .into_font()
            .color(&INK)
            .pos(Pos::new(HPos::Left, VPos::Center));
        root.draw(&Text::new(name.to_owned(), (x + 9, 20), style))?;
    }
    root.draw(&Circle::new((left, 38), 5, INK.stroke_width(2)))?;
    let style = (FONT, 14)
        .into_font()
        .color(&INK)
        .pos(Pos::new(HPos::Left, VPos::Center));
    root.draw(&Text::new(
        "ring: aliases less than 40 dB down".to_owned(),
        (left + 9, 38),
        style,
    ))?;
    Ok(())
}

/// A rectangle in pixels.
#[derive(Clone, Copy)]
struct Frame {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

impl Frame {
    fn overlap(&self, other: &Self) -> i32 {
        let width = self.right.min(other.right) - self.left.max(other.left);
        let height = self.bottom.min(other.bottom) - self.top.max(other.top);
        width.max(0) * height.max(0)
    }

    fn outside(&self, limits: &Self) -> i32 {
        let beyond = [
            limits.left - self.left,
            limits.top - self.top,
            self.right - limits.right,
            self.bottom - limits.bottom,
        ];
        beyond.into_iter().map(|pixels| pixels.max(0)).sum()
    }
}

/// The place around a dot where its label covers least; the answer is the text's left middle and its box.
fn label_place(
    label: &str,
    size: i32,
    (x, y): (i32, i32),
    taken: &[Frame],
    limits: &Frame,
) -> ((i32, i32), Frame) {
    let (width, half) = (label.chars().count() as i32 * size * 54 / 100, size / 2 + 1);
    let rows = [0, -14, 14, -22, 22, -32, 32, -44, 44, -58, 58];
    let corners = rows.iter().flat_map(|&shift| {
        let beside = if shift == 0 { 11 } else { 4 };
        [
            (x + beside, y + shift),
            (x - beside - width, y + shift),
            (x - width / 2, y + shift),
        ]
    });
    // Straight above or below is one of the choices; straight on top of the dot is not.
    let boxed = |(left, middle): (i32, i32)| Frame {
        left,
        top: middle - half,
        right: left + width,
        bottom: middle + half,
    };
    let cost = |place: &Frame| {
        taken.iter().map(|other| place.overlap(other)).sum::<i32>() + 200 * place.outside(limits)
    };
    let choices = corners.map(|corner| (corner, boxed(corner)));
    choices
        .min_by_key(|(_, place)| cost(place))
        .unwrap_or(((x, y), boxed((x, y))))
}

/// Decades around all the values.
fn bounds(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (least, most) = values.fold((f64::INFINITY, 0.0_f64), |(least, most), value| {
        (least.min(value), most.max(value))
    });
    if least > most {
        return 0.1..10.0; // nothing to draw
    }
    least * 0.6..most * 1.8
}

fn plain(value: f64) -> String {
    if value >= 1.0 {
        format!("{value:.0}")
    } else {
        format!("{value}")
    }
}
