//! The tools of a call itself: to hang up, to pass the call on, to press keys.

use serde_json::{Value, json};

use crate::gemini::FunctionDeclaration;

/// Which of a call's own tools the model may use. All other functions of the setup are the driver's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tools {
    /// Whether the model may hang up: `end_call`.
    pub end_call: bool,
    /// Whether the model may press keys, for a menu at the other end: `send_dtmf`.
    pub send_dtmf: bool,
    /// To whom the model may pass the call on: `transfer_call`.
    pub transfers: Vec<Transfer>,
}

/// Somebody who can take over a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// As the model calls them: one word.
    pub name: String,
    /// What they are for, for the model.
    pub description: String,
}

/// The name of the tool to hang up.
pub const END_CALL: &str = "end_call";
/// The name of the tool to pass a call on.
pub const TRANSFER_CALL: &str = "transfer_call";
/// The name of the tool to press keys.
pub const SEND_DTMF: &str = "send_dtmf";

impl Tools {
    /// What to put into [`SessionConfig::functions`](crate::gemini::SessionConfig::functions).
    ///
    /// ```
    /// use voice_call::tools::Tools;
    ///
    /// let mut tools = Tools::default();
    /// assert!(tools.declarations().is_empty());
    /// tools.end_call = true;
    /// assert_eq!(tools.declarations()[0].name, "end_call");
    /// ```
    #[must_use]
    pub fn declarations(&self) -> Vec<FunctionDeclaration> {
        let mut declared = Vec::new();
        if self.end_call {
            declared.push(declaration(
                END_CALL,
                "Hang up. Say good-bye first; the caller hears it to its end.",
                "reason",
                &json!({"type": "STRING", "description": "Why the call ends, in a few words."}),
            ));
        }
        if self.send_dtmf {
            declared.push(declaration(
                SEND_DTMF,
                "Press keys of the phone, as a menu at the other end asks for.",
                "digits",
                &json!({"type": "STRING", "description": "The keys: 0 to 9, *, #, A to D; w waits for half a second."}),
            ));
        }
        if !self.transfers.is_empty() {
            let names: Vec<_> = self.transfers.iter().map(|it| it.name.as_str()).collect();
            let who: Vec<_> = self
                .transfers
                .iter()
                .map(|it| format!("{}: {}", it.name, it.description))
                .collect();
            declared.push(declaration(
                TRANSFER_CALL,
                "Pass the call on to somebody else. Say so first; the caller hears it to its end.",
                "to",
                &json!({"type": "STRING", "enum": names, "description": who.join("; ")}),
            ));
        }
        declared
    }

    /// Whether it is one of these.
    pub(crate) fn has(&self, name: &str) -> bool {
        match name {
            END_CALL => self.end_call,
            SEND_DTMF => self.send_dtmf,
            TRANSFER_CALL => !self.transfers.is_empty(),
            _ => false,
        }
    }
}

fn declaration(name: &str, description: &str, field: &str, kind: &Value) -> FunctionDeclaration {
    let parameters = json!({"type": "OBJECT", "properties": {(field): kind}, "required": [field]});
    FunctionDeclaration {
        name: name.to_owned(),
        description: description.to_owned(),
        parameters: parameters.as_object().cloned(),
        behavior: None,
    }
}
