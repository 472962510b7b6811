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

/// For each source file, the rows that are in the sample of `per_reason` documents for each stage and reason. Holds no more
/// than the places of these.
pub(crate) async fn choose_sample(
    store: &Store,
    sources: &[FileEntry],
    per_reason: usize,
    cancel: &Cancel,
) -> Result<Vec<Vec<u32>>, EngineError> {
    let mut smallest = Smallest { per_reason, kept: BTreeMap::new() };
    let reads = sources.iter().zip(0_u32..).map(|(source, file)| file_places(store, source, file));
    let mut files = futures::stream::iter(reads).buffered(FILES_AT_ONCE);
    while let Some(places) = files.try_next().await? {
        if cancel.is_cancelled() {
            return Err(EngineError::Interrupted);
        }
        places.into_iter().for_each(|(reason, place)| smallest.offer(reason, place));
    }
    Ok(smallest.rows(sources.len()))
}

async fn file_places(store: &Store, source: &FileEntry, file: u32) -> Result<Vec<(Reason, SampledRow)>, EngineError> {
    let mut reader = read_parquet(store, source).await?;
    let mut places = Vec::new();
    while let Some(batch) = reader.next().await? {
        let first = u32::try_from(places.len()).unwrap_or(u32::MAX);
        places.extend((0..batch.num_rows()).zip(first..).map(|(row, number)| {
            let reason = (cell(&batch, columns::DROPPED_BY, row), cell(&batch, columns::REASON, row));
            (reason, (row_hash_sum(&batch.slice(row, 1)), file, number))
        }));
    }
    Ok(places)
}

struct Smallest {
    per_reason: usize,
    kept: BTreeMap<Reason, BinaryHeap<SampledRow>>,
}

impl Smallest {
    fn offer(&mut self, reason: Reason, place: SampledRow) {
        let heap = self.kept.entry(reason).or_default();
        heap.push(place);
        if heap.len() > self.per_reason {
            heap.pop();
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
            let mut smallest = Smallest { per_reason: 5, kept: BTreeMap::new() };
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
}
