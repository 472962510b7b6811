use std::collections::BTreeSet;

use textmill_store::Store;
use textmill_store::manifest::TaskManifest;
use textmill_store::owner::Owner;
use textmill_store::sealed::unseal;

use crate::run::{plans, published};
use crate::{EngineError, layout};

/// What was, or with a dry run would be, deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GcReport {
    /// Paths below the output location.
    pub paths: Vec<String>,
    /// Their bytes together.
    pub bytes: u64,
}

/// Deletes what no resume and no reader needs: files of attempts that were never committed,
/// results of older configurations and, after publishing, everything staged. Files that textmill
/// did not write are never touched.
pub async fn collect_garbage(
    store: &Store,
    dry_run: bool,
    lease: std::time::Duration,
) -> Result<GcReport, EngineError> {
    let owner = Owner::acquire(store, lease).await?;
    let garbage = garbage(store).await;
    let report = match garbage {
        Ok(report) if dry_run => Ok(report),
        Ok(report) => delete(store, report).await,
        Err(error) => Err(error),
    };
    owner.release().await?;
    report
}

async fn garbage(store: &Store) -> Result<GcReport, EngineError> {
    let Some((_, plan)) = plans(store).await?.pop() else {
        return Err(EngineError::NoRun(store.location().to_owned()));
    };
    let complete = published(store).await?.is_some_and(|run| run.run_key == plan.run_key);
    let planned: BTreeSet<String> =
        plan.tasks.iter().map(|task| layout::task_manifest(&task.phase, &task.key)).collect();
    let mut needed = BTreeSet::new();
    let mut report = GcReport::default();
    for info in store.list(layout::TASKS).await? {
        let of_this_plan = planned.contains(&info.path) || info.path.contains("/publish-");
        if complete || !of_this_plan {
            report.add(info.path, info.size);
            continue;
        }
        let manifest: TaskManifest = unseal(&info.path, &store.get(&info.path).await?)?;
        needed.extend(manifest.outputs.into_values().flatten().map(|file| file.path));
    }
    for info in store.list(layout::STAGING).await? {
        if !needed.contains(&info.path) {
            report.add(info.path, info.size);
        }
    }
    Ok(report)
}

async fn delete(store: &Store, report: GcReport) -> Result<GcReport, EngineError> {
    for path in &report.paths {
        store.delete(path).await?;
    }
    Ok(report)
}

impl GcReport {
    fn add(&mut self, path: String, bytes: u64) {
        self.paths.push(path);
        self.bytes += bytes;
    }
}

/// After publishing, the staged files are second names (or copies) of the published ones.
pub(crate) async fn clear_staging(store: &Store) -> Result<(), EngineError> {
    for info in store.list(layout::STAGING).await? {
        store.delete(&info.path).await?;
    }
    Ok(())
}
