//! The spectrogram, and the bar that tells its colours.

use super::Picture;
use super::colour::colour;
use super::layout::{
    AXIS, FRAME, LABEL, LEFT, PLOT_WIDTH, SPECTRUM_HEIGHT, SPECTRUM_TOP, WIDTH, upright,
};
use super::svg::{Anchor, Svg};
use super::ticks::{minus, short, ticks};
use crate::error::Result;

impl Picture {
    /// Draws the spectrogram; the level in dBov that is drawn brightest.
    pub(super) fn spectrogram(&self, svg: &mut Svg) -> Result<f64> {
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
}

pub(super) fn colour_bar(svg: &mut Svg, loudest: f64) {
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
}

/// From the brightest to the darkest colour.
const RANGE_DB: f64 = 80.0;
