//! Where things lie below the output location.
//!
//! 1. `data/`, `_dropped/`, `_quarantine/`, `_duplicates/` and `_index/` hold only files named in the run manifest.
//! 2. Everything else is below `_textmill/`. What a task wrote is found through its manifest,
//!    never by listing a directory.
//! 3. Sealed files are created once and never changed.

use textmill_store::manifest::Dataset;

/// The manifest of the published run.
pub(crate) const RUN_MANIFEST: &str = "_textmill/run.json";
/// Folder of the run plans, numbered from 1; the last one counts.
pub(crate) const PLANS: &str = "_textmill/plan";
/// Folder of the task manifests.
pub(crate) const TASKS: &str = "_textmill/tasks";
/// Folder of the manifests of exchanges.
pub(crate) const EXCHANGES: &str = "_textmill/exchanges";
/// Folder of the data files that tasks wrote and that are not published yet.
pub(crate) const STAGING: &str = "_textmill/staging";
/// Folder of the manifests of runs whose published files are being replaced.
pub(crate) const RETIRED: &str = "_textmill/retired";

/// Folder of the manifests of runs that are about to be published: what a kill between linking the
/// files and creating the run manifest leaves behind is found here.
pub(crate) const PUBLISHING: &str = "_textmill/publishing";
/// Folder of the marks of attempts that run on a cluster.
pub(crate) const ATTEMPTS: &str = "_textmill/attempts";
/// Everything that textmill writes, and the names that side datasets had up to version 0.1.
pub(crate) const FOLDERS: [&str; 10] = [
    "_textmill",
    "data",
    "_dropped",
    "_quarantine",
    "_duplicates",
    "_index",
    "dropped",
    "quarantine",
    "duplicates",
    "index",
];

/// What lies where, for `datasets.load_dataset` and the hub, which know no other way to be told.
pub(crate) const CARD: &str = ".huggingface.yaml";
/// Content of [`CARD`]: the data is what is in `data/`.
pub(crate) const CARD_TEXT: &str =
    "configs:\n- config_name: default\n  data_files:\n  - split: train\n    path: data/*.parquet\n";

/// The plan with this number.
pub(crate) fn plan(number: u64) -> String {
    format!("{PLANS}/{number:08}.json")
}

/// The manifest of the task with this key: a deterministic name, so that the first commit wins.
pub(crate) fn task_manifest(phase: &str, key: &str) -> String {
    format!("{TASKS}/{phase}/{key}.json")
}

/// Prefix of the data files of one attempt: no two attempts ever share a name.
pub(crate) fn staging(phase: &str, key: &str, attempt: &str, dataset: Dataset) -> String {
    format!("{STAGING}/{phase}/{key}/{attempt}-{}", dataset.name())
}

/// Prefix of the files of one attempt that are read by later phases only.
pub(crate) fn between(phase: &str, key: &str, attempt: &str, kind: &str, place: usize) -> String {
    format!("{STAGING}/{phase}/{key}/{attempt}-{kind}-{place:03}")
}

/// The manifest of the exchange with this key.
pub(crate) fn exchange_manifest(stage: &str, key: &str) -> String {
    format!("{EXCHANGES}/{stage}/{key}.json")
}

/// Prefix of what one attempt of an exchange writes for one task.
pub(crate) fn verdicts(stage: &str, key: &str, attempt: &str, task: usize) -> String {
    format!("{STAGING}/exchanges/{stage}/{key}/{attempt}-{task:05}")
}

/// Folder of the marks of unfinished attempts at the task with this key, under the owner of this epoch.
pub(crate) fn attempts(epoch: u64, key: &str) -> String {
    format!("{ATTEMPTS}/{epoch:08}/{key}")
}

/// The bits, with this BLAKE3, of the documents that a sort of keys for `stage` leaves out.
pub(crate) fn left_out(stage: &str, blake3: &str) -> String {
    format!("{STAGING}/exchanges/{stage}/left-out-{blake3}")
}

/// What an executor found when it read keys for `stage`.
pub(crate) fn run_record(stage: &str, key: &str) -> String {
    format!("{STAGING}/exchanges/{stage}/run-{key}.json")
}

/// The published file with this number.
pub(crate) fn published(dataset: Dataset, number: usize) -> String {
    format!("{}/part-{number:05}.parquet", dataset.dir_name())
}
