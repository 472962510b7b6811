//! Reads the keys of all parts of all documents, for a sort: a column of lists of keys, one for each part.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext as PlanContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::{StreamExt, TryStreamExt};
use textmill_minhash_dedupe::{PART_KEYS, PARTS};

use super::described::{self, KeyRun, KeyWork, ScanKind};
use super::key_files::KeyFiles;
use super::scan::{KEY, column, external};
use crate::EngineError;
use crate::exchange::sorter::KeySource;

/// Name of the column with the number of the part.
pub(crate) const PART: &str = "part";

/// The number of the first part of each file, and of all parts.
#[derive(Debug)]
pub(crate) struct Numbering {
    first: Vec<u64>,
    all: u64,
}

impl Numbering {
    pub(crate) async fn read(files: &KeyFiles) -> Result<Self, EngineError> {
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

    /// Number of all parts.
    pub(crate) fn parts(&self) -> u64 {
        self.all
    }
}

/// The keys of all parts with their numbers.
#[derive(Debug, Clone)]
pub(crate) struct PartScan {
    files: Arc<KeyFiles>,
    numbering: Arc<Numbering>,
    range: Range<usize>,
    schema: SchemaRef,
}

impl PartScan {
    pub(crate) fn new(files: &Arc<KeyFiles>, numbering: &Arc<Numbering>) -> Self {
        let fields = [KEY, PART].map(|name| Field::new(name, DataType::UInt64, false)).to_vec();
        let (schema, range) = (Arc::new(Schema::new(fields)), 0..files.files());
        Self { files: Arc::clone(files), numbering: Arc::clone(numbering), range, schema }
    }

    /// The scan that `work` describes, in the process that is to do it.
    pub(crate) fn described(work: &KeyWork) -> Result<Self, EngineError> {
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
