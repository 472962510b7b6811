use std::collections::BTreeSet;

use crate::StoreError;
use crate::manifest::{FileEntry, TaskManifest};
use crate::sealed::{seal, unseal};
use crate::store::{Created, Store};

/// Whose result a task has after its commit. Either way it has exactly one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// The manifest given is the committed one (also when the response to its creation was lost).
    Mine,
    /// Another attempt was first; this is its manifest, and the files of this attempt are deleted.
    Adopted(Box<TaskManifest>),
}

/// Commits a task: creates its manifest at `path`, the one name that all attempts of the task
/// share. The first attempt wins; a later one adopts its result and deletes its own files.
///
/// All files of the manifest must be durable before this is called.
pub async fn commit_task(store: &Store, path: &str, manifest: &TaskManifest) -> Result<Committed, StoreError> {
    if store.create(path, seal(manifest)?).await? == Created::New {
        return Ok(Committed::Mine);
    }
    let theirs: TaskManifest = unseal(path, &store.get(path).await?)?;
    if theirs.attempt == manifest.attempt {
        return Ok(Committed::Mine);
    }
    if theirs.key != manifest.key {
        let reason = format!("is the manifest of task {}, not of task {}", theirs.key, manifest.key);
        return Err(StoreError::integrity(path, reason));
    }
    delete_own(store, manifest, &theirs).await;
    Ok(Committed::Adopted(Box::new(theirs)))
}

/// A file that cannot be deleted is referenced by nothing and stays for `gc`.
async fn delete_own(store: &Store, mine: &TaskManifest, theirs: &TaskManifest) {
    let kept: BTreeSet<&str> = theirs.files().map(|file| file.path.as_str()).collect();
    for FileEntry { path, .. } in mine.files().filter(|file| !kept.contains(file.path.as_str())) {
        if let Err(error) = store.delete(path).await {
            tracing::warn!(path, error = %error, "a superseded file could not be deleted");
        }
    }
}
