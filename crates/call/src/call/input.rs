//! What happens to a call, and what it wants done.

use serde_json::{Map, Value};

use super::event::{End, Event};
use crate::gemini::Close;
use crate::redact::Pii;

/// What happens to a call.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// The carrier opened a stream: the first one, or another after it was lost. What it sends comes next.
    CarrierConnected,
    /// A message of the carrier, as the bytes of its frame.
    FromCarrier(&'a [u8]),
    /// The carrier's socket is gone. When it said `stop` before, nothing more happens.
    CarrierLost,
    /// The connection that [`Output::OpenModel`] asked for is open.
    ModelConnected,
    /// A message of the model, as the bytes of its frame.
    FromModel(&'a [u8]),
    /// The model's connection is gone or could not be made; without a close frame with the code 1006.
    ModelClosed(Close),
    /// What a tool answered, or in a few words for the model why it could not.
    ToolAnswered {
        /// The number in [`ToolRequest`].
        id: ToolId,
        /// Any JSON, or a reason.
        outcome: Result<Value, String>,
    },
    /// The call shall end now, whatever is going on.
    HangUp(End),
}

/// What a call wants done, in this order.
#[derive(Debug)]
pub enum Output<'a> {
    /// Send this text frame to the carrier.
    ToCarrier(&'a str),
    /// Close the carrier's socket.
    CloseCarrier,
    /// Connect to the model, with credentials that are still valid; then say [`Input::ModelConnected`] or [`Input::ModelClosed`].
    OpenModel,
    /// Send this text frame to the model.
    ToModel(&'a str),
    /// Close the model's connection, or leave off opening it. Nothing more may come from it.
    CloseModel,
    /// Call a tool, and bring its answer by [`Input::ToolAnswered`].
    CallTool(ToolRequest),
    /// The answer is not wanted any more; undo what can be undone.
    CancelTool(ToolId),
    /// More of the recording: two channels of µ-law at 8 kHz, interleaved, the caller and the agent as the caller heard it, in
    /// time since the first stream began. Also after the end, until there is no more.
    Recording(&'a [u8]),
    /// Something that others may want to know.
    Event(Event),
}

/// One use of a tool, numbered from 0 in each call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ToolId(pub u64);

/// A tool that the model wants to use.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolRequest {
    /// Which use it is.
    pub id: ToolId,
    /// The declared name.
    pub name: String,
    /// What the model passes.
    pub arguments: Pii<Map<String, Value>>,
}
