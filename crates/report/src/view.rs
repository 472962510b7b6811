//! The parts of the report that all its forms share.

use textmill_document::{ByteSize, Count};

use crate::format::{count, duration, escape, percent, percent_or_dash};
use crate::grid::{Grid, Line, Style};
use crate::measure::ratio;
use crate::table::{Balance, CleaningTable, CodeCount, StageRow};

/// What stands above the table: a label and a value each.
pub(crate) fn facts(table: &CleaningTable) -> Vec<(&'static str, String)> {
    let totals = &table.totals;
    let state = if table.complete { "complete" } else { "not complete" };
    let tasks = format!("{state}, {} of {} tasks", count(table.tasks_done), count(table.tasks_total));
    let mut facts = vec![("status", tasks), ("read", amount(totals.input))];
    let kept = totals.retained.map_or_else(String::new, |share| format!(" ({} of the documents)", percent(share)));
    facts.push(("kept", amount(totals.output) + &kept));
    if !table.skipped.is_empty() {
        let kinds = table.skipped.iter().map(|(kind, found)| format!("{} {}", count(found.documents), escape(kind)));
        facts.push(("skipped", format!("records that are no documents: {}", kinds.collect::<Vec<_>>().join(", "))));
    }
    if let Some(time) = time(table) {
        facts.push(("time", time));
    }
    if !table.output.is_empty() {
        facts.push(("output", escape(&table.output).into_owned()));
    }
    for (name, size) in &table.datasets {
        let noun = if size.files == 1 { "file" } else { "files" };
        let (files, rows, bytes) = (count(size.files), count(size.rows), ByteSize(size.bytes));
        facts.push(("files", format!("{}: {rows} rows in {files} {noun}, {bytes}", escape(name))));
    }
    if let Some(digest) = &table.digest {
        facts.push(("digest", escape(digest).into_owned()));
    }
    facts
}

fn amount(amount: Count) -> String {
    let noun = if amount.documents == 1 { "document" } else { "documents" };
    format!("{} {noun}, {}", count(amount.documents), ByteSize(amount.bytes))
}

fn time(table: &CleaningTable) -> Option<String> {
    let mut parts = Vec::new();
    parts.extend(table.wall_seconds.map(duration));
    parts.extend(table.totals.cpu_seconds.map(|seconds| format!("{} CPU in stages", duration(seconds))));
    parts.extend(table.totals.mb_per_second.map(|rate| format!("{rate:.1} MB/s")));
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The name of the run, for titles.
pub(crate) fn title(table: &CleaningTable) -> String {
    if table.name.is_empty() { "unnamed run".to_owned() } else { escape(&table.name).into_owned() }
}

/// The stages with their drops, duplicates and quarantined documents below each.
pub(crate) fn stage_grid(table: &CleaningTable) -> Grid {
    let header = vec![
        "stage",
        "in",
        "out",
        "removed",
        "removed vs\nprevious",
        "retained vs\nraw input",
        "bytes\nout",
        "bytes\nretained",
        "CPU",
        "MB/s\nper CPU",
    ];
    Grid { header, lines: table.rows.iter().flat_map(stage_lines).collect(), optional: vec![9, 7, 8, 6] }
}

fn stage_lines(row: &StageRow) -> Vec<Line> {
    let name = if row.id == row.stage { row.id.clone() } else { format!("{} ({})", row.id, row.stage) };
    let cells = vec![
        escape(&name).into_owned(),
        count(row.input.documents),
        count(row.kept.documents),
        count(row.removed.documents),
        percent_or_dash(row.removed_vs_previous),
        percent_or_dash(row.retained_vs_input),
        ByteSize(row.kept.bytes).to_string(),
        percent_or_dash(row.retained_vs_input_bytes),
        row.cpu_seconds.map_or_else(|| "-".to_owned(), duration),
        row.mb_per_cpu_second.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1}")),
    ];
    let mut lines = vec![Line { style: Style::Plain, cells }];
    if !row.elsewhere.is_zero() {
        let elsewhere = count(row.elsewhere.documents);
        lines.push(Line {
            style: Style::Faint,
            cells: vec!["  to other branches".to_owned(), String::new(), elsewhere],
        });
    }
    lines.extend(row.dropped.iter().map(|dropped| code_line(dropped, "")));
    if !row.duplicates.is_zero() {
        let share = ratio(row.duplicates.documents, row.seen().documents);
        lines.push(code_line(&CodeCount { code: "duplicates".to_owned(), count: row.duplicates, share }, ""));
    }
    lines.extend(row.quarantined.iter().map(|cause| code_line(cause, " (quarantined)")));
    lines
}

fn code_line(coded: &CodeCount, suffix: &str) -> Line {
    let label = format!("  {}{suffix}", escape(&coded.code));
    let share = percent_or_dash(coded.share);
    let cells = vec![label, String::new(), String::new(), count(coded.count.documents), share];
    Line { style: Style::Faint, cells }
}

/// The account of all documents as one line.
pub(crate) fn balance_line(balance: &Balance) -> String {
    let documents = |part: Count| count(part.documents);
    let noun = if balance.input.documents == 1 { "document" } else { "documents" };
    let copies = match balance.branch_copies.documents {
        0 => String::new(),
        copies => format!(" + {} branch copies", count(copies)),
    };
    let verdict = if balance.balanced { "balanced" } else { "NOT BALANCED" };
    format!(
        "{} {noun} in{copies} = {} kept + {} dropped + {} duplicates + {} quarantined   ({verdict})",
        documents(balance.input),
        documents(balance.output),
        documents(balance.dropped),
        documents(balance.duplicates),
        documents(balance.quarantined),
    )
}

/// Warnings, safe to print.
pub(crate) fn warnings(table: &CleaningTable) -> Vec<String> {
    table.warnings.iter().map(|warning| escape(warning).into_owned()).collect()
}

/// One bar of the picture of what is retained.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(crate) struct Bar {
    pub(crate) label: String,
    /// Share of the raw input, 0 to 1.
    pub(crate) share: f64,
    pub(crate) percent: String,
}

/// What each stage retained of the raw input, in documents; none where nothing was read.
pub(crate) fn bars(table: &CleaningTable) -> Vec<Bar> {
    let bar = |row: &StageRow| {
        let share = row.retained_vs_input?;
        Some(Bar { label: escape(&row.id).into_owned(), share: share.clamp(0.0, 1.0), percent: percent(share) })
    };
    table.rows.iter().filter_map(bar).collect()
}
