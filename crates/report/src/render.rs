//! The cleaning table as text, Markdown and JSON.

use crate::clusters;
use crate::error::ReportError;
use crate::grid::{Grid, Style, markdown_cell, paint};
use crate::table::CleaningTable;
use crate::view;

/// The table for a terminal of `width` columns. Columns that do not fit are left out, the least
/// important first.
pub fn to_text(table: &CleaningTable, width: usize, color: bool) -> String {
    let mut lines = vec![paint(&view::title(table), Style::Strong, color)];
    lines.extend(view::facts(table).into_iter().map(|(label, value)| format!("  {label:<8}{value}")));
    lines.push(String::new());
    if table.rows.is_empty() {
        lines.push("no documents were counted\n".to_owned());
    } else {
        lines.push(view::stage_grid(table).to_text(width, color));
    }
    for section in clusters::sections(table) {
        lines.push(paint(&section.title, Style::Strong, color));
        lines.extend(section.grids.iter().map(|grid| grid.to_text(width, color)));
    }
    let warnings = view::warnings(table);
    if !warnings.is_empty() {
        let warning = |text| paint(&format!("warning: {text}"), Style::Warning, color);
        lines.extend(warnings.into_iter().map(warning));
        lines.push(String::new());
    }
    let style = if table.balance.balanced { Style::Good } else { Style::Bad };
    lines.push(paint(&view::balance_line(&table.balance), style, color));
    lines.join("\n") + "\n"
}

/// The table as a Markdown page.
pub fn to_markdown(table: &CleaningTable) -> String {
    let mut lines = vec![format!("# Cleaning report: {}\n", markdown_cell(&view::title(table)))];
    for (label, value) in view::facts(table) {
        lines.push(format!("- {label}: {}", markdown_cell(&value)));
    }
    lines.push(String::new());
    lines.push(view::stage_grid(table).to_markdown());
    for section in clusters::sections(table) {
        lines.push(format!("## Clusters of {}\n", markdown_cell(&section.title)));
        lines.extend(section.grids.iter().map(Grid::to_markdown));
    }
    let warnings = view::warnings(table);
    if !warnings.is_empty() {
        lines.extend(warnings.iter().map(|text| format!("- **warning:** {}", markdown_cell(text))));
        lines.push(String::new());
    }
    lines.push(view::balance_line(&table.balance));
    lines.join("\n") + "\n"
}

/// The table as indented JSON, ending with a line break. Names and meanings of the fields are those
/// of [`CleaningTable`]; `format_version` is the first.
pub fn to_json(table: &CleaningTable) -> Result<String, ReportError> {
    Ok(serde_json::to_string_pretty(table)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::cleaning_table;
    use crate::test_runs;

    #[test]
    fn text_is_complete_and_aligned() {
        let table = cleaning_table(&test_runs::branches());
        insta::assert_snapshot!("text_wide", to_text(&table, 140, false));
        insta::assert_snapshot!("text_narrow", to_text(&table, 72, false));
    }

    #[test]
    fn text_of_runs_without_documents() {
        insta::assert_snapshot!("text_empty", to_text(&cleaning_table(&test_runs::empty()), 100, false));
        insta::assert_snapshot!("text_zero_input", to_text(&cleaning_table(&test_runs::zero_input()), 100, false));
    }

    #[test]
    fn hostile_names_are_shown_and_not_obeyed() {
        let table = cleaning_table(&test_runs::hostile());
        let text = to_text(&table, 120, false);
        assert!(!text.contains(|character: char| character.is_control() && character != '\n'), "{text:?}");
        insta::assert_snapshot!("text_hostile", text);
        insta::assert_snapshot!("markdown_hostile", to_markdown(&table));
    }

    #[test]
    fn colour_changes_nothing_but_the_colour() {
        let table = cleaning_table(&test_runs::branches());
        let colored = to_text(&table, 140, true);
        let plain = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m"]
            .iter()
            .fold(colored.clone(), |text, code| text.replace(code, ""));
        assert_ne!(colored, plain);
        assert_eq!(plain, to_text(&table, 140, false));
    }

    #[test]
    fn markdown_holds_the_whole_table() {
        insta::assert_snapshot!("markdown", to_markdown(&cleaning_table(&test_runs::branches())));
    }

    #[test]
    fn json_says_its_version_first_and_is_read_back() {
        for run in [test_runs::branches(), test_runs::empty(), test_runs::zero_input(), test_runs::hostile()] {
            let table = cleaning_table(&run);
            let json = to_json(&table).expect("can be written");
            assert!(json.starts_with("{\n  \"format_version\": 1,"), "{json}");
            // Ratios may come back one bit off; what is counted may not.
            let read: CleaningTable = serde_json::from_str(&json).expect("is our own form");
            assert_eq!((read.balance, read.warnings, read.datasets), (table.balance, table.warnings, table.datasets));
        }
        insta::assert_snapshot!("json", to_json(&cleaning_table(&test_runs::branches())).expect("can be written"));
    }
}
