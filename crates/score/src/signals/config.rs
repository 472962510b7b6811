use arrow::datatypes::Schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::columns::{ID, TEXT};
use textmill_document::{ConfigFault, Cost, Example, Reason, StageConfig};

use super::gate::{ENDLESS_WORD, GATE_REASONS};
use super::registry::{SIGNALS, Signal, signal};
use super::{LexiconConfig, SignalsStage, TokenizerChoice};

/// Measures texts: each signal becomes a column.
///
/// # What it removes
/// Nothing. With `webkit_gate: true`, documents that the hard rules in front of `llm_web_kit`'s quality model give no
/// quality: no stop word, hardly any entropy, an endless word or sentence, and so on.
///
/// # Why
/// The counts are part of what `WanJuan-CC` publishes. The others are for looking at a corpus, and for scores that
/// `with_columns` and `keep_where` make of them.
///
/// # Parameters
/// See below. The signals: `token_num`, `cbytes_num`, `line_num`, `char_num`; `lines_num`, `words_num`,
/// `word_compression`, `content_word_len`, `content_word_frac`, `num_len`, `num_frac`, `space_len`, `space_frac`,
/// `punc_len`, `punc_frac`, `emoji_len`, `emoji_frac`, `punc_end_sentence_num`, `punc_end_sentence_mean_len`,
/// `longest_punc_sentence_len`, `stop_word_num`, `stop_word_frac`, `ellipsis_line_frac`, `enter_frac`,
/// `max_continue_space_num`, `html_semi_entity_count`, `html_semi_entity_frac`, `url_char_frac`, `special_char_len`,
/// `special_char_frac`, `unique_words_frac`, `entropy`, `average_words_per_line`, `bulletpoint_line_frac`,
/// `dup_top_2gram`, `dup_top_4gram`, `dup_10gram`, `std_dev_unicode_value`, `mean_diff_unicode_value`, `longest_word`,
/// `eflaw`. Words are jieba's, without its hidden Markov model. `lexicons` add a column each.
///
/// # Source
/// Counts: the data card of `WanJuan-CC`. Features and gate: `quality_model.py` of `llm_web_kit`. EFLAW: `McAlpine` 2004, as
/// used by `GneissWeb` (2025), which keeps below 70, or 30 without a topic; its words and sentences are those of textstat.
///
/// # Cost
/// Per second and core, characters about 150 MB, lines 200 MB, words 15 MB, tokens 20 MB (of a `tokenizer.json` a tenth
/// of that). Only what is asked for is measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SignalsConfig {
    /// The signals, in the order of their columns. Default those of `WanJuan-CC`: `token_num`, `cbytes_num`,
    /// `line_num`, `char_num`.
    #[serde(rename = "use")]
    pub signals: Vec<String>,
    /// What `token_num` counts: `cl100k_base`, `o200k_base`, or `{file: PATH}` of a `tokenizer.json`. Default `cl100k_base`.
    pub tokenizer: TokenizerChoice,
    /// Lists of words with weights; each becomes a column of scores. Default none.
    pub lexicons: Vec<LexiconConfig>,
    /// Drops documents by the rules in front of `llm_web_kit`'s quality model. Default false.
    pub webkit_gate: bool,
}

impl Default for SignalsConfig {
    fn default() -> Self {
        let signals = SIGNALS.iter().take(4).map(|signal| signal.name.to_owned()).collect();
        Self { signals, tokenizer: TokenizerChoice::default(), lexicons: Vec::new(), webkit_gate: false }
    }
}

impl StageConfig for SignalsConfig {
    type Stage = SignalsStage;

    const NAME: &'static str = "signals";
    const REASONS: &'static [Reason] = &GATE_REASONS;
    const EXAMPLES: &'static [Example] = &[
        Example::text("{}", "hello world")
            .kept_with(r#"{"token_num": 2, "cbytes_num": 11, "line_num": 1, "char_num": 11}"#),
        Example::text(r#"{"webkit_gate": true}"#, "The quick brown fox jumps over the lazy dog, and it runs away.")
            .kept(),
        Example::text(
            r#"{"webkit_gate": true}"#,
            "The quick brown fox says aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaah and runs away.",
        )
        .dropped(ENDLESS_WORD)
        .by(61.0, 56.0),
    ];
    const COST: Option<Cost> = Some(Cost::measured(28.6, "scripts/reproduce, wanjuan-cc"));

    fn build(self, _: Option<&Schema>) -> Result<SignalsStage, Vec<ConfigFault>> {
        Ok(SignalsStage::new(self)?)
    }
}

impl SignalsConfig {
    /// The signals asked for.
    pub(super) fn found(&self) -> Result<Vec<&'static Signal>, ConfigFault> {
        let mut signals: Vec<&'static Signal> = Vec::new();
        for (index, name) in self.signals.iter().enumerate() {
            let path = format!("use.{index}");
            let Some(found) = signal(name) else {
                let known = SIGNALS.iter().map(|signal| signal.name).collect::<Vec<_>>().join(", ");
                return Err(ConfigFault::new(path, format!("there is no signal `{name}`; there are: {known}")));
            };
            if signals.iter().any(|signal| signal.name == found.name) {
                return Err(ConfigFault::new(path, format!("the signal `{name}` is there twice")));
            }
            signals.push(found);
        }
        if signals.is_empty() && self.lexicons.is_empty() && !self.webkit_gate {
            let message = "`use` is empty, and there is no lexicon and no gate: the stage would do nothing";
            return Err(ConfigFault::new("use", message));
        }
        let counts = signals.iter().any(|signal| signal.parts.tokens);
        if matches!(self.tokenizer, TokenizerChoice::File(_)) && !counts {
            let message = "`tokenizer` is a file, and `use` has no `token_num` that would count its tokens";
            return Err(ConfigFault::new("tokenizer", message));
        }
        self.check_columns(&signals)?;
        Ok(signals)
    }

    /// Every lexicon must have a column of its own.
    fn check_columns(&self, signals: &[&Signal]) -> Result<(), ConfigFault> {
        for (index, LexiconConfig { column, .. }) in self.lexicons.iter().enumerate() {
            let taken = [ID, TEXT].contains(&column.as_str())
                || signals.iter().any(|signal| signal.name == column)
                || self.lexicons.iter().take(index).any(|other| other.column == *column);
            if taken || column.trim().is_empty() {
                let path = format!("lexicons.{index}.column");
                let message =
                    format!("the score of a lexicon cannot be the column `{column}`: it must have a name of its own");
                return Err(ConfigFault::new(path, message));
            }
        }
        Ok(())
    }
}
