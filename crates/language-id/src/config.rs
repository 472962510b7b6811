use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::Mode;

use crate::{Model, Options, Window, languages};

/// Default of [`LanguageIdConfig::max_chars`], the number that `llm_web_kit` uses.
pub const DEFAULT_MAX_CHARS: usize = 10_000;
/// Largest [`LanguageIdConfig::max_chars`]: more text changes no answer and costs much time.
pub const MAX_MAX_CHARS: usize = 10_000_000;

/// Finds the language of every document; keeps the languages asked for.
///
/// # What it removes
/// With `keep`, documents in any other language. With `min_score`, documents whose language is not
/// sure enough. With neither, nothing. It always adds `language` (ISO 639-1 code where there is
/// one, else ISO 639-3; `und` where none could be told) and `language_score` (0 to 1).
///
/// # Why
/// Rules and models are made for one language; a document in another one is judged wrongly by all
/// stages after this one.
///
/// # Parameters
/// `mode`, `model`, `max_chars`, `window`, `keep`, `min_score`: see the table.
///
/// # Source
/// The window of 10,000 characters around the middle: `lang_id.py` of `llm_web_kit`. The model
/// `whatlang`: the crate of that name, after Cavnar and Trenkle, "N-Gram-Based Text Categorization"
/// (1994).
///
/// # Kept example
/// With `keep: [en]`: `The committee will publish its report next year.`
///
/// # Dropped example
/// With `keep: [en]`: `Die Kommission veröffentlicht ihren Bericht im nächsten Jahr.`, reason
/// `language_not_kept`, detail `de`.
///
/// # Cost
/// Grows with `max_chars`, not with the document: about 30 MB of English or 110 MB of Chinese looked at
/// per second and core.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LanguageIdConfig {
    /// `decide` drops by `keep` and `min_score`; `annotate` only adds the columns, so that neither of the two
    /// may be set. Default `decide`.
    pub mode: Mode,
    /// The model. Default `whatlang`.
    pub model: Model,
    /// Characters of a document that the model looks at, 1 to 10,000,000. Default 10,000.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub max_chars: usize,
    /// Which part of a longer document is looked at. Default `middle`.
    pub window: Window,
    /// Codes of the languages to keep, as the model answers them, for example `[en, zh]`; empty keeps all.
    /// Default empty.
    pub keep: Vec<String>,
    /// Lowest `language_score` that is kept, 0 to 1. Default 0.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_score: f64,
}

impl Default for LanguageIdConfig {
    fn default() -> Self {
        Self {
            mode: Mode::Decide,
            model: Model::default(),
            max_chars: DEFAULT_MAX_CHARS,
            window: Window::default(),
            keep: Vec::new(),
            min_score: 0.0,
        }
    }
}

impl LanguageIdConfig {
    /// The part of the configuration that [`identify`](crate::identify) needs.
    pub fn options(&self) -> Options {
        Options { model: self.model, max_chars: self.max_chars, window: self.window }
    }

    /// Checks what the types do not say.
    pub fn check(&self) -> Result<(), LanguageIdConfigError> {
        if !(1..=MAX_MAX_CHARS).contains(&self.max_chars) {
            return Err(LanguageIdConfigError::MaxChars(self.max_chars));
        }
        if !(0.0..=1.0).contains(&self.min_score) {
            return Err(LanguageIdConfigError::MinScore(self.min_score));
        }
        let known = languages(self.model);
        if let Some((index, code)) = self.keep.iter().enumerate().find(|(_, code)| !known.contains(&code.as_str())) {
            return Err(LanguageIdConfigError::unknown_language(index, code, known));
        }
        if self.mode == Mode::Annotate && !self.keep.is_empty() {
            return Err(LanguageIdConfigError::DecidesInAnnotate("keep"));
        }
        if self.mode == Mode::Annotate && self.min_score > 0.0 {
            return Err(LanguageIdConfigError::DecidesInAnnotate("min_score"));
        }
        Ok(())
    }
}

/// What is wrong with a [`LanguageIdConfig`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LanguageIdConfigError {
    /// `max_chars` is zero or too large.
    #[error("`max_chars` is {0}; it must be from 1 to {MAX_MAX_CHARS}")]
    MaxChars(usize),
    /// `min_score` is no number from 0 to 1.
    #[error("`min_score` is {0}; it must be from 0 to 1")]
    MinScore(f64),
    /// `keep` names a language that the model never answers.
    #[error("`keep` has `{code}`, which the model never answers; it answers: {}", .known.join(", "))]
    UnknownLanguage {
        /// Dotted path of the entry.
        path: String,
        /// The code in the file.
        code: String,
        /// The codes that the model answers, sorted.
        known: Vec<&'static str>,
    },
    /// `keep` or `min_score` is set in annotate mode, which drops nothing.
    #[error("`{0}` drops documents, but `mode: annotate` drops none; remove one of the two")]
    DecidesInAnnotate(&'static str),
}

impl LanguageIdConfigError {
    fn unknown_language(index: usize, code: &str, mut known: Vec<&'static str>) -> Self {
        known.sort_unstable();
        Self::UnknownLanguage { path: format!("keep.{index}"), code: code.to_owned(), known }
    }

    /// Dotted path of the field at fault.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::MaxChars(_) => Some("max_chars"),
            Self::MinScore(_) => Some("min_score"),
            Self::UnknownLanguage { path, .. } => Some(path),
            Self::DecidesInAnnotate(field) => Some(field),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_has_the_documentation() {
        let documentation =
            schemars::schema_for!(LanguageIdConfig).get("description").map(ToString::to_string).unwrap_or_default();
        for heading in ["What it removes", "Why", "Parameters", "Source", "Kept example", "Dropped example", "Cost"] {
            assert!(documentation.contains(&format!("# {heading}")), "{heading} is missing");
        }
    }

    #[test]
    fn bad_values_are_refused_at_their_field() {
        let good = LanguageIdConfig::default;
        let keep = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
        let cases = [
            (LanguageIdConfig { max_chars: 0, ..good() }, "max_chars"),
            (LanguageIdConfig { max_chars: MAX_MAX_CHARS + 1, ..good() }, "max_chars"),
            (LanguageIdConfig { min_score: 1.5, ..good() }, "min_score"),
            (LanguageIdConfig { min_score: f64::NAN, ..good() }, "min_score"),
            (LanguageIdConfig { keep: keep(&["en", "cmn"]), ..good() }, "keep.1"),
            (LanguageIdConfig { mode: Mode::Annotate, keep: keep(&["en"]), ..good() }, "keep"),
            (LanguageIdConfig { mode: Mode::Annotate, min_score: 0.1, ..good() }, "min_score"),
        ];
        for (config, field) in cases {
            let error = config.check().expect_err(field);
            assert_eq!(error.field(), Some(field), "{error}");
        }
        let bounds = LanguageIdConfig { max_chars: 1, min_score: 1.0, keep: keep(&["zh", "und"]), ..good() };
        assert_eq!(bounds.check(), Ok(()));
    }
}
