use std::sync::Arc;

use textmill_store::manifest::TaskManifest;

use super::engine::Engine;
use crate::EngineError;
use crate::plan::{Reuse, TaskSpec, reusable};
use crate::task::TaskContext;

/// Runs the tasks that have no committed result yet.
pub(crate) async fn run_missing(
    engine: &dyn Engine,
    context: &Arc<TaskContext>,
    tasks: Vec<TaskSpec>,
) -> Result<Vec<TaskManifest>, EngineError> {
    let found = reusable(&context.store, &tasks).await?;
    let done = found.iter().filter(|found| matches!(found, Reuse::Committed(_))).count();
    context.progress.add_tasks(tasks.len() as u64, done as u64);
    let mut missing = Vec::new();
    let mut stale = 0;
    for (task, found) in tasks.into_iter().zip(&found) {
        match found {
            Reuse::Committed(_) => continue,
            Reuse::Missing => {}
            Reuse::Stale(manifest) => {
                context.owner.check().await?;
                tracing::debug!(manifest, "the files of a committed task are gone or cut: it runs again");
                context.store.delete(manifest).await?;
                stale += 1;
            }
        }
        missing.push(task);
    }
    if stale > 0 {
        tracing::warn!(tasks = stale, "files of committed tasks are gone or cut, as after publishing: they run again");
    }
    let mut fresh = engine.run_tasks(context, missing).await?.into_iter();
    let manifests = found.into_iter().map(|found| match found {
        Reuse::Committed(manifest) => Some(*manifest),
        Reuse::Missing | Reuse::Stale(_) => fresh.next(),
    });
    manifests.collect::<Option<Vec<_>>>().ok_or_else(|| EngineError::Bug("a task has no manifest".to_owned()))
}
