use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::Mode;
use textmill_document::columns::{ID, TEXT};
use textmill_ngram_lm::LmError;

use crate::bounds::Bounds;
use crate::{Form, Pieces, PiecesError, Tokens};

/// Scores documents by their perplexity under an n-gram language model; keeps those between two bounds.
///
/// # What it removes
/// Documents whose perplexity is below `min` (`score_too_low`) or above `max` (`score_too_high`), and, where there is a
/// bound, documents without a word (`no_score`). The perplexity becomes a column; with `cutoffs`, so does its bucket, `head`,
/// `middle` or `tail`.
///
/// # Why
/// Text unlike any that a model was trained on (noise, broken extraction, other languages) has a high perplexity, and text
/// that says the same again and again a low one.
///
/// # Parameters
/// See below. Each line that has a word is a sentence; the perplexity is 10 to the negative mean logarithm over all words
/// and ends of lines, as `CCNet` has it. `textmill train lm` makes models.
///
/// # Source
/// `CCNet` (Wenzek et al. 2020), which publishes cut-offs at the 30th and 60th percentile for its own models: en 340 and
/// 520, zh 1460 and 1950. They mean nothing for another model: take the percentiles of your own corpus. Scores are
/// `KenLM`'s (Heafield 2011).
///
/// # Kept example
/// With a model of articles and `max: 1000`: `The committee will publish its report next year.`
///
/// # Dropped example
/// With the same: `asdf 0x8f jkl; qwer`, reason `score_too_high`.
///
/// # Cost
/// About 10 million words per second and core, plus that of `tokens` (of a tokenizer, 2 MB per second and core). The model is in memory once, 24 bytes or more for
/// each n-gram.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PerplexityConfig {
    /// `decide` drops by the bounds; `annotate` only adds the columns, so that no bound may be set. Default `decide`.
    #[serde(default)]
    pub mode: Mode,
    /// Path of the model: ARPA, the compact form (`.lm`), or `KenLM`'s binary form (probing or trie).
    pub model: String,
    /// The column of the perplexity. Default `perplexity`.
    #[serde(default = "default_column")]
    pub column: String,
    /// The form of the text that the model was trained with. Default `blanks`.
    #[serde(default)]
    pub tokens: Tokens,
    /// Path of a `tokenizer.json`, for a model of pieces of words, as `CCNet`'s are: each line is taken apart by it. It takes
    /// the place of `tokens`. Default none.
    #[serde(default)]
    pub tokenizer: Option<String>,
    /// Characters of a document that are looked at, from its beginning. Default all.
    #[serde(default)]
    pub max_chars: Option<NonZeroU32>,
    /// Lowest perplexity that is kept, 0 or more. Default none.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub min: Option<f64>,
    /// Highest perplexity that is kept, 0 or more. Default none.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub max: Option<f64>,
    /// For each language of the column `language` (`any` for all others): up to `head` a document is `head`, up to
    /// `middle` it is `middle`, and above `tail`, in the column `<column>_bucket`. Default no such column.
    #[serde(default)]
    pub cutoffs: BTreeMap<String, Cutoffs>,
}

fn default_column() -> String {
    "perplexity".to_owned()
}

/// The language of [`PerplexityConfig::cutoffs`] that stands for all others.
pub(super) const ANY: &str = "any";

/// Where the buckets of a language end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cutoffs {
    /// Highest perplexity of `head`.
    pub head: f64,
    /// Highest perplexity of `middle`, at least that of `head`.
    pub middle: f64,
}

impl Cutoffs {
    /// The bucket of a perplexity.
    pub fn bucket(self, perplexity: f64) -> &'static str {
        if perplexity <= self.head {
            "head"
        } else if perplexity <= self.middle {
            "middle"
        } else {
            "tail"
        }
    }
}

/// The command that makes a model that is not there.
fn made_by(path: &Path, error: &LmError) -> String {
    match error {
        LmError::Open { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            format!("; `textmill train lm TEXTS --output {}` makes it of texts", path.display())
        }
        _ => String::new(),
    }
}

/// What is wrong with a configuration or the file it names.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PerplexityConfigError {
    /// The model cannot be read.
    #[error("{}: {source}{}", .path.display(), made_by(.path, .source))]
    Model {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: LmError,
    },
    /// The tokenizer cannot be used.
    #[error(transparent)]
    Tokenizer(#[from] PiecesError),
    /// Words and pieces at once.
    #[error("`tokenizer` takes the text apart as it is, so `tokens` cannot be set as well")]
    TokensAndTokenizer,
    /// A name that a column of perplexities cannot have.
    #[error("the perplexity cannot be the column `{0}`")]
    Column(String),
    /// A bound that is no perplexity.
    #[error("`{field}` is {value}; it must be a number of 0 or more")]
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
    /// Cut-offs that are no numbers, or in the wrong order.
    #[error("`{path}`: head ({head}) and middle ({middle}) must be numbers of 0 or more, head not above middle")]
    Cutoffs {
        /// Where they stand.
        path: String,
        /// End of `head`.
        head: f64,
        /// End of `middle`.
        middle: f64,
    },
}

impl PerplexityConfigError {
    /// Name of the field at fault.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Model { .. } => Some("model"),
            Self::Tokenizer(_) => Some("tokenizer"),
            Self::TokensAndTokenizer => Some("tokens"),
            Self::Column(_) => Some("column"),
            Self::Bound { field, .. } | Self::DecidesInAnnotate(field) => Some(field),
            Self::Crossed { .. } => Some("min"),
            Self::Cutoffs { path, .. } => Some(path),
        }
    }
}

impl PerplexityConfig {
    /// The perplexity under `model`, with every default.
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            mode: Mode::Decide,
            model: model.into(),
            column: default_column(),
            tokens: Tokens::default(),
            tokenizer: None,
            max_chars: None,
            min: None,
            max: None,
            cutoffs: BTreeMap::new(),
        }
    }

    /// The form of the text. Loads the tokenizer.
    pub(super) fn form(&self) -> Result<Form, PerplexityConfigError> {
        match &self.tokenizer {
            None => Ok(Form::Tokens(self.tokens)),
            Some(_) if self.tokens != Tokens::Blanks => Err(PerplexityConfigError::TokensAndTokenizer),
            Some(path) => Ok(Form::Pieces(Pieces::load(Path::new(path))?)),
        }
    }

    /// Checks what the types do not say.
    pub(super) fn check(&self) -> Result<Bounds, PerplexityConfigError> {
        if self.column.trim().is_empty() || [ID, TEXT].contains(&self.column.as_str()) {
            return Err(PerplexityConfigError::Column(self.column.clone()));
        }
        for (field, value) in [("min", self.min), ("max", self.max)] {
            let Some(value) = value else { continue };
            if !(0.0..f64::INFINITY).contains(&value) {
                return Err(PerplexityConfigError::Bound { field, value });
            }
            if self.mode == Mode::Annotate {
                return Err(PerplexityConfigError::DecidesInAnnotate(field));
            }
        }
        if let (Some(min), Some(max)) = (self.min, self.max)
            && min > max
        {
            return Err(PerplexityConfigError::Crossed { min, max });
        }
        for (language, Cutoffs { head, middle }) in &self.cutoffs {
            if !(0.0..=*middle).contains(head) || !middle.is_finite() {
                let path = format!("cutoffs.{language}");
                return Err(PerplexityConfigError::Cutoffs { path, head: *head, middle: *middle });
            }
        }
        Ok(Bounds { min: self.min, max: self.max })
    }
}
