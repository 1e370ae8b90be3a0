//! The designs against known answers, against the theorem that makes an equiripple filter the best one, and
//! against the promises of the presets.

use audio_converter_reference::Quality;
use audio_converter_reference::design::{bessel_i0, equiripple, kaiser};
use audio_converter_reference::filter::{COMMON_RATIOS, Equiripple, Filter, Windowed};
use audio_converter_reference::response::{gain, measure, promise};

fn check(found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len());
    for (n, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!(
            (found - wanted).abs() <= tolerance,
            "number {n}: {found} is not {wanted}"
        );
    }
}

/// Three taps can be calculated by hand: equal weights and edges that mirror make the errors at 0, at the pass
/// edge and at their mirror images equal when h[1] = 1 / (2 + 2 cos 2πf).
#[test]
fn three_taps() {
    let h = equiripple(1, 0.1, 0.4, 1.0);
    check(
        &h,
        &[0.5, 0.5 / (1.0 + (std::f64::consts::TAU * 0.1).cos())],
        1e-12,
    );
}

/// Mirrored edges and equal weights make every second tap zero.
#[test]
fn half_band() {
    let h = equiripple(15, 0.2, 0.3, 1.0);
    check(&[h[0]], &[0.5], 1e-9);
    check(
        &h.iter().copied().skip(2).step_by(2).collect::<Vec<_>>(),
        &[0.0; 7],
        1e-9,
    );
}

/// `scipy.signal.remez(2 * last + 1, [0, pass, stop, 0.5], [1, 0], weight=[1, w], grid_density=2000)`, SciPy 1.17.1.
#[test]
fn against_scipy() {
    let short = [
        0.4765486267464343,
        0.3145107327736354,
        0.01944987060610025,
        -0.11424058878799388,
        -0.06634541075542498,
        0.0017670341066340356,
    ];
    check(&equiripple(5, 0.2, 0.3, 10.0), &short, 2e-5);
    let long = [
        0.2325979678562537,
        0.2118969446393355,
        0.15659519562200783,
        0.08433583447972896,
        0.016596399612880397,
        -0.02938502662244582,
        -0.04625178630423754,
        -0.03759895085532394,
        -0.014590457559418743,
        0.009786235388288976,
        0.025992625193164712,
        0.030584969914540978,
        0.025739354731372486,
        0.01633922354687568,
        0.008161458979326297,
        0.0010711015866054585,
    ];
    check(&equiripple(15, 0.1, 0.15, 50.0), &long, 2e-5);
}

/// Chebyshev's alternation theorem: a filter of `last + 1` free taps is the best of its length exactly when its
/// weighted error reaches its greatest size `last + 2` times with alternating signs; here, to 1 %, which is what the
/// grid of the exchange leaves.
#[test]
fn every_preset_alternates() {
    for quality in Quality::ALL {
        for ratio in COMMON_RATIOS {
            let Equiripple {
                pass,
                stop,
                stop_weight,
                ..
            } = quality.equiripple();
            let h = quality.prototype(ratio);
            let steps = 64 * h.len();
            let errors = |low: f64, high: f64, wanted: f64, weight: f64| {
                let frequency = move |i: usize| {
                    (low + (high - low) * i as f64 / steps as f64) / f64::from(ratio)
                };
                (0..=steps)
                    .map(|i| weight * (gain(&h, frequency(i)) - wanted))
                    .collect::<Vec<f64>>()
            };
            let all = [
                errors(0.0, pass, 1.0, 1.0),
                errors(stop, f64::from(ratio) / 2.0, 0.0, stop_weight),
            ]
            .concat();
            let greatest = all
                .iter()
                .fold(0.0, |greatest: f64, error| greatest.max(error.abs()));
            let mut peaks: Vec<f64> = all
                .into_iter()
                .filter(|error| error.abs() > greatest * 0.99)
                .collect();
            peaks.dedup_by_key(|error| error.signum());
            assert!(
                peaks.len() > h.len(),
                "{quality:?} at R = {ratio}: {} of {}",
                peaks.len(),
                h.len() + 1
            );
        }
    }
}

#[test]
fn hundreds_of_taps_settle() {
    for (last, width) in [(249, 0.006), (299, 0.01), (320, 0.012)] {
        let h = equiripple(last, 0.1, 0.1 + width, 100.0);
        assert!(
            (h[0] + 2.0 * h[1..].iter().sum::<f64>() - 1.0).abs() < 0.02,
            "{last}"
        );
    }
}

/// `scipy.special.i0`, SciPy 1.17.1.
#[test]
fn bessel() {
    let values = [0.0, 1.0, 6.2, 10.3, 11.7].map(|x| bessel_i0(x).ln());
    let known: [f64; 5] = [
        1.0,
        1.2660658777520082,
        80.7179134429012,
        3743.5350294725285,
        14220.710865303954,
    ];
    check(&values, &known.map(f64::ln), 1e-14);
}

/// `2 * fc / R * numpy.sinc(2 * fc * n / R) * i0(beta * sqrt(1 - u * u)) / i0(beta)` for half = 10, R = 5, fc = 0.475,
/// beta = 6.2.
#[test]
fn windowed_against_numpy() {
    let h = Quality::LowLatency.windowed().taps(5);
    let known = [
        0.19,
        0.178713714,
        -0.0370137523,
        0.00423242505,
        -0.0000944080683,
    ];
    check(&[0, 1, 7, 25, 49].map(|n| h[n]), &known, 5e-10);
    check(&kaiser(4, (1, 2), 5, 3.0), &[1.0, 0.0, 0.0, 0.0, 0.0], 0.0);
}

/// Every filter of the simple ratios, in whole numbers; and those to and from a rate many times as high, up to where the
/// promise of `Quality` in core ends.
#[test]
fn presets_keep_their_promises() {
    for quality in Quality::ALL {
        let far = if quality == Quality::Transparent {
            12
        } else {
            24
        };
        for ratio in [2, 3, 4, 5, 6, 8, far] {
            let others = if ratio > 6 { 2 } else { ratio };
            for other in (1..others).filter(|other| ratio % other != 0 || *other == 1) {
                for (from, to) in [(ratio, other), (other, ratio)] {
                    let common = COMMON_RATIOS.contains(&ratio);
                    let promise = promise(quality, common);
                    let filter = Filter::new(from, to, quality);
                    let measured = measure(&filter, promise.pass, promise.stop);
                    let latency = filter.last() as f64 / f64::from(ratio);
                    let name =
                        format!("{quality:?} {from} -> {to}: {measured:?}, {latency} samples late");
                    assert!(measured.ripple <= promise.ripple, "{name}");
                    assert!(measured.rejection >= promise.rejection, "{name}");
                    assert!(latency <= promise.latency, "{name}");
                }
            }
        }
    }
}

/// A sum of products of the loudest input stays below 2^53, so that `f64` holds it exactly: a 16-bit sample is at
/// most 2^15, a float at most 2^27.
#[test]
fn sums_are_exact() {
    for quality in Quality::ALL {
        for (from, to) in rate_pairs() {
            let filter = Filter::new(from, to, quality);
            let mut phases = vec![0.0; filter.up as usize];
            for (n, c) in filter.coefficients.iter().enumerate() {
                let up = filter.up as usize;
                phases[n % up] += c.abs();
                if n > 0 {
                    phases[(up - n % up) % up] += c.abs();
                }
            }
            let loudest = phases.into_iter().fold(0.0, f64::max) * 2.0_f64.powi(27);
            assert!(
                loudest < 2.0_f64.powi(53),
                "{quality:?} {from} -> {to}: {}",
                loudest.log2()
            );
        }
    }
}

/// No coefficient of a windowed filter between the usual rates is so near to a half that another way to calculate
/// sines, good to a few last bits, could round it differently: the same bytes on every machine.
#[test]
fn no_coefficient_is_a_tie() {
    for quality in Quality::ALL {
        for (from, to) in rate_pairs() {
            let filter = Filter::new(from, to, quality);
            let ratio = filter.up.max(filter.down) as u32;
            if COMMON_RATIOS.contains(&ratio) {
                continue;
            }
            let scale = filter.up as f64 * 2.0_f64.powi(filter.bits as i32);
            for (n, h) in quality.prototype(ratio).iter().enumerate() {
                let rest = (h * scale + 0.5).rem_euclid(1.0);
                let distance = rest.min(1.0 - rest);
                // sin(π n) is 0, not a number near it; everything else keeps its distance.
                assert!(
                    distance > 1e-15 * (h * scale).abs(),
                    "{quality:?} {from} -> {to}: tap {n} is {}",
                    h * scale
                );
            }
        }
    }
}

/// The windowed filters' half-gain point: at `cutoff` a long window leaves one half.
#[test]
fn cutoff_is_where_the_gain_is_one_half() {
    let Windowed {
        cutoff_permille, ..
    } = Quality::Transparent.windowed();
    let gain = gain(
        &Quality::Transparent.prototype(5),
        cutoff_permille as f64 / 1000.0 / 5.0,
    );
    assert!((gain - 0.5).abs() < 1e-4, "{gain}");
}

/// All ordered pairs of the nine rates that the vectors cover.
fn rate_pairs() -> Vec<(u32, u32)> {
    let rates = [
        8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000,
    ];
    let pairs = rates.iter().flat_map(|&from| rates.map(|to| (from, to)));
    pairs.filter(|(from, to)| from != to).collect()
}
