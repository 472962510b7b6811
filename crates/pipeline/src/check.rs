//! Checks a YAML tree against a JSON Schema and makes JSON of it. All faults are found in one go.
//!
//! It knows the part of JSON Schema 2020-12 that the config types produce: `$ref`, `type`,
//! `properties`, `required`, `additionalProperties`, `propertyNames`, `items`, `enum`, `const`,
//! `anyOf`, `oneOf`, bounds, lengths and `pattern`. Where text is wanted, a number or `true` is
//! taken as it was typed.

mod bounds;
mod choice;

use serde_json::{Map, Value};

use crate::place::{Path, Problems};
use crate::suggest;
use crate::yaml::{Entry, Tree, Yaml};

/// Names what the keys of a mapping are, where "key" says too little (`stage`).
pub(crate) const NOUN: &str = "x-noun";

/// Checks `tree`, which is at `path`, against `schema`; `$ref`s are looked up in `root`.
pub(crate) fn check<'s>(
    tree: &Tree,
    schema: &'s Value,
    root: &'s Value,
    path: &Path,
    problems: &mut Problems<'_>,
) -> Value {
    Checker { root, problems, list: None }.node(tree, schema, path)
}

/// The schema that takes anything.
static ANY: Value = Value::Bool(true);

struct Checker<'s, 'p, 'f> {
    root: &'s Value,
    problems: &'p mut Problems<'f>,
    /// Schema of the innermost list around the node.
    list: Option<&'s Value>,
}

/// What JSON Schema calls a type, as far as a YAML node can have it.
fn type_names(tree: &Tree) -> &'static [&'static str] {
    match &tree.value {
        Yaml::Null => &["null"],
        Yaml::Bool { .. } => &["boolean"],
        Yaml::Number { value, .. } if value.is_f64() => &["number"],
        Yaml::Number { .. } => &["integer", "number"],
        Yaml::Str(_) => &["string"],
        Yaml::Seq(_) => &["array"],
        Yaml::Map(_) => &["object"],
    }
}

/// The types that `schema` takes; empty where it takes any.
fn wanted_types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ if schema.get("const").is_some_and(Value::is_string) || schema.get("enum").is_some() => vec!["string"],
        _ => Vec::new(),
    }
}

/// The types `tree` fits among `wanted`, with the spelling of a scalar as the last resort.
fn fits(tree: &Tree, wanted: &[&str]) -> bool {
    let spelled = matches!(tree.value, Yaml::Bool { .. } | Yaml::Number { .. }) && wanted.contains(&"string");
    wanted.is_empty() || spelled || type_names(tree).iter().any(|name| wanted.contains(name))
}

impl<'s> Checker<'s, '_, '_> {
    fn node(&mut self, tree: &Tree, schema: &'s Value, path: &Path) -> Value {
        let schema = self.resolve(schema);
        if schema.get("anyOf").or_else(|| schema.get("oneOf")).is_some() {
            return self.choice(tree, schema, path);
        }
        let wanted = wanted_types(schema);
        if !fits(tree, &wanted) {
            self.wrong_type(tree, &wanted, path);
            return Value::Null;
        }
        match &tree.value {
            Yaml::Null => Value::Null,
            Yaml::Seq(items) => self.list(items, schema, path),
            Yaml::Map(entries) => self.mapping(entries, schema, path),
            Yaml::Str(text) => self.text(text, schema, path),
            Yaml::Bool { raw, .. } if !wanted.is_empty() && !wanted.contains(&"boolean") => {
                self.text(raw, schema, path)
            }
            Yaml::Number { raw, .. }
                if wanted.contains(&"string") && !wanted.contains(&"number") && !wanted.contains(&"integer") =>
            {
                self.text(raw, schema, path)
            }
            Yaml::Bool { value, .. } => Value::Bool(*value),
            Yaml::Number { value, .. } => {
                self.number(value, schema, path);
                Value::Number(value.clone())
            }
        }
    }

    /// Follows `$ref`.
    fn resolve(&self, schema: &'s Value) -> &'s Value {
        resolve(schema, self.root)
    }

    fn list(&mut self, items: &[Tree], schema: &'s Value, path: &Path) -> Value {
        self.length(items.len() as u64, ["minItems", "maxItems"], "entry", schema, path);
        let item_schema = schema.get("items").unwrap_or(&ANY);
        let outer = self.list.replace(schema);
        let values: Vec<_> =
            items.iter().enumerate().map(|(index, item)| self.node(item, item_schema, &path.index(index))).collect();
        self.list = outer;
        if schema.get("uniqueItems").and_then(Value::as_bool) == Some(true) {
            for (index, value) in values.iter().enumerate() {
                if !value.is_null() && values.iter().take(index).any(|earlier| earlier == value) {
                    let message = format!("{} is in the list twice", display(value));
                    self.problems.at(&path.index(index), message, Some("remove one of the two".to_owned()));
                }
            }
        }
        Value::Array(values)
    }

    fn mapping(&mut self, entries: &[Entry], schema: &'s Value, path: &Path) -> Value {
        let properties = schema.get("properties").and_then(Value::as_object);
        let noun = schema.get(NOUN).and_then(Value::as_str).unwrap_or("key");
        let mut object = Map::new();
        for entry in entries {
            let place = path.key(&entry.key);
            self.key_name(entry, schema, &place);
            let known = properties.and_then(|properties| properties.get(&entry.key));
            let value = match (known, schema.get("additionalProperties")) {
                (Some(schema), _) => self.node(&entry.value, schema, &place),
                (None, Some(Value::Bool(false))) => {
                    let listed_as = if noun == "key" { "keys here" } else { "known" };
                    let hint = suggest::hint(&entry.key, names(properties), listed_as)
                        .unwrap_or_else(|| "nothing can be set here".to_owned());
                    self.problems.at_key(&place, format!("unknown {noun} `{}`", entry.key), Some(hint));
                    continue;
                }
                (None, Some(schema)) => self.node(&entry.value, schema, &place),
                (None, None) => self.node(&entry.value, &ANY, &place),
            };
            object.insert(entry.key.clone(), value);
        }
        self.required(entries, schema, path);
        self.key_count(entries, noun, schema, path);
        Value::Object(object)
    }

    fn required(&mut self, entries: &[Entry], schema: &'s Value, path: &Path) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            if entries.iter().any(|entry| entry.key == name) {
                continue;
            }
            let about = properties.and_then(|properties| properties.get(name)).and_then(about);
            let hint = about.map(|about| format!("`{name}`: {about}"));
            self.problems.at_key(path, format!("missing key `{name}`"), hint);
        }
    }

    fn key_count(&mut self, entries: &[Entry], noun: &str, schema: &Value, path: &Path) {
        let bound = |name: &str| schema.get(name).and_then(Value::as_u64);
        let (low, high) = (bound("minProperties"), bound("maxProperties"));
        let count = entries.len() as u64;
        if low.is_none_or(|low| count >= low) && high.is_none_or(|high| count <= high) {
            return;
        }
        let keys: Vec<_> = entries.iter().map(|entry| format!("`{}`", entry.key)).collect();
        let found = if keys.is_empty() { "none".to_owned() } else { format!("{count}: {}", keys.join(", ")) };
        let wanted = if low == high { "exactly one" } else { "at least one" };
        let name = path.name().unwrap_or("this");
        let hint = match schema.get("properties").and_then(Value::as_object) {
            Some(known) if keys.is_empty() => suggest::hint("", names(Some(known)), "known"),
            Some(_) => Some(format!("give each {noun} an entry of its own in the list")),
            None => None,
        };
        self.problems.at_key(path, format!("`{name}` needs {wanted} {noun}, found {found}"), hint);
    }

    fn key_name(&mut self, entry: &Entry, schema: &Value, place: &Path) {
        let pattern = schema.pointer("/propertyNames/pattern").and_then(Value::as_str);
        if pattern.is_some_and(|pattern| !bounds::matches(pattern, &entry.key)) {
            let hint = schema.pointer("/propertyNames/description").and_then(Value::as_str).map(str::to_owned);
            self.problems.at_key(place, format!("`{}` cannot be a name here", entry.key), hint);
        }
    }
}

fn names(properties: Option<&Map<String, Value>>) -> impl Iterator<Item = &str> {
    properties.into_iter().flat_map(|properties| properties.keys().map(String::as_str))
}

/// Follows `$ref` into the definitions of `root`. A chain longer than any schema of ours ends, so
/// that a wrong schema cannot send it round for ever.
pub(crate) fn resolve<'s>(schema: &'s Value, root: &'s Value) -> &'s Value {
    let mut found = schema;
    for _ in 0..16 {
        let reference = found.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        match reference.and_then(|pointer| root.pointer(pointer)) {
            Some(target) => found = target,
            None => break,
        }
    }
    found
}

/// A JSON value in a message.
fn display(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

/// What a schema's description begins with, as a hint.
fn about(schema: &Value) -> Option<String> {
    let sentence = first_sentence(schema)?;
    let mut chars = sentence.chars();
    let first = chars.next()?;
    let is_word = chars.clone().next().is_some_and(char::is_lowercase) || first == 'A';
    Some(if is_word { first.to_lowercase().chain(chars).collect() } else { sentence })
}

/// The first sentence of a schema's description, without its full stop.
pub(crate) fn first_sentence(schema: &Value) -> Option<String> {
    let description = schema.get("description")?.as_str()?;
    let paragraph = description.split("\n\n").next()?.replace('\n', " ");
    let sentence = paragraph.split_once(". ").map_or(paragraph.as_str(), |(first, _)| first);
    Some(sentence.trim_end_matches('.').to_owned())
}
