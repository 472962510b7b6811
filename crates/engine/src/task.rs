//! One task: a pure function of its spec that ends in one committed manifest.

use std::collections::BTreeMap;
use std::sync::Arc;

use textmill_document::Ledger;
use textmill_ingest::ReadOptions;
use textmill_minhash_dedupe::{DedupeStage, REPEAT_KEYS, key_columns};
use textmill_pipeline::{Dropped as DroppedPolicy, Pipeline};
use textmill_store::manifest::{Dataset, FileEntry, InputFacts, TaskManifest, TaskMetrics};
use textmill_store::owner::Owner;
use textmill_store::parquet_writer::{DEFAULT_IN_FLIGHT, DatasetWriter, HashColumn, WriterOptions};
use textmill_store::{Committed, Store, commit_task};

use crate::datasets::{dropped_schema, duplicates_schema, quarantine_schema};
use crate::graph::PhaseGraph;
use crate::plan::{TaskSpec, Work};
use crate::{Cancel, EngineError, Progress, compact, continue_task, layout, split_task};

/// Compression of files that are read once and deleted: the fastest there is.
const BETWEEN_ZSTD_LEVEL: i32 = 1;

/// Columns of keys that are hashes. Documents may have columns of these names too; what is read once and deleted may as well
/// be a little larger.
const KEY_COLUMNS: &[HashColumn] = &[
    HashColumn::Named(key_columns::SIGNATURE),
    HashColumn::Named(key_columns::SHINGLES),
    HashColumn::Named(key_columns::TEXT_HIGH),
    HashColumn::Named(key_columns::TEXT_LOW),
    HashColumn::Named(key_columns::URL_HIGH),
    HashColumn::Named(key_columns::URL_LOW),
    HashColumn::Named(REPEAT_KEYS),
    HashColumn::Prefixed("band_"),
];

/// Columns of the index.
fn index_schema(pipeline: &Pipeline) -> arrow::datatypes::SchemaRef {
    let makes_one = |dedupe: &&Arc<DedupeStage>| dedupe.settings().index;
    let mut stages =
        pipeline.nodes.iter().filter_map(|node| Some((node.exchange.as_ref()?.documents().filter(makes_one)?, node)));
    let schema = stages.next().map(|(dedupe, node)| dedupe.key_schema(&node.columns_in));
    Arc::new(schema.unwrap_or_else(arrow::datatypes::Schema::empty))
}

/// What every task of a phase shares.
#[derive(Debug)]
pub struct TaskContext {
    /// The output location.
    pub store: Store,
    /// Proof that this process owns the output; checked before every commit.
    pub owner: Arc<Owner>,
    /// Counters for the terminal.
    pub progress: Arc<Progress>,
    /// Asks running tasks to stop between two batches.
    pub cancel: Cancel,
    /// Batches of one task that may be inside the stages at once.
    pub parallelism: usize,
    /// Number of the phase.
    pub(crate) phase: usize,
    pub(crate) graph: Arc<PhaseGraph>,
    pub(crate) read: ReadOptions,
    pub(crate) settings: OutputSettings,
}

/// What the pipeline file says about files, shared by all writers of a run.
#[derive(Debug, Clone)]
pub(crate) struct OutputSettings {
    pub shard_bytes: u64,
    pub zstd_level: i32,
    pub dropped: DroppedPolicy,
    pub dropped_schema: arrow::datatypes::SchemaRef,
    pub data_schema: arrow::datatypes::SchemaRef,
    /// Columns of the index; none where no stage makes one.
    pub index_schema: arrow::datatypes::SchemaRef,
}

/// What a task wrote, before it is committed.
#[derive(Debug)]
pub(crate) struct Written {
    pub outputs: BTreeMap<Dataset, Vec<FileEntry>>,
    pub handed_over: BTreeMap<String, Vec<FileEntry>>,
    pub keys: BTreeMap<String, Vec<FileEntry>>,
    pub ledger: Ledger,
    pub metrics: TaskMetrics,
    pub input: InputFacts,
}

impl TaskContext {
    /// The context of phase number `phase` of a run of `pipeline` into `store`.
    pub(crate) fn new(
        pipeline: &Pipeline,
        phase: usize,
        store: Store,
        owner: Arc<Owner>,
        parts: TaskContextParts,
    ) -> Self {
        let graph = PhaseGraph::new(pipeline, phase);
        let settings = OutputSettings {
            shard_bytes: pipeline.output.shard_bytes.bytes(),
            zstd_level: pipeline.output.compression_level,
            dropped: pipeline.output.dropped,
            dropped_schema: dropped_schema(&textmill_ingest::document_schema(&pipeline.input)),
            data_schema: Arc::clone(graph.output_schema()),
            index_schema: index_schema(pipeline),
        };
        let read = ReadOptions {
            projection: Some(pipeline.input_projection.clone()),
            batch_rows: parts.batch_rows,
            ..ReadOptions::new(pipeline.input.clone())
        };
        let TaskContextParts { progress, cancel, parallelism, .. } = parts;
        Self { store, owner, progress, cancel, parallelism, phase, graph: Arc::new(graph), read, settings }
    }

    pub(crate) fn writer(&self, spec: &TaskSpec, attempt: &str, dataset: Dataset) -> DatasetWriter {
        let schema = match dataset {
            Dataset::Data => Arc::clone(&self.settings.data_schema),
            Dataset::Dropped => Arc::clone(&self.settings.dropped_schema),
            Dataset::Quarantine => quarantine_schema(),
            Dataset::Duplicates => duplicates_schema(),
            Dataset::Index => Arc::clone(&self.settings.index_schema),
        };
        let (shard_bytes, in_flight) = match spec.work {
            Work::Split(_) | Work::Continue(_) => (self.settings.shard_bytes, DEFAULT_IN_FLIGHT),
            // Compaction chose its sources so that one file comes out, unless only some of their rows are taken. It does
            // little but encode: a second row group in flight would only take memory.
            Work::Compact { rows: None, .. } => (u64::MAX, 1),
            Work::Compact { rows: Some(_), .. } => (self.settings.shard_bytes, 1),
        };
        let prefix = layout::staging(&spec.phase, &spec.key, attempt, dataset);
        let options = WriterOptions {
            shard_bytes,
            in_flight,
            zstd_level: self.settings.zstd_level,
            ..WriterOptions::new(schema)
        };
        DatasetWriter::new(self.store.clone(), &prefix, options)
    }

    /// A writer of files that only the next phase reads.
    pub(crate) fn between_writer(&self, prefix: &str, schema: arrow::datatypes::SchemaRef) -> DatasetWriter {
        let options = WriterOptions {
            shard_bytes: self.settings.shard_bytes,
            zstd_level: BETWEEN_ZSTD_LEVEL,
            hashes: KEY_COLUMNS,
            ..WriterOptions::new(schema)
        };
        DatasetWriter::new(self.store.clone(), prefix, options)
    }
}

/// The parts of a [`TaskContext`] that do not come from the pipeline.
#[derive(Debug, Clone)]
pub(crate) struct TaskContextParts {
    pub progress: Arc<Progress>,
    pub cancel: Cancel,
    pub parallelism: usize,
    pub batch_rows: usize,
}

/// Runs one task and commits its manifest. Running it twice, even at once, commits one result:
/// the loser adopts the winner's manifest and deletes its own files.
pub async fn run_task(spec: &TaskSpec, context: &Arc<TaskContext>) -> Result<TaskManifest, EngineError> {
    let started = std::time::Instant::now();
    let attempt = layout::attempt(context.owner.epoch());
    let mut written = match &spec.work {
        Work::Split(split) => Box::pin(split_task::run(spec, split, &attempt, context)).await?,
        Work::Continue(handed) => Box::pin(continue_task::run(spec, handed, &attempt, context)).await?,
        Work::Compact { dataset, sources, rows } => {
            compact::run(spec, *dataset, sources, rows.as_deref(), &attempt, context).await?
        }
    };
    written.ledger.check()?;
    written.metrics.wall_micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let manifest = TaskManifest {
        format_version: textmill_store::manifest::FORMAT_VERSION,
        key: spec.key.clone(),
        phase: spec.phase.clone(),
        task: spec.label(),
        attempt,
        owner_epoch: context.owner.epoch(),
        textmill_version: env!("CARGO_PKG_VERSION").to_owned(),
        outputs: written.outputs,
        handed_over: written.handed_over,
        keys: written.keys,
        ledger: written.ledger,
        metrics: written.metrics,
        input: written.input,
        given_up: None,
    };
    context.owner.check().await?;
    let path = layout::task_manifest(&spec.phase, &spec.key);
    match commit_task(&context.store, &path, &manifest).await? {
        Committed::Mine => Ok(manifest),
        Committed::Adopted(theirs) => Ok(*theirs),
    }
}
