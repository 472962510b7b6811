use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Field, Float64Type};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{Applied, ColumnRead, DocumentBatch, Dropped, Reason, Stage, StageError, columns};

use crate::{LANGUAGE_NOT_KEPT, LOW_LANGUAGE_SCORE};

/// Every reason of the stage `languages`.
pub const LANGUAGES_REASONS: [Reason; 2] = [LANGUAGE_NOT_KEPT, LOW_LANGUAGE_SCORE];

/// Takes the documents of some languages, as found before: one branch for each group of languages.
///
/// # What it removes
/// Documents in another language (`language_not_kept`), or whose language is not sure enough
/// (`low_language_score`). Beside other stages that take the same input it is a branch, as `keep_where` is: a document
/// that a sibling takes went elsewhere, and only what none takes is dropped.
///
/// # Why
/// Rules and models are made for one language. This is the short form of
/// `keep_where: "language IN ('zh', 'ja') AND language_score >= 0.65"`, with reasons that say which of the two failed.
///
/// # Parameters
/// See below. It reads `language`, and `language_score` where `min_score` is above 0, which `language_id` adds.
///
/// # Source
/// Routing by language before language-specific rules: `FineWeb-2` (Penedo et al. 2025), `llm_web_kit`.
///
/// # Kept example
/// With `keep: [zh]`: a document whose `language` is `zh`.
///
/// # Dropped example
/// The same with `de`, reason `language_not_kept`, detail `de`.
///
/// # Cost
/// Two columns are compared: next to nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LanguagesConfig {
    /// Codes of the languages to take, as in the column `language`; at least one.
    #[schemars(length(min = 1))]
    pub keep: Vec<String>,
    /// Lowest `language_score` that is taken, 0 to 1. Default 0.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_score: f64,
}

/// What is wrong with a [`LanguagesConfig`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LanguagesConfigError {
    /// `keep` is empty.
    #[error("`keep` is empty, so that nothing would be taken; name at least one language, such as `en`")]
    NoLanguages,
    /// `min_score` is no score.
    #[error("`min_score` is {0}; it must be from 0 to 1")]
    MinScore(f64),
}

impl LanguagesConfigError {
    /// Dotted path of the field at fault.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::NoLanguages => Some("keep"),
            Self::MinScore(_) => Some("min_score"),
        }
    }
}

/// The stage `languages`.
#[derive(Debug, Clone)]
pub struct LanguagesStage {
    config: LanguagesConfig,
}

impl LanguagesStage {
    /// The stage as configured.
    pub fn new(config: LanguagesConfig) -> Result<Self, LanguagesConfigError> {
        if config.keep.is_empty() {
            return Err(LanguagesConfigError::NoLanguages);
        }
        if !(0.0..=1.0).contains(&config.min_score) {
            return Err(LanguagesConfigError::MinScore(config.min_score));
        }
        Ok(Self { config })
    }

    fn decide(&self, row: usize, language: Option<&str>, score: Option<f64>) -> Option<Dropped> {
        let Some(known) = language.filter(|language| self.config.keep.iter().any(|kept| kept == language)) else {
            let detail = language.map(ToOwned::to_owned);
            return Some(Dropped { row, reason: LANGUAGE_NOT_KEPT, value: score, bound: None, detail });
        };
        let bound = self.config.min_score;
        let detail = Some(known.to_owned());
        // No score is below every bound but none.
        let is_low = bound > 0.0 && score.is_none_or(|score| score < bound);
        is_low.then_some(Dropped { row, reason: LOW_LANGUAGE_SCORE, value: score, bound: Some(bound), detail })
    }
}

impl Stage for LanguagesStage {
    fn name(&self) -> &'static str {
        "languages"
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self) -> Vec<ColumnRead> {
        let language = ColumnRead { name: columns::LANGUAGE.to_owned(), data_type: Some(DataType::Utf8View) };
        let score = ColumnRead { name: columns::LANGUAGE_SCORE.to_owned(), data_type: Some(DataType::Float64) };
        std::iter::once(language).chain((self.config.min_score > 0.0).then_some(score)).collect()
    }

    fn adds(&self) -> Vec<Field> {
        Vec::new()
    }

    fn reasons(&self) -> Vec<Reason> {
        LANGUAGES_REASONS.to_vec()
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let languages = batch.strings(columns::LANGUAGE)?;
        let column = if self.config.min_score > 0.0 { Some(batch.column(columns::LANGUAGE_SCORE)?) } else { None };
        let scores = column.and_then(|column| column.as_primitive_opt::<Float64Type>());
        let score = |row: usize| scores.filter(|scores| scores.is_valid(row)).map(|scores| scores.value(row));
        let dropped = languages.iter().enumerate().filter_map(|(row, language)| self.decide(row, language, score(row)));
        Ok(Applied::without(&batch, dropped.collect())?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, StringViewArray};
    use textmill_document::testing::text_batch;

    use super::*;

    fn batch() -> DocumentBatch {
        let languages: ArrayRef =
            Arc::new(StringViewArray::from(vec![Some("zh"), Some("en"), None, Some("zh"), Some("zh")]));
        let scores: ArrayRef = Arc::new(Float64Array::from(vec![Some(0.5), Some(0.9), Some(0.9), Some(0.49), None]));
        let fields = vec![
            (columns::text_field(columns::LANGUAGE), languages),
            (Field::new(columns::LANGUAGE_SCORE, DataType::Float64, true), scores),
        ];
        text_batch(&[Some("a"); 5]).with_columns(fields).expect("of one length")
    }

    #[test]
    fn the_languages_named_are_taken() {
        let stage = |min_score| LanguagesStage::new(LanguagesConfig { keep: vec!["zh".to_owned()], min_score });
        let kept = |min_score| stage(min_score).expect("valid").apply(batch()).expect("applies");
        assert_eq!(kept(0.0).kept.rows().values(), &[0, 3, 4]);
        let applied = kept(0.5);
        assert_eq!(applied.kept.rows().values(), &[0]);
        let dropped: Vec<_> = applied.dropped.iter().map(|drop| (drop.row, drop.reason.code)).collect();
        let (other, low) = ("language_not_kept", "low_language_score");
        assert_eq!(dropped, [(1, other), (2, other), (3, low), (4, low)]);
    }

    #[test]
    fn bad_configurations_name_their_field() {
        let error = |keep: Vec<String>, min_score| LanguagesStage::new(LanguagesConfig { keep, min_score });
        assert_eq!(error(Vec::new(), 0.0).expect_err("none").field(), Some("keep"));
        assert_eq!(error(vec!["zh".to_owned()], 1.1).expect_err("too high").field(), Some("min_score"));
    }
}
