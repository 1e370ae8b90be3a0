//! The progress bar: on a terminal only, and only when the work takes over a second.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use audio_converter_file::Position;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

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
        bar.set_message(format!(
            "{:.0}× real time",
            position.done.as_secs_f64() / elapsed.as_secs_f64()
        ));
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
            "{wide_bar} {percent:>3} %  {msg}  {eta} left",
        ),
        None => (None, "{spinner} {elapsed} so far  {msg}"),
    };
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr())
        .with_style(style)
        .with_elapsed(elapsed)
}

const PATIENCE: Duration = Duration::from_secs(1);
