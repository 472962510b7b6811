//! Paths into the file, and the list of what is wrong at them.

use std::fmt;

use crate::error::{ConfigError, Span};
use crate::yaml::{Tree, Yaml};

/// One step from a node to a node below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// A place in the structure of the file, shown as `stages[2].run.filter.use`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Path(Vec<Step>);

impl Path {
    pub(crate) fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    pub(crate) fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    /// The place that a stage names with a dotted path, such as `keep.1`.
    pub(crate) fn dotted(&self, field: &str) -> Self {
        field.split('.').fold(self.clone(), |path, part| match part.parse() {
            Ok(index) => path.index(index),
            Err(_) => path.key(part),
        })
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The last key, for messages.
    pub(crate) fn name(&self) -> Option<&str> {
        self.0.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        })
    }

    /// Whether it is an entry of a list.
    pub(crate) fn is_entry(&self) -> bool {
        matches!(self.0.last(), Some(Step::Index(_)))
    }

    fn starts_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// The file with everything found wrong in it so far.
#[derive(Debug)]
pub(crate) struct Problems<'a> {
    tree: &'a Tree,
    text: &'a str,
    found: Vec<(Path, ConfigError)>,
}

impl<'a> Problems<'a> {
    pub(crate) fn new(tree: &'a Tree, text: &'a str) -> Self {
        Self { tree, text, found: Vec::new() }
    }

    /// An error about the value at `path`, or about the nearest node above it that is there.
    pub(crate) fn at(&mut self, path: &Path, message: impl Into<String>, hint: Option<String>) {
        let (key, value) = self.find(path);
        // A value that is not there has no place; its key has.
        let span = if value.len == 0 { key.unwrap_or(value) } else { value };
        self.at_span(span, path, message, hint);
    }

    /// An error about the key at the end of `path`.
    pub(crate) fn at_key(&mut self, path: &Path, message: impl Into<String>, hint: Option<String>) {
        let (key, value) = self.find(path);
        self.at_span(key.unwrap_or(value), path, message, hint);
    }

    pub(crate) fn at_span(&mut self, span: Span, path: &Path, message: impl Into<String>, hint: Option<String>) {
        let span = Span { len: if self.is_block(span) { 0 } else { span.len }, ..span };
        self.found.push((path.clone(), ConfigError::new(span, path.to_string(), message, hint)));
    }

    /// An error about the character `offset` (line and column, from 1) of the text at `path`; the
    /// place is exact where the text stands in one line of the file as it is.
    pub(crate) fn inside(
        &mut self,
        path: &Path,
        offset: Option<(usize, usize)>,
        message: String,
        hint: Option<String>,
    ) {
        let span = self.find(path).1;
        let place = offset.and_then(|(line, column)| (line == 1).then(|| self.character(path, span, column)).flatten());
        match (place, offset) {
            (Some(place), _) => self.at_span(place, path, message, hint),
            (None, Some((line, column))) if (line, column) != (1, 1) => {
                let message = format!("{message} (line {line}, column {column} of the expression)");
                self.at_span(Span { len: 0, ..span }, path, message, hint);
            }
            (None, _) => self.at_span(span, path, message, hint),
        }
    }

    /// The place of the `column`th character of a one-line text.
    fn character(&self, path: &Path, span: Span, column: usize) -> Option<Span> {
        let Yaml::Str(value) = &self.node(path)?.value else { return None };
        let raw = self.text.get(span.start..span.start.checked_add(span.len)?)?;
        let open = match raw.strip_prefix(['"', '\'']) {
            Some(inside) if inside.get(..inside.len().checked_sub(1)?)? == value => 1,
            None if raw.trim_end() == value => 0,
            _ => return None,
        };
        let before = column.checked_sub(1)?;
        let skipped: usize = raw.chars().take(open + before).map(char::len_utf8).sum();
        let word = raw.get(skipped..)?.chars().take_while(|c| c.is_alphanumeric() || *c == '_');
        let len = word.map(char::len_utf8).sum();
        Some(Span { column: span.column + open + before, start: span.start + skipped, len, ..span })
    }

    /// Mappings and lists are marked at their first character only.
    fn is_block(&self, span: Span) -> bool {
        let raw = self.text.get(span.start..span.start.saturating_add(span.len)).unwrap_or_default();
        raw.contains('\n') || raw.starts_with(['{', '['])
    }

    /// Whether something was found wrong at or below `path`.
    pub(crate) fn touch(&self, path: &Path) -> bool {
        self.found.iter().any(|(place, _)| place.starts_with(path))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }

    /// Takes back everything found since there were `len` problems.
    pub(crate) fn take_since(&mut self, len: usize) -> Vec<(Path, ConfigError)> {
        self.found.split_off(len.min(self.found.len()))
    }

    pub(crate) fn put_back(&mut self, problems: Vec<(Path, ConfigError)>) {
        self.found.extend(problems);
    }

    pub(crate) fn into_errors(self) -> Vec<ConfigError> {
        self.found.into_iter().map(|(_, error)| error).collect()
    }

    /// The node at `path`.
    pub(crate) fn node(&self, path: &Path) -> Option<&'a Tree> {
        path.0.iter().try_fold(self.tree, |node, step| step.walk(node).map(|(_, below)| below))
    }

    /// Key and value of the deepest node on `path` that is in the file.
    fn find(&self, path: &Path) -> (Option<Span>, Span) {
        let mut place = (None, self.tree.span);
        let mut node = self.tree;
        for step in &path.0 {
            let Some((key, below)) = step.walk(node) else { break };
            place = (key, below.span);
            node = below;
        }
        place
    }
}

impl Step {
    fn walk<'a>(&self, node: &'a Tree) -> Option<(Option<Span>, &'a Tree)> {
        match (self, &node.value) {
            (Self::Key(key), _) => node.entry(key).map(|entry| (Some(entry.key_span), &entry.value)),
            (Self::Index(index), Yaml::Seq(items)) => items.get(*index).map(|item| (None, item)),
            (Self::Index(_), _) => None,
        }
    }
}
