//! From the counts of a run to the cleaning table.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use textmill_document::{Count, Ledger, StageLedger};

use crate::format::{count, percent};
use crate::table::{Balance, CleaningTable, CodeCount, FORMAT_VERSION, RunSummary, StageRow, Totals};

/// Stages whose purpose is to drop documents: one that drops none is worth a look.
const DROPPING_STAGES: &[&str] = &["filter", "keep_where", "score"];

/// Above this share a stage's removals are worth a look.
const NEARLY_ALL: f64 = 0.95;

/// With fewer documents than this, "none" and "nearly all" are chance.
const FEWEST_FOR_WARNING: u64 = 20;

/// Makes the cleaning table of a run.
pub fn cleaning_table(run: &RunSummary) -> CleaningTable {
    let raw = run.ledger.input();
    let seconds = |id: &str| run.stage_cpu_seconds.get(id).copied();
    let rows: Vec<_> = run.ledger.stages.iter().map(|stage| row(stage, raw, seconds(&stage.id))).collect();
    let balance = balance(&run.ledger);
    let mut warnings = run.warnings.clone();
    warnings.extend(run_warnings(run, &balance));
    warnings.extend(rows.iter().filter_map(stage_warning));
    warnings.extend(rows.iter().filter_map(code_warning));
    CleaningTable {
        format_version: FORMAT_VERSION,
        name: run.name.clone(),
        complete: run.complete,
        tasks_done: run.tasks_done,
        tasks_total: run.tasks_total,
        wall_seconds: run.wall_seconds,
        output: run.output.clone(),
        digest: run.digest.clone(),
        totals: totals(run, raw),
        rows,
        balance,
        datasets: run.datasets.clone(),
        skipped: run.ledger.stages.first().map(|input| input.skipped.clone()).unwrap_or_default(),
        clusters: run.clusters.clone(),
        quarantined_shards: run.quarantined_shards.clone(),
        warnings,
    }
}

fn row(stage: &StageLedger, raw: Count, cpu_seconds: Option<f64>) -> StageRow {
    let mut row = StageRow {
        id: stage.id.clone(),
        stage: stage.stage.clone(),
        input: stage.input,
        kept: stage.kept,
        removed: [stage.dropped_total(), stage.duplicates, stage.quarantined_total()].into_iter().sum(),
        dropped: Vec::new(),
        duplicates: stage.duplicates,
        quarantined: Vec::new(),
        elsewhere: stage.elsewhere,
        rewritten_bytes: stage.rewritten_bytes,
        changed: stage.changed.clone(),
        removed_vs_previous: None,
        removed_vs_previous_bytes: None,
        retained_vs_input: ratio(stage.kept.documents, raw.documents),
        retained_vs_input_bytes: ratio(stage.kept.bytes, raw.bytes),
        cpu_seconds,
        mb_per_cpu_second: cpu_seconds.and_then(|seconds| rate(stage.input.bytes, seconds)),
    };
    let seen = row.seen();
    row.dropped = by_code(&stage.dropped, seen);
    row.quarantined = by_code(&stage.quarantined, seen);
    row.removed_vs_previous = ratio(row.removed.documents, seen.documents);
    row.removed_vs_previous_bytes = ratio(row.removed.bytes, seen.bytes);
    row
}

/// Counts with their share of `seen`, most documents first, equal ones by name.
fn by_code(counts: &BTreeMap<String, Count>, seen: Count) -> Vec<CodeCount> {
    let share = |count: Count| ratio(count.documents, seen.documents);
    let coded = counts.iter().map(|(code, &count)| CodeCount { code: code.clone(), count, share: share(count) });
    let mut coded: Vec<_> = coded.collect();
    coded.sort_by_key(|coded| Reverse(coded.count.documents));
    coded
}

fn totals(run: &RunSummary, raw: Count) -> Totals {
    let ledger = &run.ledger;
    let measured = !run.stage_cpu_seconds.is_empty();
    Totals {
        input: raw,
        output: ledger.output,
        removed: [ledger.dropped(), ledger.duplicates(), ledger.quarantined()].into_iter().sum(),
        retained: ratio(ledger.output.documents, raw.documents),
        retained_bytes: ratio(ledger.output.bytes, raw.bytes),
        cpu_seconds: measured.then(|| run.stage_cpu_seconds.values().sum()),
        mb_per_second: run.wall_seconds.and_then(|seconds| rate(raw.bytes, seconds)),
    }
}

fn balance(ledger: &Ledger) -> Balance {
    let checked = ledger.check();
    Balance {
        input: ledger.input(),
        branch_copies: ledger.branch_copies,
        output: ledger.output,
        dropped: ledger.dropped(),
        duplicates: ledger.duplicates(),
        quarantined: ledger.quarantined(),
        balanced: checked.is_ok(),
        imbalance: checked.err().map(|imbalance| imbalance.to_string()),
    }
}

fn run_warnings(run: &RunSummary, balance: &Balance) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(imbalance) = &balance.imbalance {
        warnings.push(format!("documents are unaccounted for: {imbalance}"));
    }
    if !run.complete {
        let (done, total) = (count(run.tasks_done), count(run.tasks_total));
        warnings.push(format!("the run is not complete: the figures are those of {done} of {total} tasks"));
    }
    if !run.quarantined_shards.is_empty() {
        let (number, names) = (run.quarantined_shards.len(), run.quarantined_shards.join(", "));
        let noun = if number == 1 { "input file" } else { "input files" };
        warnings.push(format!("{number} {noun} could not be read: {names}"));
    }
    warnings
}

fn stage_warning(row: &StageRow) -> Option<String> {
    let seen = row.seen().documents;
    if seen < FEWEST_FOR_WARNING {
        return None;
    }
    let (id, seen) = (&row.id, count(seen));
    if DROPPING_STAGES.contains(&row.stage.as_str()) && row.removed.documents == 0 && row.elsewhere.is_zero() {
        return Some(format!("stage `{id}` dropped none of {seen} documents; check its bounds and its mode"));
    }
    let removed = row.removed_vs_previous.filter(|share| *share > NEARLY_ALL)?;
    let share = percent(removed);
    Some(format!("stage `{id}` removed {share} of {seen} documents; look at a sample of them"))
}

/// Lines of programs repeat by nature: closing brackets, imports, returns.
fn code_warning(row: &StageRow) -> Option<String> {
    let documents = row.changed.get("repeated_in_code").documents;
    let id = &row.id;
    (documents > 0).then(|| {
        let (number, noun) =
            (count(documents), if documents == 1 { "document that looks" } else { "documents that look" });
        format!(
            "stage `{id}` cut repeated lines out of {number} {noun} like program code, which no longer runs; \
             route code past it, or raise `min_chars` and `min_count`"
        )
    })
}

pub(crate) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Seconds below which a clock says too little of a stage.
const SHORTEST: f64 = 1e-3;
/// Megabytes (10^6 bytes) per second that no stage reaches which looks at the text: about what one core copies. A stage
/// beyond it routes documents by other columns.
const FASTEST: f64 = 5_000.0;

/// Megabytes per second; none for times too short to mean anything, and where the bytes were not looked at.
fn rate(bytes: u64, seconds: f64) -> Option<f64> {
    let rate = bytes as f64 / 1e6 / seconds;
    (seconds.is_finite() && seconds >= SHORTEST && rate <= FASTEST).then_some(rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_runs;

    fn near(ratio: Option<f64>, expected: f64) -> bool {
        ratio.is_some_and(|ratio| (ratio - expected).abs() < 1e-9)
    }

    #[test]
    fn branches_are_measured_against_what_they_looked_at() {
        let table = cleaning_table(&test_runs::branches());
        let row = |id: &str| table.rows.iter().find(|row| row.id == id).expect("is there");
        let english = row("english");
        assert!(near(english.removed_vs_previous, 1_899.0 / 10_899.0));
        assert!(near(english.retained_vs_input, 9_000.0 / 13_000.0));
        assert!(near(row("chinese").removed_vs_previous, 0.0));
        assert!(near(row("dedupe").removed_vs_previous, 7_700.0 / 8_000.0));
        assert!(near(row("input").mb_per_cpu_second, 26.0 / 1.25));
        assert!(table.balance.balanced, "{:?}", table.balance.imbalance);
    }

    #[test]
    fn rates_that_mean_nothing_are_left_out() {
        assert_eq!(rate(2_000_000, 0.5), Some(4.0));
        for (bytes, seconds) in
            [(388_143_000, 0.01), (10, 0.0), (10, 0.000_9), (10, f64::NAN), (10, -1.0), (u64::MAX, 1.0)]
        {
            assert_eq!(rate(bytes, seconds), None, "{bytes} {seconds}");
        }
        assert!(rate(5_000_000_000, 1.0).is_some() && rate(0, 0.001).is_some());
    }

    #[test]
    fn reasons_are_sorted_by_documents() {
        let table = cleaning_table(&test_runs::branches());
        let row = table.rows.iter().find(|row| row.id == "rules_en").expect("is there");
        let codes: Vec<_> = row.dropped.iter().map(|dropped| dropped.code.as_str()).collect();
        assert_eq!(codes, ["too_few_words", "symbol_ratio_too_high", "no_stop_words"]);
        assert!(near(row.dropped[0].share, 2_000.0 / 9_000.0));
    }

    #[test]
    fn stages_that_drop_nothing_or_nearly_all_are_pointed_out() {
        let warnings = cleaning_table(&test_runs::branches()).warnings;
        assert_eq!(
            warnings,
            [
                "stage `rules_zh` dropped none of 2,000 documents; check its bounds and its mode",
                "stage `dedupe` removed 96.2 % of 8,000 documents; look at a sample of them",
            ]
        );
    }

    #[test]
    fn lines_cut_out_of_code_are_pointed_out() {
        let mut run = test_runs::zero_input();
        let mut stage = StageLedger::new("lines", "line_dedupe");
        stage.changed.add("repeated", 9);
        run.ledger.stages.push(stage.clone());
        assert!(cleaning_table(&run).warnings.is_empty());
        stage.changed.add("repeated_in_code", 9);
        run.ledger.stages.push(stage);
        let warnings = cleaning_table(&run).warnings;
        assert!(warnings.iter().any(|warning| warning.contains("1 document that looks like")), "{warnings:?}");
    }

    #[test]
    fn runs_without_documents_have_no_ratios() {
        let table = cleaning_table(&test_runs::zero_input());
        assert!(table.rows.iter().all(|row| row.removed_vs_previous.is_none() && row.retained_vs_input.is_none()));
        assert_eq!((table.totals.retained, table.totals.mb_per_second), (None, None));
        assert!(table.warnings.is_empty(), "{:?}", table.warnings);
        assert!(cleaning_table(&RunSummary::default()).rows.is_empty());
    }

    #[test]
    fn a_lost_document_is_named() {
        let table = cleaning_table(&test_runs::hostile());
        assert!(!table.balance.balanced);
        assert!(table.warnings.iter().any(|warning| warning.contains("does not balance")), "{:?}", table.warnings);
    }
}
