use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::Mode;
use textmill_document::columns::{ID, TEXT};

use super::ImportanceError;
use crate::bounds::Bounds;

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
/// # Kept example
/// With a model of articles against a crawl and `min: 0`: `The committee published its report in March.`
///
/// # Dropped example
/// With the same: `Buy now! Free shipping!`, reason `score_too_low`.
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

/// What is wrong with a configuration or the file it names.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportanceConfigError {
    /// The model cannot be used.
    #[error(transparent)]
    Model(#[from] ImportanceError),
    /// A name that a column of weights cannot have.
    #[error("the weight cannot be the column `{0}`")]
    Column(String),
    /// A bound that is no number.
    #[error("`{field}` is {value}; it must be a number")]
    Bound {
        /// Name of the field.
        field: &'static str,
        /// Its value.
        value: f64,
    },
    /// `min` is above `max`.
    #[error("`min` ({min}) is above `max` ({max}): no document would be kept")]
    Crossed {
        /// Lowest that is kept.
        min: f64,
        /// Highest that is kept.
        max: f64,
    },
    /// Bounds where nothing is decided.
    #[error("`mode: annotate` drops nothing, so `{0}` cannot be set")]
    DecidesInAnnotate(&'static str),
}

impl ImportanceConfigError {
    /// Name of the field at fault.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Model(_) => Some("model"),
            Self::Column(_) => Some("column"),
            Self::Bound { field, .. } | Self::DecidesInAnnotate(field) => Some(field),
            Self::Crossed { .. } => Some("min"),
        }
    }
}

impl ImportanceConfig {
    /// The weight under `model`, with every default.
    pub fn new(model: impl Into<String>) -> Self {
        let (mode, column) = (Mode::Decide, default_column());
        Self { mode, model: model.into(), column, per_ngram: false, max_chars: None, min: None, max: None }
    }

    /// Checks what the types do not say.
    pub(super) fn check(&self) -> Result<Bounds, ImportanceConfigError> {
        if self.column.trim().is_empty() || [ID, TEXT].contains(&self.column.as_str()) {
            return Err(ImportanceConfigError::Column(self.column.clone()));
        }
        for (field, value) in [("min", self.min), ("max", self.max)] {
            let Some(value) = value else { continue };
            if !value.is_finite() {
                return Err(ImportanceConfigError::Bound { field, value });
            }
            if self.mode == Mode::Annotate {
                return Err(ImportanceConfigError::DecidesInAnnotate(field));
            }
        }
        if let (Some(min), Some(max)) = (self.min, self.max)
            && min > max
        {
            return Err(ImportanceConfigError::Crossed { min, max });
        }
        Ok(Bounds { min: self.min, max: self.max })
    }
}
