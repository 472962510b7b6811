use std::sync::Arc;

use crate::FastTextError;
use crate::evaluate::{Evaluation, evaluate};
use crate::train::{Corpus, Example, TrainOptions, train_on};

/// The values that [`autotune`] tries, in every combination.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Learning rates, by default 0.1, 0.25, 0.5 and 1.
    pub learning_rates: Vec<f64>,
    /// Epochs, by default 5 and 25.
    pub epochs: Vec<u32>,
    /// Longest n-grams of words, by default 1 and 2.
    pub word_ngrams: Vec<u32>,
}

impl Default for Grid {
    fn default() -> Self {
        Self { learning_rates: vec![0.1, 0.25, 0.5, 1.0], epochs: vec![5, 25], word_ngrams: vec![1, 2] }
    }
}

impl Grid {
    /// Every combination, the ones that train fastest first; other options are those of `base`.
    fn options(&self, base: &TrainOptions) -> Vec<TrainOptions> {
        let mut all = Vec::new();
        for &word_ngrams in &self.word_ngrams {
            for &epochs in &self.epochs {
                for &learning_rate in &self.learning_rates {
                    all.push(TrainOptions { epochs, learning_rate, word_ngrams, ..base.clone() });
                }
            }
        }
        all.sort_by_key(|options| (u64::from(options.word_ngrams) * u64::from(options.epochs), options.word_ngrams));
        all
    }
}

/// One combination that was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The options of the training.
    pub options: TrainOptions,
    /// The best label of each validation example; `None` where training diverged.
    pub evaluation: Option<Evaluation>,
}

/// The result of [`autotune`].
#[derive(Debug, Clone, PartialEq)]
pub struct Tuned {
    /// The options with the highest F1 on the validation examples; of equal ones those that train fastest.
    pub best: TrainOptions,
    /// Its F1, 0 to 1.
    pub f1: f64,
    /// Everything that was tried, in order.
    pub trials: Vec<Trial>,
}

/// Trains on `training` with every combination of `grid` and evaluates on `validation`, which should have none of the
/// same documents. It takes the time of all trainings together. With one thread the result is always the same.
pub fn autotune<'a>(
    training: impl IntoIterator<Item = Example<'a>>,
    validation: &[Example<'_>],
    base: &TrainOptions,
    grid: &Grid,
) -> Result<Tuned, FastTextError> {
    autotune_on(&Corpus::new(training)?, validation, base, grid)
}

/// As [`autotune`], with training examples that were counted before.
pub fn autotune_on(
    corpus: &Corpus,
    validation: &[Example<'_>],
    base: &TrainOptions,
    grid: &Grid,
) -> Result<Tuned, FastTextError> {
    let all = grid.options(base);
    all.iter().try_for_each(TrainOptions::check)?;
    let mut trials = Vec::with_capacity(all.len());
    let mut best: Option<(f64, usize)> = None;
    for (index, options) in all.into_iter().enumerate() {
        let evaluation = match train_on(corpus, &options) {
            Ok(model) => Some(evaluate(&Arc::new(model), validation.iter().cloned(), 1, 0.0)?),
            Err(FastTextError::Diverged) => None,
            Err(error) => return Err(error),
        };
        if let Some(f1) = evaluation.as_ref().map(|evaluation| evaluation.all.f1())
            && best.is_none_or(|(most, _)| f1 > most)
        {
            best = Some((f1, index));
        }
        trials.push(Trial { options, evaluation });
    }
    let empty = || FastTextError::Option { option: "grid", value: "empty".to_owned(), allowed: "a value of each kind" };
    let (f1, index) = best.ok_or_else(|| if trials.is_empty() { empty() } else { FastTextError::Diverged })?;
    let options = trials.get(index).map(|trial| trial.options.clone()).unwrap_or_default();
    Ok(Tuned { best: options, f1, trials })
}
