//! Which documents are not among the highest.
//!
//! The documents of each group are counted, all are sorted by group and rank, and in each group those after the number
//! that is kept are marked, a bit a document. The marks then become verdicts, file by file, with the value of the last
//! document that was kept.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt64Type};
use textmill_score::{GROUP, KeepHighestStage, NO_RANK, RANK, TIE, score_of};
use textmill_store::Store;
use textmill_store::manifest::FileEntry;
use textmill_store::writer::{DatasetWriter, WriterOptions};

use super::keys::{Bits, DOCUMENT, KeyFiles, Scan, Wanted, column};
use super::resources::{Commit, Resources};
use super::sorted::Sorted;
use crate::{EngineError, layout};

/// Most groups: what is remembered of each is in memory.
const MAX_GROUPS: usize = 10_000_000;

/// Finds the documents that are not kept, and writes them task by task.
pub(crate) async fn find(
    resources: &Resources<'_>,
    store: &Store,
    files: &Arc<KeyFiles>,
    stage: &KeepHighestStage,
    commit: Commit<'_>,
) -> Result<Vec<Vec<FileEntry>>, EngineError> {
    let mut groups = Groups::count(resources, files).await?;
    let dropped = groups.cut(resources, files, stage).await?;
    let writer = Verdicts { resources, store, files, groups: &groups, dropped: &dropped, lowest: stage.lowest() };
    writer.write(commit).await
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
                let place = match at {
                    Some((current, place)) if current == *group => place + 1,
                    _ => 0,
                };
                at = Some((*group, place));
                let known = self.0.entry(*group).or_default();
                if *rank != NO_RANK && place < stage.kept_of(known.documents) {
                    known.last = Some(*rank);
                } else {
                    dropped.set(*document);
                }
            }
        }
        Ok(dropped)
    }
}

struct Verdicts<'a> {
    resources: &'a Resources<'a>,
    store: &'a Store,
    files: &'a KeyFiles,
    groups: &'a Groups,
    dropped: &'a Bits,
    lowest: bool,
}

impl Verdicts<'_> {
    /// Writes the dropped documents of each task; a task without any has no file.
    async fn write(&self, commit: Commit<'_>) -> Result<Vec<Vec<FileEntry>>, EngineError> {
        let mut written = Vec::new();
        for (task, documents) in self.files.tasks().iter().enumerate() {
            let prefix = layout::verdicts(self.resources.stage, commit.key, commit.attempt, task);
            let mut writer = DatasetWriter::new(self.store.clone(), &prefix, WriterOptions::new(schema()));
            for file in self.files.files_of(documents) {
                let mut document = self.files.first_document(file);
                let mut reader = self.files.open(file, &[GROUP]).await?;
                while let Some(batch) = reader.next().await? {
                    if self.resources.cancel.is_cancelled() {
                        return Err(EngineError::Interrupted);
                    }
                    let rows = self.rows(column::<UInt64Type>(&batch, 0)?.values(), documents.start, &mut document)?;
                    if rows.num_rows() > 0 {
                        writer.write(rows).await?;
                    }
                }
            }
            written.push(writer.finish().await?);
        }
        Ok(written)
    }

    /// A row for each dropped document, whose groups are `groups`; `document` is the number of the first.
    fn rows(&self, groups: &[u64], first: u32, document: &mut u32) -> Result<RecordBatch, EngineError> {
        let (mut documents, mut bounds) = (Vec::new(), Vec::new());
        for group in groups {
            if self.dropped.get(*document) {
                documents.push(*document - first);
                let last = self.groups.0.get(group).and_then(|group| group.last);
                bounds.push(last.and_then(|rank| score_of(rank, self.lowest)));
            }
            *document += 1;
        }
        let arrays: Vec<ArrayRef> = vec![Arc::new(UInt32Array::from(documents)), Arc::new(Float64Array::from(bounds))];
        RecordBatch::try_new(schema(), arrays).map_err(|error| EngineError::Bug(format!("verdicts: {error}")))
    }
}

fn schema() -> SchemaRef {
    let fields = vec![Field::new("document", DataType::UInt32, false), Field::new("bound", DataType::Float64, true)];
    Arc::new(Schema::new(fields))
}
