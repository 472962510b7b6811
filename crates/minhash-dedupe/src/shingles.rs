//! Shingles: the n-grams of a document as 64-bit hashes.
//!
//! A shingle is the text from the start of one token to the end of the n-1-th after it, hashed with xxh3-64 (seed 0)
//! as it stands: of words with one blank between them, that is the words joined with blanks, so that the hash is the
//! same in every language that has xxh3. A document shorter than n tokens is one shingle, an empty one has none.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::marks::is_unspaced;
use crate::scan::{blanks_in, han_prefix};

/// The unit that shingles are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Words: what stands between blanks.
    Word,
    /// Characters (Unicode scalar values), blanks among them.
    Character,
    /// Both by script: every character of a script without blanks between words (Han, Kana, Hangul, Thai, Lao, Khmer,
    /// Myanmar and others) is a token, of all others every word is. Blanks next to such a character do not count.
    Auto,
}

/// How a document is cut into shingles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shingler {
    unit: Unit,
    length: usize,
}

impl Shingler {
    /// Shingles of `length` tokens each.
    pub fn new(unit: Unit, length: NonZeroU32) -> Self {
        Self { unit, length: length.get() as usize }
    }

    /// Calls `take` with the hash of every shingle of a normal form, in order, repeated ones as well.
    pub fn for_each(self, text: &str, mut take: impl FnMut(u64)) {
        match self.unit {
            Unit::Character => self.characters(text, &mut take),
            Unit::Auto if may_be_unspaced(text) => self.by_script(text, &mut take),
            Unit::Word | Unit::Auto => self.words(text, &mut take),
        }
    }

    /// The different shingles of a normal form, sorted: the set that Jaccard similarity is about.
    pub fn set(self, text: &str) -> Vec<u64> {
        let mut hashes = Vec::new();
        self.for_each(text, |hash| hashes.push(hash));
        hashes.sort_unstable();
        hashes.dedup();
        hashes
    }

    fn words(self, text: &str, take: &mut impl FnMut(u64)) {
        let bytes = text.as_bytes();
        let mut window = Window::new(self.length);
        let (mut start, mut base) = (0, 0);
        let mut blank = |at: usize, window: &mut Window| {
            if at > start {
                window.token(bytes, start, at, take);
            }
            start = at + 1;
        };
        let blocks = bytes.chunks_exact(8);
        let rest = blocks.remainder();
        for block in blocks {
            let mut blanks = block.first_chunk().map_or(0, |block| blanks_in(u64::from_le_bytes(*block)));
            while blanks != 0 {
                blank(base + blanks.trailing_zeros() as usize / 8, &mut window);
                blanks &= blanks - 1;
            }
            base += 8;
        }
        let ends = rest.iter().zip(base..).filter(|(byte, _)| **byte == b' ').map(|(_, at)| at);
        // The end of the text ends its last word.
        ends.chain([bytes.len()]).for_each(|at| blank(at, &mut window));
        window.finish(bytes, take);
    }

    fn characters(self, text: &str, take: &mut impl FnMut(u64)) {
        let mut window = Window::new(self.length);
        let bytes = text.as_bytes();
        for (start, character) in text.char_indices() {
            window.token(bytes, start, start + character.len_utf8(), take);
        }
        window.finish(bytes, take);
    }

    /// Tokens by script, over a copy of the text without the blanks that do not count.
    fn by_script(self, text: &str, take: &mut impl FnMut(u64)) {
        let mut window = Window::new(self.length);
        let mut copy = Vec::with_capacity(text.len());
        let (mut word, mut blank, mut rest) = (None, false, text);
        while let Some(first) = rest.chars().next() {
            let han = han_prefix(rest.as_bytes());
            let read = if han > 0 {
                close(&mut word, &copy, &mut window, take);
                let start = copy.len();
                copy.extend_from_slice(rest.as_bytes().get(..han).unwrap_or_default());
                (start..copy.len()).step_by(3).for_each(|at| window.token(&copy, at, at + 3, take));
                (window.last_was_word, blank) = (false, false);
                han
            } else if first == ' ' {
                close(&mut word, &copy, &mut window, take);
                blank = true;
                1
            } else if is_unspaced(first) {
                close(&mut word, &copy, &mut window, take);
                let start = copy.len();
                let read = first.len_utf8();
                copy.extend_from_slice(rest.as_bytes().get(..read).unwrap_or_default());
                window.token(&copy, start, copy.len(), take);
                (window.last_was_word, blank) = (false, false);
                read
            } else {
                if word.is_none() {
                    if blank && window.last_was_word {
                        copy.push(b' ');
                    }
                    word = Some(copy.len());
                }
                // The ASCII behind it belongs to the same word up to the next blank.
                let behind = rest.as_bytes().get(first.len_utf8()..).unwrap_or_default();
                let more = behind.iter().position(|byte| *byte == b' ' || !byte.is_ascii()).unwrap_or(behind.len());
                let read = first.len_utf8() + more;
                copy.extend_from_slice(rest.as_bytes().get(..read).unwrap_or_default());
                blank = false;
                read
            };
            rest = rest.get(read..).unwrap_or_default();
        }
        close(&mut word, &copy, &mut window, take);
        window.finish(&copy, take);
    }
}

/// False only if no character is of a script without blanks: all of these have three or more bytes.
fn may_be_unspaced(text: &str) -> bool {
    text.as_bytes().chunks(64).any(|chunk| chunk.iter().fold(0, |most, byte| most.max(*byte)) >= 0xE0)
}

/// Ends the word that began at `word`, if there is one.
fn close(word: &mut Option<usize>, text: &[u8], window: &mut Window, take: &mut impl FnMut(u64)) {
    if let Some(start) = word.take() {
        window.token(text, start, text.len(), take);
        window.last_was_word = true;
    }
}

/// Where the last n tokens start. The oldest is the next to be replaced.
struct Window {
    starts: Vec<usize>,
    length: usize,
    oldest: usize,
    /// Start of the first and end of the last token.
    whole: Option<(usize, usize)>,
    last_was_word: bool,
}

impl Window {
    fn new(length: usize) -> Self {
        // A length from a file is no reason to allocate: the starts grow with the tokens there are.
        let starts = Vec::with_capacity(length.min(32));
        Self { starts, length, oldest: 0, whole: None, last_was_word: false }
    }

    #[inline]
    fn token(&mut self, text: &[u8], start: usize, end: usize, take: &mut impl FnMut(u64)) {
        let from = if self.starts.len() < self.length {
            self.whole = Some((self.whole.map_or(start, |(first, _)| first), end));
            self.starts.push(start);
            if self.starts.len() < self.length {
                return;
            }
            self.starts.first().copied()
        } else {
            if let Some(oldest) = self.starts.get_mut(self.oldest) {
                *oldest = start;
            }
            self.oldest = if self.oldest + 1 == self.length { 0 } else { self.oldest + 1 };
            self.starts.get(self.oldest).copied()
        };
        if let Some(shingle) = from.and_then(|from| text.get(from..end)) {
            take(xxh3_64(shingle));
        }
    }

    /// A text with fewer than n tokens is one shingle.
    fn finish(&self, text: &[u8], take: &mut impl FnMut(u64)) {
        if self.starts.len() < self.length
            && let Some(whole) = self.whole.and_then(|(start, end)| text.get(start..end))
        {
            take(xxh3_64(whole));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(unit: Unit, length: u32, text: &str) -> Vec<u64> {
        let mut found = Vec::new();
        Shingler::new(unit, NonZeroU32::new(length).expect("positive")).for_each(text, |hash| found.push(hash));
        found
    }

    fn of(shingles: &[&str]) -> Vec<u64> {
        shingles.iter().map(|shingle| xxh3_64(shingle.as_bytes())).collect()
    }

    #[test]
    fn words_joined_with_blanks() {
        assert_eq!(hashes(Unit::Word, 2, "a bc d e"), of(&["a bc", "bc d", "d e"]));
        assert_eq!(hashes(Unit::Word, 3, "a bc d e"), of(&["a bc d", "bc d e"]));
        assert_eq!(hashes(Unit::Word, 1, " a  b "), of(&["a", "b"]));
        assert_eq!(hashes(Unit::Auto, 2, "a bc d e"), of(&["a bc", "bc d", "d e"]));
    }

    #[test]
    fn short_and_empty_texts() {
        assert_eq!(hashes(Unit::Word, 5, "only three words"), of(&["only three words"]));
        assert_eq!(hashes(Unit::Character, 5, "三个字"), of(&["三个字"]));
        assert_eq!(hashes(Unit::Auto, 5, "三 个 word"), of(&["三个word"]));
        for unit in [Unit::Word, Unit::Character, Unit::Auto] {
            assert!(hashes(unit, 5, "").is_empty());
        }
        assert!(hashes(Unit::Word, 5, "  ").is_empty() && hashes(Unit::Auto, 5, " \u{a0}").len() == 1);
        assert_eq!(hashes(Unit::Word, u32::MAX, "a b"), of(&["a b"]), "a huge length is no allocation");
    }

    #[test]
    fn characters_as_they_stand() {
        assert_eq!(hashes(Unit::Character, 3, "ab 好x"), of(&["ab ", "b 好", " 好x"]));
    }

    #[test]
    fn auto_cuts_by_script() {
        assert_eq!(
            hashes(Unit::Auto, 3, "我爱 rust lang 语言"),
            of(&["我爱rust", "爱rust lang", "rust lang语", "lang语言"])
        );
        assert_eq!(hashes(Unit::Auto, 2, "한국어 é b"), of(&["한국", "국어", "어é", "é b"]));
        assert_eq!(hashes(Unit::Auto, 5, "天 地 玄 黄 宇"), hashes(Unit::Auto, 5, "天地玄黄宇"));
    }

    #[test]
    fn a_set_is_sorted_and_without_repetition() {
        let shingler = Shingler::new(Unit::Word, NonZeroU32::MIN);
        let set = shingler.set("b a b a c");
        assert_eq!(set.len(), 3);
        assert!(set.is_sorted());
    }

    proptest::proptest! {
        #[test]
        fn words_equal_windows_of_split(text in "[a-c ]{0,40}", length in 1_u32..6) {
            let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
            let joined = words.join(" ");
            let length_usize = length as usize;
            let expected: Vec<u64> = if words.is_empty() {
                Vec::new()
            } else if words.len() < length_usize {
                vec![xxh3_64(joined.as_bytes())]
            } else {
                words.windows(length_usize).map(|window| xxh3_64(window.join(" ").as_bytes())).collect()
            };
            proptest::prop_assert_eq!(hashes(Unit::Word, length, &joined), expected.clone());
            proptest::prop_assert_eq!(hashes(Unit::Auto, length, &joined), expected);
        }
    }
}
