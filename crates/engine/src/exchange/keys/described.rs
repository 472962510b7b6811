//! A scan of keys, described so that another process can make it ([`KeyWork::read`]).

use serde::{Deserialize, Serialize};
use textmill_store::manifest::FileEntry;

/// Rows that a run has at most, unless one file has more: about 100 MB.
const MAX_RUN_ROWS: u64 = 1 << 23;
/// Runs that are worth making where there are few rows: as many as may find a free thread.
const WANTED_RUNS: u64 = 32;
/// Below this many rows a run is not worth a request.
const MIN_RUN_ROWS: u64 = 1 << 16;

/// Keys that are sorted by themselves.
#[derive(Debug, Clone)]
pub struct KeyRun {
    /// What is read.
    pub work: KeyWork,
    /// A bit for each of its documents that says whether it is left out, eight a byte, the first in the lowest place of
    /// the first byte. It belongs to [`KeyWork::read`].
    pub left_out: Option<Vec<u8>>,
}

/// Which keys of which files are read. It travels as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyWork {
    pub(crate) kind: ScanKind,
    /// Columns that are read, all of 64 bits.
    pub(crate) columns: Vec<String>,
    pub(crate) files: Vec<NumberedFile>,
}

/// What becomes of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScanKind {
    /// They stay, beside the number of the document, where the first has a value.
    Columns,
    /// They are put one below the other.
    Stacked,
    /// Each value has a key for each part of its document, beside the number of the part.
    Parts,
}

/// A file of keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NumberedFile {
    /// Where its path is looked up.
    pub store: String,
    pub entry: FileEntry,
    /// Number of its first document or part.
    pub first: u64,
}

/// Into how many runs `rows` rows are cut.
pub(crate) fn runs(rows: u64) -> u32 {
    let share = (rows / WANTED_RUNS).clamp(MIN_RUN_ROWS, MAX_RUN_ROWS);
    u32::try_from(rows.div_ceil(share).max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_neither_tiny_nor_huge() {
        assert_eq!((runs(0), runs(1), runs(1 << 16), runs((1 << 16) + 1)), (1, 1, 1, 2));
        assert_eq!(runs(1 << 24), 32);
        assert_eq!(runs(1 << 40), 1 << 17);
    }
}
