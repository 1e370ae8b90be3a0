//! The numbers at an axis.

/// Round places from 0 to `end`, about `wanted` of them.
#[must_use]
pub fn ticks(end: f64, wanted: f64) -> Vec<f64> {
    if !(end > 0.0 && end.is_finite()) {
        return vec![0.0];
    }
    let rough = end / wanted;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|part| part * power)
        .find(|step| *step >= rough * 0.99)
        .unwrap_or(end);
    (0..=(end / step * 1.000_001) as usize)
        .map(|n| n as f64 * step)
        .collect()
}

/// A number with as few decimals as it needs, three at most.
#[must_use]
pub fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The same with a proper minus sign.
#[must_use]
pub fn minus(value: f64) -> String {
    short(value + 0.0).replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(
            ticks(4_000.0, 6.0),
            [0.0, 1_000.0, 2_000.0, 3_000.0, 4_000.0]
        );
        assert_eq!(ticks(0.0, 6.0), [0.0]);
        for end in [0.001, 0.37, 11.0, 3_600.0, 1e6] {
            assert!((3..=12).contains(&ticks(end, 10.0).len()), "{end}");
        }
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            (short(2.50), short(10.0), minus(-6.0), minus(-0.0)),
            ("2.5".into(), "10".into(), "−6".into(), "0".into())
        );
    }
}
