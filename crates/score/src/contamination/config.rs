use std::num::NonZeroU32;

use arrow::datatypes::Schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Cost, Example, Reason, StageConfig};

use super::stage::{CONTAMINATED, DecontaminateStage};

/// What becomes of a contaminated document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is dropped.
    #[default]
    Drop,
    /// What matches is cut out, with `window` characters on both sides.
    Cut,
    /// It only gets the columns.
    Annotate,
}

/// Finds documents that hold parts of evaluation sets.
///
/// # What it removes
/// With `action: drop`, documents of which more than the share `max_overlap` of the tokens stands in runs of `ngram` tokens
/// that an evaluation item has too (`contaminated`). With `action: cut`, those runs with what is around them; a document
/// that falls into more than `max_pieces` pieces, or has nothing left, is dropped. It adds `contamination`, the share of
/// tokens, and `contaminated_by`, the first item that matches, as file and line.
///
/// # Why
/// A model that was trained on the questions says nothing about how well it answers them.
///
/// # Parameters
/// See below. Tokens are words in lower case without punctuation, and single characters of scripts without blanks between
/// words; line breaks, list numbers, references such as `&nbsp;`, full-width forms and soft hyphens make no difference.
/// Matches are compared token by token. Items of fewer than `ngram` tokens are left out, and counted in a warning, unless
/// `short_items_from` says otherwise. What is in each set is said by `textmill validate`.
///
/// # Source
/// Brown et al. 2020 (GPT-3), appendix C: 13-grams, 200 characters around them, documents in more than ten pieces dropped,
/// n-grams of more than ten documents ignored.
///
/// # Cost
/// About 200 MB/s and core; in memory about 60 bytes for each token of the evaluation sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecontaminateConfig {
    /// Paths of the evaluation sets: JSON lines or JSON, also as gzip or Zstandard, or Parquet.
    #[schemars(length(min = 1))]
    pub against: Vec<String>,
    /// Fields that hold their texts: names or paths (`data.question`, also through lists); a list of texts, such as
    /// `choices`, is one text. Default question, problem, prompt, input, query, text, passage, context, premise, sentence,
    /// content, as far as they are there, at any depth but in answers.
    #[serde(default)]
    pub fields: Vec<String>,
    /// What becomes of a contaminated document. Default `drop`.
    #[serde(default)]
    pub action: Action,
    /// Tokens of a run that counts as a match, 5 to 100. Default 13.
    #[serde(default = "default_ngram")]
    #[schemars(range(min = 5, max = 100))]
    pub ngram: u32,
    /// Items of fewer than `ngram` tokens, but of at least this many, count where they stand whole in a document, 1 to
    /// `ngram`. Few tokens are found in documents that never saw the set: 5 and more are advisable. Default none: such
    /// items are not looked for.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100))]
    pub short_items_from: Option<NonZeroU32>,
    /// Largest share of contaminated tokens that is kept with `drop`, 0 to 1. Default 0: none.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_overlap: f64,
    /// Runs that more items than this have are ignored: they are wording of the task. Default 10.
    #[serde(default = "default_ten")]
    pub max_items: NonZeroU32,
    /// Characters on both sides of a match that `cut` takes too. Default 200.
    #[serde(default = "default_window")]
    pub window: u32,
    /// Most pieces of a cut document that is kept, 1 or more. Default 10.
    #[serde(default = "default_ten")]
    pub max_pieces: NonZeroU32,
}

fn default_ngram() -> u32 {
    13
}

fn default_window() -> u32 {
    200
}

fn default_ten() -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(9)
}

/// A set of one question.
const EXAMPLE_SET: &[(&str, &str)] = &[(
    "rivers.jsonl",
    "{\"question\": \"Which of these rivers flows from the Black Forest to the sea through ten countries?\"}\n",
)];

impl StageConfig for DecontaminateConfig {
    type Stage = DecontaminateStage;

    const NAME: &'static str = "decontaminate";
    const REASONS: &'static [Reason] = &[CONTAMINATED];
    const EXAMPLES: &'static [Example] = &[
        Example::text(
            r#"{"against": ["rivers.jsonl"]}"#,
            "Which of these rivers flows from the Black Forest to the sea, nobody asked.",
        )
        .with_files(EXAMPLE_SET)
        .kept(),
        Example::text(
            r#"{"against": ["rivers.jsonl"]}"#,
            "Q: Which of these rivers flows from the Black Forest to the sea through ten countries?",
        )
        .with_files(EXAMPLE_SET)
        .dropped(CONTAMINATED)
        .by(0.94, 0.0)
        .detail("rivers.jsonl:1"),
    ];
    const COST: Option<Cost> = Some(Cost::measured(200.0, "textmill stages show decontaminate"));
    const IS_STEP: bool = true;
    const DIGESTS: &'static str = "item_digests";

    fn build(self, _: Option<&Schema>) -> Result<DecontaminateStage, Vec<ConfigFault>> {
        Ok(DecontaminateStage::new(self)?)
    }
}

impl DecontaminateConfig {
    /// Against `files`, with every default.
    pub fn new(files: Vec<String>) -> Self {
        Self {
            against: files,
            fields: Vec::new(),
            action: Action::default(),
            ngram: default_ngram(),
            short_items_from: None,
            max_overlap: 0.0,
            max_items: default_ten(),
            window: default_window(),
            max_pieces: default_ten(),
        }
    }

    /// Fewest tokens of an item that is looked for.
    pub(super) fn shortest(&self) -> u32 {
        self.short_items_from.map_or(self.ngram, NonZeroU32::get)
    }

    /// Checks what the types do not say.
    pub(super) fn check(&self) -> Result<(), ConfigFault> {
        if self.against.is_empty() {
            return Err(ConfigFault::new("against", "`against` names no evaluation set"));
        }
        if !(5..=100).contains(&self.ngram) {
            return Err(ConfigFault::new("ngram", format!("`ngram` is {}; it must be from 5 to 100", self.ngram)));
        }
        if let Some(from) = self.short_items_from.filter(|from| from.get() >= self.ngram) {
            let message = format!(
                "`short_items_from` is {from}; it must be below `ngram`, from which on any run of an item counts"
            );
            return Err(ConfigFault::new("short_items_from", message));
        }
        let meaningless = self.max_overlap > 0.0 && self.action != Action::Drop;
        if !(0.0..=1.0).contains(&self.max_overlap) || meaningless {
            let message = format!(
                "`max_overlap` is {}; it must be from 0 to 1, and is used with `action: drop` only",
                self.max_overlap
            );
            return Err(ConfigFault::new("max_overlap", message));
        }
        Ok(())
    }
}
