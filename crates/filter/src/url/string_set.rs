//! An exact set of millions of short strings in little memory.
//!
//! Invariants:
//! 1. `arena` holds every string once, in the order of bytes, in blocks of [`BLOCK`]. A string is two
//!    lengths (what it shares with the one before it, and what follows) and the bytes that follow;
//!    the first of a block shares nothing.
//! 2. `starts[block]` is where a block begins in `arena`.
//! 3. `slots` is a hash table with open addressing, one slot per string: 0 where empty, else the
//!    string's block plus one in the low `block_bits`, and bits of the string's hash above them.
//!
//! A look-up compares the bytes of the strings of a block, so an answer is never a guess: hashes
//! only say which blocks to read.

use xxhash_rust::xxh3::xxh3_64;

/// Strings per block: more of them take less memory and more time.
const BLOCK: usize = 8;

/// A set of byte strings that never changes and answers exactly.
#[derive(Debug, Clone, Default)]
pub struct StringSet {
    arena: Vec<u8>,
    starts: Vec<u32>,
    slots: Vec<u32>,
    block_bits: u32,
    len: usize,
    longest: usize,
}

/// The set would need more than 4 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

/// Collects the strings of a [`StringSet`].
#[derive(Debug, Default)]
pub struct StringSetBuilder {
    set: StringSet,
    last: Vec<u8>,
    /// Strings that came out of order, each once or more often.
    stray: Vec<Box<[u8]>>,
}

impl StringSetBuilder {
    /// Adds `string`. Strings that come in the order of bytes need no memory beyond that of the set.
    pub fn push(&mut self, string: &[u8]) -> Result<(), TooLarge> {
        match string.cmp(&self.last) {
            _ if self.set.len == 0 => self.append(string),
            std::cmp::Ordering::Greater => self.append(string),
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Less => {
                self.stray.push(string.into());
                Ok(())
            }
        }
    }

    /// The set of all strings added.
    pub fn finish(mut self) -> Result<StringSet, TooLarge> {
        if !self.stray.is_empty() {
            let mut all = std::mem::take(&mut self.stray);
            self.set.for_each(|_, string| all.push(string.into()));
            all.sort_unstable();
            self.set = StringSet::default();
            self.last.clear();
            for string in all {
                self.push(&string)?;
            }
        }
        self.set.index()?;
        Ok(self.set)
    }

    fn append(&mut self, string: &[u8]) -> Result<(), TooLarge> {
        let set = &mut self.set;
        let shared = if set.len.is_multiple_of(BLOCK) {
            set.starts.push(u32::try_from(set.arena.len()).map_err(|_| TooLarge)?);
            0
        } else {
            string.iter().zip(&self.last).take_while(|(new, old)| new == old).count()
        };
        let rest = string.get(shared..).unwrap_or_default();
        write_length(&mut set.arena, shared);
        write_length(&mut set.arena, rest.len());
        set.arena.extend_from_slice(rest);
        set.len += 1;
        set.longest = set.longest.max(string.len());
        self.last.clear();
        self.last.extend_from_slice(string);
        Ok(())
    }
}

impl StringSet {
    /// Whether the set has `string`, byte for byte.
    pub fn contains(&self, string: &[u8]) -> bool {
        if self.len == 0 || string.len() > self.longest {
            return false;
        }
        let hash = xxh3_64(string);
        let mut slot = self.home(hash);
        // A slot is empty at the latest where the search began: the table is never full.
        loop {
            match self.slots.get(slot) {
                None => slot = 0,
                Some(0) => return false,
                Some(entry) => {
                    if (entry ^ self.tag(hash)) >> self.block_bits == 0 && self.block_has(self.block_of(*entry), string)
                    {
                        return true;
                    }
                    slot += 1;
                }
            }
        }
    }

    /// Number of strings.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no string.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Length of the longest string in bytes.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Bytes of memory held.
    pub fn memory_bytes(&self) -> usize {
        self.arena.capacity() + (self.starts.capacity() + self.slots.capacity()) * size_of::<u32>()
    }

    /// Fills the hash table.
    fn index(&mut self) -> Result<(), TooLarge> {
        self.arena.shrink_to_fit();
        self.starts.shrink_to_fit();
        let blocks = u32::try_from(self.starts.len() + 1).map_err(|_| TooLarge)?;
        self.block_bits = (u32::BITS - blocks.leading_zeros()).min(u32::BITS - 1);
        if blocks >> self.block_bits != 0 {
            return Err(TooLarge);
        }
        // Five slots for four strings keep the runs of full slots short.
        let mut slots = vec![0_u32; self.len + self.len / 4 + 1];
        self.for_each(|block, string| {
            let hash = xxh3_64(string);
            let mut slot = home(hash, slots.len());
            while slots.get(slot).is_some_and(|entry| *entry != 0) {
                slot = if slot + 1 < slots.len() { slot + 1 } else { 0 };
            }
            if let (Some(empty), Ok(block)) = (slots.get_mut(slot), u32::try_from(block + 1)) {
                *empty = self.tag(hash) | block;
            }
        });
        self.slots = slots;
        Ok(())
    }

    fn home(&self, hash: u64) -> usize {
        home(hash, self.slots.len())
    }

    /// Bits of the hash, above those of the block. They are other bits than those that choose the slot.
    #[allow(clippy::cast_possible_truncation, reason = "the low half of the hash is meant")]
    fn tag(&self, hash: u64) -> u32 {
        (hash as u32) << self.block_bits
    }

    fn block_of(&self, entry: u32) -> usize {
        let block = entry & ((1 << self.block_bits) - 1);
        (block as usize).saturating_sub(1)
    }

    /// The bytes of a block, and how many strings it has.
    fn block(&self, block: usize) -> (&[u8], usize) {
        let start = |block: usize| self.starts.get(block).map_or(self.arena.len(), |start| *start as usize);
        let bytes = self.arena.get(start(block)..start(block + 1)).unwrap_or_default();
        (bytes, BLOCK.min(self.len.saturating_sub(block * BLOCK)))
    }

    /// Whether a block has `string`. Follows how much of `string` the strings before shared with it,
    /// so nothing is copied.
    fn block_has(&self, block: usize, string: &[u8]) -> bool {
        let (mut bytes, strings) = self.block(block);
        let mut matched = 0;
        for _ in 0..strings {
            let (shared, rest) = read_string(&mut bytes);
            // More shared than matched: the string differs where the one before it did.
            if shared > matched {
                continue;
            }
            let wanted = string.get(shared..).unwrap_or_default();
            let common = rest.iter().zip(wanted).take_while(|(found, wanted)| found == wanted).count();
            matched = shared + common;
            if common == rest.len() && common == wanted.len() {
                return true;
            }
        }
        false
    }

    /// Calls `visit` with the block and the bytes of each string, in the order of bytes.
    fn for_each(&self, mut visit: impl FnMut(usize, &[u8])) {
        let mut string = Vec::with_capacity(self.longest);
        for block in 0..self.starts.len() {
            let (mut bytes, strings) = self.block(block);
            for _ in 0..strings {
                let (shared, rest) = read_string(&mut bytes);
                string.truncate(shared);
                string.extend_from_slice(rest);
                visit(block, &string);
            }
        }
    }
}

/// The first slot to look at: the hash scaled to the number of slots.
#[allow(clippy::cast_possible_truncation, reason = "the product's high half is below the number of slots")]
fn home(hash: u64, slots: usize) -> usize {
    ((u128::from(hash) * slots as u128) >> 64) as usize
}

/// Seven bits a byte, least first; the eighth says that more follow.
#[allow(clippy::cast_possible_truncation, reason = "masked to seven bits")]
fn write_length(arena: &mut Vec<u8>, mut length: usize) {
    while length > 0x7f {
        arena.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    arena.push(length as u8);
}

fn read_length(bytes: &mut &[u8]) -> usize {
    let (mut length, mut shift) = (0, 0);
    while let Some((byte, rest)) = bytes.split_first() {
        *bytes = rest;
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    length
}

fn read_string<'a>(bytes: &mut &'a [u8]) -> (usize, &'a [u8]) {
    let shared = read_length(bytes);
    let length = read_length(bytes).min(bytes.len());
    let (string, rest) = bytes.split_at(length);
    *bytes = rest;
    (shared, string)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn set<T: AsRef<[u8]>>(strings: impl IntoIterator<Item = T>) -> StringSet {
        let mut builder = StringSetBuilder::default();
        for string in strings {
            builder.push(string.as_ref()).expect("small");
        }
        builder.finish().expect("small")
    }

    #[test]
    fn an_empty_set_has_nothing() {
        let empty = StringSet::default();
        assert!(!empty.contains(b"") && !empty.contains(b"a") && empty.is_empty());
        assert!(!set([""; 0]).contains(b""));
        assert!(set([""]).contains(b"") && !set([""]).contains(b"a"));
    }

    #[test]
    fn long_and_shared_strings_are_told_apart() {
        let long = "a".repeat(70_000);
        let set = set([long.as_str(), "a", "aa", "ab"]);
        assert_eq!((set.len(), set.longest()), (4, 70_000));
        assert!(set.contains(long.as_bytes()) && set.contains(b"aa") && set.contains(b"ab"));
        assert!(
            !set.contains(b"aaa")
                && !set.contains(b"b")
                && !set.contains(b"")
                && !set.contains("a".repeat(69_999).as_bytes())
        );
    }

    #[test]
    fn sixty_thousand_are_found_and_no_neighbour() {
        let names: Vec<String> = (0..60_000).map(|number| format!("host-{}.example.com", number * 2)).collect();
        let set = set(&names);
        assert!(names.iter().all(|name| set.contains(name.as_bytes())));
        assert!((0..60_000).all(|number| !set.contains(format!("host-{}.example.com", number * 2 + 1).as_bytes())));
        let raw: usize = names.iter().map(String::len).sum();
        assert!(set.memory_bytes() < raw, "{} for {raw}", set.memory_bytes());
    }

    proptest! {
        #[test]
        fn agrees_with_an_ordinary_set(
            strings in proptest::collection::vec("[ab.]{0,6}", 0..200),
            asked in proptest::collection::vec("[ab.]{0,7}", 0..200),
        ) {
            let exact: BTreeSet<&str> = strings.iter().map(String::as_str).collect();
            let set = set(&strings);
            prop_assert_eq!(set.len(), exact.len());
            for string in strings.iter().chain(&asked) {
                prop_assert_eq!(set.contains(string.as_bytes()), exact.contains(string.as_str()), "{}", string);
            }
        }
    }
}
