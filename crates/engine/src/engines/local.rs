use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::TableProvider;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::stream::{FuturesUnordered, StreamExt};
use textmill_exchange::Limits;
use textmill_store::manifest::TaskManifest;

use super::engine::Engine;
use super::number_sort;
use crate::exchange::{KeySource, Sorter, internal};
use crate::plan::TaskSpec;
use crate::task::{TaskContext, run_task};
use crate::{EngineError, MemoryBudget};

/// Part of a sort's memory, in percent, that is kept for merging. What is in memory is merged before it is spilled, and
/// for an order of several columns a merge holds a second copy of them that is a third larger.
const MERGE_PERCENT: usize = 60;

/// Runs tasks on a bounded pool in this process and exchanges on a `DataFusion` session.
#[derive(Debug)]
pub struct LocalEngine {
    threads: usize,
    tasks_at_once: usize,
    memory: MemoryBudget,
}

impl LocalEngine {
    /// An engine of `threads` workers within `memory`.
    pub fn new(threads: usize, memory: MemoryBudget) -> Result<Self, EngineError> {
        let threads = threads.max(1);
        Ok(Self { threads, tasks_at_once: memory.tasks(threads)?, memory })
    }
}

#[async_trait]
impl Engine for LocalEngine {
    /// With fewer tasks than workers, a task uses several workers. One more than its share keeps them fed.
    fn parallelism(&self, tasks: usize) -> usize {
        let at_once = self.tasks_at_once.min(tasks).max(1);
        (self.threads.div_ceil(at_once) + 1).min(self.memory.batches(at_once))
    }

    async fn run_tasks(
        &self,
        context: &Arc<TaskContext>,
        tasks: Vec<TaskSpec>,
    ) -> Result<Vec<TaskManifest>, EngineError> {
        let mut finished = Finished::new(tasks.len());
        let mut waiting = tasks.into_iter().enumerate();
        let mut running = FuturesUnordered::new();
        let mut failure = None;
        loop {
            while failure.is_none() && running.len() < self.tasks_at_once && !context.cancel.is_cancelled() {
                let Some((position, spec)) = waiting.next() else { break };
                running.push(start(position, spec, Arc::clone(context)));
            }
            match running.next().await {
                Some(Ok(outcome)) => {
                    context.progress.task_done();
                    finished.keep(&outcome)?;
                }
                // The others stop at their next batch; the first error is the one to report.
                Some(Err(error)) => {
                    context.cancel.cancel();
                    failure = failure.or(Some(error));
                }
                None => break,
            }
        }
        match failure {
            Some(error) => Err(error),
            None => finished.manifests()?.ok_or(EngineError::Interrupted),
        }
    }
}

#[async_trait]
impl Sorter for LocalEngine {
    async fn sorted(
        &self,
        name: &str,
        memory: usize,
        keys: Box<dyn KeySource>,
        order: &str,
    ) -> Result<SendableRecordBatchStream, EngineError> {
        let failed = |error: DataFusionError| internal(name, error);
        let table = keys.table(self.threads).map_err(failed)?;
        if number_sort::applies(&table.schema(), order) {
            let limits = Limits { memory, threads: self.threads, ..Limits::default() };
            return number_sort::sorted(name, table, limits).await.map_err(failed);
        }
        let pool = Arc::new(FairSpillPool::new(memory));
        let runtime = unbounded_disk(RuntimeEnvBuilder::new().with_memory_pool(pool)).build_arc().map_err(failed)?;
        let reservation = memory / self.threads / 100 * MERGE_PERCENT;
        let config =
            SessionConfig::new().with_target_partitions(self.threads).with_sort_spill_reservation_bytes(reservation);
        let session = SessionContext::new_with_config_rt(config, runtime);
        session.register_table("keys", Arc::new(table)).map_err(failed)?;
        let sorted = session.sql(&format!("SELECT * FROM keys ORDER BY {order}")).await.map_err(failed)?;
        sorted.execute_stream().await.map_err(failed)
    }
}

/// The folder for temporary files is as large as its disk: `DataFusion` would end a sort at 100 GiB.
fn unbounded_disk(runtime: RuntimeEnvBuilder) -> RuntimeEnvBuilder {
    runtime.with_max_temp_directory_size(u64::MAX)
}

/// A committed task.
#[derive(Debug)]
struct TaskOutcome {
    /// Position of the task in the list that was given.
    position: usize,
    manifest: TaskManifest,
}

/// Manifests of finished tasks, as JSON in one buffer. As objects each is dozens of small allocations
/// that live to the end of the run; scattered between those of running tasks, they keep many times
/// their size from being freed.
struct Finished {
    json: Vec<u8>,
    ranges: Vec<Option<Range<usize>>>,
}

impl Finished {
    fn new(tasks: usize) -> Self {
        Self { json: Vec::new(), ranges: vec![None; tasks] }
    }

    fn keep(&mut self, outcome: &TaskOutcome) -> Result<(), EngineError> {
        let start = self.json.len();
        serde_json::to_writer(&mut self.json, &outcome.manifest).map_err(|error| broken(&error))?;
        self.ranges[outcome.position] = Some(start..self.json.len());
        Ok(())
    }

    /// All manifests in the order of the tasks; `None` if one is missing.
    fn manifests(&self) -> Result<Option<Vec<TaskManifest>>, EngineError> {
        let parse = |range: &Option<Range<usize>>| {
            let bytes = self.json.get(range.clone()?)?;
            Some(serde_json::from_slice(bytes).map_err(|error| broken(&error)))
        };
        self.ranges.iter().map(parse).collect::<Option<Result<_, _>>>().transpose()
    }
}

fn broken(error: &serde_json::Error) -> EngineError {
    EngineError::Bug(format!("a task's manifest is not what it was: {error}"))
}

async fn start(position: usize, spec: TaskSpec, context: Arc<TaskContext>) -> Result<TaskOutcome, EngineError> {
    let label = spec.label();
    let joined = tokio::spawn(async move { Box::pin(run_task(&spec, &context)).await }).await;
    let manifest = joined.map_err(|error| EngineError::Bug(format!("task {label} died: {error}")))??;
    Ok(TaskOutcome { position, manifest })
}
