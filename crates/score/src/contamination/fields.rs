//! Where in an item its texts are.

use serde_json::{Map, Value};

/// Fields that evaluation sets have their texts in.
pub(super) const FIELDS: &[&str] = &[
    "question", "problem", "prompt", "input", "query", "text", "passage", "context", "premise", "sentence", "content",
];

/// Fields that an error lists at most.
const LISTED: usize = 20;

/// The texts of an item, each with the field that it is of: of the fields in `names`, dotted paths; where there are none,
/// of [`FIELDS`], at any depth but in answers. A list of texts is one text.
pub(super) fn texts(item: &Value, names: &[String]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if names.is_empty() {
        match item {
            Value::String(text) => found.push((String::new(), text.clone())),
            _ => usual(item, &mut found),
        }
    }
    for name in names {
        let mut values = Vec::new();
        at(item, name, &mut values);
        found.extend(values.into_iter().map(|value| (name.clone(), joined(value))));
    }
    found.retain(|(_, text)| !text.trim().is_empty());
    found
}

fn usual(value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|element| usual(element, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                let known = FIELDS.iter().find(|known| known.eq_ignore_ascii_case(name));
                match known {
                    Some(known) if !joined(value).trim().is_empty() => found.push(((*known).to_owned(), joined(value))),
                    _ if name.to_ascii_lowercase().starts_with("answer") => {}
                    _ => usual(value, found),
                }
            }
        }
        _ => {}
    }
}

/// The values at `path`: a field of that name, or fields below each other; through lists, that of each element.
fn at<'a>(value: &'a Value, path: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|element| at(element, path, found)),
        Value::Object(fields) => {
            if let Some(value) = fields.get(path) {
                found.push(value);
                return;
            }
            // A name may have dots in it.
            for (dot, _) in path.match_indices('.') {
                let (name, rest) = path.split_at(dot);
                if let Some(value) = fields.get(name) {
                    at(value, rest.trim_start_matches('.'), found);
                }
            }
        }
        _ => {}
    }
}

/// All texts in a value, in their order, a line each.
fn joined(value: &Value) -> String {
    fn collect<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::String(text) => found.push(text),
            Value::Array(elements) => elements.iter().for_each(|element| collect(element, found)),
            Value::Object(fields) => fields.values().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(value, &mut found);
    found.join("\n")
}

/// The paths of fields with texts, as `fields` would name them.
pub(super) fn with_text(item: &Value, found: &mut Vec<String>) {
    fn walk(fields: &Map<String, Value>, before: &str, found: &mut Vec<String>) {
        for (name, value) in fields {
            let path = if before.is_empty() { name.clone() } else { format!("{before}.{name}") };
            below(value, &path, found);
        }
    }
    fn below(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::String(_) if found.len() < LISTED && !found.iter().any(|known| known == path) => {
                found.push(path.to_owned());
            }
            Value::Object(fields) => walk(fields, path, found),
            Value::Array(elements) => elements.iter().for_each(|element| below(element, path, found)),
            _ => {}
        }
    }
    if let Value::Object(fields) = item {
        walk(fields, "", found);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(item: &Value, names: &[&str]) -> Vec<String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        texts(item, &names).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn named_fields_are_found_by_path_and_in_lists() {
        let item = json!({
            "question": "q", "choices": ["a", "b"], "data": {"deep": {"text": "t"}}, "a.b": "dots",
            "turns": [{"content": "one"}, {"content": "two"}], "number": 3, "none": null,
            "options": {"text": ["x", "y"], "label": ["A", "B"]},
        });
        assert_eq!(found(&item, &["question", "choices"]), ["q", "a\nb"]);
        assert_eq!(found(&item, &["data.deep.text", "a.b"]), ["t", "dots"]);
        assert_eq!(found(&item, &["turns.content"]), ["one", "two"]);
        assert_eq!(found(&item, &["options.text"]), ["x\ny"]);
        assert_eq!(found(&item, &["number", "none", "missing", "question.below"]), [""; 0]);
    }

    #[test]
    fn the_usual_fields_are_found_at_any_depth_but_in_answers() {
        let squad = json!({"data": [{"paragraphs": [{"context": "c", "qas": [
            {"Question": "q", "answers": [{"text": "answer"}]}]}]}]});
        assert_eq!(found(&squad, &[]), ["c", "q"]);
        assert_eq!(found(&json!({"question": ["x", "y"], "other": "z"}), &[]), ["x\ny"]);
        assert_eq!(found(&json!("a text alone"), &[]), ["a text alone"]);
        assert_eq!(found(&json!({"question": null, "title": "t"}), &[]), [""; 0]);
    }

    #[test]
    fn fields_with_texts_are_listed_as_they_are_named() {
        let mut listed = Vec::new();
        let item = json!({"Problem Statement": "p", "data": {"q": "x", "n": 1}, "list": ["a", "b"]});
        with_text(&item, &mut listed);
        assert_eq!(listed, ["Problem Statement", "data.q", "list"]);
    }
}
