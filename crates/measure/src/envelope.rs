//! The waveform's outline, for plots: least and greatest sample per column.

use crate::decibel::finite;

/// One column of an [`Envelope`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct EnvelopeColumn {
    /// The least sample; 1.0 is full scale.
    pub lowest: f32,
    /// The greatest sample.
    pub highest: f32,
    /// The mean of the squares.
    pub mean_square: f64,
}

/// A waveform's outline, made by [`envelope`] and [`EnvelopeMeter`].
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Envelope {
    /// The columns in order of time.
    pub columns: Vec<EnvelopeColumn>,
    /// Samples in each column but the last, which may be shorter.
    pub samples_per_column: u64,
    /// Samples in all.
    pub samples: u64,
}

/// The outline of a whole signal in at most `columns` columns (at least 2, and more than half of `columns` if
/// there are as many samples).
///
/// ```
/// use audio_converter_measure::{envelope, signal};
///
/// let outline = envelope(&signal::tone(8_000.0, 1_000.0, 0.5, 8_000), 100);
/// assert!(outline.columns.len() > 50 && outline.columns.len() <= 100);
/// assert!((outline.columns[3].highest - 0.5).abs() < 1e-6);
/// ```
#[must_use]
pub fn envelope(signal: &[f32], columns: usize) -> Envelope {
    let mut meter = EnvelopeMeter::new(columns);
    meter.push(signal);
    meter.finish()
}

/// Makes the outline block by block in constant memory: when the columns are full, neighbours are merged
/// and from then on a column takes twice as many samples.
///
/// ```
/// use audio_converter_measure::EnvelopeMeter;
///
/// let mut meter = EnvelopeMeter::new(4);
/// for n in 0..1_000 {
///     meter.push(&[n as f32 / 1_000.0]);
/// }
/// assert!(meter.finish().columns.len() <= 4);
/// ```
#[derive(Clone, Debug)]
pub struct EnvelopeMeter {
    most: usize,
    done: Envelope,
    column: Option<EnvelopeColumn>,
    filled: u64,
}

impl EnvelopeMeter {
    /// A meter for at most `columns` columns (2 at least).
    #[must_use]
    pub fn new(columns: usize) -> Self {
        let done = Envelope {
            columns: Vec::new(),
            samples_per_column: 1,
            samples: 0,
        };
        Self {
            most: columns.max(2),
            done,
            column: None,
            filled: 0,
        }
    }

    /// Takes the next samples.
    pub fn push(&mut self, block: &[f32]) {
        for &sample in block {
            let value = finite(sample);
            let column = self.column.get_or_insert(EnvelopeColumn {
                lowest: value as f32,
                highest: value as f32,
                mean_square: 0.0,
            });
            column.lowest = column.lowest.min(value as f32);
            column.highest = column.highest.max(value as f32);
            // A sum until the column is full.
            column.mean_square += value * value;
            self.filled += 1;
            if self.filled == self.done.samples_per_column {
                self.end_column();
                if self.done.columns.len() == self.most + self.most % 2 {
                    self.merge();
                }
            }
        }
        self.done.samples += block.len() as u64;
    }

    /// The outline of all that was pushed.
    #[must_use]
    pub fn finish(mut self) -> Envelope {
        self.end_column();
        if self.done.columns.len() > self.most {
            self.merge();
        }
        self.done
    }

    fn end_column(&mut self) {
        if let Some(mut column) = self.column.take() {
            column.mean_square /= self.filled.max(1) as f64;
            self.done.columns.push(column);
        }
        self.filled = 0;
    }

    fn merge(&mut self) {
        let pair = |pair: &[EnvelopeColumn]| EnvelopeColumn {
            lowest: pair
                .iter()
                .map(|column| column.lowest)
                .fold(f32::INFINITY, f32::min),
            highest: pair
                .iter()
                .map(|column| column.highest)
                .fold(f32::NEG_INFINITY, f32::max),
            mean_square: pair.iter().map(|column| column.mean_square).sum::<f64>()
                / pair.len() as f64,
        };
        self.done.columns = self.done.columns.chunks(2).map(pair).collect();
        self.done.samples_per_column *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal;

    #[test]
    fn extremes_survive_merging() {
        let mut noise = signal::white_noise(0.01, 100_003, 1);
        noise[77_777] = 0.9;
        noise[5] = -0.8;
        for columns in [0, 2, 3, 7, 100, 1_001] {
            let outline = envelope(&noise, columns);
            assert!(outline.columns.len() <= columns.max(2), "{columns}");
            assert!(
                outline.columns.len() > columns / 2 - columns / 8,
                "{columns} {}",
                outline.columns.len()
            );
            let index = 77_777 / outline.samples_per_column as usize;
            assert_eq!(outline.columns[index].highest, 0.9, "{columns}");
            assert_eq!(outline.columns[0].lowest, -0.8, "{columns}");
        }
    }

    #[test]
    fn mean_squares_survive_merging() {
        let outline = envelope(&signal::white_noise(0.01, 100_000, 1), 10);
        assert!(
            outline
                .columns
                .iter()
                .all(|column| (column.mean_square - 1e-4).abs() < 1e-5)
        );
    }

    #[test]
    fn few_samples_have_a_column_each() {
        assert_eq!(envelope(&[0.1, 0.2, 0.3], 10).columns.len(), 3);
        assert!(envelope(&[], 10).columns.is_empty());
        assert_eq!(envelope(&[f32::NAN], 10).columns[0].highest, 0.0);
    }
}
