//! What the lists of dropped documents and of quarantined records share.

use serde::Serialize;
use textmill_document::Count;

use crate::error::ReportError;
use crate::format::{count, escape};
use crate::grid::{Style, paint};

/// Characters of an id or a detail that are shown.
pub(crate) const LABEL_CHARS: usize = 120;
/// Characters of a document or record that are shown where nothing else is asked for.
pub(crate) const EXCERPT_CHARS: usize = 200;

/// The heading of a group: what was done by whom for what, and how many of how many (`total`, where it is known) are shown.
pub(crate) fn heading(by: &str, code: &str, shown: usize, total: Option<Count>, done: &str, color: bool) -> String {
    let number = count(shown as u64);
    let number = match total {
        Some(total) => format!("{number} of {} {done}", count(total.documents)),
        None => format!("{number} shown"),
    };

    paint(&format!("{}: {} ({number})", escape(by), escape(code)), Style::Strong, color)
}

/// Samples as JSON, one a line, with all their fields. A number that is not finite is written as null, which is all that
/// JSON has for it.
///
/// # Errors
/// A sample cannot be written as JSON.
pub fn json_lines<T: Serialize>(samples: &[T]) -> Result<String, ReportError> {
    let mut lines = String::new();
    for sample in samples {
        lines.push_str(&serde_json::to_string(sample)?);
        lines.push('\n');
    }
    Ok(lines)
}
