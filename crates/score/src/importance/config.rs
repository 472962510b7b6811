use std::num::NonZeroU32;

use arrow::datatypes::Schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Example, Mode, Reason, StageConfig};

use super::ImportanceStage;
use crate::bounds::{Bounds, SCORE_REASONS, SCORE_TOO_LOW, check_column};

/// Scores documents by how much likelier their n-grams are in target texts than in raw ones; keeps those between two
/// bounds.
///
/// # What it removes
/// Documents whose weight is below `min` (`score_too_low`) or above `max` (`score_too_high`), and, where there is a bound,
/// documents without a word (`no_score`). The weight becomes a column.
///
/// # Why
/// A corpus that should be like another one (articles, textbooks, a domain) is chosen from a crawl by it without a trained
/// classifier: two counts of hashed words and pairs of words are the whole model, and made in one pass.
///
/// # Parameters
/// See below. The weight is the sum over all n-grams of the logarithm (base e) of their probability in the target over
/// that in the raw texts, both counted in buckets, plus 0.00000001 each. It grows with the length of a document, unless
/// `per_ngram` divides by the number of n-grams. `textmill train importance` makes models, which say which form of text
/// they count.
///
/// # Source
/// DSIR: Xie et al. 2023, "Data Selection for Language Models via Importance Resampling" (arXiv:2302.03169): 10,000
/// buckets of words and pairs of words. It draws by these weights with noise; here a bound on them decides.
///
/// # Cost
/// About that of `tokens`. The model is 80 KB with 10,000 buckets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportanceConfig {
    /// `decide` drops by the bounds; `annotate` only adds the column, so that no bound may be set. Default `decide`.
    #[serde(default)]
    pub mode: Mode,
    /// Path of the model.
    pub model: String,
    /// The column of the weight. Default `importance`.
    #[serde(default = "default_column")]
    pub column: String,
    /// Whether the weight is divided by the number of n-grams. Default false, as in the paper.
    #[serde(default)]
    pub per_ngram: bool,
    /// Characters of a document that are looked at, from its beginning. Default all.
    #[serde(default)]
    pub max_chars: Option<NonZeroU32>,
    /// Lowest weight that is kept. Default none.
    #[serde(default)]
    pub min: Option<f64>,
    /// Highest weight that is kept. Default none.
    #[serde(default)]
    pub max: Option<f64>,
}

fn default_column() -> String {
    "importance".to_owned()
}

impl StageConfig for ImportanceConfig {
    type Stage = ImportanceStage;

    const NAME: &'static str = "importance";
    const REASONS: &'static [Reason] = SCORE_REASONS;
    const EXAMPLES: &'static [Example] = &[
        Example::text(r#"{"model": "articles.json", "min": 0}"#, "The committee published its report in March.").kept(),
        Example::text(r#"{"model": "articles.json", "min": 0, "per_ngram": true}"#, "Buy now! Free shipping!")
            .dropped(SCORE_TOO_LOW)
            .by(-16.15, 0.0),
    ];
    const IS_STEP: bool = true;
    const DIGESTS: &'static str = "model_digests";

    fn build(self, _: Option<&Schema>) -> Result<ImportanceStage, Vec<ConfigFault>> {
        Ok(ImportanceStage::new(self)?)
    }
}

impl ImportanceConfig {
    /// The weight under `model`, with every default.
    pub fn new(model: impl Into<String>) -> Self {
        let (mode, column) = (Mode::Decide, default_column());
        Self { mode, model: model.into(), column, per_ngram: false, max_chars: None, min: None, max: None }
    }

    /// Checks what the types do not say.
    pub(super) fn check(&self) -> Result<Bounds, ConfigFault> {
        check_column("weight", &self.column)?;
        Bounds { min: self.min, max: self.max }.checked(self.mode, "a number", f64::is_finite)
    }
}
