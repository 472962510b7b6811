//! What an exchange may use, and how its memory is divided.

use super::sorter::Sorter;
use crate::Cancel;

/// What an exchange may use.
pub(crate) struct Resources<'a> {
    pub sorter: &'a dyn Sorter,
    /// Id of the stage.
    pub stage: &'a str,
    pub budget: Budget,
    pub cancel: &'a Cancel,
}

/// Parts of the memory budget.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Of the sorts of `DataFusion`.
    pub sort_bytes: usize,
    /// Of one block of signatures; two are in memory at once.
    pub block_bytes: usize,
    /// Pairs or verdicts held at once.
    pub pairs: usize,
    /// Bands that are sorted together.
    pub bands: usize,
}

/// Bytes that the union-find and what is made of it hold of each document.
const DOCUMENT_BYTES: u64 = 16;

impl Budget {
    /// The budget that comparing `documents` documents needs: what is held of each, and a quarter beside it to sort and
    /// compare with. More makes it faster.
    pub(crate) fn needed(documents: u32) -> u64 {
        (DOCUMENT_BYTES * u64::from(documents)).div_ceil(3) * 4
    }

    /// Parts of a budget of `bytes`, of which the union-find of `documents` documents takes its part first.
    pub(crate) fn new(bytes: u64, documents: u32) -> Self {
        let left = bytes.saturating_sub(DOCUMENT_BYTES * u64::from(documents)).max(bytes / 4);
        let share = |part: u64| usize::try_from(left / part).unwrap_or(usize::MAX);
        let sort_bytes = share(2);
        // A sort of keys and documents holds about three times their size.
        let bands = sort_bytes / (36 * documents.max(1) as usize);
        Self { sort_bytes, block_bytes: share(12), pairs: (share(8) / 32).max(1 << 16), bands: bands.max(1) }
    }
}
