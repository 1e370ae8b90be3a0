//! Who calls whom.

use std::collections::BTreeMap;

use serde::Serialize;
use voice_call::redact::Pii;

/// Who calls whom, as the carrier said.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Caller {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The carrier's account.
    pub account_sid: String,
    /// Who calls.
    pub from: Pii<String>,
    /// Who is called.
    pub to: Pii<String>,
    /// `inbound` or `outbound-api`.
    pub direction: String,
    /// What answered an outbound call, as the carrier found out: `human`, `machine_start` and so on.
    pub answered_by: Option<String>,
    /// What the one who placed the call wants tools to know.
    pub parameters: BTreeMap<String, Pii<String>>,
}

impl Caller {
    /// Whether a machine answered.
    pub(super) fn is_machine(&self) -> bool {
        let by = self.answered_by.as_deref().unwrap_or_default();
        by.starts_with("machine") || by == "fax"
    }
}
