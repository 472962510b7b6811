//! The manifests that tasks and runs commit: lists of files with digests, and the ledger.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use textmill_document::Ledger;
pub use textmill_document::{ClusterReport, RepeatReport};

use crate::StoreError;

/// Version of the manifests written here; raised when their meaning changes.
pub const FORMAT_VERSION: u32 = 1;

/// One of the datasets that a run writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dataset {
    /// The documents that were kept.
    Data,
    /// Documents that were dropped, with the reason.
    Dropped,
    /// Documents and records that could not be processed, with the cause.
    Quarantine,
    /// Documents that were removed as duplicates, with the document that stayed.
    Duplicates,
    /// Keys of the documents that a deduplication kept, for later runs.
    Index,
}

impl Dataset {
    /// All datasets, in manifest order.
    pub const ALL: [Self; 5] = [Self::Data, Self::Dropped, Self::Quarantine, Self::Duplicates, Self::Index];

    /// Name of the dataset's folder in the output. All but that of the data begin with `_`: programs that are given the
    /// whole output (pyarrow, Spark, Hive) leave such folders out, and do not mix dropped documents with kept ones.
    pub fn dir_name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Dropped => "_dropped",
            Self::Quarantine => "_quarantine",
            Self::Duplicates => "_duplicates",
            Self::Index => "_index",
        }
    }

    /// Name of the dataset in reports, messages and digests.
    pub fn name(self) -> &'static str {
        self.dir_name().trim_start_matches('_')
    }
}

/// A committed file and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Path relative to the output location.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Number of rows.
    pub rows: u64,
    /// BLAKE3 of the file, 64 lowercase hexadecimal digits.
    pub blake3: String,
    /// [`row_hash_sum`](textmill_document::row_hash_sum) of the rows, 32 hexadecimal digits.
    pub row_hash: String,
}

impl FileEntry {
    /// The sum of the rows' hashes as a number.
    pub fn row_hash_sum(&self) -> Result<u128, StoreError> {
        u128::from_str_radix(&self.row_hash, 16)
            .map_err(|_| StoreError::integrity(&self.path, format!("`{}` is no sum of row hashes", self.row_hash)))
    }
}

/// The cost of a task. Not part of any digest: it differs from run to run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskMetrics {
    /// Time from start to commit, in microseconds; summed over tasks in a run.
    pub wall_micros: u64,
    /// Time spent computing, in microseconds, by stage id.
    pub cpu_micros: BTreeMap<String, u64>,
    /// Bytes read from the input, as stored there.
    pub read_bytes: u64,
}

impl TaskMetrics {
    /// Adds the costs of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.wall_micros = self.wall_micros.saturating_add(other.wall_micros);
        self.read_bytes = self.read_bytes.saturating_add(other.read_bytes);
        for (stage, micros) in &other.cpu_micros {
            let total = self.cpu_micros.entry(stage.clone()).or_default();
            *total = total.saturating_add(*micros);
        }
    }
}

/// Observations of a task about the file that it read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputFacts {
    /// BLAKE3 of the whole file, hex; absent where the file is not on the machine that read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blake3: Option<String>,
    /// Documents whose id an earlier document of the task has.
    #[serde(default)]
    pub repeated_ids: u64,
    /// The smallest hashes of its ids, ascending, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub id_hashes: Vec<u64>,
    /// Whether its documents have more ids than `id_hashes`.
    #[serde(default)]
    pub more_ids: bool,
}

/// Documents of the input whose id an earlier document has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EqualIds {
    /// How many.
    pub documents: u64,
    /// Whether they were counted; else their number is estimated from a sample of the ids.
    pub exact: bool,
}

/// The committed result of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskManifest {
    /// [`FORMAT_VERSION`] of the writer.
    pub format_version: u32,
    /// Hash of everything that the result depends on; a result is reused only under the same key.
    pub key: String,
    /// The phase that the task belongs to.
    pub phase: String,
    /// Number of the task in its phase, such as `00017`.
    pub task: String,
    /// Unique name of the attempt that wrote the files.
    pub attempt: String,
    /// Epoch of the owner under which the task ran.
    pub owner_epoch: u64,
    /// Version of textmill that ran the task.
    pub textmill_version: String,
    /// The files written, in row order. A dataset without rows is absent.
    pub outputs: BTreeMap<Dataset, Vec<FileEntry>>,
    /// Documents for the task of the next phase that continues this one, by the stage that they come from or, before
    /// an exchange, go to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub handed_over: BTreeMap<String, Vec<FileEntry>>,
    /// For each exchange that the documents go to, a row of keys for each document handed over to it, in that order.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, Vec<FileEntry>>,
    /// The account of every document the task was given.
    pub ledger: Ledger,
    /// The cost of the task.
    pub metrics: TaskMetrics,
    /// Observations about its file; nothing for tasks that read none.
    #[serde(default)]
    pub input: InputFacts,
    /// Why nothing of the task's split could be worked on; it is then counted as unreadable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up: Option<String>,
}

impl TaskManifest {
    /// All files that the task wrote.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        let between = self.handed_over.values().chain(self.keys.values());
        self.outputs.values().chain(between).flatten()
    }
}

/// The committed result of an exchange that compared documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeManifest {
    /// [`FORMAT_VERSION`] of the writer.
    pub format_version: u32,
    /// Hash of everything that the result depends on.
    pub key: String,
    /// Id of the stage.
    pub stage: String,
    /// For each task, in order, what became of its documents; a task without a duplicate has no file.
    pub verdicts: Vec<Vec<FileEntry>>,
    /// The text found.
    pub report: ClusterReport,
}

impl ExchangeManifest {
    /// All files that the exchange wrote.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        self.verdicts.iter().flatten()
    }
}

/// The published result of a run; the output exists for readers once this does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunManifest {
    /// [`FORMAT_VERSION`] of the writer.
    pub format_version: u32,
    /// Name of the pipeline.
    pub name: String,
    /// Hash of everything that the result depends on.
    pub run_key: String,
    /// The published files, in row order.
    pub datasets: BTreeMap<Dataset, Vec<FileEntry>>,
    /// The account of every document in the input.
    pub ledger: Ledger,
    /// Number of tasks that took part.
    pub tasks: u64,
    /// Shards that could not be opened, with the reason; their documents are in no count.
    pub unreadable: Vec<String>,
    /// The findings of each deduplication, by stage id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub clusters: BTreeMap<String, ClusterReport>,
    /// How the keys in the index were made; absent without an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// The cost of all tasks together.
    pub metrics: TaskMetrics,
    /// Documents of the input whose id an earlier document has; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equal_ids: Option<EqualIds>,
    /// [`content_digest`] of `datasets`: equal digests mean equal bytes in equal files.
    pub digest: String,
    /// Version of textmill that published the run.
    pub textmill_version: String,
}

impl RunManifest {
    /// All files of all datasets.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        self.datasets.values().flatten()
    }
}

/// One value for everything that was published: BLAKE3, in hexadecimal, over a line with dataset,
/// path, bytes, rows and BLAKE3 of each file, in order, separated by tabs.
pub fn content_digest(datasets: &BTreeMap<Dataset, Vec<FileEntry>>) -> String {
    let mut hasher = blake3::Hasher::new();
    for (dataset, files) in datasets {
        for FileEntry { path, bytes, rows, blake3, .. } in files {
            hasher.update(format!("{}\t{path}\t{bytes}\t{rows}\t{blake3}\n", dataset.name()).as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str) -> FileEntry {
        FileEntry { path: path.to_owned(), bytes: 9, rows: 1, blake3: "00".repeat(32), row_hash: format!("{:032x}", 7) }
    }

    #[test]
    fn the_content_digest_sees_every_part_and_the_order() {
        let of = |dataset, files: Vec<FileEntry>| content_digest(&BTreeMap::from([(dataset, files)]));
        let base = of(Dataset::Data, vec![entry("a"), entry("b")]);
        assert_ne!(base, of(Dataset::Dropped, vec![entry("a"), entry("b")]));
        assert_ne!(base, of(Dataset::Data, vec![entry("b"), entry("a")]));
        assert_ne!(base, of(Dataset::Data, vec![entry("a"), FileEntry { rows: 2, ..entry("b") }]));
        assert_ne!(base, of(Dataset::Data, vec![entry("a"), FileEntry { bytes: 8, ..entry("b") }]));
        assert_eq!(base, of(Dataset::Data, vec![entry("a"), entry("b")]));
    }

    #[test]
    fn manifests_round_trip_and_refuse_unknown_fields() {
        let manifest = TaskManifest {
            format_version: FORMAT_VERSION,
            key: "k".into(),
            phase: "p0".into(),
            task: "00000".into(),
            attempt: "a".into(),
            owner_epoch: 1,
            textmill_version: "0".into(),
            outputs: BTreeMap::from([(Dataset::Quarantine, vec![entry("q")])]),
            handed_over: BTreeMap::new(),
            keys: BTreeMap::new(),
            ledger: Ledger::default(),
            metrics: TaskMetrics::default(),
            input: InputFacts::default(),
            given_up: None,
        };
        let json = serde_json::to_string(&manifest).expect("has a JSON form");
        assert!(json.contains(r#""outputs":{"quarantine":[{"path":"q""#), "{json}");
        assert_eq!(serde_json::from_str::<TaskManifest>(&json).expect("reads"), manifest);
        let unknown = json.replacen('{', r#"{"later":1,"#, 1);
        assert!(serde_json::from_str::<TaskManifest>(&unknown).is_err());
        assert_eq!(entry("a").row_hash_sum().expect("a number"), 7);
    }
}
