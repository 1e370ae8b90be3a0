//! Schemas of tools' arguments, spelled as the service wants them.

use serde_json::{Map, Value};

/// A JSON schema with its types in upper case, which is how the service spells them. Only schemas are touched, not
/// names, examples or defaults.
pub(super) fn with_upper_case_types(schema: &Map<String, Value>) -> Map<String, Value> {
    let convert = |(key, value): (&String, &Value)| {
        let value = match (key.as_str(), value) {
            ("type", Value::String(name)) => Value::String(name.to_ascii_uppercase()),
            ("items", Value::Object(schema)) => Value::Object(with_upper_case_types(schema)),
            ("properties", Value::Object(properties)) => {
                let convert = |(name, value): (&String, &Value)| (name.clone(), nested(value));
                Value::Object(properties.iter().map(convert).collect())
            }
            ("anyOf" | "any_of" | "prefixItems", Value::Array(schemas)) => {
                Value::Array(schemas.iter().map(nested).collect())
            }
            _ => value.clone(),
        };
        (key.clone(), value)
    };
    schema.iter().map(convert).collect()
}

fn nested(value: &Value) -> Value {
    match value.as_object() {
        Some(schema) => Value::Object(with_upper_case_types(schema)),
        None => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn types_and_nothing_else() {
        let schema = json!({
            "type": "object", "description": "type: string", "required": ["type"],
            "properties": {
                "type": {"type": "string", "enum": ["string"], "default": "string"},
                "list": {"type": "array", "items": {"type": "INTEGER", "example": {"type": "number"}}},
                "either": {"anyOf": [{"type": "number"}, {"type": "null"}]},
            },
        });
        let expected = json!({
            "type": "OBJECT", "description": "type: string", "required": ["type"],
            "properties": {
                "type": {"type": "STRING", "enum": ["string"], "default": "string"},
                "list": {"type": "ARRAY", "items": {"type": "INTEGER", "example": {"type": "number"}}},
                "either": {"anyOf": [{"type": "NUMBER"}, {"type": "NULL"}]},
            },
        });
        let schema = schema.as_object().expect("an object");
        assert_eq!(Value::Object(with_upper_case_types(schema)), expected);
    }
}
