//! Stage statistics that other corpora published.
//!
//! The numbers are those printed in the source named with each table. Ratios that were printed are
//! kept as printed, also where they differ from what the other printed ratios give: in WanJuan-CC's
//! figure by up to 0.2 percentage points.

/// What a published ratio counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Documents.
    Documents,
    /// Bytes.
    Bytes,
    /// The source does not say; compared with documents.
    Unstated,
}

impl Unit {
    /// The unit as a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Bytes => "bytes",
            Self::Unstated => "unit not stated",
        }
    }
}

/// One step of a published table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PublishedStage {
    /// Name of the step; a stage of ours whose id begins with it is set beside it.
    pub id: &'static str,
    /// What the source calls it.
    pub title: &'static str,
    /// Percentage removed of what the step before left, where the source prints it.
    pub removed: Option<f64>,
    /// Percentage retained of the raw input.
    pub retained: f64,
    /// Kinds of stages of ours that do the same.
    pub kinds: &'static [&'static str],
}

/// The published table of one corpus.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PublishedTable {
    /// Name by which it is asked for.
    pub name: &'static str,
    /// The corpus.
    pub title: &'static str,
    /// What is counted.
    pub unit: Unit,
    /// Where the numbers stand.
    pub source: &'static str,
    /// What one must know to read the numbers.
    pub note: &'static str,
    /// The steps in order.
    pub stages: &'static [PublishedStage],
}

const fn stage(
    id: &'static str,
    title: &'static str,
    removed: Option<f64>,
    retained: f64,
    kinds: &'static [&'static str],
) -> PublishedStage {
    PublishedStage { id, title, removed, retained, kinds }
}

const READ: &[&str] = &["input", "extract", "language_id", "keep_where"];
const RULES: &[&str] = &["filter"];
const EXACT: &[&str] = &["exact_dedupe"];
const NEAR: &[&str] = &["minhash_dedupe"];
const LINES: &[&str] = &["line_dedupe"];
const SUBSTRINGS: &[&str] = &["substring_dedupe"];
const SCORE: &[&str] = &["score"];

/// Every table that [`compare`](crate::compare) knows.
pub static TABLES: &[PublishedTable] = &[
    PublishedTable {
        name: "wanjuan-cc",
        title: "WanJuan-CC (WanJuan 2.0), English web pages of Common Crawl",
        unit: Unit::Documents,
        source: "opendatalab/WanJuan2.0-WanJuan-CC, readme_pic/retention.png",
        note: "printed ratios agree with each other to 0.2 percentage points",
        stages: &[
            stage("language", "extraction and language", Some(47.4), 52.6, READ),
            stage("rules", "rule-based filtering", Some(37.8), 32.8, RULES),
            stage("dedupe", "LSH deduplication", Some(90.2), 3.22, &["exact_dedupe", "minhash_dedupe"]),
            stage("safety", "safety filtering", Some(14.3), 2.76, SCORE),
            stage("quality", "quality filtering", Some(50.1), 1.38, SCORE),
        ],
    },
    PublishedTable {
        name: "map-neo-zh",
        title: "MAP-NEO (Matrix), Chinese part of Common Crawl",
        unit: Unit::Unstated,
        source: "MAP-NEO, figure chinese_data_pipeline.png",
        note: "retained shares are printed as whole percentages; removals follow from them",
        stages: &[
            stage("rules", "heuristic filtering", None, 38.0, RULES),
            stage("exact", "exact deduplication", None, 26.0, EXACT),
            stage("minhash", "MinHash deduplication", None, 19.0, NEAR),
            stage("lines", "similar-line deduplication", None, 15.0, LINES),
        ],
    },
    PublishedTable {
        name: "map-neo-en",
        title: "MAP-NEO (Matrix), English part of Common Crawl",
        unit: Unit::Unstated,
        source: "MAP-NEO, figure of the English pipeline",
        note: "retained shares are printed as whole percentages; removals follow from them",
        stages: &[
            stage("rules", "heuristic filtering", None, 20.0, RULES),
            stage("exact", "exact document deduplication", None, 12.0, EXACT),
            stage("minhash", "MinHash deduplication", None, 7.0, NEAR),
            stage("lines", "paragraph deduplication", None, 4.0, LINES),
            stage("substrings", "exact substring deduplication", None, 4.0, SUBSTRINGS),
        ],
    },
    PublishedTable {
        name: "chinese-web-text",
        title: "ChineseWebText, nine snapshots",
        unit: Unit::Bytes,
        source: "ChineseWebText, figure of its processing: 3834.58, 1420.70 and 599.82 GB",
        note: "its raw input is monolingual Chinese text, already deduplicated by CCNet",
        stages: &[
            stage("rules", "rules and quality scores", None, 100.0 * 1420.70 / 3834.58, RULES),
            stage("quality", "cleaner subset, quality above 0.9", None, 100.0 * 599.82 / 3834.58, SCORE),
        ],
    },
    PublishedTable {
        name: "c4",
        title: "C4, English (en.noclean, en.noblocklist, en)",
        unit: Unit::Documents,
        source: "the C4 dataset card: 1,063,805,381, 393,391,519 and 364,868,892 documents",
        note: "its first step holds language, rules and deduplication together",
        stages: &[
            stage(
                "rules",
                "cleaning",
                None,
                100.0 * 393_391_519.0 / 1_063_805_381.0,
                &[
                    "input",
                    "extract",
                    "language_id",
                    "keep_where",
                    "normalize",
                    "filter",
                    "exact_dedupe",
                    "line_dedupe",
                ],
            ),
            stage("safety", "bad-word list", None, 100.0 * 364_868_892.0 / 1_063_805_381.0, SCORE),
        ],
    },
];

/// The table `name`.
pub fn table(name: &str) -> Option<&'static PublishedTable> {
    TABLES.iter().find(|table| table.name == name)
}

/// The names of all tables.
pub fn names() -> Vec<&'static str> {
    TABLES.iter().map(|table| table.name).collect()
}

impl PublishedTable {
    /// Share that step `index` retained of the raw input, 0 to 1.
    pub fn retained(&self, index: usize) -> Option<f64> {
        self.stages.get(index).map(|stage| from_percent(stage.retained))
    }

    /// Share that step `index` removed of what the step before left, 0 to 1: as printed, or from
    /// the retained shares.
    pub fn removed(&self, index: usize) -> Option<f64> {
        let stage = self.stages.get(index)?;
        if let Some(printed) = stage.removed {
            return Some(from_percent(printed));
        }
        let before =
            index.checked_sub(1).and_then(|index| self.stages.get(index)).map_or(100.0, |stage| stage.retained);
        (before > 0.0).then(|| from_percent(100.0 - 100.0 * stage.retained / before))
    }
}

/// A percentage as a share, rounded to six decimals: 37.8 is 0.378 and no long fraction.
fn from_percent(percent: f64) -> f64 {
    (percent * 1e4).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_only_ever_shrink_and_ids_are_unique() {
        for table in TABLES {
            let mut before = 100.0;
            let mut ids = Vec::new();
            for stage in table.stages {
                assert!(stage.retained <= before && stage.retained > 0.0, "{} {}", table.name, stage.id);
                assert!(!ids.contains(&stage.id), "{} {}", table.name, stage.id);
                before = stage.retained;
                ids.push(stage.id);
            }
        }
    }

    #[test]
    fn printed_removals_fit_the_retained_shares() {
        let table = table("wanjuan-cc").expect("is there");
        let mut before = 100.0;
        for (index, stage) in table.stages.iter().enumerate() {
            let derived = 1.0 - stage.retained / before;
            let printed = table.removed(index).expect("printed");
            assert!((derived - printed).abs() < 0.002, "{}: {derived} {printed}", stage.id);
            before = stage.retained;
        }
    }

    #[test]
    fn removals_that_were_not_printed_are_derived() {
        let removed = |name: &str, index| table(name).and_then(|table| table.removed(index)).expect("a stage");
        assert!((removed("map-neo-zh", 1) - 0.316).abs() < 0.001);
        assert!((removed("chinese-web-text", 0) - 0.6295).abs() < 0.0001);
        assert!((removed("c4", 1) - 0.0725).abs() < 0.0001);
        assert!(table("map-neo-en").expect("is there").removed(9).is_none());
    }
}
