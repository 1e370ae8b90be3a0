//! All calls of a test.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::board::Board;
use super::call::{Call, Outcome, Sample};
use super::options::{LoadError, LoadOptions, Progress};
use super::report::LoadReport;
use super::rhythm::Talk;
use crate::carrier::call::{Phone, network};
use crate::carrier::drive::Interrupt;
use crate::carrier::network::Network;
use crate::carrier::{CallOptions, CallRecord, End};
use crate::score::{Conversation, Score, Timeline};

/// All calls of a test, those under way and those that have ended.
pub(super) struct Fleet {
    template: CallOptions,
    talk: Arc<Talk>,
    board: Arc<Board>,
    network: Network,
    seed: u64,
    sampled: u64,
    wanted: u64,
    calls: Vec<Arc<Call>>,
    tasks: JoinSet<(u64, CallRecord)>,
    records: Vec<(u64, CallRecord)>,
    told: Instant,
}

impl Fleet {
    pub(super) fn new(
        options: &LoadOptions,
        board: &Arc<Board>,
        epoch: Instant,
    ) -> Result<Self, LoadError> {
        let mut template = CallOptions::new(options.url.clone());
        template.network = options.network.clone();
        template.epoch = Some(epoch);
        template.line.limit = LONGEST_CALL;
        Ok(Self {
            network: network(&template)?,
            template,
            talk: Arc::new(options.talk.checked()),
            board: Arc::clone(board),
            seed: options.seed,
            sampled: options.sampled,
            wanted: options.calls,
            calls: Vec::new(),
            tasks: JoinSet::new(),
            records: Vec::new(),
            told: epoch,
        })
    }

    /// Begins the next call.
    pub(super) fn begin(&mut self, number: u64) {
        let keeps_sound = number < self.sampled;
        let call = Call::new(number, &self.board, &self.talk, self.seed, keeps_sound);
        let mut options = self.template.clone();
        options.call_sid = CallOptions::new(options.url.clone()).call_sid;
        options.line.seed = self.seed.wrapping_add(number);
        options.tap = Some(Arc::clone(&call) as _);
        let phone = Phone::over(self.network.clone(), options, None);
        self.calls.push(Arc::clone(&call));
        self.tasks.spawn(async move {
            let (control, interrupts) = mpsc::channel(1);
            let hang_up = async {
                call.over().await;
                // The call may end by itself just now.
                let _ = control.send(Interrupt::HangUp).await;
                std::future::pending().await
            };
            let record = tokio::select! {
                record = phone.run(interrupts) => record,
                never = hang_up => never,
            };
            (number, record)
        });
    }

    /// Waits until a time, and tells about once a second how much of it is left.
    pub(super) async fn wait(&mut self, due: Instant, mut tell: impl FnMut(&Self, Duration)) {
        while Instant::now() < due {
            let next = due.min(self.told + SECOND);
            tokio::select! {
                Some(ended) = self.tasks.join_next() => self.records.extend(ended.ok()),
                () = sleep_until(next) => {}
            }
            if Instant::now() >= self.told + SECOND {
                self.told = Instant::now();
                tell(self, due.saturating_duration_since(self.told));
            }
        }
    }

    /// Whether there are calls that neither talk to their model nor have ended.
    pub(super) fn is_meeting(&self) -> bool {
        self.talking() + self.ended() < self.calls.len() as u64
    }

    /// How far the ramp is.
    pub(super) fn ramp(&self) -> Progress {
        Progress::Ramp {
            started: self.calls.len() as u64,
            talking: self.talking(),
            ended: self.ended(),
        }
    }

    pub(super) fn ended(&self) -> u64 {
        self.records.len() as u64
    }

    fn talking(&self) -> u64 {
        self.calls.iter().filter(|call| call.is_talking()).count() as u64
    }

    /// What became of the calls. Those that are still under way are cut.
    pub(super) fn report(mut self) -> LoadReport {
        self.tasks.abort_all();
        let mut report = LoadReport {
            started: self.wanted,
            ..LoadReport::default()
        };
        let mut records: Vec<Option<CallRecord>> = self.calls.iter().map(|_| None).collect();
        for (number, record) in self.records {
            records[number as usize] = Some(record);
        }
        for (call, record) in self.calls.iter().zip(records) {
            let outcome = call.finish();
            report.figures.add(&outcome.to_model, &outcome.to_caller);
            report.figures.lateness.merge(&outcome.lateness);
            report.reconnected += outcome.meetings.saturating_sub(1);
            match why(&outcome, record.as_ref()) {
                None => report.completed += 1,
                Some(reason) => count(&mut report, reason),
            }
            if let Some(record) = record.filter(|_| call.keeps()) {
                report.sampled.extend(score(record, outcome.sample));
            }
        }
        report
    }
}

/// Why a call failed; `None` if it did not.
fn why(outcome: &Outcome, record: Option<&CallRecord>) -> Option<String> {
    let Some(record) = record else {
        return Some("the call did not end in time".to_owned());
    };
    if outcome.was_never_heard {
        return Some(
            "no session at the model heard the caller: is the bridge configured to use it?"
                .to_owned(),
        );
    }
    if outcome.is_complete && record.end == End::HungUpByRest {
        return None;
    }
    let what = match record.end {
        End::NoTwiml => "the webhook gave no TwiML",
        End::StreamFailed => "the stream could not be opened",
        End::HungUpByTwiml | End::Rejected => "the TwiML ended the call",
        End::TooManyDocuments => "the TwiML goes round in circles",
        End::StreamClosed | End::TwimlOver => "the bridge ended the call",
        End::CallerHungUp | End::HungUpByRest | End::NotAnswered(_) => "the call was cut short",
    };
    let warning = record.warnings.first();
    Some(warning.map_or(what.to_owned(), |warning| {
        format!("{what}: {} ({})", warning.text, warning.code)
    }))
}

/// Counts a failure; of those that are told in many ways, the first are told.
fn count(report: &mut LoadReport, reason: String) {
    let is_known = report.failed.contains_key(&reason) || report.failed.len() < MOST_REASONS;
    let reason = if is_known {
        reason
    } else {
        "other reasons".to_owned()
    };
    *report.failed.entry(reason).or_default() += 1;
}

/// The full score of a call whose sound was kept.
///
/// A filter may delay by half a sample at 8 kHz, at which the known sound, with more treble than a voice, is hard to find for [`Score`]. One
/// sample more at 16 kHz makes it a whole one: the better of both is told.
fn score(record: CallRecord, sample: Sample) -> Option<Score> {
    let recording = record
        .streams
        .into_iter()
        .find_map(|stream| stream.recording)?;
    let mut conversation = Conversation {
        caller_said: Timeline::said(&recording),
        caller_heard: Timeline::heard(&recording),
        turns: sample.turns,
        model_heard: sample.heard,
        handovers: Vec::new(),
        ledger: Vec::new(),
    };
    let score = Score::measure(&conversation);
    conversation.model_heard.first_mut()?.pcm.insert(0, 0);
    let shifted = Score::measure(&conversation);
    let heard = |score: &Score| score.to_model.delay_ms.count;
    Some(if heard(&shifted) > heard(&score) {
        shifted
    } else {
        score
    })
}

const SECOND: Duration = Duration::from_secs(1);
const LONGEST_CALL: Duration = Duration::from_secs(86_400);
const MOST_REASONS: usize = 20;
