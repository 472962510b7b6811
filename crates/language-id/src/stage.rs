use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringViewArray};
use arrow::datatypes::{DataType, Field};
use textmill_document::{Applied, ColumnRead, DocumentBatch, Dropped, Reason, Stage, StageError, columns};

use crate::{Identification, LanguageIdConfig, LanguageIdConfigError};

/// The document is in a language that `keep` does not name.
pub const LANGUAGE_NOT_KEPT: Reason =
    Reason { code: "language_not_kept", summary: "the document is in a language that is not kept" };
/// The language is not sure enough.
pub const LOW_LANGUAGE_SCORE: Reason =
    Reason { code: "low_language_score", summary: "the language of the document is not sure enough" };

/// The stage `language_id`.
#[derive(Debug, Clone)]
pub struct LanguageIdStage {
    config: LanguageIdConfig,
}

impl LanguageIdStage {
    /// The stage as configured.
    pub fn new(config: LanguageIdConfig) -> Result<Self, LanguageIdConfigError> {
        config.check()?;
        Ok(Self { config })
    }

    fn decide(&self, row: usize, found: &Identification) -> Option<Dropped> {
        let Identification { language, score } = *found;
        if !self.config.keep.is_empty() && !self.config.keep.iter().any(|kept| kept == language) {
            let detail = Some(language.to_owned());
            return Some(Dropped { row, reason: LANGUAGE_NOT_KEPT, value: Some(score), bound: None, detail });
        }
        let low = score < self.config.min_score;
        low.then(|| Dropped {
            detail: Some(language.to_owned()),
            ..Dropped::measured(row, LOW_LANGUAGE_SCORE, score, self.config.min_score)
        })
    }
}

impl Stage for LanguageIdStage {
    fn name(&self) -> &'static str {
        "language_id"
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self) -> Vec<ColumnRead> {
        vec![ColumnRead::standard(columns::TEXT)]
    }

    fn adds(&self) -> Vec<Field> {
        vec![columns::text_field(columns::LANGUAGE), Field::new(columns::LANGUAGE_SCORE, DataType::Float64, true)]
    }

    fn reasons(&self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if !self.config.keep.is_empty() {
            reasons.push(LANGUAGE_NOT_KEPT);
        }
        if self.config.min_score > 0.0 {
            reasons.push(LOW_LANGUAGE_SCORE);
        }
        reasons
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let options = self.config.options();
        // A document without text has no language that could be told.
        let found: Vec<Identification> = (batch.text()?.iter())
            .map(|text| text.map_or(Identification::UNDETERMINED, |text| crate::identify(text, &options)))
            .collect();
        let language: ArrayRef = Arc::new(StringViewArray::from_iter_values(found.iter().map(|found| found.language)));
        let score: ArrayRef = Arc::new(Float64Array::from_iter_values(found.iter().map(|found| found.score)));
        let batch = batch.with_columns(self.adds().into_iter().zip([language, score]).collect())?;
        let dropped = found.iter().enumerate().filter_map(|(row, found)| self.decide(row, found)).collect();
        Ok(Applied::without(&batch, dropped)?)
    }
}

#[cfg(test)]
mod tests {
    use textmill_document::Mode;
    use textmill_document::testing::{assert_stage_compliance, text_batch};

    use super::*;

    const ENGLISH: &str = "The committee will publish its report about the library next year.";
    const GERMAN: &str = "Die Kommission veröffentlicht ihren Bericht über die Bibliothek im nächsten Jahr.";

    fn stage(config: LanguageIdConfig) -> LanguageIdStage {
        LanguageIdStage::new(config).expect("a valid config")
    }

    #[test]
    fn keeps_the_duties_of_a_stage() {
        let keep = vec!["zh".to_owned(), "en".to_owned()];
        assert_stage_compliance(&stage(LanguageIdConfig::default()));
        assert_stage_compliance(&stage(LanguageIdConfig { mode: Mode::Annotate, ..LanguageIdConfig::default() }));
        assert_stage_compliance(&stage(LanguageIdConfig { keep, min_score: 0.8, ..LanguageIdConfig::default() }));
    }

    #[test]
    fn other_languages_are_dropped_with_the_language_found() {
        let config = LanguageIdConfig { keep: vec!["en".to_owned()], ..LanguageIdConfig::default() };
        let applied = stage(config).apply(text_batch(&[Some(ENGLISH), Some(GERMAN), None])).expect("applies");
        let dropped: Vec<_> =
            applied.dropped.iter().map(|drop| (drop.row, drop.reason, drop.detail.as_deref())).collect();
        assert_eq!(dropped, [(1, LANGUAGE_NOT_KEPT, Some("de")), (2, LANGUAGE_NOT_KEPT, Some("und"))]);
        assert_eq!(applied.kept.strings(columns::LANGUAGE).expect("added").iter().collect::<Vec<_>>(), [Some("en")]);
    }

    #[test]
    fn the_score_is_kept_at_the_bound_and_dropped_below() {
        let found = crate::identify(GERMAN, &LanguageIdConfig::default().options());
        let with_min = |min_score: f64| {
            let config = LanguageIdConfig { min_score, ..LanguageIdConfig::default() };
            stage(config).decide(0, &found).map(|drop| (drop.reason, drop.value, drop.bound))
        };
        assert_eq!(with_min(found.score), None);
        let low = Identification { score: 0.5, ..found };
        let strict = stage(LanguageIdConfig { min_score: 0.6, ..LanguageIdConfig::default() });
        let drop = strict.decide(3, &low).expect("0.5 is below 0.6");
        assert_eq!((drop.row, drop.reason, drop.value, drop.bound), (3, LOW_LANGUAGE_SCORE, Some(0.5), Some(0.6)));
    }
}
