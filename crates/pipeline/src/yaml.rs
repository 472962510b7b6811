//! YAML text to a tree in which every node knows its place. The only module that knows the parser.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_saphyr::{DuplicateKeyPolicy, Error, Location, MessageFormatter, Spanned, UserMessageFormatter};

use crate::error::{ConfigError, Span};

/// A YAML node.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    pub value: Yaml,
    pub span: Span,
}

/// What a node holds. `raw` is the scalar as it was typed: a value such as `1.10` or `0x1F` stays
/// that text where text is wanted.
#[derive(Debug, Clone)]
pub(crate) enum Yaml {
    Null,
    Bool { value: bool, raw: String },
    Number { value: Number, raw: String },
    Str(String),
    Seq(Vec<Tree>),
    Map(Vec<Entry>),
}

/// One `key: value` of a mapping.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: Tree,
}

impl Tree {
    /// The value under `key` of a mapping.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        let Yaml::Map(entries) = &self.value else { return None };
        entries.iter().find(|entry| entry.key == key)
    }
}

/// The start of the file, for errors that have no better place.
const START: Span = Span { line: 1, column: 1, start: 0, len: 0, alias_line: None };

/// Parses one YAML document. Aliases are followed within the parser's budget; includes and
/// environment variables are not.
pub(crate) fn parse(text: &str) -> Result<Tree, ConfigError> {
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::Error,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    };
    let shape: Spanned<Shape> =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| config_error(&error, text))?;
    let mut tree = attach(shape, text);
    if matches!(tree.value, Yaml::Null) {
        // The parser puts an empty document behind its end.
        tree.span = START;
    }
    Ok(tree)
}

fn config_error(error: &Error, text: &str) -> ConfigError {
    let span = match error.location() {
        Some(location) if location.line() > 0 => inside(span_of(location, None), text),
        _ => START,
    };
    let error = innermost(error);
    let message = match error {
        Error::Budget { .. } => "it is too large once its aliases are followed".to_owned(),
        other => UserMessageFormatter.format_message(other).into_owned(),
    };
    let line = text.lines().nth(span.line - 1).unwrap_or_default();
    let hint = match error {
        Error::DuplicateMappingKey { .. } => "a key may be given once; remove one of the two",
        Error::MultipleDocuments { .. } => "a pipeline file is one YAML document; remove the `---` line",
        Error::UnknownAnchor { .. } => "define it earlier in the file with `&name`",
        Error::NonFiniteFloat { .. } => "write a finite number; leave the key out for \"no limit\"",
        Error::AliasReplayLimitExceeded { .. } | Error::Budget { .. } => "write the values out, or use fewer aliases",
        _ if message.starts_with("unsupported tag") => "a pipeline file is one file, without tags such as `!include`",
        _ if line.trim_start_matches(' ').starts_with('\t') => "YAML is indented with spaces, not with tabs",
        _ => "",
    };
    let hint = (!hint.is_empty()).then(|| hint.to_owned());
    ConfigError::new(span, "", format!("not readable as YAML: {message}"), hint)
}

/// An error at the end of the input has a place after the last line: the last line is shown instead.
fn inside(span: Span, text: &str) -> Span {
    let lines = text.lines().count().max(1);
    if span.line <= lines {
        return span;
    }
    let last = text.lines().last().unwrap_or_default();
    Span { line: lines, column: last.chars().count() + 1, ..span }
}

fn innermost(error: &Error) -> &Error {
    match error.without_snippet() {
        Error::AliasError { error, .. } => innermost(error),
        other => other,
    }
}

/// Line numbers of a file are far below `usize::MAX`; saturating keeps a 32-bit build honest.
fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn span_of(defined: Location, alias_line: Option<usize>) -> Span {
    let span = defined.span();
    Span {
        line: to_usize(defined.line()),
        column: to_usize(defined.column()),
        start: to_usize(span.byte_offset().unwrap_or_default()),
        len: to_usize(span.byte_len().unwrap_or_default()),
        alias_line,
    }
}

/// The node as serde sees it, before the source text is attached.
#[derive(Debug)]
enum Shape {
    Null,
    Bool(bool),
    Number(Number),
    Str(String),
    Seq(Vec<Spanned<Shape>>),
    Map(Vec<(Spanned<String>, Spanned<Shape>)>),
}

fn attach(node: Spanned<Shape>, text: &str) -> Tree {
    let span = spanned(&node);
    let raw = || text.get(span.start..span.start.saturating_add(span.len)).unwrap_or_default().trim().to_owned();
    let value = match node.value {
        Shape::Null => Yaml::Null,
        Shape::Bool(value) => Yaml::Bool { value, raw: raw() },
        Shape::Number(value) => Yaml::Number { value, raw: raw() },
        Shape::Str(value) => Yaml::Str(value),
        Shape::Seq(items) => Yaml::Seq(items.into_iter().map(|item| attach(item, text)).collect()),
        Shape::Map(entries) => Yaml::Map(
            entries
                .into_iter()
                .map(|(key, value)| Entry { key_span: spanned(&key), key: key.value, value: attach(value, text) })
                .collect(),
        ),
    };
    Tree { value, span }
}

fn spanned<T>(node: &Spanned<T>) -> Span {
    let alias_line = (node.referenced != node.defined).then(|| to_usize(node.referenced.line()));
    span_of(node.defined, alias_line)
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_none<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Shape, E> {
        Ok(Shape::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Shape, E> {
        Ok(Shape::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Shape, E> {
        Ok(Shape::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Shape, E> {
        Number::from_f64(value).map(Shape::Number).ok_or_else(|| E::custom("the number is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Shape, E> {
        Ok(Shape::Str(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Shape, E> {
        Ok(Shape::Str(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Shape, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Shape::Seq(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Shape, A::Error> {
        let mut all = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            all.push(entry);
        }
        Ok(Shape::Map(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'a>(tree: &'a Tree, key: &str) -> &'a Tree {
        &tree.entry(key).expect("the key is there").value
    }

    #[test]
    fn scalars_keep_their_spelling_and_place() {
        let text = "a: 1.10\nb: no\nc: 0x1F\n日本: 007\ne: true\nf: ~\ng: \"x\\ty\"\nh: 1_000\n";
        let tree = parse(text).expect("parses");
        assert!(matches!(&value(&tree, "a").value, Yaml::Number { raw, .. } if raw == "1.10"));
        assert!(matches!(&value(&tree, "b").value, Yaml::Str(text) if text == "no"));
        assert!(
            matches!(&value(&tree, "c").value, Yaml::Number { raw, value } if raw == "0x1F" && value.as_u64() == Some(31))
        );
        assert!(matches!(&value(&tree, "日本").value, Yaml::Str(text) if text == "007"));
        assert!(matches!(&value(&tree, "e").value, Yaml::Bool { value: true, raw } if raw == "true"));
        assert!(matches!(&value(&tree, "f").value, Yaml::Null));
        assert!(matches!(&value(&tree, "h").value, Yaml::Str(text) if text == "1_000"));
        let span = value(&tree, "日本").span;
        assert_eq!((span.line, span.column), (4, 5));
        let span = value(&tree, "g").span;
        assert_eq!(text.get(span.start..span.start + span.len), Some("\"x\\ty\""));
        let key = tree.entry("日本").expect("there").key_span;
        assert_eq!((key.line, key.column, key.len), (4, 1, 6));
    }

    #[test]
    fn an_alias_is_placed_at_its_anchor_and_remembers_its_use() {
        let tree = parse("a: &x {b: [1]}\nc: *x\n").expect("parses");
        let used = value(value(&tree, "c"), "b");
        assert_eq!((used.span.line, used.span.alias_line), (1, Some(2)));
        let direct = value(value(&tree, "a"), "b");
        assert_eq!((direct.span.line, direct.span.alias_line), (1, None));
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for (name, before) in ('b'..='k').zip('a'..='j') {
            let uses = vec![format!("*{before}"); 9].join(", ");
            text.push_str(&format!("{name}: &{name} [{uses}]\n"));
        }
        assert!(parse(&text).is_err());
    }
}
