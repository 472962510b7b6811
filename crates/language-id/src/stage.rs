use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringViewArray};
use arrow::datatypes::{DataType, Field};
use textmill_document::{
    Applied, ColumnRead, ConfigFault, DocumentBatch, Dropped, Reason, Remarks, Stage, StageConfig, StageError, columns,
};

use crate::codes::varieties_left_out;
use crate::config::Models;
use crate::identify::{identify, paragraph_shares, window};
use crate::{Identification, LanguageIdConfig, Model, Options, script};

/// The document is in a language that `keep` does not name.
pub const LANGUAGE_NOT_KEPT: Reason =
    Reason { code: "language_not_kept", summary: "the document is in a language that is not kept" };
/// The language is not sure enough.
pub const LOW_LANGUAGE_SCORE: Reason =
    Reason { code: "low_language_score", summary: "the language of the document is not sure enough" };

/// Column of `top`: a JSON object from code to score, best first.
const LANGUAGES: &str = "languages";
/// Column of `paragraphs`: a JSON object from code to share, largest first.
const LANGUAGE_SHARES: &str = "language_shares";
/// Column of `script`: an ISO 15924 code.
const SCRIPT: &str = "script";

/// Languages that the first model of `llm_web_kit` tells well enough; others are the second one's.
const FIRST_MODEL_LANGUAGES: [&str; 4] = ["zh", "en", "ja", "ko"];

/// The stage `language_id`.
#[derive(Debug, Clone)]
pub struct LanguageIdStage {
    config: LanguageIdConfig,
    options: Options,
    models: Models,
    /// The languages that are kept; empty for all.
    kept: Vec<String>,
}

/// Says that `keep` has `code` and not its `varieties`.
pub fn variety_warning(code: &str, varieties: &[String]) -> String {
    let listed = varieties.iter().map(|variety| format!("`{variety}`")).collect::<Vec<_>>().join(", ");
    format!(
        "`keep` has `{code}`, which does not include {listed}: the model answers them too, and they are dropped; \
         `varieties: true` keeps them, `varieties: false` drops them without this warning"
    )
}

/// What is found of one document.
struct Found {
    language: String,
    score: f64,
    languages: Option<String>,
    shares: Option<String>,
    script: Option<&'static str>,
}

impl LanguageIdStage {
    /// The stage as configured. Loads the models.
    pub fn new(config: LanguageIdConfig) -> Result<Self, ConfigFault> {
        let models = config.check()?;
        Ok(Self { options: config.options(), kept: config.kept(&models), config, models })
    }

    /// The codes that the column `language` can have in what goes on.
    pub fn languages(&self) -> Vec<String> {
        if self.kept.is_empty() { self.models.languages(self.config.policy) } else { self.kept.clone() }
    }

    /// What is probably not meant: languages that `keep` drops though its codes are said to include them.
    pub fn warnings(&self) -> Vec<String> {
        if self.config.varieties.is_some() {
            return Vec::new();
        }
        let left_out = varieties_left_out(&self.config.keep, &self.models.languages(self.config.policy));
        left_out.iter().map(|(code, varieties)| variety_warning(code, varieties)).collect()
    }

    fn find(&self, text: &str) -> Found {
        let mut found = identify(&self.models.first, text, &self.options);
        let mut model = &self.models.first;
        if let Some(second) = self.models.second.as_ref()
            && !FIRST_MODEL_LANGUAGES.contains(&found.language.as_str())
        {
            model = second;
            found = identify(second, text, &self.options);
        }
        let Identification { mut language, mut score, candidates } = found;
        let mut shares = None;
        if self.config.paragraphs {
            let found = paragraph_shares(model, text, &self.options);
            if let Some((most, share)) = found.first() {
                (language, score) = (most.clone(), *share);
            }
            shares = Some(json(found.iter().map(|(code, share)| (code.as_str(), *share))));
        }
        let top = candidates.iter().take(self.config.top).map(|found| (found.label.language.as_str(), found.score));
        let seen = window(text, self.options.window, self.options.max_chars);
        Found {
            language,
            score,
            languages: (self.config.top > 0).then(|| json(top)),
            shares,
            script: if self.config.script { script(seen) } else { None },
        }
    }

    fn decide(&self, row: usize, found: &Found) -> Option<Dropped> {
        let Found { language, score, .. } = found;
        if !self.kept.is_empty() && !self.kept.contains(language) {
            let detail = Some(language.clone());
            return Some(Dropped { row, reason: LANGUAGE_NOT_KEPT, value: Some(*score), bound: None, detail });
        }
        let low = *score < self.config.min_score;
        low.then(|| Dropped {
            detail: Some(language.clone()),
            ..Dropped::measured(row, LOW_LANGUAGE_SCORE, *score, self.config.min_score)
        })
    }
}

impl Found {
    /// A document without text has no language that could be told.
    fn nothing() -> Self {
        let Identification { language, score, .. } = Identification::undetermined();
        Self { language, score, languages: None, shares: None, script: None }
    }
}

/// A JSON object in the order of `pairs`, numbers with four decimals.
fn json<'a>(pairs: impl Iterator<Item = (&'a str, f64)>) -> String {
    let rounded = |number: f64| serde_json::Value::from((number * 1e4).round() / 1e4);
    let object: serde_json::Map<_, _> = pairs.map(|(code, number)| (code.to_owned(), rounded(number))).collect();
    serde_json::Value::Object(object).to_string()
}

fn strings<'a>(found: &'a [Found], of: impl Fn(&'a Found) -> Option<&'a str>) -> ArrayRef {
    Arc::new(found.iter().map(of).collect::<StringViewArray>())
}

impl Stage for LanguageIdStage {
    fn name(&self) -> &'static str {
        LanguageIdConfig::NAME
    }

    fn version(&self) -> u32 {
        // 3: whatlang judges long texts by samples. What fastText's models answer has not changed since 2.
        if self.digests().len() <= usize::from(self.models.second.is_some()) { 3 } else { 2 }
    }

    fn reads(&self) -> Vec<ColumnRead> {
        vec![ColumnRead::standard(columns::TEXT)]
    }

    fn adds(&self) -> Vec<Field> {
        let mut fields =
            vec![columns::text_field(columns::LANGUAGE), Field::new(columns::LANGUAGE_SCORE, DataType::Float64, true)];
        let optional =
            [(self.config.top > 0, LANGUAGES), (self.config.paragraphs, LANGUAGE_SHARES), (self.config.script, SCRIPT)];
        fields.extend(optional.iter().filter(|(wanted, _)| *wanted).map(|(_, name)| columns::text_field(name)));
        fields
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

    fn digests(&self) -> Vec<String> {
        let models = std::iter::once(&self.models.first).chain(&self.models.second);
        models.filter_map(Model::digest).map(ToOwned::to_owned).collect()
    }

    fn remarks(&self) -> Remarks {
        Remarks { warnings: self.warnings(), languages: self.languages(), ..Remarks::default() }
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let found: Vec<Found> =
            batch.text()?.iter().map(|text| text.map_or_else(Found::nothing, |text| self.find(text))).collect();
        let score = Arc::new(Float64Array::from_iter_values(found.iter().map(|found| found.score)));
        let mut arrays = vec![strings(&found, |found| Some(&found.language)), score as ArrayRef];
        if self.config.top > 0 {
            arrays.push(strings(&found, |found| found.languages.as_deref()));
        }
        if self.config.paragraphs {
            arrays.push(strings(&found, |found| found.shares.as_deref()));
        }
        if self.config.script {
            arrays.push(strings(&found, |found| found.script));
        }
        let batch = batch.with_columns(self.adds().into_iter().zip(arrays).collect())?;
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
        let found = |score: f64| Found { language: "de".to_owned(), score, ..Found::nothing() };
        let strict = stage(LanguageIdConfig { min_score: 0.6, ..LanguageIdConfig::default() });
        assert!(strict.decide(0, &found(0.6)).is_none());
        let drop = strict.decide(3, &found(0.5)).expect("0.5 is below 0.6");
        assert_eq!((drop.row, drop.reason, drop.value, drop.bound), (3, LOW_LANGUAGE_SCORE, Some(0.5), Some(0.6)));
    }

    #[test]
    fn the_columns_asked_for_are_added() {
        let config = LanguageIdConfig { top: 3, paragraphs: true, script: true, ..LanguageIdConfig::default() };
        let stage = stage(config);
        assert_stage_compliance(&stage);
        let mixed = format!("{GERMAN}\n{GERMAN}\n{ENGLISH}");
        let applied =
            stage.apply(text_batch(&[Some(mixed.as_str()), Some("委員會將於明年發表報告"), None])).expect("applies");
        let column = |name: &str| -> Vec<_> {
            applied.kept.strings(name).expect("added").iter().map(|value| value.map(ToOwned::to_owned)).collect()
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(column(SCRIPT), [some("Latn"), some("Hant"), None]);
        assert_eq!(column(columns::LANGUAGE), [some("de"), some("zh"), some("und")]);
        let shares = column(LANGUAGE_SHARES);
        assert!(shares[0].as_deref().is_some_and(|shares| shares.starts_with("{\"de\":0.7")), "{shares:?}");
        assert_eq!(shares[1], some("{\"zh\":1.0}"));
        assert!(column(LANGUAGES)[1].as_deref().is_some_and(|languages| languages.starts_with("{\"zh\":")));
    }
}
