//! The few SVG elements that a plot needs, and the way from SVG to PNG.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use resvg::{tiny_skia, usvg};

use crate::error::{Error, Result};

/// An SVG picture as it is written.
#[derive(Debug)]
pub struct Svg {
    width: f64,
    height: f64,
    body: String,
    images: usize,
}

/// Where a text is relative to its point.
#[derive(Clone, Copy, Debug)]
pub enum Anchor {
    /// Its left end.
    Start,
    /// Its middle.
    Middle,
    /// Its right end.
    End,
}

impl Svg {
    /// An empty picture of that size in pixels.
    #[must_use]
    pub const fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            body: String::new(),
            images: 0,
        }
    }

    /// A rectangle: left, top, width, height, and attributes as SVG has them.
    pub fn rectangle(&mut self, [x, y, width, height]: [f64; 4], attributes: &str) {
        self.element(format_args!(
            r#"<rect x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}" {attributes}/>"#
        ));
    }

    /// A line of one pixel: x and y of its ends.
    pub fn line(&mut self, [x1, y1, x2, y2]: [f64; 4], colour: &str) {
        self.element(format_args!(
            r#"<line x1="{x1:.2}" y1="{y1:.2}" x2="{x2:.2}" y2="{y2:.2}" stroke="{colour}" stroke-width="1"/>"#
        ));
    }

    /// The same, dashed.
    pub fn dashes(&mut self, [x1, y1, x2, y2]: [f64; 4], colour: &str) {
        self.element(format_args!(
            r#"<line x1="{x1:.2}" y1="{y1:.2}" x2="{x2:.2}" y2="{y2:.2}" stroke="{colour}" stroke-dasharray="6 5"/>"#
        ));
    }

    /// A closed shape through the points.
    pub fn shape(&mut self, points: &[(f64, f64)], attributes: &str) {
        let mut path = String::new();
        for (x, y) in points {
            // Writing to a string cannot fail.
            let _ = write!(path, "{x:.2},{y:.2} ");
        }
        self.element(format_args!(
            r#"<polygon points="{}" {attributes}/>"#,
            path.trim_end()
        ));
    }

    /// Words at a point, in 12 pixels unless the attributes say otherwise.
    pub fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, attributes: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escaped(text);
        self.element(format_args!(
            r#"<text x="{x:.2}" y="{y:.2}" text-anchor="{anchor}" {attributes}>{text}</text>"#
        ));
    }

    /// A picture of `columns` × `rows` pixels (RGB, row after row from the top) stretched over a rectangle, and cut off outside `clip`.
    ///
    /// # Errors
    ///
    /// When there are no pixels.
    pub fn image(
        &mut self,
        [x, y, width, height]: [f64; 4],
        [columns, rows]: [u32; 2],
        pixels: &[[u8; 3]],
        clip: [f64; 4],
    ) -> Result<()> {
        let mut map = tiny_skia::Pixmap::new(columns, rows).ok_or_else(|| Error::picture(EMPTY))?;
        for (target, [red, green, blue]) in map.pixels_mut().iter_mut().zip(pixels) {
            *target = tiny_skia::ColorU8::from_rgba(*red, *green, *blue, 255).premultiply();
        }
        let data = STANDARD.encode(map.encode_png().map_err(|error| Error::picture(&error))?);
        let [cx, cy, cw, ch] = clip;
        let name = match self.images {
            0 => "plot".to_owned(),
            more => format!("plot{more}"),
        };
        self.images += 1;
        self.element(format_args!(
            r#"<clipPath id="{name}"><rect x="{cx:.2}" y="{cy:.2}" width="{cw:.2}" height="{ch:.2}"/></clipPath>"#
        ));
        self.element(format_args!(
            r#"<g clip-path="url(#{name})"><image x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}" preserveAspectRatio="none" href="data:image/png;base64,{data}"/></g>"#
        ));
        Ok(())
    }

    /// The SVG.
    #[must_use]
    pub fn finish(self) -> String {
        let Self {
            width,
            height,
            body,
            ..
        } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             font-family=\"Ubuntu, system-ui, 'Segoe UI', sans-serif\" font-size=\"12\">\n{body}</svg>\n"
        )
    }

    fn element(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.body, "{element}");
    }
}

/// The PNG of an SVG at `scale` times its size, with a font that the program carries: a fresh machine has none.
///
/// # Errors
///
/// When it is no SVG, empty, or too large.
pub fn png(svg: &str, scale: f32) -> Result<Vec<u8>> {
    let mut options = usvg::Options {
        font_family: FONT_FAMILY.to_owned(),
        ..usvg::Options::default()
    };
    let fonts = options.fontdb_mut();
    fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    fonts.set_sans_serif_family(FONT_FAMILY);
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| Error::picture(&error))?;
    let size = tree
        .size()
        .to_int_size()
        .scale_by(scale)
        .ok_or_else(|| Error::picture(EMPTY))?;
    let mut map = tiny_skia::Pixmap::new(size.width(), size.height())
        .ok_or_else(|| Error::picture("the picture is too large"))?;
    resvg::render(
        &tree,
        tiny_skia::Transform::from_scale(scale, scale),
        &mut map.as_mut(),
    );
    map.encode_png().map_err(|error| Error::picture(&error))
}

/// Text with nothing in it that XML takes for its own, and no control characters, which XML forbids.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            control if control.is_control() => safe.push('\u{FFFD}'),
            other => safe.push(other),
        }
    }
    safe
}

const FONT_FAMILY: &str = "Ubuntu";
const EMPTY: &str = "the picture is empty";
