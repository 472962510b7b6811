//! A run beside a published table.

use serde::{Deserialize, Serialize};
use textmill_document::Count;

use crate::error::ReportError;
use crate::format::{escape, percent_or_dash};
use crate::grid::{Grid, Line, Style, markdown_cell, paint};
use crate::published::{self, PublishedTable, Unit};
use crate::table::{CleaningTable, FORMAT_VERSION, StageRow};

/// A run's ratios beside those of a published corpus. Field names are those of its JSON form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// Name of the run's pipeline.
    pub run: String,
    /// Name of the published table.
    pub table: String,
    /// The published corpus.
    pub title: String,
    /// The unit of the counts: documents or bytes.
    pub unit: String,
    /// Where the published numbers stand.
    pub source: String,
    /// One row a published step.
    pub rows: Vec<ComparisonRow>,
    /// Remarks that one needs to read the comparison.
    pub notes: Vec<String>,
}

/// One published step and the stages of the run that were set beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparisonRow {
    /// The name of the step in the source.
    pub step: String,
    /// Ids of the run's stages that were counted here; empty where the run has no such step.
    pub stages: Vec<String>,
    /// Published share removed of what the step before left, 0 to 1.
    pub published_removed: Option<f64>,
    /// The run's share; null where it has no such step or nothing reached it.
    pub removed: Option<f64>,
    /// Published share retained of the raw input, 0 to 1.
    pub published_retained: f64,
    /// The run's share.
    pub retained: Option<f64>,
    /// Retained here less retained there, in percentage points.
    pub retained_difference_points: Option<f64>,
}

/// Sets a run beside the published table `name`.
///
/// A stage belongs to the step whose id its own begins with (`rules_zh` to `rules`), else to the
/// next step, from the one before it on, that lists its kind, else to the same step as the stage before
/// it. Stages that only rewrite (`normalize`) always do the latter. Filters, deduplications and scores of a kind that the
/// table does not have are set beside nothing, and a note says what they removed. What is retained after a step is the raw input less all that the stages up to it removed,
/// so branches need no special treatment; copies made by branches count from the start.
///
/// `is_step` says of a kind of stage whether what it removes is a step of its own.
pub fn compare(table: &CleaningTable, name: &str, is_step: impl Fn(&str) -> bool) -> Result<Comparison, ReportError> {
    let published = &published::table(name)?;
    let steps = assign(&table.rows, published, is_step);
    let measure = |count: Count| i128::from(if published.unit == Unit::Bytes { count.bytes } else { count.documents });
    let rewritten = |row: &StageRow| if published.unit == Unit::Bytes { i128::from(row.rewritten_bytes) } else { 0 };
    let raw = measure(table.balance.input);
    let mut alive = raw + measure(table.balance.branch_copies);
    let mut rows = Vec::with_capacity(published.stages.len());
    for (index, step) in published.stages.iter().enumerate() {
        let of_step = || table.rows.iter().zip(&steps).filter(move |(_, (step, _))| *step == index);
        // What comes before the step's own stages is gone before them, what comes after is not theirs either.
        let first = of_step().position(|(_, (_, own))| *own);
        let strangers = |early: bool| {
            let stages = of_step().enumerate().filter(|(_, (_, (_, own)))| !own);
            let of_time = stages.filter(move |(place, _)| first.is_some_and(|first| *place < first) == early);
            of_time.map(|(_, (row, _))| rewritten(row) - measure(row.removed)).sum::<i128>()
        };
        let stages: Vec<&StageRow> = of_step().filter(|(_, (_, own))| *own).map(|(row, _)| row).collect();
        alive += strangers(true) + stages.iter().map(|row| rewritten(row)).sum::<i128>();
        let removed: i128 = stages.iter().map(|row| measure(row.removed)).sum();
        let before = alive;
        alive -= removed;
        let present = !stages.is_empty();
        let retained = ratio(alive, raw).filter(|_| present);
        rows.push(ComparisonRow {
            step: step.title.clone(),
            stages: stages.iter().map(|row| row.id.clone()).collect(),
            published_removed: published.removed(index),
            removed: ratio(removed, before).filter(|_| present),
            published_retained: published.retained(index).unwrap_or_default(),
            retained,
            retained_difference_points: retained.and_then(|share| Some((share - published.retained(index)?) * 100.0)),
        });
        alive += strangers(false);
    }
    let strangers = table.rows.iter().zip(&steps).filter(|(row, (_, own))| !own && measure(row.removed) != 0);
    let note = |(row, _): (&StageRow, _)| {
        format!("there is no such step: {} removed {} {}", row.id, measure(row.removed), published.unit.counted())
    };
    Ok(comparison(table, published, rows, strangers.map(note)))
}

fn comparison(
    table: &CleaningTable,
    published: &PublishedTable,
    rows: Vec<ComparisonRow>,
    strangers: impl Iterator<Item = String>,
) -> Comparison {
    let mut notes = published.notes.clone();
    let shown = published.stages.iter().zip(&rows).filter(|(_, row)| !row.stages.is_empty());
    notes.extend(shown.filter_map(|(step, _)| Some(format!("{}: {}", step.title, step.scope.as_ref()?))));
    notes.extend(strangers);
    if !table.complete {
        notes.push("the run is not complete".to_owned());
    }
    if !table.balance.branch_copies.is_zero() {
        notes.push("documents that went down several branches are counted once for each".to_owned());
    }
    Comparison {
        format_version: FORMAT_VERSION,
        run: table.name.clone(),
        table: published.name.clone(),
        title: published.title.clone(),
        unit: published.unit.name().to_owned(),
        source: published.source.clone(),
        rows,
        notes,
    }
}

/// The published step of every stage, and whether it is of that step.
fn assign(rows: &[StageRow], published: &PublishedTable, is_step: impl Fn(&str) -> bool) -> Vec<(usize, bool)> {
    let has = |kind: &String| published.stages.iter().any(|step| step.kinds.contains(kind));
    let mut current = 0;
    let mut steps = Vec::with_capacity(rows.len());
    for row in rows {
        let by_id = published.stages.iter().position(|step| row.id.starts_with(&step.id));
        let lists_kind = |step: usize| published.stages.get(step).is_some_and(|step| step.kinds.contains(&row.stage));
        let by_kind = || (current..published.stages.len()).find(|&step| lists_kind(step));
        let own = by_id.or_else(by_kind);
        current = own.unwrap_or(current);
        steps.push((current, own.is_some() || has(&row.stage) || !is_step(&row.stage)));
    }
    steps
}

fn ratio(part: i128, whole: i128) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Comparison {
    /// The comparison for a terminal of `width` columns.
    pub fn to_text(&self, width: usize, color: bool) -> String {
        let mut lines = vec![paint(&self.heading(), Style::Strong, color)];
        lines.push(format!("  source  {}", escape(&self.source)));
        lines.extend(self.notes.iter().map(|note| format!("  note    {}", escape(note))));
        lines.push(String::new());
        lines.join("\n") + "\n" + &self.grid().to_text(width, color)
    }

    /// The comparison as Markdown.
    pub fn to_markdown(&self) -> String {
        let mut lines = vec![format!("## {}\n", markdown_cell(&self.heading()))];
        lines.push(format!("- source: {}", markdown_cell(&escape(&self.source))));
        lines.extend(self.notes.iter().map(|note| format!("- note: {}", markdown_cell(&escape(note)))));
        lines.push(String::new());
        lines.join("\n") + "\n" + &self.grid().to_markdown()
    }

    /// The comparison as indented JSON, ending with a line break.
    pub fn to_json(&self) -> Result<String, ReportError> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    fn heading(&self) -> String {
        let run = if self.run.is_empty() { "unnamed run" } else { &self.run };
        format!("{} beside {} ({})", escape(run), escape(&self.title), escape(&self.unit))
    }

    fn grid(&self) -> Grid {
        let header = vec![
            "step",
            "removed,\npublished",
            "this\nrun",
            "retained,\npublished",
            "this\nrun",
            "difference",
            "stages",
        ];
        Grid { header, lines: self.rows.iter().map(line).collect(), optional: vec![6, 5] }
    }
}

fn line(row: &ComparisonRow) -> Line {
    let difference = row.retained_difference_points.map_or_else(|| "-".to_owned(), |points| format!("{points:+.2} pp"));
    let stages = if row.stages.is_empty() { "-".to_owned() } else { escape(&row.stages.join(", ")).into_owned() };
    let cells = vec![
        escape(&row.step).into_owned(),
        percent_or_dash(row.published_removed),
        percent_or_dash(row.removed),
        percent_or_dash(Some(row.published_retained)),
        percent_or_dash(row.retained),
        difference,
        stages,
    ];
    Line { style: if row.stages.is_empty() { Style::Faint } else { Style::Plain }, cells }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::cleaning_table;
    use crate::test_runs;

    /// As the stages of the test runs say of themselves.
    fn is_step(kind: &str) -> bool {
        ["url_filter", "filter", "exact_dedupe", "minhash_dedupe", "line_dedupe", "classifier"].contains(&kind)
    }

    #[test]
    fn branches_are_set_beside_wanjuan_cc() {
        let comparison = compare(&cleaning_table(&test_runs::branches()), "wanjuan-cc", is_step).expect("is there");
        insta::assert_snapshot!("compare_text", comparison.to_text(120, false));
        insta::assert_snapshot!("compare_markdown", comparison.to_markdown());
        insta::assert_snapshot!("compare_json", comparison.to_json().expect("can be written"));
    }

    #[test]
    fn the_last_step_retains_what_the_run_wrote() {
        let table = cleaning_table(&test_runs::branches());
        for name in published::names() {
            let comparison = compare(&table, name, is_step).expect("is there");
            let last = comparison.rows.iter().rev().find_map(|row| row.retained).expect("some step is there");
            if comparison.notes.iter().any(|note| note.starts_with("there is no such step")) {
                continue;
            }
            let bytes = comparison.unit == "bytes";
            let expected = if bytes { table.totals.retained_bytes } else { table.totals.retained };
            assert!((last - expected.expect("read some")).abs() < 1e-12, "{name}: {last} {expected:?}");
        }
    }

    #[test]
    fn stages_that_the_table_does_not_have_are_named_and_not_counted_as_its_own() {
        let table = cleaning_table(&test_runs::branches());
        let comparison = compare(&table, "txt360", is_step).expect("is there");
        let named = comparison.notes.iter().filter(|note| note.starts_with("there is no such step")).count();
        assert!(named > 0, "{:?}", comparison.notes);
        assert!(comparison.rows[0].stages.iter().all(|id| !id.starts_with("rules")), "{:?}", comparison.rows);
    }

    #[test]
    fn an_empty_run_compares_without_dividing_by_zero() {
        let comparison = compare(&cleaning_table(&test_runs::empty()), "c4", is_step).expect("is there");
        assert!(comparison.rows.iter().all(|row| row.removed.is_none() && row.retained.is_none()));
        let zero = compare(&cleaning_table(&test_runs::zero_input()), "c4", is_step).expect("is there");
        assert!(zero.rows.iter().all(|row| row.removed.is_none() && row.retained.is_none()));
    }

    #[test]
    fn an_unknown_table_is_an_error_with_the_names_there_are() {
        let error = compare(&cleaning_table(&test_runs::empty()), "wanjuan", is_step).expect_err("is not there");
        insta::assert_snapshot!(error, @"there is no published table `wanjuan`; known tables: wanjuan-cc, map-neo-zh, map-neo-en, chinese-web-text, c4, fineweb-2-zh, refinedweb, txt360, data-juicer-alpaca-cot-zh");
    }
}
