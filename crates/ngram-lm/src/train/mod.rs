//! Interpolated modified Kneser-Ney, in passes over sorted records that go to disk where memory ends.
//!
//! 1. [`Trainer::push`] makes n-grams of the highest order, sorted by their last word, then the one before, and so on
//!    (suffix order), equal ones added up.
//! 2. [`adjust`] walks over them once and gives the n-grams of every order with their adjusted counts: how often they
//!    are there for the highest order and for those after `<s>`, else before how many different words.
//! 3. For each order, sorted by context: the sum of each context, what its n-grams keep after the discount, and what the
//!    context hands down ([`discount`]).
//! 4. In suffix order again, where a shorter n-gram comes right before its longer ones: probabilities from the lowest
//!    order up, and the backoff of each n-gram that is a context ([`interpolate`]).

mod adjust;
mod discount;
mod interpolate;
mod sorter;
mod write;

use std::io::Write;

use adjust::adjust;
use discount::{Discounts, discount};
use interpolate::interpolate;
use sorter::Sorter;

use crate::vocabulary::{BEGIN, END, UNKNOWN_WORD, Vocabulary};
use crate::{LmError, words};

/// The longest n-grams that training counts.
const MAX_TRAINED: usize = 6;

/// Words of an n-gram, the last one first; what is behind them is 0.
pub(crate) type Reversed = [u32; MAX_TRAINED];

/// Options of a training. The names of `lmplz`'s arguments are in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainOptions {
    /// Words of the longest n-grams (`-o`), 1 to 6. Default 5.
    pub order: usize,
    /// For each order, from the first, the largest count that is left out (`--prune`); the last one stands for the orders
    /// after it too. The first must be 0. Default none are left out.
    pub prune: Vec<u64>,
    /// Fixed discounts 0.5, 1 and 1.5 where the counts give none (`--discount_fallback`). Default false.
    pub discount_fallback: bool,
    /// Bytes for sorting; the vocabulary comes on top. Default 1 GiB. It changes nothing in the model.
    pub memory: usize,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self { order: 5, prune: Vec::new(), discount_fallback: false, memory: 1 << 30 }
    }
}

impl TrainOptions {
    fn check(&self) -> Result<(), LmError> {
        let option = |option, value: String, allowed| Err(LmError::Option { option, value, allowed });
        if !(1..=MAX_TRAINED).contains(&self.order) {
            return option("order", self.order.to_string(), "from 1 to 6");
        }
        let rising = self.prune.is_sorted() && self.prune.first().is_none_or(|first| *first == 0);
        if !rising || self.prune.len() > self.order {
            let allowed = "a number for each order, 0 for the first and none smaller than the one before";
            return option("prune", format!("{:?}", self.prune), allowed);
        }
        Ok(())
    }

    /// The largest count of n-grams of `order` that is left out.
    fn threshold(&self, order: usize) -> u64 {
        self.prune.get(order - 1).or(self.prune.last()).copied().unwrap_or(0)
    }
}

/// Takes sentences, then trains.
#[derive(Debug)]
pub struct Trainer {
    options: TrainOptions,
    vocabulary: Vocabulary,
    begin: u32,
    end: u32,
    counts: Sorter<(Reversed, u64)>,
    sentences: u64,
    tokens: u64,
}

/// Figures of a trained model.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// Sentences with a word.
    pub sentences: u64,
    /// Their words.
    pub tokens: u64,
    /// n-grams of each order in the model.
    pub ngrams: Vec<u64>,
    /// The discounts of counts 1, 2, and 3 or more, for each order.
    pub discounts: Vec<[f64; 3]>,
}

impl Trainer {
    /// A trainer without sentences.
    pub fn new(options: TrainOptions) -> Result<Self, LmError> {
        options.check()?;
        let mut vocabulary = Vocabulary::default();
        let (begin, end) = (vocabulary.add(BEGIN)?, vocabulary.add(END)?);
        let counts = Sorter::new(options.memory / 2);
        Ok(Self { options, vocabulary, begin, end, counts, sentences: 0, tokens: 0 })
    }

    /// Takes a sentence: words separated by blanks. The words `<s>`, `</s>` and `<unk>` are left out of it.
    pub fn push(&mut self, sentence: &str) -> Result<(), LmError> {
        let order = self.options.order;
        // The words so far, the last one first.
        let mut ngram: Reversed = [0; MAX_TRAINED];
        ngram.iter_mut().take(order).for_each(|word| *word = self.begin);
        let mut any = false;
        for word in words(sentence.as_bytes()).filter(|word| ![BEGIN, END, UNKNOWN_WORD].contains(word)) {
            any = true;
            self.tokens += 1;
            let word = self.vocabulary.add(word)?;
            self.count(&mut ngram, word)?;
        }
        if any {
            self.sentences += 1;
            self.count(&mut ngram, self.end)?;
        }
        Ok(())
    }

    /// Moves an n-gram on by a word and counts it.
    fn count(&mut self, ngram: &mut Reversed, word: u32) -> Result<(), LmError> {
        ngram.copy_within(..MAX_TRAINED - 1, 1);
        ngram[0] = word;
        ngram.iter_mut().skip(self.options.order).for_each(|word| *word = 0);
        self.counts.push((*ngram, 1))
    }

    /// Trains, and writes the model in ARPA form. The same sentences in the same order give the same bytes, whatever the
    /// memory.
    pub fn finish(self, into: impl Write) -> Result<Trained, LmError> {
        let Self { options, vocabulary, begin, counts, sentences, tokens, .. } = self;
        if sentences == 0 {
            return Err(LmError::NothingToTrainOn);
        }
        let memory = options.memory / (2 * options.order);
        let counted = adjust(counts.finish()?, &options, begin, memory)?;
        let discounts =
            counted.iter().map(|counted| Discounts::of(counted, &options)).collect::<Result<Vec<_>, _>>()?;
        let mut discounted = Vec::with_capacity(options.order);
        for (counted, discounts) in counted.into_iter().zip(&discounts) {
            discounted.push(discount(counted, discounts, memory)?);
        }
        let interpolated = interpolate(discounted, vocabulary.len() as u64 - 1, begin, memory)?;
        let ngrams = write::write(into, interpolated, &vocabulary)?;
        Ok(Trained { sentences, tokens, ngrams, discounts: discounts.iter().map(Discounts::values).collect() })
    }
}
