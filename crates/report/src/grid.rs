//! A table of strings, laid out for a terminal or as Markdown.

use unicode_width::UnicodeWidthStr;

use crate::format::fit;

/// Columns are never made narrower than this to fit a terminal.
const NARROWEST_LABEL: usize = 16;
/// No terminal is taken to be narrower.
const NARROWEST: usize = 40;
const GAP: &str = "  ";

/// How a line stands out where colour is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    /// Headings.
    Strong,
    /// Details below a line.
    Faint,
    Good,
    Warning,
    Bad,
}

/// `text` in `style` as ANSI codes, or unchanged without `color`.
pub(crate) fn paint(text: &str, style: Style, color: bool) -> String {
    let code = match style {
        Style::Plain => return text.to_owned(),
        Style::Strong => "1",
        Style::Faint => "2",
        Style::Good => "32",
        Style::Warning => "33",
        Style::Bad => "31",
    };
    if color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// One line of a [`Grid`].
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) style: Style,
    pub(crate) cells: Vec<String>,
}

/// A table. The first column holds labels and is aligned left, the others right.
///
/// Cells are already escaped; a heading may be broken with one `\n`.
#[derive(Debug, Clone)]
pub(crate) struct Grid {
    pub(crate) header: Vec<&'static str>,
    pub(crate) lines: Vec<Line>,
    /// Columns to leave out, first to last, where the terminal is too narrow.
    pub(crate) optional: Vec<usize>,
}

impl Grid {
    /// The table as lines of at most `width` columns, as far as its numbers allow.
    pub(crate) fn to_text(&self, width: usize, color: bool) -> String {
        let (columns, widths) = self.layout(width.max(NARROWEST));
        let heads: Vec<Vec<&str>> = self.header.iter().map(|head| head.split('\n').collect()).collect();
        let deepest = heads.iter().map(Vec::len).max().unwrap_or(0);
        let mut lines = Vec::new();
        for depth in 0..deepest {
            let cells: Vec<&str> = heads.iter().map(|head| head.get(depth).copied().unwrap_or("")).collect();
            lines.push(paint(&lay_out(&cells, &columns, &widths), Style::Strong, color));
        }
        for line in &self.lines {
            let cells: Vec<&str> = line.cells.iter().map(String::as_str).collect();
            lines.push(paint(&lay_out(&cells, &columns, &widths), line.style, color));
        }
        lines.join("\n") + "\n"
    }

    /// The table in GitHub's Markdown.
    pub(crate) fn to_markdown(&self) -> String {
        let heads: Vec<_> = self.header.iter().map(|head| head.replace('\n', " ")).collect();
        let rule: Vec<_> = (0..heads.len()).map(|column| if column == 0 { "---" } else { "---:" }).collect();
        let mut lines = vec![format!("| {} |", heads.join(" | ")), format!("| {} |", rule.join(" | "))];
        for line in &self.lines {
            // Every line gets all its cells: some readers show a shorter one as no table at all.
            let cell = |column: usize| line.cells.get(column).map(|cell| markdown_cell(cell)).unwrap_or_default();
            let cells: Vec<_> = (0..heads.len()).map(cell).collect();
            lines.push(format!("| {} |", cells.join(" | ")));
        }
        lines.join("\n") + "\n"
    }

    /// The columns to show and the width of every column.
    fn layout(&self, width: usize) -> (Vec<usize>, Vec<usize>) {
        let cell_width = |line: &Line, column: usize| line.cells.get(column).map_or(0, |cell| cell.width());
        let head_width = |head: &str| head.split('\n').map(UnicodeWidthStr::width).max().unwrap_or(0);
        let mut widths: Vec<usize> = (0..self.header.len())
            .map(|column| {
                let widest = self.lines.iter().map(|line| cell_width(line, column)).max().unwrap_or(0);
                widest.max(self.header.get(column).map_or(0, |head| head_width(head)))
            })
            .collect();
        let mut columns: Vec<usize> = (0..self.header.len()).collect();
        let others = |columns: &[usize], widths: &[usize]| -> usize {
            columns.iter().skip(1).map(|&column| widths.get(column).copied().unwrap_or(0) + GAP.len()).sum()
        };
        let label = widths.first().copied().unwrap_or(0);
        for optional in &self.optional {
            if label.min(NARROWEST_LABEL * 2) + others(&columns, &widths) <= width {
                break;
            }
            columns.retain(|column| column != optional);
        }
        let room = width.saturating_sub(others(&columns, &widths)).max(NARROWEST_LABEL);
        if let Some(first) = widths.first_mut() {
            *first = label.min(room);
        }
        (columns, widths)
    }
}

/// One line of text: the first cell flush left, the others flush right.
fn lay_out(cells: &[&str], columns: &[usize], widths: &[usize]) -> String {
    let mut line = String::new();
    for &column in columns {
        let (cell, width) = (cells.get(column).copied().unwrap_or(""), widths.get(column).copied().unwrap_or(0));
        let cell = fit(cell, width);
        let padding = " ".repeat(width.saturating_sub(cell.width()));
        let parts = if column == 0 { ["", &cell, &padding] } else { [GAP, &padding, &cell] };
        line.extend(parts);
    }
    line.trim_end().to_owned()
}

/// The text with what Markdown or embedded HTML would take as markup made harmless; indentation is
/// kept with no-break spaces.
pub(crate) fn markdown_cell(text: &str) -> String {
    let trimmed = text.trim_start_matches(' ');
    let mut safe = "&nbsp;".repeat(text.len() - trimmed.len());
    for character in trimmed.chars() {
        match character {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '|' | '`' | '*' | '[' | ']' | '\\' | '~' | '#' => safe.extend(['\\', character]),
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        let line = |style, cells: &[&str]| Line { style, cells: cells.iter().map(|&cell| cell.to_owned()).collect() };
        Grid {
            header: vec!["stage", "in", "a long\nheading"],
            lines: vec![
                line(Style::Plain, &["中文名称", "1,000", "5"]),
                line(Style::Faint, &["  a|b <c>", "", "12345"]),
            ],
            optional: vec![2],
        }
    }

    #[test]
    fn wide_characters_are_aligned() {
        let expected = "\
stage         in   a long
                  heading
中文名称   1,000        5
  a|b <c>           12345
";
        assert_eq!(grid().to_text(100, false), expected);
    }

    #[test]
    fn a_narrow_terminal_loses_columns_and_then_the_ends_of_labels() {
        let mut narrow = grid();
        narrow.lines[0].cells[0] = "a stage with a very long name indeed".to_owned();
        let text = narrow.to_text(20, false);
        assert!(!text.contains("heading"), "{text}");
        assert!(text.lines().all(|line| line.width() <= NARROWEST), "{text}");
        assert!(text.contains('…'), "{text}");
    }

    #[test]
    fn colour_is_outside_the_padding_and_off_when_not_wanted() {
        assert!(grid().to_text(100, true).contains("\u{1b}[2m  a|b <c>           12345\u{1b}[0m\n"));
        assert!(!grid().to_text(100, false).contains('\u{1b}'));
    }

    #[test]
    fn markdown_is_escaped() {
        assert!(grid().to_markdown().contains("| &nbsp;&nbsp;a\\|b &lt;c&gt; |  | 12345 |"));
    }
}
