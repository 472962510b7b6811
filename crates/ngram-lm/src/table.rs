use std::hint::black_box;
use std::marker::PhantomData;

use textmill_large_pages::LargeVec;

/// What a [`Table`] holds: eight bytes at most.
pub(crate) trait Value: Copy {
    fn to_bits(self) -> u64;
    fn from_bits(bits: u64) -> Self;
}

impl Value for u32 {
    fn to_bits(self) -> u64 {
        self.into()
    }

    #[allow(clippy::cast_possible_truncation, reason = "it was one")]
    fn from_bits(bits: u64) -> Self {
        bits as Self
    }
}

/// A map from hashes to small values: open addressing, filled to two thirds at most. The hash 0 is kept as 1.
#[derive(Debug, Clone)]
pub(crate) struct Table<V> {
    /// Hash and value; the hash of a free slot is 0.
    slots: LargeVec<[u64; 2]>,
    filled: usize,
    values: PhantomData<V>,
}

impl<V: Value> Table<V> {
    /// A table with room for `expected` values.
    pub(crate) fn new(expected: usize) -> Self {
        let slots = (expected + expected / 2 + 2).next_power_of_two();
        Self { slots: LargeVec::zeroed(slots), filled: 0, values: PhantomData }
    }

    pub(crate) fn len(&self) -> usize {
        self.filled
    }

    /// The slot where the search for a hash begins.
    fn first_slot(&self, hash: u64) -> usize {
        // The low bits of a product of hashes are poorer than the high ones.
        #[allow(clippy::cast_possible_truncation, reason = "masked")]
        let slot = (hash ^ (hash >> 32)) as usize;
        slot & (self.slots.len() - 1)
    }

    /// Has the memory of hashes fetched: loads whose values nobody waits for do what prefetches would. The loop is short, so
    /// that the processor sees many of them at once.
    pub(crate) fn fetch(&self, hashes: &[u64]) {
        let slots = hashes.iter().filter_map(|hash| self.slots.get(self.first_slot(*hash)));
        black_box(slots.fold(0, |seen, [hash, _]| seen ^ hash));
    }

    /// The slot of a hash, or the free one where it would be.
    fn slot(&self, hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = self.first_slot(hash);
        while self.slots.get(slot).is_some_and(|[found, _]| *found != hash && *found != 0) {
            slot = (slot + 1) & mask;
        }
        slot
    }

    pub(crate) fn get(&self, hash: u64) -> Option<V> {
        let hash = hash.max(1);
        let [found, value] = *self.slots.get(self.slot(hash))?;
        (found == hash).then(|| V::from_bits(value))
    }

    /// Sets a value; what was there before.
    pub(crate) fn insert(&mut self, hash: u64, value: V) -> Option<V> {
        if (self.filled + 1) * 3 > self.slots.len() * 2 {
            self.grow();
        }
        let hash = hash.max(1);
        let slot = self.slot(hash);
        let entry = self.slots.get_mut(slot)?;
        let before = (entry[0] == hash).then(|| V::from_bits(entry[1]));
        self.filled += usize::from(before.is_none());
        *entry = [hash, value.to_bits()];
        before
    }

    fn grow(&mut self) {
        let mut larger = Self::new(self.slots.len());
        for (hash, value) in self.iter() {
            larger.insert(hash, value);
        }
        *self = larger;
    }

    /// All hashes and values, in the order of the slots.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, V)> {
        let filled = self.slots.iter().filter(|[hash, _]| *hash != 0);
        filled.map(|[hash, value]| (*hash, V::from_bits(*value)))
    }
}
