use futures::stream::{StreamExt, TryStreamExt};
use textmill_store::Store;
use textmill_store::manifest::TaskManifest;
use textmill_store::sealed::unseal;

use super::TaskSpec;
use crate::{EngineError, layout};

/// Manifests looked up at once: enough to hide an object store's latency.
const LOOKUPS: usize = 16;

/// What resuming a run finds for one task.
#[derive(Debug)]
pub enum Reuse {
    /// A committed manifest with the task's key: the task is not run again.
    Committed(Box<TaskManifest>),
    /// No result with this key: the task runs.
    Missing,
    /// The manifest at this path names files that are gone or have another size: the task runs
    /// again, once the manifest is out of the way.
    Stale(String),
}

/// Looks up the committed result of each task. A manifest lies under the task's key, so a result
/// of other input, configuration, stage version or engine can never be taken for this one's.
/// Changes nothing.
pub async fn reusable(store: &Store, tasks: &[TaskSpec]) -> Result<Vec<Reuse>, EngineError> {
    futures::stream::iter(tasks).map(|task| lookup(store, task)).buffered(LOOKUPS).try_collect().await
}

/// Looks up the committed result of a task.
pub(crate) async fn lookup(store: &Store, task: &TaskSpec) -> Result<Reuse, EngineError> {
    let path = layout::task_manifest(&task.phase, &task.key);
    let Some(bytes) = store.get_opt(&path).await? else { return Ok(Reuse::Missing) };
    let manifest: TaskManifest = unseal(&path, &bytes)?;
    if manifest.key != task.key {
        return Err(EngineError::HandOver {
            place: path,
            found: format!("a manifest with key {}", manifest.key),
            expected: task.key.clone(),
        });
    }
    // A file that vanished (a cleaned scratch disk) makes the task run again; a damaged one is
    // found by its digest when it is read.
    for file in manifest.files() {
        match store.head(&file.path).await? {
            Some(info) if info.size == file.bytes => {}
            _ => return Ok(Reuse::Stale(path)),
        }
    }
    Ok(Reuse::Committed(Box::new(manifest)))
}
