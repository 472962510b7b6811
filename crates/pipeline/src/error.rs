//! Errors in a pipeline file, each with its place, shown with the line they are about.

use std::fmt;
use std::path::Path;

use crate::snippet::Snippet;

/// A place in the file: what a node covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// Byte offset in the file.
    pub start: usize,
    /// Length in bytes; 0 where it is not known.
    pub len: usize,
    /// Line of the alias through which the node is used here.
    pub alias_line: Option<usize>,
}

/// One thing that is wrong with a pipeline file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Line in the file, from 1.
    pub line: usize,
    /// Column in the line, in characters, from 1.
    pub column: usize,
    /// Where in the structure: `stages[2].run.filter.use`; empty for errors of the YAML syntax.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Bytes to underline, at least one character.
    pub(crate) len: usize,
}

impl ConfigError {
    pub(crate) fn new(span: Span, path: impl Into<String>, message: impl Into<String>, hint: Option<String>) -> Self {
        let hint = match (hint, span.alias_line) {
            (Some(hint), Some(line)) => Some(format!("{hint} (used through the alias in line {line})")),
            (None, Some(line)) => Some(format!("used through the alias in line {line}")),
            (hint, None) => hint,
        };
        Self {
            line: span.line,
            column: span.column,
            path: path.into(),
            message: printable(&message.into()),
            hint: hint.as_deref().map(printable),
            len: span.len,
        }
    }
}

/// Parts of the file stand in messages, and a terminal must not obey them.
fn printable(text: &str) -> String {
    text.chars().map(|c| crate::snippet::cell(c).0).collect()
}

/// Everything that is wrong with a pipeline file, in the order of the file.
///
/// Its text shows each error with the line it is about:
///
/// ```
/// let errors = textmill_pipeline::parse("demo.yaml", "version: 1\nnmae: demo\n").unwrap_err();
/// assert!(errors.to_string().contains("--> demo.yaml:2:1"));
/// assert!(errors.to_string().contains("did you mean `name`?"));
/// ```
#[derive(Debug, Clone)]
pub struct ConfigErrors {
    /// Name of the file as it was given.
    pub file: String,
    /// The errors, by line and column; never empty.
    pub errors: Vec<ConfigError>,
    source: String,
}

impl ConfigErrors {
    pub(crate) fn new(file: &str, source: &str, mut errors: Vec<ConfigError>) -> Self {
        errors.sort_by(|a, b| (a.line, a.column, &a.message).cmp(&(b.line, b.column, &b.message)));
        // A subtree used through two aliases is checked twice and has one fault.
        errors.dedup_by(|a, b| (a.line, a.column, &a.message) == (b.line, b.column, &b.message));
        Self { file: file.to_owned(), errors, source: source.to_owned() }
    }

    /// The file could not be read at all.
    pub(crate) fn unreadable(path: &Path, reason: &str) -> Self {
        let error = ConfigError {
            line: 0,
            column: 0,
            path: String::new(),
            message: format!("cannot read the pipeline file: {reason}"),
            hint: None,
            len: 0,
        };
        Self { file: path.display().to_string(), errors: vec![error], source: String::new() }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.errors {
            writeln!(f, "error: {}", error.message)?;
            if error.line == 0 {
                writeln!(f, "  --> {}", self.file)?;
            } else {
                let text = self.source.lines().nth(error.line - 1).unwrap_or_default();
                let snippet = Snippet { line: error.line, text, column: error.column, len: error.len };
                let indent = snippet.gutter();
                writeln!(f, "{indent}--> {}:{}:{}", self.file, error.line, error.column)?;
                write!(f, "{snippet}")?;
                if let Some(hint) = &error.hint {
                    writeln!(f, "{indent} = hint: {hint}")?;
                }
            }
            writeln!(f)?;
        }
        match self.errors.len() {
            1 => write!(f, "1 error in {}", self.file),
            count => write!(f, "{count} errors in {}", self.file),
        }
    }
}

impl std::error::Error for ConfigErrors {}
