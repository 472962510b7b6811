use std::ops::ControlFlow;
use std::sync::Arc;

use crate::cache::{Cache, Place};
use crate::dictionary::{END, Token};
use crate::hash::{FNV_START, fnv_step};
use crate::kernels::Kernels;
use crate::model::FastTextModel;

/// A label with its probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction<'m> {
    /// The label, without `__label__`.
    pub label: &'m str,
    /// From 0 to 1.00001: fastText adds 0.00001 before it takes a logarithm, so that a sure label comes out as more
    /// than 1.
    pub probability: f32,
}

/// The meaning of a line feed in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFeed {
    /// It ends the text, as in the C++ program, which reads lines. A text without one has no end mark.
    End,
    /// It is white space; the end mark comes after the whole text. The same as fastText's Python package for a text
    /// whose line feeds are replaced by spaces.
    Space,
}

/// A model with the memory that one thread needs: vectors of words seen lately, at most about 4 MiB.
#[derive(Debug)]
pub struct Predictor {
    model: Arc<FastTextModel>,
    cache: Cache,
    text: Sum,
    /// For words that are not remembered.
    word: Vec<f32>,
    spare: Spare,
    hashes: Vec<u32>,
    /// Rows of the n-grams of words, and of words whose sums are not remembered.
    rows: Vec<u32>,
    /// Whether sums are remembered: a word that is one row, ready to be added, is not worth it.
    remembers: bool,
}

/// Buffers for one word.
#[derive(Debug, Default)]
struct Spare {
    /// The word between `<` and `>`.
    marked: Vec<u8>,
    /// Numbers of its n-grams.
    ids: Vec<u32>,
    rows: Vec<u32>,
}

/// Columns up to which a call of the kernels costs more than the addition.
const SHORT: usize = 16;

/// A sum of rows of the input matrix.
#[derive(Debug)]
struct Sum {
    vector: Vec<f32>,
    rows: u64,
    kernels: Kernels,
}

impl Sum {
    #[inline]
    fn add(&mut self, vector: &[f32], rows: u32) {
        if vector.len() <= SHORT {
            for (sum, value) in self.vector.iter_mut().zip(vector) {
                *sum += value;
            }
        } else {
            self.kernels.add(&mut self.vector, vector);
        }
        self.rows += u64::from(rows);
    }
}

impl Predictor {
    /// A predictor that remembers nothing yet.
    pub fn new(model: Arc<FastTextModel>) -> Self {
        let dim = model.header.dim;
        let text = Sum { vector: vec![0.0; dim], rows: 0, kernels: Kernels::new() };
        Self {
            cache: Cache::new(dim),
            text,
            word: vec![0.0; dim],
            spare: Spare::default(),
            hashes: Vec::new(),
            rows: Vec::new(),
            remembers: model.dictionary.has_subwords() || model.input.is_quantized(),
            model,
        }
    }

    /// The model.
    pub fn model(&self) -> &Arc<FastTextModel> {
        &self.model
    }

    /// The best `k` labels (at least 1) with a probability of at least `threshold`, best first. None where nothing of
    /// the text is known to the model. As in C++, a word `</s>` ends the text.
    pub fn predict(&mut self, text: &str, line_feed: LineFeed, k: usize, threshold: f32) -> Vec<Prediction<'_>> {
        self.text.vector.fill(0.0);
        self.text.rows = 0;
        self.hashes.clear();
        self.rows.clear();
        let end = self.walk(text.as_bytes(), line_feed);
        if end.is_continue() && line_feed == LineFeed::Space {
            self.add_end();
        }
        let Self { model, text, hashes, rows, .. } = self;
        model.dictionary.each_word_ngram(hashes, model.header.longest_ngram(), |row| {
            rows.push(row);
        });
        model.input.add_rows(rows, &mut text.vector);
        text.rows += rows.len() as u64;
        if text.rows == 0 {
            return Vec::new();
        }
        #[expect(clippy::cast_possible_truncation, reason = "fastText rounds here as well")]
        let share = (1.0 / text.rows as f64) as f32;
        text.vector.iter_mut().for_each(|value| *value *= share);
        let best = model.output.best(&text.vector, k.max(1), threshold);
        let labels = model.labels();
        let named = best.into_iter().filter_map(|(score, label)| {
            let probability = score.exp();
            let probability = if probability.is_nan() { 0.0 } else { probability };
            labels.get(label as usize).map(|label| Prediction { label, probability })
        });
        named.collect()
    }

    /// Adds all words; breaks where the text ends early.
    fn walk(&mut self, bytes: &[u8], line_feed: LineFeed) -> ControlFlow<()> {
        let (mut start, mut hash) = (0, FNV_START);
        for (index, byte) in bytes.iter().enumerate() {
            if !is_space(*byte) {
                hash = fnv_step(hash, *byte);
                continue;
            }
            self.add_token(bytes.get(start..index).unwrap_or_default(), hash)?;
            (start, hash) = (index + 1, FNV_START);
            if *byte == b'\n' && line_feed == LineFeed::End {
                self.add_end();
                return ControlFlow::Break(());
            }
        }
        self.add_token(bytes.get(start..).unwrap_or_default(), hash)
    }

    fn add_end(&mut self) {
        let hash = END.iter().fold(FNV_START, |hash, byte| fnv_step(hash, *byte));
        let _ = self.add_token(END, hash);
    }

    fn add_token(&mut self, word: &[u8], hash: u32) -> ControlFlow<()> {
        if word.is_empty() {
            return ControlFlow::Continue(());
        }
        let counts = if self.remembers { self.add_remembered(word, hash) } else { self.add_row(word, hash) };
        if counts && self.model.header.longest_ngram() > 1 {
            self.hashes.push(hash);
        }
        if word == END { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Notes the row of a word that has no others; false for a label.
    fn add_row(&mut self, word: &[u8], hash: u32) -> bool {
        match self.model.dictionary.token(word, hash) {
            Token::Known(row) => self.rows.push(row),
            Token::Unknown => {}
            Token::Label => return false,
        }
        true
    }

    /// Adds the sum of a word's rows, which may be remembered; false for a label.
    fn add_remembered(&mut self, word: &[u8], hash: u32) -> bool {
        let Self { model, cache, text, word: sum, spare, .. } = self;
        match cache.place(word, hash) {
            Place::Known(sum, rows) => {
                text.add(sum, rows);
                true
            }
            Place::New(sum, rows) => {
                let found = sum_word(model, word, hash, spare, sum);
                *rows = found.unwrap_or_default();
                text.add(sum, *rows);
                found.is_some()
            }
            Place::None => {
                sum.fill(0.0);
                let found = sum_word(model, word, hash, spare, sum);
                text.add(sum, found.unwrap_or_default());
                found.is_some()
            }
        }
    }
}

/// Adds the rows of a word to `sum`, which is zero, and counts them; `None` for a label.
fn sum_word(model: &FastTextModel, word: &[u8], hash: u32, spare: &mut Spare, sum: &mut [f32]) -> Option<u32> {
    let Spare { marked, ids, rows } = spare;
    rows.clear();
    match model.dictionary.token(word, hash) {
        Token::Known(row) => rows.push(row),
        Token::Unknown => {}
        Token::Label => return None,
    }
    if word != END {
        marked.clear();
        marked.push(b'<');
        marked.extend_from_slice(word);
        marked.push(b'>');
        model.dictionary.subword_rows(marked, ids, rows);
    }
    model.input.add_rows(rows, sum);
    u32::try_from(rows.len()).ok()
}

/// The white space of fastText; other white space of Unicode belongs to words.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | 0x0B | 0x0C | 0)
}
