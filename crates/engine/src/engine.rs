use std::sync::Arc;

use arrow::array::RecordBatch;
use async_trait::async_trait;
use datafusion::prelude::SessionContext;
use textmill_store::manifest::TaskManifest;

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

/// A table handed to an exchange.
#[derive(Debug)]
pub struct ExchangeInput {
    /// Name of the table in the plan.
    pub table: &'static str,
    /// Its rows. All batches have one schema.
    pub batches: Vec<RecordBatch>,
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

    /// A session for plans of exchange `name` whose sorts and joins hold at most `memory` bytes and spill beyond it.
    fn session(&self, name: &str, memory: usize) -> Result<SessionContext, EngineError>;

    /// Runs a query plan over small key tables (never over text), within the memory budget and
    /// spilling to disk beyond it.
    async fn exchange(
        &self,
        name: &str,
        inputs: Vec<ExchangeInput>,
        sql: &str,
    ) -> Result<Vec<RecordBatch>, EngineError>;
}
