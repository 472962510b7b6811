use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::tokens::{Token, tokens};

/// What the n-gram before is multiplied by when the next token comes.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

/// The n-grams of evaluation items.
#[derive(Debug)]
pub(super) struct Index {
    ngram: usize,
    /// Fewest tokens of an item that is looked for as a whole.
    shortest: usize,
    /// By length: `ngram`, and those of the short items.
    runs: BTreeMap<usize, Runs>,
    items: Vec<Vec<u64>>,
    names: Vec<String>,
}

/// Runs of one length.
#[derive(Debug)]
struct Runs {
    length: usize,
    /// By hash: the item and where in it.
    places: HashMap<u64, Vec<(u32, u32)>, Plain>,
    /// A bit for each hash, modulo its size: most n-grams of a text are answered by it.
    maybe: Vec<u64>,
    /// `BASE` to the power of `length`, to take the first token out of a hash.
    power: u64,
}

/// How an item was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    /// Any run of it is found.
    ByRuns,
    /// It is found as a whole.
    AsAWhole,
    /// It is too short to be told, and was not added.
    TooShort,
}

/// The keys are hashes already.
type Plain = std::hash::BuildHasherDefault<Same>;

/// A hasher that gives back the number it is given.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Same(u64);

impl std::hash::Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number ^ (number >> 29);
    }
}

/// What of a text stands in evaluation sets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Overlap {
    /// Bytes that matching n-grams cover, merged and ascending.
    pub(super) spans: Vec<Range<usize>>,
    /// Tokens in them, and in the text.
    pub(super) covered: usize,
    pub(super) tokens: usize,
    /// The first item that matches.
    pub(super) item: Option<usize>,
}

impl Index {
    /// For runs of `ngram` tokens, and items of fewer from `shortest` on.
    pub(super) fn new(ngram: usize, shortest: usize) -> Self {
        Self { ngram, shortest, runs: BTreeMap::new(), items: Vec::new(), names: Vec::new() }
    }

    /// Adds an item, unless it has too few tokens to be told.
    pub(super) fn add(&mut self, name: impl FnOnce() -> String, text: &str, buffer: &mut Vec<Token>) -> Added {
        tokens(text, buffer);
        let hashes: Vec<u64> = buffer.iter().map(|token| token.hash).collect();
        if hashes.is_empty() || hashes.len() < self.shortest.min(self.ngram) {
            return Added::TooShort;
        }
        let length = hashes.len().min(self.ngram);
        let item = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        self.runs.entry(length).or_insert_with(|| Runs::new(length)).add(item, &hashes);
        self.items.push(hashes);
        self.names.push(name());
        if length < self.ngram { Added::AsAWhole } else { Added::ByRuns }
    }

    /// Leaves out n-grams of more than `most` items, and makes the index ready.
    pub(super) fn finish(&mut self, most: usize) {
        self.runs.values_mut().for_each(|runs| runs.finish(most));
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn name(&self, item: usize) -> &str {
        self.names.get(item).map_or("", String::as_str)
    }

    pub(super) fn overlap(&self, text: &str, buffer: &mut Vec<Token>) -> Overlap {
        tokens(text, buffer);
        let mut matches = Vec::new();
        for runs in self.runs.values() {
            runs.matches(buffer, &self.items, &mut matches);
        }
        if self.runs.len() > 1 {
            matches.sort_unstable_by_key(|found| (found.start, std::cmp::Reverse(found.end)));
        }
        let mut found = Overlap { tokens: buffer.len(), ..Overlap::default() };
        let mut counted = 0;
        for Match { start, end, item } in matches {
            found.item.get_or_insert(item);
            found.covered += end.saturating_sub(start.max(counted));
            counted = counted.max(end);
            let byte = |token: usize, of: fn(&Token) -> u32| buffer.get(token).map_or(0, |token| of(token) as usize);
            let bytes = byte(start, |token| token.start)..byte(end - 1, |token| token.end);
            match found.spans.last_mut().filter(|last| last.end >= bytes.start) {
                Some(last) => last.end = last.end.max(bytes.end),
                None => found.spans.push(bytes),
            }
        }
        found
    }
}

/// Tokens of a text that stand in an item too.
#[derive(Debug, Clone, Copy)]
struct Match {
    start: usize,
    end: usize,
    item: usize,
}

impl Runs {
    fn new(length: usize) -> Self {
        let power = (0..length).fold(1_u64, |power, _| power.wrapping_mul(BASE));
        Self { length, places: HashMap::default(), maybe: Vec::new(), power }
    }

    fn add(&mut self, item: u32, hashes: &[u64]) {
        for (place, run) in (0..).zip(hashes.windows(self.length)) {
            let hash = run.iter().fold(0, |hash: u64, token| hash.wrapping_mul(BASE).wrapping_add(*token));
            self.places.entry(hash).or_default().push((item, place));
        }
    }

    fn finish(&mut self, most: usize) {
        self.places.retain(|_, places| {
            places.dedup_by_key(|(item, _)| *item);
            places.len() <= most
        });
        self.maybe = vec![0; (self.places.len() / 4 + 1).next_power_of_two()];
        let (mask, maybe) = (self.maybe.len() as u64 * 64 - 1, &mut self.maybe);
        self.places.keys().for_each(|hash| {
            let bit = hash & mask;
            maybe
                .iter_mut()
                .skip(usize::try_from(bit / 64).unwrap_or_default())
                .take(1)
                .for_each(|word| *word |= 1 << (bit % 64));
        });
    }

    fn may_have(&self, hash: u64) -> bool {
        let bit = hash & (self.maybe.len() as u64 * 64 - 1);
        self.maybe.get(usize::try_from(bit / 64).unwrap_or_default()).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    /// The item that has the n-gram `run`, whose hash is `hash`.
    fn item(&self, hash: u64, run: &[Token], items: &[Vec<u64>]) -> Option<usize> {
        let same = |(item, place): &&(u32, u32)| {
            let tokens = items.get(*item as usize).and_then(|item| item.get(*place as usize..));
            tokens.is_some_and(|tokens| run.iter().zip(tokens).all(|(ours, theirs)| ours.hash == *theirs))
        };
        self.places.get(&hash)?.iter().find(same).map(|(item, _)| *item as usize)
    }

    /// The runs of `text` that stand in `items`, by where they end.
    fn matches(&self, text: &[Token], items: &[Vec<u64>], found: &mut Vec<Match>) {
        if self.places.is_empty() {
            return;
        }
        let mut hash = 0_u64;
        for (last, token) in text.iter().enumerate() {
            hash = hash.wrapping_mul(BASE).wrapping_add(token.hash);
            let end = last + 1;
            let Some(start) = end.checked_sub(self.length) else { continue };
            if let Some(gone) = start.checked_sub(1).and_then(|gone| text.get(gone)) {
                hash = hash.wrapping_sub(gone.hash.wrapping_mul(self.power));
            }
            if !self.may_have(hash) {
                continue;
            }
            let run = text.get(start..end).unwrap_or_default();
            if let Some(item) = self.item(hash, run, items) {
                found.push(Match { start, end, item });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::contamination::tokens::tests::words;

    fn index(items: &[&str], ngram: usize, most: usize) -> Index {
        let mut index = Index::new(ngram, ngram);
        items.iter().for_each(|item| {
            index.add(|| (*item).to_owned(), item, &mut Vec::new());
        });
        index.finish(most);
        index
    }

    #[test]
    fn matches_cover_their_tokens_once() {
        let index = index(&["a b c d e", "x y"], 3, 9);
        assert_eq!(index.len(), 1, "two tokens are too few");
        let found = index.overlap("zz A, b. C d e zz b c d", &mut Vec::new());
        assert_eq!((found.covered, found.tokens, found.item), (8, 10, Some(0)));
        assert_eq!(found.spans, [3..14, 18..23]);
        assert_eq!(index.overlap("a b d c e", &mut Vec::new()).covered, 0);
    }

    #[test]
    fn what_many_items_have_is_no_sign() {
        let items = ["which of the following a", "which of the following b", "which of the following c"];
        let all = index(&items, 4, 3).overlap("which of the following x", &mut Vec::new());
        let rare = index(&items, 4, 2).overlap("which of the following x", &mut Vec::new());
        assert_eq!((all.covered, rare.covered), (4, 0));
    }

    #[test]
    fn short_items_are_found_as_a_whole_where_that_is_asked_for() {
        let mut index = Index::new(5, 2);
        let added =
            ["a b c", "x", "a b c d e f", "p q"].map(|item| index.add(|| item.to_owned(), item, &mut Vec::new()));
        assert_eq!(added, [Added::AsAWhole, Added::TooShort, Added::ByRuns, Added::AsAWhole]);
        index.finish(9);
        let found = |text| index.overlap(text, &mut Vec::new());
        let both = found("p q and A, B. c d e z");
        assert_eq!((both.covered, both.tokens, both.item), (7, 9, Some(2)));
        assert_eq!(both.spans, [0..3, 8..19]);
        assert_eq!((found("a b").covered, found("a b x").covered, found("x p").covered), (0, 0, 0));
    }

    proptest! {
        #[test]
        fn as_comparing_all_windows(item in "[ab ]{0,60}", text in "[ab ]{0,60}") {
            let index = index(&[&item], 3, usize::MAX);
            let found = index.overlap(&text, &mut Vec::new());
            let (ours, theirs) = (words(&text), words(&item));
            let mut covered = vec![false; ours.len()];
            for (start, run) in ours.windows(3).enumerate() {
                if theirs.windows(3).any(|other| other == run) {
                    covered[start..start + 3].fill(true);
                }
            }
            prop_assert_eq!(found.covered, covered.iter().filter(|covered| **covered).count());
        }
    }
}
