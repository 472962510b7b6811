//! The cleaning table as one HTML file that needs nothing else: no scripts, no fonts, no images.

use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

use crate::clusters;
use crate::error::ReportError;
use crate::format::fit;
use crate::grid::{Grid, Line, Style};
use crate::table::CleaningTable;
use crate::view;

/// The name ends in `.html`, by which the template engine knows that values must be escaped.
const TEMPLATE_NAME: &str = "report.html";
const TEMPLATE: &str = include_str!("report.html");

/// Height of one bar with its gap, in units of the picture.
const BAR_STEP: usize = 28;
/// Where bars begin: right of their labels.
const BAR_LEFT: f64 = 210.0;
/// Length of a full bar.
const BAR_LENGTH: f64 = 420.0;
/// Longest label beside a bar, in columns.
const LABEL_COLUMNS: usize = 26;

#[derive(Serialize)]
struct Page {
    title: String,
    facts: Vec<(&'static str, String)>,
    bars: Vec<Bar>,
    picture_height: usize,
    headings: Vec<String>,
    rows: Vec<Row>,
    sections: Vec<Section>,
    warnings: Vec<String>,
    balance: String,
    balanced: bool,
}

/// What one deduplication found.
#[derive(Serialize)]
struct Section {
    title: String,
    tables: Vec<Table>,
}

#[derive(Serialize)]
struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Bar {
    label: String,
    percent: String,
    top: usize,
    left: f64,
    length: String,
    /// Where the percentage stands: right of the bar.
    text_left: String,
}

#[derive(Serialize)]
struct Row {
    detail: bool,
    label: String,
    cells: Vec<String>,
}

/// The table as a self-contained page for light and dark screens.
pub fn to_html(table: &CleaningTable) -> Result<String, ReportError> {
    let environment = Environment::new();
    Ok(environment.render_named_str(TEMPLATE_NAME, TEMPLATE, Serde(page(table)))?)
}

fn page(table: &CleaningTable) -> Page {
    let grid = view::stage_grid(table);
    let bars: Vec<Bar> = view::bars(table).into_iter().enumerate().map(|(index, shown)| bar(index, &shown)).collect();
    let columns = grid.header.len();
    let section = |section: clusters::Section| Section {
        title: section.title,
        tables: section.grids.into_iter().map(table_of).collect(),
    };
    Page {
        title: view::title(table),
        facts: view::facts(table),
        picture_height: bars.len() * BAR_STEP,
        bars,
        headings: grid.header.iter().map(|head| head.replace('\n', " ")).collect(),
        rows: grid.lines.into_iter().map(|line| row(line, columns)).collect(),
        sections: clusters::sections(table).into_iter().map(section).collect(),
        warnings: view::warnings(table),
        balance: view::balance_line(&table.balance),
        balanced: table.balance.balanced,
    }
}

fn table_of(grid: Grid) -> Table {
    let columns = grid.header.len();
    Table { rows: grid.lines.into_iter().map(|line| row(line, columns)).collect(), headings: grid.header }
}

fn row(line: Line, columns: usize) -> Row {
    let mut cells = line.cells.into_iter();
    let label = cells.next().unwrap_or_default().trim_start().to_owned();
    let cells = cells.chain(std::iter::repeat(String::new())).take(columns.saturating_sub(1)).collect();
    Row { detail: line.style == Style::Faint, label, cells }
}

fn bar(index: usize, shown: &view::Bar) -> Bar {
    // One unit at least, so that a stage that keeps one in a million still shows a bar.
    let length = (shown.share * BAR_LENGTH).max(1.0);
    Bar {
        label: fit(&shown.label, LABEL_COLUMNS).into_owned(),
        percent: shown.percent.clone(),
        top: index * BAR_STEP,
        left: BAR_LEFT,
        length: format!("{length:.1}"),
        text_left: format!("{:.1}", BAR_LEFT + length + 8.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::cleaning_table;
    use crate::test_runs;

    #[test]
    fn the_page_shows_the_whole_table() {
        let page = to_html(&cleaning_table(&test_runs::branches())).expect("the template fits");
        insta::assert_snapshot!("html", page);
    }

    #[test]
    fn the_page_needs_nothing_from_elsewhere() {
        let page = to_html(&cleaning_table(&test_runs::branches())).expect("the template fits");
        for foreign in ["<script", "<link", "http:", "https:", "url(", "@import", " src="] {
            assert!(!page.contains(foreign), "{foreign}");
        }
    }

    #[test]
    fn hostile_names_stay_text() {
        let page = to_html(&cleaning_table(&test_runs::hostile())).expect("the template fits");
        for markup in ["<script", "<b>", "<i>", "<hr>", "\u{1b}", "\u{202e}", "\u{9b}"] {
            assert!(!page.contains(markup), "{markup:?}");
        }
        assert_eq!(page.matches("</title>").count(), 2, "one of the page, one of the picture");
    }

    #[test]
    fn runs_without_documents_have_no_picture() {
        let empty = to_html(&cleaning_table(&test_runs::empty())).expect("the template fits");
        assert!(empty.contains("No documents were counted") && !empty.contains("<svg"));
        let zero = to_html(&cleaning_table(&test_runs::zero_input())).expect("the template fits");
        assert!(zero.contains("<table>") && !zero.contains("<svg"));
    }
}
