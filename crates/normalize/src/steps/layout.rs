use std::borrow::Cow;

/// How white space is laid out. Lines end with LF here: characters are normalised first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Layout {
    /// Longest run of line feeds that is kept; `None` for any.
    pub max_newlines: Option<u32>,
    /// Longest run of spaces that is kept; `None` for any. Those at the start of a line are its indentation and stay.
    pub max_spaces: Option<u32>,
    /// Spaces and tabs at the ends of lines are deleted, and white space at both ends of the text, but for the indentation
    /// of a first line beside others that have one.
    pub trim: bool,
}

/// `text` laid out as `layout` says.
///
/// ```
/// use textmill_normalize::steps::{Layout, lay_out};
///
/// let layout = Layout { max_newlines: Some(2), max_spaces: Some(1), trim: true };
/// assert_eq!(lay_out("a   b \n \n\n\nc \n", layout), "a b\n\nc");
/// ```
pub fn lay_out(text: &str, layout: Layout) -> Cow<'_, str> {
    let trimmed = if layout.trim { trim_lines(text) } else { Cow::Borrowed(text) };
    let spaced = limited_spaces(trimmed, layout.max_spaces);
    limited(spaced, b'\n', layout.max_newlines)
}

fn trim_lines(text: &str) -> Cow<'_, str> {
    let whole = from_first_line(text).trim_end_matches(is_blank_or_break);
    let blank = |byte: u8| byte == b' ' || byte == b'\t';
    let dirty = memchr::memchr_iter(b'\n', whole.as_bytes())
        .any(|at| at.checked_sub(1).and_then(|at| whole.as_bytes().get(at)).is_some_and(|byte| blank(*byte)));
    if !dirty {
        return Cow::Borrowed(whole);
    }
    let mut output = String::with_capacity(whole.len());
    for (number, line) in whole.split('\n').enumerate() {
        if number > 0 {
            output.push('\n');
        }
        output.push_str(line.trim_end_matches([' ', '\t']));
    }
    Cow::Owned(output)
}

/// `text` without blank lines at its start. A tab or two spaces before the first word stay where another line is
/// indented too: a block of code or verse.
fn from_first_line(text: &str) -> &str {
    let trimmed = text.trim_start_matches(is_blank_or_break);
    let start = text.get(..text.len() - trimmed.len()).unwrap_or_default();
    let indent = start.rsplit('\n').next().unwrap_or_default();
    let is_indented = |line: &str| line.starts_with([' ', '\t']) && !line.trim_matches([' ', '\t']).is_empty();
    let block = (indent.len() > 1 || indent.starts_with('\t')) && trimmed.split('\n').skip(1).any(is_indented);
    if block { text.get(start.len() - indent.len()..).unwrap_or(trimmed) } else { trimmed }
}

fn is_blank_or_break(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n')
}

/// `text` with at most `max` spaces in a row behind the indentation of each line.
fn limited_spaces(text: Cow<'_, str>, max: Option<u32>) -> Cow<'_, str> {
    let Some(bound) = max.map(|max| max as usize) else { return text };
    if first_excess(text.as_bytes(), b' ', bound).is_none() {
        return text;
    }
    let mut output = String::with_capacity(text.len());
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            output.push('\n');
        }
        let behind = line.trim_start_matches([' ', '\t']);
        output.push_str(line.get(..line.len() - behind.len()).unwrap_or_default());
        output.push_str(&limited(Cow::Borrowed(behind), b' ', max));
    }
    if output.len() == text.len() { text } else { Cow::Owned(output) }
}

/// `text` with at most `max` of `byte`, which is ASCII, in a row.
fn limited(text: Cow<'_, str>, byte: u8, max: Option<u32>) -> Cow<'_, str> {
    let Some(max) = max.map(|max| max as usize) else { return text };
    let Some(first) = first_excess(text.as_bytes(), byte, max) else { return text };
    let (head, tail) = text.split_at(first);
    let mut output = String::with_capacity(text.len());
    output.push_str(head);
    let mut run = max;
    for char in tail.chars() {
        run = if char == char::from(byte) { run + 1 } else { 0 };
        if run <= max {
            output.push(char);
        }
    }
    Cow::Owned(output)
}

/// Where the first `byte` stands that is one too many in its run.
fn first_excess(bytes: &[u8], byte: u8, max: usize) -> Option<usize> {
    let (mut run, mut next) = (0, 0);
    for at in memchr::memchr_iter(byte, bytes) {
        run = if at == next { run + 1 } else { 1 };
        next = at + 1;
        if run > max {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_kept_at_the_bound_and_cut_above() {
        let layout = |max_newlines, max_spaces| Layout { max_newlines, max_spaces, trim: false };
        assert!(matches!(lay_out("a\n\nb  c", layout(Some(2), Some(2))), Cow::Borrowed(_)));
        assert_eq!(lay_out("a\n\n\nb   c", layout(Some(2), Some(2))), "a\n\nb  c");
        assert_eq!(lay_out("\n\n\na", layout(Some(1), None)), "\na");
        assert_eq!(lay_out("中  \n\n\n文", layout(Some(1), Some(1))), "中 \n文");
        assert_eq!(lay_out("a   b", layout(Some(1), None)), "a   b");
        assert_eq!(lay_out("a b", layout(None, Some(0))), "ab");
        assert_eq!(lay_out("    a   b\n\t  c  d", layout(None, Some(1))), "    a b\n\t  c d");
        assert!(matches!(lay_out("    a b\n        c", layout(None, Some(1))), Cow::Borrowed(_)));
    }

    #[test]
    fn trimming_keeps_what_stands_at_the_start_of_lines() {
        let trim = Layout { trim: true, ..Layout::default() };
        assert_eq!(lay_out("\n a \n  b\t\n\nc\n", trim), "a\n  b\n\nc");
        assert!(matches!(lay_out("a\n  b", trim), Cow::Borrowed(_)));
        assert_eq!(lay_out(" \n", trim), "");
        assert_eq!(lay_out("\n  a\n    b\n", trim), "  a\n    b");
        assert_eq!(lay_out("\tall:\n\tb", trim), "\tall:\n\tb");
        assert_eq!(lay_out("   a\nb", trim), "a\nb");
        assert_eq!(lay_out("   a\n  \n", trim), "a");
    }
}
