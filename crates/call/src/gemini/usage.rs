//! How many tokens a session used.

use serde::{Deserialize, Serialize};

use crate::json;

/// Tokens used, as far as the server says. The two services spell some fields differently; both are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "Wire")]
pub struct Usage {
    /// Everything that went in.
    #[serde(rename = "promptTokenCount", skip_serializing_if = "Option::is_none")]
    pub prompt: Option<u64>,
    /// Everything that came out. Vertex AI calls it `candidatesTokenCount`.
    #[serde(rename = "responseTokenCount", skip_serializing_if = "Option::is_none")]
    pub response: Option<u64>,
    /// All together.
    #[serde(rename = "totalTokenCount", skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Of those that went in, how many were known already.
    #[serde(
        rename = "cachedContentTokenCount",
        skip_serializing_if = "Option::is_none"
    )]
    pub cached: Option<u64>,
    /// Tokens of tools' results.
    #[serde(
        rename = "toolUsePromptTokenCount",
        skip_serializing_if = "Option::is_none"
    )]
    pub tool_use: Option<u64>,
    /// Tokens of thoughts.
    #[serde(rename = "thoughtsTokenCount", skip_serializing_if = "Option::is_none")]
    pub thoughts: Option<u64>,
    /// What went in, by kind.
    #[serde(rename = "promptTokensDetails", skip_serializing_if = "Vec::is_empty")]
    pub prompt_details: Vec<ModalityTokens>,
    /// What came out, by kind. Vertex AI calls it `candidatesTokensDetails`.
    #[serde(
        rename = "responseTokensDetails",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub response_details: Vec<ModalityTokens>,
}

/// Tokens of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModalityTokens {
    /// `AUDIO`, `TEXT` and so on.
    #[serde(default)]
    pub modality: String,
    /// How many.
    #[serde(
        rename = "tokenCount",
        alias = "token_count",
        default,
        deserialize_with = "json::counter",
        skip_serializing_if = "Option::is_none"
    )]
    pub tokens: Option<u64>,
}

/// As either service writes it. A message with both spellings is no fault.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(alias = "prompt_token_count", deserialize_with = "json::counter")]
    prompt_token_count: Option<u64>,
    #[serde(alias = "response_token_count", deserialize_with = "json::counter")]
    response_token_count: Option<u64>,
    #[serde(alias = "candidates_token_count", deserialize_with = "json::counter")]
    candidates_token_count: Option<u64>,
    #[serde(alias = "total_token_count", deserialize_with = "json::counter")]
    total_token_count: Option<u64>,
    #[serde(
        alias = "cached_content_token_count",
        deserialize_with = "json::counter"
    )]
    cached_content_token_count: Option<u64>,
    #[serde(
        alias = "tool_use_prompt_token_count",
        deserialize_with = "json::counter"
    )]
    tool_use_prompt_token_count: Option<u64>,
    #[serde(alias = "thoughts_token_count", deserialize_with = "json::counter")]
    thoughts_token_count: Option<u64>,
    #[serde(alias = "prompt_tokens_details")]
    prompt_tokens_details: Option<Vec<ModalityTokens>>,
    #[serde(alias = "response_tokens_details")]
    response_tokens_details: Option<Vec<ModalityTokens>>,
    #[serde(alias = "candidates_tokens_details")]
    candidates_tokens_details: Option<Vec<ModalityTokens>>,
}

impl From<Wire> for Usage {
    fn from(wire: Wire) -> Self {
        let response_details = wire
            .response_tokens_details
            .or(wire.candidates_tokens_details);
        Self {
            prompt: wire.prompt_token_count,
            response: wire.response_token_count.or(wire.candidates_token_count),
            total: wire.total_token_count,
            cached: wire.cached_content_token_count,
            tool_use: wire.tool_use_prompt_token_count,
            thoughts: wire.thoughts_token_count,
            prompt_details: wire.prompt_tokens_details.unwrap_or_default(),
            response_details: response_details.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_spelling_numbers_or_texts() {
        let usage = |text| serde_json::from_str::<Usage>(text).expect("usage");
        let expected = Usage {
            prompt: Some(812),
            response: Some(64),
            response_details: vec![ModalityTokens {
                modality: "AUDIO".to_owned(),
                tokens: Some(64),
            }],
            ..Usage::default()
        };
        for text in [
            r#"{"promptTokenCount":812,"responseTokenCount":64,"responseTokensDetails":[{"modality":"AUDIO","tokenCount":64}]}"#,
            r#"{"promptTokenCount":"812","candidatesTokenCount":"64","candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":64}]}"#,
            r#"{"prompt_token_count":812,"candidates_token_count":64,"candidates_tokens_details":[{"modality":"AUDIO","token_count":"64"}]}"#,
            r#"{"promptTokenCount":812,"responseTokenCount":64,"candidatesTokenCount":64,"responseTokensDetails":[{"modality":"AUDIO","tokenCount":64}],"promptTokensDetails":null}"#,
        ] {
            assert_eq!(usage(text), expected, "{text}");
        }
        let written = serde_json::to_string(&expected).expect("JSON");
        assert_eq!(usage(&written), expected);
    }
}
