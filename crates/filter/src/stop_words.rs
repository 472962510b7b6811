use crate::Word;

/// A set of stop words, made once for a run.
#[derive(Debug, Clone)]
pub struct StopWords {
    sorted: Vec<String>,
    /// Bit n is set where a word has n bytes, bit 63 for all from 63 up: most words of a text are
    /// then no candidates at the cost of one shift.
    lengths: u64,
}

impl StopWords {
    /// The set of `words`; a word that is listed twice counts once.
    pub fn new<T: Into<String>>(words: impl IntoIterator<Item = T>) -> Self {
        let mut sorted: Vec<String> = words.into_iter().map(Into::into).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let lengths = sorted.iter().fold(0, |lengths, word| lengths | length_bit(word));
        Self { sorted, lengths }
    }

    /// Number of different words.
    pub fn len(&self) -> u64 {
        self.sorted.len() as u64
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// How many of the set are among `words`; letter case matters.
    pub fn distinct_in(&self, words: &[Word<'_>]) -> u64 {
        let mut missing: Vec<&str> = self.sorted.iter().map(String::as_str).collect();
        for word in words {
            if self.lengths & length_bit(word.text) == 0 {
                continue;
            }
            if let Ok(index) = missing.binary_search(&word.text) {
                missing.remove(index);
                if missing.is_empty() {
                    break;
                }
            }
        }
        self.len() - missing.len() as u64
    }
}

fn length_bit(word: &str) -> u64 {
    1 << word.len().min(63)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WordSplitter;

    #[test]
    fn each_stop_word_counts_once_and_case_matters() {
        let long = "x".repeat(70);
        let set = StopWords::new(["the", "of", "of", "的", long.as_str()]);
        let count = |text: &str| set.distinct_in(&WordSplitter::Whitespace.split(text));
        assert_eq!(count(""), 0);
        assert_eq!(count("The OF the, of."), 0);
        assert_eq!(count("the of the of"), 2);
        assert_eq!(count(&format!("的 the of {long} the")), 4);
    }
}
