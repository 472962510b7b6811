//! One line of source with its place underlined.

use std::fmt;

use unicode_width::UnicodeWidthChar;

/// Columns of a line that are shown; a longer line is cut around the place.
const MAX_WIDTH: usize = 100;
/// Columns kept before the place when a line is cut.
const CONTEXT: usize = 40;
const TAB: &str = "    ";

/// A line and the part of it to underline.
#[derive(Debug)]
pub(crate) struct Snippet<'a> {
    /// Number of the line, from 1.
    pub line: usize,
    /// The line, without its end.
    pub text: &'a str,
    /// First character to underline, from 1; one past the end is allowed.
    pub column: usize,
    /// Bytes to underline; at least one character is.
    pub len: usize,
}

impl Snippet<'_> {
    /// Blanks as wide as the line number, so that the arrow and the bars stand below each other.
    pub(crate) fn gutter(&self) -> String {
        " ".repeat(self.line.to_string().len())
    }

    /// The cells of the line that are shown and the range of them to underline, in columns.
    fn layout(&self) -> (String, usize, usize) {
        let before = self.text.chars().take(self.column.saturating_sub(1)).map(cell).collect::<Vec<_>>();
        let rest: Vec<(String, usize, usize)> = self
            .text
            .chars()
            .skip(before.len())
            .scan(0_usize, |offset, c| {
                let start = *offset;
                *offset += c.len_utf8();
                let (shown, width) = cell(c);
                Some((shown, width, start))
            })
            .collect();
        let marked: usize =
            rest.iter().take_while(|(_, _, start)| *start == 0 || *start < self.len).map(|(_, width, _)| width).sum();

        let total: usize = before.iter().map(|(_, width)| width).sum::<usize>()
            + rest.iter().map(|(_, width, _)| width).sum::<usize>();
        let mut line = String::new();
        let mut indent = 0;
        let skipped = if total > MAX_WIDTH { cells_to_skip(&before) } else { 0 };
        if skipped > 0 {
            line.push('…');
            indent += 1;
        }
        for (shown, width) in before.iter().skip(skipped) {
            line.push_str(shown);
            indent += width;
        }
        let mut used = indent;
        for (shown, width, _) in &rest {
            if used + width > MAX_WIDTH {
                line.push('…');
                break;
            }
            line.push_str(shown);
            used += width;
        }
        let room = used.saturating_sub(indent).max(1);
        (line, indent, marked.clamp(1, room))
    }
}

/// How many leading cells go, so that about [`CONTEXT`] columns are left before the place.
fn cells_to_skip(before: &[(String, usize)]) -> usize {
    let mut width = 0;
    let kept = before.iter().rev().take_while(|(_, cell_width)| {
        width += cell_width;
        width <= CONTEXT
    });
    before.len() - kept.count()
}

/// A character as it is shown, and its width in columns. Control and invisible characters are
/// escaped: a terminal must not obey them.
pub(crate) fn cell(c: char) -> (String, usize) {
    match c.width() {
        _ if c == '\t' => (TAB.to_owned(), TAB.len()),
        Some(width) if width > 0 => (c.to_string(), width),
        _ => {
            let escaped = c.escape_unicode().to_string();
            let width = escaped.len();
            (escaped, width)
        }
    }
}

impl fmt::Display for Snippet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gutter = self.gutter();
        let (line, indent, marked) = self.layout();
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{} | {}", self.line, line.trim_end())?;
        writeln!(f, "{gutter} | {}{}", " ".repeat(indent), "^".repeat(marked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, column: usize, len: usize) -> String {
        Snippet { line: 7, text, column, len }.to_string()
    }

    #[test]
    fn carets_stand_below_wide_characters_and_tabs() {
        assert_eq!(shown("中文: abc", 5, 3), "  |\n7 | 中文: abc\n  |       ^^^\n");
        assert_eq!(shown("\tab: 中文", 6, 6), "  |\n7 |     ab: 中文\n  |         ^^^^\n");
    }

    #[test]
    fn a_place_past_the_end_gets_one_caret() {
        assert_eq!(shown("ab", 3, 9), "  |\n7 | ab\n  |   ^\n");
        assert_eq!(shown("", 1, 0), "  |\n7 | \n  | ^\n");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(shown("a\u{1b}[31mb", 3, 1), "  |\n7 | a\\u{1b}[31mb\n  |        ^\n");
        assert!(shown("x\u{202e}y", 1, 1).contains("x\\u{202e}y"));
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = format!("{}HERE{}", "a".repeat(5000), "b".repeat(5000));
        let snippet = shown(&text, 5001, 4);
        let lines: Vec<_> = snippet.lines().collect();
        assert!(lines.iter().all(|line| line.chars().count() < 120), "{snippet}");
        assert!(lines[1].contains("HERE"), "{snippet}");
        assert_eq!(lines[1].chars().position(|c| c == 'H'), lines[2].chars().position(|c| c == '^'), "{snippet}");
        assert!(lines[2].ends_with("^^^^") && !lines[2].ends_with("^^^^^"), "{snippet}");
    }
}
