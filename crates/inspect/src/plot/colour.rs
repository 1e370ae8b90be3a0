//! The colours of the spectrogram.

/// Dark to bright for 0 to 1, even to the eye: nine colours of the "magma" map (matplotlib, CC0) and straight lines
/// between them.
#[must_use]
pub fn colour(part: f64) -> [u8; 3] {
    let place = part.clamp(0.0, 1.0) * (MAGMA.len() - 1) as f64;
    let index = (place as usize).min(MAGMA.len() - 2);
    let share = place - index as f64;
    std::array::from_fn(|k| {
        let (low, high) = (f64::from(MAGMA[index][k]), f64::from(MAGMA[index + 1][k]));
        (low + share * (high - low)).round() as u8
    })
}

const MAGMA: [[u8; 3]; 9] = [
    [0, 0, 4],
    [28, 16, 68],
    [79, 18, 123],
    [129, 37, 129],
    [181, 54, 122],
    [229, 80, 100],
    [251, 135, 97],
    [254, 194, 135],
    [252, 253, 191],
];
