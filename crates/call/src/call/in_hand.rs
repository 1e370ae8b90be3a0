//! The tools that are under way.

use std::collections::BTreeMap;

use super::input::{ToolId, ToolRequest};
use crate::Time;
use crate::gemini::FunctionCall;
use crate::redact::Pii;

/// The driver's tools that are under way.
#[derive(Debug, Default)]
pub(super) struct InHand {
    tools: BTreeMap<ToolId, Tool>,
    next: u64,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Tool {
    /// What the model asked for, without what it passed.
    pub(super) call: FunctionCall,
    /// The connection that it came by; another one does not know of it.
    pub(super) connection: u32,
    /// Since when.
    pub(super) since: Time,
}

impl InHand {
    /// The model uses a tool. None if it already uses too many.
    pub(super) fn take(
        &mut self,
        now: Time,
        connection: u32,
        mut call: FunctionCall,
    ) -> Option<ToolRequest> {
        if self.tools.len() >= MOST_TOOLS {
            return None;
        }
        let id = self.number();
        let arguments = call
            .args
            .take()
            .unwrap_or_else(|| Pii::new(serde_json::Map::new()));
        let name = call.name.clone();
        let tool = Tool {
            call,
            connection,
            since: now,
        };
        self.tools.insert(id, tool);
        Some(ToolRequest {
            id,
            name,
            arguments,
        })
    }

    /// A number for a tool, also for those that the call itself has.
    pub(super) const fn number(&mut self) -> ToolId {
        let id = ToolId(self.next);
        self.next += 1;
        id
    }

    /// A tool answered; none if nobody waits for it.
    pub(super) fn answered(&mut self, id: ToolId) -> Option<Tool> {
        self.tools.remove(&id)
    }

    /// The model does not want these any more, by its own names for them.
    pub(super) fn cancelled(&mut self, names: &[String]) -> BTreeMap<ToolId, Tool> {
        let is_cancelled = |tool: &Tool| matches!(&tool.call.id, Some(id) if names.contains(id));
        let (cancelled, rest) = std::mem::take(&mut self.tools)
            .into_iter()
            .partition::<BTreeMap<_, _>, _>(|(_, tool)| is_cancelled(tool));
        self.tools = rest;
        cancelled
    }

    /// All of them, at the end of the call.
    pub(super) fn abandon(&mut self) -> impl Iterator<Item = (ToolId, Tool)> {
        std::mem::take(&mut self.tools).into_iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }
}

/// The most at once.
const MOST_TOOLS: usize = 32;
