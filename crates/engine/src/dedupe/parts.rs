//! Which parts of documents stand in others too.
//!
//! All parts are numbered in the order of the documents. Their keys are sorted with these numbers; of equal neighbours all
//! but the first are marked, a bit a part. The marks then become verdicts, file by file.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder, RecordBatch, UInt32Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type, UInt64Type};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext as PlanContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::{StreamExt, TryStreamExt};
use textmill_minhash_dedupe::{LineDedupeConfig, LineDedupeStage, PART_KEYS, PARTS};
use textmill_store::Store;
use textmill_store::manifest::FileEntry;
use textmill_store::writer::{DatasetWriter, WriterOptions};

use super::described::{self, KeyRun, KeyWork, ScanKind};
use super::groups::Sorted;
use super::key_files::{KEY, KeyFiles, column, external};
use super::{Commit, Resources};
use crate::engine::KeySource;
use crate::{EngineError, layout};

/// Name of the column with the number of the part.
pub(super) const PART: &str = "part";

/// Finds the parts to cut, and writes them task by task.
pub(super) async fn find(
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

/// The number of the first part of each file, and of all parts.
#[derive(Debug)]
struct Numbering {
    first: Vec<u64>,
    all: u64,
}

impl Numbering {
    async fn read(files: &KeyFiles) -> Result<Self, EngineError> {
        let (mut first, mut all) = (Vec::new(), 0);
        for file in 0..files.files() {
            first.push(all);
            let mut reader = files.open(file, &[PARTS]).await?;
            while let Some(batch) = reader.next().await? {
                all += column::<UInt32Type>(&batch, 0)?.values().iter().map(|parts| u64::from(*parts)).sum::<u64>();
            }
        }
        Ok(Self { first, all })
    }
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
    let words = usize::try_from(numbering.all.div_ceil(64)).unwrap_or(usize::MAX);
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

/// The keys of all parts with their numbers.
#[derive(Debug, Clone)]
pub(super) struct PartScan {
    files: Arc<KeyFiles>,
    numbering: Arc<Numbering>,
    range: Range<usize>,
    schema: SchemaRef,
}

impl PartScan {
    fn new(files: &Arc<KeyFiles>, numbering: &Arc<Numbering>) -> Self {
        let fields = [KEY, PART].map(|name| Field::new(name, DataType::UInt64, false)).to_vec();
        let (schema, range) = (Arc::new(Schema::new(fields)), 0..files.files());
        Self { files: Arc::clone(files), numbering: Arc::clone(numbering), range, schema }
    }

    /// The scan that `work` describes, in the process that is to do it.
    pub(super) fn described(work: &KeyWork) -> Result<Self, EngineError> {
        let first = work.files.iter().map(|file| file.first).collect();
        Ok(Self::new(&Arc::new(KeyFiles::described(work)?), &Arc::new(Numbering { first, all: 0 })))
    }

    /// The files in parts of equally many.
    fn cut(&self, parts: usize) -> impl Iterator<Item = Range<usize>> {
        let files = self.files.files();
        let share = files.div_ceil(parts.max(1)).max(1);
        (0..files.max(1)).step_by(share).map(move |start| start..(start + share).min(files))
    }

    /// Rows of the parts of one batch; `next` is the number of its first part.
    fn rows(&self, batch: &RecordBatch, next: &mut u64) -> Result<RecordBatch, DataFusionError> {
        let broken = || external(EngineError::Bug("keys of parts have another type than was written".to_owned()));
        let column = batch.columns().first().and_then(|column| column.as_binary_view_opt()).ok_or_else(broken)?;
        let (mut keys, mut parts) = (Vec::new(), Vec::new());
        for document in 0..column.len() {
            for bytes in column.value(document).as_chunks().0 {
                let key = u64::from_le_bytes(*bytes);
                if key != 0 {
                    keys.push(key);
                    parts.push(*next);
                }
                *next += 1;
            }
        }
        let arrays: Vec<ArrayRef> = vec![Arc::new(UInt64Array::from(keys)), Arc::new(UInt64Array::from(parts))];
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), arrays)?)
    }
}

impl KeySource for PartScan {
    fn table(self: Box<Self>, partitions: usize) -> Result<StreamingTable, DataFusionError> {
        let part = |range: Range<usize>| -> Arc<dyn PartitionStream> { Arc::new(Self { range, ..(*self).clone() }) };
        StreamingTable::try_new(Arc::clone(&self.schema), self.cut(partitions).map(part).collect())
    }

    fn runs(&self) -> Option<Vec<KeyRun>> {
        let run = |range: Range<usize>| {
            let files = self.files.numbered(range, |file| self.numbering.first[file]);
            KeyRun {
                work: KeyWork { kind: ScanKind::Parts, columns: vec![PART_KEYS.to_owned()], files },
                left_out: None,
            }
        };
        let parts = usize::try_from(described::runs(self.numbering.all)).unwrap_or(usize::MAX);
        Some(self.cut(parts).filter(|range| !range.is_empty()).map(run).collect())
    }
}

impl PartitionStream for PartScan {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<PlanContext>) -> SendableRecordBatchStream {
        let scan = self.clone();
        let files = futures::stream::iter(self.range.clone());
        let batches = files.then(move |file| read(scan.clone(), file)).try_flatten();
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}

type Batches = std::pin::Pin<Box<dyn futures::Stream<Item = Result<RecordBatch, DataFusionError>> + Send>>;

async fn read(scan: PartScan, file: usize) -> Result<Batches, DataFusionError> {
    let reader = scan.files.open(file, &[PART_KEYS]).await.map_err(external)?;
    let first = scan.numbering.first[file];
    Ok(Box::pin(futures::stream::try_unfold((scan, reader, first), |(scan, mut reader, mut next)| async move {
        let Some(batch) = reader.next().await.map_err(|error| external(error.into()))? else { return Ok(None) };
        let rows = scan.rows(&batch, &mut next)?;
        Ok(Some((rows, (scan, reader, next))))
    })))
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
