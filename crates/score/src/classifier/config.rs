use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use arrow::datatypes::Schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Cost, Example, Mode, Reason, StageConfig};
use textmill_fasttext::FastTextError;

use super::model::Scorer;
use super::stage::ClassifierStage;
use crate::bounds::{Bounds, SCORE_REASONS, SCORE_TOO_HIGH, check_column, may_decide};
use crate::calibration::{Calibration, CalibrationError};
use crate::files::digest;
use crate::{Aggregate, Tokens, Unit};

/// Scores documents with a fastText classifier; keeps those with a score between two bounds.
///
/// # What it removes
/// Documents whose score is below `min` (`score_too_low`) or above `max` (`score_too_high`), and, where there is a bound,
/// documents without a score (`no_score`). The score, 0 to 1, is the probability of `label` and becomes a column.
///
/// # Why
/// Toxicity, advertisement, quality and topic are nothing that a rule about characters can tell.
///
/// # Parameters
/// See below. `keep: {highest: 0.1}` sets the bound so that about a tenth of the documents stays, by the calibration file
/// that `textmill train classifier` writes beside the model. The digests of both files are part of what decides whether a
/// result may be reused.
///
/// # Source
/// Joulin et al., "Bag of Tricks for Efficient Text Classification" (2016); answers are those of the C++ program. As a
/// filter of corpora: `DataComp-LM` (Li et al. 2024), which keeps the best tenth; `ChineseWebText` (Chen et al. 2023).
///
/// # Cost
/// Depends on the model: with 100 numbers a word about 150 MB per second and core where it knows single words, about 70
/// with pairs of words. `scripts/compare/fasttext-training` measures it beside the C++ program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassifierConfig {
    /// `decide` drops by the bounds; `annotate` only adds the column, so that no bound may be set. Default `decide`.
    #[serde(default)]
    pub mode: Mode,
    /// Path of the model (`.bin`, `.ftz`).
    pub model: String,
    /// Whether the stage may go without its model: where there is no file at `model`, no document has a score, none is
    /// dropped, and a warning says so. Default false.
    #[serde(default)]
    pub optional: bool,
    /// The label whose probability is the score, without `__label__`.
    pub label: String,
    /// The column of the score. Default the label with `_score`, with `_` for blanks and commas.
    #[serde(default)]
    pub column: Option<String>,
    /// The form of the text that the model was trained with. Default `blanks`.
    #[serde(default)]
    pub tokens: Tokens,
    /// What is scored at once. Default `document`.
    #[serde(default)]
    pub unit: Unit,
    /// How scores of paragraphs or lines become that of the document. Default `mean`, by number of characters.
    #[serde(default)]
    pub aggregate: Aggregate,
    /// Characters of a document that are looked at, from its beginning. Default all.
    #[serde(default)]
    pub max_chars: Option<NonZeroU32>,
    /// Lowest score that is kept, 0 to 1. Default none.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min: Option<f64>,
    /// Highest score that is kept, 0 to 1. Default none.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max: Option<f64>,
    /// The share of documents to keep, instead of `min` and `max`. Default none.
    #[serde(default)]
    pub keep: Option<KeepShare>,
    /// Path of the calibration file that `keep` needs. Default that of the model with `.json` for its extension.
    #[serde(default)]
    pub calibration: Option<String>,
}

/// Which share of the documents stays, above 0 and at most 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeepShare {
    /// Those with the highest scores: quality.
    Highest(f64),
    /// Those with the lowest scores: toxicity.
    Lowest(f64),
}

impl StageConfig for ClassifierConfig {
    type Stage = ClassifierStage;

    const NAME: &'static str = "classifier";
    const REASONS: &'static [Reason] = SCORE_REASONS;
    const EXAMPLES: &'static [Example] = &[
        Example::text(r#"{"model": "toxic.bin", "label": "toxic", "max": 0.5}"#, "Thank you for the correction.")
            .kept(),
        Example::text(r#"{"model": "toxic.bin", "label": "toxic", "max": 0.5}"#, "You idiot, you fool!")
            .dropped(SCORE_TOO_HIGH)
            .by(0.99, 0.5),
    ];
    const COST: Option<Cost> = Some(Cost::measured(65.7, "scripts/reproduce, wanjuan-cc"));
    const IS_STEP: bool = true;
    const DIGESTS: &'static str = "model_digests";

    fn build(self, _: Option<&Schema>) -> Result<ClassifierStage, Vec<ConfigFault>> {
        Ok(ClassifierStage::new(self)?)
    }
}

/// The label as part of a name.
fn default_column(label: &str) -> String {
    let words = label.split(|char: char| char.is_whitespace() || char == ',').filter(|word| !word.is_empty());
    format!("{}_score", words.collect::<Vec<_>>().join("_"))
}

/// The command that makes the model.
fn made_by(path: &Path, label: &str, tokens: Tokens) -> String {
    let plain = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-' | '.' | '/');
    let quoted = |text: &str| {
        if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
    };
    let (label, path) = (quoted(label), quoted(&path.display().to_string()));
    format!(
        "`textmill train classifier --positive WITH --negative WITHOUT --label {label} --tokens {} --output {path}` makes it \
         from texts with and without the label",
        tokens.name()
    )
}

/// What a configuration comes to.
pub(super) struct Checked {
    /// None for an optional model that is not there.
    pub(super) scorer: Option<Scorer>,
    pub(super) column: String,
    pub(super) bounds: Bounds,
    pub(super) digests: Vec<String>,
}

impl ClassifierConfig {
    /// The score of `label` by `model`, with every default.
    pub fn new(model: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            mode: Mode::Decide,
            model: model.into(),
            optional: false,
            label: label.into(),
            column: None,
            tokens: Tokens::default(),
            unit: Unit::default(),
            aggregate: Aggregate::default(),
            max_chars: None,
            min: None,
            max: None,
            keep: None,
            calibration: None,
        }
    }

    /// Checks what the types do not say, and loads the files.
    pub(super) fn check(&self) -> Result<Checked, ConfigFault> {
        self.check_bounds()?;
        let column = self.column.clone().unwrap_or_else(|| default_column(&self.label));
        check_column("score", &column)?;
        let path = Path::new(&self.model);
        if !path.exists() {
            if self.optional {
                return Ok(Checked { scorer: None, column, bounds: Bounds::default(), digests: Vec::new() });
            }
            return Err(self.no_model());
        }
        let failed = |error: FastTextError| ConfigFault::new("model", format!("{}: {error}", path.display()));
        let model = Scorer::load(path).map_err(failed)?;
        let opened = |source| failed(FastTextError::Open { path: path.to_owned(), source });
        let digest = digest(path).map_err(opened)?;
        let scorer = Scorer::new(std::sync::Arc::clone(&model), &self.label).ok_or_else(|| {
            let known = model.labels().iter().take(20).cloned().collect::<Vec<_>>().join(", ");
            ConfigFault::new("label", format!("the model has no label `{}`; it has: {known}", self.label))
        })?;
        let mut bounds = Bounds { min: self.min, max: self.max };
        let mut digests = vec![digest];
        if let Some(keep) = self.keep {
            let path = self.calibration.as_ref().map_or_else(|| path.with_extension("json"), PathBuf::from);
            let wrong = |error: CalibrationError| ConfigFault::new("calibration", error);
            bounds = self.calibrated(&path, digests.first().map_or("", String::as_str), keep).map_err(wrong)?;
            let read = |source| wrong(CalibrationError::Read { path: path.clone(), source });
            digests.push(crate::files::digest(&path).map_err(read)?);
        }
        Ok(Checked { scorer: Some(scorer), column, bounds, digests })
    }

    /// Says that there is no model, and what makes one.
    pub(super) fn no_model(&self) -> ConfigFault {
        let path = Path::new(&self.model);
        let made_by = made_by(path, &self.label, self.tokens);
        let message = format!("cannot open the fastText model {}: there is no such file; {made_by}", path.display());
        ConfigFault::new("model", message)
    }

    fn check_bounds(&self) -> Result<(), ConfigFault> {
        let share = self.keep.map(|keep| match keep {
            KeepShare::Highest(share) | KeepShare::Lowest(share) => share,
        });
        let set = [("min", self.min), ("max", self.max), ("keep", share)];
        for (field, value) in set {
            let Some(value) = value else { continue };
            if !(0.0..=1.0).contains(&value) || (field == "keep" && value == 0.0) {
                return Err(ConfigFault::new(field, format!("`{field}` is {value}; it must be from 0 to 1")));
            }
            may_decide(self.mode, field)?;
            if field != "keep" && share.is_some() {
                let message = format!("`keep` sets the bound by itself; `{field}` cannot be set besides");
                return Err(ConfigFault::new(field, message));
            }
        }
        Bounds { min: self.min, max: self.max }.in_order()?;
        if share.is_none() && self.calibration.is_some() {
            return Err(ConfigFault::new("calibration", "`calibration` is used with `keep` only"));
        }
        Ok(())
    }

    /// The bound that keeps the share asked for.
    fn calibrated(&self, path: &Path, model: &str, keep: KeepShare) -> Result<Bounds, CalibrationError> {
        let found = Calibration::load(path)?;
        let name =
            |tokens: Tokens| serde_json::to_value(tokens).map_or_else(|_| String::new(), |name| name.to_string());
        let pairs = [
            ("the model", found.model.clone(), model.to_owned()),
            ("the label", found.label.clone(), self.label.clone()),
            ("the tokens", name(found.tokens), name(self.tokens)),
        ];
        if let Some((what, theirs, ours)) = pairs.into_iter().find(|(_, theirs, ours)| theirs != ours) {
            return Err(CalibrationError::Other { path: path.to_owned(), what, theirs, ours });
        }
        Ok(match keep {
            KeepShare::Highest(share) => Bounds { min: Some(found.quantile(1.0 - share)), max: None },
            KeepShare::Lowest(share) => Bounds { min: None, max: Some(found.quantile(share)) },
        })
    }
}
