use std::sync::LazyLock;

use jieba_rs::Jieba;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use crate::chars::{is_letter, is_punctuation, is_space};
use crate::spacy_en::each_spacy_word;

/// What counts as a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WordSplitter {
    /// By document: `jieba` for Chinese, `spacy_en` for English, `unicode` for other languages. Where there is no column
    /// `language`, a text of mostly Chinese characters is Chinese and any other one English.
    #[default]
    Auto,
    /// What stands between white space; punctuation stays with its word.
    Whitespace,
    /// Words of Unicode (UAX #29, section 4); punctuation is no word.
    Unicode,
    /// Tokens of spaCy's English tokenizer, as datatrove uses it: punctuation is split off and counts as a word.
    SpacyEn,
    /// Words of jieba, which knows Chinese words by a dictionary and guesses unknown ones, as datatrove uses it.
    Jieba,
    /// Each character that is not white space.
    Character,
}

/// Characters looked at to tell whether a text is Chinese.
const SCRIPT_SAMPLE: usize = 1000;

static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

impl WordSplitter {
    /// The splitter for a document in `language`; never [`WordSplitter::Auto`].
    #[must_use]
    pub fn for_document(self, language: Option<&str>, text: &str) -> Self {
        match (self, language) {
            (Self::Auto, Some("zh")) => Self::Jieba,
            (Self::Auto, Some("en")) => Self::SpacyEn,
            (Self::Auto, None) if is_mostly_chinese(text) => Self::Jieba,
            (Self::Auto, None) => Self::SpacyEn,
            (Self::Auto, Some(_)) => Self::Unicode,
            (splitter, _) => splitter,
        }
    }

    /// The words of `text`, in order.
    pub fn split(self, text: &str) -> Vec<Word<'_>> {
        let mut words = Vec::with_capacity(text.len() / 6);
        match self.for_document(None, text) {
            Self::Auto | Self::SpacyEn => each_spacy_word(text, |word| words.push(word)),
            Self::Whitespace => words.extend(Words::new(text)),
            Self::Unicode => words.extend(text.unicode_words().map(Word::of)),
            Self::Jieba => each_jieba_word(text, |word| words.push(Word::of(word))),
            Self::Character => {
                let chars = text.char_indices().filter(|(_, char)| !is_space(*char));
                words.extend(chars.filter_map(|(at, char)| text.get(at..at + char.len_utf8()).map(Word::of)));
            }
        }
        words
    }
}

fn is_mostly_chinese(text: &str) -> bool {
    let (mut chinese, mut letters) = (0_u32, 0_u32);
    for char in text.chars().take(SCRIPT_SAMPLE) {
        chinese += u32::from(('\u{4e00}'..='\u{9fff}').contains(&char));
        letters += u32::from(char.is_alphabetic());
    }
    2 * chinese > letters
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

/// Longest run of characters given to jieba at once, in bytes: its time grows faster than the text where there is no
/// punctuation.
const MAX_JIEBA_BYTES: usize = 1 << 16;

fn each_jieba_word<'a>(text: &'a str, mut on_word: impl FnMut(&'a str)) {
    for part in text.split_inclusive('\n') {
        let mut rest = part;
        while !rest.is_empty() {
            let end =
                (0..=rest.len().min(MAX_JIEBA_BYTES)).rev().find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
            let (head, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
            for word in JIEBA.cut(head, true) {
                let word = word.word.trim_matches(is_space);
                if word.len() > 1 && word.is_ascii() && !JIEBA.has_word(word) {
                    each_latin_part(word, &mut on_word);
                } else if !word.is_empty() {
                    on_word(word);
                }
            }
            rest = tail;
        }
    }
}

/// One word of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word.
    pub text: &'a str,
    /// Its length in characters.
    pub chars: u32,
    /// It has a letter.
    pub has_letter: bool,
    /// It has a character that is no punctuation.
    pub has_non_punctuation: bool,
}

impl<'a> Word<'a> {
    /// The word `text`, which has no white space.
    pub fn of(text: &'a str) -> Self {
        let (mut found, mut chars) = (0, 0);
        for char in text.chars() {
            let class = u8::try_from(char).ok().and_then(|byte| CLASSES.get(usize::from(byte))).copied();
            found |= match class {
                Some(class) if class != NOT_ASCII => class,
                _ => classes_of(char, found),
            };
            chars += 1;
        }
        Self { text, chars, has_letter: found & LETTER != 0, has_non_punctuation: found & NON_PUNCTUATION != 0 }
    }
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
    pub(crate) fn of(words: &[Word<'_>]) -> Self {
        let mut totals = Self::default();
        for word in words {
            totals.all += 1;
            totals.with_letter += u64::from(word.has_letter);
            if word.has_non_punctuation {
                totals.non_punctuation += 1;
                totals.non_punctuation_chars += u64::from(word.chars);
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
pub(crate) struct Words<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Words<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
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
            chars += u32::try_from(length).unwrap_or(u32::MAX);
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

    #[test]
    fn splitters_split_as_they_say() {
        let split = |splitter: WordSplitter, text| -> Vec<String> {
            splitter.split(text).iter().map(|word| word.text.to_owned()).collect()
        };
        let text = "Don't stop, 他来到了网易杭研大厦 v_i 3.5%.";
        assert_eq!(split(WordSplitter::Whitespace, text), ["Don't", "stop,", "他来到了网易杭研大厦", "v_i", "3.5%."]);
        assert_eq!(split(WordSplitter::SpacyEn, "Don't stop, v_i"), ["Do", "n't", "stop", ",", "v_i"]);
        let chinese = ["他", "来到", "了", "网易", "杭研", "大厦", "v", "_", "i", "3.5%", "."];
        assert_eq!(split(WordSplitter::Jieba, "他来到了网易杭研大厦 v_i 3.5%."), chinese);
        assert_eq!(split(WordSplitter::Unicode, "Don't stop, now."), ["Don't", "stop", "now"]);
        assert_eq!(split(WordSplitter::Character, "a 中"), ["a", "中"]);
    }

    #[test]
    fn words_are_split_by_language_or_else_by_script() {
        let auto = WordSplitter::Auto;
        assert_eq!(auto.for_document(Some("zh"), "English"), WordSplitter::Jieba);
        assert_eq!(auto.for_document(Some("en"), "中文"), WordSplitter::SpacyEn);
        assert_eq!(auto.for_document(Some("de"), "中文"), WordSplitter::Unicode);
        assert_eq!(auto.for_document(None, "这是中文 and"), WordSplitter::Jieba);
        assert_eq!(auto.for_document(None, "12 中 words here"), WordSplitter::SpacyEn);
        assert_eq!(WordSplitter::Character.for_document(Some("zh"), ""), WordSplitter::Character);
    }

    proptest! {
        #[test]
        fn words_equal_a_plain_split(text in "([a-z0-9#. \\n\\x1c•…中。é\u{3000}\u{301}１٣]|\\PC){0,40}") {
            let found: Vec<Word<'_>> = Words::new(&text).collect();
            let expected: Vec<Word<'_>> = (text.split(is_space).filter(|word| !word.is_empty()))
                .map(|word| Word {
                    text: word,
                    chars: u32::try_from(word.chars().count()).unwrap(),
                    has_letter: word.chars().any(is_letter),
                    has_non_punctuation: word.chars().any(|c| !is_punctuation(c)),
                })
                .collect();
            prop_assert_eq!(found, expected);
        }
    }
}
