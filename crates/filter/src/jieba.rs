//! Words of jieba, which knows Chinese words by a dictionary and guesses unknown ones.

use std::cell::RefCell;
use std::sync::LazyLock;

use jieba_rs::Jieba;

use crate::chars::is_space;

static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// Longest run of characters given to jieba at once, in bytes: its time grows faster than the text where there is no
/// punctuation.
const MAX_JIEBA_BYTES: usize = 1 << 16;

thread_local! {
    static BLOCKS: RefCell<Blocks> = RefCell::default();
}

/// Calls `on_word` for each word of `text` that is not white space.
///
/// jieba cuts blocks of Chinese characters, ASCII letters, digits and a few signs, each for itself, and takes every other
/// character for a word. So only blocks go there, and of short ones those that were not cut lately.
pub(crate) fn each_jieba_word<'a>(text: &'a str, mut on_word: impl FnMut(&'a str)) {
    BLOCKS.with_borrow_mut(|blocks| {
        for line in text.split_inclusive('\n') {
            let mut rest = line;
            while !rest.is_empty() {
                let (head, tail) = split_head(rest);
                each_word_of(head, blocks, &mut on_word);
                rest = tail;
            }
        }
    });
}

/// What jieba gets at once, and the rest.
fn split_head(text: &str) -> (&str, &str) {
    let end = (0..=text.len().min(MAX_JIEBA_BYTES)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn each_word_of<'a>(text: &'a str, blocks: &mut Blocks, on_word: &mut impl FnMut(&'a str)) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_block = may_be_in_block(first);
        let end =
            if is_block { rest.find(|char| !may_be_in_block(char)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (part, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if is_block {
            blocks.each_word(part, on_word);
        } else if !is_space(first) {
            on_word(part);
        }
        rest = after;
    }
}

/// Whether jieba may cut `char` together with its neighbours. `false` is certain.
#[inline]
fn may_be_in_block(char: char) -> bool {
    if char.is_ascii() {
        return char.is_ascii_alphanumeric() || matches!(char, '+' | '#' | '&' | '.' | '_' | '%' | '-');
    }
    !matches!(char, '\u{80}'..='\u{2E7F}' | '\u{3000}'..='\u{30FF}' | '\u{AC00}'..='\u{D7FF}' | '\u{FF00}'..='\u{FFEF}')
}

fn cut<'a>(text: &'a str, mut on_word: impl FnMut(&'a str)) {
    for token in JIEBA.cut(text, true) {
        let word = token.word.trim_matches(is_space);
        if word.len() > 1 && word.is_ascii() && !JIEBA.has_word(word) {
            each_latin_part(word, &mut on_word);
        } else if !word.is_empty() {
            on_word(word);
        }
    }
}

/// Takes apart what is no Chinese, as jieba's own program does (`finalseg`, `re_skip`) and its port does not: letters and
/// digits, perhaps with a decimal part and `%`, and what stands between these.
fn each_latin_part<'a>(word: &'a str, on_word: &mut impl FnMut(&'a str)) {
    let mut rest = word;
    while !rest.is_empty() {
        let length = match alphanumerics(rest) {
            0 => rest.bytes().take_while(|byte| !byte.is_ascii_alphanumeric()).count(),
            letters => {
                let after = rest.get(letters..).unwrap_or_default();
                let digits =
                    after.strip_prefix('.').map_or(0, |after| after.bytes().take_while(u8::is_ascii_digit).count());
                let number = letters + if digits > 0 { 1 + digits } else { 0 };
                number + usize::from(rest.get(number..).is_some_and(|after| after.starts_with('%')))
            }
        };
        let (part, after) = rest.split_at_checked(length.max(1)).unwrap_or((rest, ""));
        on_word(part);
        rest = after;
    }
}

fn alphanumerics(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_alphanumeric).count()
}

/// Numbers of eight bytes that a block is compared as.
const PARTS: usize = 4;
/// Longest block that is remembered, in bytes: ten Chinese characters. Longer ones seldom come again.
const MAX_BLOCK: usize = 8 * PARTS;
/// Most words of a block that is remembered.
const MAX_WORDS: usize = 12;
/// Blocks that are remembered at most.
const PLACES: usize = 1 << 15;

/// Words of short blocks that were cut lately. Each block has one place, which a newer one takes over, so that the size
/// never grows.
#[derive(Debug, Default)]
struct Blocks {
    /// Empty before the first block.
    places: Vec<Block>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Block {
    parts: [u64; PARTS],
    /// Bytes of the words in order, which together are the block; 0 after the last one.
    words: [u8; MAX_WORDS],
}

impl Blocks {
    fn each_word<'a>(&mut self, block: &'a str, on_word: &mut impl FnMut(&'a str)) {
        let Some(parts) = parts(block.as_bytes()) else { return cut(block, on_word) };
        if self.places.is_empty() {
            self.places = vec![Block::default(); PLACES];
        }
        let place = &mut self.places[place(parts)];
        if place.parts != parts {
            match lengths(block) {
                Some(words) => *place = Block { parts, words },
                None => return cut(block, on_word),
            }
        }
        let mut rest = block;
        for length in place.words {
            let Some((word, after)) = rest.split_at_checked(usize::from(length)).filter(|_| length > 0) else { break };
            on_word(word);
            rest = after;
        }
    }
}

/// A short block as numbers: its bytes, then zeros, which no block has.
fn parts(block: &[u8]) -> Option<[u64; PARTS]> {
    let mut padded = [0_u8; MAX_BLOCK];
    padded.get_mut(..block.len())?.copy_from_slice(block);
    let (numbers, _) = padded.as_chunks::<8>();
    let mut parts = [0; PARTS];
    parts.iter_mut().zip(numbers).for_each(|(part, number)| *part = u64::from_le_bytes(*number));
    Some(parts)
}

fn place(parts: [u64; PARTS]) -> usize {
    let mixed =
        parts.iter().fold(0_u64, |mixed, part| (mixed.rotate_left(23) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    usize::try_from(mixed >> 40).unwrap_or_default() % PLACES
}

/// Bytes of the words of a block; `None` where they are too many, or not all of it.
fn lengths(block: &str) -> Option<[u8; MAX_WORDS]> {
    let (mut lengths, mut count, mut bytes) = ([0; MAX_WORDS], 0, 0);
    cut(block, |word| {
        if let Some(length) = lengths.get_mut(count) {
            *length = u8::try_from(word.len()).unwrap_or_default();
        }
        count += 1;
        bytes += word.len();
    });
    (count <= MAX_WORDS && bytes == block.len()).then_some(lengths)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::path::{Path, PathBuf};

    use proptest::prelude::*;

    use super::*;

    /// Every line as a whole.
    fn plain(text: &str) -> Vec<&str> {
        let mut words = Vec::new();
        for line in text.split_inclusive('\n') {
            let mut rest = line;
            while !rest.is_empty() {
                let (head, tail) = split_head(rest);
                cut(head, |word| words.push(word));
                rest = tail;
            }
        }
        words
    }

    fn words(text: &str) -> Vec<&str> {
        let mut words = Vec::new();
        each_jieba_word(text, |word| words.push(word));
        words
    }

    #[test]
    fn characters_outside_blocks_are_words_of_their_own() {
        for char in ('\0'..=char::MAX).filter(|char| !may_be_in_block(*char)) {
            let text = format!("中{char}国a");
            assert_eq!(words(&text), plain(&text), "{char:?}");
        }
    }

    #[test]
    fn long_lines_are_cut_where_they_were() {
        let text = "研究生命起源，".repeat(4000) + &"研究生命起源".repeat(8000);
        assert_eq!(words(&text), plain(&text));
    }

    #[test]
    #[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
    fn chinese_documents_have_the_words_that_jieba_cuts() {
        let beside =
            || Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../../../shared/data");
        let folder = std::env::var_os("TEXTMILL_DATA").map_or_else(beside, PathBuf::from);
        let path = folder.join("corpus/zh-00000.jsonl.zst");
        let Ok(file) = std::fs::File::open(&path) else {
            eprintln!("SKIPPED: no development data at {} (set TEXTMILL_DATA)", path.display());
            return;
        };
        for line in BufReader::new(zstd::Decoder::new(file).expect("zstd")).lines() {
            let row: serde_json::Value = serde_json::from_str(&line.expect("UTF-8")).expect("JSON");
            let text = row["text"].as_str().expect("a text");
            assert_eq!(words(text), plain(text));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn words_are_those_of_jieba(text in "([a-c1-3+#&._% \\r\\n\\x1c-]|研究|生命|起源|杭研|3\\.5%|T恤|AT&T|C\\+\\+|卡拉OK|д|か|한|，|\u{3000}|𠀀|豈|１){0,30}") {
            prop_assert_eq!(words(&text), plain(&text));
            // The second time blocks are remembered.
            prop_assert_eq!(words(&text), plain(&text));
        }
    }
}
