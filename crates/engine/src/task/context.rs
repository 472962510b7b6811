//! What the tasks of a phase share: where they write, how, and through which stages.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use textmill_document::Ledger;
use textmill_ingest::ReadOptions;
use textmill_minhash_dedupe::{REPEAT_KEYS, key_columns};
use textmill_pipeline::{Dropped as DroppedPolicy, Pipeline};
use textmill_store::Store;
use textmill_store::manifest::{Dataset, FileEntry, InputFacts, TaskMetrics};
use textmill_store::owner::Owner;
use textmill_store::writer::{DEFAULT_IN_FLIGHT, DatasetWriter, HashColumn, OutputFormat, WriterOptions};

use super::datasets::{dropped_schema, duplicates_schema, quarantine_schema};
use super::graph::PhaseGraph;
use crate::exchange::index;
use crate::plan::{TaskSpec, Work};
use crate::{Cancel, Progress, layout};

/// Compression of files that are read once and deleted: the fastest there is.
const BETWEEN_ZSTD_LEVEL: i32 = 1;

/// Columns from which on one row group is encoded at a time.
const VERY_MANY_COLUMNS: usize = 1000;

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
    phase: usize,
    pub(crate) graph: Arc<PhaseGraph>,
    pub(crate) read: ReadOptions,
    pub(crate) settings: OutputSettings,
}

/// What the pipeline file says about files, shared by all writers of a run.
#[derive(Debug, Clone)]
pub(crate) struct OutputSettings {
    /// Format of the data; everything else is Parquet.
    pub data_format: OutputFormat,
    pub shard_bytes: u64,
    pub zstd_level: i32,
    pub dropped: DroppedPolicy,
    pub dropped_schema: SchemaRef,
    pub data_schema: SchemaRef,
    /// Columns of the index; none where no stage makes one.
    pub index_schema: SchemaRef,
}

impl OutputSettings {
    /// Format of the files of `dataset`.
    pub(crate) fn format(&self, dataset: Dataset) -> OutputFormat {
        match dataset {
            Dataset::Data => self.data_format,
            // What is read by textmill and by whoever looks after a run, not by training.
            Dataset::Dropped | Dataset::Quarantine | Dataset::Duplicates | Dataset::Index => OutputFormat::Parquet,
        }
    }
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
    /// The context of phase number `phase` (from 0) of a run of `pipeline` into `store`.
    pub fn new(pipeline: &Pipeline, phase: usize, store: Store, owner: Arc<Owner>, parts: TaskContextParts) -> Self {
        let graph = PhaseGraph::new(pipeline, phase);
        let settings = OutputSettings {
            data_format: pipeline.output.format,
            shard_bytes: pipeline.output.shard_bytes.bytes(),
            zstd_level: pipeline.output.compression_level,
            dropped: pipeline.output.dropped,
            dropped_schema: dropped_schema(&textmill_ingest::document_schema(&pipeline.input)),
            data_schema: Arc::clone(graph.output_schema()),
            index_schema: index(pipeline).map_or_else(|| Arc::new(Schema::empty()), |index| index.schema),
        };
        let read = ReadOptions {
            projection: Some(pipeline.input_projection.clone()),
            batch_rows: parts.batch_rows,
            ..ReadOptions::new(pipeline.input.clone())
        };
        let TaskContextParts { progress, cancel, parallelism, .. } = parts;
        Self { store, owner, progress, cancel, parallelism, phase, graph: Arc::new(graph), read, settings }
    }

    /// Number of the phase, from 0.
    pub fn phase(&self) -> usize {
        self.phase
    }

    /// Rows of a batch.
    pub fn batch_rows(&self) -> usize {
        self.read.batch_rows
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
        // What holds the values of so many columns takes more than they do: one row group is enough.
        let in_flight = if schema.fields().len() >= VERY_MANY_COLUMNS { 1 } else { in_flight };
        let prefix = layout::staging(&spec.phase, &spec.key, attempt, dataset);
        let options = WriterOptions {
            format: self.settings.format(dataset),
            shard_bytes,
            in_flight,
            zstd_level: self.settings.zstd_level,
            ..WriterOptions::new(schema)
        };
        DatasetWriter::new(self.store.clone(), &prefix, options)
    }

    /// A writer of files that only the next phase reads.
    pub(crate) fn between_writer(&self, prefix: &str, schema: SchemaRef) -> DatasetWriter {
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
pub struct TaskContextParts {
    /// Counters for the terminal.
    pub progress: Arc<Progress>,
    /// Asks running tasks to stop between two batches.
    pub cancel: Cancel,
    /// Batches of one task that may be inside the stages at once, at least 1.
    pub parallelism: usize,
    /// Rows of a batch, at least 1.
    pub batch_rows: usize,
}
