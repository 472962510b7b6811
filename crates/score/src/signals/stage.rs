use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array};
use arrow::datatypes::{DataType, Field};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{Applied, ColumnRead, DocumentBatch, Reason, Stage, StageError, columns};

use super::registry::{SIGNALS, Signal, signal};
use super::{Measured, Needs, TokenizerName, gate};

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
/// `eflaw`. Words are jieba's, without its hidden Markov model.
///
/// # Source
/// Counts: the data card of `WanJuan-CC`. Features and gate: `quality_model.py` of `llm_web_kit`. EFLAW: `McAlpine` 2004, as
/// used by `GneissWeb` (2025).
///
/// # Kept example
/// `The quick brown fox jumps over the lazy dog, and it runs away.`
///
/// # Dropped example
/// With `webkit_gate: true`: a page of one word of a thousand letters, reason `endless_word`, value 1000, bound 56.
///
/// # Cost
/// Per second and core, characters about 150 MB, lines 200 MB, words 15 MB, tokens 20 MB. Only what is asked for is
/// measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SignalsConfig {
    /// The signals, in the order of their columns. Default those of `WanJuan-CC`: `token_num`, `cbytes_num`,
    /// `line_num`, `char_num`.
    #[serde(rename = "use")]
    pub signals: Vec<String>,
    /// What `token_num` counts. Default `cl100k_base`.
    pub tokenizer: TokenizerName,
    /// Drops documents by the rules in front of `llm_web_kit`'s quality model. Default false.
    pub webkit_gate: bool,
}

impl Default for SignalsConfig {
    fn default() -> Self {
        let signals = SIGNALS.iter().take(4).map(|signal| signal.name.to_owned()).collect();
        Self { signals, tokenizer: TokenizerName::default(), webkit_gate: false }
    }
}

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignalsConfigError {
    /// There is no such signal.
    #[error("there is no signal `{name}`; there are: {}", .known.join(", "))]
    Unknown {
        /// The name.
        name: String,
        /// Where it stands.
        path: String,
        /// All signals.
        known: Vec<&'static str>,
    },
    /// A signal is asked for twice.
    #[error("the signal `{name}` is there twice")]
    Twice {
        /// The name.
        name: String,
        /// Where it stands.
        path: String,
    },
    /// Nothing is measured and nothing decided.
    #[error("`use` is empty and there is no gate: the stage would do nothing")]
    Nothing,
}

impl SignalsConfigError {
    /// Name of the field at fault.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Unknown { path, .. } | Self::Twice { path, .. } => Some(path),
            Self::Nothing => Some("use"),
        }
    }
}

/// The stage `signals`.
#[derive(Debug)]
pub struct SignalsStage {
    config: SignalsConfig,
    signals: Vec<&'static Signal>,
    needs: Needs,
}

impl SignalsStage {
    /// The stage as configured.
    pub fn new(config: SignalsConfig) -> Result<Self, SignalsConfigError> {
        let mut signals: Vec<&'static Signal> = Vec::new();
        for (index, name) in config.signals.iter().enumerate() {
            let path = format!("use.{index}");
            let known = || SIGNALS.iter().map(|signal| signal.name).collect();
            let found = signal(name);
            let found = found.ok_or_else(|| SignalsConfigError::Unknown {
                name: name.clone(),
                path: path.clone(),
                known: known(),
            })?;
            if signals.iter().any(|signal| signal.name == found.name) {
                return Err(SignalsConfigError::Twice { name: name.clone(), path });
            }
            signals.push(found);
        }
        if signals.is_empty() && !config.webkit_gate {
            return Err(SignalsConfigError::Nothing);
        }
        let needs = Needs {
            lines: config.webkit_gate || signals.iter().any(|signal| signal.parts.lines),
            words: config.webkit_gate || signals.iter().any(|signal| signal.parts.words),
            tokens: signals.iter().any(|signal| signal.parts.tokens).then_some(config.tokenizer),
        };
        Ok(Self { config, signals, needs })
    }

    fn array(signal: &Signal, measured: &[Measured]) -> ArrayRef {
        let values = measured.iter().map(signal.of);
        if signal.whole {
            #[allow(clippy::cast_possible_truncation, reason = "counts of characters")]
            return Arc::new(values.map(|value| value as i64).collect::<Int64Array>());
        }
        Arc::new(values.collect::<Float64Array>())
    }
}

impl Stage for SignalsStage {
    fn name(&self) -> &'static str {
        "signals"
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self) -> Vec<ColumnRead> {
        vec![ColumnRead::standard(columns::TEXT)]
    }

    fn adds(&self) -> Vec<Field> {
        let data_type = |whole| if whole { DataType::Int64 } else { DataType::Float64 };
        self.signals.iter().map(|signal| Field::new(signal.name, data_type(signal.whole), true)).collect()
    }

    fn reasons(&self) -> Vec<Reason> {
        if self.config.webkit_gate { gate::gate_reasons() } else { Vec::new() }
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        // A document without text is an empty one.
        let texts = batch.text()?.iter().map(Option::unwrap_or_default);
        let measured: Vec<_> = texts.map(|text| Measured::of(text, self.needs)).collect();
        let arrays = self.signals.iter().map(|signal| Self::array(signal, &measured));
        let batch = batch.with_columns(self.adds().into_iter().zip(arrays).collect())?;
        let rows = measured.iter().enumerate().filter(|_| self.config.webkit_gate);
        let dropped = rows.filter_map(|(row, measured)| gate::judge(row, measured)).collect();
        Ok(Applied::without(&batch, dropped)?)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;
    use textmill_document::testing::{assert_stage_compliance, text_batch};

    use super::*;

    fn all() -> SignalsConfig {
        let signals = SIGNALS.iter().map(|signal| signal.name.to_owned()).collect();
        SignalsConfig { signals, ..SignalsConfig::default() }
    }

    #[test]
    fn keeps_the_duties_of_a_stage() {
        let gate = SignalsConfig { webkit_gate: true, ..SignalsConfig::default() };
        for config in [SignalsConfig::default(), all(), gate] {
            assert_stage_compliance(&SignalsStage::new(config).expect("valid"));
        }
    }

    #[test]
    fn counts_become_columns_and_a_missing_text_is_empty() {
        let stage = SignalsStage::new(SignalsConfig::default()).expect("valid");
        let applied = stage.apply(text_batch(&[Some("hello world"), None])).expect("applies");
        let batch = applied.kept;
        let column = |name: &str| -> Vec<i64> {
            batch.column(name).expect("added").as_primitive::<Int64Type>().values().to_vec()
        };
        assert_eq!(["token_num", "cbytes_num", "line_num", "char_num"].map(column), [[2, 0], [11, 0], [1, 0], [11, 0]]);
    }

    #[test]
    fn wrong_lists_are_refused_at_their_place() {
        let of = |names: &[&str]| {
            let signals = names.iter().map(|name| (*name).to_owned()).collect();
            let error = SignalsStage::new(SignalsConfig { signals, ..SignalsConfig::default() }).expect_err("refused");
            error.field().unwrap_or_default().to_owned()
        };
        assert_eq!(of(&["entropy", "entropi"]), "use.1");
        assert_eq!(of(&["entropy", "entropy"]), "use.1");
        assert_eq!(of(&[]), "use");
    }
}
