use super::corpus::Corpus;
use super::options::TrainOptions;
use crate::FastTextError;
use crate::dictionary::{Dictionary, LABEL_PREFIX};
use crate::header::Header;

const NONE: u32 = u32::MAX;

/// The rows of every word of a [`Corpus`], found once instead of in every epoch.
#[derive(Debug)]
pub(crate) struct Features {
    /// Rows of all words, one after the other: of the word itself, where the dictionary has it, then of its n-grams.
    rows: Vec<u32>,
    ends: Vec<usize>,
    /// The number of each label in the dictionary, or [`NONE`].
    labels: Vec<u32>,
}

impl Features {
    /// The dictionary of a model, and the rows in terms of it.
    pub(crate) fn new(
        corpus: &Corpus,
        options: &TrainOptions,
        header: &Header,
    ) -> Result<(Dictionary, Self), FastTextError> {
        let words = corpus.words.frequent(options.min_count);
        let labels = corpus.labels.frequent(options.min_count_label);
        check(corpus, &words, &labels)?;
        let count = u32::try_from(words.len()).map_err(|_| FastTextError::TooLarge)?;
        let tokens = i64::try_from(corpus.tokens()).map_err(|_| FastTextError::TooLarge)?;
        let mut dictionary = Dictionary::empty(header, count, tokens, words.len() + labels.len());
        for word in &words {
            dictionary.add(corpus.words.word(*word), corpus.words.count_of(*word))?;
        }
        for label in &labels {
            let name = [LABEL_PREFIX.as_bytes(), corpus.labels.word(*label)].concat();
            dictionary.add(&name, corpus.labels.count_of(*label))?;
        }
        dictionary.index();
        let mut features = Self { rows: Vec::new(), ends: Vec::new(), labels: ranks(&labels, corpus.labels.len()) };
        features.find_rows(corpus, &dictionary, &ranks(&words, corpus.words.len()));
        Ok((dictionary, features))
    }

    fn find_rows(&mut self, corpus: &Corpus, dictionary: &Dictionary, own: &[u32]) {
        let mut marked = Vec::new();
        for (word, own) in (0..).zip(own) {
            self.rows.extend(Some(*own).filter(|row| *row != NONE));
            if !corpus.is_end(word) {
                marked.clear();
                marked.push(b'<');
                marked.extend_from_slice(corpus.words.word(word));
                marked.push(b'>');
                dictionary.each_subword(&marked, |row| self.rows.push(row));
            }
            self.ends.push(self.rows.len());
        }
    }

    /// The rows of a word.
    pub(crate) fn rows(&self, word: u32) -> &[u32] {
        let end = |word: usize| self.ends.get(word).copied().unwrap_or_default();
        let word = word as usize;
        self.rows.get(word.checked_sub(1).map_or(0, end)..end(word)).unwrap_or_default()
    }

    /// The number of a label, if it was frequent enough.
    pub(crate) fn label(&self, label: u32) -> Option<u32> {
        self.labels.get(label as usize).copied().filter(|label| *label != NONE)
    }
}

fn check(corpus: &Corpus, words: &[u32], labels: &[u32]) -> Result<(), FastTextError> {
    if labels.is_empty() {
        return Err(FastTextError::NoLabels);
    }
    if let [only] = labels {
        return Err(FastTextError::OneLabel(String::from_utf8_lossy(corpus.labels.word(*only)).into_owned()));
    }
    if !corpus.has_words() || words.iter().all(|word| corpus.is_end(*word)) {
        return Err(FastTextError::NoWords);
    }
    Ok(())
}

/// The position in `order` of each number below `count`.
fn ranks(order: &[u32], count: usize) -> Vec<u32> {
    let mut ranks = vec![NONE; count];
    for (rank, id) in (0..).zip(order) {
        if let Some(entry) = ranks.get_mut(*id as usize) {
            *entry = rank;
        }
    }
    ranks
}
