//! A table of positions by hash that serves one text after another without being emptied.

/// Slots for each position: half of the table stays free.
const SLOTS_PER_POSITION: usize = 2;

/// A slot: the upper half of a hash, and where it was seen.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    tag: u32,
    /// A position plus the stamp of its text; below the stamp of the text at hand in a free slot.
    stamped: u32,
}

/// Open addressing. A position is stored with the stamp of its text, which is above all that earlier texts stored: their
/// slots are free without having been cleared. A short text uses the first part of the table only, which stays in the
/// cache of the processor.
#[derive(Debug, Default)]
pub(super) struct Table {
    slots: Vec<Slot>,
    mask: usize,
    stamp: u32,
    /// Positions that the text at hand may store.
    positions: u32,
}

impl Table {
    /// Begins a text of `positions` positions. Nothing is stored.
    pub(super) fn begin(&mut self, positions: usize) {
        let slots = positions.saturating_mul(SLOTS_PER_POSITION).max(SLOTS_PER_POSITION).next_power_of_two();
        let positions = u32::try_from(positions).unwrap_or(u32::MAX - 1);
        // 0 is the stamp of no text.
        let next = self.stamp.checked_add(self.positions).and_then(|next| next.max(1).checked_add(positions));
        if let Some(end) = next {
            self.stamp = end - positions;
        } else {
            self.slots.fill(Slot::default());
            self.stamp = 1;
        }
        if self.slots.len() < slots {
            self.slots.resize(slots, Slot::default());
        }
        self.mask = slots - 1;
        self.positions = positions;
    }

    /// The position that was stored with this hash and is the `same`; else `position` is stored.
    #[inline]
    pub(super) fn earlier(&mut self, hash: u64, position: usize, mut same: impl FnMut(usize) -> bool) -> Option<usize> {
        let (mut at, tag) = halves(hash);
        loop {
            at &= self.mask;
            let slot = &mut self.slots[at];
            let Some(known) = slot.stamped.checked_sub(self.stamp) else {
                // Below the number of positions, so that the sum is below the next stamp.
                let position = u32::try_from(position).unwrap_or_default();
                *slot = Slot { tag, stamped: self.stamp.wrapping_add(position) };
                return None;
            };
            if slot.tag == tag && same(known as usize) {
                return Some(known as usize);
            }
            at += 1;
        }
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>()
    }
}

/// Where a hash belongs, and what is compared there.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "one half each")]
fn halves(hash: u64) -> (usize, u32) {
    (hash as u32 as usize, (hash >> 32) as u32)
}

/// A hash of two numbers: both halves of a product are folded.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "one half each")]
pub(super) fn mix(a: u64, b: u64) -> u64 {
    // Digits of pi.
    let product = u128::from(a ^ 0x243f_6a88_85a3_08d3).wrapping_mul(u128::from(b ^ 0x1319_8a2e_0370_7344));
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Texts one after the other, with hashes that collide in place and in tag.
        #[test]
        fn it_remembers_as_a_map_does(texts in prop::collection::vec(prop::collection::vec(0_u64..9, 0..20), 1..6)) {
            let mut table = Table::default();
            for keys in texts {
                let mut map = HashMap::new();
                table.begin(keys.len());
                for (position, key) in keys.iter().enumerate() {
                    let hash = (key % 2) | ((key % 3) << 32);
                    let found = table.earlier(hash, position, |known| keys[known] == *key);
                    prop_assert_eq!(found, map.get(key).copied());
                    map.entry(*key).or_insert(position);
                }
            }
        }
    }

    #[test]
    fn stamps_that_are_used_up_start_again() {
        let mut table = Table { stamp: u32::MAX - 5, positions: 4, ..Table::default() };
        for _ in 0..3 {
            table.begin(4);
            assert_eq!(table.earlier(7, 3, |_| true), None);
            assert_eq!(table.earlier(7, 0, |known| known == 3), Some(3));
        }
    }
}
