//! Input files with another time stamp, or in another place, and the same bytes: after a copy, a checkout, a `touch`.
//!
//! 1. A task that read a file of this machine commits its BLAKE3 with its result.
//! 2. Where a file has another time stamp and the same size, it is hashed again. The same digest means that the
//!    committed results of it are taken as they are; their keys stay.
//! 3. Files of which nothing is committed, or whose bytes differ, are read as they are now, under keys of their own.
//! 4. Files of another size are another input: what was planned stays, and reading them is an error that names them.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt};
use textmill_ingest::{Split, local_digest, local_pin};
use textmill_pipeline::Pipeline;
use textmill_store::Store;
use textmill_store::manifest::TaskManifest;
use textmill_store::sealed::unseal;

use super::resume::{Reuse, lookup};
use super::tasks::{RunPlan, TaskKeys, TaskSpec, Work};
use crate::{EngineError, layout};

/// Files that are hashed, and manifests that are looked up, at once.
const AT_ONCE: usize = 8;

/// How a version begins that is a time stamp.
const MODIFIED: &str = "mtime:";

/// `plan` with the files pinned anew that have another time stamp and the size that was planned; none where there is
/// no such file.
pub(crate) async fn renewed(pipeline: &Pipeline, plan: &RunPlan) -> Result<Option<RunPlan>, EngineError> {
    let (keys, plan) = (TaskKeys::new(pipeline), plan.clone());
    let renewed = tokio::task::spawn_blocking(move || renew(&keys, plan));
    renewed.await.map_err(|error| EngineError::Bug(format!("looking at the input died: {error}")))
}

fn renew(keys: &TaskKeys, mut plan: RunPlan) -> Option<RunPlan> {
    let mut files = 0;
    // The splits of a file follow each other.
    let mut last: Option<(String, Option<String>)> = None;
    for task in &mut plan.tasks {
        let Work::Split(split) = &mut task.work else { continue };
        if last.as_ref().is_none_or(|(location, _)| *location != split.shard.location) {
            let version = newer(split);
            files += u64::from(version.is_some());
            last = Some((split.shard.location.clone(), version));
        }
        if let Some((_, Some(version))) = &last {
            split.shard.version.clone_from(version);
            task.key = keys.of(split);
        }
    }
    if files == 0 {
        return None;
    }
    tracing::warn!(
        files,
        "input files have another modification time than was planned and the same size: results of the same bytes are \
         kept, the others are read as they are now"
    );
    plan.run_key = keys.of_run(&plan.tasks, &plan.unreadable);
    Some(plan)
}

/// The time stamp of a file that has its size of before.
fn newer(split: &Split) -> Option<String> {
    let shard = &split.shard;
    let (bytes, version) = local_pin(&shard.location)?.ok()?;
    let is_newer = bytes == shard.bytes && version != shard.version && shard.version.starts_with(MODIFIED);
    is_newer.then_some(version)
}

/// Takes tasks of `before` for those of `plan` that would read the same bytes under another key, where their results
/// are committed and whole. Returns how many there are.
pub(crate) async fn take_over(
    store: &Store,
    pipeline: &Pipeline,
    plan: &mut RunPlan,
    before: &RunPlan,
) -> Result<usize, EngineError> {
    let keys = TaskKeys::new(pipeline);
    let known: BTreeMap<_, &TaskSpec> = before.tasks.iter().filter_map(|task| Some((part(task)?, task))).collect();
    let candidates = plan.tasks.iter().enumerate().filter_map(|(index, task)| {
        let earlier = *known.get(&part(task)?)?;
        let Work::Split(split) = &earlier.work else { return None };
        // A task of another configuration has another result.
        (earlier.key != task.key && earlier.key == keys.of(split)).then_some((index, earlier))
    });
    let candidates: Vec<(usize, &TaskSpec)> = candidates.collect();
    let looked = candidates.iter().map(|(index, earlier)| async move {
        let digest = match lookup(store, earlier).await? {
            Reuse::Committed(manifest) => manifest.input.blake3,
            Reuse::Missing | Reuse::Stale(_) => None,
        };
        Ok::<_, EngineError>(digest.map(|digest| (*index, *earlier, digest)))
    });
    let found: Vec<_> = futures::stream::iter(looked).buffered(AT_ONCE).try_collect().await?;
    let found: Vec<_> = found.into_iter().flatten().collect();
    let places = found.iter().filter_map(|(index, ..)| location(plan.tasks.get(*index)?));
    let now = digests(places.map(str::to_owned).collect()).await;
    let mut taken = 0;
    for (index, earlier, digest) in found {
        let Some(task) = plan.tasks.get_mut(index) else { continue };
        if location(task).and_then(|location| now.get(location)) == Some(&digest) {
            *task = TaskSpec { index: task.index, ..earlier.clone() };
            taken += 1;
        }
    }
    if taken > 0 {
        plan.run_key = keys.of_run(&plan.tasks, &plan.unreadable);
    }
    Ok(taken)
}

/// Name and size of a file, and the row groups, bytes and first row of a split of it.
type Part<'a> = (&'a str, u64, Option<(u32, u32)>, Option<textmill_ingest::Part>, u64);

/// What of which file a task reads, whatever the place and time of the file.
fn part(task: &TaskSpec) -> Option<Part<'_>> {
    let Work::Split(split) = &task.work else { return None };
    Some((split.shard.name.as_str(), split.shard.bytes, split.row_groups, split.part, split.first_row))
}

fn location(task: &TaskSpec) -> Option<&str> {
    let Work::Split(split) = &task.work else { return None };
    Some(&split.shard.location)
}

/// The digests of files of this machine, as far as they can be read.
pub(crate) async fn digests(mut locations: Vec<String>) -> BTreeMap<String, String> {
    locations.sort_unstable();
    locations.dedup();
    let hashed = locations.into_iter().map(|location| async move {
        let file = location.clone();
        let digest = tokio::task::spawn_blocking(move || local_digest(&file)).await.ok()??.ok()?;
        Some((location, digest))
    });
    futures::stream::iter(hashed).buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await
}

/// The digest that a task recorded of its file, also where the files that it wrote are gone.
pub(crate) async fn recorded(store: &Store, task: &TaskSpec) -> Result<Option<String>, EngineError> {
    let path = layout::task_manifest(&task.phase, &task.key);
    let Some(bytes) = store.get_opt(&path).await? else { return Ok(None) };
    let manifest: TaskManifest = unseal(&path, &bytes)?;
    Ok(manifest.input.blake3)
}
