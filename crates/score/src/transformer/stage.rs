use arrow::datatypes::{DataType, Field};
use textmill_document::{
    Applied, ColumnRead, ConfigFault, DocumentBatch, Reason, Stage, StageConfig, StageError, columns,
};

use super::Scorer;
use super::config::TransformerConfig;
use crate::bounds::{Bounds, score_array};

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
    pub fn new(config: &TransformerConfig) -> Result<Self, ConfigFault> {
        let place = config.place()?;
        let column = config.score_column()?;
        let bounds = config.bounds()?;
        let (scorer, digests) = Scorer::load(config, place)?;
        Ok(Self { column, bounds, scorer, digests })
    }

    /// The score of each text; nothing for one without a token.
    pub fn scores<'a>(&self, texts: impl IntoIterator<Item = Option<&'a str>>) -> Result<Vec<Option<f64>>, StageError> {
        let of = |text: &str| self.scorer.score(text).map_err(StageError::Compute);
        texts.into_iter().map(|text| text.map_or(Ok(None), of)).collect()
    }
}

impl Stage for TransformerStage {
    fn name(&self) -> &'static str {
        TransformerConfig::NAME
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

    fn digests(&self) -> Vec<String> {
        self.digests.clone()
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let scores = self.scores(batch.text()?.iter())?;
        let columns = self.adds().into_iter().zip([score_array(&scores)]).collect();
        self.bounds.apply(&batch, &scores, columns)
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
