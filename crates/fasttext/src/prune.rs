use std::io::BufRead;

use crate::FastTextError;
use crate::source::Source;

const FREE: u32 = u32::MAX;

/// The n-grams that a shrunk model has kept, with their rows.
///
/// Most n-grams of a text are not there, so a small bit set, which stays in the cache of the processor, answers
/// first; the table behind it is filled to two thirds at most.
#[derive(Debug, Clone)]
pub(crate) struct Prune {
    /// Bit `id mod length` is set for each id; at least 16 bits per id.
    maybe: Vec<u64>,
    /// Open addressing: id and row; the id is [`FREE`] where there is none.
    table: Vec<(u32, u32)>,
    shift: u32,
    rows_needed: u64,
}

impl Prune {
    pub(crate) fn read(source: &mut Source<impl BufRead>, count: i64, first_row: u32) -> Result<Self, FastTextError> {
        let count = source.length("pruneidx", count, 2 * size_of::<i32>())?;
        let mut prune = Self::sized(count);
        for _ in 0..count {
            let id = source.up_to("pruneidx", i32::MAX.unsigned_abs())?;
            let row = first_row + source.up_to("pruneidx", i32::MAX.unsigned_abs())?;
            prune.insert(id, row);
        }
        Ok(prune)
    }

    /// `count` pairs of an n-gram and its row.
    pub(crate) fn new(count: usize, pairs: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut prune = Self::sized(count);
        pairs.for_each(|(id, row)| prune.insert(id, row));
        prune
    }

    fn sized(count: usize) -> Self {
        let slots = (count + count / 2 + 1).next_power_of_two();
        Self {
            maybe: vec![0; (count / 4 + 1).next_power_of_two()],
            table: vec![(FREE, 0); slots],
            shift: u32::BITS - slots.trailing_zeros().min(u32::BITS - 1),
            rows_needed: 0,
        }
    }

    fn insert(&mut self, id: u32, row: u32) {
        self.rows_needed = self.rows_needed.max(u64::from(row) + 1);
        let (word, bit) = self.bit(id);
        if let Some(word) = self.maybe.get_mut(word) {
            *word |= bit;
        }
        let slot = self.slot(id);
        if let Some(entry) = self.table.get_mut(slot) {
            *entry = (id, row);
        }
    }

    #[inline]
    fn bit(&self, id: u32) -> (usize, u64) {
        ((id as usize / 64) & (self.maybe.len() - 1), 1 << (id % 64))
    }

    #[inline]
    fn slot(&self, id: u32) -> usize {
        let mask = self.table.len() - 1;
        let mut slot = (id.wrapping_mul(0x9E37_79B1) >> self.shift) as usize & mask;
        while self.table.get(slot).is_some_and(|(found, _)| *found != FREE && *found != id) {
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// The row of the n-gram `id`, if it was kept.
    pub(crate) fn row(&self, id: u32) -> Option<u32> {
        let (word, bit) = self.bit(id);
        if self.maybe.get(word).is_none_or(|word| word & bit == 0) {
            return None;
        }
        let (found, row) = *self.table.get(self.slot(id))?;
        (found == id).then_some(row)
    }

    /// Adds the rows of those of `ids` that were kept, in their order. `ids` is changed.
    pub(crate) fn add_rows(&self, ids: &mut [u32], rows: &mut Vec<u32>) {
        // Without a branch, the look-ups do not wait for each other.
        let mut count = 0;
        for at in 0..ids.len() {
            let id = ids[at];
            let (word, bit) = self.bit(id);
            ids[count] = id;
            count += usize::from(self.maybe[word] & bit != 0);
        }
        for id in &ids[..count] {
            let (found, row) = self.table[self.slot(*id)];
            if found == *id {
                rows.push(row);
            }
        }
    }

    /// The n-grams with their rows, by row.
    pub(crate) fn pairs(&self) -> Vec<(u32, u32)> {
        let mut pairs: Vec<_> = self.table.iter().copied().filter(|(id, _)| *id != FREE).collect();
        pairs.sort_unstable_by_key(|(id, row)| (*row, *id));
        pairs
    }

    /// One more than the largest row.
    pub(crate) fn rows_needed(&self) -> u64 {
        self.rows_needed
    }
}
