//! Paths in pipeline files: taken as they are written, relative ones from the folder in which the program is started.
//!
//! Neither `~` nor variables are replaced, so that a file means the same whoever runs it. What a shell would replace is
//! refused, before a folder of the name `~` is made.

use std::path::Path as FilePath;

use serde_json::Value;

use crate::place::{Path, Problems};

/// Keys of stages that hold paths, or lists of them.
const KEYS: [&str; 9] =
    ["against", "calibration", "files", "lexicon", "model", "path", "paths", "tokenizer", "vocabulary"];

/// What a shell would replace in `path`: `~` at its start, `$NAME` or `${NAME}`.
///
/// ```
/// use textmill_pipeline::unexpanded;
///
/// assert_eq!(unexpanded("~/corpus/*.jsonl").as_deref(), Some("~"));
/// assert_eq!(unexpanded("s3://bucket/${DATE}/x").as_deref(), Some("${DATE}"));
/// assert_eq!(unexpanded("./~/x"), None);
/// ```
pub fn unexpanded(path: &str) -> Option<String> {
    let first = path.split('/').next().unwrap_or_default();
    if first == "~" || (first.starts_with('~') && path.contains('/')) {
        return Some(first.to_owned());
    }
    let mut before = None;
    for (at, char) in path.char_indices() {
        let rest = path.get(at + 1..).unwrap_or_default();
        if char == '$'
            && let Some(variable) = variable(rest, before)
        {
            return Some(format!("${variable}"));
        }
        before = Some(char);
    }
    None
}

/// The variable that `rest`, which follows a `$`, begins with. Names such as `A$B.jsonl` or Hadoop's `x_$folder$` are no
/// variables: one without braces is a whole part of the path, or in capitals and not inside a word.
fn variable(rest: &str, before: Option<char>) -> Option<String> {
    if let Some(braced) = rest.strip_prefix('{') {
        let (name, _) = braced.split_once('}')?;
        return is_name(name).then(|| format!("{{{name}}}"));
    }
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    let is_whole = before.is_none_or(|c| c == '/') && (after.is_empty() || after.starts_with('/'));
    let is_capital = name.len() > 1 && !name.contains(|c: char| c.is_ascii_lowercase());
    let stands_alone = before.is_none_or(|c| !c.is_alphanumeric() && c != '_') && !after.starts_with('$');
    (is_name(name) && (is_whole || (is_capital && stands_alone))).then(|| name.to_owned())
}

fn is_name(name: &str) -> bool {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(is_start) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// What to do about a path in which a shell would replace `found`.
pub fn unexpanded_hint(path: &str, found: &str) -> String {
    let name = found.trim_matches(['$', '{', '}']);
    let value = std::env::var(if found == "~" { "HOME" } else { name }).ok().filter(|value| !value.is_empty());
    let rule = "paths are taken as they are written";
    match value {
        Some(value) => format!("{rule}; write `{}`", path.replacen(found, value.trim_end_matches('/'), 1)),
        None if found.starts_with('~') => format!("{rule}; write the folder out, or `./{path}` for one of that name"),
        None => format!("{rule}, and there is no variable `{name}`; write its value out"),
    }
}

/// Looks for paths that a shell would change in `file`, the checked content of a pipeline file.
pub(crate) fn check(file: &Value, problems: &mut Problems<'_>) {
    let root = Path::default();
    let section = |name: &str, key: &str| file.get(name).and_then(|section| section.get(key));
    if let Some(paths) = section("input", "paths") {
        check_value(paths, &root.key("input").key("paths"), problems);
    }
    if let Some(path) = section("output", "path") {
        check_value(path, &root.key("output").key("path"), problems);
    }
    for (index, entry) in file.get("stages").and_then(Value::as_array).into_iter().flatten().enumerate() {
        if let Some(run) = entry.get("run") {
            check_stage(run, &root.key("stages").index(index).key("run"), problems);
        }
    }
}

fn check_stage(config: &Value, path: &Path, problems: &mut Problems<'_>) {
    match config {
        Value::Object(map) => {
            for (key, value) in map {
                if KEYS.contains(&key.as_str()) {
                    check_value(value, &path.key(key), problems);
                } else {
                    check_stage(value, &path.key(key), problems);
                }
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| check_stage(item, &path.index(index), problems));
        }
        _ => {}
    }
}

fn check_value(value: &Value, path: &Path, problems: &mut Problems<'_>) {
    match value {
        Value::String(text) => {
            if let Some(found) = unexpanded(text) {
                let message = format!("`{found}` in a path is not replaced");
                problems.at(path, message, Some(unexpanded_hint(text, &found)));
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| check_value(item, &path.index(index), problems));
        }
        Value::Object(_) => check_stage(value, path, problems),
        _ => {}
    }
}

/// Where a file was looked for that `config` names by a relative path and that is not there, if `message` is about it.
pub(crate) fn tried(config: &Value, message: &str) -> Option<String> {
    match config {
        Value::String(text) if message.contains(text.as_str()) => {
            let is_path = !text.is_empty() && !text.contains("://") && text.contains(['/', '.']);
            if !is_path || FilePath::new(text).is_absolute() || FilePath::new(text).exists() {
                return None;
            }
            let absolute = std::path::absolute(text).ok()?;
            let rule = "a relative path counts from the folder in which textmill is started";
            Some(format!("looked for at `{}`: {rule}", absolute.display()))
        }
        Value::Object(map) => map.values().find_map(|value| tried(value, message)),
        Value::Array(items) => items.iter().find_map(|value| tried(value, message)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_replace_is_found() {
        for (path, found) in [
            ("~", "~"),
            ("~/x", "~"),
            ("~someone/x", "~someone"),
            ("$HOME/x", "$HOME"),
            ("/data/$lower/x", "$lower"),
            ("$x", "$x"),
            ("/data/in-$DATE.jsonl", "$DATE"),
            ("a/${b}c", "${b}"),
            ("s3://bucket/${DAY}/*.gz", "${DAY}"),
        ] {
            assert_eq!(unexpanded(path).as_deref(), Some(found), "{path}");
        }
    }

    #[test]
    fn names_that_only_look_like_it_stay() {
        for path in [
            "",
            "x",
            "/a~/b",
            "./~/x",
            "a/~/b",
            "~backup.jsonl",
            "A$B.jsonl",
            "x_$folder$",
            "price$5",
            "a$",
            "$",
            "${}",
            "${a-b}",
            "Outer$INNER.txt",
            "$5/x",
            "cost-$$-x",
            "lid.176",
            "日本$/x",
        ] {
            assert_eq!(unexpanded(path), None, "{path}");
        }
    }

    #[test]
    fn the_hint_shows_the_path_to_write() {
        // Cargo sets this one for every test.
        let folder = env!("CARGO_MANIFEST_DIR");
        if std::env::var("CARGO_MANIFEST_DIR").is_ok_and(|value| value == folder) {
            let hint = unexpanded_hint("${CARGO_MANIFEST_DIR}/x", "${CARGO_MANIFEST_DIR}");
            assert!(hint.ends_with(&format!("write `{folder}/x`")), "{hint}");
        }
        let hint = unexpanded_hint("$TEXTMILL_NO_SUCH/x", "$TEXTMILL_NO_SUCH");
        assert!(hint.contains("no variable `TEXTMILL_NO_SUCH`"), "{hint}");
        assert!(unexpanded_hint("~someone/x", "~someone").contains("./~someone/x"));
    }

    #[test]
    fn missing_files_are_shown_with_the_place_that_was_tried() {
        let config = serde_json::json!({"banned_words": {"files": ["no/words.txt"]}, "use": ["banned_words"]});
        let hint = tried(&config, "no/words.txt cannot be read").expect("is relative");
        let here = std::env::current_dir().expect("a folder").join("no/words.txt");
        assert!(hint.contains(&here.display().to_string()), "{hint}");
        assert_eq!(tried(&config, "`use` is empty"), None);
        assert_eq!(tried(&serde_json::json!({"model": "s3://b/no.bin"}), "s3://b/no.bin cannot be read"), None);
        assert_eq!(tried(&serde_json::json!({"model": "/no.bin"}), "/no.bin cannot be read"), None);
    }
}
