//! The places where something is wrong.

use super::Picture;
use super::layout::{LEFT, PLOT_WIDTH, SPECTRUM_HEIGHT, SPECTRUM_TOP, WAVE_HEIGHT, WAVE_TOP};
use super::svg::{Anchor, Svg};

impl Picture {
    /// Dropouts as bands over both plots; clicks and clipping as ticks between them, with a legend for what occurs.
    pub(super) fn marks(&self, svg: &mut Svg) {
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
}

const MOST_MARKS: usize = 2_000;
const GAP: &str = "#e0a100";
const CLICK: &str = "#d0021b";
const CLIP: &str = "#e8590c";
