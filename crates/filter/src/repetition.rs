//! How much of a text is repeated: paragraphs, lines and runs of words.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use xxhash_rust::xxh3::xxh3_64;

use crate::Word;

/// Counts of repeated parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repeated {
    /// All parts.
    pub parts: u64,
    /// Parts that an earlier part equals.
    pub repeated: u64,
    /// Characters of those.
    pub repeated_chars: u64,
}

/// A hash is a good hash of itself.
#[derive(Debug, Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64(bytes);
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

type Build = BuildHasherDefault<Identity>;

/// Memory that is used again from document to document.
#[derive(Debug, Default)]
struct Scratch {
    seen: HashSet<u64, Build>,
    counts: HashMap<u64, (u32, u32), Build>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Capacity above which a thread gives its memory back after a document.
const KEPT_CAPACITY: usize = 1 << 20;

fn with_scratch<T>(work: impl FnOnce(&mut Scratch) -> T) -> T {
    SCRATCH.with_borrow_mut(|scratch| {
        let result = work(scratch);
        if scratch.seen.capacity().max(scratch.counts.capacity()) > KEPT_CAPACITY {
            *scratch = Scratch::default();
        }
        scratch.seen.clear();
        scratch.counts.clear();
        result
    })
}

/// How many of `parts` repeat an earlier one.
pub(crate) fn repeated<'a>(parts: impl Iterator<Item = &'a str>) -> Repeated {
    with_scratch(|Scratch { seen, .. }| {
        let mut found = Repeated::default();
        for part in parts {
            found.parts += 1;
            if !seen.insert(xxh3_64(part.as_bytes())) {
                found.repeated += 1;
                found.repeated_chars += part.chars().count() as u64;
            }
        }
        found
    })
}

/// The words of a document as its n-grams need them.
#[derive(Debug)]
pub struct NGrams {
    /// A hash of each word.
    words: Vec<u64>,
    /// Characters before each word, and at the end those of all.
    chars: Vec<u64>,
    /// The words one after the other.
    joined: Vec<u8>,
    /// Where each word starts in `joined`, and at the end its length.
    starts: Vec<usize>,
}

impl NGrams {
    /// Prepares `words`.
    pub fn of(words: &[Word<'_>]) -> Self {
        let mut grams = Self {
            words: Vec::with_capacity(words.len()),
            chars: Vec::with_capacity(words.len() + 1),
            joined: Vec::with_capacity(words.iter().map(|word| word.text.len()).sum()),
            starts: Vec::with_capacity(words.len() + 1),
        };
        let mut chars = 0;
        for word in words {
            grams.words.push(xxh3_64(word.text.as_bytes()));
            grams.chars.push(chars);
            grams.starts.push(grams.joined.len());
            grams.joined.extend_from_slice(word.text.as_bytes());
            chars += u64::from(word.chars);
        }
        grams.chars.push(chars);
        grams.starts.push(grams.joined.len());
        grams
    }

    /// Characters of the most frequent n-gram in all its places, with a space between its words; of several that are
    /// most frequent, the first one counts. `None` where there are fewer than `n` words.
    pub fn top_chars(&self, n: usize) -> Option<u64> {
        let (mut best_count, mut best_start) = (0, 0);
        with_scratch(|Scratch { counts, .. }| {
            for (start, gram) in self.words.windows(n).enumerate() {
                let start = u32::try_from(start).unwrap_or(u32::MAX);
                let (count, first) = counts.entry(hash_of(gram)).or_insert((0, start));
                *count += 1;
                if *count > best_count || (*count == best_count && *first < best_start) {
                    (best_count, best_start) = (*count, *first);
                }
            }
        });
        let spaces = n as u64 - 1;
        (best_count > 0).then(|| (self.chars_of(best_start as usize, n) + spaces) * u64::from(best_count))
    }

    /// Characters of the n-grams that repeat an earlier one, without spaces and without counting any character twice: the
    /// words of a repeated n-gram start no other. Two n-grams are equal where they are written alike, wherever their
    /// words end.
    pub fn duplicate_chars(&self, n: usize) -> u64 {
        with_scratch(|Scratch { seen, .. }| {
            let (mut start, mut repeated) = (0, 0);
            while start + n <= self.words.len() {
                let written =
                    self.starts.get(start).zip(self.starts.get(start + n)).and_then(|(a, b)| self.joined.get(*a..*b));
                if seen.insert(xxh3_64(written.unwrap_or_default())) {
                    start += 1;
                } else {
                    repeated += self.chars_of(start, n);
                    start += n;
                }
            }
            repeated
        })
    }

    fn chars_of(&self, start: usize, n: usize) -> u64 {
        self.chars.get(start + n).zip(self.chars.get(start)).map_or(0, |(end, start)| end - start)
    }
}

/// A hash of a few hashes.
fn hash_of(gram: &[u64]) -> u64 {
    let mixed = gram.iter().fold(0_u64, |hash, word| (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    // The low bits choose the place in a table, the high ones the tag.
    mixed ^ (mixed >> 29)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap as Plain;

    use proptest::prelude::*;

    use super::*;

    fn grams<'a>(words: &'a [&'a str]) -> NGrams {
        NGrams::of(&words.iter().map(|word| Word::of(word)).collect::<Vec<_>>())
    }

    #[test]
    fn top_and_duplicates_of_a_small_text() {
        let words = ["a", "bc", "a", "bc", "d"];
        assert_eq!(grams(&words).top_chars(2), Some(8));
        assert_eq!(grams(&words).top_chars(5), Some(11));
        assert_eq!(grams(&words).top_chars(6), None);
        assert_eq!(grams(&words).duplicate_chars(2), 3);
        assert_eq!(grams(&["ab", "c", "a", "bc"]).duplicate_chars(2), 3);
    }

    proptest! {
        #[test]
        fn counts_equal_plain_loops(picked in proptest::collection::vec(0..4_usize, 0..40), n in 1..6_usize) {
            let words: Vec<&str> = picked.iter().filter_map(|index| ["a", "b", "中文", "ab"].get(*index)).copied().collect();
            let all: Vec<String> = words.windows(n).map(|gram| gram.join(" ")).collect();
            let mut counts: Plain<&str, usize> = Plain::new();
            all.iter().for_each(|gram| *counts.entry(gram).or_default() += 1);
            let most = counts.values().copied().max();
            let top = all.iter().find(|gram| counts.get(gram.as_str()).copied() == most);
            let expected = top.map(|gram| (gram.chars().count() * most.unwrap_or(0)) as u64);
            prop_assert_eq!(grams(&words).top_chars(n), expected);

            let (mut seen, mut start, mut repeated) = (HashSet::new(), 0, 0);
            while start + n <= words.len() {
                let gram = words[start..start + n].concat();
                if seen.contains(&gram) {
                    repeated += gram.chars().count() as u64;
                    start += n;
                } else {
                    seen.insert(gram);
                    start += 1;
                }
            }
            prop_assert_eq!(grams(&words).duplicate_chars(n), repeated);
        }
    }
}
