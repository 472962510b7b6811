//! Single values: types, ranges, lengths, patterns, enumerations.

use regex::Regex;
use serde_json::{Number, Value};

use super::{Checker, display};
use crate::place::Path;
use crate::suggest;
use crate::yaml::{Tree, Yaml};

impl<'s> Checker<'s, '_, '_> {
    /// The value is of another type than the wanted ones.
    pub(super) fn wrong_type(&mut self, tree: &Tree, wanted: &[&str], path: &Path) {
        let mut names: Vec<&str> = Vec::new();
        for name in wanted.iter().filter(|name| **name != "null").map(|name| type_name(name)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let name = match path.name() {
            Some(name) if path.is_entry() => format!("an entry of `{name}`"),
            Some(name) => format!("`{name}`"),
            None => "the file".to_owned(),
        };
        let message = format!("{name} must be {}, found {}", names.join(" or "), found(tree));
        let hint = match path.name() {
            Some(name) => type_hint(tree, wanted).or_else(|| mapping_hint(name, tree)),
            None => Some("a pipeline file starts with `version: 1`; see `configs/` for examples".to_owned()),
        };
        self.problems.at(path, message, hint);
    }

    pub(super) fn number(&mut self, number: &Number, schema: &'s Value, path: &Path) {
        if let Some(allowed) = schema.get("const").and_then(Value::as_number) {
            if allowed != number {
                self.out_of_bounds(&number.to_string(), &allowed.to_string(), path);
            }
            return;
        }
        let bound = |name: &str| schema.get(name).filter(|bound| bound.is_number());
        let value = number.as_f64().unwrap_or(f64::NAN);
        let above = |bound: &Value| bound.as_f64().is_some_and(|bound| value > bound);
        let below = |bound: &Value| bound.as_f64().is_some_and(|bound| value < bound);
        let at = |bound: &Value| bound.as_f64().is_some_and(|bound| value.total_cmp(&bound).is_eq());
        let (low, high) = (bound("minimum"), bound("maximum"));
        let (over, under) = (bound("exclusiveMinimum"), bound("exclusiveMaximum"));
        let fine = !low.is_some_and(below)
            && !high.is_some_and(above)
            && !over.is_some_and(|bound| below(bound) || at(bound))
            && !under.is_some_and(|bound| above(bound) || at(bound));
        if fine {
            return;
        }
        let [low, high, over, under] = [low, high, over, under].map(|bound| bound.map(plain));
        let allowed = match (low, high, over, under) {
            (Some(low), Some(high), _, _) => format!("from {low} to {high}"),
            (Some(low), None, _, Some(under)) => format!("at least {low} and below {under}"),
            (Some(low), None, _, None) => format!("at least {low}"),
            (None, Some(high), Some(over), _) => format!("above {over} and at most {high}"),
            (None, Some(high), None, _) => format!("at most {high}"),
            (None, None, Some(over), Some(under)) => format!("above {over} and below {under}"),
            (None, None, Some(over), None) => format!("above {over}"),
            (None, None, None, under) => format!("below {}", under.unwrap_or_default()),
        };
        self.out_of_bounds(&number.to_string(), &allowed, path);
    }

    fn out_of_bounds(&mut self, found: &str, allowed: &str, path: &Path) {
        let name = path.name().unwrap_or("this");
        self.problems.at(path, format!("`{name}` is {found}; it must be {allowed}"), None);
    }

    pub(super) fn text(&mut self, text: &str, schema: &'s Value, path: &Path) -> Value {
        let names: Option<Vec<&str>> = match (schema.get("const"), schema.get("enum")) {
            (Some(name), _) => name.as_str().map(|name| vec![name]),
            (None, Some(list)) => list.as_array().map(|list| list.iter().filter_map(Value::as_str).collect()),
            (None, None) => None,
        };
        if let Some(names) = names
            && !names.contains(&text)
        {
            let noun = schema.get(super::NOUN).and_then(Value::as_str);
            let message = match noun {
                Some(noun) => format!("unknown {noun} `{text}`"),
                None => format!("`{}` cannot be `{text}`", path.name().unwrap_or("this")),
            };
            let listed_as = if noun.is_some() { "known" } else { "allowed" };
            self.problems.at(path, message, suggest::hint(text, names, listed_as));
            return Value::String(text.to_owned());
        }
        self.length(text.chars().count() as u64, ["minLength", "maxLength"], "character", schema, path);
        let pattern = schema.get("pattern").and_then(Value::as_str);
        if pattern.is_some_and(|pattern| !matches(pattern, text)) {
            let name = path.name().unwrap_or("this");
            let hint = form_hint(schema).or_else(|| self.list.and_then(super::about));
            self.problems.at(path, format!("`{name}` cannot be `{text}`"), hint);
        }
        Value::String(text.to_owned())
    }

    pub(super) fn length(&mut self, len: u64, bounds: [&str; 2], unit: &str, schema: &'s Value, path: &Path) {
        let [low, high] = bounds.map(|name| schema.get(name).and_then(Value::as_u64));
        let name = path.name().unwrap_or("this");
        let message = match (low, high) {
            (Some(1), _) if len == 0 => format!("`{name}` is empty"),
            (Some(low), _) if len < low => format!("`{name}` has {len} {}; it needs at least {low}", plural(unit, len)),
            (_, Some(high)) if len > high => format!("`{name}` has {len} {}; it may have {high}", plural(unit, len)),
            _ => return,
        };
        let hint = super::about(schema).or_else(|| Some(format!("give at least one {unit}")));
        self.problems.at(path, message, hint);
    }
}

/// A bound in a message: `1` also where the schema has `1.0`.
fn plain(bound: &Value) -> String {
    match bound.as_i64() {
        Some(whole) => whole.to_string(),
        None => bound.as_f64().map_or_else(|| bound.to_string(), |bound| bound.to_string()),
    }
}

fn plural(unit: &str, count: u64) -> String {
    match (count, unit) {
        (1, _) => unit.to_owned(),
        (_, "entry") => "entries".to_owned(),
        _ => format!("{unit}s"),
    }
}

/// Whether all of `text` has the form `pattern`; the patterns of the schema carry their anchors.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    // A pattern that does not compile is a fault of ours that the schema test finds; no user pays.
    Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
}

fn form_hint(schema: &Value) -> Option<String> {
    let about = super::about(schema)?;
    let examples = schema.get("examples").and_then(Value::as_array);
    let examples: Vec<_> = examples.into_iter().flatten().map(display).collect();
    Some(if examples.is_empty() { about } else { format!("{about}; for example {}", examples.join(", ")) })
}

fn type_name(name: &str) -> &str {
    match name {
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "text",
        "boolean" => "`true` or `false`",
        "array" => "a list",
        "object" => "a mapping",
        other => other,
    }
}

fn found(tree: &Tree) -> String {
    match &tree.value {
        Yaml::Null => "nothing".to_owned(),
        Yaml::Bool { raw, .. } => format!("`{raw}`"),
        Yaml::Number { raw, .. } => format!("the number {raw}"),
        Yaml::Str(text) if text.chars().count() <= 40 => format!("the text `{}`", text.escape_debug()),
        Yaml::Str(_) => "a longer text".to_owned(),
        Yaml::Seq(_) => "a list".to_owned(),
        Yaml::Map(_) => "a mapping".to_owned(),
    }
}

/// How to write the mapping where its most important value stands alone.
fn mapping_hint(name: &str, tree: &Tree) -> Option<String> {
    let Yaml::Str(text) = &tree.value else { return None };
    match name {
        "stages" => Some(format!("a stage has a name of its own: `{{id: my_{text}, run: {text}}}`")),
        "output" => Some(format!("write it as a mapping: `{{path: {text}}}`")),
        "input" => Some(format!("write it as a mapping: `{{paths: [{text}]}}`")),
        _ => None,
    }
}

fn type_hint(tree: &Tree, wanted: &[&str]) -> Option<String> {
    let wants = |name: &str| wanted.contains(&name);
    let hint = match &tree.value {
        Yaml::Str(text) if wants("boolean") => {
            let truth = ["yes", "on", "y"].contains(&text.to_lowercase().as_str());
            if truth { "write `true`" } else { "write `true` or `false`" }.to_owned()
        }
        Yaml::Str(text) if wants("integer") || wants("number") => {
            let digits = text.replace('_', "");
            match digits.trim_start_matches('0').parse::<f64>() {
                Ok(_) => {
                    format!("write `{}`, without quotes, underscores and leading zeros", digits.trim_start_matches('0'))
                }
                Err(_) => return None,
            }
        }
        Yaml::Number { .. } if wants("integer") => "write it without a decimal point".to_owned(),
        Yaml::Str(text) if wants("array") && text.chars().count() <= 40 => format!("write it as a list: `[{text}]`"),
        Yaml::Null if wants("object") && !wants("string") => {
            "write `{}` for a mapping without keys, or remove the key".to_owned()
        }
        Yaml::Null => "give a value or remove the key".to_owned(),
        _ => return None,
    };
    Some(hint)
}
