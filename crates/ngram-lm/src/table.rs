/// A map from hashes to small values: open addressing, filled to two thirds at most. The hash 0 is kept as 1.
#[derive(Debug, Clone)]
pub(crate) struct Table<V> {
    slots: Vec<(u64, V)>,
    filled: usize,
}

impl<V: Copy + Default> Table<V> {
    /// A table with room for `expected` values.
    pub(crate) fn new(expected: usize) -> Self {
        let slots = (expected + expected / 2 + 2).next_power_of_two();
        Self { slots: vec![(0, V::default()); slots], filled: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.filled
    }

    /// The slot of a hash, or the free one where it would be.
    fn slot(&self, hash: u64) -> usize {
        let mask = self.slots.len() - 1;
        // The low bits of a product of hashes are poorer than the high ones.
        #[allow(clippy::cast_possible_truncation, reason = "masked")]
        let mut slot = (hash ^ (hash >> 32)) as usize & mask;
        while self.slots.get(slot).is_some_and(|(found, _)| *found != hash && *found != 0) {
            slot = (slot + 1) & mask;
        }
        slot
    }

    pub(crate) fn get(&self, hash: u64) -> Option<V> {
        let hash = hash.max(1);
        let (found, value) = *self.slots.get(self.slot(hash))?;
        (found == hash).then_some(value)
    }

    /// Sets a value; what was there before.
    pub(crate) fn insert(&mut self, hash: u64, value: V) -> Option<V> {
        if (self.filled + 1) * 3 > self.slots.len() * 2 {
            self.grow();
        }
        let hash = hash.max(1);
        let slot = self.slot(hash);
        let entry = self.slots.get_mut(slot)?;
        let before = (entry.0 == hash).then_some(entry.1);
        self.filled += usize::from(before.is_none());
        *entry = (hash, value);
        before
    }

    fn grow(&mut self) {
        let mut larger = Self::new(self.slots.len());
        for (hash, value) in self.slots.iter().filter(|(hash, _)| *hash != 0) {
            larger.insert(*hash, *value);
        }
        *self = larger;
    }

    /// All hashes and values, in the order of the slots.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, V)> {
        self.slots.iter().copied().filter(|(hash, _)| *hash != 0)
    }
}
