use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Field, Float64Type, Schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{
    Applied, ColumnRead, ConfigFault, DocumentBatch, Dropped, Example, Reason, Stage, StageConfig, StageError, columns,
};

use crate::codes::{is_code, meant, varieties, varieties_left_out};
use crate::{LANGUAGE_NOT_KEPT, LOW_LANGUAGE_SCORE, variety_warning};

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
/// # Cost
/// Two columns are compared: next to nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LanguagesConfig {
    /// Codes of the languages to take, as in the column `language`; at least one.
    #[schemars(length(min = 1))]
    pub keep: Vec<String>,
    /// Whether a code includes the varieties of the language that models answer with codes of their own: `zh` then takes
    /// `yue` and `wuu` too, `ar` takes `arz`, `no` takes `nb` and `nn`. Default they are not taken, and a warning names
    /// those that the model before answers; `false` is without the warning.
    #[serde(default)]
    pub varieties: Option<bool>,
    /// Lowest `language_score` that is taken, 0 to 1. Default 0.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_score: f64,
}

impl StageConfig for LanguagesConfig {
    type Stage = LanguagesStage;

    const NAME: &'static str = "languages";
    const REASONS: &'static [Reason] = &[LANGUAGE_NOT_KEPT, LOW_LANGUAGE_SCORE];
    const EXAMPLES: &'static [Example] = &[
        Example::columns(r#"{"keep": ["zh"]}"#, r#"{"text": "报告", "language": "zh"}"#).kept(),
        Example::columns(r#"{"keep": ["zh"]}"#, r#"{"text": "Bericht", "language": "de"}"#)
            .dropped(LANGUAGE_NOT_KEPT)
            .detail("de"),
        Example::columns(
            r#"{"keep": ["zh"], "min_score": 0.5}"#,
            r#"{"text": "report", "language": "zh", "language_score": 0.3}"#,
        )
        .dropped(LOW_LANGUAGE_SCORE)
        .by(0.3, 0.5)
        .detail("zh"),
    ];
    const KEEPS_COLUMNS: bool = true;
    const ROUTES: bool = true;

    fn build(self, _: Option<&Schema>) -> Result<LanguagesStage, Vec<ConfigFault>> {
        Ok(LanguagesStage::new(self)?)
    }
}

/// The stage `languages`.
#[derive(Debug, Clone)]
pub struct LanguagesStage {
    config: LanguagesConfig,
}

impl LanguagesStage {
    /// The stage as configured.
    pub fn new(config: LanguagesConfig) -> Result<Self, ConfigFault> {
        if config.keep.is_empty() {
            let message = "`keep` is empty, so that nothing would be taken; name at least one language, such as `en`";
            return Err(ConfigFault::new("keep", message));
        }
        ConfigFault::check("min_score", config.min_score, 0.0..=1.0)?;
        Ok(Self { config })
    }

    /// What is probably not meant: codes that no language has, where another is known by that name; and of the languages
    /// that are `answered` before, those that `keep` drops though its codes are said to include them.
    pub fn warnings(&self, answered: &[String]) -> Vec<String> {
        let LanguagesConfig { keep, varieties, .. } = &self.config;
        let unknown = keep.iter().filter(|code| !answered.contains(code) && !is_code(code));
        let meant = unknown.filter_map(|code| Some((code, meant(code, is_code)?)));
        let mut warnings: Vec<String> = meant
            .map(|(code, meant)| format!("`keep` has `{code}`, which is no language; did you mean `{meant}`?"))
            .collect();
        if varieties.is_none() {
            let left_out = varieties_left_out(keep, answered);
            warnings.extend(left_out.iter().map(|(code, varieties)| variety_warning(code, varieties)));
        }
        warnings
    }

    fn takes(&self, language: &str) -> bool {
        let LanguagesConfig { keep, varieties: with_varieties, .. } = &self.config;
        let variety = |kept: &String| *with_varieties == Some(true) && varieties(kept).contains(&language);
        keep.iter().any(|kept| kept == language || variety(kept))
    }

    fn decide(&self, row: usize, language: Option<&str>, score: Option<f64>) -> Option<Dropped> {
        let Some(known) = language.filter(|language| self.takes(language)) else {
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
        LanguagesConfig::NAME
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
        LanguagesConfig::REASONS.to_vec()
    }

    fn language_warnings(&self, arriving: &[String]) -> Vec<String> {
        self.warnings(arriving)
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
        let stage = |min_score| {
            LanguagesStage::new(LanguagesConfig { keep: vec!["zh".to_owned()], varieties: None, min_score })
        };
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
        let error =
            |keep: Vec<String>, min_score| LanguagesStage::new(LanguagesConfig { keep, varieties: None, min_score });
        assert_eq!(error(Vec::new(), 0.0).expect_err("none").field(), Some("keep"));
        assert_eq!(error(vec!["zh".to_owned()], 1.1).expect_err("too high").field(), Some("min_score"));
    }

    #[test]
    fn varieties_are_taken_where_asked_for_and_named_where_not() {
        let stage = |code: &str, varieties| {
            let config = LanguagesConfig { keep: vec![code.to_owned()], varieties, min_score: 0.0 };
            LanguagesStage::new(config).expect("valid")
        };
        let answered = ["zh", "yue", "en"].map(ToOwned::to_owned);
        assert!(!stage("zh", None).takes("yue") && stage("zh", Some(true)).takes("yue"));
        assert!(!stage("zh", Some(true)).takes("en") && stage("zh", Some(true)).takes("zh"));
        assert!(stage("zh", None).warnings(&answered)[0].contains("`yue`"));
        assert!(stage("zh", Some(false)).warnings(&answered).is_empty());
        assert!(stage("zh", None).warnings(&[]).is_empty());
        assert!(stage("jp", None).warnings(&[])[0].contains("did you mean `ja`?"));
    }
}
