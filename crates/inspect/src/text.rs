//! The report as text: `{}` is plain, `{:#}` has a terminal's colours.

use std::fmt::{self, Display};

use anstyle::{AnsiColor, Style};

use crate::report::{Report, Severity};

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_coloured = f.alternate();
        let styled = |style| if is_coloured { style } else { Style::new() };
        let bold = styled(Style::new().bold());
        writeln!(f, "{bold}{}{bold:#}", self.file)?;
        let channels = match self.channels {
            1 => "mono".to_owned(),
            2 => format!("stereo ({})", channel(&self.channel)),
            more => format!("{more} channels ({})", channel(&self.channel)),
        };
        let what = format!(
            "{}, {}, {channels}, {} Hz",
            self.container, self.encoding, self.rate
        );
        writeln!(
            f,
            "  {what}, {:.2} s ({} samples)\n",
            self.seconds, self.samples
        )?;
        self.figures(f)?;
        if self.findings.is_empty() {
            let green = styled(Style::new().fg_color(Some(AnsiColor::Green.into())));
            return writeln!(f, "\n  {green}nothing wrong found{green:#}");
        }
        for finding in &self.findings {
            let colour = match finding.severity {
                Severity::Problem => AnsiColor::Red,
                Severity::Warning => AnsiColor::Yellow,
                Severity::Note => AnsiColor::Cyan,
            };
            let label = finding.severity.name();
            let style = styled(Style::new().bold().fg_color(Some(colour.into())));
            writeln!(
                f,
                "\n  {style}{label}{style:#}{}{}",
                " ".repeat(11 - label.len()),
                finding.message
            )?;
            writeln!(f, "  {:11}→ {}", "", finding.advice)?;
        }
        Ok(())
    }
}

impl Report {
    fn figures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = &self.level;
        write!(
            f,
            "  {:11}peak {} dBFS, RMS {} dBov",
            "level",
            decibels(level.peak_dbfs),
            decibels(level.rms_dbov)
        )?;
        if let (Some(speech), Some(activity)) = (level.speech_dbov, level.speech_activity) {
            write!(
                f,
                ", speech {} dBov for {:.0} % of the time",
                decibels(speech),
                activity * 100.0
            )?;
        }
        writeln!(f)?;
        if let Some(floor) = level.noise_floor_dbov {
            writeln!(
                f,
                "  {:11}{} dBov in the quietest tenth",
                "noise",
                decibels(floor)
            )?;
        }
        if let Some(edge) = self.spectrum.bandwidth_hz {
            write!(
                f,
                "  {:11}{:.1} kHz of {:.1} kHz",
                "bandwidth",
                edge / 1_000.0,
                f64::from(self.rate) / 2_000.0
            )?;
            match self.spectrum.median_pitch_hz {
                Some(pitch) => writeln!(f, ", pitch about {pitch:.0} Hz")?,
                None => writeln!(f)?,
            }
        }
        let count =
            |count: u64, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let [clicks, dropouts] = [
            count(self.clicks.count, "click"),
            count(self.gaps.dropouts, "dropout"),
        ];
        writeln!(
            f,
            "  {:11}{clicks}, {dropouts}, {}",
            "integrity",
            count(self.clipping.runs, "clipped place")
        )
    }
}

fn channel(channel: &str) -> String {
    if channel == "mix" {
        "mean of all".to_owned()
    } else {
        format!("channel {channel}")
    }
}

/// A level with a proper minus sign.
fn decibels(level: f64) -> String {
    if level == f64::NEG_INFINITY {
        "−∞".to_owned()
    } else {
        format!("{level:.1}").replace('-', "−")
    }
}
