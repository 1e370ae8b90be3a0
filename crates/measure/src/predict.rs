//! Linear prediction: how a sample follows from those before it.

/// The coefficients a(k) for x(n) ≈ Σ a(k)·x(n−1−k), and the part of the power that they miss (0 to 1), by
/// Levinson's and Durbin's recursion on the autocorrelation of `part`.
pub(crate) fn predictor<const ORDER: usize>(part: &[f64]) -> ([f64; ORDER], f64) {
    let product = |lag: usize| {
        part.iter()
            .skip(lag)
            .zip(part)
            .map(|(x, y)| x * y)
            .sum::<f64>()
    };
    // A trace of white noise keeps the equations solvable for a pure tone.
    let power = product(0) * (1.0 + 1e-9) + 1e-20;
    let mut coefficients = [0.0; ORDER];
    let mut missed = power;
    let correlation: [f64; ORDER] = std::array::from_fn(|k| product(k + 1));
    for order in 0..ORDER {
        let known: f64 = (0..order)
            .map(|k| coefficients[k] * correlation[order - 1 - k])
            .sum();
        let reflection = (correlation[order] - known) / missed;
        if !reflection.is_finite() || reflection.abs() >= 1.0 {
            break;
        }
        let earlier = coefficients;
        for k in 0..order {
            coefficients[k] = earlier[k] - reflection * earlier[order - 1 - k];
        }
        coefficients[order] = reflection;
        missed *= 1.0 - reflection * reflection;
    }
    (coefficients, missed / power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal;

    #[test]
    fn a_known_recursion_is_recovered() {
        let mut random = signal::Random::new(1);
        let mut x = vec![0.0, 0.0];
        for n in 2..100_000 {
            x.push(1.5 * x[n - 1] - 0.8 * x[n - 2] + random.gaussian());
        }
        let ([first, second], missed) = predictor::<2>(&x);
        assert!(
            (first - 1.5).abs() < 0.02 && (second + 0.8).abs() < 0.02,
            "{first} {second}"
        );
        // 1 over the process's power: (1 − a2)·((1 + a2)² − a1²) / (1 + a2) with a2 = −0.8 turned in sign.
        assert!((missed - 0.11).abs() < 0.01, "{missed}");
    }

    #[test]
    fn silence_predicts_nothing() {
        assert_eq!(predictor::<4>(&[0.0; 100]).0, [0.0; 4]);
        assert_eq!(predictor::<4>(&[]).0, [0.0; 4]);
    }
}
