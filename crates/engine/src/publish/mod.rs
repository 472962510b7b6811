//! The end of a run: neighbouring small files become shards, shards become visible, and one
//! manifest makes them a corpus.
//!
//! 1. Files reach `data/`, `_dropped/`, `_quarantine/` and `_duplicates/` by a link or server-side copy of a
//!    committed file; a name below these folders never holds a partial file.
//! 2. Until `run.json` exists there is no published run, whatever lies in the folders. What is
//!    about to be linked is recorded before, so that a run of another configuration can clear
//!    away what a kill left there.
//! 3. Every step may be repeated: after a crash the whole of it runs again with the same result.

mod global_sample;
mod phases;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use serde_json::json;
use textmill_document::Ledger;
use textmill_pipeline::{Dropped as DroppedPolicy, Pipeline};
use textmill_store::manifest::{Dataset, FileEntry, RunManifest, content_digest};
use textmill_store::sealed::{seal, unseal};
use textmill_store::verify::{Finding, verify_file};
use textmill_store::writer::OutputFormat;
use textmill_store::{Created, Store, StoreError};

use self::global_sample::choose_sample;
pub(crate) use self::phases::Phases;
use crate::engines::{Engine, run_missing};
use crate::exchange::index;
use crate::plan::{RunPlan, TaskSpec, Work, digest};
use crate::task::{TaskContext, equal_ids};
use crate::{EngineError, layout};

/// Files that are linked or removed at once: on object stores each takes a while and little else.
pub(crate) const AT_ONCE: usize = 16;

/// Publishes what the tasks committed, in the place of the run whose content digest is `replaces`.
/// Returns the manifest of the run.
pub(crate) async fn publish(
    engine: &dyn Engine,
    context: &Arc<TaskContext>,
    pipeline: &Pipeline,
    plan: &RunPlan,
    phases: &Phases,
    replaces: Option<&str>,
) -> Result<RunManifest, EngineError> {
    let ledger = phases.ledger(pipeline)?;
    let staged = stage(engine, context, pipeline, phases).await?;
    check_rows(&staged, &ledger, pipeline)?;
    let datasets: BTreeMap<_, _> =
        staged.iter().map(|(dataset, files)| (*dataset, published_names(context, *dataset, files))).collect();
    let manifest = RunManifest {
        format_version: textmill_store::manifest::FORMAT_VERSION,
        name: plan.name.clone(),
        run_key: plan.run_key.clone(),
        digest: content_digest(&datasets),
        datasets,
        ledger,
        tasks: phases.tasks(),
        unreadable: plan.unreadable.iter().cloned().chain(phases.given_up()).collect(),
        clusters: phases.clusters().clone(),
        index: index(pipeline).map(|index| index.made),
        metrics: phases.metrics(),
        equal_ids: equal_ids(phases.manifests().map(|task| &task.input)),
        textmill_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    retire(context, replaces).await?;
    clear_unfinished(context).await?;
    let intent = format!("{}/{}.json", layout::PUBLISHING, manifest.digest);
    context.store.create(&intent, seal(&manifest)?).await?;
    link(context, &staged, &manifest).await?;
    context.owner.check().await?;
    write_card(&context.store, pipeline.output.format).await?;
    create_manifest(&context.store, &manifest).await?;
    context.store.delete(&intent).await?;
    Ok(manifest)
}

/// Says for `load_dataset` and the hub where the data is. What a run in another format left is replaced; a card that
/// somebody else wrote stays.
async fn write_card(store: &Store, format: OutputFormat) -> Result<(), EngineError> {
    let wanted = layout::card(format);
    if let Some(found) = store.get_opt(layout::CARD).await? {
        let others = OutputFormat::ALL.iter().filter(|other| **other != format);
        let is_of_another = others.map(|other| layout::card(*other)).any(|card| card.as_bytes() == found);
        if !is_of_another {
            return Ok(());
        }
        store.delete(layout::CARD).await?;
    }
    store.create(layout::CARD, wanted.into()).await?;
    Ok(())
}

fn published_names(context: &TaskContext, dataset: Dataset, files: &[FileEntry]) -> Vec<FileEntry> {
    let format = context.settings.format(dataset);
    let entry = |(number, file): (usize, &FileEntry)| {
        let path = layout::published(dataset, format, number, &file.blake3);
        FileEntry { path, ..file.clone() }
    };
    files.iter().enumerate().map(entry).collect()
}

/// A file to be published.
enum Shard {
    /// A task wrote it as it is to be.
    Written(FileEntry),
    /// The task at this position of the list joins it from several.
    Joined(usize),
}

/// The files of all datasets as shards of about `shard_bytes`. What is to be joined is joined side by side, whatever
/// dataset it belongs to.
async fn stage(
    engine: &dyn Engine,
    context: &Arc<TaskContext>,
    pipeline: &Pipeline,
    phases: &Phases,
) -> Result<BTreeMap<Dataset, Vec<FileEntry>>, EngineError> {
    let mut shards = Vec::new();
    let mut tasks = Vec::new();
    for dataset in Dataset::ALL {
        let files = phases.manifests().filter_map(|task| task.outputs.get(&dataset)).flatten().cloned().collect();
        for (number, parts) in groups(context, pipeline, dataset, files).await?.into_iter().enumerate() {
            let shard = match parts.whole() {
                Ok(file) => Shard::Written(file),
                Err(parts) => {
                    tasks.push(compaction(context, dataset, number as u64, parts));
                    Shard::Joined(tasks.len() - 1)
                }
            };
            shards.push((dataset, shard));
        }
    }
    let manifests = run_missing(engine, context, tasks).await?;
    let mut staged: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (dataset, shard) in shards {
        match shard {
            Shard::Written(file) => staged.entry(dataset).or_default().push(file),
            Shard::Joined(task) => {
                for file in manifests[task].outputs.get(&dataset).into_iter().flatten() {
                    staged.entry(dataset).or_default().push(file.clone());
                }
            }
        }
    }
    Ok(staged)
}

/// Which files of one dataset make a shard together.
async fn groups(
    context: &TaskContext,
    pipeline: &Pipeline,
    dataset: Dataset,
    files: Vec<FileEntry>,
) -> Result<Vec<ShardParts>, EngineError> {
    if dataset == Dataset::Data && files.is_empty() {
        // Whoever reads the output next learns that there is nothing, and which columns it would have.
        return Ok(vec![ShardParts { files, rows: None }]);
    }
    let sampled = dataset == Dataset::Dropped && pipeline.output.dropped == DroppedPolicy::Sample;
    if !sampled || files.is_empty() {
        return Ok(group(files, pipeline.output.shard_bytes.bytes()));
    }
    let rows = choose_sample(&context.store, &files, pipeline.output.dropped_sample, &context.cancel).await?;
    Ok(vec![ShardParts { files, rows: Some(rows) }])
}

/// Files that become one shard, and the rows that are wanted of each; none where all are.
struct ShardParts {
    files: Vec<FileEntry>,
    rows: Option<Vec<Vec<u32>>>,
}

impl ShardParts {
    /// The only file, where all of it is wanted.
    fn whole(self) -> Result<FileEntry, Self> {
        match (self.files.as_slice(), &self.rows) {
            ([only], None) => Ok(only.clone()),
            _ => Err(self),
        }
    }
}

/// Neighbours are joined while they fit into one shard together.
fn group(files: Vec<FileEntry>, shard_bytes: u64) -> Vec<ShardParts> {
    let mut groups: Vec<ShardParts> = Vec::new();
    let mut bytes = 0_u64;
    for file in files {
        bytes = bytes.saturating_add(file.bytes);
        match groups.last_mut() {
            Some(group) if bytes <= shard_bytes => group.files.push(file),
            _ => {
                bytes = file.bytes;
                groups.push(ShardParts { files: vec![file], rows: None });
            }
        }
    }
    groups
}

fn compaction(context: &TaskContext, dataset: Dataset, index: u64, parts: ShardParts) -> TaskSpec {
    let ShardParts { files: sources, rows } = parts;
    let parts: Vec<_> = sources.iter().map(|file| (file.blake3.as_str(), file.rows)).collect();
    // The sources say all of their columns, but where there are none.
    let columns = sources.is_empty().then(|| format!("{:?}", context.settings.data_schema));
    // A choice of rows is cut into files of this size.
    let bound = rows.is_some().then_some(context.settings.shard_bytes);
    let level = context.settings.zstd_level;
    let mut made_of =
        vec![json!("compact"), json!(dataset), json!(parts), json!(rows), json!(level), json!(columns), json!(bound)];
    // Said only where it is not what it always was, so that earlier results keep their keys.
    let format = context.settings.format(dataset);
    made_of.extend((format != OutputFormat::default()).then(|| json!(format)));
    let key = digest(&serde_json::Value::Array(made_of));
    let phase = format!("publish-{}", dataset.name());
    TaskSpec { phase, index, key, sample_per_reason: 0, work: Work::Compact { dataset, sources, rows } }
}

/// The rows to be published must be the rows that the ledger says were kept, dropped and
/// quarantined.
fn check_rows(
    staged: &BTreeMap<Dataset, Vec<FileEntry>>,
    ledger: &Ledger,
    pipeline: &Pipeline,
) -> Result<(), EngineError> {
    let mut expected = vec![
        (Dataset::Data, ledger.output.documents),
        (Dataset::Quarantine, ledger.quarantined().documents),
        (Dataset::Duplicates, ledger.duplicates().documents),
    ];
    if pipeline.output.dropped == DroppedPolicy::All {
        expected.push((Dataset::Dropped, ledger.dropped().documents));
    }
    for (dataset, expected) in expected {
        let found: u64 = staged.get(&dataset).into_iter().flatten().map(|file| file.rows).sum();
        if found != expected {
            return Err(EngineError::HandOver {
                place: format!("dataset `{}`", dataset.name()),
                found: format!("{found} rows"),
                expected: format!("{expected}"),
            });
        }
    }
    Ok(())
}

/// Takes back the published run that this one replaces. Its files are listed first, so that a
/// crash between the steps leaves neither a manifest without files nor files without a manifest.
/// A run that appeared since this one began is somebody else's and stays.
async fn retire(context: &TaskContext, replaces: Option<&str>) -> Result<(), EngineError> {
    let store = &context.store;
    if let Some(bytes) = store.get_opt(layout::RUN_MANIFEST).await? {
        let old: RunManifest = unseal(layout::RUN_MANIFEST, &bytes)?;
        if replaces != Some(old.digest.as_str()) {
            let path = layout::RUN_MANIFEST.to_owned();
            return Err(StoreError::Fenced { path, epoch: context.owner.epoch() }.into());
        }
        let path = format!("{}/{}.json", layout::RETIRED, old.digest);
        context.owner.check().await?;
        store.create(&path, bytes).await?;
        store.delete(layout::RUN_MANIFEST).await?;
    }
    for record in store.list(layout::RETIRED).await? {
        let old: RunManifest = unseal(&record.path, &store.get(&record.path).await?)?;
        let removals = old.datasets.values().flatten().map(|file| async move {
            context.owner.check().await?;
            Ok::<_, EngineError>(store.delete(&file.path).await?)
        });
        let () = futures::stream::iter(removals).buffer_unordered(AT_ONCE).try_collect().await?;
        store.delete(&record.path).await?;
    }
    Ok(())
}

/// Removes what a run that was killed while it published had linked. A file that is not what that
/// run wrote is not textmill's and stays.
async fn clear_unfinished(context: &TaskContext) -> Result<(), EngineError> {
    let store = &context.store;
    for record in store.list(layout::PUBLISHING).await? {
        let unfinished: RunManifest = unseal(&record.path, &store.get(&record.path).await?)?;
        let removals = unfinished.datasets.values().flatten().map(|file| async move {
            if verify_file(store, file).await? == Finding::Intact {
                context.owner.check().await?;
                store.delete(&file.path).await?;
            }
            Ok::<_, EngineError>(())
        });
        let () = futures::stream::iter(removals).buffer_unordered(AT_ONCE).try_collect().await?;
        store.delete(&record.path).await?;
    }
    Ok(())
}

async fn link(
    context: &TaskContext,
    staged: &BTreeMap<Dataset, Vec<FileEntry>>,
    manifest: &RunManifest,
) -> Result<(), EngineError> {
    let targets = manifest.datasets.values().flatten();
    let links = staged.values().flatten().zip(targets).map(|(file, target)| async move {
        if context.cancel.is_cancelled() {
            return Err(EngineError::Interrupted);
        }
        check_digest(&context.store, file).await?;
        // Whoever took the output over meanwhile links other files.
        context.owner.check().await?;
        Ok(context.store.publish(&file.path, &target.path).await?)
    });
    futures::stream::iter(links).buffer_unordered(AT_ONCE).try_collect().await
}

/// A file that lay on a local disk since an earlier call may have been damaged meanwhile; reading
/// it once more costs a fraction of writing it. Object stores keep checksums of their own, and
/// reading everything back from them would double the traffic.
async fn check_digest(store: &Store, file: &FileEntry) -> Result<(), EngineError> {
    if store.local_path(&file.path).is_none() {
        return Ok(());
    }
    match verify_file(store, file).await? {
        Finding::Intact => Ok(()),
        finding => Err(StoreError::integrity(&file.path, finding.to_string()).into()),
    }
}

async fn create_manifest(store: &Store, manifest: &RunManifest) -> Result<(), EngineError> {
    match store.create(layout::RUN_MANIFEST, seal(manifest)?).await? {
        Created::New => Ok(()),
        Created::AlreadyExists => {
            let theirs: RunManifest = unseal(layout::RUN_MANIFEST, &store.get(layout::RUN_MANIFEST).await?)?;
            if theirs.digest == manifest.digest {
                return Ok(());
            }
            Err(EngineError::HandOver {
                place: layout::RUN_MANIFEST.to_owned(),
                found: format!("another run with digest {}", theirs.digest),
                expected: manifest.digest.clone(),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: u64) -> FileEntry {
        FileEntry { path: String::new(), bytes, rows: 1, blake3: "0".repeat(64), row_hash: "0".repeat(32) }
    }

    /// Sizes of files, the bound of a joined one, and what is joined.
    type Joined<'a> = (&'a [u64], u64, &'a [&'a [u64]]);

    #[test]
    fn neighbours_are_joined_while_they_fit_and_no_file_is_cut_or_moved() {
        let table: [Joined<'_>; 7] = [
            (&[], 10, &[]),
            (&[10], 10, &[&[10]]),
            (&[11], 10, &[&[11]]),
            (&[5, 5, 1], 10, &[&[5, 5], &[1]]),
            (&[5, 6, 4], 10, &[&[5], &[6, 4]]),
            (&[1, 30, 1, 1], 10, &[&[1], &[30], &[1, 1]]),
            (&[u64::MAX, u64::MAX], u64::MAX - 1, &[&[u64::MAX], &[u64::MAX]]),
        ];
        for (files, shard_bytes, expected) in table {
            let joined = group(files.iter().map(|bytes| file(*bytes)).collect(), shard_bytes);
            let sizes: Vec<Vec<u64>> =
                joined.iter().map(|shard| shard.files.iter().map(|file| file.bytes).collect()).collect();
            assert_eq!(sizes, expected, "{files:?} of {shard_bytes}");
            assert!(joined.iter().all(|shard| shard.rows.is_none()));
        }
    }

    #[test]
    fn a_file_is_published_as_it_is_only_where_it_is_alone_and_all_of_it_is_wanted() {
        let whole = |files: usize, rows| {
            let files = (0..files).map(|_| file(1)).collect();
            ShardParts { files, rows }.whole().is_ok()
        };
        assert!(whole(1, None));
        assert!(!whole(1, Some(vec![vec![0]])) && !whole(2, None) && !whole(0, None));
    }
}
