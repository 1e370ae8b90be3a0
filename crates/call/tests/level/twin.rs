//! The leveller a second time: whole signals, f64, every window searched anew.

/// Output and gain of each block, for default settings but the starting gain as a ratio.
pub(crate) fn level(samples: &[i16], rate: usize, start: f64) -> (Vec<f64>, Vec<f64>) {
    let block = rate / 100;
    let x: Vec<f64> = samples.iter().map(|&x| f64::from(x)).collect();
    let means: Vec<f64> = x
        .chunks_exact(block)
        .map(|part| part.iter().sum::<f64>() / block as f64)
        .collect();
    let powers: Vec<f64> = x
        .chunks_exact(block)
        .zip(&means)
        .map(|(part, mean)| part.iter().map(|x| x * x).sum::<f64>() / block as f64 - mean * mean)
        .map(|power| power.max(0.0))
        .collect();
    let (gains, offsets) = control(&powers, &means, start);

    let at = |curve: &[f64], n: usize| {
        let (k, place) = (n / block, (n % block) as f64 / block as f64);
        // The first block runs from start to start.
        let (from, to) = (curve[k.saturating_sub(1)], curve[k]);
        from + (to - from) * place
    };
    let (mut back, mut held) = (1.0_f64, 0_usize);
    let mut out = Vec::new();
    for (n, &x) in x.iter().enumerate() {
        let (gain, offset) = (at(&gains, n), at(&offsets, n));
        let k = n / block;
        if n % block == 0 && gains[k].max(gains[k.saturating_sub(1)]) <= 1.0 {
            (back, held) = (1.0, 0);
        }
        let swing = x - offset;
        if gain <= 1.0 && gains[k].max(gains[k.saturating_sub(1)]) <= 1.0 {
            out.push(offset + swing * gain);
            continue;
        }
        if held > 0 {
            held -= 1;
        } else {
            back = (back * (1.0 + 80.0 * 10_f64.ln() / 20.0 / rate as f64)).min(1.0);
        }
        let (loud, knee) = (swing.abs() * gain, 20_675.0 - offset.abs());
        if loud > knee {
            let room = 29_204.0 - 20_675.0;
            let wanted = (knee + 1.0 / (1.0 / (loud - knee) + 1.0 / room)) / loud;
            back = back.min(wanted);
            if wanted <= back * 1.09 {
                held = rate / 80;
            }
        }
        out.push(offset + swing * (gain * back).max(gain.min(1.0)));
    }
    (out, gains)
}

/// Gain and offset at the end of each block; the first entry is the start.
fn control(powers: &[f64], means: &[f64], start: f64) -> (Vec<f64>, Vec<f64>) {
    let db = |db: f64| 10_f64.powf(db / 10.0);
    let full = 32_768.0_f64.powi(2);
    let averages: Vec<f64> = (0..powers.len())
        .map(|k| powers[k.saturating_sub(4)..=k].iter().sum::<f64>() / 5.0)
        .collect();
    let flat = |of: &[f64], end: usize, count: usize, range: f64| {
        end + 1 >= count && {
            let part = &of[end + 1 - count..=end];
            let most = part.iter().copied().fold(0.0, f64::max);
            let least = part.iter().copied().fold(f64::INFINITY, f64::min);
            most > 0.0 && most <= least * range
        }
    };
    let mut steady = vec![false; powers.len()];
    for end in 0..powers.len() {
        for (is_flat, reach) in [
            (flat(powers, end, 5, 1.122), 6),
            (flat(&averages, end, 20, 1.349), 25),
        ] {
            if is_flat {
                let last = (end + 2).min(powers.len() - 1);
                steady[end.saturating_sub(reach)..=last].fill(true);
            }
        }
    }

    let (mut gain, mut is_moving) = (start, false);
    let (mut gains, mut offsets) = (vec![start], vec![0.0]);
    let (mut level, mut heard) = (0.0_f64, 0_u32);
    let mut recent: (f64, u32) = (0.0, 0);
    let mut quieter: (f64, u32) = (0.0, 0);
    let (mut hanging, mut louder) = (0_u32, 0_u32);
    let mut offset: (f64, u32) = (0.0, 0);
    let push = |mean: &mut (f64, u32), power: f64, memory: u32| {
        mean.1 = (mean.1 + 1).min(memory);
        mean.0 += (power - mean.0) / f64::from(mean.1);
    };
    for now in 0..powers.len() {
        let window = ((now / 20).saturating_sub(7) * 20).max(4)..=now;
        let floor = averages
            .get(window)
            .unwrap_or_default()
            .iter()
            .copied()
            .fold(f64::INFINITY, f64::min);
        let threshold = (floor * 7.943).max(full * 2.512e-6);
        if now >= 30 && !steady[now - 30] {
            let (power, average) = (powers[now - 30], averages[now - 28]);
            let is_sounding = average >= threshold;
            if is_sounding && average >= level / 38.9 {
                hanging = 21;
            }
            if is_sounding && average >= level / 2.0 {
                quieter.1 = quieter.1.saturating_sub(5);
            } else if is_sounding {
                push(&mut quieter, power, 800);
            }
            if hanging > 0 {
                hanging -= 1;
                push(&mut recent, power, 50);
                louder = if power > level * 6.31 {
                    louder + 4
                } else {
                    louder.saturating_sub(1)
                };
                let counted = if heard < 40 {
                    power
                } else {
                    power.min(level * 15.85)
                };
                let mut mean = (level, heard);
                push(&mut mean, counted, 800);
                (level, heard) = mean;
            }
            if louder >= 120 {
                ((level, heard), louder) = (recent, 0);
            }
            if quieter.1 >= heard.max(40) {
                (level, heard) = quieter;
                (recent, quieter) = ((0.0, 0), (0.0, 0));
            }
        }
        push(&mut offset, means[now], 200);
        if powers[now] >= threshold && heard >= 40 && level > 0.0 {
            let wanted = (full * db(-22.0) / level).sqrt().clamp(db(-6.0), db(13.0));
            let excess = (wanted / gain).max(gain / wanted) - 1.0;
            is_moving = excess
                > if is_moving {
                    0.029
                } else {
                    0.189 + 41.0 / f64::from(heard)
                };
            if is_moving && wanted > gain {
                gain *= 1.0 + (excess / 70.0).min(0.013_911);
            } else if is_moving {
                gain /= 1.0 + (excess / 30.0).min(0.035_142);
            }
            gain = gain.clamp(db(-6.0), db(13.0));
        }
        gains.push(gain);
        let beyond = offset.0 - offset.0.clamp(-64.0, 64.0);
        offsets.push(beyond.clamp(-4_096.0, 4_096.0));
    }
    (gains, offsets)
}
