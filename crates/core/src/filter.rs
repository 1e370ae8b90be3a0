//! A resampling filter, shared by all converters of the same ratio and quality.

mod cache;
mod design;
mod geometry;
mod tables;

pub(crate) use cache::shared;
pub(crate) use geometry::{Cursor, Geometry};

use crate::Quality;
use crate::error::Error;
use crate::kernel::{Dot, Planar, Wide};
pub(crate) use design::Prototype;

/// Which filter: everything that its coefficients and their layout depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Output rate divided by the rates' greatest common divisor.
    pub(crate) up: u32,
    /// Input rate divided by the rates' greatest common divisor.
    pub(crate) down: u32,
    pub(crate) quality: Quality,
    /// Whether samples are wider than 16 bits: a float on either side.
    pub(crate) wide: bool,
}

/// Where a filter's window lies, and its coefficients as the kernel wants them.
#[derive(Debug)]
pub(crate) struct Filter {
    pub(crate) geometry: Geometry,
    pub(crate) kernel: Kernel,
}

/// The three ways to compute, chosen by ratio and sample width; all give the exact sum.
#[derive(Debug)]
pub(crate) enum Kernel {
    /// Simple ratios of 16-bit audio: many outputs at once.
    Planar(Planar),
    /// Any ratio of 16-bit audio: one output at a time.
    Dot(Dot),
    /// Any ratio, floats.
    Wide(Wide),
}

/// The greatest number of coefficients of one filter: 4 to 13 MiB, and tens of milliseconds to make.
const MAX_COEFFICIENTS: u64 = 1 << 20;

impl Key {
    /// The filter between two rates, which differ.
    ///
    /// # Errors
    ///
    /// When it would have more than 2²⁰ coefficients: rates without a simple ratio, such as 44 101 to 44 100 Hz.
    pub(crate) fn new(from: u32, to: u32, quality: Quality, wide: bool) -> Result<Self, Error> {
        let divisor = greatest_common_divisor(from, to);
        let (up, down) = (to / divisor, from / divisor);
        let taps = 2 * Prototype::half_length(up, down, quality) + 1;
        if taps > MAX_COEFFICIENTS {
            return Err(Error::ratio(from, to, taps, MAX_COEFFICIENTS));
        }
        Ok(Self {
            up,
            down,
            quality,
            wide,
        })
    }
}

impl Filter {
    fn new(key: Key) -> Self {
        let prototype = Prototype::new(key.up, key.down, key.quality);
        let half = prototype.coefficients.len() as u32 - 1;
        let geometry = Geometry::new(key.up, key.down, half);
        if key.wide {
            let kernel = Kernel::Wide(Wide::new(&geometry, &prototype));
            Self { geometry, kernel }
        } else if Planar::suits(&geometry) {
            let geometry = geometry.in_groups();
            let kernel = Kernel::Planar(Planar::new(&geometry, &prototype));
            Self { geometry, kernel }
        } else {
            let kernel = Kernel::Dot(Dot::new(&geometry, &prototype));
            Self { geometry, kernel }
        }
    }

    /// Bytes of coefficients, without what fills up vectors: what the cache counts.
    #[cfg(feature = "std")]
    fn size(&self) -> usize {
        let bytes = match self.kernel {
            Kernel::Planar(_) | Kernel::Dot(_) => 4,
            Kernel::Wide(_) => 8,
        };
        self.geometry.up() * self.geometry.window() * bytes
    }
}

impl Prototype {
    /// The coefficients that meet the inputs `-before..=after` around an output of this phase, zero outside the
    /// prototype.
    pub(crate) fn phase(&self, geometry: &Geometry, phase: usize) -> impl Iterator<Item = i32> {
        let (up, before) = (geometry.up() as i64, geometry.before() as i64);
        (0..geometry.window() as i64).map(move |tap| {
            let n = phase as i64 - (tap - before) * up;
            self.coefficients
                .get(n.unsigned_abs() as usize)
                .copied()
                .unwrap_or(0)
        })
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}
