//! The sample of dropped documents of a whole run, chosen out of the samples of its tasks: for each stage and reason the
//! documents with the smallest hash, whatever task they were in.

use std::collections::{BTreeMap, BinaryHeap};

use futures::{StreamExt, TryStreamExt};
use textmill_document::{columns, row_hash_sum};
use textmill_store::Store;
use textmill_store::manifest::FileEntry;
use textmill_store::verify::read_parquet;

use crate::task::cell;
use crate::{Cancel, EngineError};

/// Files that are read at once.
const FILES_AT_ONCE: usize = 8;

/// Stage and reason.
type Reason = (String, String);
/// Hash of a row, number of its file, its number there.
type SampledRow = (u128, u32, u32);

/// For each source file, the rows that are in the sample of `per_reason` documents for each stage and reason. Holds the
/// places of these and, of each file that is being read, of as many.
pub(crate) async fn choose_sample(
    store: &Store,
    sources: &[FileEntry],
    per_reason: usize,
    cancel: &Cancel,
) -> Result<Vec<Vec<u32>>, EngineError> {
    let mut smallest = Smallest::new(per_reason);
    let reads = sources.iter().zip(0_u32..).map(|(source, file)| file_places(store, source, file, per_reason));
    let mut files = futures::stream::iter(reads).buffered(FILES_AT_ONCE);
    while let Some(of_file) = files.try_next().await? {
        if cancel.is_cancelled() {
            return Err(EngineError::Interrupted);
        }
        smallest.merge(of_file);
    }
    Ok(smallest.rows(sources.len()))
}

/// The rows of one file that could be in the sample, whatever the other files hold.
async fn file_places(store: &Store, source: &FileEntry, file: u32, per_reason: usize) -> Result<Smallest, EngineError> {
    let mut reader = read_parquet(store, source).await?;
    let mut smallest = Smallest::new(per_reason);
    let mut numbers = 0_u32..;
    while let Some(batch) = reader.next().await? {
        for (row, number) in (0..batch.num_rows()).zip(&mut numbers) {
            let reason = (cell(&batch, columns::DROPPED_BY, row), cell(&batch, columns::REASON, row));
            smallest.offer(reason, (row_hash_sum(&batch.slice(row, 1)), file, number));
        }
    }
    Ok(smallest)
}

struct Smallest {
    per_reason: usize,
    kept: BTreeMap<Reason, BinaryHeap<SampledRow>>,
}

impl Smallest {
    fn new(per_reason: usize) -> Self {
        Self { per_reason, kept: BTreeMap::new() }
    }

    fn offer(&mut self, reason: Reason, place: SampledRow) {
        let heap = self.kept.entry(reason).or_default();
        heap.push(place);
        if heap.len() > self.per_reason {
            heap.pop();
        }
    }

    fn merge(&mut self, other: Self) {
        for (reason, places) in other.kept {
            places.into_iter().for_each(|place| self.offer(reason.clone(), place));
        }
    }

    /// The rows of each of `files` files, ascending.
    fn rows(self, files: usize) -> Vec<Vec<u32>> {
        let mut rows = vec![Vec::new(); files];
        for (_, file, row) in self.kept.into_values().flatten() {
            rows[file as usize].push(row);
        }
        rows.iter_mut().for_each(|rows| rows.sort_unstable());
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_hashes_of_each_reason_are_chosen_whatever_comes_first() {
        let reason = |name: &str| ("rules".to_owned(), name.to_owned());
        let mut offers: Vec<_> = (0..40_u32)
            .map(|number| {
                let name = if number % 4 == 0 { "rare" } else { "often" };
                (reason(name), (u128::from(number * 7 % 40), number % 3, number))
            })
            .collect();
        let chosen = |offers: &[(Reason, SampledRow)]| {
            let mut smallest = Smallest::new(5);
            offers.iter().cloned().for_each(|(reason, place)| smallest.offer(reason, place));
            smallest.rows(3)
        };
        let rows = chosen(&offers);
        assert_eq!(rows.iter().flatten().count(), 10);
        let smallest_rare = [0, 12, 24, 36, 8].into_iter();
        assert!(smallest_rare.into_iter().all(|row: u32| rows[row as usize % 3].contains(&row)), "{rows:?}");
        offers.reverse();
        assert_eq!(chosen(&offers), rows);
    }

    #[test]
    fn files_apart_give_the_sample_of_all_and_hold_no_more_than_that() {
        let of_file = |file: u32| {
            let mut smallest = Smallest::new(5);
            (0..1000_u32).for_each(|row| {
                let hash = (row * 3 + file).wrapping_mul(2_654_435_761);
                smallest.offer(("rules".to_owned(), format!("reason{}", row % 2)), (u128::from(hash), file, row));
            });
            smallest
        };
        let mut apart = Smallest::new(5);
        (0..3).for_each(|file| apart.merge(of_file(file)));
        let mut together = Smallest::new(5);
        for file in 0..3 {
            let wide = (0..1000_u32).map(|row| (row, (row * 3 + file).wrapping_mul(2_654_435_761)));
            wide.for_each(|(row, hash)| {
                together.offer(("rules".to_owned(), format!("reason{}", row % 2)), (u128::from(hash), file, row));
            });
        }
        assert!(of_file(0).kept.values().all(|heap| heap.len() == 5));
        assert_eq!(apart.rows(3), together.rows(3));
    }
}
