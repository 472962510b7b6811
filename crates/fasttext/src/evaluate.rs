//! How good a model is on examples it was not trained on, and where to put the bound of a filter.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::FastTextError;
use crate::model::FastTextModel;
use crate::predict::{LineFeed, Predictor};
use crate::train::{Example, within};

/// Counts of labels, and what is computed of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Labels of the examples.
    pub given: u64,
    /// Labels that the model answered.
    pub predicted: u64,
    /// Labels that are both.
    pub correct: u64,
}

impl Counts {
    /// The share of the answers that are right; 0 where there is none.
    pub fn precision(&self) -> f64 {
        share(self.correct, self.predicted)
    }

    /// The share of the examples' labels that were answered; 0 where there is none.
    pub fn recall(&self) -> f64 {
        share(self.correct, self.given)
    }

    /// The harmonic mean of precision and recall.
    pub fn f1(&self) -> f64 {
        share(2 * self.correct, self.given + self.predicted)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The result of [`evaluate`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evaluation {
    /// Examples with a label; others are left out, as in `fasttext test`.
    pub examples: u64,
    /// Over all labels.
    pub all: Counts,
    /// For each label of the model or of an example.
    pub labels: BTreeMap<String, Counts>,
}

/// Compares the best `k` labels (at least 1) with a probability of at least `threshold` (0 to 1) to the examples' own.
/// With `k` of 1 and one label for each example, precision is the accuracy. Source: `fasttext test`.
pub fn evaluate<'a>(
    model: &Arc<FastTextModel>,
    examples: impl IntoIterator<Item = Example<'a>>,
    k: usize,
    threshold: f32,
) -> Result<Evaluation, FastTextError> {
    let mut predictor = Predictor::new(Arc::clone(model));
    let mut found = Evaluation::default();
    found.labels.extend(model.labels().iter().map(|label| (label.clone(), Counts::default())));
    for Example { labels, text } in examples {
        if labels.is_empty() {
            continue;
        }
        found.examples += 1;
        for answer in predictor.predict(text, LineFeed::Space, k, threshold) {
            let correct = u64::from(labels.contains(&answer.label));
            found.count(answer.label, Counts { given: 0, predicted: 1, correct });
        }
        for label in labels {
            found.count(label, Counts { given: 1, ..Counts::default() });
        }
    }
    if found.examples == 0 { Err(FastTextError::NothingToEvaluate) } else { Ok(found) }
}

impl Evaluation {
    fn count(&mut self, label: &str, more: Counts) {
        let add = |counts: &mut Counts| {
            counts.given += more.given;
            counts.predicted += more.predicted;
            counts.correct += more.correct;
        };
        add(&mut self.all);
        match self.labels.get_mut(label) {
            Some(counts) => add(counts),
            None => add(self.labels.entry(label.to_owned()).or_default()),
        }
    }
}

/// The probability of `label` for each text, 0 where nothing of a text is known; `None` if the model has no such label.
pub fn probabilities<'a>(
    model: &Arc<FastTextModel>,
    label: &str,
    texts: impl IntoIterator<Item = &'a str>,
) -> Option<Vec<f32>> {
    let count = model.labels().len();
    model.labels().iter().find(|known| *known == label)?;
    let mut predictor = Predictor::new(Arc::clone(model));
    let probability = |text| {
        let found = predictor.predict(text, LineFeed::Space, count, 0.0);
        found.iter().find(|found| found.label == label).map_or(0.0, |found| found.probability)
    };
    Some(texts.into_iter().map(probability).collect())
}

/// The largest threshold that keeps at least the share `keep` (0 to 1) of documents with these probabilities, when
/// documents with a probability of at least the threshold are kept. With equal probabilities it may keep more. Source:
/// the filter of `DataComp-LM` (Li et al. 2024), which keeps the best tenth of the documents.
pub fn threshold_keeping(probabilities: &[f32], keep: f64) -> Result<f32, FastTextError> {
    within("keep", keep, 0.0..=1.0, "from 0 to 1")?;
    if probabilities.is_empty() {
        return Err(FastTextError::NothingToEvaluate);
    }
    let mut sorted = probabilities.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the number of documents")]
    let kept = (keep * sorted.len() as f64).ceil() as usize;
    // To keep none, the threshold is above the best.
    let last = kept.checked_sub(1).and_then(|last| sorted.get(last)).copied();
    Ok(last.unwrap_or_else(|| sorted.first().map_or(f32::INFINITY, |best| best.next_up())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_keep_the_share_asked_for() {
        let scores = [0.1, 0.9, 0.5, 0.5, 0.7, 0.2, 0.3, 0.4, 0.6, 0.8];
        let kept = |keep: f64| {
            let threshold = threshold_keeping(&scores, keep).expect("good");
            scores.iter().filter(|score| **score >= threshold).count()
        };
        assert_eq!([0.0, 0.1, 0.2, 0.55, 1.0].map(kept), [0, 1, 2, 6, 10]);
        // The fifth and the sixth are equal.
        assert_eq!(kept(0.5), 6);
        assert!(threshold_keeping(&scores, 1.5).is_err() && threshold_keeping(&scores, f64::NAN).is_err());
        assert!(threshold_keeping(&[], 0.5).is_err());
    }

    #[test]
    fn measures_are_those_of_the_counts() {
        let counts = Counts { given: 10, predicted: 4, correct: 2 };
        assert_eq!((counts.precision(), counts.recall()), (0.5, 0.2));
        assert!((counts.f1() - 2.0 * 0.5 * 0.2 / 0.7).abs() < 1e-12);
        assert_eq!((Counts::default().f1(), Counts::default().precision()), (0.0, 0.0));
    }
}
