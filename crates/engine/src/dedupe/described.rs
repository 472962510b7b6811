//! A scan of keys, described so that another process can make it.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::execution::{SendableRecordBatchStream, TaskContext as PlanContext};
use datafusion::physical_plan::streaming::PartitionStream;
use serde::{Deserialize, Serialize};
use textmill_store::manifest::FileEntry;

use super::key_files::Scan;
use super::parts::PartScan;
use crate::EngineError;

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
    pub(crate) work: KeyWork,
    /// A bit for each of its documents that says whether it is left out.
    pub(crate) left_out: Option<Vec<u8>>,
}

/// Which keys of which files are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyWork {
    pub kind: ScanKind,
    /// Columns that are read, all of 64 bits.
    pub columns: Vec<String>,
    pub files: Vec<NumberedFile>,
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
pub(super) fn runs(rows: u64) -> u32 {
    let share = (rows / WANTED_RUNS).clamp(MIN_RUN_ROWS, MAX_RUN_ROWS);
    u32::try_from(rows.div_ceil(share).max(1)).unwrap_or(u32::MAX)
}

impl KeyWork {
    /// Columns of what is read.
    pub(crate) fn schema(&self) -> Result<SchemaRef, EngineError> {
        Ok(Arc::clone(Self { files: Vec::new(), ..self.clone() }.scan(None)?.schema()))
    }

    /// Reads the keys. Each file is compared with its digest first.
    pub(crate) fn read(&self, left_out: Option<Vec<u8>>) -> Result<SendableRecordBatchStream, EngineError> {
        Ok(self.scan(left_out)?.execute(Arc::new(PlanContext::default())))
    }

    fn scan(&self, left_out: Option<Vec<u8>>) -> Result<Box<dyn PartitionStream>, EngineError> {
        Ok(match self.kind {
            ScanKind::Parts => Box::new(PartScan::described(self)?),
            ScanKind::Columns | ScanKind::Stacked => Box::new(Scan::described(self, left_out)?),
        })
    }
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
