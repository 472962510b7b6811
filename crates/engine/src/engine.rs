use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use textmill_store::manifest::TaskManifest;

use crate::dedupe::KeyRun;
use crate::plan::TaskSpec;
use crate::{EngineError, TaskContext};

/// A committed task.
#[derive(Debug)]
pub struct TaskOutcome {
    /// Position of the task in the list that was given.
    pub position: usize,
    /// Its committed manifest.
    pub manifest: TaskManifest,
}

/// Keys of documents that an exchange sorts.
pub trait KeySource: Send {
    /// They as a table of this process, of about `partitions` partitions.
    fn table(self: Box<Self>, partitions: usize) -> Result<StreamingTable, DataFusionError>;

    /// They as work for other processes, cut into runs; each run is sorted by all columns. `None` where they depend on
    /// what only this process knows.
    fn runs(&self) -> Option<Vec<KeyRun>>;
}

/// Where tasks and exchanges run. Nothing outside the engine crate knows which one it is.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Runs tasks in any order and returns when all are committed, in the order of `tasks`.
    /// The first error stops the rest; what is committed by then stays.
    async fn run_tasks(
        &self,
        context: &Arc<TaskContext>,
        tasks: Vec<TaskSpec>,
    ) -> Result<Vec<TaskManifest>, EngineError>;

    /// The rows of `keys` in the order of the SQL list `order`, for exchange `name`. At most `memory` bytes are held,
    /// the rest is on disk.
    async fn sorted(
        &self,
        name: &str,
        memory: usize,
        keys: Box<dyn KeySource>,
        order: &str,
    ) -> Result<SendableRecordBatchStream, EngineError>;
}
