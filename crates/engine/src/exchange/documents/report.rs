//! What a deduplication found, for people, and whether it is more than they allowed.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use textmill_minhash_dedupe::{DedupeSettings, key_columns};
use textmill_store::manifest::ClusterReport;

use super::keepers::Kept;
use super::verdicts::texts;
use crate::EngineError;
use crate::exchange::keys::KeyFiles;

/// Clusters that the report names.
const LARGEST: usize = 20;
/// Sources that the report names.
const SOURCES: usize = 100;
/// Documents of a source below which its share of removed documents says nothing.
const MIN_SOURCE: u64 = 100;

/// Fills in the clusters of `report`.
pub(super) async fn clusters(files: &KeyFiles, kept: &Kept, report: &mut ClusterReport) -> Result<(), EngineError> {
    let own = files.earlier()..files.documents();
    report.documents = own.len() as u64;
    report.clusters = kept.clusters.len() as u64;
    report.removed = own.filter(|document| kept.is_removed(*document)).count() as u64;
    let mut sizes = BTreeMap::<u32, u64>::new();
    for cluster in &kept.clusters {
        // 2, 3-4, 5-8, ...: the power of two that the size does not exceed.
        *sizes.entry(cluster.size.next_power_of_two()).or_default() += 1;
    }
    let label = |end: u32| if end <= 2 { end.to_string() } else { format!("{}-{end}", end / 2 + 1) };
    report.sizes = sizes.into_iter().map(|(end, clusters)| (label(end), clusters)).collect();
    let mut largest: Vec<_> = kept.clusters.iter().map(|cluster| (cluster.size, cluster.keeper)).collect();
    largest.sort_unstable_by_key(|(size, keeper)| (std::cmp::Reverse(*size), *keeper));
    largest.truncate(LARGEST);
    let keepers = super::compare::documents(largest.iter().map(|(_, keeper)| *keeper));
    let ids = texts(files, &keepers, key_columns::ID).await?;
    let id = |keeper: &u32| keepers.binary_search(keeper).ok().and_then(|index| ids.get(index)).cloned();
    report.largest = largest.iter().map(|(size, keeper)| (id(keeper).unwrap_or_default(), u64::from(*size))).collect();
    Ok(())
}

/// Counts the removed documents of each source, and refuses to go on where they are too many.
pub(super) async fn sources(
    stage: &str,
    files: &KeyFiles,
    settings: &DedupeSettings,
    kept: &Kept,
    report: &mut ClusterReport,
) -> Result<(), EngineError> {
    let mut counts = BTreeMap::<String, (u64, u64)>::new();
    if settings.source_column.is_some() {
        let mut next = 0_u32;
        // One number in every file: each is read.
        files
            .read(&files.starts(), key_columns::SOURCE, |first, values| {
                let Some(values) = values.as_string_view_opt() else { return false };
                for row in 0..values.len() {
                    let document = first + u32::try_from(row).unwrap_or(u32::MAX);
                    let source = if values.is_valid(row) { values.value(row) } else { "" };
                    let removed = u64::from(kept.is_removed(document));
                    match counts.get_mut(source) {
                        Some(count) => *count = (count.0 + 1, count.1 + removed),
                        None => drop(counts.insert(source.to_owned(), (1, removed))),
                    }
                    next = document + 1;
                }
                true
            })
            .await?;
        if next != files.documents() {
            return Err(EngineError::Bug(format!("{next} of {} documents have a source", files.documents())));
        }
    } else {
        counts.insert("all documents".to_owned(), (report.documents, report.removed));
    }
    if let Some(bound) = settings.max_removed_ratio {
        refuse(stage, bound, &counts)?;
    }
    if settings.source_column.is_some() {
        let mut sources: Vec<_> = counts.into_iter().map(|(name, (all, removed))| (name, all, removed)).collect();
        sources.sort_by(|left, right| right.2.cmp(&left.2).then_with(|| left.0.cmp(&right.0)));
        sources.truncate(SOURCES);
        report.sources = sources;
    }
    Ok(())
}

fn refuse(stage: &str, bound: f64, counts: &BTreeMap<String, (u64, u64)>) -> Result<(), EngineError> {
    let ratio = |(all, removed): &(u64, u64)| *removed as f64 / (*all).max(1) as f64;
    let judged = counts.iter().filter(|(_, count)| count.0 >= MIN_SOURCE && ratio(count) > bound);
    let worst = judged.max_by(|left, right| ratio(left.1).total_cmp(&ratio(right.1)).then(right.0.cmp(left.0)));
    match worst {
        Some((source, count)) => Err(EngineError::TooManyRemoved {
            stage: stage.to_owned(),
            source_name: source.clone(),
            removed: count.1,
            documents: count.0,
            bound,
        }),
        None => Ok(()),
    }
}
