//! Tools: the model's calls and the answers to them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::names::Scheduling;
use crate::json;
use crate::redact::Pii;

/// The model calls one or more functions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolCall {
    /// The calls.
    #[serde(
        default,
        alias = "function_calls",
        deserialize_with = "json::or_default"
    )]
    pub function_calls: Vec<FunctionCall>,
}

/// One call of a function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FunctionCall {
    /// Names the call; the answer repeats it. On Vertex AI it may be missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Which function.
    pub name: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Option<Pii<Map<String, Value>>>,
}

/// The caller interrupted: do not answer these calls, and undo them where possible.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCallCancellation {
    /// Which calls.
    #[serde(default, deserialize_with = "json::or_default")]
    pub ids: Vec<String>,
}

/// Answers to calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolResponse {
    /// The answers.
    #[serde(
        default,
        alias = "function_responses",
        deserialize_with = "json::or_default"
    )]
    pub function_responses: Vec<FunctionResponse>,
}

/// The answer to one call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionResponse {
    /// Which call. The Developer API wants it always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Which function.
    #[serde(default)]
    pub name: String,
    /// The result; by convention in the field `result` or `output`, a failure in `error`.
    pub response: Pii<Map<String, Value>>,
    /// What the model does with it, if the function does not block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduling: Option<Scheduling>,
    /// Whether more answers to the same call follow.
    #[serde(
        default,
        alias = "will_continue",
        deserialize_with = "json::flag",
        skip_serializing_if = "json::is_false"
    )]
    pub will_continue: bool,
}

impl FunctionResponse {
    /// The result of a call.
    ///
    /// ```
    /// use voice_call::gemini::{FunctionCall, FunctionResponse};
    ///
    /// let call = FunctionCall { id: Some("fc-1".into()), name: "lookup".into(), args: None };
    /// let answer = FunctionResponse::result(&call, "found".into());
    /// assert_eq!(answer.response.expose()["result"], "found");
    /// ```
    #[must_use]
    pub fn result(call: &FunctionCall, result: Value) -> Self {
        Self::of(call, "result", result)
    }

    /// The failure of a call, in words that the model may use.
    #[must_use]
    pub fn error(call: &FunctionCall, reason: &str) -> Self {
        Self::of(call, "error", Value::from(reason))
    }

    fn of(call: &FunctionCall, field: &str, value: Value) -> Self {
        let mut response = Map::new();
        response.insert(field.to_owned(), value);
        Self {
            id: call.id.clone(),
            name: call.name.clone(),
            response: Pii::new(response),
            ..Self::default()
        }
    }
}
