//! Documents of the input that share an id.
//!
//! A task counts the documents whose id an earlier document of it has, and keeps the smallest hashes of its ids. What
//! two tasks have in common is told by these: below the smallest bound that a task was cut at, the hashes of all tasks
//! are complete, so that few ids are counted and many are estimated, whatever the size of the input.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use textmill_document::{DocumentBatch, columns};
use textmill_store::manifest::{EqualIds, InputFacts};
use xxhash_rust::xxh3::xxh3_64;

/// Hashes that a task keeps: some kilobytes in its manifest.
const KEPT: usize = 128;
/// Ids of a task that are told apart: 32 MiB of hashes. Later ones are compared with these.
const MOST_IDS: usize = 1 << 21;

/// Hashes of the ids of `documents`; a document without an id has none.
pub(crate) fn hashes(documents: &DocumentBatch) -> Vec<u64> {
    let Ok(ids) = documents.strings(columns::ID) else { return Vec::new() };
    ids.iter().flatten().map(|id| xxh3_64(id.as_bytes())).collect()
}

/// The ids of one task.
#[derive(Debug, Default)]
pub(crate) struct IdCounter {
    seen: HashSet<u64>,
    repeated: u64,
    smallest: BTreeSet<u64>,
    more: bool,
}

impl IdCounter {
    pub(crate) fn add(&mut self, hashes: &[u64]) {
        for &hash in hashes {
            if self.seen.contains(&hash) {
                self.repeated += 1;
                continue;
            }
            if self.seen.len() < MOST_IDS {
                self.seen.insert(hash);
            }
            if self.smallest.len() >= KEPT {
                self.more = true;
                if self.smallest.last().is_some_and(|largest| hash >= *largest) {
                    continue;
                }
            }
            if self.smallest.insert(hash) && self.smallest.len() > KEPT {
                self.smallest.pop_last();
            }
        }
    }

    pub(crate) fn facts(self) -> InputFacts {
        let (repeated_ids, more_ids) = (self.repeated, self.more);
        InputFacts { blake3: None, repeated_ids, id_hashes: self.smallest.into_iter().collect(), more_ids }
    }
}

/// The documents of all tasks whose id an earlier document has; none where all ids differ, as far as is known.
pub(crate) fn equal_ids<'a>(tasks: impl Iterator<Item = &'a InputFacts>) -> Option<EqualIds> {
    let tasks: Vec<&InputFacts> = tasks.collect();
    let cut = tasks.iter().filter(|facts| facts.more_ids).filter_map(|facts| facts.id_hashes.last().copied()).min();
    let mut uses: BTreeMap<u64, u64> = BTreeMap::new();
    for hash in tasks.iter().flat_map(|facts| &facts.id_hashes).filter(|hash| cut.is_none_or(|cut| **hash <= cut)) {
        *uses.entry(*hash).or_default() += 1;
    }
    let within: u64 = tasks.iter().map(|facts| facts.repeated_ids).sum();
    let between: u64 = uses.values().map(|uses| uses - 1).sum();
    let documents = match cut {
        Some(cut) if between > 0 => within.saturating_add(scaled(between, cut)),
        _ => within + between,
    };
    (documents > 0).then_some(EqualIds { documents, exact: between == 0 || cut.is_none() })
}

/// What `found` among the hashes up to `cut` stands for among all.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate, at least 1")]
fn scaled(found: u64, cut: u64) -> u64 {
    (found as f64 * (u64::MAX as f64 / (cut.max(1)) as f64)).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(ids: impl Iterator<Item = u32>) -> InputFacts {
        let mut counter = IdCounter::default();
        let hashes: Vec<u64> = ids.map(|id| xxh3_64(id.to_string().as_bytes())).collect();
        hashes.chunks(100).for_each(|hashes| counter.add(hashes));
        counter.facts()
    }

    fn equal(tasks: &[InputFacts]) -> Option<EqualIds> {
        equal_ids(tasks.iter())
    }

    #[test]
    fn few_ids_are_counted() {
        assert_eq!(equal(&[facts(0..3), facts(0..3)]), Some(EqualIds { documents: 3, exact: true }));
        assert_eq!(equal(&[facts(0..60), facts(60..120)]), None);
        assert_eq!(equal(&[facts([1, 1, 1, 2].into_iter())]), Some(EqualIds { documents: 2, exact: true }));
        assert_eq!(equal(&[facts(0..2), facts(1..3), facts(1..2)]), Some(EqualIds { documents: 2, exact: true }));
        assert_eq!(equal(&[]), None);
    }

    #[test]
    fn many_ids_of_one_file_are_counted_and_those_of_several_estimated() {
        let once = facts((0..50_000).chain(0..700));
        assert_eq!(equal(&[once]), Some(EqualIds { documents: 700, exact: true }));
        let both = equal(&[facts(0..40_000), facts(0..40_000)]).expect("all are equal");
        assert!(!both.exact && (20_000..80_000).contains(&both.documents), "{both:?}");
        assert_eq!(equal(&[facts(0..40_000), facts(40_000..80_000)]), None);
    }

    #[test]
    fn what_a_task_keeps_is_bounded_and_does_not_depend_on_the_order() {
        let (up, down) = (facts(0..5000), facts((0..5000).rev()));
        assert_eq!(up, down);
        assert_eq!((up.id_hashes.len(), up.more_ids), (KEPT, true));
        assert!(!facts(0..u32::try_from(KEPT).expect("small")).more_ids);
    }
}
