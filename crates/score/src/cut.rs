//! Words as jieba cuts them by its dictionary alone, without its hidden Markov model.

use std::cell::RefCell;
use std::sync::OnceLock;

use jieba_rs::Jieba;

use crate::remember::{Key, Remembered};

/// The dictionary, read once a process.
pub(crate) fn jieba() -> &'static Jieba {
    static JIEBA: OnceLock<Jieba> = OnceLock::new();
    JIEBA.get_or_init(Jieba::new)
}

thread_local! {
    /// Blocks of ASCII that are one word.
    static WHOLE: RefCell<Remembered<()>> = const { RefCell::new(Remembered::new()) };
}

/// Characters of the table of letters and digits: all alphabets of Europe, India, and the Near East.
const TABLE_CHARS: usize = 0x2E80;

/// Whether `char` is a letter or a digit. The standard library searches for those beyond ASCII.
#[inline]
pub(crate) fn is_alphanumeric(char: char) -> bool {
    static TABLE: OnceLock<Vec<u64>> = OnceLock::new();
    if char.is_ascii() {
        return char.is_ascii_alphanumeric();
    }
    let code = u32::from(char) as usize;
    if code >= TABLE_CHARS {
        return matches!(char, '\u{4E00}'..='\u{9FFF}') || char.is_alphanumeric();
    }
    let table = TABLE.get_or_init(|| {
        let mut bits = vec![0; TABLE_CHARS / 64];
        for (code, char) in ('\0'..).take(TABLE_CHARS).enumerate() {
            bits[code / 64] |= u64::from(char.is_alphanumeric()) << (code % 64);
        }
        bits
    });
    table[code / 64] >> (code % 64) & 1 == 1
}

/// Calls `on_word` for each word that holds a letter or a digit of any script: those of `Jieba::cut` for every line of
/// `text`.
///
/// jieba cuts blocks of Chinese characters, ASCII letters, digits and a few signs, each for itself, and takes every other
/// character for a word. So lines without Chinese go there by the block only, and of ASCII only what was not found to be
/// one word before.
pub(crate) fn each_word<'a>(text: &'a str, mut on_word: impl FnMut(&'a str)) {
    WHOLE.with_borrow_mut(|whole| {
        for line in text.split_inclusive('\n') {
            // The first bytes of nearly all Chinese characters.
            if line.bytes().any(|byte| matches!(byte, 0xE4..=0xE9)) {
                let words = jieba().cut(line, false).into_iter().map(|token| token.word);
                words.filter(|word| word.chars().any(is_alphanumeric)).for_each(&mut on_word);
            } else {
                each_word_of_blocks(line, whole, &mut on_word);
            }
        }
    });
}

fn each_word_of_blocks<'a>(line: &'a str, whole: &mut Remembered<()>, on_word: &mut impl FnMut(&'a str)) {
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        if !may_be_in_block(first) {
            let (char, after) = rest.split_at_checked(first.len_utf8()).unwrap_or((rest, ""));
            if is_alphanumeric(first) {
                on_word(char);
            }
            rest = after;
            continue;
        }
        let (block, after) = split_block(rest);
        rest = after;
        let key = if block.is_ascii() { Key::of(block.as_bytes()) } else { None };
        if key.is_some_and(|key| whole.get(key).is_some()) {
            on_word(block);
            continue;
        }
        let tokens = jieba().cut(block, false);
        let has_letters = |token: &str| token.chars().any(is_alphanumeric);
        tokens.iter().map(|token| token.word).filter(|word| has_letters(word)).for_each(&mut *on_word);
        if let (Some(key), [token]) = (key, tokens.as_slice())
            && has_letters(token.word)
        {
            whole.put(key, ());
        }
    }
}

/// `text` up to the first character that is in no block.
fn split_block(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let ascii = bytes.iter().take_while(|byte| byte.is_ascii() && may_be_in_block(char::from(**byte))).count();
    let end = match bytes.get(ascii) {
        None => ascii,
        Some(byte) if byte.is_ascii() => ascii,
        Some(_) => text.find(|char| !may_be_in_block(char)).unwrap_or(text.len()),
    };
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Whether jieba may cut `char` together with its neighbours. `false` is certain.
fn may_be_in_block(char: char) -> bool {
    if char.is_ascii() {
        return char.is_ascii_alphanumeric() || matches!(char, '+' | '#' | '&' | '.' | '_' | '%' | '-');
    }
    !matches!(char, '\u{80}'..='\u{2E7F}' | '\u{3000}'..='\u{30FF}' | '\u{AC00}'..='\u{D7FF}' | '\u{FF00}'..='\u{FFEF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> Vec<&str> {
        let tokens = text.split_inclusive('\n').flat_map(|line| jieba().cut(line, false));
        tokens.map(|token| token.word).filter(|word| word.chars().any(char::is_alphanumeric)).collect()
    }

    fn words(text: &str) -> Vec<&str> {
        let mut words = Vec::new();
        each_word(text, |word| words.push(word));
        words
    }

    #[test]
    fn the_table_of_letters_is_that_of_the_library() {
        assert!(('\0'..=char::MAX).all(|char| is_alphanumeric(char) == char.is_alphanumeric()));
    }

    #[test]
    fn characters_outside_blocks_are_words_of_their_own() {
        for char in ('\0'..=char::MAX).filter(|char| !may_be_in_block(*char)) {
            let text = format!("a{char}b");
            assert_eq!(words(&text), plain(&text), "{char:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn words_are_those_of_jieba(text in "([a-cA-C0-3+#&._% \\r\\n-]|我们|编程|语言|T恤|AT&T|C\\+\\+|卡拉OK|д|é|か|한|，|𠀀|豈|１){0,30}") {
            prop_assert_eq!(words(&text), plain(&text));
            // The second time blocks are remembered.
            prop_assert_eq!(words(&text), plain(&text));
        }
    }
}
