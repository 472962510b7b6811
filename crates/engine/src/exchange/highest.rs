//! Which documents are not among the highest.
//!
//! The documents of each group are counted, all are sorted by group and rank, and in each group those after the number
//! that is kept are marked, a bit a document. The marks then become verdicts, file by file, with the value of the last
//! document that was kept.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, UInt64Type};
use async_trait::async_trait;
use textmill_document::{DocumentBatch, StageError};
use textmill_pipeline::Node;
use textmill_score::{GROUP, KeepHighestStage, NO_RANK, RANK, TIE, score_of};
use textmill_store::manifest::FileEntry;

use super::cost::{Cost, Load, SORT_COPIES};
use super::exchange::{AllDocuments, Decided, Exchange, Outcome};
use super::keys::{Bits, DOCUMENT, KeyFiles, Scan, Wanted, column};
use super::resources::Resources;
use super::sorted::Sorted;
use super::verdict::{Verdict, VerdictKind};
use crate::EngineError;

/// Most groups: what is remembered of each is in memory.
const MAX_GROUPS: usize = 10_000_000;
/// Bytes of group, rank and tie.
const KEY_BYTES: f64 = 24.0;
/// Bytes of group, rank, tie and number.
const SORT_ROW: f64 = 28.0;

/// Keeps the documents with the highest value of all, or of each group.
#[derive(Debug)]
struct Highest(Arc<KeepHighestStage>);

/// The exchange of a node that ranks documents.
pub(super) fn of(node: &Node) -> Option<Arc<dyn Exchange>> {
    let Some(textmill_pipeline::Exchange::Highest(stage)) = &node.exchange else { return None };
    Some(Arc::new(Highest(Arc::clone(stage))))
}

#[async_trait]
impl Exchange for Highest {
    fn keys(&self, documents: &DocumentBatch) -> Result<RecordBatch, StageError> {
        self.0.keys(documents)
    }

    fn verdicts(&self) -> VerdictKind {
        VerdictKind::Below
    }

    async fn decide(&self, all: &AllDocuments<'_>) -> Result<Decided, EngineError> {
        let mut groups = Groups::count(&all.resources, &all.files).await?;
        let dropped = groups.cut(&all.resources, &all.files, &self.0).await?;
        Ok(Decided { verdicts: self.write(all, &groups, &dropped).await?, ..Decided::default() })
    }

    fn apply(&self, documents: &DocumentBatch, verdicts: Vec<(usize, Verdict)>) -> Result<Outcome, StageError> {
        let rows: Vec<_> = verdicts
            .into_iter()
            .filter_map(|(row, verdict)| if let Verdict::Below(bound) = verdict { Some((row, bound)) } else { None })
            .collect();
        Ok(self.0.drop_rows(documents, &rows)?.into())
    }

    fn cost(&self, load: Load) -> Cost {
        let run = load.documents / load.runs;
        // A bit for each document.
        let marks = run / 8.0;
        Cost {
            key_bytes: load.documents * KEY_BYTES,
            memory: marks,
            memory_without_spill: marks + run * SORT_COPIES * SORT_ROW,
            spill: run * SORT_ROW,
        }
    }
}

impl Highest {
    /// Writes the dropped documents.
    async fn write(
        &self,
        all: &AllDocuments<'_>,
        groups: &Groups,
        dropped: &Bits,
    ) -> Result<Vec<Vec<FileEntry>>, EngineError> {
        let mut writer = all.writer(VerdictKind::Below);
        let mut document = 0;
        for file in 0..all.files.files() {
            let mut reader = all.files.open(file, &[GROUP]).await?;
            while let Some(batch) = reader.next().await? {
                if all.resources.cancel.is_cancelled() {
                    return Err(EngineError::Interrupted);
                }
                let of = column::<UInt64Type>(&batch, 0)?.values();
                let numbered = (document..).zip(of).filter(|(document, _)| dropped.get(*document));
                let bound = |group: &u64| score_of(groups.0.get(group)?.last?, self.0.lowest());
                let mut verdicts: Vec<_> =
                    numbered.map(|(document, group)| (document, Verdict::Below(bound(group)))).collect();
                writer.write(&mut verdicts).await?;
                document += u32::try_from(batch.num_rows()).unwrap_or(u32::MAX);
            }
        }
        writer.finish().await
    }
}

/// What is known of each group, by the hash of its name.
struct Groups(HashMap<u64, Group>);

#[derive(Debug, Clone, Copy, Default)]
struct Group {
    documents: u64,
    /// Rank of the last document that is kept.
    last: Option<u64>,
}

impl Groups {
    async fn count(resources: &Resources<'_>, files: &KeyFiles) -> Result<Self, EngineError> {
        let mut groups: HashMap<u64, Group> = HashMap::new();
        for file in 0..files.files() {
            let mut reader = files.open(file, &[GROUP]).await?;
            while let Some(batch) = reader.next().await? {
                for group in column::<UInt64Type>(&batch, 0)?.values() {
                    groups.entry(*group).or_default().documents += 1;
                }
                if groups.len() > MAX_GROUPS {
                    return Err(EngineError::TooManyGroups { stage: resources.stage.to_owned(), bound: MAX_GROUPS });
                }
            }
        }
        Ok(Self(groups))
    }

    /// Marks the documents that are not kept. One without a rank never is.
    async fn cut(
        &mut self,
        resources: &Resources<'_>,
        files: &Arc<KeyFiles>,
        stage: &KeepHighestStage,
    ) -> Result<Bits, EngineError> {
        let mut dropped = Bits::new(files.documents());
        let fields = [GROUP, RANK, TIE].map(|name| Field::new(name, DataType::UInt64, true)).to_vec();
        let scan = Scan::new(files, fields, true, Wanted::All);
        let mut sorted = Sorted::new(resources, scan, &format!("{GROUP}, {RANK}, {TIE}, {DOCUMENT}")).await?;
        let mut at: Option<(u64, u64)> = None;
        while let Some(batch) = sorted.next().await? {
            let (of, ranks) = (column::<UInt64Type>(&batch, 0)?, column::<UInt64Type>(&batch, 1)?);
            let documents = column::<arrow::datatypes::UInt32Type>(&batch, 3)?;
            for ((group, rank), document) in of.values().iter().zip(ranks.values()).zip(documents.values()) {
                let position = match at {
                    Some((current, position)) if current == *group => position + 1,
                    _ => 0,
                };
                at = Some((*group, position));
                let known = self.0.entry(*group).or_default();
                if *rank != NO_RANK && position < stage.kept_of(known.documents) {
                    known.last = Some(*rank);
                } else {
                    dropped.set(*document);
                }
            }
        }
        Ok(dropped)
    }
}
