use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use crate::block::Block;
use crate::table::{Table, Value};
use crate::vocabulary::{BEGIN, END, UNKNOWN, Vocabulary};
use crate::{LmError, compact, kenlm, words};

/// Probability of an n-gram's last word after the others, and the weight of what follows it when that is not known; both
/// as logarithms to base 10.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Weights {
    pub(crate) probability: f32,
    pub(crate) backoff: f32,
}

impl Value for Weights {
    fn to_bits(self) -> u64 {
        u64::from(self.probability.to_bits()) | u64::from(self.backoff.to_bits()) << 32
    }

    #[allow(clippy::cast_possible_truncation, reason = "one half each")]
    fn from_bits(bits: u64) -> Self {
        Self { probability: f32::from_bits(bits as u32), backoff: f32::from_bits((bits >> 32) as u32) }
    }
}

/// How n-grams are hashed, from the last word to the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hashes {
    /// By [`hash_of`] and [`hash_step`].
    Own,
    /// As `KenLM`'s probing tables have it, which hold n-grams by their hashes alone.
    KenLm,
}

impl Hashes {
    pub(crate) fn first(self, word: u32) -> u64 {
        match self {
            Self::Own => hash_of(word),
            Self::KenLm => u64::from(word),
        }
    }

    pub(crate) fn step(self, hash: u64, word: u32) -> u64 {
        match self {
            Self::Own => hash_step(hash, word),
            Self::KenLm => {
                let word = (u64::from(word) + 1).wrapping_mul(17_894_857_484_156_487_943);
                hash.wrapping_mul(8_978_948_897_894_561_157) ^ word
            }
        }
    }
}

/// A language model. Threads share it.
#[derive(Debug, Clone)]
pub struct NgramModel {
    pub(crate) vocabulary: Vocabulary,
    pub(crate) unigrams: Vec<Weights>,
    /// n-grams of two words, of three, ..., by `hashes`.
    pub(crate) tables: Vec<Table<Weights>>,
    pub(crate) hashes: Hashes,
    begin: u32,
    end: u32,
}

/// The score of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Score {
    /// Logarithm to base 10 of the probability.
    pub log10: f64,
    /// Words that were scored, ends of sentences too.
    pub words: u64,
    /// Words that the model does not know.
    pub unknown: u64,
}

impl Score {
    /// 10 to the negative mean of the logarithms; infinite for nothing.
    pub fn perplexity(&self) -> f64 {
        if self.words == 0 { f64::INFINITY } else { 10_f64.powf(-self.log10 / self.words as f64) }
    }
}

pub(crate) fn hash_of(word: u32) -> u64 {
    (u64::from(word) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// The hash of an n-gram with one more word before it.
pub(crate) fn hash_step(hash: u64, word: u32) -> u64 {
    let mixed = (hash ^ (u64::from(word) + 1)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    mixed ^ (mixed >> 29)
}

/// The hash of an n-gram in the order of the text.
pub(crate) fn hash(ngram: &[u32]) -> u64 {
    let mut words = ngram.iter().rev();
    let last = words.next().copied().unwrap_or_default();
    words.fold(hash_of(last), |hash, word| hash_step(hash, *word))
}

impl NgramModel {
    pub(crate) fn new(vocabulary: Vocabulary, unigrams: Vec<Weights>, tables: Vec<Table<Weights>>) -> Self {
        Self::with_hashes(vocabulary, unigrams, tables, Hashes::Own)
    }

    pub(crate) fn with_hashes(
        vocabulary: Vocabulary,
        unigrams: Vec<Weights>,
        tables: Vec<Table<Weights>>,
        hashes: Hashes,
    ) -> Self {
        let (begin, end) = (vocabulary.number(BEGIN), vocabulary.number(END));
        Self { vocabulary, unigrams, tables, hashes, begin, end }
    }

    /// Reads a file: ARPA as text, compact (`.lm`), or `KenLM`'s binary form, told by its first bytes.
    pub fn load(path: &Path) -> Result<Self, LmError> {
        let open = |source| LmError::Open { path: path.to_owned(), source };
        let file = File::open(path).map_err(open)?;
        let length = file.metadata().map_err(open)?.len();
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let start = reader.fill_buf().map_err(LmError::Read)?;
        let decode = if compact::begins(start) {
            compact::decode
        } else if kenlm::begins(start) {
            kenlm::decode
        } else {
            return Self::read_arpa(reader);
        };
        let mut bytes = Vec::new();
        reader.take(length).read_to_end(&mut bytes).map_err(LmError::Read)?;
        decode(&bytes)
    }

    /// Words of the longest n-grams.
    pub fn order(&self) -> usize {
        self.tables.len() + 1
    }

    /// Number of words, with `<unk>`.
    pub fn words(&self) -> usize {
        self.vocabulary.len()
    }

    /// Number of n-grams of each order.
    pub fn counts(&self) -> Vec<usize> {
        std::iter::once(self.unigrams.len()).chain(self.tables.iter().map(Table::len)).collect()
    }

    /// Whether a word is known.
    pub fn knows(&self, word: &str) -> bool {
        self.vocabulary.number(word.as_bytes()) != UNKNOWN
    }

    /// The model as a compact file, which is read about ten times as fast as ARPA.
    pub fn to_compact(&self) -> Vec<u8> {
        compact::encode(self)
    }

    /// Scores a sentence: its words after `<s>`, then `</s>`. Words are separated by blanks.
    pub fn score(&self, sentence: &str) -> Score {
        self.score_with(sentence, true, true)
    }

    /// As [`score`](Self::score), with or without `<s>` before the words and `</s>` after them.
    pub fn score_with(&self, sentence: &str, begin: bool, end: bool) -> Score {
        let mut block = Block::new();
        if begin {
            block.begin(self.begin, self.unigrams.get(self.begin as usize).copied().unwrap_or_default());
        }
        let mut score = Score::default();
        let mut rest = words(sentence.as_bytes()).chain(end.then_some(END));
        while block.read(&mut rest, &self.vocabulary) {
            block.find_words(self.hashes, &self.unigrams);
            for (order, table) in (2..).zip(&self.tables) {
                block.find(order, self.hashes, table);
            }
            for (before, place) in block.pairs() {
                score.unknown += u64::from(place.word == UNKNOWN);
                score.words += 1;
                score.log10 += place.score(before, self.order());
            }
        }
        // The end is not a word that could be known.
        score.unknown -= u64::from(end && self.end == UNKNOWN);
        score
    }

    /// 10 to the negative mean logarithm of the words and the end of a sentence, as `KenLM` has it.
    pub fn perplexity(&self, sentence: &str) -> f64 {
        self.score(sentence).perplexity()
    }

    /// The score of each line that has a word, each as a sentence, together: `CCNet`'s perplexity of a document.
    pub fn score_lines(&self, text: &str) -> Score {
        let mut all = Score::default();
        for line in text.split('\n').filter(|line| words(line.as_bytes()).next().is_some()) {
            let Score { log10, words, unknown } = self.score(line);
            all.log10 += log10;
            all.words += words;
            all.unknown += unknown;
        }
        all
    }
}
