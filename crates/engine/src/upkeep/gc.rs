use std::collections::BTreeSet;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use textmill_store::manifest::{Dataset, ExchangeManifest, RunManifest, TaskManifest};
use textmill_store::owner::Owner;
use textmill_store::sealed::unseal;
use textmill_store::{Store, is_temporary};

use crate::plan::{latest_plan, published};
use crate::publish::AT_ONCE;
use crate::{EngineError, layout};

/// What was, or with a dry run would be, deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GcReport {
    /// Paths below the output location.
    pub paths: Vec<String>,
    /// Their bytes together.
    pub bytes: u64,
    /// Objects whose upload in parts was started, not finished, and is now given up.
    pub uploads: Vec<String>,
}

/// How garbage is collected.
#[derive(Debug, Clone)]
pub struct GcOptions {
    /// Only say what would be deleted.
    pub dry_run: bool,
    /// How long an owner on another machine must be silent before it is taken for dead.
    pub lease: Duration,
    /// How long ago an unfinished upload must have been started to be given up.
    pub upload_age: Duration,
}

/// [`GcOptions::upload_age`] unless the user says otherwise.
pub const DEFAULT_UPLOAD_AGE: Duration = Duration::from_hours(1);

/// Deletes what no resume and no reader needs: files of attempts that were never committed or are
/// half-written, unfinished uploads, plans and results of older configurations and, after publishing, everything staged.
/// Files and uploads that textmill did not write are never touched.
pub async fn collect_garbage(store: &Store, options: &GcOptions) -> Result<GcReport, EngineError> {
    // Looked for first: a mistyped location must not be made into an output.
    let mut report = garbage(store).await?;
    if options.dry_run {
        let uploads = store.unfinished_uploads(options.upload_age).await?;
        report.uploads = uploads.iter().map(|upload| upload.path().to_owned()).collect();
        return Ok(report);
    }
    let owner = Owner::acquire(store, options.lease).await?;
    let done = collect(store, options).await;
    if let Err(error) = owner.release().await {
        tracing::warn!(%error, "the output could not be released");
    }
    done
}

/// Once more: until now another run may have been at work.
async fn collect(store: &Store, options: &GcOptions) -> Result<GcReport, EngineError> {
    let mut report = garbage(store).await?;
    report.uploads = give_up_uploads(store, options.upload_age).await?;
    delete(store, report).await
}

/// One that the store refuses to give up stays recorded, and keeps nothing else from being done.
async fn give_up_uploads(store: &Store, age: Duration) -> Result<Vec<String>, EngineError> {
    let mut done = Vec::new();
    for upload in store.unfinished_uploads(age).await? {
        match store.give_up_upload(&upload).await {
            Ok(()) => done.push(upload.path().to_owned()),
            Err(error) => tracing::warn!(path = upload.path(), %error, "an unfinished upload could not be given up"),
        }
    }
    Ok(done)
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
    if let Some(run) = published(store).await? {
        report.orphans(store, &run).await?;
    }
    for folder in layout::FOLDERS {
        for info in store.list_all(folder).await?.into_iter().filter(|info| is_temporary(&info.path)) {
            report.add(info.path, info.size);
        }
    }
    Ok(report)
}

async fn delete(store: &Store, report: GcReport) -> Result<GcReport, EngineError> {
    let paths = report.paths.iter().map(String::as_str);
    delete_all(store, paths).await?;
    Ok(report)
}

impl GcReport {
    fn add(&mut self, path: String, bytes: u64) {
        self.paths.push(path);
        self.bytes += bytes;
    }

    /// Files in the folders of the published run that are not of this run: copies that came late. Only what has the digest
    /// that its name says was textmill's.
    async fn orphans(&mut self, store: &Store, run: &RunManifest) -> Result<(), EngineError> {
        let published: BTreeSet<&str> = run.datasets.values().flatten().map(|file| file.path.as_str()).collect();
        for dataset in Dataset::ALL {
            for info in store.list(dataset.dir_name()).await? {
                let Some(digest) = layout::named_digest(&info.path) else { continue };
                if published.contains(info.path.as_str()) {
                    continue;
                }
                if store.hash(&info.path).await?.is_some_and(|found| found.blake3.starts_with(digest)) {
                    self.add(info.path, info.size);
                }
            }
        }
        Ok(())
    }
}

/// After publishing, the staged files are second names (or copies) of the published ones. What a newer owner left there
/// stays, however late this one comes to deleting.
pub(crate) async fn clear_staging(store: &Store, owner: &Owner) -> Result<(), EngineError> {
    let ours = |path: &str| layout::epoch_of(path).is_none_or(|epoch| epoch <= owner.epoch());
    for folder in [layout::STAGING, layout::ATTEMPTS] {
        let mut found = store.list_all(folder).await?;
        found.retain(|info| ours(&info.path));
        for some in found.chunks(CHECKED_AT_ONCE) {
            owner.check().await?;
            delete_all(store, some.iter().map(|info| info.path.as_str())).await?;
        }
    }
    Ok(())
}

/// Files that are deleted between two looks whether the output is still this run's.
const CHECKED_AT_ONCE: usize = 8 * AT_ONCE;

async fn delete_all(store: &Store, paths: impl Iterator<Item = &str>) -> Result<(), EngineError> {
    let removals = paths.map(|path| async move { Ok::<_, EngineError>(store.delete(path).await?) });
    futures::stream::iter(removals).buffer_unordered(AT_ONCE).try_collect().await
}
