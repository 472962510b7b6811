//! One exchange: looks whether its result is committed already, else has it found and commits it.
//!
//! The result is committed under a key made of everything that it depends on, like that of a task.

use std::sync::Arc;

use textmill_pipeline::{Exchange, Node};
use textmill_store::manifest::{ExchangeManifest, FORMAT_VERSION, FileEntry, TaskManifest};
use textmill_store::owner::Owner;
use textmill_store::sealed::{seal, unseal};
use textmill_store::{Created, Store};

use super::keys::KeyFiles;
use super::resources::{Budget, Commit, Earlier, Resources};
use super::sorter::Sorter;
use super::{documents, highest, parts};
use crate::plan::{TaskSpec, digest};
use crate::{Cancel, EngineError, layout};

/// Raised when the exchange makes something else of the same keys.
const EXCHANGE_VERSION: u32 = 2;

/// What of a run its exchanges may use.
pub(crate) struct Means<'a> {
    pub sorter: &'a dyn Sorter,
    /// The output location.
    pub store: &'a Store,
    pub owner: &'a Owner,
    pub cancel: &'a Cancel,
    /// Bytes that may be held.
    pub memory: u64,
}

/// Compares the documents whose keys `tasks` committed for `node`; what was found before under the same key is taken.
pub(crate) async fn dedupe(
    means: &Means<'_>,
    node: &Node,
    tasks: &[(TaskSpec, TaskManifest)],
) -> Result<ExchangeManifest, EngineError> {
    let Asked { exchange, keys, earlier, key } = Asked::new(node, tasks).await?;
    let path = layout::exchange_manifest(&node.id, &key);
    if let Some(known) = committed(means.store, &path).await? {
        return Ok(known);
    }
    let attempt = layout::attempt(means.owner.epoch());
    let commit = Commit { node, key: &key, attempt: &attempt };
    let files = KeyFiles::new(&earlier, means.store, &keys);
    let files = Arc::new(files.ok_or_else(|| EngineError::TooManyDocuments { stage: node.id.clone() })?);
    if let Exchange::Documents(_) = exchange {
        documents::refuse_too_many(&node.id, files.documents(), means.memory)?;
    }
    let budget = Budget::new(means.memory, files.documents());
    let resources = Resources { sorter: means.sorter, stage: &node.id, budget, cancel: means.cancel };
    let (verdicts, report) = match exchange {
        Exchange::Documents(stage) => documents::find(&resources, means.store, &files, stage, tasks, commit).await?,
        Exchange::Parts(stage) => (parts::find(&resources, means.store, &files, stage, commit).await?, None),
        Exchange::Highest(stage) => (highest::find(&resources, means.store, &files, stage, commit).await?, None),
    };
    let report = report.unwrap_or_default();
    let manifest =
        ExchangeManifest { format_version: FORMAT_VERSION, key: key.clone(), stage: node.id.clone(), verdicts, report };
    means.owner.check().await?;
    match means.store.create(&path, seal(&manifest)?).await? {
        Created::New => Ok(manifest),
        // An earlier owner was slower with the same, or the file system answered twice.
        Created::AlreadyExists => committed(means.store, &path)
            .await?
            .ok_or_else(|| EngineError::Bug(format!("{path} appeared, and its files are not there"))),
    }
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
            Exchange::Documents(stage) => documents::earlier(stage.settings()).await?,
            Exchange::Parts(_) | Exchange::Highest(_) => Vec::new(),
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
