//! The exchange of `minhash_dedupe` and `exact_dedupe`: from the keys of all documents to what becomes of each.
//!
//! ```text
//!  key files ─▶ sort by text key ─┐
//!           ─▶ sort by URL key ──┼▶ union-find ─▶ clusters ─▶ sort by keeper order ─▶ keepers ─▶ verdicts per task
//!           ─▶ sort by band key ─┴▶ pairs ─▶ compare ─┘
//! ```
//!
//! 1. Sorting is the engine's, on disk where memory ends. As many bands are sorted at a
//!    time as fit: twelve bytes a document and band.
//! 2. Pairs are compared when there are as many as memory allows, so that what is joined by then need not be compared
//!    again. A document is compared with at most `max_bucket` others of a bucket.
//! 3. The clusters are the connected components of the pairs that pass, whatever the order in which they are found.

mod compare;
mod groups;
mod index;
mod keepers;
mod report;
mod verdicts;

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray};
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use textmill_document::{Applied, DocumentBatch, Stage, StageError};
use textmill_minhash_dedupe::{DedupeStage, key_columns};
use textmill_pipeline::Node;
use textmill_store::manifest::ClusterReport;

use super::cost::{Cost, Load, SORT_COPIES};
use super::exchange::{AllDocuments, Decided, Earlier, Exchange, Index, Outcome};
use super::origins::Origins;
use super::resources::Budget;
use super::verdict::{Membership, Verdict, VerdictKind};
use crate::EngineError;

/// Removes documents in whose place others stay.
#[derive(Debug)]
struct Documents {
    stage: Arc<DedupeStage>,
    /// Columns of the documents that it is given.
    columns: SchemaRef,
}

/// The exchange of a node that compares whole documents.
pub(super) fn of(node: &Node) -> Option<Arc<dyn Exchange>> {
    let Some(textmill_pipeline::Exchange::Documents(stage)) = &node.exchange else { return None };
    Some(Arc::new(Documents { stage: Arc::clone(stage), columns: Arc::clone(&node.columns_in) }))
}

#[async_trait]
impl Exchange for Documents {
    fn keys(&self, documents: &DocumentBatch) -> Result<RecordBatch, StageError> {
        self.stage.keys(documents)
    }

    fn verdicts(&self) -> VerdictKind {
        VerdictKind::Clustered
    }

    async fn earlier(&self) -> Result<Vec<Earlier>, EngineError> {
        index::open(self.stage.settings()).await
    }

    fn memory_needed(&self, documents: u32) -> u64 {
        Budget::needed(documents)
    }

    async fn decide(&self, all: &AllDocuments<'_>) -> Result<Decided, EngineError> {
        let AllDocuments { resources, files, .. } = all;
        let settings = self.stage.settings();
        let mut report = ClusterReport::default();

        let found = groups::group(resources, files, settings, &mut report).await?;
        let types = self.stage.keep_types(&self.columns);
        let kept = keepers::choose(resources, files, settings, &types, found).await?;

        report::clusters(files, &kept, &mut report).await?;
        report::sources(resources.stage, files, settings, &kept, &mut report).await?;

        let origins = Origins::new(all.store, resources.stage, all.tasks);
        let verdicts = verdicts::Verdicts { resources, files, settings, kept: &kept, origins: &origins };
        Ok(Decided { verdicts: verdicts.write(all.writer(self.verdicts())).await?, report })
    }

    fn apply(&self, documents: &DocumentBatch, verdicts: Vec<(usize, Verdict)>) -> Result<Outcome, StageError> {
        let members: Vec<(usize, Membership)> = verdicts
            .into_iter()
            .filter_map(
                |(row, verdict)| if let Verdict::Clustered(member) = verdict { Some((row, member)) } else { None },
            )
            .collect();
        let all = self.with_clusters(documents, &members)?;

        let mut keep = vec![true; documents.num_rows()];
        let removed: Vec<_> = members.into_iter().filter(|(_, member)| member.removed).collect();
        removed.iter().for_each(|(row, _)| keep[*row] = false);
        let kept = all.filter(&keep)?;

        let index = if self.stage.settings().index { Some(self.stage.keys(&kept)?) } else { None };
        Ok(Outcome { applied: Applied::all(kept), removed, index })
    }

    fn cost(&self, load: Load) -> Cost {
        let row = self.row_bytes(load.bytes / load.documents.max(1.0));
        let run = load.documents / load.runs;
        Cost {
            key_bytes: load.documents * row,
            memory: run * DOCUMENT_MEMORY / MEMORY_SHARE,
            memory_without_spill: run * (DOCUMENT_MEMORY + 2.0 * SORT_COPIES * SORT_ROW),
            spill: run * SORT_ROW,
        }
    }

    fn index(&self) -> Option<Index> {
        let settings = self.stage.settings();
        let schema = || Arc::new(self.stage.key_schema(&self.columns));
        settings.index.then(|| Index { made: settings.keys_made(), schema: schema() })
    }
}

/// Bytes of an id: a UUID.
const ID_BYTES: f64 = 36.0;
/// Bytes of text for each word: web pages in English.
const WORD_BYTES: f64 = 6.0;
/// Union-find, its result and the choice of who stays.
const DOCUMENT_MEMORY: f64 = 16.0;
/// The exchange leaves a quarter of its budget to sorting, however many documents there are.
const MEMORY_SHARE: f64 = 0.75;
/// A key and a number. They are sorted in half of what the documents leave.
const SORT_ROW: f64 = 12.0;

impl Documents {
    /// Bytes of one document's row of keys, where documents have `document` bytes of text; hashes do not compress.
    fn row_bytes(&self, document: f64) -> f64 {
        let schema = self.stage.key_schema(&self.columns);
        let minhash = self.stage.settings().minhash.as_ref();
        let column = |name: &str| match name {
            key_columns::SIGNATURE => minhash.map_or(0.0, |minhash| 4.0 * f64::from(minhash.hashes)),
            key_columns::SHINGLES => 8.0 * document / WORD_BYTES,
            key_columns::ID => ID_BYTES,
            _ => 8.0,
        };
        schema.fields().iter().map(|field| column(field.name())).sum()
    }

    /// `documents` with the columns of their clusters, where the stage adds them.
    fn with_clusters(
        &self,
        documents: &DocumentBatch,
        members: &[(usize, Membership)],
    ) -> Result<DocumentBatch, StageError> {
        let fields = self.stage.adds();
        if fields.is_empty() {
            return Ok(documents.clone());
        }
        let mut ids = vec![None; documents.num_rows()];
        let mut sizes = vec![None; documents.num_rows()];
        for (row, member) in members {
            ids[*row] = Some(member.keeper.as_str());
            sizes[*row] = i64::try_from(member.size).ok();
        }
        let arrays: [ArrayRef; 2] = [Arc::new(StringViewArray::from(ids)), Arc::new(Int64Array::from(sizes))];
        Ok(documents.with_columns(fields.into_iter().zip(arrays).collect())?)
    }
}
