//! What a deduplication found, for people.

use textmill_document::{ClusterReport, RepeatReport};

use crate::format::{count, escape, percent_or_dash};
use crate::grid::{Grid, Line, Style};
use crate::measure::ratio;
use crate::table::CleaningTable;

/// Sources that are shown.
const SOURCES: usize = 20;

/// The tables of one deduplication.
pub(crate) struct Section {
    /// What it is about, in one line.
    pub(crate) title: String,
    /// Clusters by size, the largest clusters, removed documents by source: those that are not empty.
    pub(crate) grids: Vec<Grid>,
}

/// A section for each deduplication of the run.
pub(crate) fn sections(table: &CleaningTable) -> Vec<Section> {
    table.clusters.iter().map(|(stage, report)| section(stage, report)).collect()
}

fn section(stage: &str, report: &ClusterReport) -> Section {
    if let Some(repeats) = &report.repeats {
        return Section { title: repeats_title(stage, report.documents, repeats), grids: Vec::new() };
    }
    let mut title = format!(
        "{}: {} clusters, {} of {} documents removed ({} with the text of another",
        escape(stage),
        count(report.clusters),
        count(report.removed),
        count(report.documents),
        count(report.same_text),
    );
    if report.same_url > 0 {
        title.push_str(&format!(", {} with its URL", count(report.same_url)));
    }
    title.push(')');
    if report.compared > 0 {
        title.push_str(&format!("; {} of {} compared pairs are alike", count(report.passed), count(report.compared)));
    }
    if report.large_buckets > 0 {
        let (buckets, largest) = (count(report.large_buckets), count(report.largest_bucket));
        title.push_str(&format!("; {buckets} buckets above the bound, the largest of {largest} documents"));
    }
    if report.refused > 0 {
        title.push_str(&format!("; {} joins refused by the bound on clusters", count(report.refused)));
    }
    let pair = |(label, number): &(String, u64)| line(vec![escape(label).into_owned(), count(*number)]);
    let source = |(name, all, removed): &(String, u64, u64)| {
        let share = percent_or_dash(ratio(*removed, *all));
        line(vec![escape(name).into_owned(), count(*all), count(*removed), share])
    };
    let grids = [
        (vec!["documents in a cluster", "clusters"], report.sizes.iter().map(pair).collect()),
        (vec!["largest clusters, by the document that stayed", "documents"], report.largest.iter().map(pair).collect()),
        (vec!["source", "documents", "removed", "share"], report.sources.iter().take(SOURCES).map(source).collect()),
    ];
    let some = grids.into_iter().filter(|(_, lines): &(_, Vec<Line>)| !lines.is_empty());
    Section { title, grids: some.map(|(header, lines)| Grid { header, lines, optional: Vec::new() }).collect() }
}

fn repeats_title(stage: &str, documents: u64, repeats: &RepeatReport) -> String {
    format!(
        "{}: {} repeats of {} bytes of text in {} of {} documents ({} of the repeats stand first in the same document)",
        escape(stage),
        count(repeats.spans),
        count(repeats.bytes),
        count(repeats.documents),
        count(documents),
        count(repeats.within),
    )
}

fn line(cells: Vec<String>) -> Line {
    Line { style: Style::Plain, cells }
}
