use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array};
use arrow::datatypes::{DataType, Field};
use textmill_document::{Applied, ColumnRead, DocumentBatch, Reason, Stage, StageError, columns};

use super::Scorer;
use super::config::TransformerConfig;
use super::error::TransformerConfigError;
use crate::bounds::{Bounds, NO_SCORE, SCORE_TOO_HIGH, SCORE_TOO_LOW};

/// The stage `transformer`.
#[derive(Debug)]
pub struct TransformerStage {
    column: String,
    bounds: Bounds,
    scorer: Scorer,
    digests: Vec<String>,
}

impl TransformerStage {
    /// The stage as configured. Loads the model and its tokenizer, and tries them on each other.
    pub fn new(config: &TransformerConfig) -> Result<Self, TransformerConfigError> {
        let place = config.place()?;
        let column = config.score_column()?;
        let bounds = config.bounds()?;
        let (scorer, digests) = Scorer::load(config, place)?;
        Ok(Self { column, bounds, scorer, digests })
    }

    /// Digests of the model and of the tokenizer: part of what decides a result.
    pub fn digests(&self) -> &[String] {
        &self.digests
    }

    /// Every reason for which the stage can drop a document, in any configuration.
    pub fn all_reasons() -> Vec<Reason> {
        vec![SCORE_TOO_LOW, SCORE_TOO_HIGH, NO_SCORE]
    }

    /// The score of each text; nothing for one without a token.
    pub fn scores<'a>(&self, texts: impl IntoIterator<Item = Option<&'a str>>) -> Result<Vec<Option<f64>>, StageError> {
        let of = |text: &str| self.scorer.score(text).map_err(StageError::Compute);
        texts.into_iter().map(|text| text.map_or(Ok(None), of)).collect()
    }
}

impl Stage for TransformerStage {
    fn name(&self) -> &'static str {
        "transformer"
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self) -> Vec<ColumnRead> {
        vec![ColumnRead::standard(columns::TEXT)]
    }

    fn adds(&self) -> Vec<Field> {
        vec![Field::new(&self.column, DataType::Float64, true)]
    }

    fn reasons(&self) -> Vec<Reason> {
        self.bounds.reasons()
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let scores = self.scores(batch.text()?.iter())?;
        let decide = |(row, score): (usize, &Option<f64>)| self.bounds.decide(row, *score);
        let dropped = scores.iter().enumerate().filter_map(decide).collect();
        let array: ArrayRef = Arc::new(Float64Array::from(scores));
        let batch = batch.with_columns(self.adds().into_iter().zip([array]).collect())?;
        Ok(Applied::without(&batch, dropped)?)
    }
}

#[cfg(all(test, feature = "onnx"))]
#[path = "tests.rs"]
mod tests;
#[cfg(all(test, not(feature = "onnx")))]
mod tests_without {
    use super::*;

    #[test]
    fn a_build_without_models_says_so() {
        let error = TransformerStage::new(&TransformerConfig::new("m.onnx", "t.json", &["a", "b"], "a"));
        assert!(error.expect_err("refused").to_string().contains("without the feature `onnx`"));
    }
}
