//! `anyOf` and `oneOf`: the alternative that the author most likely meant is checked alone, so
//! that its errors are exact.

use serde_json::Value;

use super::{Checker, display, fits, type_names, wanted_types};
use crate::place::Path;
use crate::suggest;
use crate::yaml::{Tree, Yaml};

impl<'s> Checker<'s, '_, '_> {
    pub(super) fn choice(&mut self, tree: &Tree, schema: &'s Value, path: &Path) -> Value {
        let mut alternatives = Vec::new();
        self.flatten(schema, &mut alternatives);
        let exact = |alternative: &&Value| {
            let wanted = wanted_types(alternative);
            wanted.is_empty() || type_names(tree).iter().any(|name| wanted.contains(name))
        };
        let mut fitting: Vec<&'s Value> = alternatives.iter().copied().filter(exact).collect();
        if fitting.is_empty() {
            // `true` or `1.10` where only text is wanted.
            fitting = alternatives.iter().copied().filter(|schema| fits(tree, &wanted_types(schema))).collect();
        }
        match fitting.as_slice() {
            [] => {
                let wanted: Vec<_> = alternatives.iter().flat_map(|schema| wanted_types(schema)).collect();
                self.wrong_type(tree, &wanted, path);
                Value::Null
            }
            [only] => self.node(tree, only, path),
            several => match constants(several) {
                Some(names) => self.one_of(tree, &names, path),
                None => self.best(tree, several, path),
            },
        }
    }

    fn flatten(&self, schema: &'s Value, alternatives: &mut Vec<&'s Value>) {
        let schema = self.resolve(schema);
        match schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
            Some(below) => below.iter().for_each(|schema| self.flatten(schema, alternatives)),
            None => alternatives.push(schema),
        }
    }

    /// The first alternative without an error, else the one with the fewest.
    fn best(&mut self, tree: &Tree, alternatives: &[&'s Value], path: &Path) -> Value {
        let before = self.problems.len();
        let mut best = None;
        for alternative in alternatives {
            let value = self.node(tree, alternative, path);
            let found = self.problems.take_since(before);
            if found.is_empty() {
                return value;
            }
            if best.as_ref().is_none_or(|best: &Vec<_>| found.len() < best.len()) {
                best = Some(found);
            }
        }
        self.problems.put_back(best.unwrap_or_default());
        Value::Null
    }

    /// `tree` must be one of `names`.
    pub(super) fn one_of(&mut self, tree: &Tree, names: &[&str], path: &Path) -> Value {
        let (Yaml::Str(text) | Yaml::Bool { raw: text, .. } | Yaml::Number { raw: text, .. }) = &tree.value else {
            return Value::Null;
        };
        if !names.contains(&text.as_str()) {
            let value = Value::String(text.clone());
            let name = path.name().unwrap_or("this");
            let hint = suggest::hint(text, names.iter().copied(), "allowed");
            self.problems.at(path, format!("`{name}` cannot be {}", display(&value)), hint);
        }
        Value::String(text.clone())
    }
}

/// The texts that the alternatives name, if all of them only name texts.
fn constants<'s>(alternatives: &[&'s Value]) -> Option<Vec<&'s str>> {
    let mut names = Vec::new();
    for alternative in alternatives {
        match (alternative.get("const"), alternative.get("enum")) {
            (Some(name), _) => names.push(name.as_str()?),
            (None, Some(list)) => names.extend(list.as_array()?.iter().filter_map(Value::as_str)),
            (None, None) => return None,
        }
    }
    Some(names)
}
