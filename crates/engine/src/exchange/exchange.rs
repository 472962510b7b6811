use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use textmill_document::{Applied, DocumentBatch, StageError};
use textmill_store::Store;
use textmill_store::manifest::{ClusterReport, FileEntry, TaskManifest};

use super::cost::{Cost, Load};
use super::keys::KeyFiles;
use super::resources::Resources;
use super::verdict::{Membership, Verdict, VerdictKind};
use super::verdict_writer::{Name, VerdictWriter};
use crate::EngineError;
use crate::plan::TaskSpec;

/// A stage that needs other documents than the one at hand, in the four steps that it takes.
///
/// 1. Where documents arrive, each task makes **keys** of them and hands both over.
/// 2. When all tasks have, the keys of all documents together **decide** what becomes of each: a verdict, or nothing where
///    a document goes on as it is.
/// 3. The tasks of the next phase **apply** the verdicts to the documents that were handed over.
/// 4. What that **costs** is known from the number of documents.
///
/// The result depends on nothing but the keys, the configuration and the indexes of earlier runs: not on the number of
/// tasks, on memory or on who does it.
#[async_trait]
pub(crate) trait Exchange: fmt::Debug + Send + Sync {
    /// A row of keys for each of `documents`.
    fn keys(&self, documents: &DocumentBatch) -> Result<RecordBatch, StageError>;

    /// What it decides of a document.
    fn verdicts(&self) -> VerdictKind;

    /// The indexes of earlier runs with which documents are compared.
    async fn earlier(&self) -> Result<Vec<Earlier>, EngineError> {
        Ok(Vec::new())
    }

    /// Bytes of memory without which `documents` documents are not compared.
    fn memory_needed(&self, _documents: u32) -> u64 {
        0
    }

    /// Decides of all documents, and writes the verdicts.
    async fn decide(&self, all: &AllDocuments<'_>) -> Result<Decided, EngineError>;

    /// Does to `documents` what was decided of them: for some rows, ascending, a verdict each.
    fn apply(&self, documents: &DocumentBatch, verdicts: Vec<(usize, Verdict)>) -> Result<Outcome, StageError>;

    /// What it costs to decide of so many documents.
    fn cost(&self, load: Load) -> Cost;

    /// The index of the documents that stay, where it makes one for later runs.
    fn index(&self) -> Option<Index> {
        None
    }
}

/// The index of an earlier run: where it is, and its files.
pub(crate) type Earlier = (Store, Vec<FileEntry>);

/// The documents of all tasks, as an exchange sees them.
pub(crate) struct AllDocuments<'a> {
    pub resources: Resources<'a>,
    /// The output location.
    pub store: &'a Store,
    /// Their keys, and their numbers.
    pub files: Arc<KeyFiles>,
    /// The tasks that handed them over.
    pub tasks: &'a [(TaskSpec, TaskManifest)],
    /// Under which names verdicts are written.
    pub name: Name<'a>,
}

impl AllDocuments<'_> {
    /// A writer of verdicts.
    pub(crate) fn writer(&self, kind: VerdictKind) -> VerdictWriter<'_> {
        VerdictWriter::new(self.store, self.name, kind, self.files.tasks())
    }
}

/// What an exchange decided.
#[derive(Debug, Default)]
pub(crate) struct Decided {
    /// Files of verdicts of each task.
    pub verdicts: Vec<Vec<FileEntry>>,
    /// What it found, for people.
    pub report: ClusterReport,
}

/// What became of documents. Each is among those that go on, are dropped, cannot be processed or have a duplicate that
/// stays.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub applied: Applied,
    /// Rows in whose place other documents stay, ascending.
    pub removed: Vec<(usize, Membership)>,
    /// Keys of the documents that go on, for the index.
    pub index: Option<RecordBatch>,
}

impl From<Applied> for Outcome {
    fn from(applied: Applied) -> Self {
        Self { applied, removed: Vec::new(), index: None }
    }
}

/// An index that an exchange makes.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    /// How its keys are made: only equal ones can be compared.
    pub made: String,
    /// Its columns.
    pub schema: SchemaRef,
}
