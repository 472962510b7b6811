//! The input of a report, and the cleaning table made of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use textmill_document::{Changes, ClusterReport, Count, Ledger};

/// Version of the JSON form of [`CleaningTable`] and [`Comparison`](crate::Comparison); raised when
/// a field changes its meaning or goes away, not when one is added.
pub const FORMAT_VERSION: u32 = 1;

/// Size of one published dataset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetSize {
    /// Files.
    pub files: u64,
    /// Rows in all files.
    pub rows: u64,
    /// Bytes of all files as stored, compressed.
    pub bytes: u64,
}

/// The facts about a run, complete or not, that a report is made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunSummary {
    /// Name of the pipeline.
    pub name: String,
    /// Counts of all tasks that are done.
    pub ledger: Ledger,
    /// Whether the output is published.
    pub complete: bool,
    /// Tasks that are committed.
    pub tasks_done: u64,
    /// Tasks in the plan.
    pub tasks_total: u64,
    /// Duration of the run in seconds, where it is known (not after a resume).
    pub wall_seconds: Option<f64>,
    /// CPU seconds by stage id.
    pub stage_cpu_seconds: BTreeMap<String, f64>,
    /// Digest of the published content.
    pub digest: Option<String>,
    /// Where the output is.
    pub output: String,
    /// Sizes of the published datasets by name: `data`, `dropped`, `quarantine`.
    pub datasets: BTreeMap<String, DatasetSize>,
    /// The findings of each deduplication, by stage id.
    pub clusters: BTreeMap<String, ClusterReport>,
    /// Input files that could not be read at all.
    pub quarantined_shards: Vec<String>,
    /// Findings of the caller, shown with those of the table.
    pub warnings: Vec<String>,
}

/// Documents that left a stage under one code: a drop reason or a quarantine cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeCount {
    /// Reason or cause code.
    pub code: String,
    /// Documents and bytes that left.
    pub count: Count,
    /// Share of the documents that the stage looked at, 0 to 1.
    pub share: Option<f64>,
}

/// One stage. Its documents are `input = kept + dropped + duplicates + quarantined + elsewhere`.
///
/// The stage *looked at* its input less `elsewhere`: what a sibling branch takes is not removed.
/// Removed is what left the pipeline here: dropped, duplicate or quarantined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageRow {
    /// The stage's id in the pipeline file.
    pub id: String,
    /// The name of the stage that it runs.
    pub stage: String,
    /// Offered to the stage.
    pub input: Count,
    /// Went on.
    pub kept: Count,
    /// Left the pipeline here.
    pub removed: Count,
    /// Drops by reason, most documents first.
    pub dropped: Vec<CodeCount>,
    /// Removed as duplicates of a named keeper.
    pub duplicates: Count,
    /// Could not be processed, most documents first.
    pub quarantined: Vec<CodeCount>,
    /// Not taken by this branch but by a sibling.
    pub elsewhere: Count,
    /// Bytes that kept documents gained or lost by being rewritten here.
    pub rewritten_bytes: i64,
    /// Counts of the rewritten parts, by kind.
    #[serde(default, skip_serializing_if = "Changes::is_empty")]
    pub changed: Changes,
    /// Removed documents as a share of those looked at, 0 to 1; null where there were none.
    pub removed_vs_previous: Option<f64>,
    /// The same in bytes.
    pub removed_vs_previous_bytes: Option<f64>,
    /// Kept documents as a share of the raw input, 0 to 1; null where there was none.
    pub retained_vs_input: Option<f64>,
    /// The same in bytes; above 1 where stages made documents longer.
    pub retained_vs_input_bytes: Option<f64>,
    /// CPU seconds spent in the stage, where measured.
    pub cpu_seconds: Option<f64>,
    /// Input megabytes (10^6 bytes) per CPU second.
    pub mb_per_cpu_second: Option<f64>,
}

impl StageRow {
    /// The documents that the stage examined: its input without those that a sibling branch took.
    pub fn seen(&self) -> Count {
        Count::new(
            self.input.documents.saturating_sub(self.elsewhere.documents),
            self.input.bytes.saturating_sub(self.elsewhere.bytes),
        )
    }
}

/// The whole run in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Documents and records read.
    pub input: Count,
    /// Documents written.
    pub output: Count,
    /// Documents dropped, found duplicate or quarantined.
    pub removed: Count,
    /// Output documents as a share of the input.
    pub retained: Option<f64>,
    /// Output bytes as a share of the input.
    pub retained_bytes: Option<f64>,
    /// CPU seconds of all stages, where measured.
    pub cpu_seconds: Option<f64>,
    /// Input megabytes (10^6 bytes) per second of the run's duration.
    pub mb_per_second: Option<f64>,
}

/// The account: `input + branch_copies = output + dropped + duplicates + quarantined`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    /// Documents and records read.
    pub input: Count,
    /// Extra copies where a document went down more than one branch.
    pub branch_copies: Count,
    /// Documents written.
    pub output: Count,
    /// Documents dropped for a reason.
    pub dropped: Count,
    /// Documents removed as duplicates.
    pub duplicates: Count,
    /// Documents and records quarantined.
    pub quarantined: Count,
    /// Whether every stage and the run account for every document and byte.
    pub balanced: bool,
    /// The first place where the account fails.
    pub imbalance: Option<String>,
}

/// The cleaning statistics of a run. Field names are those of its JSON form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CleaningTable {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// Name of the pipeline.
    pub name: String,
    /// Whether the output is published.
    pub complete: bool,
    /// Tasks that are committed.
    pub tasks_done: u64,
    /// Tasks in the plan.
    pub tasks_total: u64,
    /// Duration of the run in seconds, where known.
    pub wall_seconds: Option<f64>,
    /// Where the output is.
    pub output: String,
    /// Digest of the published content.
    pub digest: Option<String>,
    /// One row a stage, in pipeline order; the first is the reading of the input.
    pub rows: Vec<StageRow>,
    /// The whole run.
    pub totals: Totals,
    /// The account of every document.
    pub balance: Balance,
    /// Published datasets by name.
    pub datasets: BTreeMap<String, DatasetSize>,
    /// Records of the input that are no documents, by type (`request`, `warcinfo`, ...).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skipped: BTreeMap<String, Count>,
    /// The findings of each deduplication, by stage id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub clusters: BTreeMap<String, ClusterReport>,
    /// Input files that could not be read at all.
    pub quarantined_shards: Vec<String>,
    /// Warnings for the reader.
    pub warnings: Vec<String>,
}
