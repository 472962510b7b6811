//! Sentences as spaCy's `Sentencizer` counts them.

use std::sync::LazyLock;

use regex::Regex;

use crate::Word;
use crate::chars::ends_sentence;

/// Unicode's category P, alone.
static PUNCTUATION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\p{P}+$").expect("a fixed expression"));

/// Counts sentences word by word.
///
/// A sentence ends before the first word that is no punctuation after a word that is a sentence's end, such as `.`
/// alone. So `e.g.` ends none, and quotation marks after a full stop belong to its sentence.
#[derive(Debug, Default)]
pub(crate) struct Sentences {
    ended: u64,
    after_end: bool,
    any: bool,
}

impl Sentences {
    pub(crate) fn add(&mut self, word: &str) {
        self.any = true;
        let is_end = word.chars().next().is_some_and(|first| ends_sentence(first) && first.len_utf8() == word.len());
        if is_end {
            self.after_end = true;
        } else if self.after_end && !is_punctuation(word) {
            self.ended += 1;
            self.after_end = false;
        }
    }

    /// White space that is a token for spaCy: anything but a single space. It starts the next sentence even where
    /// punctuation follows.
    pub(crate) fn add_wide_space(&mut self) {
        self.ended += u64::from(self.after_end);
        self.after_end = false;
    }

    pub(crate) fn count(&self) -> u64 {
        self.ended + u64::from(self.any)
    }
}

/// The sentences of `line`, whose words are `words`.
pub(crate) fn count_sentences(line: &str, words: &[Word<'_>]) -> u64 {
    let mut sentences = Sentences::default();
    let mut end = line.as_ptr() as usize;
    for word in words {
        let start = word.text.as_ptr() as usize;
        let gap = start.saturating_sub(end);
        let from = end - line.as_ptr() as usize;
        if gap > 0 && line.get(from..from + gap) != Some(" ") {
            sentences.add_wide_space();
        }
        sentences.add(word.text);
        end = start + word.text.len();
    }
    sentences.count()
}

/// Whether every character of `word` is punctuation.
fn is_punctuation(word: &str) -> bool {
    match word.as_bytes() {
        [first, ..] if first.is_ascii_alphanumeric() => false,
        bytes if word.is_ascii() => {
            bytes.iter().all(|byte| byte.is_ascii_punctuation() && !b"$+<=>^`|~".contains(byte))
        }
        _ => PUNCTUATION.is_match(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(words: &[&str]) -> u64 {
        let mut sentences = Sentences::default();
        words.iter().for_each(|word| sentences.add(word));
        sentences.count()
    }

    #[test]
    fn wide_space_after_an_end_starts_a_sentence() {
        let count = |line: &str| count_sentences(line, &crate::WordSplitter::SpacyEn.split(line));
        assert_eq!(count("Do not edit! *"), 1);
        assert_eq!(count("Do not edit!   *"), 2);
        assert_eq!(count("Do not edit!\t*"), 2);
        assert_eq!(count(" One. Two."), 2);
    }

    #[test]
    fn sentences_end_before_the_next_word() {
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&["no", "end"]), 1);
        assert_eq!(count(&["One", ".", "Two", "!", "\"", "Three"]), 3);
        assert_eq!(count(&["e.g.", "this", "...", "that"]), 1);
        assert_eq!(count(&["一", "。", "二", "。"]), 2);
        assert_eq!(count(&["a", ".", "$", "5"]), 2);
    }
}
