//! Many calls at once through a bridge, from one process with an honest clock.
//!
//! [`run`] is the carrier of hundreds of calls and the model of each. Both ends speak a known sound, turn by turn, and follow it to the sample
//! at the other end ([`probe`](crate::score::probe)), so that delay, loss, repetition and foreign sound of every 20 ms are known. How a
//! call and its session at the model find each other is told in `board.rs`: by sound, so that it works with any bridge.
//!
//! # What is measured
//!
//! The calls begin one after another (the ramp); when all of them talk, the steady state begins. In each direction the first turn that
//! begins in it is the first that counts; exchanges that have begun when it ends are finished, so what is then not heard is lost. CPU time is that
//! of the steady state; memory is compared with that of the idle bridge before the first call.
//!
//! # Its own clock
//!
//! Whatever is due leaves late by what [`Figures::lateness`](crate::score::load::Figures::lateness) says: half a millisecond as a rule, since timers
//! count milliseconds. No delay contains it, as each counts from when the sound really left. But who sends late may hear late as well,
//! so the report has [`doubts`](LoadReport::doubts) when the phone box was too busy. Run it on a current-thread runtime on a core of its own, with
//! the bridge on another one.

mod board;
mod bridge;
mod call;
mod fleet;
mod model;
mod options;
mod report;
pub(crate) mod rhythm;
mod speaker;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use voice_call::Time;

use self::board::Board;
use self::bridge::Bridge;
use self::fleet::Fleet;
use crate::score::load::{ProcessUse, Reading};
use crate::score::probe::Probe;

pub use bridge::Target;
pub use options::{LoadError, LoadOptions, Progress};
pub use report::{LoadLimits, LoadReport};
pub use rhythm::Talk;

/// Loads a bridge with calls and says what became of them. `progress` is told about once a second how far it is.
///
/// # Errors
///
/// When the test cannot begin. What goes wrong in calls stands in the report.
pub async fn run(
    options: LoadOptions,
    mut progress: impl FnMut(Progress),
) -> Result<LoadReport, LoadError> {
    if !(1..=MOST_CALLS).contains(&options.calls) {
        return Err(LoadError::Calls(options.calls));
    }
    let epoch = Instant::now();
    let now = || Time::from(epoch.elapsed());
    let board = Arc::new(Board::default());
    let server = model::Server::start(&options.model, &board, epoch).await?;
    progress(Progress::Listening {
        plain: server.plain,
        tls: server.tls,
    });
    // Made once, before the clock matters.
    drop(Probe::to_model(0));
    let bridge = Bridge::start(&options.target, &options.url).await?;
    let idle = bridge.reading()?;

    let mut fleet = Fleet::new(&options, &board, epoch)?;
    let began = Instant::now();
    for number in 0..options.calls {
        let part = number as f64 / options.calls as f64;
        let due = began + options.ramp.mul_f64(part);
        fleet.wait(due, |fleet, _| progress(fleet.ramp())).await;
        fleet.begin(number);
    }
    let until = Instant::now() + MEETING;
    while fleet.is_meeting() && Instant::now() < until {
        let due = Instant::now() + SHORT;
        fleet.wait(due, |fleet, _| progress(fleet.ramp())).await;
    }

    board.steady().set(now());
    let (steady, own_before, before) = (Instant::now(), own(), bridge.reading());
    let due = steady + options.steady;
    let mut tell = |fleet: &Fleet, left| {
        let ended = fleet.ended();
        progress(Progress::Steady { left, ended });
    };
    fleet.wait(due, &mut tell).await;
    board.end().set(now());
    let (time, own_after, after) = (steady.elapsed(), own(), bridge.reading());
    // A bridge that has died is seen in the calls.
    let used = idle.zip(before.ok().flatten()).zip(after.ok().flatten());
    let used = used.map(|((idle, before), after)| {
        let before = Reading {
            resident: idle.resident,
            ..before
        };
        ProcessUse::between(before, after, time, options.calls)
    });

    let until = Instant::now() + options.talk.checked().longest() + LAST;
    while fleet.ended() < options.calls && Instant::now() < until {
        let due = Instant::now() + SHORT;
        let ended = fleet.ended();
        fleet
            .wait(due, |_, _| progress(Progress::Ending { ended }))
            .await;
    }
    let mut report = fleet.report();
    report.figures.bridge = used;
    report.phone_box = own_before
        .zip(own_after)
        .map(|(before, after)| ProcessUse::between(before, after, time, options.calls));
    report.judge();
    report.violations = options.limits.check(&report);
    Ok(report)
}

/// What this process has used; none where it cannot be known.
fn own() -> Option<Reading> {
    Reading::of(std::process::id()).ok()
}

const MOST_CALLS: u64 = 10_000;
/// How long calls and their sessions may take to meet after the last one began.
const MEETING: Duration = Duration::from_secs(25);
const SHORT: Duration = Duration::from_millis(100);
/// How long the end of the last exchange and the end of the calls may take.
const LAST: Duration = Duration::from_secs(10);
