use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::Path;

use arrow::datatypes::Schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Example, Mode, Reason, StageConfig, columns};
use textmill_ngram_lm::LmError;

use super::PerplexityStage;
use crate::bounds::{Bounds, SCORE_REASONS, SCORE_TOO_HIGH, check_column};
use crate::{Form, Pieces, Tokens};

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

/// A model of five words.
const EXAMPLE_MODEL: &[(&str, &str)] = &[(
    "articles.arpa",
    "\\data\\\nngram 1=7\n\n\\1-grams:\n-4\t<unk>\n-99\t<s>\n-1\t</s>\n-0.7\tthe\n-0.9\treport\n-0.9\twas\n-0.9\tread\n\n\
     \\end\\\n",
)];

impl StageConfig for PerplexityConfig {
    type Stage = PerplexityStage;

    const NAME: &'static str = "perplexity";
    const REASONS: &'static [Reason] = SCORE_REASONS;
    const EXAMPLES: &'static [Example] = &[
        Example::text(r#"{"model": "articles.arpa", "max": 1000}"#, "the report was read")
            .with_files(EXAMPLE_MODEL)
            .kept_with(r#"{"perplexity": 7.59}"#),
        Example::text(r#"{"model": "articles.arpa", "max": 1000}"#, "asdf 0x8f jkl; qwer")
            .with_files(EXAMPLE_MODEL)
            .dropped(SCORE_TOO_HIGH)
            .by(2511.89, 1000.0),
    ];
    const MAY_READ: &'static [&'static str] = &[columns::LANGUAGE];
    const IS_STEP: bool = true;
    const DIGESTS: &'static str = "model_digests";

    fn build(self, _: Option<&Schema>) -> Result<PerplexityStage, Vec<ConfigFault>> {
        Ok(PerplexityStage::new(self)?)
    }
}

/// The fault of a model that cannot be read, with the command that makes one that is not there.
pub(super) fn unreadable(path: &Path, error: &LmError) -> ConfigFault {
    let made_by = match error {
        LmError::Open { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            format!("; `textmill train lm TEXTS --output {}` makes it of texts", path.display())
        }
        _ => String::new(),
    };
    ConfigFault::new("model", format!("{}: {error}{made_by}", path.display()))
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
    pub(super) fn form(&self) -> Result<Form, ConfigFault> {
        match &self.tokenizer {
            None => Ok(Form::Tokens(self.tokens)),
            Some(_) if self.tokens != Tokens::Blanks => {
                let message = "`tokenizer` takes the text apart as it is, so `tokens` cannot be set as well";
                Err(ConfigFault::new("tokens", message))
            }
            Some(path) => {
                let pieces = Pieces::load(Path::new(path)).map_err(|error| ConfigFault::new("tokenizer", error))?;
                Ok(Form::Pieces(pieces))
            }
        }
    }

    /// Checks what the types do not say.
    pub(super) fn check(&self) -> Result<Bounds, ConfigFault> {
        check_column("perplexity", &self.column)?;
        let bounds = Bounds { min: self.min, max: self.max };
        let bounds =
            bounds.checked(self.mode, "a number of 0 or more", |value| (0.0..f64::INFINITY).contains(&value))?;
        for (language, Cutoffs { head, middle }) in &self.cutoffs {
            if !(0.0..=*middle).contains(head) || !middle.is_finite() {
                let path = format!("cutoffs.{language}");
                let message = format!(
                    "`{path}`: head ({head}) and middle ({middle}) must be numbers of 0 or more, head not above middle"
                );
                return Err(ConfigFault::new(path, message));
            }
        }
        Ok(bounds)
    }
}
