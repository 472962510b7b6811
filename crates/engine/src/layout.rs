//! Where things lie below the output location.
//!
//! 1. `data/`, `_dropped/`, `_quarantine/`, `_duplicates/` and `_index/` hold only files named in the run manifest.
//! 2. Everything else is below `_textmill/`. What a task wrote is found through its manifest,
//!    never by listing a directory.
//! 3. Sealed files are created once and never changed.

use textmill_store::manifest::Dataset;
use textmill_store::writer::OutputFormat;

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
/// Content of [`CARD`]: the data is what is in `data/`, in files of this format.
pub(crate) fn card(format: OutputFormat) -> String {
    let ending = format.ending();
    format!("configs:\n- config_name: default\n  data_files:\n  - split: train\n    path: data/*.{ending}\n")
}

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

/// The name of a new attempt of the owner of this epoch: no other has it, and it says whose it is.
pub(crate) fn attempt(epoch: u64) -> String {
    format!("{epoch:08}-{}", uuid::Uuid::new_v4().simple())
}

/// The epoch of the owner that left this staged file or mark of an attempt, where its name says that.
pub(crate) fn epoch_of(path: &str) -> Option<u64> {
    match path.strip_prefix(ATTEMPTS) {
        Some(mark) => mark.strip_prefix('/')?.split('/').next()?.parse().ok(),
        None => path.strip_prefix(STAGING)?.rsplit('/').next()?.split('-').next()?.parse().ok(),
    }
}

/// The published file with this number and BLAKE3. What a copy that comes late puts there is the same, whoever asked for
/// it: other bytes have another name.
pub(crate) fn published(dataset: Dataset, format: OutputFormat, number: usize, blake3: &str) -> String {
    let digest = blake3.get(..NAMED_DIGITS).unwrap_or(blake3);
    format!("{}/part-{number:05}-{digest}.{}", dataset.dir_name(), format.ending())
}

/// Number and the digits of the BLAKE3 that the name of a published file has.
pub(crate) fn named_digest(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?.strip_prefix("part-")?;
    let mut endings = OutputFormat::ALL.iter().map(|format| format.ending());
    let name = endings.find_map(|ending| name.strip_suffix(ending)?.strip_suffix('.'))?;
    let (number, digest) = name.split_once('-')?;
    let named = number.len() >= 5
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && digest.len() == NAMED_DIGITS
        && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    named.then_some(digest)
}

/// Hexadecimal digits of its BLAKE3 in the name of a published file.
const NAMED_DIGITS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staged_files_and_marks_tell_whose_they_are() {
        let attempt = attempt(12);
        for path in [
            staging("p0", "key", &attempt, Dataset::Data) + "-000.parquet",
            between("p1", "key", &attempt, "keys", 3) + "-000.parquet",
            verdicts("near", "key", &attempt, 7) + ".json",
            attempts(12, "key") + "/mark",
        ] {
            assert_eq!(epoch_of(&path), Some(12), "{path}");
        }
        for path in
            [left_out("near", "0123"), run_record("near", "key"), "_textmill/staging/p0/key/beef-data".to_owned()]
        {
            assert_eq!(epoch_of(&path), None, "{path}");
        }
    }

    #[test]
    fn only_names_of_published_files_have_a_digest() {
        let digest = "0123456789abcdef".repeat(4);
        for format in OutputFormat::ALL {
            let name = published(Dataset::Data, *format, 123_456, &digest);
            assert_eq!(name, format!("data/part-123456-0123456789abcdef.{}", format.ending()));
            assert_eq!(named_digest(&name), Some("0123456789abcdef"));
        }
        for other in
            ["data/part-00000.parquet", "data/part-0-0123456789abcdef.parquet", "data/part-00000-012345.parquet"]
        {
            assert_eq!(named_digest(other), None, "{other}");
        }
    }
}
