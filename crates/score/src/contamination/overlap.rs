use std::collections::HashMap;
use std::ops::Range;

/// A token of a text: the hash of its normal form, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    hash: u64,
    start: u32,
    end: u32,
}

/// FNV-1a, which is made for bytes that come one by one.
const START: u64 = 0xCBF2_9CE4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01B3;

fn is_alone(char: char) -> bool {
    matches!(char, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3134F}'
        | '\u{3040}'..='\u{30FF}' | '\u{0E00}'..='\u{0E7F}')
}

/// Words in lower case without punctuation; characters of scripts without blanks between words are words.
pub(super) fn tokens(text: &str, found: &mut Vec<Token>) {
    found.clear();
    let place = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
    let mut word: Option<Token> = None;
    let mut buffer = [0; 4];
    for (at, char) in text.char_indices() {
        let end = place(at + char.len_utf8());
        if char.is_ascii_alphanumeric() {
            let of = word.get_or_insert(Token { hash: START, start: place(at), end });
            of.hash = (of.hash ^ u64::from(char.to_ascii_lowercase() as u8)).wrapping_mul(PRIME);
            of.end = end;
            continue;
        }
        let alone = is_alone(char);
        if char.is_ascii() || alone || !char.is_alphanumeric() {
            found.extend(word.take());
            if !alone {
                continue;
            }
        }
        let of = word.get_or_insert(Token { hash: START, start: place(at), end });
        for lower in char.to_lowercase() {
            for byte in lower.encode_utf8(&mut buffer).bytes() {
                of.hash = (of.hash ^ u64::from(byte)).wrapping_mul(PRIME);
            }
        }
        of.end = end;
        if alone {
            found.extend(word.take());
        }
    }
    found.extend(word);
}

/// What the n-gram before is multiplied by when the next token comes.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

/// The n-grams of evaluation items.
#[derive(Debug)]
pub(super) struct Index {
    ngram: usize,
    /// By hash: the item and where in it.
    places: HashMap<u64, Vec<(u32, u32)>, Plain>,
    items: Vec<Vec<u64>>,
    names: Vec<String>,
    /// A bit for each hash, modulo its size: most n-grams of a text are answered by it.
    maybe: Vec<u64>,
    /// `BASE` to the power of `ngram`, to take the first token out of a hash.
    power: u64,
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
    pub(super) fn new(ngram: usize) -> Self {
        let power = (0..ngram).fold(1_u64, |power, _| power.wrapping_mul(BASE));
        Self { ngram, places: HashMap::default(), items: Vec::new(), names: Vec::new(), maybe: Vec::new(), power }
    }

    /// Adds an item; false if it has too few tokens to be told.
    pub(super) fn add(&mut self, name: impl FnOnce() -> String, text: &str, buffer: &mut Vec<Token>) -> bool {
        tokens(text, buffer);
        let hashes: Vec<u64> = buffer.iter().map(|token| token.hash).collect();
        if hashes.len() < self.ngram {
            return false;
        }
        let item = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        for (place, run) in (0..).zip(hashes.windows(self.ngram)) {
            let hash = run.iter().fold(0, |hash: u64, token| hash.wrapping_mul(BASE).wrapping_add(*token));
            self.places.entry(hash).or_default().push((item, place));
        }
        self.items.push(hashes);
        self.names.push(name());
        true
    }

    /// Leaves out n-grams of more than `most` items, and makes the index ready.
    pub(super) fn finish(&mut self, most: usize) {
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

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn name(&self, item: usize) -> &str {
        self.names.get(item).map_or("", String::as_str)
    }

    fn may_have(&self, hash: u64) -> bool {
        let bit = hash & (self.maybe.len() as u64 * 64 - 1);
        self.maybe.get(usize::try_from(bit / 64).unwrap_or_default()).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    /// The item that has the n-gram `run`, whose hash is `hash`.
    fn item(&self, hash: u64, run: &[Token]) -> Option<usize> {
        let same = |(item, place): &&(u32, u32)| {
            let tokens = self.items.get(*item as usize).and_then(|item| item.get(*place as usize..));
            tokens.is_some_and(|tokens| run.iter().zip(tokens).all(|(ours, theirs)| ours.hash == *theirs))
        };
        self.places.get(&hash)?.iter().find(same).map(|(item, _)| *item as usize)
    }

    pub(super) fn overlap(&self, text: &str, buffer: &mut Vec<Token>) -> Overlap {
        tokens(text, buffer);
        let mut found = Overlap { tokens: buffer.len(), ..Overlap::default() };
        if self.places.is_empty() {
            return found;
        }
        let (mut hash, mut counted) = (0_u64, 0);
        for end in 1..=buffer.len() {
            let Some(token) = buffer.get(end - 1) else { break };
            hash = hash.wrapping_mul(BASE).wrapping_add(token.hash);
            if end < self.ngram {
                continue;
            }
            let start = end - self.ngram;
            if let Some(gone) = start.checked_sub(1).and_then(|gone| buffer.get(gone)) {
                hash = hash.wrapping_sub(gone.hash.wrapping_mul(self.power));
            }
            if !self.may_have(hash) {
                continue;
            }
            let run = buffer.get(start..end).unwrap_or_default();
            let Some(item) = self.item(hash, run) else { continue };
            found.item.get_or_insert(item);
            found.covered += end - start.max(counted);
            counted = end;
            let bytes = run.first().map_or(0, |first| first.start as usize)..token.end as usize;
            match found.spans.last_mut().filter(|last| last.end >= bytes.start) {
                Some(last) => last.end = bytes.end,
                None => found.spans.push(bytes),
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        tokens(text, &mut found);
        found
            .iter()
            .map(|token| &text.as_bytes()[token.start as usize..token.end as usize])
            .map(|word| std::str::from_utf8(word).expect("whole characters"))
            .collect()
    }

    #[test]
    fn tokens_are_words_and_single_characters() {
        assert_eq!(words("Don't stop, É2x 中文abc。カ!"), ["Don", "t", "stop", "É2x", "中", "文", "abc", "カ"]);
        let hashes = |text: &str| {
            let mut found = Vec::new();
            tokens(text, &mut found);
            found.iter().map(|token| token.hash).collect::<Vec<_>>()
        };
        assert_eq!(hashes("THE Été"), hashes("the, été"));
        assert_ne!(hashes("ab c"), hashes("a bc"));
    }

    fn index(items: &[&str], ngram: usize, most: usize) -> Index {
        let mut index = Index::new(ngram);
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
