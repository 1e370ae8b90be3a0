//! The progress bar: on a terminal only, and only when the work takes over a second.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use audio_converter_file::Position;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows how far a conversion has come. Cleared when dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    start: Instant,
    is_terminal: bool,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Nothing is shown without `is_wanted`, or where standard error is no terminal.
    pub(crate) fn new(is_wanted: bool) -> Self {
        Self {
            start: Instant::now(),
            is_terminal: is_wanted && io::stderr().is_terminal(),
            bar: None,
        }
    }

    pub(crate) fn update(&mut self, position: Position) {
        if !self.is_terminal {
            return;
        }
        let elapsed = self.start.elapsed();
        if elapsed < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| bar(position.total, elapsed));
        bar.set_position(position.done.as_millis() as u64);
        let speed = position.done.as_secs_f64() / elapsed.as_secs_f64();
        let left = position
            .total
            .and_then(|total| time_left(position.done, total, elapsed))
            .map_or_else(String::new, |left| {
                format!("  {} left", HumanDuration(left))
            });
        bar.set_message(format!("{speed:.0}× real time{left}"));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A bar where the end is known, else a spinner. Its unit is the millisecond of sound.
fn bar(total: Option<Duration>, elapsed: Duration) -> ProgressBar {
    let (length, template) = match total {
        Some(total) => (
            Some(total.as_millis() as u64),
            "{wide_bar} {percent:>3} %  {msg}",
        ),
        None => (None, "{spinner} {elapsed} so far  {msg}"),
    };
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr())
        .with_style(style)
        .with_elapsed(elapsed)
}

/// How long the rest takes if it goes on as it went from the start. The bar itself counts from its first appearance.
fn time_left(done: Duration, total: Duration, elapsed: Duration) -> Option<Duration> {
    let part = total.saturating_sub(done).as_secs_f64() / done.as_secs_f64();
    Duration::try_from_secs_f64(elapsed.as_secs_f64() * part).ok()
}

const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_counts_from_the_start() {
        let seconds = Duration::from_secs;
        assert_eq!(
            time_left(seconds(30), seconds(120), seconds(2)),
            Some(seconds(6))
        );
        assert_eq!(time_left(seconds(0), seconds(0), seconds(2)), None);
    }
}
