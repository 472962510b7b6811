use std::sync::Arc;

use async_trait::async_trait;
use textmill_store::manifest::TaskManifest;

use crate::EngineError;
use crate::exchange::Sorter;
use crate::plan::TaskSpec;
use crate::task::TaskContext;

/// Where tasks and the sorts of exchanges run.
///
/// 1. A task is done when its manifest is committed, which [`run_task`](crate::run_task) does. An engine may run a task
///    more than once, on one machine or several: the first manifest is the result, and all attempts would give the same.
/// 2. Results come back in the order of the tasks, whatever the order in which they end.
/// 3. An engine changes when and where things happen, never a byte of the result.
#[async_trait]
pub trait Engine: Sorter {
    /// Makes ready. A run calls this once, before its first task, when it knows that there is something to do: one that
    /// is refused or finished already does not.
    async fn start(&self) -> Result<(), EngineError> {
        Ok(())
    }

    /// Batches of one task that may be inside the stages at once, where this process runs `tasks` tasks. At least 1.
    fn parallelism(&self, tasks: usize) -> usize;

    /// Runs tasks in any order and returns when all are committed, in the order of `tasks`.
    /// The first error stops the rest; what is committed by then stays.
    async fn run_tasks(
        &self,
        context: &Arc<TaskContext>,
        tasks: Vec<TaskSpec>,
    ) -> Result<Vec<TaskManifest>, EngineError>;
}
