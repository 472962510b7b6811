//! Which parts of documents stand in others too.
//!
//! All parts are numbered in the order of the documents. Their keys are sorted with these numbers; of equal neighbours all
//! but the first are marked, a bit a part. The marks then become verdicts, file by file.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryBuilder, RecordBatch, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type, UInt64Type};
use textmill_minhash_dedupe::{LineDedupeConfig, LineDedupeStage, PARTS};
use textmill_store::Store;
use textmill_store::manifest::FileEntry;
use textmill_store::writer::{DatasetWriter, WriterOptions};

use super::keys::{KEY, KeyFiles, Numbering, PART, PartScan, column};
use super::resources::{Commit, Resources};
use super::sorted::Sorted;
use crate::{EngineError, layout};

/// Finds the parts to cut, and writes them task by task.
pub(crate) async fn find(
    resources: &Resources<'_>,
    store: &Store,
    files: &Arc<KeyFiles>,
    stage: &LineDedupeStage,
    commit: Commit<'_>,
) -> Result<Vec<Vec<FileEntry>>, EngineError> {
    let numbering = Arc::new(Numbering::read(files).await?);
    let marks = repeated(resources, files, &numbering, *stage.config()).await?;
    write(resources, store, files, &marks, commit).await
}

/// A bit for each part.
struct Marks(Vec<u64>);

impl Marks {
    fn set(&mut self, part: u64) {
        if let Some(word) = self.0.get_mut(usize::try_from(part / 64).unwrap_or(usize::MAX)) {
            *word |= 1 << (part % 64);
        }
    }

    fn get(&self, part: u64) -> bool {
        let word = self.0.get(usize::try_from(part / 64).unwrap_or(usize::MAX));
        word.is_some_and(|word| word >> (part % 64) & 1 == 1)
    }
}

/// Marks the parts that occur often enough, except the first of each where it stays.
async fn repeated(
    resources: &Resources<'_>,
    files: &Arc<KeyFiles>,
    numbering: &Arc<Numbering>,
    config: LineDedupeConfig,
) -> Result<Marks, EngineError> {
    let words = usize::try_from(numbering.parts().div_ceil(64)).unwrap_or(usize::MAX);
    let mut marks = Marks(vec![0; words]);
    let scan = PartScan::new(files, numbering);
    let mut sorted = Sorted::new(resources, scan, &format!("{KEY}, {PART}")).await?;
    let mut group = Group { key: 0, waiting: Vec::new(), enough: false, config };
    while let Some(batch) = sorted.next().await? {
        let (keys, parts) = (column::<UInt64Type>(&batch, 0)?, column::<UInt64Type>(&batch, 1)?);
        for (key, part) in keys.values().iter().zip(parts.values()) {
            group.add(*key, *part, &mut marks);
        }
    }
    Ok(marks)
}

/// The parts of one key.
struct Group {
    key: u64,
    /// Parts seen before there are enough of them.
    waiting: Vec<u64>,
    enough: bool,
    config: LineDedupeConfig,
}

impl Group {
    fn add(&mut self, key: u64, part: u64, marks: &mut Marks) {
        if key != self.key {
            (self.key, self.enough) = (key, false);
            self.waiting.clear();
        }
        if self.enough {
            marks.set(part);
            return;
        }
        self.waiting.push(part);
        if self.waiting.len() >= self.config.min_count as usize {
            self.enough = true;
            let stays = usize::from(self.config.keep_first);
            self.waiting.drain(..).skip(stays).for_each(|part| marks.set(part));
        }
    }
}

fn schema() -> SchemaRef {
    let fields = vec![Field::new("document", DataType::UInt32, false), Field::new("parts", DataType::Binary, false)];
    Arc::new(Schema::new(fields))
}

/// Writes the marked parts of the documents of each task; a task without any has no file.
async fn write(
    resources: &Resources<'_>,
    store: &Store,
    files: &KeyFiles,
    marks: &Marks,
    commit: Commit<'_>,
) -> Result<Vec<Vec<FileEntry>>, EngineError> {
    let (mut written, mut next) = (Vec::new(), 0);
    for (task, documents) in files.tasks().iter().enumerate() {
        let prefix = layout::verdicts(resources.stage, commit.key, commit.attempt, task);
        let mut writer = DatasetWriter::new(store.clone(), &prefix, WriterOptions::new(schema()));
        for file in files.files_of(documents) {
            let mut document = files.first_document(file) - documents.start;
            let mut reader = files.open(file, &[PARTS]).await?;
            while let Some(batch) = reader.next().await? {
                if resources.cancel.is_cancelled() {
                    return Err(EngineError::Interrupted);
                }
                let rows = marked(column::<UInt32Type>(&batch, 0)?, marks, &mut document, &mut next)?;
                if rows.num_rows() > 0 {
                    writer.write(rows).await?;
                }
            }
        }
        written.push(writer.finish().await?);
    }
    Ok(written)
}

/// A row for each document with marked parts.
fn marked(counts: &UInt32Array, marks: &Marks, document: &mut u32, next: &mut u64) -> Result<RecordBatch, EngineError> {
    let (mut documents, mut parts, mut bytes) = (Vec::new(), BinaryBuilder::new(), Vec::new());
    for count in counts.values() {
        bytes.clear();
        for part in 0..*count {
            if marks.get(*next + u64::from(part)) {
                bytes.extend_from_slice(&part.to_le_bytes());
            }
        }
        if !bytes.is_empty() {
            documents.push(*document);
            parts.append_value(&bytes);
        }
        *next += u64::from(*count);
        *document += 1;
    }
    let arrays: Vec<ArrayRef> = vec![Arc::new(UInt32Array::from(documents)), Arc::new(parts.finish())];
    RecordBatch::try_new(schema(), arrays).map_err(|error| EngineError::Bug(format!("marked parts: {error}")))
}
