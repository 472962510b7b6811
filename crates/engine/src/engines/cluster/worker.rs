//! What an executor does with the work that it is given.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use textmill_pipeline::{Pipeline, Source};
use textmill_store::owner::Owner;
use textmill_store::sealed::seal;
use textmill_store::{Store, StoreError};
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::attempts::Attempt;
use super::checksum::Checksum;
use super::work::{Item, SumWork, TaskEnd, TaskWork, Work};
use crate::exchange::internal;
use crate::plan::config_key;
use crate::task::{TaskContext, TaskContextParts, run_task};
use crate::{Cancel, EngineError, ErrorKind, MemoryBudget, Progress, layout};

/// Contexts that are kept: those of the phases of a run or two. Each holds its pipeline's models.
const KEPT_CONTEXTS: usize = 4;

/// Batches of one task that may be inside the stages at once: one that is worked on and two that wait keep a thread busy,
/// and where there are fewer tasks than threads, some of them help.
const MOST_BATCHES: usize = 3;

/// Does work in this process.
#[derive(Debug)]
pub(super) struct Worker {
    name: String,
    /// Where tasks run: Ballista's own threads only wait for them.
    runtime: Handle,
    parallelism: usize,
    contexts: Mutex<VecDeque<(String, Arc<TaskContext>)>>,
}

/// What an executor leaves in the store about keys that it read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RunRecord {
    /// All were read, and these are they.
    Read(Checksum),
    /// They cannot be read, here or elsewhere.
    Failed { executor: String, kind: ErrorKind, message: String },
}

impl Worker {
    /// A worker called `name` that does as many things at once as it has slots. Must be called inside a runtime.
    pub(super) fn new(name: &str, memory: MemoryBudget, slots: usize) -> Self {
        let parallelism = memory.batches(slots).min(MOST_BATCHES);
        Self { name: name.to_owned(), runtime: Handle::current(), parallelism, contexts: Mutex::default() }
    }

    /// Starts the work that `text` describes.
    pub(super) async fn start(self: &Arc<Self>, text: &str) -> Result<SendableRecordBatchStream, DataFusionError> {
        let described = |error: EngineError| DataFusionError::Execution(format!("{}: {error}", self.name));
        match Work::item(text) {
            Ok(Item::Task(work)) => Ok(row(&self.task(*work).await)),
            Ok(Item::Keys(work)) => self.keys(*work).await.map_err(described),
            Err(error) => Err(described(error)),
        }
    }

    async fn task(self: &Arc<Self>, work: TaskWork) -> TaskEnd {
        let worker = Arc::clone(self);
        let mut running = AbortOnDrop(self.runtime.spawn(async move { Box::pin(worker.try_task(&work)).await }));
        let ended = match (&mut running.0).await {
            Ok(ended) => ended,
            Err(error) => Err(EngineError::Bug(format!("a task died: {error}"))),
        };
        ended.unwrap_or_else(|error| TaskEnd::Failed {
            executor: self.name.clone(),
            kind: error.kind(),
            message: error.to_string(),
        })
    }

    async fn try_task(&self, work: &TaskWork) -> Result<TaskEnd, EngineError> {
        let store = Store::open(&work.store)?;
        let manifest = layout::task_manifest(&work.spec.phase, &work.spec.key);
        if store.head(&manifest).await?.is_some() {
            return Ok(TaskEnd::Committed);
        }
        let context = self.context(work, &store).await?;
        context.owner.check().await?;
        match Attempt::begin(&store, work.epoch, &work.spec.key, &self.name).await? {
            Err(attempts) => Ok(TaskEnd::GivenUp { attempts }),
            Ok(attempt) => {
                let ended = Box::pin(run_task(&work.spec, &context)).await;
                attempt.end().await;
                ended.map(|_| TaskEnd::Committed)
            }
        }
    }

    /// The context of a task: kept from one task to the next, so that models are loaded once.
    async fn context(&self, work: &TaskWork, store: &Store) -> Result<Arc<TaskContext>, EngineError> {
        let name = format!("{}/{}/{}/{}/{}", work.config_key, work.phase, work.epoch, work.batch_rows, work.store);
        let mut contexts = self.contexts.lock().await;
        if let Some((_, known)) = contexts.iter().find(|(known, _)| *known == name) {
            return Ok(Arc::clone(known));
        }
        let pipeline = self.pipeline(work).await?;
        let parts = TaskContextParts {
            progress: Arc::new(Progress::default()),
            cancel: Cancel::default(),
            parallelism: self.parallelism,
            batch_rows: work.batch_rows,
        };
        let owner = Arc::new(Owner::deputy(store, work.epoch));
        let context = Arc::new(TaskContext::new(&pipeline, work.phase, store.clone(), owner, parts));
        contexts.truncate(KEPT_CONTEXTS - 1);
        contexts.push_front((name, Arc::clone(&context)));
        Ok(context)
    }

    async fn pipeline(&self, work: &TaskWork) -> Result<Pipeline, EngineError> {
        let TaskWork { file_name, text, passed, .. } = work.clone();
        let source = Source { file_name, text, passed };
        let parsed = tokio::task::spawn_blocking(move || textmill_pipeline::parse_source(&source)).await;
        let parsed = parsed.map_err(|error| EngineError::Bug(format!("checking the pipeline died: {error}")))?;
        let pipeline = parsed.map_err(|errors| EngineError::OtherNode(errors.to_string()))?;
        if config_key(&pipeline) == work.config_key {
            return Ok(pipeline);
        }
        let reason = "the pipeline file means something else here: a model or list differs from the driver's";
        Err(EngineError::OtherNode(reason.to_owned()))
    }

    async fn keys(self: &Arc<Self>, work: SumWork) -> Result<SendableRecordBatchStream, EngineError> {
        let store = Store::open(&work.store)?;
        let schema = work.keys.schema()?;
        let left_out = match &work.left_out {
            None => None,
            Some((path, blake3)) => Some(left_out(&store, path, blake3).await?),
        };
        let reading = Reading {
            rows: work.keys.read(left_out)?,
            seen: Checksum::default(),
            place: RecordFile { store, path: work.sum, executor: self.name.clone() },
        };
        let batches = futures::stream::try_unfold(Some(reading), |reading| async move {
            match reading {
                Some(reading) => reading.next().await,
                None => Ok(None),
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}

/// The bits of the documents that are left out.
async fn left_out(store: &Store, path: &str, blake3: &str) -> Result<Vec<u8>, EngineError> {
    let bytes = store.get(path).await?;
    if blake3::hash(&bytes).to_hex().as_str() != blake3 {
        return Err(StoreError::integrity(path, "has another BLAKE3 than was written".to_owned()).into());
    }
    Ok(bytes.to_vec())
}

/// Keys on their way out.
struct Reading {
    rows: SendableRecordBatchStream,
    seen: Checksum,
    place: RecordFile,
}

/// Where the record about them goes.
struct RecordFile {
    store: Store,
    path: String,
    executor: String,
}

impl Reading {
    /// The next rows; after the last, and before anyone learns that it was the last, the checksum is in the store.
    async fn next(mut self) -> Result<Option<(RecordBatch, Option<Self>)>, DataFusionError> {
        match self.rows.next().await {
            Some(Ok(batch)) => {
                self.seen.add(&batch);
                Ok(Some((batch, Some(self))))
            }
            None => {
                self.place.leave(&RunRecord::Read(self.seen)).await?;
                Ok(None)
            }
            Some(Err(error)) => {
                let error = internal("keys", error);
                let (kind, message) = (error.kind(), error.to_string());
                let executor = self.place.executor.clone();
                self.place.leave(&RunRecord::Failed { executor, kind, message }).await?;
                Err(DataFusionError::Execution(format!("{}: {error}", self.place.executor)))
            }
        }
    }
}

impl RecordFile {
    async fn leave(&self, record: &RunRecord) -> Result<(), DataFusionError> {
        let failed = |error: StoreError| DataFusionError::Execution(format!("{}: {error}", self.executor));
        self.store.put(&self.path, seal(record).map_err(failed)?).await.map_err(failed)
    }
}

/// Work that nobody waits for any more is stopped.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A verdict as the only row of a table.
fn row(verdict: &TaskEnd) -> SendableRecordBatchStream {
    let text = serde_json::to_string(verdict).map_err(|error| DataFusionError::Execution(error.to_string()));
    let batch = text
        .and_then(|text| Ok(RecordBatch::try_new(TaskEnd::schema(), vec![Arc::new(StringArray::from(vec![text]))])?));
    Box::pin(RecordBatchStreamAdapter::new(TaskEnd::schema(), futures::stream::iter([batch])))
}
