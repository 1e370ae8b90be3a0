//! A call while it is going on: a line for each thing that happens, and on a terminal two meters under them.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use phonebox::carrier::Glimpse;
use phonebox::demo::Happening;
use phonebox::model::LiveEvent;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use voice_call::Time;

use super::demo::line;
use crate::printer::Printer;

/// Shows a call. Its meters are cleared when it is dropped.
pub(crate) struct LiveView<'a> {
    printer: &'a Printer,
    meters: Option<ProgressBar>,
    start: Option<Time>,
    /// When the caller was last heard, and how long the agent then took to answer.
    caller_heard: Option<Time>,
    reply: Option<Duration>,
}

impl<'a> LiveView<'a> {
    pub(crate) fn new(printer: &'a Printer) -> Self {
        let meters = io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{msg}");
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self {
            printer,
            meters,
            start: None,
            caller_heard: None,
            reply: None,
        }
    }

    /// Follows a call for ever.
    pub(crate) async fn follow(
        &mut self,
        mut events: broadcast::Receiver<LiveEvent>,
        mut glimpses: watch::Receiver<Option<Glimpse>>,
    ) {
        let (mut is_calling, mut is_talking) = (true, true);
        loop {
            tokio::select! {
                event = events.recv(), if is_talking => match event {
                    Ok(event) => self.happened(&event),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => is_talking = false,
                },
                changed = glimpses.changed(), if is_calling => {
                    is_calling = changed.is_ok();
                    let glimpse = *glimpses.borrow_and_update();
                    if let Some(glimpse) = glimpse {
                        self.show(&glimpse);
                    }
                }
                else => std::future::pending().await,
            }
        }
    }

    fn happened(&self, event: &LiveEvent) {
        let Some(it) = Happening::of_model(&event.event) else {
            return;
        };
        let text = line((it.at - self.start.unwrap_or(it.at)).as_secs_f64(), &it);
        match &self.meters {
            Some(meters) => meters.suspend(|| self.printer.info(&text)),
            None => self.printer.info(&text),
        }
    }

    fn show(&mut self, glimpse: &Glimpse) {
        let start = *self.start.get_or_insert(glimpse.at);
        if glimpse.caller_dbov > SPEECH {
            self.caller_heard = Some(glimpse.at);
        }
        if glimpse.agent_dbov > SPEECH
            && let Some(heard) = self.caller_heard.take()
        {
            self.reply = Some(glimpse.at - heard).filter(|reply| !reply.is_zero());
        }
        let Some(meters) = &self.meters else {
            return;
        };
        let reply = self.reply.map_or_else(String::new, |reply| {
            format!("   replied after {:.2} s", reply.as_secs_f64())
        });
        meters.set_message(format!(
            "{:5.1} s  caller {}  agent {}{reply}",
            (glimpse.at - start).as_secs_f64(),
            meter(glimpse.caller_dbov),
            meter(glimpse.agent_dbov),
        ));
    }
}

impl Drop for LiveView<'_> {
    fn drop(&mut self) {
        if let Some(meters) = &self.meters {
            meters.finish_and_clear();
        }
    }
}

/// A bar from −50 to −5 dBov.
fn meter(dbov: f64) -> String {
    let filled = ((dbov + 50.0) / 45.0 * WIDTH as f64).clamp(0.0, WIDTH as f64) as usize;
    format!("{}{}", "█".repeat(filled), "·".repeat(WIDTH - filled))
}

const WIDTH: usize = 16;
const SPEECH: f64 = -45.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meter_is_as_long_as_the_voice_is_loud() {
        assert_eq!(meter(-100.0), "·".repeat(16));
        assert_eq!(meter(0.0), "█".repeat(16));
        assert_eq!(meter(-27.5), format!("{}{}", "█".repeat(8), "·".repeat(8)));
    }
}
