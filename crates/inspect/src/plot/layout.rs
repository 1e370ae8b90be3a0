//! Where the parts of the picture are, in pixels, and how its words and lines look.

use super::svg::{Anchor, Svg};

/// Words from the bottom up, around the point.
pub(super) fn upright(svg: &mut Svg, (x, y): (f64, f64), text: &str) {
    let attributes = format!(r#"{NAME} transform="rotate(-90 {x:.2} {y:.2})""#);
    svg.text((x, y), Anchor::Middle, &attributes, text);
}

pub(super) const WIDTH: f64 = 1_200.0;
pub(super) const HEIGHT: f64 = 640.0;
pub(super) const LEFT: f64 = 70.0;
pub(super) const PLOT_WIDTH: f64 = WIDTH - LEFT - 90.0;
pub(super) const WAVE_TOP: f64 = 66.0;
pub(super) const WAVE_HEIGHT: f64 = 180.0;
pub(super) const SPECTRUM_TOP: f64 = WAVE_TOP + WAVE_HEIGHT + 24.0;
pub(super) const SPECTRUM_HEIGHT: f64 = HEIGHT - SPECTRUM_TOP - 54.0;

pub(super) const AXIS: &str = "#5a5a6e";
pub(super) const LABEL: &str = r##"fill="#3c3c4e""##;
pub(super) const NAME: &str = r##"fill="#5a5a6e" font-size="12.5""##;
pub(super) const FRAME: &str = r##"fill="none" stroke="#9a9db4""##;
