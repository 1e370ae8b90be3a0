//! Decibels as amplitude ratios, without the platform's `exp`, which may differ in its last bit.

/// 10^(db / 20), for −200 to 200 dB.
pub(super) fn amplitude(db: f64) -> f64 {
    // e^x by its series for a sixteenth of a thousandth of x, squared ten times.
    let small = db * (std::f64::consts::LN_10 / 20.0) / 1_024.0;
    let series = 1.0
        + small
            * (1.0 + small / 2.0 * (1.0 + small / 3.0 * (1.0 + small / 4.0 * (1.0 + small / 5.0))));
    (0..10).fold(series, |power, _| power * power)
}

/// 20 · log10(ratio), for reports only.
pub(super) fn decibels(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for tenth in -600..=600 {
            let db = f64::from(tenth) / 10.0;
            assert!((decibels(amplitude(db)) - db).abs() < 1e-9, "{db}");
        }
        assert_eq!(amplitude(0.0), 1.0);
    }
}
