use std::collections::BTreeSet;

use textmill_store::manifest::{ExchangeManifest, TaskManifest};
use textmill_store::owner::Owner;
use textmill_store::sealed::unseal;
use textmill_store::{Store, is_temporary};

use crate::run::{latest_plan, published};
use crate::{EngineError, layout};

/// What was, or with a dry run would be, deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GcReport {
    /// Paths below the output location.
    pub paths: Vec<String>,
    /// Their bytes together.
    pub bytes: u64,
}

/// Deletes what no resume and no reader needs: files of attempts that were never committed or are
/// half-written, plans and results of older configurations and, after publishing, everything staged. Files that textmill
/// did not write are never touched.
pub async fn collect_garbage(
    store: &Store,
    dry_run: bool,
    lease: std::time::Duration,
) -> Result<GcReport, EngineError> {
    // Looked for first: a mistyped location must not be made into an output.
    let report = garbage(store).await?;
    if dry_run {
        return Ok(report);
    }
    let owner = Owner::acquire(store, lease).await?;
    // Once more: until now another run may have been at work.
    let done = match garbage(store).await {
        Ok(report) => delete(store, report).await,
        Err(error) => Err(error),
    };
    if let Err(error) = owner.release().await {
        tracing::warn!(%error, "the output could not be released");
    }
    done
}

async fn garbage(store: &Store) -> Result<GcReport, EngineError> {
    let Some((number, plan)) = latest_plan(store).await? else {
        return Err(EngineError::NoRun(store.location().to_owned()));
    };
    let complete = published(store).await?.is_some_and(|run| run.run_key == plan.run_key);
    let planned: BTreeSet<String> =
        plan.tasks.iter().map(|task| layout::task_manifest(&task.phase, &task.key)).collect();
    let first_phase = format!("{}/p0/", layout::TASKS);
    let mut needed = BTreeSet::new();
    let mut report = GcReport::default();
    for info in store.list(layout::TASKS).await? {
        // Tasks of later phases are not in the plan: which there are shows when the phase before is done.
        let of_this_plan = planned.contains(&info.path) || !info.path.starts_with(&first_phase);
        if complete || !of_this_plan {
            report.add(info.path, info.size);
            continue;
        }
        let manifest: TaskManifest = unseal(&info.path, &store.get(&info.path).await?)?;
        needed.extend(manifest.files().map(|file| file.path.clone()));
    }
    for info in store.list(layout::EXCHANGES).await? {
        if complete {
            report.add(info.path, info.size);
            continue;
        }
        let manifest: ExchangeManifest = unseal(&info.path, &store.get(&info.path).await?)?;
        needed.extend(manifest.files().map(|file| file.path.clone()));
    }
    let staged = store.list(layout::STAGING).await?.into_iter().filter(|info| !needed.contains(&info.path));
    let plans = store.list(layout::PLANS).await?.into_iter().filter(|info| info.path != layout::plan(number));
    // Whoever made one of these does not own the output any more.
    let attempts = store.list(layout::ATTEMPTS).await?;
    for info in staged.chain(plans).chain(attempts) {
        report.add(info.path, info.size);
    }
    for folder in layout::FOLDERS {
        for info in store.list_all(folder).await?.into_iter().filter(|info| is_temporary(&info.path)) {
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
    for folder in [layout::STAGING, layout::ATTEMPTS] {
        for info in store.list_all(folder).await? {
            store.delete(&info.path).await?;
        }
    }
    Ok(())
}
