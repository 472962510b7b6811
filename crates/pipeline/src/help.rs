//! The documentation of stages and filter rules, out of their schemas.

use schemars::Schema;
use serde::Serialize;
use serde_json::Value;
use textmill_document::{Document, Example, Outcome, Reason};
use textmill_filter::{RULES, RuleEntry};

use crate::check::{first_sentence, resolve};
use crate::resolve::stage_schema;
use crate::stages::{self, STAGES};

/// What `textmill stages show` tells of a stage or a filter rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// Documents with what becomes of them; each is a test as well.
    pub examples: Vec<ExampleHelp>,
}

/// A document and what a stage or rule makes of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExampleHelp {
    /// The configuration, as it can be written in the pipeline file.
    pub config: String,
    /// The files that the configuration names, each with its text.
    pub files: Vec<(String, String)>,
    /// The documents: the one that the example is about last, before it those that stand before it in the corpus.
    pub documents: Vec<String>,
    /// Whether it goes on: `kept`, `dropped` or `duplicate`.
    pub outcome: String,
    /// The text that it goes on with, where that is another one; or a JSON object of columns that it has then.
    pub becomes: Option<String>,
    /// Code of the reason for which it is dropped.
    pub reason: Option<String>,
    /// The measured value, rounded.
    pub value: Option<f64>,
    /// The bound that the value broke.
    pub bound: Option<f64>,
    /// What a number cannot say.
    pub detail: Option<String>,
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
        return Some(help(name, schema, &root, kind.reasons, kind.examples));
    }
    let entry: &RuleEntry = RULES.iter().find(|entry| entry.name == name)?;
    let root = Schema::to_value((entry.schema)());
    Some(help(name, &root, &root, entry.reasons, entry.examples))
}

fn help(name: &str, schema: &Value, root: &Value, reasons: &[Reason], examples: &[Example]) -> StageHelp {
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    StageHelp {
        name: name.to_owned(),
        summary: first_sentence(schema).unwrap_or_default(),
        doc: description(schema).to_owned(),
        parameters: properties.map(|(name, schema)| parameter(name, schema, root)).collect(),
        reasons: reasons.iter().map(|reason| (reason.code.to_owned(), reason.summary.to_owned())).collect(),
        examples: examples.iter().map(ExampleHelp::of).collect(),
    }
}

impl ExampleHelp {
    fn of(example: &Example) -> Self {
        let document = |document: &Document| match document {
            Document::Text(text) | Document::Columns(text) => (*text).to_owned(),
        };
        let kept = |becomes: Option<&str>| Self {
            config: example.config.split_whitespace().collect::<Vec<_>>().join(" "),
            files: example.files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
            documents: example.before.iter().chain([&example.document]).map(document).collect(),
            outcome: "kept".to_owned(),
            becomes: becomes.map(ToOwned::to_owned),
            reason: None,
            value: None,
            bound: None,
            detail: None,
        };
        match example.outcome {
            Outcome::Kept => kept(None),
            Outcome::Rewritten(text) | Outcome::KeptWith(text) => kept(Some(text)),
            Outcome::Duplicate => Self { outcome: "duplicate".to_owned(), ..kept(None) },
            Outcome::Dropped { reason, value, bound, detail } => Self {
                outcome: "dropped".to_owned(),
                reason: Some(reason.code.to_owned()),
                value,
                bound,
                detail: detail.map(ToOwned::to_owned),
                ..kept(None)
            },
        }
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
            for heading in ["What it removes", "Why", "Parameters", "Source", "Cost"] {
                assert!(help.doc.contains(&format!("# {heading}")), "{name} lacks {heading}");
            }
            assert!(help.examples.iter().any(|example| example.outcome == "kept"), "{name}");
            for parameter in help.parameters {
                assert!(!parameter.doc.is_empty() && !parameter.kind.is_empty(), "{name}: {parameter:?}");
            }
        }
        assert_eq!(stage_help("gopher"), None);
    }

    /// The number or word that a comment gives as the default, where it gives one that can be compared.
    fn stated_default(doc: &str) -> Option<String> {
        let stated = doc.split_once("Default ")?.1;
        let stated = match stated.strip_prefix('`') {
            Some(quoted) => quoted.split_once('`')?.0.to_owned(),
            None => {
                let end = stated.find(|char: char| !char.is_ascii_alphanumeric() && !",.-".contains(char));
                stated.get(..end.unwrap_or(stated.len()))?.trim_end_matches(['.', ',']).replace(',', "")
            }
        };
        let is_plain = stated.parse::<f64>().is_ok() || ["true", "false"].contains(&stated.as_str());
        (is_plain || doc.contains(&format!("Default `{stated}`"))).then_some(stated)
    }

    #[test]
    fn comments_give_the_defaults_that_the_types_have() {
        let mut compared = 0;
        for name in stage_names() {
            for parameter in stage_help(name).expect("it is in the list").parameters {
                let (Some(stated), Some(default)) = (stated_default(&parameter.doc), parameter.default) else {
                    continue;
                };
                let numbers = (stated.parse::<f64>(), default.parse::<f64>());
                let agree = match numbers {
                    (Ok(stated), Ok(default)) => (stated - default).abs() < 1e-12,
                    _ => stated == default || stated.replace(' ', "") == default.replace(['"', ' '], ""),
                };
                assert!(agree, "{name}.{}: the comment says {stated}, the type has {default}", parameter.name);
                compared += 1;
            }
        }
        assert!(compared > 100, "{compared} defaults");
    }

    /// The range that a comment gives in the form `0 to 1`.
    fn stated_range(doc: &str) -> Option<(f64, f64)> {
        let number = |word: &str| word.trim_end_matches(['.', ',', ':', ';']).replace(',', "").parse::<f64>().ok();
        let words: Vec<&str> = doc.split_whitespace().collect();
        words.windows(3).filter(|words| words[1] == "to").find_map(|words| Some((number(words[0])?, number(words[2])?)))
    }

    #[test]
    fn comments_give_the_ranges_that_the_types_have() {
        let mut compared = 0;
        for name in stage_names() {
            for parameter in stage_help(name).expect("it is in the list").parameters {
                let range = parameter.range.as_deref().and_then(stated_range);
                let (Some(range), Some(stated)) = (range, stated_range(&parameter.doc)) else { continue };
                assert!(
                    range == stated,
                    "{name}.{}: the comment says {stated:?}, the type has {range:?}",
                    parameter.name
                );
                compared += 1;
            }
        }
        assert!(compared > 20, "{compared} ranges");
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
