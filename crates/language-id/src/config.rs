use std::collections::BTreeMap;

use arrow::datatypes::Schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Cost, Example, Mode, Reason, StageConfig};

use crate::codes::{meant, varieties_left_out};
use crate::identify::CANDIDATES;
use crate::model::WHATLANG;
use crate::stage::{LANGUAGE_NOT_KEPT, LOW_LANGUAGE_SCORE};
use crate::{EMPTY, LanguageIdStage, MIXED, Model, Options, Policy, Window};

/// Default of [`LanguageIdConfig::max_chars`], the number that `llm_web_kit` uses.
pub const DEFAULT_MAX_CHARS: usize = 10_000;
/// Largest [`LanguageIdConfig::max_chars`]: more text changes no answer and costs much time.
pub const MAX_MAX_CHARS: usize = 10_000_000;
/// Largest [`LanguageIdConfig::top`].
pub const MAX_TOP: usize = 100;

/// Finds the language of every document; keeps the languages asked for.
///
/// # What it removes
/// With `keep`, documents in any other language. With `min_score`, documents whose language is not
/// sure enough. With neither, nothing. It always adds `language` (ISO 639-1 code where there is
/// one, else the model's; `und` where none could be told) and `language_score` (0 to 1).
///
/// # Why
/// Rules and models are made for one language; a document in another one is judged wrongly by all
/// stages after this one.
///
/// # Parameters
/// See below. `model` is `whatlang` (70 languages, inside the program), `lid.176` (fastText's model of
/// 176 languages, after `textmill models fetch lid.176`), or the path of any fastText model, such as
/// `GlotLID`. A model from a file must know some sentences before it is used, and its digest is part of
/// what decides whether a result may be reused.
///
/// A text without a letter is `und`, and one mostly in capitals is looked at in small letters (`policy: raw` does
/// neither). With whatlang, Chinese characters, kana, Hangul, Thai, Khmer or Burmese letters decide where they are a third
/// of the words, so that Latin names and code in such a text do not.
///
/// A code stands for what the model calls so: with `lid.176`, `keep: [zh]` drops what it calls `yue` or `wuu`
/// (`varieties`).
///
/// # Source
/// The window of 10,000 characters around the middle and the policy `zh_en`: `lang_id.py` of
/// `llm_web_kit`. The model `whatlang`: the crate of that name, after Cavnar and Trenkle, "N-Gram-Based
/// Text Categorization" (1994). fastText: Joulin et al., "Bag of Tricks for Efficient Text
/// Classification" (2016).
///
/// # Cost
/// Grows with `max_chars`, not with the document. Per second and core, `whatlang` looks at about 30 MB
/// of English or 110 MB of Chinese; `scripts/bench/lid` measures fastText models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LanguageIdConfig {
    /// `decide` drops by `keep` and `min_score`; `annotate` only adds the columns, so that neither of the two
    /// may be set. Default `decide`.
    pub mode: Mode,
    /// The model: `whatlang`, `lid.176`, or the path of a fastText model (`.bin`, `.ftz`). Default `whatlang`.
    pub model: String,
    /// Sentences with the labels that a model from a file must give them, instead of the built-in ones.
    /// Default none.
    pub expect: BTreeMap<String, String>,
    /// Characters of a document that the model looks at, 1 to 10,000,000. Default 10,000.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub max_chars: usize,
    /// Which part of a longer document is looked at. Default `middle`.
    pub window: Window,
    /// How the language is chosen from the model's answers. Default `best`.
    pub policy: Policy,
    /// A second model for documents that the first one finds to be neither `zh`, `en`, `ja` nor `ko`; as
    /// `model`. Default none.
    pub second_model: Option<String>,
    /// Answers of the model in the column `languages`, a JSON object from code to score; 0 for no such
    /// column, at most 100. Default 0.
    #[schemars(range(min = 0, max = 100))]
    pub top: usize,
    /// Judges each paragraph: `language` is that of most letters, `language_score` its share, and the column
    /// `language_shares` has all shares as a JSON object. Default false.
    pub paragraphs: bool,
    /// Adds the column `script`, an ISO 15924 code (`Latn`, `Hans`, `Hant`, `Cyrl`, ...). Default false.
    pub script: bool,
    /// Codes of the languages to keep, as the model answers them, for example `[en, zh]`; empty keeps all.
    /// Default empty.
    pub keep: Vec<String>,
    /// Whether a code in `keep` includes the varieties of the language that the model answers with codes of their own:
    /// `zh` then keeps `yue` (Cantonese) and `wuu` too, `ar` keeps `arz`, `no` keeps `nn`. Default they are not kept, and
    /// a warning names them; `false` is without the warning.
    pub varieties: Option<bool>,
    /// Lowest `language_score` that is kept, 0 to 1. Default 0.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_score: f64,
}

impl Default for LanguageIdConfig {
    fn default() -> Self {
        Self {
            mode: Mode::Decide,
            model: WHATLANG.to_owned(),
            expect: BTreeMap::new(),
            max_chars: DEFAULT_MAX_CHARS,
            window: Window::default(),
            policy: Policy::default(),
            second_model: None,
            top: 0,
            paragraphs: false,
            script: false,
            keep: Vec::new(),
            varieties: None,
            min_score: 0.0,
        }
    }
}

impl StageConfig for LanguageIdConfig {
    type Stage = LanguageIdStage;

    const NAME: &'static str = "language_id";
    const REASONS: &'static [Reason] = &[LANGUAGE_NOT_KEPT, LOW_LANGUAGE_SCORE];
    const EXAMPLES: &'static [Example] = &[
        Example::text(r#"{"keep": ["en"]}"#, "The committee will publish its report next year.")
            .kept_with(r#"{"language": "en"}"#),
        Example::text(r#"{"keep": ["en"]}"#, "Die Kommission veröffentlicht ihren Bericht im nächsten Jahr.")
            .dropped(LANGUAGE_NOT_KEPT)
            .measured(1.0)
            .detail("de"),
    ];
    const COST: Option<Cost> = Some(Cost::measured(35.3, "scripts/reproduce, wanjuan-cc"));
    const DIGESTS: &'static str = "model_digests";

    fn build(self, _: Option<&Schema>) -> Result<LanguageIdStage, Vec<ConfigFault>> {
        Ok(LanguageIdStage::new(self)?)
    }
}

/// The models of a configuration.
#[derive(Debug, Clone)]
pub(crate) struct Models {
    pub first: Model,
    pub second: Option<Model>,
}

impl LanguageIdConfig {
    /// The part of the configuration that [`identify`](crate::identify) needs.
    pub fn options(&self) -> Options {
        let candidates = self.top.max(CANDIDATES);
        Options { max_chars: self.max_chars, window: self.window, policy: self.policy, candidates }
    }

    /// Checks what the types do not say, and loads the models.
    pub(crate) fn check(&self) -> Result<Models, ConfigFault> {
        if !(1..=MAX_MAX_CHARS).contains(&self.max_chars) {
            let message = format!("`max_chars` is {}; it must be from 1 to {MAX_MAX_CHARS}", self.max_chars);
            return Err(ConfigFault::new("max_chars", message));
        }
        if self.top > MAX_TOP {
            return Err(ConfigFault::new("top", format!("`top` is {}; it must be from 0 to {MAX_TOP}", self.top)));
        }
        ConfigFault::check("min_score", self.min_score, 0.0..=1.0)?;
        let decides = [("keep", !self.keep.is_empty()), ("min_score", self.min_score > 0.0)];
        if let Some((field, _)) = decides.into_iter().find(|(_, is_set)| self.mode == Mode::Annotate && *is_set) {
            let message = format!("`{field}` drops documents, but `mode: annotate` drops none; remove one of the two");
            return Err(ConfigFault::new(field, message));
        }
        if self.varieties.is_some() && self.keep.is_empty() {
            let message = "`varieties` says what `keep` includes, but there is no `keep`; remove it, or name the languages to keep";
            return Err(ConfigFault::new("varieties", message));
        }
        let models = self.load()?;
        let known = models.languages(self.policy);
        if let Some((index, code)) = self.keep.iter().enumerate().find(|(_, code)| !known.contains(code)) {
            let meant = meant(code, |code| known.iter().any(|known| known == code));
            let meant = meant.map_or_else(String::new, |code| format!("did you mean `{code}`? "));
            let known = known.join(", ");
            let message = format!("`keep` has `{code}`, which the model never answers; {meant}it answers: {known}");
            return Err(ConfigFault::new(format!("keep.{index}"), message));
        }
        Ok(models)
    }

    /// The codes to keep, with their varieties where that is asked for.
    pub(crate) fn kept(&self, models: &Models) -> Vec<String> {
        let mut kept = self.keep.clone();
        if self.varieties == Some(true) {
            let left_out = varieties_left_out(&self.keep, &models.languages(self.policy));
            kept.extend(left_out.into_iter().flat_map(|(_, varieties)| varieties));
        }
        kept
    }

    fn load(&self) -> Result<Models, ConfigFault> {
        let load =
            |field: &str, name: &str| Model::load(name, &self.expect).map_err(|error| ConfigFault::new(field, error));
        let second = self.second_model.as_deref().map(|name| load("second_model", name)).transpose()?;
        Ok(Models { first: load("model", &self.model)?, second })
    }
}

impl Models {
    /// The codes that can be answered, sorted.
    pub(crate) fn languages(&self, policy: Policy) -> Vec<String> {
        let mut known = self.first.languages();
        known.extend(self.second.iter().flat_map(Model::languages));
        if policy == Policy::ZhEn {
            known.extend([EMPTY, MIXED].map(ToOwned::to_owned));
        }
        known.sort_unstable();
        known.dedup();
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_values_are_refused_at_their_field() {
        let good = LanguageIdConfig::default;
        let keep = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
        let cases = [
            (LanguageIdConfig { max_chars: 0, ..good() }, "max_chars"),
            (LanguageIdConfig { max_chars: MAX_MAX_CHARS + 1, ..good() }, "max_chars"),
            (LanguageIdConfig { top: MAX_TOP + 1, ..good() }, "top"),
            (LanguageIdConfig { model: "lid".to_owned(), ..good() }, "model"),
            (LanguageIdConfig { second_model: Some("no/such.bin".to_owned()), ..good() }, "second_model"),
            (LanguageIdConfig { keep: keep(&["mix"]), ..good() }, "keep.0"),
            (LanguageIdConfig { min_score: 1.5, ..good() }, "min_score"),
            (LanguageIdConfig { min_score: f64::NAN, ..good() }, "min_score"),
            (LanguageIdConfig { keep: keep(&["en", "cmn"]), ..good() }, "keep.1"),
            (LanguageIdConfig { varieties: Some(true), ..good() }, "varieties"),
            (LanguageIdConfig { mode: Mode::Annotate, keep: keep(&["en"]), ..good() }, "keep"),
            (LanguageIdConfig { mode: Mode::Annotate, min_score: 0.1, ..good() }, "min_score"),
        ];
        for (config, field) in cases {
            let error = config.check().expect_err(field);
            assert_eq!(error.field(), Some(field), "{error}");
        }
        let japanese =
            LanguageIdConfig { keep: keep(&["jp"]), ..good() }.check().expect_err("no such code").to_string();
        assert!(japanese.contains("did you mean `ja`?"), "{japanese}");
        let bounds = LanguageIdConfig { max_chars: 1, min_score: 1.0, keep: keep(&["zh", "und"]), ..good() };
        assert!(bounds.check().is_ok());
        let cascade = LanguageIdConfig { policy: Policy::ZhEn, keep: keep(&["zh", "mix", "empty"]), ..good() };
        assert!(cascade.check().is_ok());
    }
}
