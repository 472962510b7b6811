//! One exchange: looks whether its result is committed already, else has it found and commits it.
//!
//! The result is committed under a key made of everything that it depends on, like that of a task.

use std::sync::Arc;

use textmill_document::ByteSize;
use textmill_pipeline::Node;
use textmill_store::manifest::{ExchangeManifest, FORMAT_VERSION, FileEntry, TaskManifest};
use textmill_store::owner::Owner;
use textmill_store::sealed::{seal, unseal};
use textmill_store::{Created, Store};

use super::exchange::{AllDocuments, Decided, Earlier, Exchange};
use super::keys::KeyFiles;
use super::registry::exchange_of;
use super::resources::{Budget, Resources};
use super::sorter::Sorter;
use super::verdict_writer::Name;
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

/// Decides of the documents whose keys `tasks` committed for `node`; what was decided before under the same key is taken.
pub(crate) async fn decide(
    means: &Means<'_>,
    node: &Node,
    tasks: &[(TaskSpec, TaskManifest)],
) -> Result<ExchangeManifest, EngineError> {
    let Asked { exchange, keys, earlier, key } = Asked::new(node, tasks).await?;
    let path = layout::exchange_manifest(&node.id, &key);
    if let Some(known) = committed(means.store, &path).await? {
        return Ok(known);
    }

    let files = KeyFiles::new(&earlier, means.store, &keys);
    let files = Arc::new(files.ok_or_else(|| EngineError::TooManyDocuments { stage: node.id.clone() })?);
    refuse_too_many(&node.id, files.documents(), exchange.memory_needed(files.documents()), means.memory)?;

    let attempt = layout::attempt(means.owner.epoch());
    let budget = Budget::new(means.memory, files.documents());
    let all = AllDocuments {
        resources: Resources { sorter: means.sorter, stage: &node.id, budget, cancel: means.cancel },
        store: means.store,
        files,
        tasks,
        name: Name { stage: &node.id, key: &key, attempt: &attempt },
    };
    let Decided { verdicts, report } = exchange.decide(&all).await?;
    let stage = node.id.clone();
    let manifest = ExchangeManifest { format_version: FORMAT_VERSION, key: key.clone(), stage, verdicts, report };
    means.owner.check().await?;
    match means.store.create(&path, seal(&manifest)?).await? {
        Created::New => Ok(manifest),
        // An earlier owner was slower with the same, or the file system answered twice.
        Created::AlreadyExists => committed(means.store, &path)
            .await?
            .ok_or_else(|| EngineError::Bug(format!("{path} appeared, and its files are not there"))),
    }
}

/// A process that holds more than it may is killed when most of the work is done.
fn refuse_too_many(stage: &str, documents: u32, needed: u64, memory: u64) -> Result<(), EngineError> {
    if needed <= memory {
        return Ok(());
    }
    let (budget, needed) = (ByteSize(memory), ByteSize(needed));
    Err(EngineError::ComparisonMemory { stage: stage.to_owned(), documents, budget, needed })
}

/// What [`decide`] committed for `node` before, if its files are still there. Changes nothing.
pub(crate) async fn decided(
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
struct Asked {
    exchange: Arc<dyn Exchange>,
    keys: Vec<Vec<FileEntry>>,
    earlier: Vec<Earlier>,
    key: String,
}

impl Asked {
    async fn new(node: &Node, tasks: &[(TaskSpec, TaskManifest)]) -> Result<Self, EngineError> {
        let keys: Vec<Vec<FileEntry>> =
            tasks.iter().map(|(_, task)| task.keys.get(&node.id).cloned().unwrap_or_default()).collect();
        let exchange = exchange_of(node);
        let exchange = exchange.ok_or_else(|| EngineError::Bug(format!("`{}` compares nothing", node.id)))?;
        let earlier = exchange.earlier().await?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_that_does_not_fit_the_budget_is_refused_with_what_it_needs() {
        let refuse = |documents, memory| refuse_too_many("near", documents, Budget::needed(documents), memory);
        assert!(refuse(0, 1).is_ok());
        let documents = 30_000_000;
        let needed = Budget::needed(documents);
        assert_eq!(needed, 640_000_000);
        assert!(refuse(documents, needed).is_ok());
        let error = refuse(documents, needed - 1).expect_err("too little");
        assert_eq!(error.kind(), crate::ErrorKind::Resources);
        let text = error.to_string();
        assert!(
            text.contains("30000000 documents") && text.contains("610.4 MiB") && text.contains("--memory"),
            "{text}"
        );
        assert!(refuse(u32::MAX, 64 << 30).is_err() && refuse(u32::MAX, 96 << 30).is_ok());
        assert!(Budget::new(needed, documents).sort_bytes >= 64 << 20);
    }
}
