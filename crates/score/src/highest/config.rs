use arrow::datatypes::Schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Document, Example, Reason, StageConfig};

use super::stage::{KeepHighestStage, NOT_AMONG_HIGHEST};
use crate::bounds::NO_SCORE;

/// Keeps the documents with the highest values of a column: a share of all documents, or a number of them.
///
/// # What it removes
/// Every document after the first `share` of all (rounded up), or the first `documents`, in the order of the column, the
/// highest first; reason `not_among_highest`, with the document's value and that of the last one kept. A document without
/// a value is dropped (`no_score`) and counts among all. The cut is exact: all values are sorted, on disk where memory
/// ends. Where equal values stand on both sides of it, the text and then the id decide, so that the result depends neither
/// on the order of the input nor on how it is cut.
///
/// # Why
/// "The best tenth" is what published corpora are, and a bound on the score that keeps a tenth of one crawl keeps
/// something else of the next.
///
/// # Parameters
/// See below; one of `share` and `documents`. For a score in which low is good, such as perplexity, set `lowest`.
///
/// # Source
/// DCLM-Baseline (Li et al. 2024): the tenth of the documents that a fastText classifier scores highest. `CCNet`'s buckets
/// (Wenzek et al. 2020) are such shares of perplexity by language: `within: language, lowest: true`.
///
/// # Cost
/// Sorting 32 bytes a document; one bit of memory a document, and a few bytes a value of `within`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepHighestConfig {
    /// The column, of numbers.
    pub column: String,
    /// Share of all documents that is kept, above 0 and up to 1.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub share: Option<f64>,
    /// Number of documents that are kept.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub documents: Option<u64>,
    /// The lowest values are the best. Default false.
    #[serde(default)]
    pub lowest: bool,
    /// A column of text: the best are kept of each of its values, such as each language or source. Default of all.
    #[serde(default)]
    pub within: Option<String>,
}

impl StageConfig for KeepHighestConfig {
    type Stage = KeepHighestStage;

    const NAME: &'static str = "keep_highest";
    const REASONS: &'static [Reason] = &[NOT_AMONG_HIGHEST, NO_SCORE];
    const EXAMPLES: &'static [Example] = &[
        Example::columns(r#"{"column": "quality", "share": 0.5}"#, r#"{"text": "a", "quality": 0.9}"#)
            .after(&[Document::Columns(r#"{"text": "b", "quality": 0.5}"#)])
            .kept(),
        Example::columns(r#"{"column": "quality", "share": 0.5}"#, r#"{"text": "a", "quality": 0.2}"#)
            .after(&[Document::Columns(r#"{"text": "b", "quality": 0.5}"#)])
            .dropped(NOT_AMONG_HIGHEST)
            .by(0.2, 0.5),
    ];
    const KEEPS_COLUMNS: bool = true;
    const IS_STEP: bool = true;

    fn build(self, input: Option<&Schema>) -> Result<KeepHighestStage, Vec<ConfigFault>> {
        Ok(KeepHighestStage::new(self, input)?)
    }
}

impl KeepHighestConfig {
    pub(super) fn check(&self) -> Result<(), ConfigFault> {
        match (self.share, self.documents) {
            (None, None) | (Some(_), Some(_)) => Err(ConfigFault::whole("give one of `share` and `documents`")),
            (Some(share), None) if !(share > 0.0 && share <= 1.0) => {
                Err(ConfigFault::new("share", format!("`share` is {share}; write a number above 0 and up to 1")))
            }
            (None, Some(0)) => Err(ConfigFault::new("documents", "`documents` is 0, which keeps none")),
            _ => Ok(()),
        }
    }
}
