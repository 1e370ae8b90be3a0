//! The time axis, which both plots share.

use super::Picture;
use super::layout::{
    AXIS, LABEL, LEFT, NAME, PLOT_WIDTH, SPECTRUM_HEIGHT, SPECTRUM_TOP, WAVE_HEIGHT, WAVE_TOP,
};
use super::svg::{Anchor, Svg};
use super::ticks::{short, ticks};

impl Picture {
    pub(super) fn times(&self, svg: &mut Svg) {
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

    /// Where a time is from the left.
    pub(super) fn x(&self, seconds: f64) -> f64 {
        LEFT + PLOT_WIDTH * (seconds / self.seconds.max(1e-9)).clamp(0.0, 1.0)
    }
}
