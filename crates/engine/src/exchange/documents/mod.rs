//! The exchange of `minhash_dedupe` and `exact_dedupe`: from the keys of all documents to what becomes of each.
//!
//! ```text
//!  key files ─▶ sort by text key ─┐
//!           ─▶ sort by URL key ──┼▶ union-find ─▶ clusters ─▶ sort by keeper order ─▶ keepers ─▶ verdicts per task
//!           ─▶ sort by band key ─┴▶ pairs ─▶ compare ─┘
//! ```
//!
//! 1. Sorting is `DataFusion`'s, on disk where memory ends. As many bands are sorted at a
//!    time as fit: twelve bytes a document and band.
//! 2. Pairs are compared when there are as many as memory allows, so that what is joined by then need not be compared
//!    again. A document is compared with at most `max_bucket` others of a bucket.
//! 3. The clusters are the connected components of the pairs that pass, whatever the order in which they are found.

mod compare;
mod groups;
mod index;
mod keepers;
mod origins;
mod report;
mod verdicts;

use std::sync::Arc;

use textmill_document::ByteSize;
use textmill_minhash_dedupe::DedupeStage;
use textmill_store::Store;
use textmill_store::manifest::{ClusterReport, FileEntry, TaskManifest};

pub(super) use self::index::open as earlier;
use self::origins::Places;
use super::keys::KeyFiles;
use super::resources::{Budget, Commit, Resources};
use crate::EngineError;
use crate::plan::TaskSpec;

/// A process that holds more than it may is killed when most of the work is done.
pub(super) fn refuse_too_many(stage: &str, documents: u32, memory: u64) -> Result<(), EngineError> {
    let needed = Budget::needed(documents);
    if needed <= memory {
        return Ok(());
    }
    let (budget, needed) = (ByteSize(memory), ByteSize(needed));
    Err(EngineError::ComparisonMemory { stage: stage.to_owned(), documents, budget, needed })
}

/// Finds the documents in whose place others stay.
pub(super) async fn find(
    resources: &Resources<'_>,
    store: &Store,
    files: &Arc<KeyFiles>,
    stage: &DedupeStage,
    tasks: &[(TaskSpec, TaskManifest)],
    commit: Commit<'_>,
) -> Result<(Vec<Vec<FileEntry>>, Option<ClusterReport>), EngineError> {
    let settings = stage.settings();
    let places = Places::new(store, resources.stage, tasks);
    let types = stage.keep_types(&commit.node.columns_in);
    let mut report = ClusterReport::default();
    let found = groups::group(resources, files, settings, &mut report).await?;
    let kept = keepers::choose(resources, files, settings, &types, found).await?;
    report::clusters(files, &kept, &mut report).await?;
    report::sources(resources.stage, files, settings, &kept, &mut report).await?;
    let Commit { key, attempt, .. } = commit;
    let writer = verdicts::Verdicts { resources, store, files, settings, kept: &kept, places: &places, key, attempt };
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
