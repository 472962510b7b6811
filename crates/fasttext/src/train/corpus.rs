use super::interner::Interner;
use super::random::Random;
use crate::FastTextError;
use crate::dictionary::{END, LABEL_PREFIX};
use crate::predict::is_space;

/// A text with what it is labelled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example<'a> {
    /// Labels, without `__label__`. An example without one is counted as tokens, as in fastText, and teaches nothing.
    pub labels: Vec<&'a str>,
    /// The text; line feeds are white space, and the end mark comes after the whole text.
    pub text: &'a str,
}

/// Training examples as numbers: four bytes for each word and the distinct words once. It does not depend on any
/// option, so that several models can be trained on one.
///
/// Words are separated as [`Predictor`](crate::Predictor) does it. A word that starts with `__label__` is left out, as
/// it is in prediction, and a word `</s>` ends its text. A label may have blanks, which `fasttext supervised` cannot read
/// but any reader of models can.
#[derive(Debug, Clone, Default)]
pub struct Corpus {
    pub(crate) words: Interner,
    pub(crate) labels: Interner,
    /// Words of all texts, each closed by the end mark.
    tokens: Vec<u32>,
    label_ids: Vec<u32>,
    /// Where tokens and labels of each example end.
    ends: Vec<(usize, usize)>,
    end_mark: Option<u32>,
}

impl Corpus {
    /// The numbers of all examples.
    pub fn new<'a>(examples: impl IntoIterator<Item = Example<'a>>) -> Result<Self, FastTextError> {
        let mut corpus = Self::default();
        for example in examples {
            corpus.push(&example.labels, example.text)?;
        }
        Ok(corpus)
    }

    /// Adds an example. After an error, which a label causes, nothing of it was added.
    pub fn push(&mut self, labels: &[&str], text: &str) -> Result<(), FastTextError> {
        for label in labels {
            let problem = if label.is_empty() {
                "empty"
            } else if label.chars().any(char::is_control) {
                "not one line of text"
            } else {
                continue;
            };
            return Err(FastTextError::BadLabel { example: self.len(), label: (*label).to_owned(), problem });
        }
        for label in labels {
            self.label_ids.push(self.labels.count(label.as_bytes()).ok_or(FastTextError::TooLarge)?);
        }
        for word in text.as_bytes().split(|byte| is_space(*byte)).filter(|word| !word.is_empty()) {
            if word == END {
                break;
            }
            if !word.starts_with(LABEL_PREFIX.as_bytes()) {
                self.tokens.push(self.words.count(word).ok_or(FastTextError::TooLarge)?);
            }
        }
        let end_mark = self.words.count(END).ok_or(FastTextError::TooLarge)?;
        self.end_mark = Some(end_mark);
        self.tokens.push(end_mark);
        self.ends.push((self.tokens.len(), self.label_ids.len()));
        Ok(())
    }

    /// Brings the examples into an order that depends on the seed only. Training takes them in their order, so examples
    /// that come label by label give a model that knows the last label best.
    pub fn shuffle(&mut self, seed: u32) {
        let mut random = Random::new(u64::from(seed));
        let mut order: Vec<usize> = (0..self.len()).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, random.below(last + 1));
        }
        let (mut tokens, mut label_ids) = (Vec::with_capacity(self.tokens.len()), Vec::new());
        let mut ends = Vec::with_capacity(self.ends.len());
        for index in order {
            let (words, labels) = self.example(index);
            tokens.extend_from_slice(words);
            label_ids.extend_from_slice(labels);
            ends.push((tokens.len(), label_ids.len()));
        }
        (self.tokens, self.label_ids, self.ends) = (tokens, label_ids, ends);
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Words, labels and ends of texts, which is what progress is counted in.
    pub fn tokens(&self) -> usize {
        self.tokens.len() + self.label_ids.len()
    }

    /// Whether there is a word besides the end mark.
    pub(crate) fn has_words(&self) -> bool {
        self.words.len() > usize::from(self.end_mark.is_some())
    }

    pub(crate) fn is_end(&self, word: u32) -> bool {
        self.end_mark == Some(word)
    }

    /// Words and labels of an example.
    pub(crate) fn example(&self, index: usize) -> (&[u32], &[u32]) {
        let end = |index: usize| self.ends.get(index).copied().unwrap_or_default();
        let ((start, labels_start), (stop, labels_stop)) = (index.checked_sub(1).map_or((0, 0), end), end(index));
        let tokens = self.tokens.get(start..stop).unwrap_or_default();
        (tokens, self.label_ids.get(labels_start..labels_stop).unwrap_or_default())
    }

    /// The example in which the share `part / parts` of all tokens ends.
    pub(crate) fn start_of(&self, part: usize, parts: usize) -> usize {
        let token = self.tokens.len() / parts.max(1) * part;
        self.ends.partition_point(|(end, _)| *end <= token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_words_and_an_end() {
        let mut corpus = Corpus::default();
        corpus.push(&["a"], " one two\none __label__x").expect("good");
        corpus.push(&["b", "a"], "three </s> four").expect("good");
        assert_eq!(corpus.example(0), ([0, 1, 0, 2].as_slice(), [0].as_slice()));
        assert_eq!(corpus.example(1), ([3, 2].as_slice(), [1, 0].as_slice()));
        assert_eq!((corpus.len(), corpus.tokens()), (2, 9));
        assert_eq!((corpus.start_of(0, 2), corpus.start_of(1, 2)), (0, 0));
    }

    #[test]
    fn shuffled_examples_are_the_same_examples() {
        let mut corpus = Corpus::default();
        (0..50).for_each(|number| corpus.push(&[&format!("l{number}")], &format!("w{number}")).expect("good"));
        let owned = |corpus: &Corpus, index| (corpus.example(index).0.to_vec(), corpus.example(index).1.to_vec());
        let before: Vec<_> = (0..50).map(|index| owned(&corpus, index)).collect();
        corpus.shuffle(7);
        let mut after: Vec<_> = (0..50).map(|index| owned(&corpus, index)).collect();
        assert_ne!(before, after);
        after.sort_by_key(|(_, labels)| labels.clone());
        assert_eq!(before, after);
    }

    #[test]
    fn labels_that_the_format_cannot_hold_are_refused() {
        let mut corpus = Corpus::default();
        for label in ["", "two\nlines", "nul\0"] {
            assert!(matches!(corpus.push(&["a", label], "text"), Err(FastTextError::BadLabel { example: 0, .. })));
        }
        assert!(corpus.is_empty() && corpus.tokens() == 0 && !corpus.has_words());
        assert!(corpus.push(&["广告, spam", " a b "], "text").is_ok(), "the end of a label is a NUL in the file");
    }
}
