//! Which document of each cluster stays.

use std::sync::Arc;

use arrow::array::UInt32Array;
use arrow::datatypes::{DataType, Field, UInt32Type};
use textmill_document::columns;
use textmill_minhash_dedupe::{DedupeSettings, Direction, key_columns};

use super::groups::Clusters;
use crate::EngineError;
use crate::exchange::keys::{Bits, DOCUMENT, KeyFiles, Scan, Wanted};
use crate::exchange::resources::Resources;
use crate::exchange::sorted::Sorted;

const ROOT: &str = "root";

/// A cluster of two documents and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cluster {
    /// Its first document.
    pub root: u32,
    /// Number of its documents.
    pub size: u32,
    /// The document that stays.
    pub keeper: u32,
}

/// All documents with their clusters.
#[derive(Debug)]
pub(super) struct Kept {
    roots: Arc<Vec<u32>>,
    clustered: Arc<Bits>,
    /// In the order of their roots.
    pub clusters: Vec<Cluster>,
}

impl Kept {
    /// The cluster of `document`, if there are others in it.
    pub(super) fn cluster(&self, document: u32) -> Option<Cluster> {
        let root = self.roots[document as usize];
        if !self.clustered.get(root) {
            return None;
        }
        let index = self.clusters.binary_search_by_key(&root, |cluster| cluster.root).ok()?;
        Some(self.clusters[index])
    }

    /// Whether another document stays in the place of `document`.
    pub(super) fn is_removed(&self, document: u32) -> bool {
        self.cluster(document).is_some_and(|cluster| cluster.keeper != document)
    }
}

/// Chooses the document that stays of each cluster: the first in the order asked for, then by id, then by text.
pub(super) async fn choose(
    resources: &Resources<'_>,
    files: &Arc<KeyFiles>,
    settings: &DedupeSettings,
    types: &[DataType],
    found: Clusters,
) -> Result<Kept, EngineError> {
    let mut clustered = Bits::new(files.documents());
    found.clusters.iter().for_each(|(root, _)| clustered.set(*root));
    let clusters = found.clusters.into_iter().map(|(root, size)| Cluster { root, size, keeper: root });
    let mut kept = Kept { roots: Arc::new(found.roots), clustered: Arc::new(clustered), clusters: clusters.collect() };
    if kept.clusters.is_empty() {
        return Ok(kept);
    }
    let (roots, clustered) = (Arc::clone(&kept.roots), Arc::clone(&kept.clustered));
    let earlier = files.earlier();
    // The root of a cluster is its first document: one of an earlier run stays in any case.
    let wanted = move |document: u32| {
        let root = roots[document as usize];
        root >= earlier && clustered.get(root)
    };
    let roots = Arc::clone(&kept.roots);
    let number = move |document: u32| roots[document as usize];
    let scan =
        Scan::new(files, fields(types), false, Wanted::If(Arc::new(wanted))).own().numbered(ROOT, Arc::new(number));
    let mut sorted = Sorted::new(resources, scan, &order(settings)).await?;
    let mut next = kept.clusters.partition_point(|cluster| cluster.root < earlier);
    while let Some(batch) = sorted.next().await? {
        let numbers = |name: &str| -> Result<UInt32Array, EngineError> {
            let column = batch.column_by_name(name);
            let column =
                column.and_then(|column| arrow::array::AsArray::as_primitive_opt::<UInt32Type>(column.as_ref()));
            column.cloned().ok_or_else(|| EngineError::Bug(format!("a plan lost its column `{name}`")))
        };
        let (roots, documents) = (numbers(ROOT)?, numbers(DOCUMENT)?);
        for (root, document) in roots.values().iter().zip(documents.values()) {
            // Roots come in order: the first document of the next cluster is the one that stays.
            if let Some(cluster) = kept.clusters.get_mut(next).filter(|cluster| cluster.root == *root) {
                cluster.keeper = *document;
                next += 1;
            }
        }
    }
    if next != kept.clusters.len() {
        return Err(EngineError::Bug(format!("{next} of {} clusters have a keeper", kept.clusters.len())));
    }
    Ok(kept)
}

fn fields(types: &[DataType]) -> Vec<Field> {
    let keep = |(number, data_type): (usize, &DataType)| Field::new(key_columns::keep(number), data_type.clone(), true);
    let mut fields: Vec<Field> = types.iter().enumerate().map(keep).collect();
    fields.push(columns::text_field(key_columns::ID));
    fields.push(Field::new(key_columns::TEXT_HIGH, DataType::UInt64, true));
    fields.push(Field::new(key_columns::TEXT_LOW, DataType::UInt64, true));
    fields
}

fn order(settings: &DedupeSettings) -> String {
    let mut order = ROOT.to_owned();
    for (number, by) in settings.keep.iter().enumerate() {
        let direction = match by.direction {
            Direction::Ascending => "ASC",
            Direction::Descending => "DESC",
        };
        order.push_str(&format!(", {} {direction} NULLS LAST", key_columns::keep(number)));
    }
    let (id, high, low) = (key_columns::ID, key_columns::TEXT_HIGH, key_columns::TEXT_LOW);
    order + &format!(", {id} ASC NULLS LAST, {high} ASC NULLS LAST, {low} ASC NULLS LAST, {DOCUMENT}")
}
