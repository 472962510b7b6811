//! The documentation of stages and filter rules, out of their schemas.

use schemars::Schema;
use serde::Serialize;
use serde_json::Value;
use textmill_document::Reason;
use textmill_filter::{RULES, RuleEntry};

use crate::check::{first_sentence, resolve};
use crate::resolve::stage_schema;
use crate::stages::{self, STAGES};

/// What `textmill stages show` tells of a stage or a filter rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StageHelp {
    /// Name in the pipeline file.
    pub name: String,
    /// One line.
    pub summary: String,
    /// The documentation, as Markdown.
    pub doc: String,
    /// What can be set.
    pub parameters: Vec<Parameter>,
    /// Code and meaning of every reason for which it can drop a document.
    pub reasons: Vec<(String, String)>,
}

/// Something that can be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Name of the key.
    pub name: String,
    /// Type, or the words to choose from.
    pub kind: String,
    /// Value where it is not set, as it would be written.
    pub default: Option<String>,
    /// Values allowed.
    pub range: Option<String>,
    /// What it means.
    pub doc: String,
}

/// Names of all stages, then of all filter rules.
pub fn stage_names() -> Vec<&'static str> {
    STAGES.iter().map(|kind| kind.name).chain(RULES.iter().map(|entry| entry.name)).collect()
}

/// What to say where there is no stage or filter rule called `wrong`: what was meant, and all that there are.
pub fn unknown_stage_hint(wrong: &str) -> String {
    let known = format!("there are: {}", stage_names().join(", "));
    match crate::suggest::nearest(wrong, stage_names()) {
        Some(name) => format!("did you mean `{name}`? {known}"),
        None => known,
    }
}

/// The documentation of the stage or filter rule called `name`.
pub fn stage_help(name: &str) -> Option<StageHelp> {
    if let Some(kind) = stages::find(name) {
        let root = crate::schema();
        let schema = stage_schema(name, &root)?;
        return Some(help(name, schema, &root, &(kind.reasons)()));
    }
    let entry: &RuleEntry = RULES.iter().find(|entry| entry.name == name)?;
    let root = Schema::to_value((entry.schema)());
    Some(help(name, &root, &root, &stages::rule_reasons(entry.rule)))
}

fn help(name: &str, schema: &Value, root: &Value, reasons: &[Reason]) -> StageHelp {
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    StageHelp {
        name: name.to_owned(),
        summary: first_sentence(schema).unwrap_or_default(),
        doc: description(schema).to_owned(),
        parameters: properties.map(|(name, schema)| parameter(name, schema, root)).collect(),
        reasons: reasons.iter().map(|reason| (reason.code.to_owned(), reason.summary.to_owned())).collect(),
    }
}

fn parameter(name: &str, property: &Value, root: &Value) -> Parameter {
    let default = property.get("default").map(|value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let target = resolve(property, root);
    let doc = match description(property) {
        "" => description(target),
        doc => doc,
    };
    Parameter {
        name: name.to_owned(),
        kind: kinds(target, root).join(" or "),
        default: default.filter(|text| text != "null"),
        range: range(target),
        doc: doc.to_owned(),
    }
}

fn description(schema: &Value) -> &str {
    schema.get("description").and_then(Value::as_str).unwrap_or_default()
}

/// The types or words that `schema` takes.
fn kinds(schema: &Value, root: &Value) -> Vec<String> {
    let schema = resolve(schema, root);
    if let Some(below) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
        let mut kinds: Vec<String> = below.iter().flat_map(|schema| kinds(schema, root)).collect();
        kinds.dedup();
        return kinds;
    }
    if let Some(word) = schema.get("const").and_then(Value::as_str) {
        return vec![format!("`{word}`")];
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.iter().filter_map(Value::as_str).map(|word| format!("`{word}`")).collect();
    }
    let names: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    names.into_iter().map(|name| kind(name, schema, root)).collect()
}

fn kind(name: &str, schema: &Value, root: &Value) -> String {
    match name {
        "integer" => "whole number".to_owned(),
        "string" => "text".to_owned(),
        "boolean" => "true or false".to_owned(),
        "object" => "mapping".to_owned(),
        "array" => match schema.get("items").map(|items| kinds(items, root).join(" or ")) {
            Some(items) if !items.is_empty() => format!("list of {items}"),
            _ => "list".to_owned(),
        },
        other => other.to_owned(),
    }
}

fn range(schema: &Value) -> Option<String> {
    let bound = |name: &str| schema.get(name).filter(|bound| bound.is_number());
    match (bound("minimum"), bound("maximum")) {
        (Some(low), Some(high)) => Some(format!("{low} to {high}")),
        (Some(low), None) => Some(format!("{low} or more")),
        (None, Some(high)) => Some(format!("at most {high}")),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_and_rule_is_documented() {
        for name in stage_names() {
            let help = stage_help(name).expect("it is in the list");
            assert!(!help.summary.is_empty() && !help.summary.contains('\n'), "{name}: {}", help.summary);
            for heading in ["What it removes", "Why", "Parameters", "Source", "Kept example", "Dropped example", "Cost"]
            {
                assert!(help.doc.contains(&format!("# {heading}")), "{name} lacks {heading}");
            }
            for parameter in help.parameters {
                assert!(!parameter.doc.is_empty() && !parameter.kind.is_empty(), "{name}: {parameter:?}");
            }
        }
        assert_eq!(stage_help("gopher"), None);
    }

    #[test]
    fn parameters_carry_type_range_and_default() {
        let help = stage_help("language_id").expect("there");
        let parameter = |name: &str| help.parameters.iter().find(|parameter| parameter.name == name).expect("there");
        let score = parameter("min_score");
        assert_eq!((score.kind.as_str(), score.range.as_deref()), ("number", Some("0.0 to 1.0")), "{score:?}");
        let mode = parameter("mode");
        assert_eq!((mode.kind.as_str(), mode.default.as_deref()), ("`decide` or `annotate`", Some("decide")));
        assert_eq!(parameter("keep").kind, "list of text");
        assert!(help.reasons.iter().any(|(code, _)| code == "language_not_kept"));
    }
}
