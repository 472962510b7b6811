use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::chars::{is_letter, is_punctuation, is_space};

/// What counts as a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WordSplitter {
    /// What stands between white space; punctuation stays with its word.
    #[default]
    Whitespace,
}

/// One word of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word.
    pub text: &'a str,
    /// Its length in characters.
    pub chars: u64,
    /// It has a letter.
    pub has_letter: bool,
    /// It has a character that is no punctuation.
    pub has_non_punctuation: bool,
}

/// Counts over the words of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WordTotals {
    /// All words.
    pub all: u64,
    /// Words that have a character other than punctuation.
    pub non_punctuation: u64,
    /// Characters of those words.
    pub non_punctuation_chars: u64,
    /// Words that have a letter.
    pub with_letter: u64,
}

impl WordTotals {
    pub(crate) fn of(words: Words<'_>) -> Self {
        let mut totals = Self::default();
        for word in words {
            totals.all += 1;
            totals.with_letter += u64::from(word.has_letter);
            if word.has_non_punctuation {
                totals.non_punctuation += 1;
                totals.non_punctuation_chars += word.chars;
            }
        }
        totals
    }
}

const SPACE: u8 = 1;
const LETTER: u8 = 2;
const NON_PUNCTUATION: u8 = 4;
const NOT_ASCII: u8 = 8;

/// The classes of every byte, so that ASCII text costs one look-up a byte.
static CLASSES: [u8; 256] = {
    let mut classes = [NOT_ASCII; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'A'..=b'Z' | b'a'..=b'z' => LETTER | NON_PUNCTUATION,
            b'0'..=b'9' => NON_PUNCTUATION,
            b'\t'..=b'\r' | 0x1c..=b' ' => SPACE,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

fn classes_of(c: char, found: u8) -> u8 {
    match c {
        '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => LETTER | NON_PUNCTUATION,
        _ if is_space(c) => SPACE,
        // A word that has both already needs no further look.
        _ if found & LETTER != 0 && found & NON_PUNCTUATION != 0 => 0,
        _ => (if is_letter(c) { LETTER } else { 0 }) | (if is_punctuation(c) { 0 } else { NON_PUNCTUATION }),
    }
}

/// The words of a text, in order, split at white space.
#[derive(Debug, Clone)]
pub struct Words<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Words<'a> {
    pub(crate) fn new(text: &'a str, splitter: WordSplitter) -> Self {
        match splitter {
            WordSplitter::Whitespace => Self { text, position: 0 },
        }
    }

    /// Length of the run of ASCII characters without white space at `position`, and their classes.
    #[inline]
    fn ascii_run(&self, position: usize) -> (usize, u8) {
        let rest = self.text.as_bytes().get(position..).unwrap_or_default();
        let mut found = 0;
        let end = rest.iter().position(|byte| {
            let class = CLASSES.get(usize::from(*byte)).copied().unwrap_or(NOT_ASCII);
            let ends = class & (SPACE | NOT_ASCII) != 0;
            found |= if ends { 0 } else { class };
            ends
        });
        (end.unwrap_or(rest.len()), found)
    }

    /// The character at `position`.
    fn char_at(&self, position: usize) -> Option<char> {
        self.text.get(position..)?.chars().next()
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        let mut start = self.position;
        while let Some(space) = self.char_at(start).filter(|c| is_space(*c)) {
            start += space.len_utf8();
        }
        let (mut end, mut chars, mut found) = (start, 0, 0);
        loop {
            let (length, classes) = self.ascii_run(end);
            end += length;
            chars += length as u64;
            found |= classes;
            // What ended the run: the end of the text, white space, or a character beyond ASCII.
            let Some(next) = self.char_at(end) else { break };
            let classes = classes_of(next, found);
            if classes == SPACE {
                break;
            }
            end += next.len_utf8();
            chars += 1;
            found |= classes;
        }
        self.position = end;
        let text = self.text.get(start..end).filter(|word| !word.is_empty())?;
        let has = |class| found & class != 0;
        Some(Word { text, chars, has_letter: has(LETTER), has_non_punctuation: has(NON_PUNCTUATION) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ascii_classes_agree_with_the_character_functions() {
        for c in '\0'..='\u{7f}' {
            let class = CLASSES[c as usize];
            assert_eq!(class == SPACE, is_space(c), "{c:?}");
            assert_eq!(class & LETTER != 0, is_letter(c), "{c:?}");
            assert_eq!(class & NON_PUNCTUATION != 0, !is_punctuation(c) && !is_space(c), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn words_equal_a_plain_split(text in "([a-z0-9#. \\n\\x1c•…中。é\u{3000}\u{301}１٣]|\\PC){0,40}") {
            let found: Vec<Word<'_>> = Words::new(&text, WordSplitter::Whitespace).collect();
            let expected: Vec<Word<'_>> = (text.split(is_space).filter(|word| !word.is_empty()))
                .map(|word| Word {
                    text: word,
                    chars: word.chars().count() as u64,
                    has_letter: word.chars().any(is_letter),
                    has_non_punctuation: word.chars().any(|c| !is_punctuation(c)),
                })
                .collect();
            prop_assert_eq!(found, expected);
        }
    }
}
