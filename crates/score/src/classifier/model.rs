use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use textmill_fasttext::{FastTextError, FastTextModel, LineFeed, Predictor};

/// A model with one label whose probability is the score.
#[derive(Debug)]
pub(super) struct Scorer {
    model: Arc<FastTextModel>,
    label: usize,
    /// One for each thread that has needed one.
    predictors: Mutex<Vec<Predictor>>,
}

impl Scorer {
    /// `None` if the model does not have the label.
    pub(super) fn new(model: Arc<FastTextModel>, label: &str) -> Option<Self> {
        let label = model.labels().iter().position(|known| known == label)?;
        Some(Self { model, label, predictors: Mutex::default() })
    }

    pub(super) fn load(path: &Path) -> Result<Arc<FastTextModel>, FastTextError> {
        FastTextModel::load(path).map(Arc::new)
    }

    /// A predictor for as long as `work` takes.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Predictor) -> T) -> T {
        let lock = || self.predictors.lock().unwrap_or_else(PoisonError::into_inner);
        let mut predictor = lock().pop().unwrap_or_else(|| Predictor::new(Arc::clone(&self.model)));
        let result = work(&mut predictor);
        lock().push(predictor);
        result
    }

    /// The probability of the label, 0 to 1; `None` where the model knows nothing of the text.
    pub(super) fn score(&self, predictor: &mut Predictor, text: &str) -> Option<f64> {
        let labels = self.model.labels();
        let found = predictor.predict(text, LineFeed::Space, labels.len(), 0.0);
        let label = labels.get(self.label)?;
        let score = found.iter().find(|found| found.label == label)?.probability;
        Some(f64::from(score).clamp(0.0, 1.0))
    }
}
