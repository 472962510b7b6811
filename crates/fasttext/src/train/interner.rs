use crate::hash::{fnv, spread};

const FREE: u32 = u32::MAX;

/// Distinct words in the order in which they came, with their hashes and how often they were there.
#[derive(Debug, Clone)]
pub(crate) struct Interner {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    hashes: Vec<u32>,
    counts: Vec<i64>,
    /// Open addressing: number of a word, or [`FREE`]; at most half full.
    table: Vec<u32>,
}

impl Default for Interner {
    fn default() -> Self {
        Self { bytes: Vec::new(), ends: Vec::new(), hashes: Vec::new(), counts: Vec::new(), table: vec![FREE; 1 << 10] }
    }
}

impl Interner {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Counts `word` once more; `None` when there is no number left for it.
    pub(crate) fn count(&mut self, word: &[u8]) -> Option<u32> {
        let hash = fnv(word);
        let slot = self.slot(word, hash);
        match self.table.get(slot) {
            Some(&id) if id != FREE => {
                if let Some(count) = self.counts.get_mut(id as usize) {
                    *count += 1;
                }
                Some(id)
            }
            _ => self.add(word, hash, slot),
        }
    }

    fn add(&mut self, word: &[u8], hash: u32, slot: usize) -> Option<u32> {
        // Numbers are `i32` in the file.
        let id = u32::try_from(self.len()).ok().filter(|id| *id < i32::MAX.unsigned_abs())?;
        self.bytes.extend_from_slice(word);
        self.ends.push(self.bytes.len());
        self.hashes.push(hash);
        self.counts.push(1);
        if let Some(entry) = self.table.get_mut(slot) {
            *entry = id;
        }
        if self.len() * 2 > self.table.len() {
            self.grow();
        }
        Some(id)
    }

    fn slot(&self, word: &[u8], hash: u32) -> usize {
        let mask = self.table.len() - 1;
        let mut slot = spread(hash) & mask;
        while let Some(&id) = self.table.get(slot) {
            if id == FREE || (self.hash(id) == hash && self.word(id) == word) {
                break;
            }
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        let mask = self.table.len() * 2 - 1;
        self.table = vec![FREE; mask + 1];
        for (id, hash) in (0..).zip(&self.hashes) {
            let mut slot = spread(*hash) & mask;
            while self.table.get(slot).is_some_and(|id| *id != FREE) {
                slot = (slot + 1) & mask;
            }
            if let Some(entry) = self.table.get_mut(slot) {
                *entry = id;
            }
        }
    }

    pub(crate) fn word(&self, id: u32) -> &[u8] {
        let end = |id: usize| self.ends.get(id).copied().unwrap_or_default();
        let id = id as usize;
        self.bytes.get(id.checked_sub(1).map_or(0, end)..end(id)).unwrap_or_default()
    }

    pub(crate) fn hash(&self, id: u32) -> u32 {
        self.hashes.get(id as usize).copied().unwrap_or_default()
    }

    pub(crate) fn count_of(&self, id: u32) -> i64 {
        self.counts.get(id as usize).copied().unwrap_or_default()
    }

    /// The words that are there at least `least` times, the most frequent first, then the earliest.
    pub(crate) fn frequent(&self, least: u32) -> Vec<u32> {
        let all = 0..u32::try_from(self.len()).unwrap_or(FREE);
        let mut kept: Vec<u32> = all.filter(|id| self.count_of(*id) >= i64::from(least)).collect();
        kept.sort_by_key(|id| std::cmp::Reverse(self.count_of(*id)));
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_numbers_while_the_table_grows() {
        let mut words = Interner::default();
        for round in 0..3_i64 {
            for number in 0..5000_u32 {
                assert_eq!(words.count(number.to_string().as_bytes()), Some(number));
                assert_eq!(words.count_of(number), round + 1);
            }
        }
        words.count(b"77");
        assert_eq!((words.len(), words.word(4999), words.frequent(4)), (5000, b"4999".as_slice(), vec![77]));
        assert_eq!(words.frequent(0).get(..3), Some([77, 0, 1].as_slice()));
    }
}
