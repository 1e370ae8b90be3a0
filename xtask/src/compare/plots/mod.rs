//! The three pictures, as SVG.

mod curves;
mod scatter;

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use super::report::Report;

type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Draws a report into a file.
type Picture = fn(&Report, &Path) -> Drawn;

/// Draws all three into the folder.
pub(super) fn draw(report: &Report, folder: &Path) -> Result<()> {
    let pictures: [(&str, Picture); 3] = [
        ("response.svg", curves::response),
        ("alias.svg", curves::aliases),
        ("speed.svg", scatter::speed),
    ];
    for (name, picture) in pictures {
        picture(report, &folder.join(name)).map_err(|error| anyhow!("{name}: {error}"))?;
    }
    Ok(())
}

const OURS: [RGBColor; 3] = [
    RGBColor(200, 30, 30),
    RGBColor(235, 140, 120),
    RGBColor(120, 20, 60),
];
const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(40, 40, 40);
const PALE: RGBColor = RGBColor(225, 225, 225);
