//! The plan of a run: which tasks there are, each with the key that decides whether a committed
//! result may be reused. It is written once and never made again for the same run.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;
use textmill_ingest::{InputPlan, Shard, Split, plan_input};
use textmill_pipeline::{Dropped as DroppedPolicy, OutputFormat, Pipeline};
use textmill_store::manifest::{Dataset, ExchangeManifest, FileEntry, TaskManifest};

use crate::EngineError;

/// Raised when the engine itself makes other bytes of the same stages (writer settings, side
/// datasets): results of an older engine are then not reused.
const ENGINE_VERSION: u32 = 2;

/// What a task works on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Work {
    /// Read a split and run the stages of the phase on it.
    Split(Box<Split>),
    /// Run the stages of a later phase on what a task of the phase before handed over.
    Continue(Box<HandedOver>),
    /// Join the files of neighbouring tasks into one file, in order.
    Compact {
        /// The dataset that the files belong to.
        dataset: Dataset,
        /// The files, in order.
        sources: Vec<FileEntry>,
        /// For each source the rows to take; absent means all rows of all sources.
        rows: Option<Vec<Vec<u32>>>,
    },
}

/// Column that carries the row number of a document in its split from one phase to the next.
pub(crate) const ROW: &str = "_textmill_row";

/// What a task of one phase hands to the task of the next.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandedOver {
    /// Name of the shard that the documents are from.
    pub shard: String,
    /// Documents by the id of the stage that they come from or, before an exchange, go to.
    pub documents: BTreeMap<String, Vec<FileEntry>>,
    /// What the exchanges found of them, by stage id.
    pub verdicts: BTreeMap<String, Vec<FileEntry>>,
}

/// One unit of work, retry and resume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskSpec {
    /// Id of the phase.
    pub phase: String,
    /// Position among the tasks of the phase; it fixes the order of the output.
    pub index: u64,
    /// Digest of everything that decides the task's result. Equal key, equal bytes.
    pub key: String,
    /// Dropped documents kept per stage and reason.
    pub sample_per_reason: usize,
    /// What to work on.
    pub work: Work,
}

/// The tasks of a run, pinned to the inputs that were listed when it was planned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunPlan {
    /// Version of this format.
    pub format_version: u32,
    /// Name of the pipeline.
    pub name: String,
    /// Digest of the configuration and the input patterns, but not of what lies there.
    pub config_key: String,
    /// Digest of all task keys and the layout of the output.
    pub run_key: String,
    /// The tasks of the first phase, in input order.
    pub tasks: Vec<TaskSpec>,
    /// Phases of the pipeline, each with as many tasks.
    #[serde(default)]
    pub phases: u64,
    /// Shards without a task: without records, or not readable.
    #[serde(default)]
    pub without_tasks: Vec<Shard>,
    /// Shards that could not be opened and whose quarantine the pipeline file asked for.
    pub unreadable: Vec<String>,
    /// What people should know about the input, such as columns that are not read.
    pub notes: Vec<String>,
}

impl RunPlan {
    /// Bytes of the input, as it is stored.
    pub fn input_bytes(&self) -> u64 {
        let bytes = |task: &TaskSpec| match &task.work {
            Work::Split(split) => split.bytes,
            Work::Continue(_) | Work::Compact { .. } => 0,
        };
        self.tasks.iter().map(bytes).sum()
    }
}

impl TaskSpec {
    /// Name of the shard that its documents are from.
    pub(crate) fn shard(&self) -> &str {
        match &self.work {
            Work::Split(split) => &split.shard.name,
            Work::Continue(handed) => &handed.shard,
            Work::Compact { .. } => "",
        }
    }

    /// Short name for messages.
    pub fn label(&self) -> String {
        format!("{:05}", self.index)
    }
}

/// Lists and pins the inputs and cuts them into tasks. Reads no document.
pub async fn plan_run(pipeline: &Pipeline) -> Result<RunPlan, EngineError> {
    let input = plan_input(&pipeline.input).await.map_err(EngineError::Inputs)?;
    Ok(plan_tasks(pipeline, input))
}

fn plan_tasks(pipeline: &Pipeline, input: InputPlan) -> RunPlan {
    let sample = task_sample(pipeline);
    // A pipeline without stages is one empty phase: rows pass through.
    let phase_id = pipeline.phases().first().map_or_else(|| "p0".to_owned(), |phase| phase.id.clone());
    let keys = TaskKeys::new(pipeline);
    let with_tasks: BTreeSet<String> = input.splits.iter().map(|split| split.shard.location.clone()).collect();
    let tasks: Vec<TaskSpec> = (0..)
        .zip(input.splits)
        .map(|(index, split)| TaskSpec {
            phase: phase_id.clone(),
            index,
            key: keys.of(&split),
            sample_per_reason: sample,
            work: Work::Split(Box::new(split)),
        })
        .collect();
    let unreadable: Vec<_> =
        input.unreadable.iter().map(|shard| format!("{}: {}", shard.shard.location, shard.detail)).collect();
    let empty = input.shards.into_iter().filter(|shard| !with_tasks.contains(&shard.location));
    RunPlan {
        format_version: 1,
        name: pipeline.name.clone(),
        config_key: config_key(pipeline),
        run_key: keys.of_run(&tasks, &unreadable),
        tasks,
        phases: pipeline.phases().len().max(1) as u64,
        without_tasks: empty.chain(input.unreadable.into_iter().map(|shard| shard.shard)).collect(),
        unreadable,
        notes: input.notes,
    }
}

/// What of a pipeline file decides the keys of tasks and runs.
#[derive(Debug, Clone)]
pub(crate) struct TaskKeys {
    first: serde_json::Value,
    later: Vec<serde_json::Value>,
    writer: serde_json::Value,
    dropped_sample: usize,
}

impl TaskKeys {
    pub(crate) fn new(pipeline: &Pipeline) -> Self {
        let mut phases =
            pipeline.phases().iter().map(|phase| pipeline.fingerprint(phase)).collect::<Vec<_>>().into_iter();
        let (first, writer) = (phases.next().unwrap_or_default(), writer_key(pipeline));
        Self { first, later: phases.collect(), writer, dropped_sample: pipeline.output.dropped_sample }
    }

    /// The key of the task of the first phase that reads `split`.
    pub(crate) fn of(&self, split: &Split) -> String {
        digest(&serde_json::json!([self.first, self.writer, split]))
    }

    /// The key of the run with these tasks.
    pub(crate) fn of_run(&self, tasks: &[TaskSpec], unreadable: &[String]) -> String {
        let keys: Vec<_> = tasks.iter().map(|task| task.key.as_str()).collect();
        digest(&serde_json::json!([keys, self.writer, unreadable, self.dropped_sample, self.later]))
    }
}

/// The tasks of phase `phase`, one for each task of the phase before, with what the exchanges between them found.
pub(crate) fn continue_tasks(
    pipeline: &Pipeline,
    phase: usize,
    before: &[(TaskSpec, TaskManifest)],
    found: &BTreeMap<String, ExchangeManifest>,
) -> Vec<TaskSpec> {
    let phases = pipeline.phases();
    let fingerprint = phases.get(phase).map(|phase| pipeline.fingerprint(phase));
    let writer = writer_key(pipeline);
    let task = |(index, (spec, manifest)): (usize, &(TaskSpec, TaskManifest))| {
        let verdicts = found.iter().filter_map(|(id, found)| {
            let files = found.verdicts.get(index)?;
            Some((id.clone(), files.clone()))
        });
        let handed = HandedOver {
            shard: spec.shard().to_owned(),
            documents: manifest.handed_over.clone(),
            verdicts: verdicts.collect(),
        };
        let contents = |files: &BTreeMap<String, Vec<FileEntry>>| -> Vec<(String, Vec<String>)> {
            let digests = |files: &[FileEntry]| files.iter().map(|file| file.blake3.clone()).collect();
            files.iter().map(|(id, files)| (id.clone(), digests(files))).collect()
        };
        let given = (contents(&handed.documents), contents(&handed.verdicts));
        TaskSpec {
            phase: format!("p{phase}"),
            index: spec.index,
            key: digest(&serde_json::json!([fingerprint, writer, spec.key, given])),
            sample_per_reason: spec.sample_per_reason,
            work: Work::Continue(Box::new(handed)),
        }
    };
    before.iter().enumerate().map(task).collect()
}

/// What the pipeline file says about files.
fn writer_key(pipeline: &Pipeline) -> serde_json::Value {
    let mut key = vec![
        json!(ENGINE_VERSION),
        json!(pipeline.output.compression_level),
        json!(pipeline.output.shard_bytes.bytes()),
        json!(format!("{:?}", pipeline.output.dropped)),
        json!(task_sample(pipeline)),
    ];
    // Said only where it is not what it always was, so that earlier results keep their keys.
    let format = pipeline.output.format;
    key.extend((format != OutputFormat::default()).then(|| json!(format)));
    serde_json::Value::Array(key)
}

/// Digest of everything in the pipeline file that decides the result: two processes whose pipelines have one key make
/// the same bytes of the same tasks.
pub fn config_key(pipeline: &Pipeline) -> String {
    let phases: Vec<_> = pipeline.phases().iter().map(|phase| pipeline.fingerprint(phase)).collect();
    let input = serde_json::to_value(&pipeline.input).unwrap_or_default();
    let output = serde_json::to_value(&pipeline.output).unwrap_or_default();
    digest(&serde_json::json!([ENGINE_VERSION, phases, input, without(output, "path")]))
}

fn without(mut value: serde_json::Value, key: &str) -> serde_json::Value {
    if let Some(map) = value.as_object_mut() {
        map.shift_remove(key);
    }
    value
}

/// Dropped documents that a task keeps per reason. As many as the global sample has: it then holds
/// the documents with the smallest hash of all, and no task's result depends on the number of tasks.
fn task_sample(pipeline: &Pipeline) -> usize {
    match pipeline.output.dropped {
        DroppedPolicy::Sample => pipeline.output.dropped_sample,
        DroppedPolicy::None | DroppedPolicy::All => 0,
    }
}

/// BLAKE3 of the compact JSON, in hex, cut to 128 bits: names stay short and collisions out of reach.
pub(crate) fn digest(value: &serde_json::Value) -> String {
    let hex = blake3::hash(value.to_string().as_bytes()).to_hex();
    hex.as_str().chars().take(32).collect()
}
