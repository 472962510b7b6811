use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array};
use arrow::datatypes::{DataType, Field};
use textmill_document::{
    Applied, ColumnRead, ConfigFault, DocumentBatch, Reason, Stage, StageConfig, StageError, columns,
};

use super::config::SignalsConfig;
use super::lexicon::Lexicon;
use super::registry::Signal;
use super::tokenizer::Counter;
use super::{Measured, Needs, gate};

/// The stage `signals`.
#[derive(Debug)]
pub struct SignalsStage {
    config: SignalsConfig,
    signals: Vec<&'static Signal>,
    needs: Needs,
    /// What counts tokens, where they are wanted.
    counter: Option<Counter>,
    lexicons: Vec<Lexicon>,
}

impl SignalsStage {
    /// The stage as configured. Loads the tokenizer and the lexicons.
    pub fn new(config: SignalsConfig) -> Result<Self, ConfigFault> {
        let signals = config.found()?;
        let any = |part: fn(&Signal) -> bool| signals.iter().any(|signal| part(signal));
        let needs = Needs {
            lines: config.webkit_gate || any(|signal| signal.parts.lines),
            words: config.webkit_gate || any(|signal| signal.parts.words),
            prose: any(|signal| signal.parts.prose),
        };
        let counted = any(|signal| signal.parts.tokens);
        let counter = counted.then(|| Counter::load(&config.tokenizer)).transpose();
        let counter = counter.map_err(|error| ConfigFault::new("tokenizer", error))?;
        let mut lexicons = Vec::new();
        for (index, lexicon) in config.lexicons.iter().enumerate() {
            let failed = |error| ConfigFault::new(format!("lexicons.{index}.file"), error);
            lexicons.push(Lexicon::load(lexicon).map_err(failed)?);
        }
        Ok(Self { config, signals, needs, counter, lexicons })
    }

    fn measure(&self, text: &str) -> Result<Measured, StageError> {
        let tokens = self.counter.as_ref().map_or(Ok(0), |counter| counter.count(text));
        let tokens = tokens.map_err(|error| StageError::Compute(error.to_string()))?;
        Ok(Measured { tokens, ..Measured::of(text, self.needs) })
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
        SignalsConfig::NAME
    }

    fn version(&self) -> u32 {
        2
    }

    fn reads(&self) -> Vec<ColumnRead> {
        vec![ColumnRead::standard(columns::TEXT)]
    }

    fn adds(&self) -> Vec<Field> {
        let data_type = |whole| if whole { DataType::Int64 } else { DataType::Float64 };
        let signals = self.signals.iter().map(|signal| Field::new(signal.name, data_type(signal.whole), true));
        let lexicons = self.config.lexicons.iter().map(|lexicon| Field::new(&lexicon.column, DataType::Float64, true));
        signals.chain(lexicons).collect()
    }

    fn reasons(&self) -> Vec<Reason> {
        if self.config.webkit_gate { SignalsConfig::REASONS.to_vec() } else { Vec::new() }
    }

    fn digests(&self) -> Vec<String> {
        let tokenizer = self.counter.as_ref().and_then(Counter::digest);
        tokenizer.into_iter().chain(self.lexicons.iter().map(Lexicon::digest)).map(ToOwned::to_owned).collect()
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        // A document without text is an empty one.
        let texts = || batch.text().map(|texts| texts.iter().map(Option::unwrap_or_default));
        let measured = texts()?.map(|text| self.measure(text)).collect::<Result<Vec<_>, _>>()?;
        let mut arrays: Vec<ArrayRef> = self.signals.iter().map(|signal| Self::array(signal, &measured)).collect();
        let mut buffer = String::new();
        for lexicon in &self.lexicons {
            let scores = texts()?.map(|text| lexicon.score(text, &mut buffer));
            arrays.push(Arc::new(scores.collect::<Float64Array>()));
        }
        let batch = batch.with_columns(self.adds().into_iter().zip(arrays).collect())?;
        let rows = measured.iter().enumerate().filter(|_| self.config.webkit_gate);
        let dropped = rows.filter_map(|(row, measured)| gate::judge(row, measured)).collect();
        Ok(Applied::without(&batch, dropped)?)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;
    use textmill_document::testing::{assert_stage_compliance, text_batch};

    use super::super::registry::SIGNALS;
    use super::super::{LexiconConfig, TokenizerChoice};
    use super::*;
    use crate::Tokens;
    use crate::pieces::tests::{words, write};

    fn all() -> SignalsConfig {
        let signals = SIGNALS.iter().map(|signal| signal.name.to_owned()).collect();
        SignalsConfig { signals, ..SignalsConfig::default() }
    }

    fn lexicon(folder: &Path, column: &str) -> LexiconConfig {
        let path = folder.join("lexicon.tsv");
        std::fs::write(&path, "lovely\t1\nawful\t-1\n").expect("written");
        LexiconConfig { column: column.to_owned(), file: path.display().to_string(), tokens: Tokens::Words }
    }

    fn tokenizer(folder: &Path, unknown: bool) -> TokenizerChoice {
        TokenizerChoice::File(write(folder, &words(&["hello"], unknown)).display().to_string())
    }

    #[test]
    fn keeps_the_duties_of_a_stage() {
        let folder = tempfile::tempdir().expect("a folder");
        let gate = SignalsConfig { webkit_gate: true, ..SignalsConfig::default() };
        let lexicons = vec![lexicon(folder.path(), "mood"), lexicon(folder.path(), "temper")];
        let files = SignalsConfig { lexicons, tokenizer: tokenizer(folder.path(), true), ..all() };
        for config in [SignalsConfig::default(), all(), gate, files] {
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
        assert!(stage.digests().is_empty());
    }

    #[test]
    fn lexicons_and_tokenizers_of_files_become_columns() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = SignalsConfig {
            signals: vec!["token_num".to_owned()],
            tokenizer: tokenizer(folder.path(), true),
            lexicons: vec![lexicon(folder.path(), "mood")],
            webkit_gate: false,
        };
        let stage = SignalsStage::new(config).expect("valid");
        assert_eq!(stage.digests().len(), 2);
        let kept = stage.apply(text_batch(&[Some("Hello, awful"), Some("lovely"), None])).expect("applies").kept;
        assert_eq!(kept.column("token_num").expect("added").as_primitive::<Int64Type>().values(), &[3, 1, 0]);
        let mood: Vec<Option<f64>> = kept.floats("mood").expect("added").iter().collect();
        assert_eq!(mood, [Some(-1.0 / 3.0), Some(1.0), None]);
    }

    #[test]
    fn a_text_that_the_tokenizer_cannot_take_apart_fails_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = SignalsConfig { tokenizer: tokenizer(folder.path(), false), ..SignalsConfig::default() };
        let stage = SignalsStage::new(config).expect("valid");
        let batch = text_batch(&[Some("hello"), Some("world"), Some("hello hello")]);
        let applied = textmill_document::apply_checked(&stage, &batch).expect("keeps its contract");
        assert_eq!(applied.failed.iter().map(|failed| failed.row).collect::<Vec<_>>(), [1]);
        assert!(applied.failed[0].detail.contains("the tokenizer"), "{}", applied.failed[0].detail);
    }

    #[test]
    fn what_cannot_be_used_is_refused_at_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let refused = |config: SignalsConfig| {
            let error = SignalsStage::new(config).expect_err("refused");
            (error.field().unwrap_or_default().to_owned(), error.to_string())
        };
        let of = |names: &[&str]| {
            let signals = names.iter().map(|name| (*name).to_owned()).collect();
            refused(SignalsConfig { signals, ..SignalsConfig::default() }).0
        };
        assert_eq!(of(&["entropy", "entropi"]), "use.1");
        assert_eq!(of(&["entropy", "entropy"]), "use.1");
        assert_eq!(of(&[]), "use");
        let tokenizer = TokenizerChoice::File("none.json".to_owned());
        let (field, message) = refused(SignalsConfig { tokenizer: tokenizer.clone(), ..SignalsConfig::default() });
        assert!(field == "tokenizer" && message.contains("none.json"), "{message}");
        let signals = vec!["entropy".to_owned()];
        assert_eq!(refused(SignalsConfig { signals, tokenizer, ..SignalsConfig::default() }).0, "tokenizer");
        for columns in [["text", "a"], ["a", "a"], ["a", " "], ["token_num", "a"]] {
            let lexicons = columns.map(|column| lexicon(folder.path(), column)).to_vec();
            let (field, _) = refused(SignalsConfig { lexicons, ..SignalsConfig::default() });
            assert!(field.starts_with("lexicons.") && field.ends_with(".column"), "{field}");
        }
        let lexicons = vec![LexiconConfig { file: "none.tsv".to_owned(), ..lexicon(folder.path(), "a") }];
        let (field, message) = refused(SignalsConfig { lexicons, ..SignalsConfig::default() });
        assert!(field == "lexicons.0.file" && message.contains("none.tsv"), "{message}");
    }
}
