use std::num::NonZeroU32;

use arrow::datatypes::Schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Example, Mode, Reason, StageConfig};

use super::TransformerStage;
use crate::Aggregate;
use crate::bounds::{Bounds, SCORE_REASONS, SCORE_TOO_LOW, check_column};

/// Tokens that a text may have, by default.
pub(super) const DEFAULT_MAX_TOKENS: NonZeroU32 = NonZeroU32::new(512).expect("not zero");
/// Windows that are scored, by default.
const DEFAULT_MAX_CHUNKS: NonZeroU32 = NonZeroU32::new(8).expect("not zero");

/// Scores documents with a transformer from an ONNX file; keeps those with a score between two bounds.
///
/// # What it removes
/// Documents whose score is below `min` (`score_too_low`) or above `max` (`score_too_high`), and, where there is a bound,
/// documents without a token (`no_score`). The score becomes a column: the probability of `label`, or what the model
/// answers, with `activation: none`.
///
/// # Why
/// Toxicity, pornography, advertisement, fluency and educational value, where a model of words is not enough: a transformer
/// reads the order of words.
///
/// # Parameters
/// See below. `labels` are those of the model's `config.json` (`id2label`), in their order. The digests of model and
/// tokenizer are part of what decides whether a result may be reused.
///
/// # Source
/// `WanJuan-CC` (Qiu et al. 2024, BERT for safety, advertisement and fluency), `FineWeb-Edu` (Penedo et al. 2024, a
/// regression of educational value). `head_and_tail`: Sun et al., "How to Fine-Tune BERT for Text Classification?" (2019).
/// Answers are those of onnxruntime within 0.0001.
///
/// # Cost
/// Hundreds of times that of `classifier`: one core reads about 120 texts of up to 256 tokens a second with 4 layers of
/// 128 numbers, as `scripts/compare/onnx` measures it beside onnxruntime; a model of BERT's size takes a hundred times as
/// many calculations. Texts are run alone, so that no score depends on its neighbours. Put it behind the rules and the
/// cheap models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransformerConfig {
    /// `decide` drops by the bounds; `annotate` only adds the column, so that no bound may be set. Default `decide`.
    #[serde(default)]
    pub mode: Mode,
    /// Path of the model (`.onnx`), with its weights inside. It is given `input_ids` and, if it has them,
    /// `attention_mask` and `token_type_ids`, and answers one row of numbers.
    pub model: String,
    /// Path of its `tokenizer.json`.
    pub tokenizer: String,
    /// Names of the numbers that the model answers, in their order. Without, it must answer one number only.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The label whose number is the score; needed where there are `labels`.
    #[serde(default)]
    pub label: Option<String>,
    /// What makes scores of the model's numbers. Default `softmax`.
    #[serde(default)]
    pub activation: Activation,
    /// The column of the score. Default the label with `_score`; needed where there are no labels.
    #[serde(default)]
    pub column: Option<String>,
    /// Tokens that are run at once, with the special ones. Default 512.
    #[serde(default = "default_max_tokens")]
    pub max_tokens: NonZeroU32,
    /// What becomes of a text that has more tokens. Default `head`.
    #[serde(default)]
    pub truncation: Truncation,
    /// With `truncation: chunks`, how the scores of the chunks become that of the document. Default `mean`, by number of
    /// tokens.
    #[serde(default)]
    pub aggregate: Aggregate,
    /// With `truncation: chunks`, chunks that are scored; what follows them is not looked at. Default 8.
    #[serde(default = "default_max_chunks")]
    pub max_chunks: NonZeroU32,
    /// Lowest score that is kept; 0 to 1, unless there is no activation. Default none.
    #[serde(default)]
    pub min: Option<f64>,
    /// Highest score that is kept; 0 to 1, unless there is no activation. Default none.
    #[serde(default)]
    pub max: Option<f64>,
}

fn default_max_tokens() -> NonZeroU32 {
    DEFAULT_MAX_TOKENS
}

fn default_max_chunks() -> NonZeroU32 {
    DEFAULT_MAX_CHUNKS
}

/// What makes scores of the numbers that a model answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// Labels exclude each other: their probabilities add up to 1.
    #[default]
    Softmax,
    /// Each label is true or not by itself, 0 to 1.
    Sigmoid,
    /// The number is the score: a regression, or a model that has its activation inside.
    None,
}

/// What becomes of a text that has more tokens than are run at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Truncation {
    /// Its beginning is scored.
    #[default]
    Head,
    /// Its end is scored.
    Tail,
    /// A quarter of the tokens is from its beginning, the others from its end.
    HeadAndTail,
    /// It is scored in chunks.
    Chunks,
}

impl StageConfig for TransformerConfig {
    type Stage = TransformerStage;

    const NAME: &'static str = "transformer";
    const REASONS: &'static [Reason] = SCORE_REASONS;
    // The score is that of the program's test model, which has learned nothing.
    const EXAMPLES: &'static [Example] = &[
        Example::text(
            r#"{"model": "quality.onnx", "tokenizer": "tokenizer.json", "labels": ["low", "fair", "high"],
                "label": "high", "max_tokens": 64, "min": 0.5}"#,
            "Thank you for the correction.",
        )
        .kept_with(r#"{"high_score": 0.74}"#),
        Example::text(
            r#"{"model": "quality.onnx", "tokenizer": "tokenizer.json", "labels": ["low", "fair", "high"],
                "label": "high", "max_tokens": 64, "min": 0.9}"#,
            "Thank you for the correction.",
        )
        .dropped(SCORE_TOO_LOW)
        .by(0.74, 0.9),
    ];
    const IS_STEP: bool = true;
    const DIGESTS: &'static str = "model_digests";

    fn build(self, _: Option<&Schema>) -> Result<TransformerStage, Vec<ConfigFault>> {
        Ok(TransformerStage::new(&self)?)
    }
}

impl TransformerConfig {
    /// The score of `label` by `model` and `tokenizer`, with every default.
    pub fn new(model: impl Into<String>, tokenizer: impl Into<String>, labels: &[&str], label: &str) -> Self {
        Self {
            mode: Mode::Decide,
            model: model.into(),
            tokenizer: tokenizer.into(),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            label: Some(label.to_owned()),
            activation: Activation::default(),
            column: None,
            max_tokens: DEFAULT_MAX_TOKENS,
            truncation: Truncation::default(),
            aggregate: Aggregate::default(),
            max_chunks: DEFAULT_MAX_CHUNKS,
            min: None,
            max: None,
        }
    }

    /// The place of the score among the model's numbers.
    pub(super) fn place(&self) -> Result<usize, ConfigFault> {
        let duplicate =
            |(place, label): &(usize, &String)| self.labels.iter().take(*place).any(|other| other == *label);
        if let Some((_, label)) = self.labels.iter().enumerate().find(duplicate) {
            return Err(ConfigFault::new("labels", format!("the label `{label}` stands twice")));
        }
        let known = || self.labels.join(", ");
        match &self.label {
            None if self.labels.is_empty() => Ok(0),
            None => Err(ConfigFault::new("label", format!("which label is the score? They are: {}", known()))),
            Some(label) => {
                let place = self.labels.iter().position(|known| known == label);
                let message = || format!("there is no label `{label}` in `labels`; they are: {}", known());
                place.ok_or_else(|| ConfigFault::new("label", message()))
            }
        }
    }

    /// The column of the score.
    pub(super) fn score_column(&self) -> Result<String, ConfigFault> {
        let named = self.column.clone().or_else(|| self.label.as_ref().map(|label| format!("{label}_score")));
        let message = "without `label`, `column` must name the column of the score";
        let column = named.ok_or_else(|| ConfigFault::new("column", message))?;
        check_column("score", &column)?;
        Ok(column)
    }

    /// The bounds, checked.
    pub(super) fn bounds(&self) -> Result<Bounds, ConfigFault> {
        let possible = if self.activation == Activation::None { f64::MIN..=f64::MAX } else { 0.0..=1.0 };
        let range = "from 0 to 1, or any number with `activation: none`";
        Bounds { min: self.min, max: self.max }.checked(self.mode, range, |value| possible.contains(&value))
    }
}
