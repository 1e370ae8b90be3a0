//! The waveform: peaks, and the RMS within them.

use audio_converter_measure::{amplitude_db, amplitude_of_db};

use super::Picture;
use super::layout::{FRAME, LABEL, LEFT, PLOT_WIDTH, WAVE_HEIGHT, WAVE_TOP, upright};
use super::svg::{Anchor, Svg};
use super::ticks::minus;

impl Picture {
    pub(super) fn waveform(&self, svg: &mut Svg) {
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
}

const GRID: &str = "#d8dbe8";
