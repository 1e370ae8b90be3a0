//! What a call leaves behind: log lines, metrics, its record, its transcript. Nothing personal but in the transcript.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio::time::Instant;
use voice_call::call::{Call, End, Event, Utterance};
use voice_call::{Heard, Said, Time};

use super::agent::Agent;
use super::call_file::{self, Spoken, Transcript};
use super::caller::Caller;
use super::status::Board;

/// The record of a call: one line of JSON.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CallRecord {
    /// Our id of the call.
    pub id: String,
    /// The carrier's id of the call.
    pub call_sid: String,
    /// Which agent held it.
    pub agent: String,
    /// `inbound` or `outbound-api`.
    pub direction: String,
    /// When it began, RFC 3339.
    pub began: String,
    /// How long it took, from the webhook on.
    pub seconds: f64,
    /// How it ended: the word of [`End::as_str`].
    pub end: &'static str,
    /// When the model failed, what to do.
    pub advice: Option<String>,
    /// How many streams the carrier opened.
    pub streams: u32,
    /// How many times the model came back on another connection.
    pub handovers: u32,
    /// The longest time without the model, in milliseconds.
    pub longest_gap_ms: u64,
    /// Interruptions by the caller.
    pub barge_ins: u32,
    /// Uses of tools.
    pub tools: u32,
    /// Uses of tools that failed.
    pub tools_failed: u32,
    /// Tokens that went into the model, as it said last.
    pub prompt_tokens: u64,
    /// Tokens that came out of the model, as it said last.
    pub response_tokens: u64,
    /// The agent's sound that the caller heard, in samples at 8 kHz.
    pub agent_samples_heard: u64,
    /// The agent's sound that interruptions threw away, in samples at 8 kHz.
    pub agent_samples_dropped: u64,
    /// The agent's sound that was more than may wait, in samples at 8 kHz.
    pub agent_samples_refused: u64,
    /// Sound that conceals gaps of the model's, in samples at 8 kHz.
    pub concealed_samples: u64,
    /// The caller's sound, in samples at 8 kHz.
    pub caller_samples: u64,
    /// The caller's sound that was too old when the model came back, in samples at 8 kHz.
    pub caller_samples_forgotten: u64,
}

/// One line of a transcript.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    call_sid: &'a str,
    #[serde(flatten)]
    spoken: &'a Spoken,
}

/// Follows the events of one call.
#[derive(Debug)]
pub(super) struct CallLog {
    record: CallRecord,
    /// What goes into the file of the call.
    transcript: Option<Transcript>,
    began: SystemTime,
    began_at: Instant,
    opening_since: Option<Instant>,
    first_live: Option<Duration>,
    first_stream: Option<Duration>,
}

impl CallLog {
    pub(super) fn new(id: &str, agent: &Agent, caller: &Caller) -> Self {
        let began = SystemTime::now();
        tracing::info!(
            call_sid = caller.call_sid,
            agent = agent.name(),
            "a call begins"
        );
        Self {
            record: CallRecord {
                id: id.to_owned(),
                call_sid: caller.call_sid.clone(),
                agent: agent.name().to_owned(),
                direction: caller.direction.clone(),
                began: humantime::format_rfc3339_millis(began).to_string(),
                ..CallRecord::default()
            },
            transcript: (agent.shared.uploads.is_some() && agent.writes_transcripts)
                .then(Transcript::default),
            began,
            began_at: Instant::now(),
            opening_since: None,
            first_live: None,
            first_stream: None,
        }
    }

    pub(super) fn model_is_called(&mut self) {
        self.opening_since = Some(Instant::now());
    }

    pub(super) fn model_is_connected(&mut self, agent: &Agent) {
        if let Some(since) = self.opening_since.take() {
            agent.shared.meters.connect.record(since.elapsed());
        }
    }

    pub(super) fn event(&mut self, event: &Event, agent: &Agent, board: &Board) {
        let meters = &agent.shared.meters;
        match event {
            Event::Answered { is_again } => {
                self.record.streams += 1;
                tracing::info!(is_again, "the stream begins");
                if !is_again {
                    self.first_stream = Some(self.began_at.elapsed());
                    self.warm_start(agent);
                }
            }
            Event::CarrierLost => {
                meters.carriers_lost.increment(1);
                tracing::warn!("the stream was lost; the call waits for another");
            }
            Event::ModelLive { gap, is_fresh } => {
                board.model_is_live();
                if let Some(gap) = gap {
                    self.record.handovers += 1;
                    let millis = u64::try_from(gap.as_millis()).unwrap_or(u64::MAX);
                    self.record.longest_gap_ms = self.record.longest_gap_ms.max(millis);
                    meters.handover_gap.record(*gap);
                    tracing::info!(gap_ms = millis, is_fresh, "the model is back");
                } else {
                    self.first_live = Some(self.began_at.elapsed());
                    self.warm_start(agent);
                    tracing::info!("the model is there");
                }
            }
            Event::Notice(left) => tracing::info!(left_s = left.as_secs(), "the model will leave"),
            Event::ModelLost(close) => {
                board.model_is_away();
                meters.lost_model(close.code);
                tracing::warn!(%close, "the model was lost");
            }
            Event::Said(utterance) => self.said(utterance, agent),
            Event::Replied { after } => meters.reply.record(*after),
            Event::BargedIn { reaction, .. } => {
                self.record.barge_ins += 1;
                meters.barge_ins.increment(1);
                if let Some(reaction) = reaction {
                    meters.reaction.record(*reaction);
                }
            }
            Event::PhantomInterruption => meters.phantoms.increment(1),
            Event::Overflowed(samples) => {
                tracing::warn!(samples, "the model said more than may wait")
            }
            Event::WrongRate(rate) => tracing::warn!(
                rate,
                "the model spoke at a rate of which nothing can be made"
            ),
            Event::Ignored { from, fault } => {
                meters.ignored.count_of(&[from.as_str(), fault.as_str()]);
                tracing::debug!(
                    from = from.as_str(),
                    fault = fault.as_str(),
                    "a message was ignored"
                );
            }
            Event::ToolCalled { name, .. } => {
                self.record.tools += 1;
                tracing::info!(tool = name, "a tool is used");
            }
            Event::ToolAnswered {
                name: tool,
                took,
                is_error,
                ..
            } => {
                self.record.tools_failed += u32::from(*is_error);
                meters.tool.record(*took);
                let outcome = if *is_error { "failed" } else { "answered" };
                agent.tool_calls.count(outcome);
                tracing::info!(tool, outcome, took_ms = took.as_millis(), "a tool is done");
            }
            Event::ToolCancelled { name: tool, .. } => {
                agent.tool_calls.count("cancelled");
                tracing::info!(tool, "a tool was cancelled");
            }
            Event::Prompted(why) => meters.prompts.count(why.as_str()),
            Event::TurnTimedOut => meters.turns_timed_out.increment(1),
            Event::EmptyTurn => meters.empty_turns.increment(1),
            Event::Used(usage) => {
                self.record.prompt_tokens = usage.prompt.unwrap_or(self.record.prompt_tokens);
                self.record.response_tokens = usage.response.unwrap_or(self.record.response_tokens);
            }
            // `Ended` is told by `finish`; which key was pressed is personal.
            _ => {}
        }
    }

    /// Of the first connecting, what was done before the stream began.
    fn warm_start(&self, agent: &Agent) {
        if let (Some(live), Some(stream)) = (self.first_live, self.first_stream) {
            agent.shared.meters.warm_start.record(live.min(stream));
        }
    }

    fn said(&mut self, said: &Utterance, agent: &Agent) {
        if !agent.writes_transcripts {
            return;
        }
        let at = self.began + said.at.since_beginning();
        let spoken = Spoken {
            at: humantime::format_rfc3339_millis(at).to_string(),
            speaker: said.speaker.as_str(),
            text: said.text.clone(),
            heard_ms: said.heard.as_millis(),
            unheard_ms: said.unheard.as_millis(),
        };
        if let Some(file) = &agent.shared.transcripts {
            file.append(&Line {
                id: &self.record.id,
                call_sid: &self.record.call_sid,
                spoken: &spoken,
            });
        }
        if let Some(transcript) = &mut self.transcript
            && !transcript.append(spoken)
        {
            agent.shared.meters.lines_dropped.increment(1);
        }
    }

    /// The call is over.
    pub(super) fn finish(&mut self, now: Time, call: &Call, end: &End, agent: &Agent) {
        let meters = &agent.shared.meters;
        let record = &mut self.record;
        let (heard, said): (Heard, Said) = (call.heard(now), call.said());
        let took = self.began_at.elapsed();
        record.seconds = (took.as_secs_f64() * 1e3).round() / 1e3;
        record.end = end.as_str();
        record.agent_samples_heard = heard.heard;
        record.agent_samples_dropped = heard.dropped;
        record.agent_samples_refused = heard.refused;
        record.concealed_samples = heard.concealed;
        record.caller_samples = said.heard;
        record.caller_samples_forgotten = said.forgotten;
        if let End::ModelFailed(advice) = end {
            record.advice = Some(advice.clone());
            tracing::error!(
                reason = end.as_str(),
                advice,
                seconds = record.seconds,
                "the call ended"
            );
        } else {
            tracing::info!(
                reason = end.as_str(),
                seconds = record.seconds,
                "the call ended"
            );
        }
        meters.dropped_barge_in.increment(heard.dropped);
        meters.dropped_overflow.increment(heard.refused);
        meters.dropped_forgotten.increment(said.forgotten);
        meters.concealed.increment(heard.concealed);
        meters.duration.record(took);
        if let Some(file) = &agent.shared.call_records {
            file.append(record);
        }
    }

    /// Gives what the call left behind to be uploaded, if anything is: its record and transcript in one file, beside the
    /// recording, which is whole by then.
    pub(super) async fn upload(&self, agent: &Agent) {
        let Some(uploads) = &agent.shared.uploads else {
            return;
        };
        let written = call_file::write(uploads.folder(), &self.record, self.transcript.as_ref());
        if let Err(error) = written.await {
            agent.shared.meters.lines_dropped.increment(1);
            tracing::error!(folder = %uploads.folder().display(), %error, "the file of a call is lost: make room on the disk, or correct its rights");
        }
        uploads.look();
    }
}
