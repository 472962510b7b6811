//! The exchange of `minhash_dedupe` and `exact_dedupe`: from the keys of all documents to what becomes of each.
//!
//! ```text
//!  key files ─▶ sort by text key ─┐
//!           ─▶ sort by URL key ──┼▶ union-find ─▶ clusters ─▶ sort by keeper order ─▶ keepers ─▶ verdicts per task
//!           ─▶ sort by band key ─┴▶ pairs ─▶ compare ─┘
//! ```
//!
//! 1. Sorting is the engine's, on disk where memory ends. As many bands are sorted at a
//!    time as fit: twelve bytes a document and band.
//! 2. Pairs are compared when there are as many as memory allows, so that what is joined by then need not be compared
//!    again. A document is compared with at most `max_bucket` others of a bucket.
//! 3. The clusters are the connected components of the pairs that pass, whatever the order in which they are found.
//! 4. The result is committed under a key made of everything that it depends on, like that of a task.

mod bits;
mod compare;
mod described;
mod groups;
mod highest;
mod index;
mod keepers;
mod key_files;
mod parts;
mod places;
mod repeats;
mod report;
mod verdicts;

use std::sync::Arc;

use textmill_document::ByteSize;
use textmill_minhash_dedupe::DedupeStage;
use textmill_pipeline::{Exchange, Node};
use textmill_store::manifest::{ClusterReport, ExchangeManifest, FORMAT_VERSION, FileEntry, TaskManifest};
use textmill_store::sealed::{seal, unseal};
use textmill_store::{Created, Store};

#[cfg(test)]
pub(crate) use self::described::ScanKind;
pub(crate) use self::described::{KeyRun, KeyWork};
use self::key_files::KeyFiles;
pub(crate) use self::key_files::internal;
use crate::engine::Engine;
use crate::plan::{TaskSpec, digest};
use crate::{Cancel, EngineError, TaskContext, layout};

/// Raised when the exchange makes something else of the same keys.
const EXCHANGE_VERSION: u32 = 2;

/// The index of an earlier run: where it is, and its files.
type Earlier = (Store, Vec<FileEntry>);

/// What an exchange may use.
struct Resources<'a> {
    engine: &'a dyn Engine,
    /// Id of the stage.
    stage: &'a str,
    budget: Budget,
    cancel: &'a Cancel,
}

/// Parts of the memory budget.
#[derive(Debug, Clone, Copy)]
struct Budget {
    /// Of the sorts of `DataFusion`.
    sort_bytes: usize,
    /// Of one block of signatures; two are in memory at once.
    block_bytes: usize,
    /// Pairs or verdicts held at once.
    pairs: usize,
    /// Bands that are sorted together.
    bands: usize,
}

/// Compares the documents whose keys `tasks` committed for `node`; what was found before under the same key is taken.
pub(crate) async fn dedupe(
    engine: &dyn Engine,
    context: &TaskContext,
    node: &Node,
    tasks: &[(TaskSpec, TaskManifest)],
    memory: u64,
) -> Result<ExchangeManifest, EngineError> {
    let Asked { exchange, keys, earlier, key } = Asked::new(node, tasks).await?;
    let path = layout::exchange_manifest(&node.id, &key);
    if let Some(known) = committed(&context.store, &path).await? {
        return Ok(known);
    }
    let attempt = layout::attempt(context.owner.epoch());
    let commit = Commit { node, key: &key, attempt: &attempt };
    let files = KeyFiles::new(&earlier, &context.store, &keys);
    let files = Arc::new(files.ok_or_else(|| EngineError::TooManyDocuments { stage: node.id.clone() })?);
    if let Exchange::Documents(_) = exchange {
        refuse_too_many(&node.id, files.documents(), memory)?;
    }
    let budget = Budget::new(memory, files.documents());
    let resources = Resources { engine, stage: &node.id, budget, cancel: &context.cancel };
    let (verdicts, report) = match exchange {
        Exchange::Documents(stage) => {
            let places = places::Places::new(&context.store, &node.id, tasks);
            whole(&resources, &context.store, &files, stage, &places, commit).await?
        }
        Exchange::Parts(stage) => (parts::find(&resources, &context.store, &files, stage, commit).await?, None),
        Exchange::Repeats(stage) => repeats::find(&resources, &context.store, &files, tasks, stage, commit).await?,
        Exchange::Highest(stage) => (highest::find(&resources, &context.store, &files, stage, commit).await?, None),
    };
    let report = report.unwrap_or_default();
    let manifest =
        ExchangeManifest { format_version: FORMAT_VERSION, key: key.clone(), stage: node.id.clone(), verdicts, report };
    context.owner.check().await?;
    match context.store.create(&path, seal(&manifest)?).await? {
        Created::New => Ok(manifest),
        // An earlier owner was slower with the same, or the file system answered twice.
        Created::AlreadyExists => committed(&context.store, &path)
            .await?
            .ok_or_else(|| EngineError::Bug(format!("{path} appeared, and its files are not there"))),
    }
}

/// A process that holds more than it may is killed when most of the work is done.
fn refuse_too_many(stage: &str, documents: u32, memory: u64) -> Result<(), EngineError> {
    let needed = Budget::needed(documents);
    if needed <= memory {
        return Ok(());
    }
    let (budget, needed) = (ByteSize(memory), ByteSize(needed));
    Err(EngineError::ComparisonMemory { stage: stage.to_owned(), documents, budget, needed })
}

/// What `dedupe` found and committed for `node` before, if its files are still there. Changes nothing.
pub(crate) async fn found(
    store: &Store,
    node: &Node,
    tasks: &[(TaskSpec, TaskManifest)],
) -> Result<Option<ExchangeManifest>, EngineError> {
    let path = layout::exchange_manifest(&node.id, &Asked::new(node, tasks).await?.key);
    let Some(bytes) = store.get_opt(&path).await? else { return Ok(None) };
    let manifest: ExchangeManifest = unseal(&path, &bytes)?;
    Ok(is_whole(store, &manifest).await?.then_some(manifest))
}

/// What an exchange is given, and the key of its result.
struct Asked<'a> {
    exchange: &'a Exchange,
    keys: Vec<Vec<FileEntry>>,
    earlier: Vec<Earlier>,
    key: String,
}

impl<'a> Asked<'a> {
    async fn new(node: &'a Node, tasks: &[(TaskSpec, TaskManifest)]) -> Result<Self, EngineError> {
        let keys: Vec<Vec<FileEntry>> =
            tasks.iter().map(|(_, task)| task.keys.get(&node.id).cloned().unwrap_or_default()).collect();
        let exchange = node.exchange.as_ref();
        let exchange = exchange.ok_or_else(|| EngineError::Bug(format!("`{}` compares nothing", node.id)))?;
        let earlier = match exchange {
            Exchange::Documents(stage) => index::open(stage.settings()).await?,
            Exchange::Parts(_) | Exchange::Repeats(_) | Exchange::Highest(_) => Vec::new(),
        };
        let shards: Vec<&str> = tasks.iter().map(|(spec, _)| spec.shard()).collect();
        let key = exchange_key(node, &earlier, &keys, &shards);
        Ok(Self { exchange, keys, earlier, key })
    }
}

fn exchange_key(node: &Node, earlier: &[Earlier], keys: &[Vec<FileEntry>], shards: &[&str]) -> String {
    let contents = |files: &[FileEntry]| -> Vec<_> {
        files.iter().map(|file| serde_json::json!([file.blake3, file.rows])).collect()
    };
    let earlier: Vec<_> = earlier.iter().map(|(_, files)| contents(files)).collect();
    let keys: Vec<_> = keys.iter().map(|files| contents(files)).collect();
    digest(&serde_json::json!([EXCHANGE_VERSION, node.kind, node.stage.version(), node.config, earlier, keys, shards]))
}

/// The committed result at `path`, if its files are still there.
async fn committed(store: &Store, path: &str) -> Result<Option<ExchangeManifest>, EngineError> {
    let Some(bytes) = store.get_opt(path).await? else { return Ok(None) };
    let manifest: ExchangeManifest = unseal(path, &bytes)?;
    if is_whole(store, &manifest).await? {
        return Ok(Some(manifest));
    }
    tracing::warn!(path, "the files of a committed exchange are gone or cut: it runs again");
    store.delete(path).await?;
    Ok(None)
}

async fn is_whole(store: &Store, manifest: &ExchangeManifest) -> Result<bool, EngineError> {
    for file in manifest.files() {
        if store.head(&file.path).await?.is_none_or(|info| info.size != file.bytes) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Under which names a result is written.
#[derive(Debug, Clone, Copy)]
struct Commit<'a> {
    node: &'a Node,
    key: &'a str,
    attempt: &'a str,
}

/// Finds the documents in whose place others stay.
async fn whole(
    resources: &Resources<'_>,
    store: &Store,
    files: &Arc<KeyFiles>,
    stage: &DedupeStage,
    places: &places::Places<'_>,
    commit: Commit<'_>,
) -> Result<(Vec<Vec<FileEntry>>, Option<ClusterReport>), EngineError> {
    let settings = stage.settings();
    let types = stage.keep_types(&commit.node.columns_in);
    let mut report = ClusterReport::default();
    let found = groups::group(resources, files, settings, &mut report).await?;
    let kept = keepers::choose(resources, files, settings, &types, found).await?;
    report::clusters(files, &kept, &mut report).await?;
    report::sources(resources.stage, files, settings, &kept, &mut report).await?;
    let Commit { key, attempt, .. } = commit;
    let writer = verdicts::Verdicts { resources, store, files, settings, kept: &kept, places, key, attempt };
    Ok((writer.write().await?, Some(report)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_that_does_not_fit_the_budget_is_refused_with_what_it_needs() {
        assert!(refuse_too_many("near", 0, 1).is_ok());
        let documents = 30_000_000;
        let needed = Budget::needed(documents);
        assert_eq!(needed, 640_000_000);
        assert!(refuse_too_many("near", documents, needed).is_ok());
        let error = refuse_too_many("near", documents, needed - 1).expect_err("too little");
        assert_eq!(error.kind(), crate::ErrorKind::Resources);
        let text = error.to_string();
        assert!(
            text.contains("30000000 documents") && text.contains("610.4 MiB") && text.contains("--memory"),
            "{text}"
        );
        assert!(
            refuse_too_many("near", u32::MAX, 64 << 30).is_err() && refuse_too_many("near", u32::MAX, 96 << 30).is_ok()
        );
        assert!(Budget::new(needed, documents).sort_bytes >= 64 << 20);
    }
}
