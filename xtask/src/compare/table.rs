//! The results page and its short form for the terminal.

use std::fmt::Write as _;

use super::report::{Cuts, Entry, Held, Latency, Missing, Report, Speed};

const DEFINITIONS: &str = "\
## What the figures mean

\"Ours\" is `crates/core` with its three presets; `low-latency` is meant to 3.0 kHz only, so its ripple to 3.4 kHz is large by design.

- **µs a chunk**: time to convert 20 ms, best round and (in brackets) median round. Rounds are interleaved: each program is started in
  turn, on one core, and a round's figure is the median of five batches of 20 ms, after a batch that warms up. The input is the bundled
  speech. Rivals that know no G.711 were given one plain table lookup a sample in their own language. \"†\" converts a whole
  file through pipes: the time for 630 s of audio less that for 30 s, the median difference, so its start does not count.
- **Held back**: input sample n arrives at the instant n / input rate; a call happens when the last sample of its chunk has arrived, and what
  the call returns departs then. Output sample k carries the sound of the instant k / output rate − offset, with the offset of
  an impulse's peak. *Held back* is the time from that instant to the departure, mean and worst over four seconds from a standing start,
  in the smallest chunks that stand for a whole number of output samples (3 samples at 24→8). So it is the filter's delay and all buffering; the
  ideal for a symmetric filter is half of its length. \"In 20 ms\" is the same in chunks of 20 ms, of which waiting for the chunk to
  fill takes 10 ms on average and 20 at worst. \"∅\": nothing is remembered between chunks, so nothing is late, and every seam is damaged.
- **Ripple**: greatest departure from 0 dB between 0.1 and 3.4 kHz, 24→8. **Alias**: strongest alias of tones from 4.6 to 11.9 kHz, 24→8.
  **Image**: strongest image of tones from 0.3 to 3.4 kHz, 8→24. All with 16-bit input and output in 20 ms chunks, tones at
  −2 dBFS with white dither of one step; components below about −118 dB are lost in that.
- **SINAD**: 1020 Hz at −10 dBFS, 24→8, 16 bits out. Perfect rounding gives about 88 dB.
- **Bytes**: growth of the resident set by each of 2,000 instances (one direction of a call each), after five chunks.
- **Cuts**: the speech in chunks of 20 ms, of 500 samples, and all at once: *same* bytes, or the greatest difference in 16-bit steps,
  or a different number of samples. Dither (soxr from Python) differs by a step or two wherever the cuts are.
- **PESQ** (ITU-T P.862, narrowband): the bundled speech through the rival to 8 kHz µ-law in 20 ms chunks, decoded, against the same
  speech through a filter of 4,001 taps. Above 4 a listener hears no difference; the scale ends at 4.55.
";

/// The page in Markdown.
pub(super) fn page(report: &Report) -> String {
    let mut text =
        String::from("# Comparison\n\nWritten by `cargo xtask compare`; do not edit.\n\n");
    let rounds = report.rounds;
    let _ = writeln!(
        text,
        "{}, {rounds} rounds. How to read the figures: below the tables and in [the folder's README](../README.md).\n",
        report.date
    );
    if report.is_quick {
        text.push_str("**A quick run: for development only.**\n\n");
    }
    text.push_str(&main_table(report));
    if let Some(ceiling) = report.pesq_ceiling {
        let _ = writeln!(
            text,
            "\nG.711 alone, after the ideal filter, scores {ceiling:.3} by PESQ."
        );
    }
    text.push_str("\n![Response in the pass band](response.svg)\n\n![Aliases](alias.svg)\n\n![Speed and latency](speed.svg)\n");
    text.push_str(&directions_table(report));
    text.push_str(&latency_table(report));
    text.push('\n');
    text.push_str(DEFINITIONS);
    text.push_str(&versions(report));
    text
}

fn main_table(report: &Report) -> String {
    let heads = [
        "",
        "24→8 µ-law out, µs a chunk",
        "µ-law 8→24",
        "µ-law 8→16",
        "held back, ms: mean / worst",
        "in 20 ms chunks",
        "ripple ± dB",
        "alias dB",
        "image dB",
        "SINAD dB",
        "bytes",
        "cuts",
        "PESQ",
    ];
    let rows = report.entries.iter().map(|entry| {
        let name = entry.label();
        let quality = |index: usize| entry.quality.get(index);
        let mut row = vec![if entry.is_ours() {
            format!("**{name}**")
        } else {
            name
        }];
        row.extend((0..3).map(|job| speed(entry, job)));
        row.push(entry.latency.map_or_else(dash, smallest));
        row.push(
            entry
                .latency
                .map_or_else(dash, |latency| held(latency.chunked)),
        );
        row.push(
            quality(0)
                .and_then(|quality| quality.ripple_db)
                .map_or_else(dash, ripple),
        );
        row.push(
            quality(0)
                .and_then(|quality| quality.alias_db)
                .map_or_else(dash, level),
        );
        row.push(
            quality(1)
                .and_then(|quality| quality.image_db)
                .map_or_else(dash, level),
        );
        row.push(entry.sinad_db.map_or_else(dash, |db| format!("{db:.1}")));
        row.push(entry.memory.map_or_else(dash, bytes));
        row.push(entry.cuts.map_or_else(dash, cuts));
        row.push(entry.pesq.map_or_else(dash, |score| format!("{score:.2}")));
        row
    });
    markdown(&heads, rows)
}

/// Ripple, alias and image of all pairs of rates.
fn directions_table(report: &Report) -> String {
    let Some(longest) = report
        .entries
        .iter()
        .max_by_key(|entry| entry.quality.len())
    else {
        return String::new();
    };
    let pairs: Vec<String> = longest
        .quality
        .iter()
        .map(|quality| kilohertz(quality.from, quality.to))
        .collect();
    let heads: Vec<&str> = std::iter::once("")
        .chain(pairs.iter().map(String::as_str))
        .collect();
    let rows = report.entries.iter().map(|entry| {
        let cell = |quality: &super::report::Quality| {
            let parts = [
                quality.ripple_db.map(ripple),
                quality.alias_db.map(level),
                quality.image_db.map(level),
            ];
            parts.map(|part| part.unwrap_or_else(dash)).join(" · ")
        };
        std::iter::once(entry.label())
            .chain(entry.quality.iter().map(cell))
            .collect()
    });
    let introduction = "\n## Every pair of rates\n\nRipple · alias · image in dB. Pass band to 0.85, stop band from 1.15 of half the lower rate.\n\n";
    format!("{introduction}{}", markdown(&heads, rows))
}

fn latency_table(report: &Report) -> String {
    let heads = [
        "",
        "24→8",
        "in 20 ms",
        "first sample after",
        "8→24",
        "in 20 ms",
        "first sample after",
    ];
    let rows = report
        .entries
        .iter()
        .filter(|entry| entry.latency.is_some())
        .map(|entry| {
            let cells = |latency: Option<Latency>| match latency {
                Some(latency) => {
                    let first = latency
                        .first
                        .map_or_else(dash, |seconds| format!("{:.1}", seconds * 1e3));
                    [smallest(latency), held(latency.chunked), first]
                }
                None => [dash(), dash(), dash()],
            };
            [
                vec![entry.label()],
                cells(entry.latency).to_vec(),
                cells(entry.latency_back).to_vec(),
            ]
            .concat()
        });
    format!(
        "\n## Held back\n\nMilliseconds, mean / worst.\n\n{}",
        markdown(&heads, rows)
    )
}

fn versions(report: &Report) -> String {
    let mut text = String::from("\n## Machine and versions\n\n");
    for (label, value) in &report.machine {
        let _ = writeln!(text, "- {label}: {value}");
    }
    text.push_str("\n| | version | language | G.711 |\n| --- | --- | --- | --- |\n");
    let mut last = "";
    for entry in report
        .entries
        .iter()
        .filter(|entry| std::mem::replace(&mut last, &entry.name) != entry.name)
    {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            entry.name, entry.version, entry.language, entry.g711
        );
    }
    for Missing { name, reason } in &report.missing {
        let _ = writeln!(
            text,
            "| {name} | {} | | |",
            reason.replace(['|', '\n'], " ")
        );
    }
    text
}

/// A short table for the terminal.
pub(super) fn summary(report: &Report) -> String {
    let mut text = format!(
        "{:32} {:>8} {:>8} {:>8} {:>9} {:>8} {:>8} {:>8} {:>8}\n",
        "", "24→8 µs", "8→24", "8→16", "held ms", "ripple", "alias", "image", "bytes"
    );
    for entry in &report.entries {
        let time = |job: usize| {
            entry
                .speed
                .get(job)
                .map_or_else(dash, |speed| format!("{:.2}", speed.best / 1e3))
        };
        let late = entry
            .latency
            .and_then(|latency| latency.smallest)
            .map_or_else(dash, |held| format!("{:.2}", held.mean * 1e3));
        let quality = |index: usize| entry.quality.get(index);
        let _ = writeln!(
            text,
            "{:32} {:>8} {:>8} {:>8} {late:>9} {:>8} {:>8} {:>8} {:>8}",
            entry.label(),
            time(0),
            time(1),
            time(2),
            quality(0)
                .and_then(|quality| quality.ripple_db)
                .map_or_else(dash, ripple),
            quality(0)
                .and_then(|quality| quality.alias_db)
                .map_or_else(dash, level),
            quality(1)
                .and_then(|quality| quality.image_db)
                .map_or_else(dash, level),
            entry.memory.map_or_else(dash, bytes),
        );
    }
    for Missing { name, reason } in &report.missing {
        let _ = writeln!(text, "{name}: {reason}");
    }
    text
}

fn markdown(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut text = format!(
        "| {} |\n|{}\n",
        heads.join(" | "),
        " --- |".repeat(heads.len())
    );
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

fn speed(entry: &Entry, job: usize) -> String {
    let text = |Speed { best, median }: &Speed| {
        if entry.is_whole_file {
            format!("{} †", microseconds(*median))
        } else {
            format!("{} ({})", microseconds(*best), microseconds(*median))
        }
    };
    entry.speed.get(job).map_or_else(dash, text)
}

fn microseconds(nanoseconds: f64) -> String {
    let value = nanoseconds / 1e3;
    if value < 9.995 {
        format!("{value:.2}")
    } else if value < 99.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

fn smallest(latency: Latency) -> String {
    latency.smallest.map_or_else(|| "∅".to_owned(), held)
}

fn held(held: Held) -> String {
    format!("{:.1} / {:.1}", held.mean * 1e3, held.worst * 1e3)
}

fn ripple(db: f64) -> String {
    if db < 0.0995 {
        format!("{db:.3}")
    } else if db < 9.95 {
        format!("{db:.2}")
    } else {
        format!("{db:.0}")
    }
}

fn level(db: f64) -> String {
    format!("{db:.1}").replace('-', "−")
}

fn bytes(bytes: f64) -> String {
    if bytes < 10_000.0 {
        format!("{bytes:.0}")
    } else {
        format!("{:.0} k", bytes / 1e3)
    }
}

fn cuts(cuts: Cuts) -> String {
    match cuts {
        Cuts::Same => "same".to_owned(),
        Cuts::Differ(steps) => format!("differ by {steps}"),
        Cuts::Lengths(samples) => format!("{samples:+} samples").replace('-', "−"),
        Cuts::NotApplicable => dash(),
    }
}

fn kilohertz(from: u32, to: u32) -> String {
    format!("{}→{}", f64::from(from) / 1e3, f64::from(to) / 1e3)
}

fn dash() -> String {
    "–".to_owned()
}

#[cfg(test)]
mod tests {
    use super::{bytes, kilohertz, level, microseconds, ripple};

    #[test]
    fn figures_keep_three_digits_or_fewer() {
        assert_eq!(
            [0.512, 9.99, 12.34, 260.4].map(|value| microseconds(value * 1e3)),
            ["0.51", "9.99", "12.3", "260"]
        );
        assert_eq!([0.0123, 0.12, 43.2].map(ripple), ["0.012", "0.12", "43"]);
        assert_eq!([520.4, 184_300.0].map(bytes), ["520", "184 k"]);
        assert_eq!(level(-100.26), "−100.3");
        assert_eq!(kilohertz(44_100, 8_000), "44.1→8");
    }
}
