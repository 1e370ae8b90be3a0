//! The one place that prints: talk on standard error, at the chosen level, in colour where that is wanted.

use std::io::Write;

use audio_converter_file as file;
use clap::builder::styling::{AnsiColor, Style};

use crate::args::LogLevel;

/// Prints for people. What cannot be printed is dropped: nobody reads it.
#[derive(Debug)]
pub(crate) struct Printer {
    level: LogLevel,
}

impl Printer {
    pub(crate) const fn new(level: LogLevel) -> Self {
        Self { level }
    }

    /// What was done.
    pub(crate) fn info(&self, text: &str) {
        if self.level >= LogLevel::Info {
            let _ = writeln!(anstream::stderr(), "{text}");
        }
    }

    /// How it was done.
    pub(crate) fn debug(&self, text: &str) {
        if self.level >= LogLevel::Debug {
            self.line(AnsiColor::Blue, "debug", text);
        }
    }

    pub(crate) fn warning(&self, text: &str) {
        if self.level >= LogLevel::Warning {
            self.line(AnsiColor::Yellow, "warning", text);
        }
    }

    /// One line that says what went wrong, and one that says what to do.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        self.line(AnsiColor::Red, "error", &error.to_string());
        if let Some(hint) = error
            .downcast_ref::<file::Error>()
            .and_then(file::Error::hint)
        {
            self.line(AnsiColor::Cyan, "hint", &hint);
        }
    }

    #[expect(clippy::unused_self, reason = "only the printer prints")]
    fn line(&self, colour: AnsiColor, label: &str, text: &str) {
        let style = Style::new().bold().fg_color(Some(colour.into()));
        let _ = writeln!(anstream::stderr(), "{style}{label}{style:#}: {text}");
    }
}
