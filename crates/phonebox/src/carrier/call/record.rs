//! What happened in a call.

use std::time::Duration;

use serde::Serialize;
use voice_call::Time;
use voice_call::redact::Pii;

use crate::carrier::Recording;
use crate::carrier::lateness::Lateness;
use crate::carrier::network::Warning;

/// A call that is over.
#[derive(Clone, Debug, Serialize)]
pub struct CallRecord {
    /// The call's id.
    pub call_sid: Pii<String>,
    /// Why it ended.
    pub end: End,
    /// The verbs that were followed, by their names, and since the beginning when.
    pub verbs: Vec<(Duration, String)>,
    /// What was asked of the bridge over HTTP.
    pub requests: Vec<Request>,
    /// The streams.
    pub streams: Vec<StreamRecord>,
    /// What the carrier complains about. What it says about messages stands in the streams' logs.
    pub warnings: Vec<Warning>,
    /// How long it took.
    pub length: Duration,
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum End {
    /// The caller hung up.
    CallerHungUp,
    /// The TwiML was over.
    TwimlOver,
    /// The TwiML said so.
    HungUpByTwiml,
    /// The TwiML refused the call.
    Rejected,
    /// A REST request ended it.
    HungUpByRest,
    /// No TwiML could be had.
    NoTwiml,
    /// A stream at a URL of its own ended: the bridge closed it.
    StreamClosed,
    /// A stream at a URL of its own could not be opened.
    StreamFailed,
    /// Nobody answered: the status says why.
    NotAnswered(&'static str),
    /// The TwiML goes round in circles.
    TooManyDocuments,
}

/// A request.
#[derive(Clone, Debug, Serialize)]
pub struct Request {
    /// When it was made, from the beginning of the call.
    pub at: Duration,
    /// How long it took.
    pub took: Duration,
    /// What for.
    pub purpose: Purpose,
    /// The public URL, without its query.
    pub url: String,
    /// The answer's status; none if none came.
    pub status: Option<u16>,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Purpose {
    /// For TwiML.
    Webhook,
    /// To tell of the call's state.
    Status,
    /// To tell of a stream's state.
    StreamStatus,
}

/// A stream that is over.
#[derive(Clone, Debug, Serialize)]
pub struct StreamRecord {
    /// The stream's id.
    pub stream_sid: Pii<String>,
    /// Whether the bridge could say nothing.
    pub is_unidirectional: bool,
    /// When its socket was open, on the axis of the call's epoch; none if it could not be opened.
    #[serde(skip)]
    pub opened: Option<Time>,
    /// What was said and heard, and what happened.
    #[serde(serialize_with = "log_only")]
    pub recording: Option<Recording>,
    /// How late the carrier itself was.
    pub lateness: Lateness,
}

fn log_only<S: serde::Serializer>(
    recording: &Option<Recording>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let log = recording.as_ref().map(|recording| &recording.log);
    log.serialize(serializer)
}
