//! The sample of dropped documents: for each stage and reason the documents with the smallest
//! hash. Which documents these are depends neither on order nor on how the input was cut.

use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::SchemaRef;
use textmill_document::{columns, row_hash_sum};
use textmill_store::Store;
use textmill_store::manifest::{Dataset, RunManifest};
use textmill_store::verify::read_parquet;

use crate::EngineError;

/// Keeps the `per_reason` documents with the smallest hash of each stage and reason.
#[derive(Debug)]
pub(crate) struct Sampler {
    per_reason: usize,
    kept: BTreeMap<(String, String), BinaryHeap<Sampled>>,
    next: u64,
}

#[derive(Debug)]
struct Sampled {
    hash: u128,
    arrival: u64,
    record: RecordBatch,
}

impl Sampled {
    fn key(&self) -> (u128, u64) {
        (self.hash, self.arrival)
    }
}

impl PartialEq for Sampled {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl Eq for Sampled {}
impl PartialOrd for Sampled {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Sampled {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl Sampler {
    pub(crate) fn new(per_reason: usize) -> Self {
        Self { per_reason, kept: BTreeMap::new(), next: 0 }
    }

    /// Offers rows of the dropped dataset, in input order.
    pub(crate) fn offer(&mut self, dropped: &RecordBatch) -> Result<(), EngineError> {
        for row in 0..dropped.num_rows() {
            let record = dropped.slice(row, 1);
            let hash = row_hash_sum(&record);
            let key = (cell(dropped, columns::DROPPED_BY, row), cell(dropped, columns::REASON, row));
            let heap = self.kept.entry(key).or_default();
            self.next += 1;
            let full = heap.len() >= self.per_reason;
            // Of equal documents the earlier one stays, so an equal hash does not get in.
            if self.per_reason == 0 || (full && heap.peek().is_some_and(|worst| hash >= worst.hash)) {
                continue;
            }
            if full {
                heap.pop();
            }
            heap.push(Sampled { hash, arrival: self.next, record: compacted(&record)? });
        }
        Ok(())
    }

    /// The sample in input order; `None` where nothing was dropped.
    pub(crate) fn finish(self, schema: &SchemaRef) -> Result<Option<RecordBatch>, EngineError> {
        let mut kept: Vec<Sampled> = self.kept.into_values().flat_map(BinaryHeap::into_vec).collect();
        kept.sort_unstable_by_key(|sampled| sampled.arrival);
        if kept.is_empty() {
            return Ok(None);
        }
        let records = kept.iter().map(|sampled| &sampled.record);
        concat_batches(schema, records).map(Some).map_err(|error| EngineError::Bug(format!("sample: {error}")))
    }
}

pub(crate) fn cell(batch: &RecordBatch, name: &str, row: usize) -> String {
    let column = batch.column_by_name(name).and_then(|column| column.as_string_view_opt());
    column.map(|column| column.value(row).to_owned()).unwrap_or_default()
}

/// A copy of one row that does not hold on to the buffers of the batch it came from.
fn compacted(record: &RecordBatch) -> Result<RecordBatch, EngineError> {
    let bug = |error: arrow::error::ArrowError| EngineError::Bug(format!("sample: {error}"));
    let taken = take_record_batch(record, &UInt32Array::from(vec![0])).map_err(bug)?;
    let columns = taken.columns().iter().map(|column| -> ArrayRef {
        if let Some(text) = column.as_string_view_opt() {
            return Arc::new(text.gc());
        }
        column.as_binary_view_opt().map_or_else(|| Arc::clone(column), |bytes| Arc::new(bytes.gc()))
    });
    RecordBatch::try_new(taken.schema(), columns.collect()).map_err(bug)
}

/// The dropped documents that a published run kept, at most `limit` of them, optionally only of
/// one reason. Every file is checked against its digest before it is read.
pub async fn read_dropped(
    store: &Store,
    run: &RunManifest,
    reason: Option<&str>,
    limit: usize,
) -> Result<Vec<RecordBatch>, EngineError> {
    read(store, run, Dataset::Dropped, reason.map(|reason| (columns::REASON, reason)), limit).await
}

/// The quarantined records of a published run, at most `limit` of them, optionally only of one cause. Every file is
/// checked against its digest before it is read.
pub async fn read_quarantine(
    store: &Store,
    run: &RunManifest,
    cause: Option<&str>,
    limit: usize,
) -> Result<Vec<RecordBatch>, EngineError> {
    read(store, run, Dataset::Quarantine, cause.map(|cause| ("cause", cause)), limit).await
}

/// At most `limit` rows of a dataset, optionally only those that have this text in this column.
async fn read(
    store: &Store,
    run: &RunManifest,
    dataset: Dataset,
    only: Option<(&str, &str)>,
    limit: usize,
) -> Result<Vec<RecordBatch>, EngineError> {
    let mut found = Vec::new();
    let mut left = limit;
    for file in run.datasets.get(&dataset).into_iter().flatten() {
        if left == 0 {
            break;
        }
        let mut reader = read_parquet(store, file).await?;
        while let Some(batch) = reader.next().await? {
            let wanted = |row: &u32| only.is_none_or(|(column, text)| cell(&batch, column, *row as usize) == text);
            let rows = u32::try_from(batch.num_rows()).unwrap_or(u32::MAX);
            let indices: Vec<u32> = (0..rows).filter(wanted).take(left).collect();
            left -= indices.len();
            let taken = take_record_batch(&batch, &UInt32Array::from(indices));
            found.push(taken.map_err(|error| EngineError::Bug(format!("rows of {}: {error}", dataset.name())))?);
            if left == 0 {
                break;
            }
        }
    }
    Ok(found)
}
