use super::share;
use crate::cut::{is_alphanumeric, jieba};
use crate::tokens::is_han;

/// Longest sentence that counts as none: headings, menus, what is left of abbreviations.
const NO_SENTENCE: usize = 2;
/// Characters of the longest word that is short.
const SHORT: usize = 3;

/// Words and sentences as formulas of readability count them. Words stand between blanks, without punctuation; runs of
/// Han characters are cut by jieba. Sentences of at most two words do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Prose {
    pub(crate) words: usize,
    /// Words of at most three characters.
    pub(crate) short: usize,
    pub(crate) sentences: usize,
    /// Words of the sentence at hand.
    open: usize,
}

impl Prose {
    pub(crate) fn of(text: &str) -> Self {
        let mut found = Self::default();
        for word in text.split_whitespace() {
            if word.chars().any(is_han) {
                jieba().cut(word, false).iter().for_each(|token| found.word(token.word));
            } else {
                found.word(word);
            }
        }
        found.close();
        // A text of short sentences only is one sentence.
        found.sentences = found.sentences.max(usize::from(found.words > 0));
        found
    }

    /// A word with its punctuation: `e.g.` is one word of two characters, and the end of two sentences.
    fn word(&mut self, word: &str) {
        let (mut chars, mut part) = (0, false);
        for char in word.chars() {
            if is_alphanumeric(char) || char == '_' {
                chars += 1;
                part = true;
            } else if is_end(char) {
                self.open += usize::from(part);
                part = false;
                self.close();
            }
        }
        self.open += usize::from(part);
        self.words += usize::from(chars > 0);
        self.short += usize::from((1..=SHORT).contains(&chars));
    }

    fn close(&mut self) {
        self.sentences += usize::from(self.open > NO_SENTENCE);
        self.open = 0;
    }

    /// `McAlpine`'s EFLAW: words and short words a sentence.
    pub(crate) fn eflaw(&self) -> f64 {
        share(self.words + self.short, self.sentences)
    }
}

fn is_end(char: char) -> bool {
    matches!(char, '.' | '!' | '?' | '。' | '！' | '？')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (usize, usize, usize) {
        let Prose { words, short, sentences, .. } = Prose::of(text);
        (words, short, sentences)
    }

    #[test]
    fn eflaw_is_that_of_textstat() {
        // textstat 0.7.4: mcalpine_eflaw, to one decimal.
        let cases = [
            ("The quick brown fox jumps over the lazy dog. It runs away, as dogs are slow!", 11.5),
            ("Playing games has always been thought to be important to the development of children.", 20.0),
            ("Hi. Yes. No way.", 8.0),
            ("e.g. this is one, i.e. a test... of it?", 16.0),
            ("", 0.0),
        ];
        for (text, wanted) in cases {
            let found = Prose::of(text).eflaw();
            assert!((found - wanted).abs() < 0.051, "{text}: {found}");
        }
    }

    #[test]
    fn sentences_end_at_marks_only_and_short_ones_do_not_count() {
        assert_eq!(of("One two three, four; five: six\nseven"), (7, 3, 1));
        assert_eq!(of("One two three. Go on. Four five six?"), (8, 5, 2));
        assert_eq!(of("Menu\nHome"), (2, 0, 1));
        assert_eq!(of(" ... !? \n"), (0, 0, 0));
        assert_eq!(of("don't_stop 3.14"), (2, 1, 1));
    }

    #[test]
    fn chinese_words_are_those_of_jieba() {
        let (words, _, sentences) = of("我们喜欢编程语言。今天天气很好！好。");
        assert_eq!(sentences, 2);
        assert!((7..=10).contains(&words), "{words}");
    }
}
