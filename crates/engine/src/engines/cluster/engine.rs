//! The engine of a run on a cluster.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use datafusion::execution::SendableRecordBatchStream;
use futures::stream::{FuturesUnordered, StreamExt};
use textmill_ingest::OnUnreadable;
use textmill_pipeline::{Pipeline, Source};
use textmill_store::Store;
use textmill_store::manifest::TaskManifest;
use tokio::sync::OnceCell;

use super::attempts::MAX_ATTEMPTS;
use super::client::{Client, Failures, JobError};
use super::runs;
use super::work::{SumWork, TaskEnd, TaskWork};
use crate::engines::engine::Engine;
use crate::engines::local::LocalEngine;
use crate::exchange::{KeyRun, KeySource, Sorter};
use crate::plan::{Reuse, TaskSpec, Work, config_key, digest, lookup};
use crate::task::{TaskContext, unworkable};
use crate::{EngineError, ErrorKind, layout};

/// How long a task with too many unfinished attempts is watched before it is given up.
const LAST_LOOK: Duration = Duration::from_secs(20);

/// The cluster that a run takes.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// Its address, `df://host:port`.
    pub url: String,
    /// Jobs that are with it at once.
    pub jobs: usize,
    /// How long the run goes on without a scheduler that answers or an executor that lives.
    pub patience: Duration,
}

/// Runs tasks and sorts as jobs of a cluster, and in this process the sorts of what only it knows.
#[derive(Debug)]
pub struct ClusterEngine {
    local: LocalEngine,
    options: ClusterOptions,
    /// Connected by [`Engine::start`].
    client: OnceCell<Arc<Client>>,
    store: Store,
    pipeline: Described,
    /// Whether a split that cannot be worked on is counted as unreadable instead of ending the run.
    quarantines: bool,
}

/// What executors are told of the pipeline.
#[derive(Debug)]
struct Described {
    source: Source,
    config_key: String,
}

impl ClusterEngine {
    /// The engine of a run of `pipeline` into `store`; it connects when the run starts. `local` does what this process
    /// does by itself.
    pub fn new(options: ClusterOptions, pipeline: &Pipeline, store: &Store, local: LocalEngine) -> Self {
        let described = Described { source: pipeline.source.clone(), config_key: config_key(pipeline) };
        let quarantines = pipeline.input.on_unreadable == OnUnreadable::Quarantine;
        let options = ClusterOptions { jobs: options.jobs.max(1), ..options };
        let client = OnceCell::new();
        Self { local, options, client, store: store.clone(), pipeline: described, quarantines }
    }

    fn client(&self) -> Result<&Arc<Client>, EngineError> {
        self.client.get().ok_or_else(|| EngineError::Bug("a cluster was asked before it was connected to".to_owned()))
    }

    /// Has one task done, and reads its manifest.
    async fn task(&self, context: &TaskContext, spec: &TaskSpec) -> Result<TaskManifest, EngineError> {
        let client = self.client()?;
        let mut failures = Failures::default();
        let what = format!("task {} of phase {}", spec.label(), spec.phase);
        loop {
            let verdict = client.task(self.describe(context, spec)).await;
            // The manifest is the truth, whatever the job says.
            if let Reuse::Committed(manifest) = lookup(&context.store, spec).await? {
                return Ok(*manifest);
            }
            match verdict {
                Ok(TaskEnd::Failed { executor, kind, message }) => {
                    let error = EngineError::Remote { executor, kind, message };
                    // The next machine may have what this one lacks; what is wrong with the run is so everywhere.
                    if !matches!(kind, ErrorKind::Storage | ErrorKind::Resources) {
                        return Err(error);
                    }
                    failures.elsewhere(&what, error).await?;
                }
                Ok(TaskEnd::GivenUp { attempts }) => {
                    if !self.attempts_end(context, spec).await? {
                        return self.give_up(spec, attempts);
                    }
                }
                Ok(TaskEnd::Committed) => {
                    let path = layout::task_manifest(&spec.phase, &spec.key);
                    return Err(EngineError::Bug(format!("an executor committed {path}, and it is not there")));
                }
                Err(JobError::Final(error)) => return Err(error),
                Err(JobError::Lost(error)) => {
                    failures.again(client, &what, &error).await?;
                }
            }
        }
    }

    /// Whether one of the unfinished attempts ends yet: after a lost connection several may be at work at once, and none of
    /// them died.
    async fn attempts_end(&self, context: &TaskContext, spec: &TaskSpec) -> Result<bool, EngineError> {
        let folder = layout::attempts(context.owner.epoch(), &spec.key);
        let begun = Instant::now();
        while begun.elapsed() < LAST_LOOK {
            if context.store.list(&folder).await?.len() < MAX_ATTEMPTS {
                return Ok(true);
            }
            tokio::time::sleep(LAST_LOOK / 10).await;
        }
        Ok(false)
    }

    fn describe(&self, context: &TaskContext, spec: &TaskSpec) -> TaskWork {
        TaskWork {
            file_name: self.pipeline.source.file_name.clone(),
            text: self.pipeline.source.text.clone(),
            passed: self.pipeline.source.passed.clone(),
            config_key: self.pipeline.config_key.clone(),
            phase: context.phase(),
            store: self.store.url(),
            epoch: context.owner.epoch(),
            batch_rows: context.batch_rows(),
            spec: spec.clone(),
        }
    }

    /// A task that killed every process that tried it. Its documents were never counted where it is one of the first
    /// phase; the whole split is then what could not be read.
    fn give_up(&self, spec: &TaskSpec, attempts: usize) -> Result<TaskManifest, EngineError> {
        let split = spec.shard().to_owned();
        let reason = EngineError::GivenUp { phase: spec.phase.clone(), task: spec.label(), split, attempts };
        if !self.quarantines || !matches!(spec.work, Work::Split(_)) {
            return Err(reason);
        }
        tracing::error!(%reason, "a split is given up and quarantined as a whole");
        Ok(unworkable(spec, reason.to_string()))
    }

    /// Work for each run, with its side files in the store.
    async fn describe_runs(&self, name: &str, runs: Vec<KeyRun>) -> Result<Vec<SumWork>, EngineError> {
        let mut works = Vec::with_capacity(runs.len());
        for KeyRun { work: keys, left_out } in runs {
            let left_out = match left_out {
                None => None,
                Some(bits) => {
                    let blake3 = blake3::hash(&bits).to_hex().to_string();
                    let path = layout::left_out(name, &blake3);
                    self.store.put(&path, Bytes::from(bits)).await?;
                    Some((path, blake3))
                }
            };
            let key = digest(&serde_json::json!([keys, left_out]));
            let sum = layout::run_record(name, &key);
            // What an earlier attempt left there is of no interest to this one.
            self.store.delete(&sum).await?;
            works.push(SumWork { keys, store: self.store.url(), left_out, sum });
        }
        Ok(works)
    }
}

#[async_trait]
impl Engine for ClusterEngine {
    async fn start(&self) -> Result<(), EngineError> {
        let ClusterOptions { url, jobs, patience } = &self.options;
        let connect = || async { Ok(Arc::new(Client::connect(url, *patience, *jobs).await?)) };
        self.client.get_or_try_init(connect).await.map(|_| ())
    }

    fn parallelism(&self, tasks: usize) -> usize {
        self.local.parallelism(tasks)
    }

    async fn run_tasks(
        &self,
        context: &Arc<TaskContext>,
        tasks: Vec<TaskSpec>,
    ) -> Result<Vec<TaskManifest>, EngineError> {
        let mut manifests: Vec<Option<TaskManifest>> = Vec::new();
        manifests.resize_with(tasks.len(), || None);
        let mut waiting = tasks.iter().enumerate();
        let mut running = FuturesUnordered::new();
        let mut lost = Box::pin(self.client()?.health.until_lost());
        let mut cancelled = Box::pin(context.cancel.until_cancelled());
        loop {
            while running.len() < self.options.jobs {
                let Some((position, spec)) = waiting.next() else { break };
                running.push(async move { (position, Box::pin(self.task(context, spec)).await) });
            }
            let (position, ended) = tokio::select! {
                ended = running.next() => match ended {
                    Some(ended) => ended,
                    None => break,
                },
                reason = &mut lost => return Err(reason),
                () = &mut cancelled => return Err(EngineError::Interrupted),
            };
            let manifest = ended?;
            context.progress.task_done();
            let (given, kept) = (manifest.ledger.input(), manifest.ledger.output);
            context.progress.add_batch(given.documents, given.bytes, kept.documents);
            manifests[position] = Some(manifest);
        }
        let all: Option<Vec<_>> = manifests.into_iter().collect();
        all.ok_or_else(|| EngineError::Bug("a task of the cluster has no manifest".to_owned()))
    }
}

#[async_trait]
impl Sorter for ClusterEngine {
    async fn sorted(
        &self,
        name: &str,
        memory: usize,
        keys: Box<dyn KeySource>,
        order: &str,
    ) -> Result<SendableRecordBatchStream, EngineError> {
        let Some(runs) = keys.runs() else { return self.local.sorted(name, memory, keys, order).await };
        let works = self.describe_runs(name, runs).await?;
        let client = self.client()?;
        match runs::merge(client, &self.store, works, memory)? {
            Some(merged) => Ok(super::health::guarded(merged, &client.health)),
            // Nothing to sort.
            None => self.local.sorted(name, memory, keys, order).await,
        }
    }
}
