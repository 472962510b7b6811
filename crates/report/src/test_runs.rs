//! Runs for the tests of this crate.

use textmill_document::{ClusterReport, Count, Ledger, StageLedger};

use crate::table::{DatasetSize, RunSummary};

/// Nothing is done yet.
pub(crate) fn empty() -> RunSummary {
    RunSummary { name: "empty".to_owned(), tasks_total: 3, output: "out".to_owned(), ..RunSummary::default() }
}

/// Complete, but the input held no documents.
pub(crate) fn zero_input() -> RunSummary {
    let stages = vec![StageLedger::new("input", "input"), StageLedger::new("rules", "filter")];
    RunSummary {
        name: "nothing to do".to_owned(),
        ledger: Ledger { stages, ..Ledger::default() },
        complete: true,
        wall_seconds: Some(0.0),
        output: "out".to_owned(),
        ..RunSummary::default()
    }
}

/// Two language branches that meet again, with every way to leave the pipeline.
pub(crate) fn branches() -> RunSummary {
    let mut input = StageLedger::new("input", "input");
    input.input = Count::new(13_000, 26_000_000);
    input.kept = Count::new(12_900, 25_900_000);
    input.add_quarantined("malformed", Count::new(90, 90_000));
    input.add_quarantined("too_large", Count::new(10, 10_000));

    let mut page = StageLedger::new("normalize", "normalize");
    page.input = input.kept;
    page.kept = Count::new(12_899, 25_000_000);
    page.add_quarantined("panic", Count::new(1, 400));
    page.rewritten_bytes = -899_600;

    let mut english = StageLedger::new("english", "keep_where");
    english.input = page.kept;
    english.kept = Count::new(9_000, 18_000_000);
    english.elsewhere = Count::new(2_000, 5_000_000);
    english.add_dropped("predicate_false", Count::new(1_899, 2_000_000));

    let mut chinese = StageLedger::new("chinese", "keep_where");
    chinese.input = page.kept;
    chinese.kept = Count::new(2_000, 5_000_000);
    chinese.elsewhere = Count::new(10_899, 20_000_000);

    let mut rules_en = StageLedger::new("rules_en", "filter");
    rules_en.input = english.kept;
    rules_en.kept = Count::new(6_000, 14_000_000);
    rules_en.add_dropped("too_few_words", Count::new(2_000, 1_000_000));
    rules_en.add_dropped("symbol_ratio_too_high", Count::new(999, 2_998_000));
    rules_en.add_dropped("no_stop_words", Count::new(1, 2_000));

    let mut rules_zh = StageLedger::new("rules_zh", "filter");
    rules_zh.input = chinese.kept;
    rules_zh.kept = chinese.kept;

    let mut dedupe = StageLedger::new("dedupe", "minhash_dedupe");
    dedupe.input = Count::new(8_000, 19_000_000);
    dedupe.kept = Count::new(300, 1_000_000);
    dedupe.duplicates = Count::new(7_700, 18_000_000);

    let stages = vec![input, page, english, chinese, rules_en, rules_zh, dedupe];
    let seconds = [("input", 1.25), ("normalize", 3.5), ("rules_en", 61.0), ("dedupe", 0.4)];
    let data = DatasetSize { files: 3, rows: 300, bytes: 400_000 };
    let dropped = DatasetSize { files: 1, rows: 200, bytes: 12_000 };
    RunSummary {
        name: "wanjuan-like".to_owned(),
        ledger: Ledger { stages, branch_copies: Count::default(), output: Count::new(300, 1_000_000) },
        complete: true,
        tasks_done: 12,
        tasks_total: 12,
        wall_seconds: Some(34.5),
        stage_cpu_seconds: seconds.into_iter().map(|(id, seconds)| (id.to_owned(), seconds)).collect(),
        digest: Some("6f1c0ffee".to_owned()),
        output: "out/wanjuan".to_owned(),
        datasets: [("data".to_owned(), data), ("dropped".to_owned(), dropped)].into(),
        clusters: [("dedupe".to_owned(), clusters())].into(),
        quarantined_shards: Vec::new(),
        warnings: Vec::new(),
    }
}

fn clusters() -> ClusterReport {
    ClusterReport {
        documents: 8_000,
        clusters: 120,
        removed: 7_700,
        same_text: 6_000,
        same_url: 3,
        compared: 9_000,
        passed: 2_500,
        large_buckets: 2,
        largest_bucket: 900,
        refused: 1,
        sizes: vec![("2".to_owned(), 100), ("5001-8192".to_owned(), 1)],
        largest: vec![("doc-1".to_owned(), 7_000), ("b|c".to_owned(), 12)],
        sources: vec![("crawl".to_owned(), 8_000, 7_700), (String::new(), 0, 0)],
        repeats: None,
    }
}

/// Names that try to steer a terminal or a browser, a run that is not complete and not balanced.
pub(crate) fn hostile() -> RunSummary {
    let mut stage = StageLedger::new("<script>alert(1)</script>", "fil\u{1b}[2Jter|`x`");
    stage.input = Count::new(1_000, 1_000);
    stage.kept = Count::new(10, 10);
    let clusters = ClusterReport { largest: vec![("<b>\u{1b}[2J".to_owned(), 2)], ..ClusterReport::default() };
    stage.add_dropped("\u{202e}reason\n\"'<b>", Count::new(989, 989));
    RunSummary {
        name: "</title>\u{1b}]0;owned\u{7}".to_owned(),
        ledger: Ledger { stages: vec![stage], branch_copies: Count::new(2, 2), output: Count::new(10, 10) },
        tasks_done: 1,
        tasks_total: 2,
        output: "out/\u{1b}[31m<i>".to_owned(),
        clusters: [("<i>\u{7}".to_owned(), clusters)].into(),
        quarantined_shards: vec!["in/\u{9b}a.jsonl".to_owned(), "in/b<.gz".to_owned()],
        warnings: vec!["mind the \u{7f} gap & <hr>".to_owned()],
        ..RunSummary::default()
    }
}
