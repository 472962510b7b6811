//! What every task of a phase does with its batches: run the stages, write what they made of it, count.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema};
use futures::stream::{FuturesOrdered, StreamExt};
use textmill_document::{Count, DocumentBatch, Ledger, Missing, row_hash_sum};
use textmill_ingest::QuarantinedRecord;
use textmill_pipeline::Dropped as DroppedPolicy;
use textmill_store::manifest::{Dataset, FileEntry, TaskMetrics};
use textmill_store::writer::DatasetWriter;
use tokio::sync::oneshot;

use super::batch::{FailedRow, Left, PhaseInput, Processed};
use super::context::{TaskContext, Written};
use super::datasets::{Quarantined, dropped_rows, duplicate_rows, in_row_order, quarantine_rows};
use super::graph::PhaseGraph;
use super::ids::{self, IdCounter};
use super::passage;
use super::place::Place;
use super::sample::Sampler;
use crate::EngineError;
use crate::memory::batches_in;
use crate::plan::{ROW, TaskSpec};

/// What a task reads next.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// Documents for the stages.
    pub input: PhaseInput,
    /// Records that could not be read.
    pub quarantined: Vec<QuarantinedRecord>,
    /// Records that are no documents.
    pub skipped: BTreeMap<String, Count>,
    /// What is missing of the input since the batch before.
    pub missing: Missing,
}

impl Given {
    /// As how many batches it counts.
    fn batches(&self) -> usize {
        let values = self.input.places.iter().map(|(_, batch)| batch.num_rows() * batch.records().num_columns());
        batches_in(values.sum())
    }
}

/// Where a task's batches come from.
pub(crate) trait BatchSource {
    /// The next batch; `None` at the end.
    async fn next(&mut self) -> Result<Option<Given>, EngineError>;
}

/// Gives every batch of `source` to the stages, several at once, and writes what comes out in order.
pub(crate) async fn drive(
    source: &mut impl BatchSource,
    context: &Arc<TaskContext>,
    output: &mut Output<'_>,
) -> Result<(), EngineError> {
    let mut running = FuturesOrdered::new();
    // Batches in the stages, by what they hold.
    let mut inside = 0;
    let mut open = true;
    let shard: Arc<str> = Arc::from(output.shard);
    while open || !running.is_empty() {
        if context.cancel.is_cancelled() {
            return Err(EngineError::Interrupted);
        }
        // A batch half read would be lost if the other branch won: reading is not part of the race.
        if open && inside < context.parallelism {
            match source.next().await? {
                Some(given) => {
                    inside += given.batches();
                    running.push_back(process(given, Arc::clone(context), Arc::clone(&shard)));
                }
                None => open = false,
            }
            continue;
        }
        if let Some(ready) = running.next().await {
            let ready = ready?;
            inside = inside.saturating_sub(ready.batches);
            output.write(ready).await?;
        }
    }
    Ok(())
}

/// One batch after the stages, ready to be written.
struct Ready {
    processed: Processed,
    dropped: Option<RecordBatch>,
    quarantined: Vec<Quarantined>,
    duplicates: Vec<RecordBatch>,
    hash: u128,
    records: u64,
    /// As how many batches it counted when it was given.
    batches: usize,
    /// Hashes of the ids that were read.
    ids: Vec<u64>,
}

/// Runs the stages on one batch in the rayon pool.
async fn process(given: Given, context: Arc<TaskContext>, shard: Arc<str>) -> Result<Ready, EngineError> {
    let (sender, receiver) = oneshot::channel();
    rayon::spawn(move || drop(sender.send(ready(given, &context, &shard))));
    receiver.await.map_err(|_| EngineError::Bug("a worker died while it processed a batch".to_owned()))?
}

fn ready(given: Given, context: &TaskContext, shard: &str) -> Result<Ready, EngineError> {
    let graph = &context.graph;
    let batches = given.batches();
    let documents: usize = given.input.places.iter().map(|(_, batch)| batch.num_rows()).sum();
    let records = documents as u64 + given.quarantined.len() as u64;
    // What another phase handed over was looked at when it was read.
    let is_first = graph.handed_in().is_empty();
    let ids = given.input.places.iter().filter(|_| is_first).flat_map(|(_, batch)| ids::hashes(batch)).collect();
    let mut processed = passage::process(graph, given.input)?;
    let entry = &mut processed.ledger.stages[0];
    for record in &given.quarantined {
        let count = Count::one(record.bytes);
        entry.input += count;
        entry.add_quarantined(record.cause.code(), count);
    }
    for (kind, count) in &given.skipped {
        entry.add_skipped(kind, *count);
    }
    entry.missing.merge(&given.missing);
    let mut quarantined: Vec<_> = given.quarantined.into_iter().map(Quarantined::from_record).collect();
    quarantined.extend(failures(graph, &processed));
    quarantined.sort_by_key(Quarantined::row);
    let dropped = match context.settings.dropped {
        DroppedPolicy::None => None,
        DroppedPolicy::Sample | DroppedPolicy::All => dropped(graph, &processed, context)?,
    };
    let duplicates = processed.duplicates.iter().map(|left| duplicate_rows(graph.id(left.place), shard, left));
    let duplicates = duplicates.collect::<Result<Vec<_>, _>>()?;
    let hash = processed.output.as_ref().map_or(0, row_hash_sum);
    Ok(Ready { processed, dropped, quarantined, duplicates, hash, records, batches, ids })
}

fn failures(graph: &PhaseGraph, processed: &Processed) -> Vec<Quarantined> {
    let of_node = |left: &Left<FailedRow>| {
        let stage = graph.id(left.place);
        left.rows.iter().map(|row| Quarantined::from_failure(stage, &left.batch, row)).collect::<Vec<_>>()
    };
    processed.failed.iter().flat_map(of_node).collect()
}

fn dropped(
    graph: &PhaseGraph,
    processed: &Processed,
    context: &TaskContext,
) -> Result<Option<RecordBatch>, EngineError> {
    let mut parts: Vec<_> = processed.dropped.iter().collect();
    parts.sort_by_key(|left| left.place);
    let schema = &context.settings.dropped_schema;
    let parts = parts.into_iter().map(|left| dropped_rows(schema, graph.id(left.place), left));
    in_row_order(&parts.collect::<Result<Vec<_>, _>>()?)
}

/// Writers and counters of one task.
pub(crate) struct Output<'a> {
    context: &'a TaskContext,
    shard: &'a str,
    data: DatasetWriter,
    dropped: DatasetWriter,
    quarantine: DatasetWriter,
    duplicates: DatasetWriter,
    /// By place.
    handed_out: Vec<Between<'a>>,
    keys: Vec<Between<'a>>,
    index: Between<'a>,
    sampler: Sampler,
    ids: IdCounter,
    ledger: Ledger,
    busy_micros: Vec<u64>,
    hash: u128,
    records: u64,
}

/// A dataset between two phases; its columns are known with its first batch.
struct Between<'a> {
    context: &'a TaskContext,
    prefix: String,
    place: Place,
    writer: Option<DatasetWriter>,
    rows: u64,
    hash: u128,
}

impl Between<'_> {
    async fn write(&mut self, batch: RecordBatch) -> Result<(), EngineError> {
        self.rows += batch.num_rows() as u64;
        self.hash = self.hash.wrapping_add(row_hash_sum(&batch));
        let new = || self.context.between_writer(&self.prefix, batch.schema());
        self.writer.get_or_insert_with(new).write(batch).await?;
        Ok(())
    }

    /// The files, by the id of the place.
    async fn finish(self) -> Result<Option<(String, Vec<FileEntry>)>, EngineError> {
        let Some(writer) = self.writer else { return Ok(None) };
        let files = writer.finish().await?;
        check_hand_over(&self.prefix, &files, self.rows, self.hash)?;
        Ok((!files.is_empty()).then(|| (self.context.graph.id(self.place).to_owned(), files)))
    }

    async fn abort(self) {
        if let Some(writer) = self.writer {
            writer.abort().await;
        }
    }
}

impl<'a> Output<'a> {
    pub(crate) fn new(spec: &TaskSpec, shard: &'a str, attempt: &str, context: &'a TaskContext) -> Self {
        let writer = |dataset| context.writer(spec, attempt, dataset);
        let between = |kind: &str, place: Place| Between {
            context,
            prefix: crate::layout::between(&spec.phase, &spec.key, attempt, kind, place.number()),
            place,
            writer: None,
            rows: 0,
            hash: 0,
        };
        let graph = &context.graph;
        Self {
            context,
            shard,
            data: writer(Dataset::Data),
            dropped: writer(Dataset::Dropped),
            quarantine: writer(Dataset::Quarantine),
            duplicates: writer(Dataset::Duplicates),
            handed_out: graph.handed_out().iter().map(|place| between("documents", *place)).collect(),
            keys: graph.key_places().iter().map(|place| between("keys", *place)).collect(),
            index: between("index", Place::INPUT),
            sampler: Sampler::new(spec.sample_per_reason),
            ids: IdCounter::default(),
            ledger: graph.empty_ledger(),
            busy_micros: vec![0; graph.stages().count()],
            hash: 0,
            records: 0,
        }
    }

    /// Documents and records given so far.
    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    async fn write(&mut self, ready: Ready) -> Result<(), EngineError> {
        let Processed { output, handed_out, keys, index, ledger, busy_micros, .. } = ready.processed;
        let kept = output.as_ref().map_or(0, RecordBatch::num_rows) as u64;
        // What another phase handed over was counted when it was read.
        let is_first = u64::from(self.context.graph.handed_in().is_empty());
        self.context.progress.add_batch(is_first * ready.records, is_first * ledger.input().bytes, kept);
        self.ids.add(&ready.ids);
        self.ledger.merge(&ledger);
        self.hash = self.hash.wrapping_add(ready.hash);
        self.records += ready.records;
        for (total, busy) in self.busy_micros.iter_mut().zip(&busy_micros) {
            *total += busy;
        }
        if let Some(output) = output {
            self.data.write(output).await?;
        }
        for (between, batch) in self.handed_out.iter_mut().zip(&handed_out) {
            between.write(with_rows(batch)?).await?;
        }
        for (between, batch) in self.keys.iter_mut().zip(keys) {
            between.write(batch).await?;
        }
        if let Some(index) = index {
            self.index.write(index).await?;
        }
        match (ready.dropped, self.context.settings.dropped) {
            (Some(dropped), DroppedPolicy::All) => self.dropped.write(dropped).await?,
            (Some(dropped), DroppedPolicy::Sample) => self.sampler.offer(&dropped)?,
            _ => {}
        }
        if !ready.quarantined.is_empty() {
            self.quarantine.write(quarantine_rows(self.shard, &ready.quarantined)?).await?;
        }
        for duplicates in ready.duplicates {
            self.duplicates.write(duplicates).await?;
        }
        Ok(())
    }

    /// Closes all files; `place` names the task in errors.
    pub(crate) async fn finish(mut self, place: &str, read_bytes: u64) -> Result<Written, EngineError> {
        if let Some(sample) = self.sampler.finish(&self.context.settings.dropped_schema)? {
            self.dropped.write(sample).await?;
        }
        let data = self.data.finish().await?;
        let written = if self.context.graph.is_last() { self.ledger.output.documents } else { 0 };
        check_hand_over(place, &data, written, self.hash)?;
        let mut outputs = BTreeMap::new();
        let index = self.index.finish().await?;
        for (dataset, files) in [
            (Dataset::Data, data),
            (Dataset::Dropped, self.dropped.finish().await?),
            (Dataset::Quarantine, self.quarantine.finish().await?),
            (Dataset::Duplicates, self.duplicates.finish().await?),
            (Dataset::Index, index.map(|(_, files)| files).unwrap_or_default()),
        ] {
            if !files.is_empty() {
                outputs.insert(dataset, files);
            }
        }
        let handed_over = finish_all(self.handed_out).await?;
        let keys = finish_all(self.keys).await?;
        for (id, files) in &keys {
            let rows = |files: &[FileEntry]| files.iter().map(|file| file.rows).sum::<u64>();
            let documents = handed_over.get(id).map_or(0, |files| rows(files));
            check_rows(place, rows(files), documents)?;
        }
        let ids = self.context.graph.stages().map(|(id, _)| id.to_owned());
        let metrics = TaskMetrics { wall_micros: 0, cpu_micros: ids.zip(self.busy_micros).collect(), read_bytes };
        let (ledger, input) = (self.ledger, self.ids.facts());
        Ok(Written { outputs, handed_over, keys, ledger, metrics, input })
    }

    pub(crate) async fn abort(self) {
        for writer in [self.data, self.dropped, self.quarantine, self.duplicates] {
            writer.abort().await;
        }
        for between in self.handed_out.into_iter().chain(self.keys).chain([self.index]) {
            between.abort().await;
        }
    }
}

async fn finish_all(between: Vec<Between<'_>>) -> Result<BTreeMap<String, Vec<FileEntry>>, EngineError> {
    let mut finished = BTreeMap::new();
    for between in between {
        finished.extend(between.finish().await?);
    }
    Ok(finished)
}

/// The columns of `batch` with the row numbers before them.
fn with_rows(batch: &DocumentBatch) -> Result<RecordBatch, EngineError> {
    let records = batch.records();
    let mut fields = vec![Arc::new(Field::new(ROW, DataType::UInt64, false))];
    fields.extend(records.schema().fields().iter().cloned());
    let mut arrays: Vec<ArrayRef> = vec![Arc::new(batch.rows().clone())];
    arrays.extend(records.columns().iter().cloned());
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|error| EngineError::Bug(error.to_string()))
}

/// Documents out of what [`with_rows`] made.
pub(crate) fn without_rows(batch: &RecordBatch) -> Result<DocumentBatch, EngineError> {
    let mut records = batch.clone();
    let index = records.schema().index_of(ROW).map_err(|error| EngineError::Bug(error.to_string()))?;
    let rows = records.remove_column(index);
    let rows: Option<&UInt64Array> = arrow::array::AsArray::as_primitive_opt(rows.as_ref());
    let rows = rows.ok_or_else(|| EngineError::Bug("row numbers are no numbers".to_owned()))?;
    DocumentBatch::with_rows(records, rows.clone()).map_err(|error| EngineError::Bug(error.to_string()))
}

/// What was handed to the writer must be what its files hold: the number of rows and the sum of
/// their hashes.
pub(crate) fn check_hand_over(place: &str, files: &[FileEntry], rows: u64, hash: u128) -> Result<(), EngineError> {
    let written: u64 = files.iter().map(|file| file.rows).sum();
    let written_hash = files.iter().try_fold(0_u128, |sum, file| Ok(sum.wrapping_add(file.row_hash_sum()?)));
    let written_hash = written_hash.map_err(EngineError::Store)?;
    if (written, written_hash) == (rows, hash) {
        return Ok(());
    }
    Err(EngineError::HandOver {
        place: place.to_owned(),
        found: format!("{written} documents with hash sum {written_hash:032x} written"),
        expected: format!("{rows} with {hash:032x}"),
    })
}

fn check_rows(place: &str, keys: u64, documents: u64) -> Result<(), EngineError> {
    if keys == documents {
        return Ok(());
    }
    let (found, expected) = (format!("keys of {keys} documents"), format!("{documents} documents"));
    Err(EngineError::HandOver { place: place.to_owned(), found, expected })
}
