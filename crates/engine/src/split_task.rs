//! The work of a row-wise task: read a split, run the stages, write what they made of it.
//!
//! ```text
//!  blocking thread        rayon pool, several batches at once      this task, in order
//!  SplitReader ──(2)──▶  PhaseGraph::process ───────────────────▶  writers, ledger
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::stream::{FuturesOrdered, StreamExt};
use textmill_document::{Count, row_hash_sum};
use textmill_ingest::{IngestError, ReadBatch, Split, open_split};
use textmill_pipeline::Dropped as DroppedPolicy;
use textmill_store::manifest::{Dataset, FileEntry, TaskMetrics};
use textmill_store::parquet_writer::DatasetWriter;
use tokio::sync::{mpsc, oneshot};

use crate::EngineError;
use crate::datasets::{Quarantined, dropped_rows, in_row_order, quarantine_rows};
use crate::graph::{PhaseGraph, Processed};
use crate::plan::TaskSpec;
use crate::sample::Sampler;
use crate::task::{TaskContext, Written};

/// Batches read ahead of the stages.
const READ_AHEAD: usize = 2;

/// One batch after the stages, ready to be written.
struct Ready {
    processed: Processed,
    dropped: Option<arrow::array::RecordBatch>,
    quarantined: Vec<Quarantined>,
    hash: u128,
    records: u64,
}

/// Writers and counters of one task.
struct Output<'a> {
    context: &'a TaskContext,
    shard: &'a str,
    data: DatasetWriter,
    dropped: DatasetWriter,
    quarantine: DatasetWriter,
    sampler: Sampler,
    ledger: textmill_document::Ledger,
    busy_micros: Vec<u64>,
    hash: u128,
    records: u64,
}

pub(crate) async fn run(
    spec: &TaskSpec,
    split: &Split,
    attempt: &str,
    context: &Arc<TaskContext>,
) -> Result<Written, EngineError> {
    let mut output = Output::new(spec, split, attempt, context);
    match feed(split, context, &mut output).await {
        Ok(()) => output.finish(split).await,
        Err(error) => {
            output.abort().await;
            Err(error)
        }
    }
}

async fn feed(split: &Split, context: &Arc<TaskContext>, output: &mut Output<'_>) -> Result<(), EngineError> {
    let mut batches = read(split.clone(), Arc::clone(context));
    let mut running = FuturesOrdered::new();
    let mut open = true;
    while open || !running.is_empty() {
        if context.cancel.is_cancelled() {
            return Err(EngineError::Interrupted);
        }
        tokio::select! {
            batch = batches.recv(), if open && running.len() < context.parallelism => match batch {
                Some(batch) => running.push_back(process(batch?, Arc::clone(context))),
                None => open = false,
            },
            Some(ready) = running.next() => output.write(ready?).await?,
        }
    }
    Ok(())
}

/// Reads the split on a blocking thread. The channel closes at the end, after an error, or when
/// the receiver is gone.
fn read(split: Split, context: Arc<TaskContext>) -> mpsc::Receiver<Result<ReadBatch, IngestError>> {
    let (sender, receiver) = mpsc::channel(READ_AHEAD);
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || match open_split(&split, &context.read, &runtime) {
        Ok(reader) => {
            for batch in reader {
                let last = batch.is_err();
                if sender.blocking_send(batch).is_err() || last {
                    break;
                }
            }
        }
        // The receiver may have been dropped by an interrupt: then nobody needs the error.
        Err(error) => drop(sender.blocking_send(Err(error))),
    });
    receiver
}

/// Runs the stages on one batch in the rayon pool.
async fn process(batch: ReadBatch, context: Arc<TaskContext>) -> Result<Ready, EngineError> {
    let (sender, receiver) = oneshot::channel();
    rayon::spawn(move || drop(sender.send(ready(batch, &context))));
    receiver.await.map_err(|_| EngineError::Bug("a worker died while it processed a batch".to_owned()))?
}

fn ready(batch: ReadBatch, context: &TaskContext) -> Result<Ready, EngineError> {
    let graph = &context.graph;
    let records = batch.documents.num_rows() as u64 + batch.quarantined.len() as u64;
    let unreadable: Vec<_> = batch.quarantined;
    let mut processed = graph.process(batch.documents)?;
    let entry = &mut processed.ledger.stages[0];
    for record in &unreadable {
        let count = Count::one(record.bytes);
        entry.input += count;
        entry.add_quarantined(record.cause.code(), count);
    }
    for (kind, count) in &batch.skipped {
        entry.add_skipped(kind, *count);
    }
    let mut quarantined: Vec<_> = unreadable.into_iter().map(Quarantined::from_record).collect();
    quarantined.extend(failures(graph, &processed));
    quarantined.sort_by_key(Quarantined::row);
    let dropped = match context.settings.dropped {
        DroppedPolicy::None => None,
        DroppedPolicy::Sample | DroppedPolicy::All => dropped(graph, &processed, context)?,
    };
    let hash = row_hash_sum(&processed.output);
    Ok(Ready { processed, dropped, quarantined, hash, records })
}

fn failures(graph: &PhaseGraph, processed: &Processed) -> Vec<Quarantined> {
    let ids: Vec<_> = graph.stages().map(|(id, _)| id.to_owned()).collect();
    let of_node = |left: &crate::graph::Left<crate::graph::FailedRow>| {
        let stage = &ids[left.stage];
        left.rows.iter().map(|row| Quarantined::from_failure(stage, &left.batch, row)).collect::<Vec<_>>()
    };
    processed.failed.iter().flat_map(of_node).collect()
}

fn dropped(
    graph: &PhaseGraph,
    processed: &Processed,
    context: &TaskContext,
) -> Result<Option<arrow::array::RecordBatch>, EngineError> {
    let ids: Vec<_> = graph.stages().map(|(id, _)| id.to_owned()).collect();
    let mut parts: Vec<_> = processed.dropped.iter().collect();
    parts.sort_by_key(|left| left.stage);
    let schema = &context.settings.dropped_schema;
    let parts = parts.into_iter().map(|left| dropped_rows(schema, &ids[left.stage], left));
    in_row_order(&parts.collect::<Result<Vec<_>, _>>()?)
}

impl<'a> Output<'a> {
    fn new(spec: &TaskSpec, split: &'a Split, attempt: &str, context: &'a TaskContext) -> Self {
        let writer = |dataset| context.writer(spec, attempt, dataset);
        Self {
            context,
            shard: &split.shard.name,
            data: writer(Dataset::Data),
            dropped: writer(Dataset::Dropped),
            quarantine: writer(Dataset::Quarantine),
            sampler: Sampler::new(spec.sample_per_reason),
            ledger: context.graph.empty_ledger(),
            busy_micros: vec![0; context.graph.stages().count()],
            hash: 0,
            records: 0,
        }
    }

    async fn write(&mut self, ready: Ready) -> Result<(), EngineError> {
        let ledger = &ready.processed.ledger;
        let kept = ledger.output.documents;
        self.context.progress.add_batch(ready.records, ledger.input().bytes, kept);
        self.ledger.merge(ledger);
        self.hash = self.hash.wrapping_add(ready.hash);
        self.records += ready.records;
        for (total, busy) in self.busy_micros.iter_mut().zip(&ready.processed.busy_micros) {
            *total += busy;
        }
        self.data.write(ready.processed.output).await?;
        match (ready.dropped, self.context.settings.dropped) {
            (Some(dropped), DroppedPolicy::All) => self.dropped.write(dropped).await?,
            (Some(dropped), DroppedPolicy::Sample) => self.sampler.offer(&dropped)?,
            _ => {}
        }
        if !ready.quarantined.is_empty() {
            self.quarantine.write(quarantine_rows(self.shard, &ready.quarantined)?).await?;
        }
        Ok(())
    }

    async fn finish(mut self, split: &Split) -> Result<Written, EngineError> {
        if let Some(rows) = split.rows
            && rows != self.records
        {
            return Err(EngineError::HandOver {
                place: format!("split of {} from row {}", split.shard.location, split.first_row),
                found: format!("{} records", self.records),
                expected: format!("{rows}"),
            });
        }
        if let Some(sample) = self.sampler.finish(&self.context.settings.dropped_schema)? {
            self.dropped.write(sample).await?;
        }
        let data = self.data.finish().await?;
        check_hand_over(&split.shard.location, &data, self.ledger.output.documents, self.hash)?;
        let mut outputs = BTreeMap::new();
        for (dataset, files) in [
            (Dataset::Data, data),
            (Dataset::Dropped, self.dropped.finish().await?),
            (Dataset::Quarantine, self.quarantine.finish().await?),
        ] {
            if !files.is_empty() {
                outputs.insert(dataset, files);
            }
        }
        let ids = self.context.graph.stages().map(|(id, _)| id.to_owned());
        let metrics =
            TaskMetrics { wall_micros: 0, cpu_micros: ids.zip(self.busy_micros).collect(), read_bytes: split.bytes };
        Ok(Written { outputs, ledger: self.ledger, metrics })
    }

    async fn abort(self) {
        self.data.abort().await;
        self.dropped.abort().await;
        self.quarantine.abort().await;
    }
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
